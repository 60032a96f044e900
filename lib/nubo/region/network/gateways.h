// Egress-only internet gateways: IPv6 goes out by them, and nothing comes in. (EC2 API reference,
// CreateEgressOnlyInternetGateway.) Internet gateways are among operations.h, NAT gateways in nat_gateways.h.
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(const std::string gateway, CreateEgressOnlyInternetGateway(context, {}, vpc));
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_NETWORK_GATEWAYS_H_
#define NUBO_REGION_NETWORK_GATEWAYS_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "nubo/region/resources/resource_types.h"
#include "nubo/region/state/context.h"

namespace nubo::region {

// AWS's default quota of one region.
inline constexpr size_t kEgressOnlyGatewaysMax = 5;

// Its id (eigw-…). NOT_FOUND (InvalidVpcID.NotFound). RESOURCE_EXHAUSTED (EgressOnlyInternetGatewayLimitExceeded).
absl::StatusOr<std::string> CreateEgressOnlyInternetGateway(Context& context, const v1::Owner& owner,
                                                            const std::string& vpc_id);
// Routes to it lead nowhere from then on. Without effect on one that is not there.
void DeleteEgressOnlyInternetGateway(Context& context, const std::string& gateway_id);

// AWS::EC2::EgressOnlyInternetGateway.
void AddGatewayTypes(ResourceTypes& types);

}  // namespace nubo::region

#endif  // NUBO_REGION_NETWORK_GATEWAYS_H_
