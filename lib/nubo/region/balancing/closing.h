// What a load balancer would refuse of its configuration, taken out before it is told: the rest is served.
//
// A load balancer takes its configuration as a whole or not at all, so that one rule that cannot be would cost all
// others their next change. As if it were not there is what such a rule must not be, either: it may be what forbids
// something. So it is closed: the requests it is for get a 503.
//
// Example:
//   CloseWhatIsWrong(config);  // and proxy::FromProto(config) is OK, but for bounds of the whole
//
// Thread safety: pure functions.
#ifndef NUBO_REGION_BALANCING_CLOSING_H_
#define NUBO_REGION_BALANCING_CLOSING_H_

#include "absl/status/status.h"
#include "nubo/proxy/v1/proxy.pb.h"

namespace nubo::region {

// As proxy::CheckTargetGroup; and its policy is one that load balancers have.
absl::Status CheckProxyGroup(const proxy::v1::TargetGroup& group);

void CloseWhatIsWrong(proxy::v1::Configuration& config);

}  // namespace nubo::region

#endif  // NUBO_REGION_BALANCING_CLOSING_H_
