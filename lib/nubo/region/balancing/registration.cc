#include "nubo/region/balancing/registration.h"

#include <algorithm>
#include <set>

namespace nubo::region {
namespace {

bool ForwardsTo(const v1::Action& action, const std::string& arn) {
  return std::any_of(action.groups().begin(), action.groups().end(),
                     [&](const v1::Action::WeightedGroup& group) { return group.target_group_arn() == arn; });
}

// Those that belong to no stack are nobody's replacements.
bool AreOneResource(const v1::Owner& a, const v1::Owner& b) {
  return !a.stack_name().empty() && a.stack_name() == b.stack_name() && a.logical_id() == b.logical_id();
}

}  // namespace

std::vector<int> PortsOf(const v1::TargetGroupState& group, const std::string& target) {
  std::vector<int> ports;
  for (int i = 0; i < group.static_targets_size(); ++i) {
    if (group.static_targets(i) != target) continue;
    const int own = i < group.static_ports_size() ? group.static_ports(i) : 0;
    ports.push_back(own == 0 ? group.port() : own);
  }
  if (ports.empty()) ports.push_back(group.port());
  return ports;
}

std::vector<std::string> TargetGroupsOf(const Context& context, const v1::InstanceState& instance) {
  std::vector<std::string> arns;
  if (const v1::GroupState* group = context.model.groups.Find(instance.group_name())) {
    arns.assign(group->target_group_arns().begin(), group->target_group_arns().end());
  }
  for (const auto& [arn, group] : context.model.target_groups) {
    const auto& ids = group.static_targets();
    if (std::find(ids.begin(), ids.end(), instance.id()) != ids.end()) arns.push_back(arn);
  }
  return arns;
}

std::vector<std::string> RegisteredIn(const Context& context, const v1::InstanceState& instance) {
  const std::vector<std::string> own = TargetGroupsOf(context, instance);
  std::vector<std::string> arns = own;
  for (const std::string& arn : own) {
    const v1::TargetGroupState* group = context.model.target_groups.Find(arn);
    for (const auto& [other_arn, other] : context.model.target_groups) {
      const bool known = std::find(arns.begin(), arns.end(), other_arn) != arns.end();
      if (group != nullptr && !known && AreOneResource(group->owner(), other.owner())) arns.push_back(other_arn);
    }
  }
  return arns;
}

std::vector<std::string> BalancersOf(const Context& context, const std::string& target_group_arn) {
  std::set<std::string> arns;
  for (const auto& [arn, listener] : context.model.listeners) {
    bool used = ForwardsTo(listener.default_action(), target_group_arn);
    for (const auto& [rule_arn, rule] : context.model.rules) {
      used = used || (rule.listener_arn() == arn && ForwardsTo(rule.action(), target_group_arn));
    }
    if (used) arns.insert(listener.load_balancer_arn());
  }
  return {arns.begin(), arns.end()};
}

}  // namespace nubo::region
