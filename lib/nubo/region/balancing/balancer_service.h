// The processes of load balancers: which there are, and whether they serve what they were told.
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(const bool applied, HasApplied(context, listener.load_balancer_arn()));
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_BALANCING_BALANCER_SERVICE_H_
#define NUBO_REGION_BALANCING_BALANCER_SERVICE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "nubo/region/state/context.h"
#include "nubo/region/state/service_ids.h"
#include "nubo/region/supervisor/service_kind.h"

namespace nubo::region {

// Whether a load balancer runs and serves by the last configuration it was sent. FAILED_PRECONDITION: it refused it.
absl::StatusOr<bool> HasApplied(const Context& context, const std::string& balancer_arn);
// Something in its configuration has changed: until it has been sent, and is served, HasApplied() is false.
void AwaitApplied(Context& context, const std::string& balancer_arn);

std::unique_ptr<const ServiceKind> MakeBalancerKind();

}  // namespace nubo::region

#endif  // NUBO_REGION_BALANCING_BALANCER_SERVICE_H_
