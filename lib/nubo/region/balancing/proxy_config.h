// What each load balancer is told, made from the model.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_BALANCING_PROXY_CONFIG_H_
#define NUBO_REGION_BALANCING_PROXY_CONFIG_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "nubo/proxy/v1/proxy.pb.h"
#include "nubo/region/state/context.h"

namespace nubo::region {

// Without a revision. What the load balancer would refuse costs nothing else its place: whom it is for gets a 503.
proxy::v1::Configuration BalancerConfig(const Context& context, const v1::LoadBalancerState& balancer);
// Why a load balancer could not have it, as it could not be told of it; OK: it can.
absl::Status WhyClosed(const v1::Action& action);
absl::Status WhyClosed(const v1::ListenerRuleState& rule);
absl::Status WhyClosed(const Context& context, const v1::TargetGroupState& group);
// What of a listener answers 503 for it, in one sentence, or "".
std::string WhatIsClosed(const Context& context, const v1::ListenerState& listener);
// What every configuration has.
void SetAddress(const std::string& ip, int port, proxy::v1::Address* address);
void SetLimits(int idle_timeout_s, proxy::v1::Limits* limits);

// The addresses at which this machine's own users reach the listener: where the fabric has networks, those of load
// balancers that face the internet which gateway, routes, groups and ACLs let the world reach.
std::vector<std::string> OpenToHost(const Context& context, const v1::LoadBalancerState& balancer,
                                    const v1::ListenerState& listener);

// The first listener's, or nullptr.
const v1::ListenerState* FirstListener(const Context& context, const std::string& balancer_arn);

}  // namespace nubo::region

#endif  // NUBO_REGION_BALANCING_PROXY_CONFIG_H_
