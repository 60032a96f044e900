// Scaling groups: observes, asks scaling::Reconcile, and does as it says.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_GROUPS_GROUPS_H_
#define NUBO_REGION_GROUPS_GROUPS_H_

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "nubo/region/state/context.h"
#include "nubo/scaling/reconcile.h"
#include "nubo/scaling/rolling_update.h"

namespace nubo::region {

// One pass over every group. When time alone may change something.
absl::Time TickGroups(Context& context);

// What the group wants. One that is being deleted wants nothing.
scaling::GroupSpec SpecOf(const Context& context, const v1::GroupState& group);

// Whether, and how, `group`, as it is to be from now on, replaces the instances it has; without a policy only those in
// subnets that it no longer has, and as gently as can be.
void BeginRolling(const Context& context, const std::optional<scaling::RollingUpdate>& policy, v1::GroupState& group);

// Instances that are not terminated.
bool HasInstances(const Context& context, const std::string& group_name);
// One that is being deleted goes with the last of its instances. True: there is no such group, by now or before.
bool ForgetDeleted(Context& context, const std::string& group_name);

// Why the group does not do what it is asked for; "" when it is at rest.
std::string WaitingReason(const Context& context, const v1::GroupState& group);

// Instances of the group that are in service.
int InService(const Context& context, const std::string& group_name);

// Long enough for a program that cannot start to have ended.
inline constexpr absl::Duration kSteadyAfter = absl::Seconds(1);
// Whether the instance runs, and has stayed up: a load balancer holds it for healthy, or kSteadyAfter has passed.
bool IsSteady(const Context& context, const v1::InstanceState& instance);
// Instances of the group that are in service and steady.
int Steady(const Context& context, const std::string& group_name);
// The instance of the group that ended last; "" if none did.
std::string LastEnded(const Context& context, const std::string& group_name);

}  // namespace nubo::region

#endif  // NUBO_REGION_GROUPS_GROUPS_H_
