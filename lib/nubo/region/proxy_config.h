// What each load balancer is told, made from the model.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_PROXY_CONFIG_H_
#define NUBO_REGION_PROXY_CONFIG_H_

#include <string>

#include "absl/strings/string_view.h"
#include "nubo/proxy/v1/proxy.pb.h"
#include "nubo/region/context.h"

namespace nubo::region {

// Without a revision.
proxy::v1::Configuration BalancerConfig(const Context& context, const v1::LoadBalancerState& balancer);
// The listener that all names under .localhost share: it passes each on to the load balancer its record points to.
proxy::v1::Configuration EdgeConfig(const Context& context);

// A name without the dot that may end it.
absl::string_view WithoutDot(absl::string_view name);
// Whether browsers find the name at the shared listener.
bool IsLocalhostName(const std::string& name);
// The load balancer that an alias points to, or nullptr.
const v1::LoadBalancerState* BalancerByDnsName(const Context& context, const std::string& dns_name);
// The first listener's, or nullptr.
const v1::ListenerState* FirstListener(const Context& context, const std::string& balancer_arn);

}  // namespace nubo::region

#endif  // NUBO_REGION_PROXY_CONFIG_H_
