#include "nubo/stack/update_rules.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "nubo/stack/schema.h"

namespace nubo::stack {
namespace {

constexpr char kGroup[] = "AWS::AutoScaling::AutoScalingGroup";

// Which property gives a resource a name that no other one may have at the same time.
struct NamedType {
  absl::string_view type;
  absl::string_view property;
};
constexpr NamedType kNamedTypes[] = {
    {kGroup, "AutoScalingGroupName"},
    {"AWS::EC2::LaunchTemplate", "LaunchTemplateName"},
    {"AWS::EC2::SecurityGroup", "GroupName"},
    {"AWS::ElasticLoadBalancingV2::LoadBalancer", "Name"},
    {"AWS::ElasticLoadBalancingV2::TargetGroup", "Name"},
    {"AWS::RDS::DBInstance", "DBInstanceIdentifier"},
    {"AWS::Route53::HostedZone", "Name"},
};

bool Differs(const PropertySpec* spec, const Value& before, const Value& after) {
  // Values that come from the store may have been numbers once that JSON has no notation for.
  if (before == after || ToJson(before) == ToJson(after)) return false;
  if (spec == nullptr || spec->fallback == nullptr || before.is_null() == after.is_null()) return true;
  return (before.is_null() ? after : before).text() != spec->fallback;
}

// What an UpdatePolicy of a scaling group counts for: its instances would be others.
bool ChangesInstances(const std::vector<std::string>& changed) {
  return std::any_of(changed.begin(), changed.end(), [](const std::string& property) {
    return property == "LaunchTemplate" || property == "VPCZoneIdentifier";
  });
}

std::string NameRefusal(absl::string_view type, const Value& before, const Value& after) {
  for (const NamedType& named : kNamedTypes) {
    const Value& name = after.Get(named.property);
    if (named.type != type || name.is_null() || name != before.Get(named.property)) continue;
    return absl::StrCat("CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename ",
                        name.text(), " and update the stack again.");
  }
  return "";
}

}  // namespace

UpdateDecision DecideUpdate(absl::string_view type, const Value& before, const Value& after,
                            const Value& update_policy) {
  const Schema* schema = FindSchema(type);
  std::set<std::string> names;
  for (const Value* value : {&before, &after}) {
    for (const Member& member : value->members()) names.insert(member.key);
  }
  UpdateDecision decision;
  for (const std::string& name : names) {
    const PropertySpec* spec = schema == nullptr ? nullptr : FindProperty(schema->properties, name);
    if (!Differs(spec, before.Get(name), after.Get(name))) continue;
    decision.changed.push_back(name);
    if (spec != nullptr && spec->replaces) decision.replacing.push_back(name);
  }
  if (decision.changed.empty()) return decision;
  const Value& replacing_update = update_policy.Get("AutoScalingReplacingUpdate");
  if (type == kGroup && decision.replacing.empty() && ChangesInstances(decision.changed) &&
      replacing_update.Get("WillReplace").AsBool().value_or(false)) {
    decision.replacing = decision.changed;
  }
  decision.kind = decision.replacing.empty() ? UpdateKind::kInPlace : UpdateKind::kReplace;
  if (decision.kind == UpdateKind::kReplace) decision.refusal = NameRefusal(type, before, after);
  return decision;
}

std::vector<std::string> UnenforcedUpdatePolicy(absl::string_view type, const Value& update_policy) {
  if (update_policy.is_null()) return {};
  if (type != kGroup) return {"UpdatePolicy"};
  std::vector<std::string> found;
  for (const Member& policy : update_policy.members()) {
    if (policy.key == "AutoScalingReplacingUpdate") continue;
    if (policy.key != "AutoScalingRollingUpdate") {
      found.push_back(absl::StrCat("UpdatePolicy.", policy.key));
      continue;
    }
    for (const Member& member : policy.value.members()) {
      if (member.key == "MaxBatchSize" || member.key == "MinInstancesInService") continue;
      found.push_back(absl::StrCat("UpdatePolicy.AutoScalingRollingUpdate.", member.key));
    }
  }
  return found;
}

}  // namespace nubo::stack
