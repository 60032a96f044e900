// Scaling groups: observes, asks scaling::Reconcile, and does as it says.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_GROUPS_GROUPS_H_
#define NUBO_REGION_GROUPS_GROUPS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "nubo/region/state/context.h"
#include "nubo/stack/value.h"

namespace nubo::region {

// One pass over every group. When time alone may change something.
absl::Time TickGroups(Context& context);

// Whether, and how, `group`, as it is to be from now on, replaces the instances it has: by an evaluated UpdatePolicy,
// or null.
void BeginRolling(const Context& context, const stack::Value& update_policy, v1::GroupState& group);

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

// AWS's SetDesiredCapacity: from the next pass on the group has this many. Returns how many it had.
// INVALID_ARGUMENT (ValidationError): no such group, one that is being deleted, or not between its minimum and maximum.
absl::StatusOr<int> SetDesiredCapacity(Context& context, const std::string& group_name, int desired);

}  // namespace nubo::region

#endif  // NUBO_REGION_GROUPS_GROUPS_H_
