#include "nubo/stack/sections.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nubo/base/status.h"
#include "nubo/stack/functions.h"
#include "nubo/stack/names.h"

namespace nubo::stack::sections {
namespace {

constexpr size_t kNameBytesMax = 255;

bool IsAlphanumeric(absl::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) { return absl::ascii_isalnum(c); });
}

bool IsMapValue(const Value& value) {
  const std::vector<Value>& items = value.items();
  return value.is_scalar() || (value.is_list() && std::all_of(items.begin(), items.end(),
                                                              [](const Value& item) { return item.is_scalar(); }));
}

absl::Status CheckMap(absl::string_view file, const Member& map, const Limits& limits) {
  if (!map.value.is_object() || map.value.members().empty()) {
    return ErrorAt(file, map.value.location(),
                   absl::StrCat("Template format error: mapping ", map.key, " must be an object of objects"));
  }
  if (map.value.members().size() > limits.mapping_attributes_max) {
    return ErrorAt(file, map.location,
                   absl::StrCat("mapping ", map.key, " has ", map.value.members().size(), " keys; at most ",
                                limits.mapping_attributes_max, " are allowed"));
  }
  for (const Member& key : map.value.members()) {
    if (!key.value.is_object()) {
      return ErrorAt(file, key.value.location(),
                     absl::StrCat("Template format error: ", map.key, ".", key.key, " must be an object, not ",
                                  KindName(key.value.kind())));
    }
    for (const Member& attribute : key.value.members()) {
      if (IsMapValue(attribute.value)) continue;
      return ErrorAt(file, attribute.value.location(),
                     "Template format error: Every Mappings attribute must be a String or a List.");
    }
  }
  return absl::OkStatus();
}

// Fn::If and Fn::GetAtt have no meaning before conditions are decided.
absl::Status CheckConditionExpression(absl::string_view file, const Value& value) {
  const Member* call = AsFunction(value, true);
  if (call != nullptr && (call->key == "Fn::If" || call->key == "Fn::GetAtt")) {
    return ErrorAt(file, value.location(),
                   absl::StrCat("Template error: ", call->key, " cannot be used in Conditions"));
  }
  for (const Value& item : value.items()) NUBO_RETURN_IF_ERROR(CheckConditionExpression(file, item));
  for (const Member& member : value.members()) NUBO_RETURN_IF_ERROR(CheckConditionExpression(file, member.value));
  return absl::OkStatus();
}

absl::Status ReadOutput(const Member& member, Template& parsed) {
  const std::string whose = absl::StrCat("output ", member.key);
  if (!member.value.is_object()) {
    return ErrorAt(
        parsed.file, member.value.location(),
        absl::StrCat("Template format error: ", whose, " must be an object, not ", KindName(member.value.kind())));
  }
  NUBO_RETURN_IF_ERROR(CheckKeys(parsed.file, member.value, whose, {"Value", "Description", "Export", "Condition"}));
  Output output;
  output.name = member.key;
  output.location = member.location;
  NUBO_ASSIGN_OR_RETURN(output.description, TextOf(parsed.file, member.value, "Description", whose));
  NUBO_ASSIGN_OR_RETURN(output.condition, TextOf(parsed.file, member.value, "Condition", whose));
  const Value* value = member.value.Find("Value");
  if (value == nullptr) {
    return ErrorAt(parsed.file, member.location,
                   absl::StrCat("Template format error: Output ", member.key, " is malformed: it needs a Value"));
  }
  output.value = *value;
  const bool is_call = AsFunction(*value) != nullptr;
  if (!value->is_scalar() && !is_call) {
    return ErrorAt(
        parsed.file, value->location(),
        absl::StrCat("Template format error: The Value field of every Outputs member must evaluate to a String, "
                     "not ",
                     KindName(value->kind())));
  }
  if (const Value* exported = member.value.Find("Export")) {
    if (!exported->is_object() || !exported->Has("Name") || exported->members().size() != 1) {
      return ErrorAt(parsed.file, exported->location(),
                     absl::StrCat("the Export of ", whose, " needs a Name, and nothing else"));
    }
    output.export_name = exported->Get("Name");
  }
  NUBO_RETURN_IF_ERROR(CheckFunctions(parsed.file, output.value, false));
  NUBO_RETURN_IF_ERROR(CheckFunctions(parsed.file, output.export_name, false));
  parsed.outputs.push_back(std::move(output));
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckSection(absl::string_view file, const Value& value, absl::string_view what, size_t count_max) {
  if (!value.is_object()) {
    return ErrorAt(file, value.location(),
                   absl::StrCat("Template format error: a section of ", what, "s must be an object, not ",
                                KindName(value.kind())));
  }
  if (count_max != 0 && value.members().size() > count_max) {
    return ErrorAt(file, value.location(),
                   absl::StrCat("Template format error: Number of ", what, "s, ", value.members().size(),
                                ", is greater than maximum allowed, ", count_max));
  }
  for (const Member& member : value.members()) {
    if (!IsAlphanumeric(member.key)) {
      return ErrorAt(file, member.location,
                     absl::StrCat("Template format error: ", what, " name ", member.key, " is non alphanumeric."));
    }
    if (member.key.size() > kNameBytesMax) {
      return ErrorAt(
          file, member.location,
          absl::StrCat("Template format error: a ", what, " name has at most ", kNameBytesMax, " characters"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckKeys(absl::string_view file, const Value& object, absl::string_view whose,
                       std::initializer_list<absl::string_view> allowed) {
  const std::vector<std::string> names(allowed.begin(), allowed.end());
  for (const Member& member : object.members()) {
    if (std::find(names.begin(), names.end(), member.key) != names.end()) continue;
    std::string hint = DidYouMean(member.key, names);
    if (hint.empty()) hint = absl::StrCat("; there are ", absl::StrJoin(names, ", "));
    return ErrorAt(file, member.location, absl::StrCat(whose, " has no \"", member.key, "\"", hint));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> TextOf(absl::string_view file, const Value& object, absl::string_view key,
                                   absl::string_view whose) {
  const Value* value = object.Find(key);
  if (value == nullptr) return std::string();
  if (value->is_scalar()) return value->text();
  return ErrorAt(file, value->location(),
                 absl::StrCat(key, " of ", whose, " must be a string, not ", KindName(value->kind())));
}

absl::Status ReadMappings(const Value& section, const Limits& limits, Template& parsed) {
  NUBO_RETURN_IF_ERROR(CheckSection(parsed.file, section, "Mapping", limits.mappings_max));
  for (const Member& map : section.members()) NUBO_RETURN_IF_ERROR(CheckMap(parsed.file, map, limits));
  parsed.mappings = section;
  return absl::OkStatus();
}

absl::Status ReadConditions(const Value& section, const Limits& limits, Template& parsed) {
  NUBO_RETURN_IF_ERROR(CheckSection(parsed.file, section, "Condition", limits.conditions_max));
  for (const Member& member : section.members()) {
    const Member* call = AsFunction(member.value, true);
    const FunctionSpec* function = call == nullptr ? nullptr : FindFunction(call->key);
    if (call != nullptr && function == nullptr) return CheckFunctions(parsed.file, member.value, true);
    if (function == nullptr || !function->condition_only) {
      return ErrorAt(parsed.file, member.value.location(),
                     absl::StrCat("Template format error: condition ", member.key,
                                  " must be Fn::Equals, Fn::And, Fn::Or, Fn::Not or Condition"));
    }
    NUBO_RETURN_IF_ERROR(CheckFunctions(parsed.file, member.value, true));
    NUBO_RETURN_IF_ERROR(CheckConditionExpression(parsed.file, member.value));
    parsed.conditions.push_back({member.key, member.location, member.value});
  }
  return absl::OkStatus();
}

absl::Status ReadOutputs(const Value& section, const Limits& limits, Template& parsed) {
  NUBO_RETURN_IF_ERROR(CheckSection(parsed.file, section, "Output", limits.outputs_max));
  for (const Member& member : section.members()) NUBO_RETURN_IF_ERROR(ReadOutput(member, parsed));
  return absl::OkStatus();
}

}  // namespace nubo::stack::sections
