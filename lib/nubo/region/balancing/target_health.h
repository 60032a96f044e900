// What the load balancers say of their targets.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_BALANCING_TARGET_HEALTH_H_
#define NUBO_REGION_BALANCING_TARGET_HEALTH_H_

#include <cstdint>
#include <string>
#include <vector>

#include "nubo/region/state/context.h"
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

// The worst that any of its load balancers says. "unused" when none serves the group or the instance is stopped,
// "initial" while one has not spoken of it.
// Of a target that has several ports, of them all; with `one_port` of the one that has this very id.
TargetView ViewOf(const Context& context, const std::string& target_group_arn, const std::string& target_id,
                  bool one_port = false);

// An instance or an address, on one port.
struct RegisteredTarget {
  // As load balancers call it: the instance's id or the address, with the port behind it if it is not its first.
  std::string id;
  std::string instance_or_ip;
  std::string loopback_ip;
  int port = 0;
  // "" of an address.
  std::string zone;
};
// Those that the group has, be they well or not.
std::vector<RegisteredTarget> TargetsOf(const Context& context, const v1::TargetGroupState& group);

// What all the instance's target groups say together.
scaling::ElbHealth ElbHealthOf(const Context& context, const v1::InstanceState& instance, std::string& reason);

// No load balancer sends it anything, nor waits for an answer of it.
bool Drained(const Context& context, const v1::InstanceState& instance);

}  // namespace nubo::region

#endif  // NUBO_REGION_BALANCING_TARGET_HEALTH_H_
