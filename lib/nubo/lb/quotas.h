// AWS's quotas of load balancers and what belongs to them, for all who check them.
//
// Example:
//   if (bytes.size() > lb::kFixedBodySizeMax) return absl::InvalidArgumentError("the body is too long");
//
// Thread safety: constants.
#ifndef NUBO_LB_QUOTAS_H_
#define NUBO_LB_QUOTAS_H_

namespace nubo::lb {

// Of one load balancer. Its rules are those of all its listeners, the default ones apart.
inline constexpr int kListenersMax = 50;
inline constexpr int kRulesMax = 100;
// Of one target group.
inline constexpr int kTargetsMax = 1000;
// Target groups that one action forwards to, and the largest weight of each.
inline constexpr int kGroupsPerForwardMax = 5;
inline constexpr int kForwardWeightMax = 999;
// Bytes.
inline constexpr int kFixedBodySizeMax = 1024;
// Priorities are from 1 to this.
inline constexpr int kRulePriorityMax = 50000;

}  // namespace nubo::lb

#endif  // NUBO_LB_QUOTAS_H_
