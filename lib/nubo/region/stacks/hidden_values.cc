#include "nubo/region/stacks/hidden_values.h"

#include <algorithm>
#include <memory>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "nubo/region/stacks/stack_records.h"
#include "nubo/stack/update_plan.h"

namespace nubo::region {
namespace {

using google::protobuf::Value;

// AWS never shows these, whatever their parameters say.
constexpr const char* kPasswords[] = {"MasterUserPassword"};
constexpr char kUserData[] = "UserData";

void Collect(const absl::StatusOr<std::shared_ptr<const Prepared>>& read, std::vector<std::string>& hidden) {
  if (!read.ok()) return;
  const Prepared& prepared = **read;
  for (const stack::Parameter& parameter : prepared.parsed.parameters) {
    const auto bound = prepared.bindings.parameters.find(parameter.name);
    if (!parameter.no_echo || bound == prepared.bindings.parameters.end()) continue;
    const stack::Value& value = bound->second;
    for (const std::string& text : value.is_list() ? value.ItemTexts() : std::vector<std::string>{value.text()}) {
      if (!text.empty()) hidden.push_back(text);
    }
  }
}

std::string Masked(const std::vector<std::string>& hidden, std::string text) {
  for (const std::string& secret : hidden) text = absl::StrReplaceAll(text, {{secret, stack::kHidden}});
  return text;
}

std::string MaskedUserData(const std::vector<std::string>& hidden, const std::string& base64) {
  std::string script;
  return absl::Base64Unescape(base64, &script) ? absl::Base64Escape(Masked(hidden, script)) : Masked(hidden, base64);
}

void HideIn(const std::vector<std::string>& hidden, const std::string& name, Value* value) {
  const bool password =
      std::any_of(std::begin(kPasswords), std::end(kPasswords), [&](const char* p) { return name == p; });
  if (password) return value->set_string_value(stack::kHidden);
  switch (value->kind_case()) {
    case Value::kStringValue:
      value->set_string_value(name == kUserData ? MaskedUserData(hidden, value->string_value())
                                                : Masked(hidden, value->string_value()));
      return;
    case Value::kNumberValue:
      if (std::find(hidden.begin(), hidden.end(), absl::StrCat(value->number_value())) != hidden.end()) {
        value->set_string_value(stack::kHidden);
      }
      return;
    case Value::kStructValue:
      return Hide(hidden, value->mutable_struct_value());
    case Value::kListValue:
      for (Value& item : *value->mutable_list_value()->mutable_values()) HideIn(hidden, "", &item);
      return;
    default:
      return;
  }
}

}  // namespace

std::vector<std::string> HiddenValues(PreparedTemplates& templates, const v1::StackState& stack) {
  std::vector<std::string> hidden;
  Collect(templates.Of(stack), hidden);
  if (stack.has_former()) Collect(templates.FormerOf(stack), hidden);
  // One that another is a part of would leave the rest of it.
  std::sort(hidden.begin(), hidden.end(), [](const std::string& a, const std::string& b) {
    return a.size() > b.size() || (a.size() == b.size() && a < b);
  });
  hidden.erase(std::unique(hidden.begin(), hidden.end()), hidden.end());
  return hidden;
}

void Hide(const std::vector<std::string>& hidden, google::protobuf::Struct* shown) {
  for (auto& [name, value] : *shown->mutable_fields()) HideIn(hidden, name, &value);
}

}  // namespace nubo::region
