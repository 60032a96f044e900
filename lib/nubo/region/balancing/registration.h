// Which instances and addresses are in which target groups, and on which ports.
//
// Example:
//   for (const std::string& arn : TargetGroupsOf(context, instance)) Register(arn, instance);
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_BALANCING_REGISTRATION_H_
#define NUBO_REGION_BALANCING_REGISTRATION_H_

#include <string>
#include <vector>

#include "nubo/region/state/context.h"

namespace nubo::region {

// The target groups that send it requests, or would.
std::vector<std::string> TargetGroupsOf(const Context& context, const v1::InstanceState& instance);
// Those, and while an update puts a target group in the place of one of them, that one too: its load balancer goes over
// to it before the instance's scaling group does, and finds it there.
std::vector<std::string> RegisteredIn(const Context& context, const v1::InstanceState& instance);

// The ports on which `group` has the target, an instance or an address.
std::vector<int> PortsOf(const v1::TargetGroupState& group, const std::string& target);

// The instances that RegisteredIn() says so of, in the order of their ids; terminated ones included.
std::vector<const v1::InstanceState*> RegisteredInstances(const Context& context, const std::string& target_group_arn);

// The load balancers that forward to the target group, by ARN.
std::vector<std::string> BalancersOf(const Context& context, const std::string& target_group_arn);

}  // namespace nubo::region

#endif  // NUBO_REGION_BALANCING_REGISTRATION_H_
