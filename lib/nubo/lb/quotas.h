// AWS's quotas of listeners and their rules, for all who check them.
//
// Example:
//   if (bytes.size() > lb::kFixedBodySizeMax) return absl::InvalidArgumentError("the body is too long");
//
// Thread safety: constants.
#ifndef NUBO_LB_QUOTAS_H_
#define NUBO_LB_QUOTAS_H_

namespace nubo::lb {

// Target groups that one action forwards to, and the largest weight of each.
inline constexpr int kGroupsPerForwardMax = 5;
inline constexpr int kForwardWeightMax = 999;
// Bytes.
inline constexpr int kFixedBodySizeMax = 1024;
// Priorities are from 1 to this.
inline constexpr int kRulePriorityMax = 50000;

}  // namespace nubo::lb

#endif  // NUBO_LB_QUOTAS_H_
