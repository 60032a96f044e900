#include "nubo/region/balancing/registration.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/string_view.h"
#include "nubo/region/state/view.h"

namespace nubo::region {
namespace {

// Those that stand for one resource of a template, as its former and its present one do while an update replaces it;
// the one of that ARN included.
std::vector<std::string> OfSameResource(const Context& context, const std::string& arn) {
  std::vector<std::string> arns = {arn};
  const v1::TargetGroupState* group = context.model.target_groups.Find(arn);
  // What stacks have left behind is no resource of a template any more.
  if (group == nullptr || group->owner().stack_name().empty()) return arns;
  for (const auto& [other_arn, other] : View(context.model).TargetGroupsOfStack(group->owner().stack_name())) {
    if (other_arn != arn && other.owner().logical_id() == group->owner().logical_id()) arns.push_back(other_arn);
  }
  return arns;
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
  for (const auto& [arn, group] : View(context.model).TargetGroupsWith(instance.id())) arns.push_back(arn);
  return arns;
}

std::vector<std::string> RegisteredIn(const Context& context, const v1::InstanceState& instance) {
  std::vector<std::string> arns = TargetGroupsOf(context, instance);
  for (const std::string& own : std::vector<std::string>(arns)) {
    for (std::string& other : OfSameResource(context, own)) {
      if (std::find(arns.begin(), arns.end(), other) == arns.end()) arns.push_back(std::move(other));
    }
  }
  return arns;
}

std::vector<const v1::InstanceState*> RegisteredInstances(const Context& context, const std::string& target_group_arn) {
  std::map<absl::string_view, const v1::InstanceState*> found;
  for (const std::string& arn : OfSameResource(context, target_group_arn)) {
    for (const v1::InstanceState* instance : View(context.model).InstancesOfTargetGroup(arn))
      found[instance->id()] = instance;
  }
  std::vector<const v1::InstanceState*> instances;
  for (const auto& [id, instance] : found) instances.push_back(instance);
  return instances;
}

std::vector<std::string> BalancersOf(const Context& context, const std::string& target_group_arn) {
  return View(context.model).BalancersOf(target_group_arn);
}

}  // namespace nubo::region
