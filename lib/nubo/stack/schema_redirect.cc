// What a redirect leads to: the API reference's RedirectActionConfig.
#include "nubo/stack/schema_checks.h"

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "nubo/stack/schema_literals.h"

namespace nubo::stack::tables {
namespace {

constexpr size_t kPartMax = 128;

struct Part {
  const char* name;
  size_t size_min;
  // Comma-separated, without #{}.
  const char* placeholders;
  // Apart from placeholders.
  bool (*allowed)(char c);
  const char* characters;
};

bool IsHostCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == '_';
}
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
  if (text.size() < part.size_min || text.size() > kPartMax) {
    return absl::StrCat("has ", part.size_min == 0 ? "at most " : absl::StrCat(part.size_min, " to "), kPartMax,
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
// A function may be anything.
bool Keeps(const Value& redirect, const char* name, absl::string_view placeholder, absl::string_view present) {
  const Value& part = redirect.Get(name);
  if (IsFunction(part)) return false;
  return part.is_null() || part.text() == placeholder || (!present.empty() && part.text() == present);
}

}  // namespace

void CheckRedirect(const Value& redirect, const Value& listener, Problems& problems) {
  for (const Part& part : kParts) {
    const Value& given = redirect.Get(part.name);
    if (!given.is_scalar()) continue;
    const std::string wrong = WrongPart(part, given.text());
    if (wrong.empty()) continue;
    Add(problems, given, absl::StrCat("RedirectConfig ", part.name, " ", wrong, " (InvalidLoadBalancerAction)"));
  }
  const Value& path = redirect.Get("Path");
  if (!path.text().empty() && !absl::StartsWith(path.text(), "/")) {
    Add(problems, path,
        absl::StrCat("RedirectConfig Path must begin with /, as in /#{path}, not \"", path.text(), "\""));
  }
  const Value& query = redirect.Get("Query");
  if (absl::StartsWith(query.text(), "?")) {
    Add(problems, query, "RedirectConfig Query is given without the leading ?");
  }
  const Value& port = redirect.Get("Port");
  int number = 0;
  const bool is_port = absl::SimpleAtoi(port.text(), &number) && number >= 1 && number <= 65535;
  if (port.is_scalar() && port.text() != "#{port}" && !is_port) {
    Add(problems, port,
        absl::StrCat("RedirectConfig Port must be from 1 to 65535, or #{port}, not \"", port.text(), "\""));
  }
  const bool loops = Keeps(redirect, "Protocol", "#{protocol}", listener.Get("Protocol").text()) &&
                     Keeps(redirect, "Host", "#{host}", "") &&
                     Keeps(redirect, "Port", "#{port}", listener.Get("Port").text()) &&
                     Keeps(redirect, "Path", "/#{path}", "");
  if (loops) {
    Add(problems, redirect,
        "InvalidLoadBalancerAction: the redirect creates a loop; it must change the protocol, the host, the port or "
        "the path");
  }
}

}  // namespace nubo::stack::tables
