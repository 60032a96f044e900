#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nubo/base/status.h"
#include "nubo/stack/functions.h"
#include "nubo/stack/names.h"
#include "nubo/stack/schema.h"
#include "nubo/stack/sections.h"

namespace nubo::stack::sections {
namespace {

// The types that CloudFormation takes snapshots of, of those that there are here.
bool TakesSnapshots(absl::string_view type) { return type == "AWS::RDS::DBInstance"; }

absl::Status SetType(const Template& parsed, const Member& member, Resource& resource) {
  const Value* type = member.value.Find("Type");
  if (type == nullptr || !type->is_string()) {
    return ErrorAt(parsed.file, type == nullptr ? member.location : type->location(),
                   absl::StrCat("Template format error: [/Resources/", member.key,
                                "] Every Resources object must contain a Type member."));
  }
  resource.type = type->text();
  resource.type_location = type->location();
  if (FindSchema(resource.type) != nullptr) return absl::OkStatus();
  std::vector<std::string> names;
  for (const Schema& schema : AllSchemas()) names.push_back(schema.type);
  std::string hint = DidYouMean(resource.type, names);
  if (hint.empty()) hint = absl::StrCat("; there are ", absl::StrJoin(names, ", "));
  return ErrorAt(parsed.file, type->location(),
                 absl::StrCat("Template format error: Unrecognized resource types: [", resource.type, "]", hint));
}

absl::Status SetDependsOn(const Template& parsed, const Value& object, Resource& resource) {
  const Value* value = object.Find("DependsOn");
  if (value == nullptr) return absl::OkStatus();
  resource.depends_on = value->is_string() ? std::vector<std::string>{value->text()} : value->ItemTexts();
  const bool all_names =
      value->is_string() || (value->is_list() && resource.depends_on.size() == value->items().size());
  if (all_names) return absl::OkStatus();
  return ErrorAt(parsed.file, value->location(),
                 absl::StrCat("Template format error: DependsOn of ", resource.logical_id,
                              " must be a logical id, or a list of them"));
}

absl::Status SetPolicy(const Template& parsed, const Value& object, absl::string_view key, const Resource& resource,
                       RemovalPolicy& policy) {
  if (TakesSnapshots(resource.type)) policy = RemovalPolicy::kSnapshot;
  const Value* value = object.Find(key);
  if (value == nullptr) return absl::OkStatus();
  const bool is_deletion = key == "DeletionPolicy";
  for (const RemovalPolicy choice : {RemovalPolicy::kDelete, RemovalPolicy::kRetain, RemovalPolicy::kSnapshot,
                                     RemovalPolicy::kRetainExceptOnCreate}) {
    if (value->text() != RemovalPolicyName(choice)) continue;
    if (choice == RemovalPolicy::kRetainExceptOnCreate && !is_deletion) break;
    if (choice == RemovalPolicy::kSnapshot && !TakesSnapshots(resource.type)) {
      return ErrorAt(
          parsed.file, value->location(),
          absl::StrCat("Template error: resource type ", resource.type, " does not support ", key, " Snapshot"));
    }
    policy = choice;
    return absl::OkStatus();
  }
  return ErrorAt(
      parsed.file, value->location(),
      absl::StrCat("Template error: Unrecognized ", key, " \"", value->text(), "\" for resource ", resource.logical_id,
                   "; there are Delete, Retain, Snapshot", is_deletion ? " and RetainExceptOnCreate" : ""));
}

// CreationPolicy, UpdatePolicy and Metadata are objects; which members they have is known.
absl::Status SetPolicyObject(const Template& parsed, const Value& object, absl::string_view key,
                             const Resource& resource, std::initializer_list<absl::string_view> allowed,
                             Value& target) {
  const Value* value = object.Find(key);
  if (value == nullptr) return absl::OkStatus();
  const std::string whose = absl::StrCat(key, " of ", resource.logical_id);
  if (!value->is_object()) {
    return ErrorAt(parsed.file, value->location(),
                   absl::StrCat(whose, " must be an object, not ", KindName(value->kind())));
  }
  if (allowed.size() > 0) NUBO_RETURN_IF_ERROR(CheckKeys(parsed.file, *value, whose, allowed));
  target = *value;
  return CheckFunctions(parsed.file, target, false);
}

absl::Status SetProperties(const Template& parsed, const Value& object, Resource& resource) {
  const Value* value = object.Find("Properties");
  resource.properties = value == nullptr ? Value::Object({}, resource.location) : *value;
  if (!resource.properties.is_object()) {
    return ErrorAt(parsed.file, resource.properties.location(),
                   absl::StrCat("Template format error: Properties of ", resource.logical_id,
                                " must be an object, not ", KindName(resource.properties.kind())));
  }
  // Where a required property is missed, the block that should have it is the place to look.
  if (value != nullptr) {
    for (const Member& member : object.members()) {
      if (member.key == "Properties") resource.properties.set_location(member.location);
    }
  }
  return CheckFunctions(parsed.file, resource.properties, false);
}

absl::Status ReadResource(const Member& member, Template& parsed, std::vector<Diagnostic>& problems) {
  const Value& object = member.value;
  if (!object.is_object()) {
    return ErrorAt(
        parsed.file, object.location(),
        absl::StrCat("Template format error: [/Resources/", member.key, "] resource definition is malformed: it is ",
                     KindName(object.kind()), ", not an object"));
  }
  NUBO_RETURN_IF_ERROR(CheckKeys(parsed.file, object, absl::StrCat("resource ", member.key),
                                 {"Type", "Properties", "DependsOn", "Condition", "CreationPolicy", "DeletionPolicy",
                                  "Metadata", "UpdatePolicy", "UpdateReplacePolicy"}));
  Resource resource;
  resource.logical_id = member.key;
  resource.location = member.location;
  NUBO_RETURN_IF_ERROR(SetType(parsed, member, resource));
  NUBO_ASSIGN_OR_RETURN(resource.condition,
                        TextOf(parsed.file, object, "Condition", absl::StrCat("resource ", member.key)));
  NUBO_RETURN_IF_ERROR(SetDependsOn(parsed, object, resource));
  NUBO_RETURN_IF_ERROR(SetPolicy(parsed, object, "DeletionPolicy", resource, resource.deletion_policy));
  NUBO_RETURN_IF_ERROR(SetPolicy(parsed, object, "UpdateReplacePolicy", resource, resource.update_replace_policy));
  NUBO_RETURN_IF_ERROR(SetPolicyObject(parsed, object, "CreationPolicy", resource,
                                       {"ResourceSignal", "AutoScalingCreationPolicy"}, resource.creation_policy));
  NUBO_RETURN_IF_ERROR(
      SetPolicyObject(parsed, object, "UpdatePolicy", resource,
                      {"AutoScalingRollingUpdate", "AutoScalingReplacingUpdate", "AutoScalingScheduledAction"},
                      resource.update_policy));
  NUBO_RETURN_IF_ERROR(SetPolicyObject(parsed, object, "Metadata", resource, {}, resource.metadata));
  NUBO_RETURN_IF_ERROR(SetProperties(parsed, object, resource));
  CheckProperties(*FindSchema(resource.type), resource.properties, problems);
  parsed.resources.push_back(std::move(resource));
  return absl::OkStatus();
}

}  // namespace

absl::Status ReadResources(const Value& section, const Limits& limits, Template& parsed,
                           std::vector<Diagnostic>& problems) {
  NUBO_RETURN_IF_ERROR(CheckSection(parsed.file, section, "Resource", limits.resources_max));
  if (section.members().empty()) {
    return ErrorAt(parsed.file, section.location(),
                   "Template format error: At least one Resources member must be defined.");
  }
  for (const Member& member : section.members()) NUBO_RETURN_IF_ERROR(ReadResource(member, parsed, problems));
  return absl::OkStatus();
}

}  // namespace nubo::stack::sections
