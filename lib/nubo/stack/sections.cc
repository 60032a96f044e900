#include "nubo/stack/sections.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nubo/stack/functions.h"
#include "nubo/stack/names.h"

namespace nubo::stack::sections {
namespace {

constexpr size_t kNameBytesMax = 255;
// Of one output.
constexpr size_t kDescriptionBytesMax = 1024;

bool IsMapValue(const Value& value) {
  const std::vector<Value>& items = value.items();
  return value.is_scalar() || (value.is_list() && std::all_of(items.begin(), items.end(),
                                                              [](const Value& item) { return item.is_scalar(); }));
}

void CheckMap(const Member& map, const Limits& limits, Problems& problems) {
  if (!map.value.is_object() || map.value.members().empty()) {
    return Add(problems, map.value.location(),
               absl::StrCat("Template format error: mapping ", map.key, " must be an object of objects"));
  }
  if (map.value.members().size() > limits.mapping_attributes_max) {
    return Add(problems, map.location,
               absl::StrCat("mapping ", map.key, " has ", map.value.members().size(), " keys; at most ",
                            limits.mapping_attributes_max, " are allowed"));
  }
  for (const Member& key : map.value.members()) {
    if (!key.value.is_object()) {
      return Add(problems, key.value.location(),
                 absl::StrCat("Template format error: ", map.key, ".", key.key, " must be an object, not ",
                              KindName(key.value.kind())));
    }
    for (const Member& attribute : key.value.members()) {
      if (IsMapValue(attribute.value)) continue;
      return Add(problems, attribute.value.location(),
                 "Template format error: Every Mappings attribute must be a String or a List.");
    }
  }
}

// Fn::If and Fn::GetAtt have no meaning before conditions are decided.
void CheckConditionExpression(const Value& value, Problems& problems) {
  const Member* call = AsFunction(value, true);
  if (call != nullptr && (call->key == "Fn::If" || call->key == "Fn::GetAtt")) {
    return Add(problems, value.location(),
               absl::StrCat("Template error: ", call->key, " cannot be used in Conditions"));
  }
  for (const Value& item : value.items()) CheckConditionExpression(item, problems);
  for (const Member& member : value.members()) CheckConditionExpression(member.value, problems);
}

void ReadOutput(const Member& member, Template& parsed, Problems& problems) {
  const std::string whose = absl::StrCat("output ", member.key);
  if (!member.value.is_object()) {
    return Add(
        problems, member.value.location(),
        absl::StrCat("Template format error: ", whose, " must be an object, not ", KindName(member.value.kind())));
  }
  CheckKeys(member.value, whose, {"Value", "Description", "Export", "Condition"}, problems);
  Output output;
  output.name = member.key;
  output.location = member.location;
  output.description = TextOf(member.value, "Description", whose, problems);
  if (output.description.size() > kDescriptionBytesMax) {
    Add(problems, member.value.Get("Description").location(),
        absl::StrCat("Template format error: the Description of ", whose, " must have at most ", kDescriptionBytesMax,
                     " bytes, not ", output.description.size()));
  }
  output.condition = TextOf(member.value, "Condition", whose, problems);
  const Value* value = member.value.Find("Value");
  if (value == nullptr) {
    return Add(problems, member.location,
               absl::StrCat("Template format error: Output ", member.key, " is malformed: it needs a Value"));
  }
  output.value = *value;
  const bool is_call = AsFunction(*value) != nullptr;
  if (!value->is_scalar() && !is_call) {
    return Add(problems, value->location(),
               absl::StrCat("Template format error: The Value field of every Outputs member must evaluate to a String, "
                            "not ",
                            KindName(value->kind())));
  }
  if (const Value* exported = member.value.Find("Export")) {
    if (!exported->is_object() || !exported->Has("Name") || exported->members().size() != 1) {
      return Add(problems, exported->location(),
                 absl::StrCat("the Export of ", whose, " needs a Name, and nothing else"));
    }
    output.export_name = exported->Get("Name");
  }
  CheckFunctions(output.value, false, problems);
  CheckFunctions(output.export_name, false, problems);
  parsed.outputs.push_back(std::move(output));
}

}  // namespace

void Add(Problems& problems, Location at, std::string message) { problems.push_back({at, std::move(message)}); }

void CheckSection(const Value& value, absl::string_view what, size_t count_max, absl::string_view others,
                  Problems& problems) {
  if (!value.is_object()) {
    return Add(problems, value.location(),
               absl::StrCat("Template format error: a section of ", what, "s must be an object, not ",
                            KindName(value.kind())));
  }
  if (count_max != 0 && value.members().size() > count_max) {
    return Add(problems, value.location(),
               absl::StrCat("Template format error: Number of ", what, "s, ", value.members().size(),
                            ", is greater than maximum allowed, ", count_max));
  }
  for (const Member& member : value.members()) {
    if (member.key.empty() || !HasOnly(member.key, others)) {
      Add(problems, member.location,
          absl::StrCat("Template format error: ", what, " name ", member.key, " is non alphanumeric."));
    }
    if (member.key.size() > kNameBytesMax) {
      Add(problems, member.location,
          absl::StrCat("Template format error: a ", what, " name has at most ", kNameBytesMax, " characters"));
    }
  }
}

void CheckKeys(const Value& object, absl::string_view whose, std::initializer_list<absl::string_view> allowed,
               Problems& problems) {
  const std::vector<std::string> names(allowed.begin(), allowed.end());
  for (const Member& member : object.members()) {
    if (std::find(names.begin(), names.end(), member.key) != names.end()) continue;
    std::string hint = DidYouMean(member.key, names);
    if (hint.empty()) hint = absl::StrCat("; there are ", absl::StrJoin(names, ", "));
    Add(problems, member.location, absl::StrCat(whose, " has no \"", member.key, "\"", hint));
  }
}

std::string TextOf(const Value& object, absl::string_view key, absl::string_view whose, Problems& problems) {
  const Value* value = object.Find(key);
  if (value == nullptr) return std::string();
  if (value->is_scalar()) return value->text();
  Add(problems, value->location(),
      absl::StrCat(key, " of ", whose, " must be a string, not ", KindName(value->kind())));
  return "";
}

void ReadMappings(const Value& section, const Limits& limits, Template& parsed, Problems& problems) {
  CheckSection(section, "Mapping", limits.mappings_max, "", problems);
  for (const Member& map : section.members()) CheckMap(map, limits, problems);
  parsed.mappings = section;
}

void ReadConditions(const Value& section, const Limits& limits, Template& parsed, Problems& problems) {
  CheckSection(section, "Condition", limits.conditions_max, "-_.", problems);
  for (const Member& member : section.members()) {
    const Member* call = AsFunction(member.value, true);
    const FunctionSpec* function = call == nullptr ? nullptr : FindFunction(call->key);
    // What there is no function of that name for is told with all the others.
    const bool is_condition = function != nullptr ? function->condition_only : call != nullptr;
    if (is_condition || (function != nullptr && function->unsupported != nullptr)) {
      CheckFunctions(member.value, true, problems);
      CheckConditionExpression(member.value, problems);
    } else {
      Add(problems, member.value.location(),
          absl::StrCat("Template format error: condition ", member.key,
                       " must be Fn::Equals, Fn::And, Fn::Or, Fn::Not or Condition"));
    }
    parsed.conditions.push_back({member.key, member.location, member.value});
  }
}

void ReadOutputs(const Value& section, const Limits& limits, Template& parsed, Problems& problems) {
  CheckSection(section, "Output", limits.outputs_max, "", problems);
  for (const Member& member : section.members()) ReadOutput(member, parsed, problems);
}

}  // namespace nubo::stack::sections
