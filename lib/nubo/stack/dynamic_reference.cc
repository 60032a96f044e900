#include "nubo/stack/dynamic_reference.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "nubo/stack/functions.h"

namespace nubo::stack {
namespace {

constexpr absl::string_view kBegin = "{{resolve:";
constexpr absl::string_view kEnd = "}}";
// "arn:aws:secretsmanager:us-east-1:000000000000:secret:NAME"
constexpr int kArnParts = 7;

// SECRET[:SecretString[:KEY[:VERSION-STAGE[:VERSION-ID]]]], where an ARN has colons of its own.
void SplitSecret(absl::string_view rest, DynamicReference& reference) {
  std::vector<std::string> parts = absl::StrSplit(rest, ':');
  const size_t own = absl::StartsWith(rest, "arn:") ? kArnParts : 1;
  if (parts.size() < own) return;
  reference.secret = absl::StrJoin(parts.begin(), parts.begin() + own, ":");
  if (parts.size() > own + 1) reference.key = parts[own + 1];
}

void Collect(const Value& value, bool in_user_data, bool in_function, std::vector<ReferringText>& found) {
  if (value.is_string()) {
    std::string decoded;
    const std::string* text = &value.text();
    // Whole user data are in base64; what is still an argument of a function is not.
    if (in_user_data && !absl::StrContains(*text, kBegin) && absl::Base64Unescape(*text, &decoded)) text = &decoded;
    if (absl::StrContains(*text, kBegin)) found.push_back({*text, in_user_data, in_function, value.location()});
  }
  const bool within = in_function || AsFunction(value) != nullptr;
  for (const Value& item : value.items()) Collect(item, in_user_data, within, found);
  for (const Member& member : value.members()) {
    Collect(member.value, in_user_data || member.key == "UserData", within, found);
  }
}

}  // namespace

std::vector<DynamicReference> FindDynamicReferences(absl::string_view text) {
  std::vector<DynamicReference> found;
  size_t next = 0;
  for (size_t at = text.find(kBegin); at != absl::string_view::npos; at = text.find(kBegin, next)) {
    const size_t end = text.find(kEnd, at);
    DynamicReference reference;
    const absl::string_view whole =
        end == absl::string_view::npos ? text.substr(at) : text.substr(at, end + kEnd.size() - at);
    // What begins within this one is of it: texts that each go on to one far end would be as long as their square.
    next = at + whole.size();
    reference.text = std::string(whole);
    absl::string_view inner = whole.substr(kBegin.size());
    if (end != absl::string_view::npos) inner.remove_suffix(kEnd.size());
    const size_t colon = std::min(inner.find(':'), inner.size());
    reference.service = std::string(inner.substr(0, colon));
    inner.remove_prefix(std::min(colon + 1, inner.size()));
    if (reference.service == "secretsmanager") SplitSecret(inner, reference);
    found.push_back(std::move(reference));
  }
  return found;
}

std::string WhyUnresolvable(const DynamicReference& reference, bool in_user_data) {
  if (reference.service == "ssm" || reference.service == "ssm-secure") {
    return "AWS has it, and there is no parameter store here yet; pass the value as a parameter";
  }
  if (reference.service != "secretsmanager") {
    return "AWS resolves ssm, ssm-secure and secretsmanager only; the last is what there is here";
  }
  if (!in_user_data) {
    return "secrets are resolved in UserData only; pass the value as a parameter with NoEcho, or let the database "
           "manage its own with ManageMasterUserPassword: true";
  }
  if (!absl::EndsWith(reference.text, kEnd)) return "it has no end, which is }}";
  // Still a function's argument: what it will be is seen when the resource is made.
  if (absl::StrContains(reference.text, "${")) return "";
  if (reference.key == "username" || reference.key == "password") return "";
  return "it ends in :SecretString:username or :SecretString:password";
}

std::vector<ReferringText> ReferringTexts(const Value& properties) {
  std::vector<ReferringText> found;
  Collect(properties, false, false, found);
  return found;
}

void CheckDynamicReferences(const Value& value, std::vector<Diagnostic>& problems) {
  for (const ReferringText& text : ReferringTexts(value)) {
    for (const DynamicReference& reference : FindDynamicReferences(text.text)) {
      const bool may_go_on =
          text.in_function && !absl::EndsWith(reference.text, kEnd) &&
          (reference.service.empty() || (reference.service == "secretsmanager" && text.in_user_data));
      const std::string why = WhyUnresolvable(reference, text.in_user_data);
      if (why.empty() || may_go_on) continue;
      problems.push_back({text.location, absl::StrCat("the dynamic reference ", Excerpt(reference.text),
                                                      " cannot be resolved: ", why)});
    }
  }
}

}  // namespace nubo::stack
