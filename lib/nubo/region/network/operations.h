// Amazon VPC's calls: the one way to change networks.
//
// An operation is all or nothing: where it fails nothing has changed. `owner` says to which resource of which stack
// what it makes belongs; an empty one belongs to none.
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(const std::string vpc, CreateVpc(context, {}, {.cidr_block = "10.0.0.0/16"}));
//   NUBO_RETURN_IF_ERROR(CreateSubnet(context, {}, {.vpc_id = vpc, .cidr_block = "10.0.1.0/24"}).status());
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_NETWORK_OPERATIONS_H_
#define NUBO_REGION_NETWORK_OPERATIONS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nubo/region/state/context.h"
#include "nubo/vpc/security_group.h"

namespace nubo::region {

// VPCs.

struct CreateVpcRequest {
  // "": the pool chooses.
  std::string cidr_block = {};
  // "": none, and the block is the VPC's own affair. Else it is allocated from the pool, and released with the VPC.
  std::string ipv4_ipam_pool_id = {};
  std::optional<int> ipv4_netmask_length = {};
  // "default", "dedicated" or "host"; "" is default.
  std::string instance_tenancy = {};
};
// Its id, with the names it gives as AWS has them at first. INVALID_ARGUMENT as vpc::ParseVpcBlock(); of a pool's block
// as AllocateForResource() (ipam.h);
// RESOURCE_EXHAUSTED: this machine has no place for one more.
absl::StatusOr<std::string> CreateVpc(Context& context, const v1::Owner& owner, const CreateVpcRequest& request);
struct VpcAttributes {
  // Its resolver answers.
  bool enable_dns_support = true;
  // Instances have names, as far as they have public addresses.
  bool enable_dns_hostnames = false;
};
// NOT_FOUND (InvalidVpcID.NotFound). INVALID_ARGUMENT (InvalidParameterCombination): names without their resolver.
absl::Status ModifyVpcAttribute(Context& context, const std::string& vpc_id, const VpcAttributes& attributes);
// Only from "dedicated" to "default", as AWS has it: INVALID_ARGUMENT (InvalidParameterValue). NOT_FOUND
// (InvalidVpcID.NotFound).
absl::Status ModifyVpcTenancy(Context& context, const std::string& vpc_id, const std::string& instance_tenancy);
// Its default groups and what peers it go with it. FAILED_PRECONDITION (DependencyViolation): it has subnets, gateways,
// endpoints, groups, tables, ACLs or further blocks. Without effect on one that is not there.
absl::Status DeleteVpc(Context& context, const std::string& vpc_id);

// Subnets.

struct CreateSubnetRequest {
  std::string vpc_id;
  std::string cidr_block;
  // "": the zone in which the VPC has the fewest, so that a load balancer can be in all of them.
  std::string availability_zone = {};
  bool map_public_ip_on_launch = false;
  bool assign_ipv6_address_on_creation = false;
  // A /64 of a block of the VPC's; "": none.
  std::string ipv6_cidr_block = {};
};
// Its id. NOT_FOUND (InvalidVpcID.NotFound); INVALID_ARGUMENT as vpc::ParseSubnetBlock(), and as CheckIpv6Block()
// (address_blocks.h).
absl::StatusOr<std::string> CreateSubnet(Context& context, const v1::Owner& owner, const CreateSubnetRequest& request);
struct SubnetAttributes {
  bool map_public_ip_on_launch = false;
  bool assign_ipv6_address_on_creation = false;
};
// NOT_FOUND (InvalidSubnetID.NotFound).
absl::Status ModifySubnetAttribute(Context& context, const std::string& subnet_id, const SubnetAttributes& attributes);
// FAILED_PRECONDITION (DependencyViolation): something that stays has an address in it. UNAVAILABLE: something that is
// on its way out still has. Without effect on one that is not there.
absl::Status DeleteSubnet(Context& context, const std::string& subnet_id);

// Internet gateways.

std::string CreateInternetGateway(Context& context, const v1::Owner& owner);
// Its id: of what of it, AWS gives none. `internet_gateway_id` may be "": nothing is attached then, and that is
// recorded. NOT_FOUND (InvalidVpcID.NotFound, InvalidInternetGatewayID.NotFound). ALREADY_EXISTS
// (InvalidParameterValue): the VPC has one.
absl::StatusOr<std::string> AttachInternetGateway(Context& context, const v1::Owner& owner,
                                                  const std::string& internet_gateway_id, const std::string& vpc_id);
// As that says of a VPC that is to get one, but for what is `owner`'s.
absl::Status CheckNoGateway(const Model& model, const v1::Owner& owner, const std::string& vpc_id);
// Another gateway in the place of the one that was attached. As AttachInternetGateway().
absl::Status ReplaceInternetGateway(Context& context, const std::string& attachment_id,
                                    const std::string& internet_gateway_id);

// Routes.

// NOT_FOUND (InvalidVpcID.NotFound).
absl::StatusOr<std::string> CreateRouteTable(Context& context, const v1::Owner& owner, const std::string& vpc_id);

// FAILED_PRECONDITION (DependencyViolation): a subnet has it. Without effect on one that is not there.
absl::Status DeleteRouteTable(Context& context, const std::string& route_table_id);

struct RouteTarget {
  // As AWS calls what may be one: "GatewayId", "NatGatewayId", "InstanceId", …
  std::string kind;
  std::string id;
};
struct CreateRouteRequest {
  std::string route_table_id;
  // One of these: a block of IPv4 or IPv6, or a prefix list, which counts as many routes as it may have entries.
  std::string destination_cidr_block = {};
  std::string destination_prefix_list_id = {};
  RouteTarget target;
};
// Its id, which is ours. NOT_FOUND (InvalidRouteTableID.NotFound, InvalidPrefixListID.NotFound; of a target as its kind
// has it: InvalidInternetGatewayID.NotFound, InvalidNatGatewayID.NotFound, …). INVALID_ARGUMENT
// (InvalidParameterValue): the target is another network's, or an egress-only gateway that is to take IPv4; else as
// vpc::RouteTable::Add().
absl::StatusOr<std::string> CreateRoute(Context& context, const v1::Owner& owner, const CreateRouteRequest& request);
// NOT_FOUND (InvalidRoute.NotFound); of a target as CreateRoute().
absl::Status ReplaceRoute(Context& context, const std::string& route_id, const RouteTarget& target);

// Its id. NOT_FOUND (InvalidRouteTableID.NotFound, InvalidSubnetID.NotFound). ALREADY_EXISTS
// (Resource.AlreadyAssociated): the subnet has another table.
absl::StatusOr<std::string> AssociateRouteTable(Context& context, const v1::Owner& owner,
                                                const std::string& route_table_id, const std::string& subnet_id);
// NOT_FOUND (InvalidAssociationID.NotFound, InvalidRouteTableID.NotFound).
absl::Status ReplaceRouteTableAssociation(Context& context, const std::string& association_id,
                                          const std::string& route_table_id);

// Security groups.

struct SecurityGroupRules {
  std::vector<vpc::RuleText> ingress;
  // Absent: everything may go out, as AWS has it. Empty: nothing may.
  std::optional<std::vector<vpc::RuleText>> egress;
};
struct CreateSecurityGroupRequest {
  // "": one is made up.
  std::string group_name;
  std::string vpc_id;
  SecurityGroupRules rules;
};
// Its id. NOT_FOUND (InvalidVpcID.NotFound); ALREADY_EXISTS (InvalidGroup.Duplicate); else as vpc::ParseRule() and
// vpc::SecurityGroup::Authorize().
absl::StatusOr<std::string> CreateSecurityGroup(Context& context, const v1::Owner& owner,
                                                const CreateSecurityGroupRequest& request);
// As that says of names, but for what is `owner`'s.
absl::Status CheckGroupName(const Model& model, const v1::Owner& owner, const std::string& vpc_id,
                            const std::string& group_name);
// All its own rules, in the place of those it has; what was authorized by itself (security_group_rules.h) stays.
// NOT_FOUND (InvalidGroup.NotFound); else as CreateSecurityGroup().
absl::Status SetSecurityGroupRules(Context& context, const std::string& group_id, const SecurityGroupRules& rules);

// Deletes one of the gateways, attachments, routes, associations and security groups above. Without effect on one that
// is not there.
void DeleteNetworkResource(Context& context, const std::string& id);

}  // namespace nubo::region

#endif  // NUBO_REGION_NETWORK_OPERATIONS_H_
