// NAT gateways: whoever goes out by one has its address. A public one stands with an elastic address for a private
// address of its subnet; a private one with that address alone. It is available at once. (EC2 API reference,
// CreateNatGateway; Amazon VPC user guide, "NAT gateways".)
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(const std::string gateway,
//                         CreateNatGateway(context, {}, {.subnet_id = subnet, .allocation_id = address}));
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_NETWORK_NAT_GATEWAYS_H_
#define NUBO_REGION_NETWORK_NAT_GATEWAYS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nubo/region/resources/resource_types.h"
#include "nubo/region/state/context.h"

namespace nubo::region {

// AWS's default quota of one zone's.
inline constexpr size_t kNatGatewaysMax = 5;

struct CreateNatGatewayRequest {
  std::string subnet_id;
  // Of a public one, which needs it.
  std::string allocation_id = {};
  // "public" or "private".
  std::string connectivity_type = "public";
  // "": the next free one of the subnet.
  std::string private_ip_address = {};
};
// Its id. NOT_FOUND (InvalidSubnetID.NotFound, InvalidAllocationID.NotFound). INVALID_ARGUMENT: a public one without an
// address (MissingParameter), a private one with one (InvalidParameterCombination). FAILED_PRECONDITION: the VPC of a
// public one has no internet gateway (Gateway.NotAttached), or the address is another's (Resource.AlreadyAssociated).
// RESOURCE_EXHAUSTED (NatGatewayLimitExceeded); of addresses as TakeAddress() (addresses.h).
absl::StatusOr<std::string> CreateNatGateway(Context& context, const v1::Owner& owner,
                                             const CreateNatGatewayRequest& request);
// Its addresses are free again, and routes to it lead nowhere. Without effect on one that is not there.
void DeleteNatGateway(Context& context, const std::string& nat_gateway_id);

// AWS::EC2::NatGateway.
void AddNatGatewayTypes(ResourceTypes& types);

}  // namespace nubo::region

#endif  // NUBO_REGION_NETWORK_NAT_GATEWAYS_H_
