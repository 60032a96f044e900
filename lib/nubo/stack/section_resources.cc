#include "nubo/stack/sections.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nubo/stack/aws_names.h"
#include "nubo/stack/functions.h"
#include "nubo/stack/names.h"
#include "nubo/stack/schema.h"

namespace nubo::stack::sections {
namespace {

// The types that CloudFormation takes snapshots of, of those that there are here.
// Of those that have data; a database's stay unless its template says otherwise.
bool IsDatabase(absl::string_view type) { return type == "AWS::RDS::DBInstance"; }
bool TakesSnapshots(absl::string_view type) { return IsDatabase(type) || type == "AWS::EC2::Volume"; }

// A type that AWS has is no misspelling of one that there is here.
std::string UnknownType(const std::string& type) {
  const std::string refused = absl::StrCat("Template format error: Unrecognized resource types: [", type, "]");
  if (const std::string why = WhyNotOffered(type); !why.empty()) return absl::StrCat(refused, "; ", why);
  std::vector<std::string> names;
  for (const Schema& schema : AllSchemas()) names.push_back(schema.type);
  for (const absl::string_view name : AwsResourceTypes()) names.emplace_back(name);
  const std::string nearest = Nearest(type, names);
  if (nearest.empty()) {
    names.resize(AllSchemas().size());
    return absl::StrCat(refused, "; there are ", absl::StrJoin(names, ", "));
  }
  return absl::StrCat(refused, "; did you mean \"", nearest, "\"?",
                      FindSchema(nearest) == nullptr ? " AWS has it; it is not offered here yet" : "");
}

void SetType(const Member& member, Resource& resource, Problems& problems) {
  const Value* type = member.value.Find("Type");
  if (type == nullptr || !type->is_string()) {
    return Add(problems, type == nullptr ? member.location : type->location(),
               absl::StrCat("Template format error: [/Resources/", member.key,
                            "] Every Resources object must contain a Type member."));
  }
  resource.type = type->text();
  resource.type_location = type->location();
  if (FindSchema(resource.type) != nullptr) return;
  Add(problems, type->location(), UnknownType(resource.type));
}

void SetDependsOn(const Value& object, Resource& resource, Problems& problems) {
  const Value* value = object.Find("DependsOn");
  if (value == nullptr) return;
  resource.depends_on = value->is_string() ? std::vector<std::string>{value->text()} : value->ItemTexts();
  const bool all_names =
      value->is_string() || (value->is_list() && resource.depends_on.size() == value->items().size());
  if (all_names) return;
  return Add(problems, value->location(),
             absl::StrCat("Template format error: DependsOn of ", resource.logical_id,
                          " must be a logical id, or a list of them"));
}

void SetPolicy(const Value& object, absl::string_view key, const Resource& resource, RemovalPolicy& policy,
               Problems& problems) {
  if (IsDatabase(resource.type)) policy = RemovalPolicy::kSnapshot;
  const Value* value = object.Find(key);
  if (value == nullptr) return;
  const bool is_deletion = key == "DeletionPolicy";
  for (const RemovalPolicy choice : {RemovalPolicy::kDelete, RemovalPolicy::kRetain, RemovalPolicy::kSnapshot,
                                     RemovalPolicy::kRetainExceptOnCreate}) {
    if (value->text() != RemovalPolicyName(choice)) continue;
    if (choice == RemovalPolicy::kRetainExceptOnCreate && !is_deletion) break;
    if (choice == RemovalPolicy::kSnapshot && !TakesSnapshots(resource.type)) {
      return Add(problems, value->location(),
                 absl::StrCat("Template error: resource type ", resource.type, " does not support ", key, " Snapshot"));
    }
    policy = choice;
    return;
  }
  return Add(
      problems, value->location(),
      absl::StrCat("Template error: Unrecognized ", key, " \"", value->text(), "\" for resource ", resource.logical_id,
                   "; there are Delete, Retain, Snapshot", is_deletion ? " and RetainExceptOnCreate" : ""));
}

// CreationPolicy, UpdatePolicy and Metadata are objects; which members they have is known.
void SetPolicyObject(const Value& object, absl::string_view key, const Resource& resource,
                     std::initializer_list<absl::string_view> allowed, Value& target, Problems& problems) {
  const Value* value = object.Find(key);
  if (value == nullptr) return;
  const std::string whose = absl::StrCat(key, " of ", resource.logical_id);
  if (!value->is_object()) {
    return Add(problems, value->location(), absl::StrCat(whose, " must be an object, not ", KindName(value->kind())));
  }
  if (allowed.size() > 0) CheckKeys(*value, whose, allowed, problems);
  target = *value;
  CheckFunctions(target, false, problems);
}

void SetProperties(const Value& object, Resource& resource, Problems& problems) {
  const Value* value = object.Find("Properties");
  resource.properties = value == nullptr ? Value::Object({}, resource.location) : *value;
  if (!resource.properties.is_object()) {
    Add(problems, resource.properties.location(),
        absl::StrCat("Template format error: Properties of ", resource.logical_id, " must be an object, not ",
                     KindName(resource.properties.kind())));
    resource.properties = Value::Object({}, resource.location);
    return;
  }
  // Where a required property is missed, the block that should have it is the place to look.
  if (value != nullptr) {
    for (const Member& member : object.members()) {
      if (member.key == "Properties") resource.properties.set_location(member.location);
    }
  }
  CheckFunctions(resource.properties, false, problems);
}

void ReadResource(const Member& member, bool check_properties, Template& parsed, Problems& problems) {
  const Value& object = member.value;
  if (!object.is_object()) {
    return Add(problems, object.location(),
               absl::StrCat("Template format error: [/Resources/", member.key,
                            "] resource definition is malformed: it is ", KindName(object.kind()), ", not an object"));
  }
  CheckKeys(object, absl::StrCat("resource ", member.key),
            {"Type", "Properties", "DependsOn", "Condition", "CreationPolicy", "DeletionPolicy", "Metadata",
             "UpdatePolicy", "UpdateReplacePolicy"},
            problems);
  Resource resource;
  resource.logical_id = member.key;
  resource.location = member.location;
  SetType(member, resource, problems);
  resource.condition = TextOf(object, "Condition", absl::StrCat("resource ", member.key), problems);
  SetDependsOn(object, resource, problems);
  const Schema* schema = FindSchema(resource.type);
  if (schema != nullptr) {
    SetPolicy(object, "DeletionPolicy", resource, resource.deletion_policy, problems);
    SetPolicy(object, "UpdateReplacePolicy", resource, resource.update_replace_policy, problems);
  }
  SetPolicyObject(object, "CreationPolicy", resource, {"ResourceSignal", "AutoScalingCreationPolicy"},
                  resource.creation_policy, problems);
  SetPolicyObject(object, "UpdatePolicy", resource,
                  {"AutoScalingRollingUpdate", "AutoScalingReplacingUpdate", "AutoScalingScheduledAction"},
                  resource.update_policy, problems);
  SetPolicyObject(object, "Metadata", resource, {}, resource.metadata, problems);
  SetProperties(object, resource, problems);
  if (schema != nullptr && check_properties) CheckProperties(*schema, resource.properties, problems);
  parsed.resources.push_back(std::move(resource));
}

}  // namespace

void ReadResources(const Value& section, const ParseOptions& options, Template& parsed, Problems& problems) {
  CheckSection(section, "Resource", options.limits.resources_max, "", problems);
  if (section.is_object() && section.members().empty()) {
    Add(problems, section.location(), "Template format error: At least one Resources member must be defined.");
  }
  for (const Member& member : section.members()) ReadResource(member, options.check_properties, parsed, problems);
}

}  // namespace nubo::stack::sections
