// Blocks of VPCs beside the one they are made with, and blocks of IPv6: a VPC has /56 out of a pool of the region's,
// fd6e:7562:6f00::/40, whose addresses are nobody else's (unique local addresses, RFC 4193); a subnet a /64 of it.
// (EC2 API reference, AssociateVpcCidrBlock, AssociateSubnetCidrBlock.)
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(const std::string id,
//                         AssociateVpcCidrBlock(context, {}, {.vpc_id = vpc, .amazon_provided_ipv6 = true}));
//   Ipv6BlocksOfVpc(context.model, vpc);  // fd6e:7562:6f00::/56
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_NETWORK_ADDRESS_BLOCKS_H_
#define NUBO_REGION_NETWORK_ADDRESS_BLOCKS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nubo/net/ip_address.h"
#include "nubo/region/resources/resource_types.h"
#include "nubo/region/state/context.h"
#include "nubo/region/state/model.h"

namespace nubo::region {

// The one it was made with first, then secondary ones of IPv4, then those of IPv6.
std::vector<net::Prefix> BlocksOfVpc(const Model& model, const std::string& vpc_id);
std::vector<net::Prefix> Ipv6BlocksOfVpc(const Model& model, const std::string& vpc_id);
// Of all of them.
std::vector<std::string> BlockAssociationsOf(const Model& model, const std::string& vpc_id);
// Nothing: the subnet has none.
std::optional<net::Prefix> Ipv6BlockOf(const Model& model, const std::string& subnet_id);

struct AssociateVpcCidrBlockRequest {
  std::string vpc_id;
  // One of these.
  std::string cidr_block = {};
  bool amazon_provided_ipv6 = false;
};
// Its id (vpc-cidr-assoc-…). NOT_FOUND (InvalidVpcID.NotFound). INVALID_ARGUMENT: neither or both
// (InvalidParameterCombination); of IPv4 as vpc::ParseSecondaryBlock(). RESOURCE_EXHAUSTED (CidrLimitExceeded): it has
// vpc::kBlocksPerVpc of IPv6, or this machine has no place for one more.
absl::StatusOr<std::string> AssociateVpcCidrBlock(Context& context, const v1::Owner& owner,
                                                  const AssociateVpcCidrBlockRequest& request);
// FAILED_PRECONDITION (DependencyViolation): a subnet is in it. Without effect on one that is not there.
absl::Status DisassociateVpcCidrBlock(Context& context, const std::string& association_id);

// A subnet's block of IPv6: its id (subnet-cidr-assoc-…). NOT_FOUND (InvalidSubnetID.NotFound). INVALID_ARGUMENT: as
// vpc::ParseSubnetBlockV6() in a block of its VPC. ALREADY_EXISTS
// (Resource.AlreadyAssociated): the subnet has one.
absl::StatusOr<std::string> AssociateSubnetCidrBlock(Context& context, const v1::Owner& owner,
                                                     const std::string& subnet_id, const std::string& ipv6_cidr_block);
// As AssociateSubnetCidrBlock() says of the block of a subnet of this VPC.
absl::Status CheckIpv6Block(const Model& model, const std::string& vpc_id, const std::string& ipv6_cidr_block);
// FAILED_PRECONDITION (DependencyViolation): an interface has an address of it. Without effect on one that is not
// there.
absl::Status DisassociateSubnetCidrBlock(Context& context, const std::string& association_id);

// AWS::EC2::VPCCidrBlock and SubnetCidrBlock.
void AddAddressBlockTypes(ResourceTypes& types);

}  // namespace nubo::region

#endif  // NUBO_REGION_NETWORK_ADDRESS_BLOCKS_H_
