#include "nubo/region/network/operations.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/net/ip_address.h"
#include "nubo/region/network/address_blocks.h"
#include "nubo/region/network/addresses.h"
#include "nubo/region/network/ipam.h"
#include "nubo/region/network/network_acls.h"
#include "nubo/region/network/plain_records.h"
#include "nubo/region/network/prefix_lists.h"
#include "nubo/region/network/security_group_rules.h"
#include "nubo/region/resources/resource_types.h"
#include "nubo/region/state/instance_facts.h"
#include "nubo/stack/evaluate.h"
#include "nubo/stack/schema.h"
#include "nubo/vpc/route_table.h"
#include "nubo/vpc/validate.h"

namespace nubo::region {
namespace {

using stack::IdKind;

constexpr char kDefaultTenancy[] = "default";
constexpr char kDestinationList[] = "DestinationPrefixListId";

absl::Status BadValue(std::string message) {
  return base::WithErrorCode(absl::InvalidArgumentError(std::move(message)), "InvalidParameterValue");
}

}  // namespace

absl::StatusOr<std::string> CreateVpc(Context& context, const v1::Owner& owner, const CreateVpcRequest& request) {
  const std::string new_id = context.ids.NewId("vpc");
  std::string wanted = request.cidr_block;
  if (!request.ipv4_ipam_pool_id.empty()) {
    NUBO_ASSIGN_OR_RETURN(const net::Prefix allocated,
                          AllocateForResource(context, new_id, request.ipv4_ipam_pool_id,
                                              {.cidr = wanted, .netmask_length = request.ipv4_netmask_length}));
    wanted = allocated.ToString();
  }
  const absl::StatusOr<net::Prefix> parsed = vpc::ParseVpcBlock(wanted);
  const absl::StatusOr<net::Prefix> placed = parsed.ok() ? Place(context, *parsed) : parsed;
  if (!placed.ok()) {
    ReleaseOfResource(context, new_id);
    return placed.status();
  }
  const net::Prefix block = *parsed, place = *placed;
  v1::VpcState record;
  record.set_id(new_id);
  *record.mutable_owner() = owner;
  record.set_cidr(block.ToString());
  record.set_loopback_cidr(place.ToString());
  record.set_instance_tenancy(request.instance_tenancy == kDefaultTenancy ? "" : request.instance_tenancy);
  const std::string id = record.id();
  context.model.vpcs.Put(id, std::move(record));
  return id;
}

absl::Status ModifyVpcAttribute(Context& context, const std::string& vpc_id, const VpcAttributes& attributes) {
  NUBO_RETURN_IF_ERROR(CheckExists(context, IdKind::kVpc, vpc_id));
  if (attributes.enable_dns_hostnames && !attributes.enable_dns_support) {
    return base::WithErrorCode(
        absl::InvalidArgumentError(absl::StrCat("EnableDnsHostnames of ", vpc_id, " goes with EnableDnsSupport only")),
        "InvalidParameterCombination");
  }
  context.model.vpcs.Update(vpc_id, [&](v1::VpcState& record) {
    record.set_no_dns_support(!attributes.enable_dns_support);
    record.set_dns_hostnames(attributes.enable_dns_hostnames);
  });
  return absl::OkStatus();
}

absl::Status ModifyVpcTenancy(Context& context, const std::string& vpc_id, const std::string& instance_tenancy) {
  NUBO_RETURN_IF_ERROR(CheckExists(context, IdKind::kVpc, vpc_id));
  const std::string wanted = instance_tenancy == kDefaultTenancy ? "" : instance_tenancy;
  const std::string present = context.model.vpcs.Find(vpc_id)->instance_tenancy();
  if (wanted == present) return absl::OkStatus();
  if (!wanted.empty()) {
    return BadValue(absl::StrCat("the tenancy of ", vpc_id, " can only become ", kDefaultTenancy, ", not ", wanted));
  }
  context.model.vpcs.Update(vpc_id, [](v1::VpcState& record) { record.clear_instance_tenancy(); });
  return absl::OkStatus();
}

namespace {

// Of the VPC, what has to go before it; nullptr: nothing. Its default ACL and group go with it, and peering with
// others.
const v1::PlainState* InTheWay(const Model& model, const std::string& vpc_id) {
  for (const auto& [id, record] : model.plain) {
    const std::string& type = record.type();
    const bool goes_along = id == DefaultSecurityGroup(vpc_id) || id == DefaultNetworkAcl(vpc_id) ||
                            type == kPeeringType || type == kDhcpAssociationType || type == kFlowLogType ||
                            type == kRouteType;
    if (record.vpc_id() == vpc_id && !goes_along) return &record;
  }
  return nullptr;
}

bool GoesWithVpc(const v1::PlainState& record, const std::string& vpc_id) {
  return record.vpc_id() == vpc_id || (record.type() == kPeeringType && Attribute(record, "PeerVpcId") == vpc_id);
}

}  // namespace

absl::Status DeleteVpc(Context& context, const std::string& vpc_id) {
  for (const auto& [subnet_id, subnet] : context.model.subnets) {
    if (subnet.vpc_id() != vpc_id) continue;
    return base::WithErrorCode(
        absl::FailedPreconditionError(absl::StrCat("The vpc '", vpc_id, "' still has subnet ", subnet_id)),
        "DependencyViolation");
  }
  if (const v1::PlainState* other = InTheWay(context.model, vpc_id)) {
    return HasDependencies("vpc", vpc_id, absl::StrCat(other->id(), " (", other->type(), ") is of it"));
  }
  std::vector<std::string> along;
  for (const auto& [id, record] : context.model.plain) {
    if (GoesWithVpc(record, vpc_id)) along.push_back(id);
  }
  for (const std::string& id : along) context.model.plain.Erase(id);
  ReleaseOfResource(context, vpc_id);
  context.model.vpcs.Erase(vpc_id);
  context.RemoveTree(context.paths.Names(vpc_id));
  return absl::OkStatus();
}

namespace {

// The block of the VPC that the subnet's is in; the VPC's first one if it is in none.
net::Prefix BlockAround(const Model& model, const CreateSubnetRequest& request) {
  const std::vector<net::Prefix> blocks = BlocksOfVpc(model, request.vpc_id);
  const auto wanted = net::Prefix::Parse(request.cidr_block);
  for (const net::Prefix& block : blocks) {
    if (wanted.ok() && block.Contains(*wanted)) return block;
  }
  return blocks.front();
}

// Where a subnet goes that names no zone.
std::string EmptiestZone(const Context& context, const std::string& vpc_id) {
  std::string best;
  int best_count = 0;
  for (const std::string& zone : stack::StackContext().availability_zones) {
    int count = 0;
    for (const auto& [id, subnet] : context.model.subnets) {
      count += subnet.vpc_id() == vpc_id && subnet.availability_zone() == zone ? 1 : 0;
    }
    if (!best.empty() && count >= best_count) continue;
    best = zone;
    best_count = count;
  }
  return best;
}

}  // namespace

absl::StatusOr<std::string> CreateSubnet(Context& context, const v1::Owner& owner, const CreateSubnetRequest& request) {
  NUBO_RETURN_IF_ERROR(CheckExists(context, IdKind::kVpc, request.vpc_id));
  std::vector<std::pair<std::string, net::Prefix>> others;
  for (const auto& [id, subnet] : context.model.subnets) {
    if (subnet.vpc_id() == request.vpc_id) others.push_back({id, BlockOf(subnet.cidr())});
  }
  NUBO_ASSIGN_OR_RETURN(const net::Prefix block,
                        vpc::ParseSubnetBlock(request.cidr_block, BlockAround(context.model, request), others));
  if (!request.ipv6_cidr_block.empty()) {
    NUBO_RETURN_IF_ERROR(CheckIpv6Block(context.model, request.vpc_id, request.ipv6_cidr_block));
  }
  v1::SubnetState record;
  record.set_id(context.ids.NewId("subnet"));
  *record.mutable_owner() = owner;
  record.set_vpc_id(request.vpc_id);
  record.set_cidr(block.ToString());
  const std::string& zone = request.availability_zone;
  record.set_availability_zone(zone.empty() ? EmptiestZone(context, request.vpc_id) : zone);
  record.set_map_public_ip(request.map_public_ip_on_launch);
  record.set_assign_ipv6(request.assign_ipv6_address_on_creation);
  const std::string id = record.id();
  context.addresses.AddSubnet(id, block);
  context.model.subnets.Put(id, std::move(record));
  if (!request.ipv6_cidr_block.empty()) {
    NUBO_RETURN_IF_ERROR(AssociateSubnetCidrBlock(context, {}, id, request.ipv6_cidr_block).status());
  }
  return id;
}

absl::Status ModifySubnetAttribute(Context& context, const std::string& subnet_id, const SubnetAttributes& attributes) {
  NUBO_RETURN_IF_ERROR(CheckExists(context, IdKind::kSubnet, subnet_id));
  context.model.subnets.Update(subnet_id, [&](v1::SubnetState& record) {
    record.set_map_public_ip(attributes.map_public_ip_on_launch);
    record.set_assign_ipv6(attributes.assign_ipv6_address_on_creation);
  });
  return absl::OkStatus();
}

namespace {

// Its gateways and interfaces, which have addresses in it; nullptr: it has none.
const v1::PlainState* PlainUserOf(const Model& model, const std::string& subnet_id) {
  for (const char* type : {kNatGatewayType, kInterfaceType}) {
    const v1::PlainState* user =
        FirstPlain(model, type, [&](const v1::PlainState& other) { return Attribute(other, "SubnetId") == subnet_id; });
    if (user != nullptr) return user;
  }
  return nullptr;
}

// Associations go with the subnet, its block of IPv6 among them.
void EraseAssociations(Context& context, const std::string& subnet_id) {
  std::vector<std::string> ids;
  for (const auto& [id, record] : context.model.plain) {
    const bool is_association = record.type() == kAclAssociationType || record.type() == kTableAssociationType ||
                                record.type() == kSubnetBlockType;
    if (is_association && Attribute(record, "SubnetId") == subnet_id) ids.push_back(id);
  }
  for (const std::string& id : ids) context.model.plain.Erase(id);
}

}  // namespace

absl::Status DeleteSubnet(Context& context, const std::string& subnet_id) {
  std::string user;
  bool leaving = true;
  for (const auto& [id, instance] : context.model.instances) {
    if (instance.subnet_id() != subnet_id || IsTerminated(instance)) continue;
    user = id;
    leaving = leaving && instance.drain_until() != 0;
  }
  for (const auto& [id, database] : context.model.databases) {
    if (database.subnet_id() != subnet_id) continue;
    user = id;
    leaving = leaving && database.deleting();
  }
  if (const v1::PlainState* other = PlainUserOf(context.model, subnet_id)) {
    user = other->id();
    leaving = false;
  }
  if (!user.empty() && leaving) {
    return absl::UnavailableError(absl::StrCat(user, " is still in subnet ", subnet_id));
  }
  if (!user.empty()) {
    return base::WithErrorCode(
        absl::FailedPreconditionError(
            absl::StrCat("The subnet '", subnet_id, "' has dependencies and cannot be deleted: ", user, " is in it")),
        "DependencyViolation");
  }
  EraseAssociations(context, subnet_id);
  context.addresses.RemoveSubnet(subnet_id);
  context.model.subnets.Erase(subnet_id);
  return absl::OkStatus();
}

std::string CreateInternetGateway(Context& context, const v1::Owner& owner) {
  return PutPlain(context, owner, kInternetGatewayType, "igw", {});
}

absl::Status CheckNoGateway(const Model& model, const v1::Owner& owner, const std::string& vpc_id) {
  const bool taken = IsTaken(model.plain, owner, [&](const v1::PlainState& other) {
    return other.type() == kAttachmentType && other.vpc_id() == vpc_id;
  });
  if (!taken) return absl::OkStatus();
  return base::WithErrorCode(
      absl::AlreadyExistsError(absl::StrCat("Network ", vpc_id, " already has an internet gateway attached")),
      "InvalidParameterValue");
}

absl::StatusOr<std::string> AttachInternetGateway(Context& context, const v1::Owner& owner,
                                                  const std::string& internet_gateway_id, const std::string& vpc_id) {
  NUBO_RETURN_IF_ERROR(CheckExists(context, IdKind::kVpc, vpc_id));
  v1::PlainState record;
  record.set_vpc_id(vpc_id);
  if (!internet_gateway_id.empty()) {
    NUBO_RETURN_IF_ERROR(CheckExists(context, IdKind::kInternetGateway, internet_gateway_id));
    NUBO_RETURN_IF_ERROR(CheckNoGateway(context.model, {}, vpc_id));
    (*record.mutable_attributes())["InternetGatewayId"] = internet_gateway_id;
  }
  return PutPlain(context, owner, kAttachmentType, "igw-attach", std::move(record));
}

absl::Status ReplaceInternetGateway(Context& context, const std::string& attachment_id,
                                    const std::string& internet_gateway_id) {
  if (!internet_gateway_id.empty()) {
    NUBO_RETURN_IF_ERROR(CheckExists(context, IdKind::kInternetGateway, internet_gateway_id));
  }
  context.model.plain.Update(attachment_id, [&](v1::PlainState& record) {
    (*record.mutable_attributes())["InternetGatewayId"] = internet_gateway_id;
  });
  return absl::OkStatus();
}

absl::StatusOr<std::string> CreateRouteTable(Context& context, const v1::Owner& owner, const std::string& vpc_id) {
  NUBO_RETURN_IF_ERROR(CheckExists(context, IdKind::kVpc, vpc_id));
  v1::PlainState record;
  record.set_vpc_id(vpc_id);
  return PutPlain(context, owner, kRouteTableType, "rtb", std::move(record));
}

namespace {

// The table as its routes make it. A route that could not be made today is left out: a former version took it.
vpc::RouteTable TableOf(const Context& context, const std::string& route_table_id, std::vector<net::Prefix>& subnets) {
  const v1::PlainState& table = *context.model.plain.Find(route_table_id);
  for (const auto& [id, subnet] : context.model.subnets) {
    if (subnet.vpc_id() != table.vpc_id()) continue;
    subnets.push_back(BlockOf(subnet.cidr()));
    if (const auto ipv6 = Ipv6BlockOf(context.model, id); ipv6.has_value()) subnets.push_back(*ipv6);
  }
  vpc::RouteTable routes(BlocksOfVpc(context.model, table.vpc_id()));
  for (const auto& [id, route] : context.model.plain) {
    if (route.type() != kRouteType || Attribute(route, "RouteTableId") != route_table_id) continue;
    if (Attribute(route, "Destination").empty()) continue;
    (void)routes.Add({BlockOf(Attribute(route, "Destination")), Attribute(route, "TargetId")}, subnets);
  }
  return routes;
}

struct TargetKind {
  const char* property;
  IdKind id;
};
constexpr TargetKind kTargetKinds[] = {
    {"EgressOnlyInternetGatewayId", IdKind::kEgressOnlyGateway},
    {"GatewayId", IdKind::kInternetGateway},
    {"InstanceId", IdKind::kInstance},
    {"NatGatewayId", IdKind::kNatGateway},
    {"NetworkInterfaceId", IdKind::kNetworkInterface},
    {"VpcEndpointId", IdKind::kVpcEndpoint},
    {"VpcPeeringConnectionId", IdKind::kPeeringConnection},
};

// Gateways that belong to a VPC, and peering, which belongs to two.
absl::Status CheckNetwork(const Context& context, const std::string& vpc_id, const RouteTarget& target) {
  const v1::PlainState* record = context.model.plain.Find(target.id);
  if (record == nullptr || record->vpc_id().empty() || record->vpc_id() == vpc_id) return absl::OkStatus();
  if (record->type() == kPeeringType && Attribute(*record, "PeerVpcId") == vpc_id) return absl::OkStatus();
  return BadValue(absl::StrCat("the route table of ", vpc_id, " and ", target.id, " belong to different networks"));
}

absl::Status CheckTarget(const Context& context, const std::string& vpc_id, const RouteTarget& target) {
  for (const TargetKind& kind : kTargetKinds) {
    if (target.kind == kind.property) NUBO_RETURN_IF_ERROR(CheckExists(context, kind.id, target.id));
  }
  return CheckNetwork(context, vpc_id, target);
}

void SetTarget(const RouteTarget& target, v1::PlainState& record) {
  (*record.mutable_attributes())["TargetKind"] = target.kind;
  (*record.mutable_attributes())["TargetId"] = target.id;
}

// Of routes to prefix lists, which count as their lists are long at most.
size_t RoutesToLists(const Model& model, const std::string& route_table_id) {
  size_t count = 0;
  for (const auto& [id, route] : model.plain) {
    if (route.type() != kRouteType || Attribute(route, "RouteTableId") != route_table_id) continue;
    const std::string list = Attribute(route, kDestinationList);
    if (!list.empty()) count += PrefixListSizeMax(model, list);
  }
  return count;
}

absl::Status CheckRouteCount(size_t count) {
  if (count <= vpc::RouteTable::kRoutesMax) return absl::OkStatus();
  return base::WithErrorCode(
      absl::ResourceExhaustedError(absl::StrCat("a route table has at most ", vpc::RouteTable::kRoutesMax, " routes")),
      "RouteLimitExceeded");
}

absl::Status CheckListRoute(const Context& context, const CreateRouteRequest& request) {
  const std::string& list = request.destination_prefix_list_id;
  NUBO_RETURN_IF_ERROR(CheckExists(context, IdKind::kPrefixList, list));
  size_t blocks = 0;
  for (const auto& [id, route] : context.model.plain) {
    if (route.type() != kRouteType || Attribute(route, "RouteTableId") != request.route_table_id) continue;
    if (Attribute(route, kDestinationList) == list) {
      return base::WithErrorCode(
          absl::AlreadyExistsError(absl::StrCat("the route identified by ", list, " already exists")),
          "RouteAlreadyExists");
    }
    blocks += Attribute(route, "Destination").empty() ? 0 : 1;
  }
  return CheckRouteCount(blocks + RoutesToLists(context.model, request.route_table_id) +
                         PrefixListSizeMax(context.model, list));
}

// The block, as it is kept.
absl::StatusOr<std::string> CheckBlockRoute(const Context& context, const CreateRouteRequest& request) {
  const absl::StatusOr<net::Prefix> destination = net::Prefix::Parse(request.destination_cidr_block);
  if (!destination.ok()) return base::WithErrorCode(destination.status(), "InvalidParameterValue");
  if (request.target.kind == "EgressOnlyInternetGatewayId" && destination->is_v4()) {
    return BadValue(absl::StrCat("an egress-only internet gateway takes IPv6, not ", destination->ToString()));
  }
  std::vector<net::Prefix> subnets;
  vpc::RouteTable table = TableOf(context, request.route_table_id, subnets);
  NUBO_RETURN_IF_ERROR(table.Add({*destination, request.target.id}, subnets));
  const size_t locals = BlocksOfVpc(context.model, context.model.plain.Find(request.route_table_id)->vpc_id()).size();
  NUBO_RETURN_IF_ERROR(
      CheckRouteCount(table.routes().size() - locals + RoutesToLists(context.model, request.route_table_id)));
  return destination->ToString();
}

}  // namespace

absl::Status DeleteRouteTable(Context& context, const std::string& route_table_id) {
  const v1::PlainState* user = FirstPlain(context.model, kTableAssociationType, [&](const v1::PlainState& other) {
    return Attribute(other, "RouteTableId") == route_table_id;
  });
  if (user != nullptr) {
    return HasDependencies("routeTable", route_table_id, absl::StrCat(Attribute(*user, "SubnetId"), " has it"));
  }
  std::vector<std::string> routes;
  for (const auto& [id, route] : context.model.plain) {
    if (route.type() == kRouteType && Attribute(route, "RouteTableId") == route_table_id) routes.push_back(id);
  }
  for (const std::string& id : routes) context.model.plain.Erase(id);
  context.model.plain.Erase(route_table_id);
  return absl::OkStatus();
}

absl::StatusOr<std::string> CreateRoute(Context& context, const v1::Owner& owner, const CreateRouteRequest& request) {
  NUBO_RETURN_IF_ERROR(CheckExists(context, IdKind::kRouteTable, request.route_table_id));
  const std::string vpc_id = context.model.plain.Find(request.route_table_id)->vpc_id();
  NUBO_RETURN_IF_ERROR(CheckTarget(context, vpc_id, request.target));
  v1::PlainState record;
  record.set_vpc_id(vpc_id);
  (*record.mutable_attributes())["RouteTableId"] = request.route_table_id;
  if (request.destination_prefix_list_id.empty()) {
    NUBO_ASSIGN_OR_RETURN(const std::string destination, CheckBlockRoute(context, request));
    (*record.mutable_attributes())["Destination"] = destination;
  } else {
    NUBO_RETURN_IF_ERROR(CheckListRoute(context, request));
    (*record.mutable_attributes())[kDestinationList] = request.destination_prefix_list_id;
  }
  SetTarget(request.target, record);
  return PutPlain(context, owner, kRouteType, "r", std::move(record));
}

absl::Status ReplaceRoute(Context& context, const std::string& route_id, const RouteTarget& target) {
  const v1::PlainState* route = FindPlain(context.model, route_id, kRouteType);
  if (route == nullptr) {
    return base::WithErrorCode(absl::NotFoundError(absl::StrCat("there is no route ", route_id)),
                               "InvalidRoute.NotFound");
  }
  NUBO_RETURN_IF_ERROR(CheckTarget(context, route->vpc_id(), target));
  context.model.plain.Update(route_id, [&](v1::PlainState& record) { SetTarget(target, record); });
  return absl::OkStatus();
}

absl::StatusOr<std::string> AssociateRouteTable(Context& context, const v1::Owner& owner,
                                                const std::string& route_table_id, const std::string& subnet_id) {
  NUBO_RETURN_IF_ERROR(CheckExists(context, IdKind::kRouteTable, route_table_id));
  NUBO_RETURN_IF_ERROR(CheckExists(context, IdKind::kSubnet, subnet_id));
  for (const auto& [id, other] : context.model.plain) {
    if (other.type() != kTableAssociationType || Attribute(other, "SubnetId") != subnet_id) continue;
    return base::WithErrorCode(absl::AlreadyExistsError(absl::StrCat(
                                   "the specified association for route table ", route_table_id,
                                   " conflicts with an existing association: subnet ", subnet_id, " has ", id)),
                               "Resource.AlreadyAssociated");
  }
  v1::PlainState record;
  record.set_vpc_id(context.model.plain.Find(route_table_id)->vpc_id());
  (*record.mutable_attributes())["RouteTableId"] = route_table_id;
  (*record.mutable_attributes())["SubnetId"] = subnet_id;
  return PutPlain(context, owner, kTableAssociationType, "rtbassoc", std::move(record));
}

absl::Status ReplaceRouteTableAssociation(Context& context, const std::string& association_id,
                                          const std::string& route_table_id) {
  NUBO_RETURN_IF_ERROR(CheckExists(context, IdKind::kRouteTable, route_table_id));
  const bool found = context.model.plain.Update(
      association_id, [&](v1::PlainState& record) { (*record.mutable_attributes())["RouteTableId"] = route_table_id; });
  if (found) return absl::OkStatus();
  return base::WithErrorCode(absl::NotFoundError(absl::StrCat("there is no association ", association_id)),
                             "InvalidAssociationID.NotFound");
}

namespace {

absl::Status Authorize(const Context& context, const std::vector<vpc::RuleText>& rules, vpc::Direction direction,
                       vpc::SecurityGroup& group) {
  for (const vpc::RuleText& text : rules) {
    NUBO_ASSIGN_OR_RETURN(const vpc::SecurityGroupRule rule, ReadRule(context, text));
    NUBO_RETURN_IF_ERROR(group.Authorize(direction, rule));
  }
  return absl::OkStatus();
}

// What was authorized by itself stays, behind the group's own.
absl::Status AuthorizeFormer(const google::protobuf::RepeatedPtrField<v1::SecurityGroupRule>& former,
                             vpc::Direction direction, vpc::SecurityGroup& group,
                             std::vector<v1::SecurityGroupRule>& kept) {
  for (const v1::SecurityGroupRule& rule : former) {
    if (rule.rule_id().empty()) continue;
    NUBO_RETURN_IF_ERROR(group.Authorize(direction, RuleOf(rule)));
    kept.push_back(rule);
  }
  return absl::OkStatus();
}

absl::Status FillRules(const Context& context, const std::string& group_id, const SecurityGroupRules& rules,
                       v1::PlainState& record) {
  vpc::SecurityGroup group(group_id);
  NUBO_RETURN_IF_ERROR(Authorize(context, rules.ingress, vpc::Direction::kIngress, group));
  if (rules.egress.has_value() || !Attribute(record, kNoDefaultEgress).empty()) {
    NUBO_RETURN_IF_ERROR(group.Revoke(vpc::Direction::kEgress, group.rules(vpc::Direction::kEgress).front()));
  }
  if (rules.egress.has_value()) {
    NUBO_RETURN_IF_ERROR(Authorize(context, *rules.egress, vpc::Direction::kEgress, group));
  }
  const vpc::SecurityGroup own = group;
  std::vector<v1::SecurityGroupRule> ingress, egress;
  NUBO_RETURN_IF_ERROR(AuthorizeFormer(record.ingress(), vpc::Direction::kIngress, group, ingress));
  NUBO_RETURN_IF_ERROR(AuthorizeFormer(record.egress(), vpc::Direction::kEgress, group, egress));
  record.set_has_rules(true);
  record.clear_public_port();
  record.clear_ingress();
  record.clear_egress();
  for (const auto& rule : own.rules(vpc::Direction::kIngress)) *record.add_ingress() = RecordOf(rule);
  for (const auto& rule : own.rules(vpc::Direction::kEgress)) *record.add_egress() = RecordOf(rule);
  for (v1::SecurityGroupRule& rule : ingress) *record.add_ingress() = std::move(rule);
  for (v1::SecurityGroupRule& rule : egress) *record.add_egress() = std::move(rule);
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckGroupName(const Model& model, const v1::Owner& owner, const std::string& vpc_id,
                            const std::string& group_name) {
  const bool taken = !group_name.empty() && IsTaken(model.plain, owner, [&](const v1::PlainState& other) {
    return other.type() == kSecurityGroupType && other.group_name() == group_name && other.vpc_id() == vpc_id;
  });
  return taken ? NameInUse("security group", group_name, "InvalidGroup.Duplicate") : absl::OkStatus();
}

absl::StatusOr<std::string> CreateSecurityGroup(Context& context, const v1::Owner& owner,
                                                const CreateSecurityGroupRequest& request) {
  NUBO_RETURN_IF_ERROR(CheckExists(context, IdKind::kVpc, request.vpc_id));
  NUBO_RETURN_IF_ERROR(CheckGroupName(context.model, {}, request.vpc_id, request.group_name));
  v1::PlainState record;
  record.set_vpc_id(request.vpc_id);
  record.set_group_name(request.group_name);
  NUBO_RETURN_IF_ERROR(FillRules(context, "the new one", request.rules, record));
  return PutPlain(context, owner, kSecurityGroupType, "sg", std::move(record));
}

absl::Status SetSecurityGroupRules(Context& context, const std::string& group_id, const SecurityGroupRules& rules) {
  const v1::PlainState* former = context.model.plain.Find(group_id);
  if (former == nullptr) return CheckExists(context, IdKind::kSecurityGroup, group_id);
  v1::PlainState record = *former;
  NUBO_RETURN_IF_ERROR(FillRules(context, group_id, rules, record));
  context.model.plain.Put(group_id, std::move(record));
  return absl::OkStatus();
}

void DeleteNetworkResource(Context& context, const std::string& id) { context.model.plain.Erase(id); }

}  // namespace nubo::region
