#include "nubo/lb/listener_rules.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "nubo/base/status.h"
#include "nubo/lb/quotas.h"
#include "nubo/net/ip_address.h"

namespace nubo::lb {
namespace {

constexpr size_t kConditionsMax = 5;
// Of all conditions of a rule.
constexpr size_t kValuesMax = 5;
constexpr size_t kValueSizeMax = 128;
constexpr size_t kHeaderNameMax = 40;
constexpr size_t kMethodMax = 40;
constexpr size_t kRedirectPartMax = 128;

bool IsAlphanumeric(char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)); }

// Letters, digits and characters of `others` only.
bool HasOnly(absl::string_view text, absl::string_view others) {
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return IsAlphanumeric(c) || others.find(c) != absl::string_view::npos; });
}

bool IsMethod(absl::string_view text) {
  const bool upper = std::none_of(text.begin(), text.end(), [](unsigned char c) { return absl::ascii_islower(c); });
  return text.size() <= kMethodMax && upper && HasOnly(text, "-_");
}

// What is wrong with one value of a condition, or "".
std::string WrongValue(absl::string_view field, absl::string_view text) {
  if (text.empty() || text.size() > kValueSizeMax) return absl::StrCat("has 1 to ", kValueSizeMax, " characters");
  if (field == "host-header" && !HasOnly(text, "-.*?")) return "has letters, digits and - . * ? only";
  if (field == "path-pattern" && !HasOnly(text, "_-.$/~\"'@:+&*?")) {
    return "has letters, digits and _ - . $ / ~ \" ' @ : + & * ? only";
  }
  if (field == "http-request-method" && !IsMethod(text)) {
    return absl::StrCat("has 1 to ", kMethodMax, " upper case letters, hyphens and underscores");
  }
  if (field == "source-ip" && (!absl::StrContains(text, '/') || !net::Prefix::Parse(text).ok())) {
    return "is a CIDR block such as 192.0.2.0/24";
  }
  return "";
}

struct Part {
  const char* name;
  size_t size_min;
  // Comma-separated, without #{}.
  const char* placeholders;
  // Apart from placeholders.
  bool (*allowed)(char c);
  const char* characters;
};

bool IsHostCharacter(char c) { return IsAlphanumeric(c) || c == '-' || c == '.' || c == '_'; }
bool IsQueryCharacter(char c) { return c > 32 && c < 127 && c != '#'; }
bool IsPathCharacter(char c) { return IsQueryCharacter(c) && c != '?'; }

constexpr Part kParts[] = {
    {"Host", 1, "host", IsHostCharacter, "letters, digits and - . _"},
    {"Path", 1, "host,path,port", IsPathCharacter, "visible ASCII characters other than # and ?"},
    {"Query", 0, "protocol,host,port,path,query", IsQueryCharacter, "visible ASCII characters other than #"},
};

std::string Known(const Part& part) {
  return absl::StrCat("#{", absl::StrJoin(absl::StrSplit(part.placeholders, ','), "}, #{"), "}");
}

// What is wrong with it, or "".
std::string WrongPart(const Part& part, absl::string_view text) {
  if (text.size() < part.size_min || text.size() > kRedirectPartMax) {
    return absl::StrCat("has ", part.size_min == 0 ? "at most " : absl::StrCat(part.size_min, " to "), kRedirectPartMax,
                        " characters");
  }
  const std::vector<absl::string_view> names = absl::StrSplit(part.placeholders, ',');
  while (!text.empty()) {
    const size_t end = absl::StartsWith(text, "#{") ? text.find('}') : absl::string_view::npos;
    if (end != absl::string_view::npos) {
      const absl::string_view name = text.substr(2, end - 2);
      if (std::find(names.begin(), names.end(), name) == names.end()) {
        return absl::StrCat("has no #{", name, "}; there are ", Known(part));
      }
      text.remove_prefix(end + 1);
      continue;
    }
    if (!part.allowed(text[0])) return absl::StrCat("has ", part.characters, " only, and ", Known(part));
    text.remove_prefix(1);
  }
  return "";
}

// Whether a part of a redirect leaves the request's own: absent, its placeholder, or what the listener has anyway.
bool Keeps(const std::optional<std::string>& part, absl::string_view placeholder, absl::string_view present) {
  return !part.has_value() || *part == placeholder || (!present.empty() && *part == present);
}

absl::Status Invalid(std::string message) { return absl::InvalidArgumentError(message); }

}  // namespace

bool MayRepeat(absl::string_view field) { return field == "http-header" || field == "query-string"; }

absl::Status CheckConditionValue(absl::string_view field, absl::string_view value) {
  const std::string wrong = WrongValue(field, value);
  if (wrong.empty()) return absl::OkStatus();
  return Invalid(absl::StrCat("a value of a condition on ", field, " ", wrong, ", not \"", value, "\""));
}

absl::Status CheckConditionHeader(absl::string_view name) {
  if (absl::EqualsIgnoreCase(name, "host")) {
    return Invalid("HttpHeaderName cannot be Host; use a condition on host-header");
  }
  if (!name.empty() && name.size() <= kHeaderNameMax && HasOnly(name, "!#$%&'*+-.^_`|~")) return absl::OkStatus();
  return Invalid(absl::StrCat("HttpHeaderName must be the name of a header field of 1 to ", kHeaderNameMax,
                              " characters, not \"", name, "\""));
}

absl::Status CheckConditionCount(size_t conditions) {
  if (conditions >= 1 && conditions <= kConditionsMax) return absl::OkStatus();
  return Invalid(absl::StrCat("a rule has 1 to ", kConditionsMax, " conditions, not ", conditions));
}

absl::Status CheckValueCount(size_t values) {
  if (values <= kValuesMax) return absl::OkStatus();
  return Invalid(absl::StrCat("the conditions of a rule have at most ", kValuesMax, " values in all, not ", values));
}

absl::Status CheckRepeated(absl::string_view field) {
  if (MayRepeat(field)) return absl::OkStatus();
  return Invalid(absl::StrCat("a rule has at most one condition on ", field, "; give that one several values"));
}

absl::Status CheckHasValue(absl::string_view field, size_t values) {
  if (values > 0) return absl::OkStatus();
  return Invalid(absl::StrCat("a condition on ", field, " needs at least one value"));
}

absl::Status CheckConditions(const std::vector<RuleCondition>& conditions) {
  NUBO_RETURN_IF_ERROR(CheckConditionCount(conditions.size()));
  size_t values = 0;
  std::set<std::string> seen;
  for (const RuleCondition& condition : conditions) {
    if (!seen.insert(condition.field).second) NUBO_RETURN_IF_ERROR(CheckRepeated(condition.field));
    if (condition.field == "http-header") NUBO_RETURN_IF_ERROR(CheckConditionHeader(condition.header_name));
    NUBO_RETURN_IF_ERROR(CheckHasValue(condition.field, condition.values.size()));
    for (const std::string& value : condition.values) {
      NUBO_RETURN_IF_ERROR(CheckConditionValue(condition.field, value));
    }
    values += condition.values.size();
  }
  return CheckValueCount(values);
}

absl::Status CheckFixedStatus(absl::string_view status_code) {
  const bool three = status_code.size() == 3 && std::all_of(status_code.begin(), status_code.end(),
                                                            [](unsigned char c) { return absl::ascii_isdigit(c); });
  if (three && (status_code[0] == '2' || status_code[0] == '4' || status_code[0] == '5')) return absl::OkStatus();
  return Invalid(absl::StrCat("FixedResponseConfig StatusCode must be 2XX, 4XX or 5XX, not \"", status_code, "\""));
}

absl::Status CheckFixedBody(absl::string_view body) {
  if (body.size() <= kFixedBodySizeMax) return absl::OkStatus();
  return Invalid(absl::StrCat("FixedResponseConfig MessageBody has at most ", kFixedBodySizeMax, " characters, not ",
                              body.size()));
}

absl::Status CheckRedirectText(absl::string_view part, absl::string_view text) {
  for (const Part& known : kParts) {
    if (part != known.name) continue;
    const std::string wrong = WrongPart(known, text);
    return wrong.empty() ? absl::OkStatus() : Invalid(absl::StrCat("RedirectConfig ", part, " ", wrong));
  }
  return absl::OkStatus();
}

absl::Status CheckRedirectPath(absl::string_view path) {
  if (path.empty() || absl::StartsWith(path, "/")) return absl::OkStatus();
  return Invalid(absl::StrCat("RedirectConfig Path must begin with /, as in /#{path}, not \"", path, "\""));
}

absl::Status CheckRedirectQuery(absl::string_view query) {
  if (!absl::StartsWith(query, "?")) return absl::OkStatus();
  return Invalid("RedirectConfig Query is given without the leading ?");
}

absl::Status CheckRedirectPort(absl::string_view port) {
  int number = 0;
  if (port == "#{port}" || (absl::SimpleAtoi(port, &number) && number >= 1 && number <= 65535)) {
    return absl::OkStatus();
  }
  return Invalid(absl::StrCat("RedirectConfig Port must be from 1 to 65535, or #{port}, not \"", port, "\""));
}

absl::Status CheckRedirectLoop(const RedirectParts& parts, absl::string_view protocol, absl::string_view port) {
  const bool loops = Keeps(parts.protocol, "#{protocol}", protocol) && Keeps(parts.host, "#{host}", "") &&
                     Keeps(parts.port, "#{port}", port) && Keeps(parts.path, "/#{path}", "");
  if (!loops) return absl::OkStatus();
  return Invalid("the redirect creates a loop; it must change the protocol, the host, the port or the path");
}

absl::Status CheckRedirect(const RedirectParts& parts, absl::string_view protocol, absl::string_view port) {
  if (parts.host.has_value()) NUBO_RETURN_IF_ERROR(CheckRedirectText("Host", *parts.host));
  if (parts.path.has_value()) {
    NUBO_RETURN_IF_ERROR(CheckRedirectText("Path", *parts.path));
    NUBO_RETURN_IF_ERROR(CheckRedirectPath(*parts.path));
  }
  if (parts.query.has_value()) {
    NUBO_RETURN_IF_ERROR(CheckRedirectText("Query", *parts.query));
    NUBO_RETURN_IF_ERROR(CheckRedirectQuery(*parts.query));
  }
  if (parts.port.has_value()) NUBO_RETURN_IF_ERROR(CheckRedirectPort(*parts.port));
  return CheckRedirectLoop(parts, protocol, port);
}

}  // namespace nubo::lb
