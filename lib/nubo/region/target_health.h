// What the load balancers say of their targets.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_TARGET_HEALTH_H_
#define NUBO_REGION_TARGET_HEALTH_H_

#include <cstdint>
#include <string>
#include <vector>

#include "nubo/region/context.h"
#include "nubo/scaling/reconcile.h"

namespace nubo::region {

struct TargetView {
  std::string state;
  std::string reason;
  std::string description;
  int in_flight = 0;
  uint64_t requests = 0;
  uint64_t errors = 0;
  int64_t latency_us = 0;
};

// The load balancers that forward to the target group, by ARN.
std::vector<std::string> BalancersOf(const Context& context, const std::string& target_group_arn);

// The worst that any of its load balancers says. "unused" when none serves the group, "initial" while one has not
// spoken of it.
TargetView ViewOf(const Context& context, const std::string& target_group_arn, const std::string& target_id);

// What all the instance's target groups say together.
scaling::ElbHealth ElbHealthOf(const Context& context, const v1::InstanceState& instance, std::string& reason);

// No load balancer sends it anything, nor waits for an answer of it.
bool Drained(const Context& context, const v1::InstanceState& instance);

}  // namespace nubo::region

#endif  // NUBO_REGION_TARGET_HEALTH_H_
