#include "nubo/region/state/view.h"

#include <map>
#include <set>

#include "absl/strings/ascii.h"

namespace nubo::region {

IndexRange<v1::InstanceState> View::InstancesOfStack(absl::string_view name) const {
  return model_.instances_by_stack.Find(name);
}

IndexRange<v1::GroupState> View::GroupsOfStack(absl::string_view name) const {
  return model_.groups_by_stack.Find(name);
}

IndexRange<v1::TargetGroupState> View::TargetGroupsOfStack(absl::string_view name) const {
  return model_.target_groups_by_stack.Find(name);
}

IndexRange<v1::ListenerState> View::ListenersOfStack(absl::string_view name) const {
  return model_.listeners_by_stack.Find(name);
}

IndexRange<v1::RecordSetState> View::RecordsOfStack(absl::string_view name) const {
  return model_.records_by_stack.Find(name);
}

IndexRange<v1::DatabaseState> View::DatabasesOfStack(absl::string_view name) const {
  return model_.databases_by_stack.Find(name);
}

IndexRange<v1::SubnetState> View::SubnetsOf(absl::string_view vpc_id) const {
  return model_.subnets_by_vpc.Find(vpc_id);
}

IndexRange<v1::InstanceState> View::InstancesIn(absl::string_view subnet_id) const {
  return model_.instances_by_subnet.Find(subnet_id);
}

IndexRange<v1::DatabaseState> View::DatabasesIn(absl::string_view subnet_id) const {
  return model_.databases_by_subnet.Find(subnet_id);
}

IndexRange<v1::InstanceState> View::InstancesOfGroup(absl::string_view name) const {
  return model_.instances_by_group.Find(name);
}

IndexRange<v1::GroupState> View::GroupsWith(absl::string_view target_group_arn) const {
  return model_.groups_by_target_group.Find(target_group_arn);
}

IndexRange<v1::TargetGroupState> View::TargetGroupsWith(absl::string_view target) const {
  return model_.target_groups_by_target.Find(target);
}

std::vector<const v1::InstanceState*> View::InstancesOfTargetGroup(absl::string_view target_group_arn) const {
  std::map<absl::string_view, const v1::InstanceState*> found;
  for (const auto& [name, group] : GroupsWith(target_group_arn)) {
    for (const auto& [id, instance] : InstancesOfGroup(name)) found[id] = &instance;
  }
  if (const v1::TargetGroupState* group = model_.target_groups.Find(target_group_arn)) {
    for (const std::string& target : group->static_targets()) {
      if (const v1::InstanceState* instance = model_.instances.Find(target)) found[target] = instance;
    }
  }
  std::vector<const v1::InstanceState*> targets;
  for (const auto& [id, instance] : found) targets.push_back(instance);
  return targets;
}

IndexRange<v1::ListenerState> View::ListenersOf(absl::string_view load_balancer_arn) const {
  return model_.listeners_by_load_balancer.Find(load_balancer_arn);
}

IndexRange<v1::ListenerRuleState> View::RulesOf(absl::string_view listener_arn) const {
  return model_.rules_by_listener.Find(listener_arn);
}

std::vector<std::string> View::BalancersOf(absl::string_view target_group_arn) const {
  std::set<std::string> arns;
  for (const auto& [arn, listener] : model_.listeners_by_target_group.Find(target_group_arn)) {
    arns.insert(listener.load_balancer_arn());
  }
  for (const auto& [arn, rule] : model_.rules_by_target_group.Find(target_group_arn)) {
    const v1::ListenerState* listener = model_.listeners.Find(rule.listener_arn());
    if (listener != nullptr) arns.insert(listener->load_balancer_arn());
  }
  return {arns.begin(), arns.end()};
}

const v1::LoadBalancerState* View::BalancerNamed(absl::string_view dns_name) const {
  return model_.load_balancers_by_dns_name.Find(absl::AsciiStrToLower(dns_name)).first();
}

const v1::LoadBalancerState* View::BalancerWithToken(absl::string_view token) const {
  return model_.load_balancers_by_token.Find(token).first();
}

IndexRange<v1::RecordSetState> View::RecordsOf(absl::string_view zone_id) const {
  return model_.records_by_zone.Find(zone_id);
}

const v1::DatabaseState* View::DatabaseWithDigest(absl::string_view digest) const {
  return model_.databases_by_digest.Find(digest).first();
}

}  // namespace nubo::region
