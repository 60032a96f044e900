// Peering connections: two VPCs reach each other, as far as their routes say. Both are this account's, so a connection
// is active at once. (EC2 API reference, CreateVpcPeeringConnection; Amazon VPC peering guide.)
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(const std::string id,
//                         CreateVpcPeeringConnection(context, {}, {.vpc_id = shop, .peer_vpc_id = office}));
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_NETWORK_PEERING_H_
#define NUBO_REGION_NETWORK_PEERING_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nubo/region/resources/resource_types.h"
#include "nubo/region/state/context.h"

namespace nubo::region {

struct CreateVpcPeeringConnectionRequest {
  std::string vpc_id;
  std::string peer_vpc_id;
  // "": this account and this region. There are no others.
  std::string peer_owner_id = {};
  std::string peer_region = {};
};
// Its id (pcx-…); of two that are peered already that of their connection, as AWS has it. NOT_FOUND
// (InvalidVpcID.NotFound). INVALID_ARGUMENT (InvalidParameterValue): blocks of the two overlap, they are one and the
// same, or another account or region is named.
absl::StatusOr<std::string> CreateVpcPeeringConnection(Context& context, const v1::Owner& owner,
                                                       const CreateVpcPeeringConnectionRequest& request);
// Routes over it lead nowhere from then on. Without effect on one that is not there.
void DeleteVpcPeeringConnection(Context& context, const std::string& peering_connection_id);

// AWS::EC2::VPCPeeringConnection.
void AddPeeringTypes(ResourceTypes& types);

}  // namespace nubo::region

#endif  // NUBO_REGION_NETWORK_PEERING_H_
