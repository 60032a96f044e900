// The attributes of load balancers and target groups: settings that AWS's API has by key and value.
//
// What keys there are, and what each takes, stands in the tables that templates are checked by (stack/schema.h). Those
// that AWS has and that nothing comes of here are taken and not kept.
//
// Example:
//   NUBO_RETURN_IF_ERROR(SetAttributes({{"deregistration_delay.timeout_seconds", "5"}}, record));
//
// Source: the API reference's LoadBalancerAttribute and TargetGroupAttribute.
//
// Thread safety: pure functions.
#ifndef NUBO_REGION_BALANCING_ATTRIBUTES_H_
#define NUBO_REGION_BALANCING_ATTRIBUTES_H_

#include <map>
#include <string>

#include "absl/status/status.h"
#include "nubo/region/v1/state.pb.h"

namespace nubo::region {

using Attributes = std::map<std::string, std::string>;

// All that are acted on, as they are while nobody sets them.
const Attributes& DefaultLoadBalancerAttributes();
const Attributes& DefaultTargetGroupAttributes();

// All that are acted on, as they are. A target group remembers of its stickiness what it goes by: one duration, for
// either kind of cookie, and, while it is off, the application's cookie as a sign that it was that one's.
Attributes AttributesOf(const v1::LoadBalancerState& record);
Attributes AttributesOf(const v1::TargetGroupState& record);

// Sets those of `changes`; the others stay. All or nothing. INVALID_ARGUMENT: there is no such attribute, or it cannot
// be that (ValidationError); what they are together contradicts itself (InvalidConfigurationRequest).
absl::Status SetAttributes(const Attributes& changes, v1::LoadBalancerState& record);
absl::Status SetAttributes(const Attributes& changes, v1::TargetGroupState& record);

}  // namespace nubo::region

#endif  // NUBO_REGION_BALANCING_ATTRIBUTES_H_
