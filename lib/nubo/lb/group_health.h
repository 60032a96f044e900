// Whether a target group as a whole has enough healthy targets: AWS's target group health requirements.
//
// Two actions, each with a threshold of its own, as a count, a percentage, or both (then either one breached is
// enough):
//   unhealthy state routing   requests go to all targets, the unhealthy ones included (fail open)
//   DNS failover              DNS stops giving out the load balancer's addresses
// The second threshold is not below the first one, so that clients leave before the unhealthy ones get their requests.
//
// Example:
//   GroupHealthRequirements required;
//   if (!required.unhealthy_state_routing.Met(/*healthy=*/1, /*registered=*/10)) UseAll();
//
// Source: Elastic Load Balancing, Application Load Balancers, "Target group health".
//
// Thread safety: values and pure functions.
#ifndef NUBO_LB_GROUP_HEALTH_H_
#define NUBO_LB_GROUP_HEALTH_H_

#include <cstddef>

#include "absl/status/status.h"

namespace nubo::lb {

struct HealthyTargetsMin {
  // 0: off.
  int count = 1;
  // Of the registered targets; 0: off.
  int percentage = 0;

  bool Met(size_t healthy, size_t registered) const {
    return healthy >= static_cast<size_t>(count) && healthy * 100 >= registered * static_cast<size_t>(percentage);
  }
};

struct GroupHealthRequirements {
  // AWS: target_group_health.unhealthy_state_routing.minimum_healthy_targets.{count,percentage}.
  HealthyTargetsMin unhealthy_state_routing;
  // AWS: target_group_health.dns_failover.minimum_healthy_targets.{count,percentage}.
  HealthyTargetsMin dns_failover;
};

// INVALID_ARGUMENT: a count of routing below 1 or above `targets_max`, a percentage outside 0 to 100, a threshold of
// DNS failover that is on and below that of routing.
absl::Status CheckGroupHealth(const GroupHealthRequirements& required, size_t targets_max);

}  // namespace nubo::lb

#endif  // NUBO_LB_GROUP_HEALTH_H_
