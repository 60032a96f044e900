// What of the model belongs together, without a look at all the rest: the instances of a group, the rules of a
// listener, who forwards to a target group.
//
// Whatever is several comes in the order of ids.
//
// Example:
//   const View view(context.model);
//   for (const auto& [id, instance] : view.InstancesOfGroup("web")) Use(instance);
//
// Thread safety: thread-compatible; the region's lock guards the model.
#ifndef NUBO_REGION_STATE_VIEW_H_
#define NUBO_REGION_STATE_VIEW_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "nubo/region/state/index.h"
#include "nubo/region/state/model.h"
#include "nubo/region/v1/state.pb.h"

namespace nubo::region {

class View {
 public:
  // It outlives the view.
  explicit View(const Model& model) : model_(model) {}

  // What a stack has made; of "" what stacks have left behind.
  IndexRange<v1::InstanceState> InstancesOfStack(absl::string_view name) const;
  IndexRange<v1::GroupState> GroupsOfStack(absl::string_view name) const;
  IndexRange<v1::TargetGroupState> TargetGroupsOfStack(absl::string_view name) const;
  IndexRange<v1::ListenerState> ListenersOfStack(absl::string_view name) const;
  IndexRange<v1::RecordSetState> RecordsOfStack(absl::string_view name) const;
  IndexRange<v1::DatabaseState> DatabasesOfStack(absl::string_view name) const;

  IndexRange<v1::SubnetState> SubnetsOf(absl::string_view vpc_id) const;
  // Terminated ones included.
  IndexRange<v1::InstanceState> InstancesIn(absl::string_view subnet_id) const;
  IndexRange<v1::DatabaseState> DatabasesIn(absl::string_view subnet_id) const;

  // Terminated ones included. Of "": those that no group has launched.
  IndexRange<v1::InstanceState> InstancesOfGroup(absl::string_view name) const;
  // Scaling groups that register their instances there.
  IndexRange<v1::GroupState> GroupsWith(absl::string_view target_group_arn) const;

  // Target groups that name it: an instance's id, or an address.
  IndexRange<v1::TargetGroupState> TargetGroupsWith(absl::string_view target) const;
  // The instances of a target group that is on record: those that it names, and those of the scaling groups that
  // register theirs there. Terminated ones included.
  std::vector<const v1::InstanceState*> InstancesOfTargetGroup(absl::string_view target_group_arn) const;
  IndexRange<v1::ListenerState> ListenersOf(absl::string_view load_balancer_arn) const;
  IndexRange<v1::ListenerRuleState> RulesOf(absl::string_view listener_arn) const;
  // ARNs of the load balancers of which a listener, or a rule, forwards to the target group.
  std::vector<std::string> BalancersOf(absl::string_view target_group_arn) const;
  // nullptr: there is none of that name, whatever its case.
  const v1::LoadBalancerState* BalancerNamed(absl::string_view dns_name) const;
  // nullptr: there is none whose ARN ends so, after its last "/".
  const v1::LoadBalancerState* BalancerWithToken(absl::string_view token) const;

  IndexRange<v1::RecordSetState> RecordsOf(absl::string_view zone_id) const;
  // nullptr: there is none whose id has that digest (digest.h).
  const v1::DatabaseState* DatabaseWithDigest(absl::string_view digest) const;

 private:
  const Model& model_;
};

}  // namespace nubo::region

#endif  // NUBO_REGION_STATE_VIEW_H_
