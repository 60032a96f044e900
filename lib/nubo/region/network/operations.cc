#include "nubo/region/network/operations.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/net/ip_address.h"
#include "nubo/region/network/addresses.h"
#include "nubo/region/resources/ids.h"
#include "nubo/region/resources/resource_types.h"
#include "nubo/region/state/instance_facts.h"
#include "nubo/stack/evaluate.h"
#include "nubo/stack/schema.h"
#include "nubo/vpc/route_table.h"
#include "nubo/vpc/validate.h"

namespace nubo::region {
namespace {

using stack::IdKind;

constexpr char kAttachment[] = "AWS::EC2::VPCGatewayAttachment";
constexpr char kRoute[] = "AWS::EC2::Route";
constexpr char kAssociation[] = "AWS::EC2::SubnetRouteTableAssociation";
constexpr char kSecurityGroup[] = "AWS::EC2::SecurityGroup";

absl::Status CheckIdOf(const Context& context, IdKind kind, const std::string& id) {
  return CheckId(*context.types, context.model, kind, id);
}

std::string Record(Context& context, const v1::Owner& owner, const char* type, const char* prefix,
                   v1::PlainState record) {
  const std::string id = context.ids.NewId(prefix);
  record.set_id(id);
  *record.mutable_owner() = owner;
  record.set_type(type);
  context.model.plain.Put(id, std::move(record));
  return id;
}

std::string Attribute(const v1::PlainState& record, const char* name) {
  const auto found = record.attributes().find(name);
  return found == record.attributes().end() ? "" : found->second;
}

net::Prefix BlockOf(const std::string& text) { return net::Prefix::Parse(text).value_or(net::Prefix()); }

}  // namespace

absl::StatusOr<std::string> CreateVpc(Context& context, const v1::Owner& owner, const CreateVpcRequest& request) {
  NUBO_ASSIGN_OR_RETURN(const net::Prefix block, vpc::ParseVpcBlock(request.cidr_block));
  NUBO_ASSIGN_OR_RETURN(const net::Prefix place, Place(context, block));
  v1::VpcState record;
  record.set_id(context.ids.NewId("vpc"));
  *record.mutable_owner() = owner;
  record.set_cidr(block.ToString());
  record.set_loopback_cidr(place.ToString());
  const std::string id = record.id();
  context.model.vpcs.Put(id, std::move(record));
  return id;
}

absl::Status DeleteVpc(Context& context, const std::string& vpc_id) {
  for (const auto& [subnet_id, subnet] : context.model.subnets) {
    if (subnet.vpc_id() != vpc_id) continue;
    return base::WithErrorCode(
        absl::FailedPreconditionError(absl::StrCat("The vpc '", vpc_id, "' still has subnet ", subnet_id)),
        "DependencyViolation");
  }
  context.model.vpcs.Erase(vpc_id);
  context.RemoveTree(context.paths.Names(vpc_id));
  return absl::OkStatus();
}

namespace {

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
  NUBO_RETURN_IF_ERROR(CheckIdOf(context, IdKind::kVpc, request.vpc_id));
  const v1::VpcState& vpc = *context.model.vpcs.Find(request.vpc_id);
  std::vector<std::pair<std::string, net::Prefix>> others;
  for (const auto& [id, subnet] : context.model.subnets) {
    if (subnet.vpc_id() == request.vpc_id) others.push_back({id, BlockOf(subnet.cidr())});
  }
  NUBO_ASSIGN_OR_RETURN(const net::Prefix block,
                        vpc::ParseSubnetBlock(request.cidr_block, BlockOf(vpc.cidr()), others));
  v1::SubnetState record;
  record.set_id(context.ids.NewId("subnet"));
  *record.mutable_owner() = owner;
  record.set_vpc_id(request.vpc_id);
  record.set_cidr(block.ToString());
  const std::string& zone = request.availability_zone;
  record.set_availability_zone(zone.empty() ? EmptiestZone(context, request.vpc_id) : zone);
  record.set_map_public_ip(request.map_public_ip_on_launch);
  const std::string id = record.id();
  context.addresses.AddSubnet(id, block);
  context.model.subnets.Put(id, std::move(record));
  return id;
}

absl::Status ModifySubnetAttribute(Context& context, const std::string& subnet_id, bool map_public_ip_on_launch) {
  NUBO_RETURN_IF_ERROR(CheckIdOf(context, IdKind::kSubnet, subnet_id));
  context.model.subnets.Update(subnet_id,
                               [&](v1::SubnetState& record) { record.set_map_public_ip(map_public_ip_on_launch); });
  return absl::OkStatus();
}

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
  if (!user.empty() && leaving) {
    return absl::UnavailableError(absl::StrCat(user, " is still in subnet ", subnet_id));
  }
  if (!user.empty()) {
    return base::WithErrorCode(
        absl::FailedPreconditionError(
            absl::StrCat("The subnet '", subnet_id, "' has dependencies and cannot be deleted: ", user, " is in it")),
        "DependencyViolation");
  }
  context.addresses.RemoveSubnet(subnet_id);
  context.model.subnets.Erase(subnet_id);
  return absl::OkStatus();
}

std::string CreateInternetGateway(Context& context, const v1::Owner& owner) {
  return Record(context, owner, "AWS::EC2::InternetGateway", "igw", {});
}

absl::Status CheckNoGateway(const Model& model, const v1::Owner& owner, const std::string& vpc_id) {
  const bool taken = IsTaken(model.plain, owner, [&](const v1::PlainState& other) {
    return other.type() == kAttachment && other.vpc_id() == vpc_id;
  });
  if (!taken) return absl::OkStatus();
  return base::WithErrorCode(
      absl::AlreadyExistsError(absl::StrCat("Network ", vpc_id, " already has an internet gateway attached")),
      "InvalidParameterValue");
}

absl::StatusOr<std::string> AttachInternetGateway(Context& context, const v1::Owner& owner,
                                                  const std::string& internet_gateway_id, const std::string& vpc_id) {
  NUBO_RETURN_IF_ERROR(CheckIdOf(context, IdKind::kVpc, vpc_id));
  v1::PlainState record;
  record.set_vpc_id(vpc_id);
  if (!internet_gateway_id.empty()) {
    NUBO_RETURN_IF_ERROR(CheckIdOf(context, IdKind::kInternetGateway, internet_gateway_id));
    NUBO_RETURN_IF_ERROR(CheckNoGateway(context.model, {}, vpc_id));
    (*record.mutable_attributes())["InternetGatewayId"] = internet_gateway_id;
  }
  return Record(context, owner, kAttachment, "igw-attach", std::move(record));
}

absl::Status ReplaceInternetGateway(Context& context, const std::string& attachment_id,
                                    const std::string& internet_gateway_id) {
  if (!internet_gateway_id.empty()) {
    NUBO_RETURN_IF_ERROR(CheckIdOf(context, IdKind::kInternetGateway, internet_gateway_id));
  }
  context.model.plain.Update(attachment_id, [&](v1::PlainState& record) {
    (*record.mutable_attributes())["InternetGatewayId"] = internet_gateway_id;
  });
  return absl::OkStatus();
}

absl::StatusOr<std::string> CreateRouteTable(Context& context, const v1::Owner& owner, const std::string& vpc_id) {
  NUBO_RETURN_IF_ERROR(CheckIdOf(context, IdKind::kVpc, vpc_id));
  v1::PlainState record;
  record.set_vpc_id(vpc_id);
  return Record(context, owner, "AWS::EC2::RouteTable", "rtb", std::move(record));
}

namespace {

// The table as its routes make it. A route that could not be made today is left out: a former version took it.
vpc::RouteTable TableOf(const Context& context, const std::string& route_table_id, std::vector<net::Prefix>& subnets) {
  const v1::PlainState& table = *context.model.plain.Find(route_table_id);
  const v1::VpcState* vpc = context.model.vpcs.Find(table.vpc_id());
  for (const auto& [id, subnet] : context.model.subnets) {
    if (subnet.vpc_id() == table.vpc_id()) subnets.push_back(BlockOf(subnet.cidr()));
  }
  vpc::RouteTable routes(vpc == nullptr ? std::vector<net::Prefix>() : std::vector{BlockOf(vpc->cidr())});
  for (const auto& [id, route] : context.model.plain) {
    if (route.type() != kRoute || Attribute(route, "RouteTableId") != route_table_id) continue;
    (void)routes.Add({BlockOf(Attribute(route, "Destination")), Attribute(route, "TargetId")}, subnets);
  }
  return routes;
}

absl::Status CheckTarget(const Context& context, const RouteTarget& target) {
  return target.kind == "GatewayId" ? CheckIdOf(context, IdKind::kInternetGateway, target.id) : absl::OkStatus();
}

void SetTarget(const RouteTarget& target, v1::PlainState& record) {
  (*record.mutable_attributes())["TargetKind"] = target.kind;
  (*record.mutable_attributes())["TargetId"] = target.id;
}

}  // namespace

absl::StatusOr<std::string> CreateRoute(Context& context, const v1::Owner& owner, const CreateRouteRequest& request) {
  NUBO_RETURN_IF_ERROR(CheckIdOf(context, IdKind::kRouteTable, request.route_table_id));
  NUBO_RETURN_IF_ERROR(CheckTarget(context, request.target));
  const absl::StatusOr<net::Prefix> destination = net::Prefix::Parse(request.destination_cidr_block);
  if (!destination.ok()) return base::WithErrorCode(destination.status(), "InvalidParameterValue");
  std::vector<net::Prefix> subnets;
  vpc::RouteTable table = TableOf(context, request.route_table_id, subnets);
  NUBO_RETURN_IF_ERROR(table.Add({*destination, request.target.id}, subnets));
  v1::PlainState record;
  record.set_vpc_id(context.model.plain.Find(request.route_table_id)->vpc_id());
  (*record.mutable_attributes())["RouteTableId"] = request.route_table_id;
  (*record.mutable_attributes())["Destination"] = destination->ToString();
  SetTarget(request.target, record);
  return Record(context, owner, kRoute, "r", std::move(record));
}

absl::Status ReplaceRoute(Context& context, const std::string& route_id, const RouteTarget& target) {
  NUBO_RETURN_IF_ERROR(CheckTarget(context, target));
  const bool found = context.model.plain.Update(route_id, [&](v1::PlainState& record) { SetTarget(target, record); });
  if (found) return absl::OkStatus();
  return base::WithErrorCode(absl::NotFoundError(absl::StrCat("there is no route ", route_id)),
                             "InvalidRoute.NotFound");
}

absl::StatusOr<std::string> AssociateRouteTable(Context& context, const v1::Owner& owner,
                                                const std::string& route_table_id, const std::string& subnet_id) {
  NUBO_RETURN_IF_ERROR(CheckIdOf(context, IdKind::kRouteTable, route_table_id));
  NUBO_RETURN_IF_ERROR(CheckIdOf(context, IdKind::kSubnet, subnet_id));
  for (const auto& [id, other] : context.model.plain) {
    if (other.type() != kAssociation || Attribute(other, "SubnetId") != subnet_id) continue;
    return base::WithErrorCode(absl::AlreadyExistsError(absl::StrCat(
                                   "the specified association for route table ", route_table_id,
                                   " conflicts with an existing association: subnet ", subnet_id, " has ", id)),
                               "Resource.AlreadyAssociated");
  }
  v1::PlainState record;
  record.set_vpc_id(context.model.plain.Find(route_table_id)->vpc_id());
  (*record.mutable_attributes())["RouteTableId"] = route_table_id;
  (*record.mutable_attributes())["SubnetId"] = subnet_id;
  return Record(context, owner, kAssociation, "rtbassoc", std::move(record));
}

absl::Status ReplaceRouteTableAssociation(Context& context, const std::string& association_id,
                                          const std::string& route_table_id) {
  NUBO_RETURN_IF_ERROR(CheckIdOf(context, IdKind::kRouteTable, route_table_id));
  const bool found = context.model.plain.Update(
      association_id, [&](v1::PlainState& record) { (*record.mutable_attributes())["RouteTableId"] = route_table_id; });
  if (found) return absl::OkStatus();
  return base::WithErrorCode(absl::NotFoundError(absl::StrCat("there is no association ", association_id)),
                             "InvalidAssociationID.NotFound");
}

namespace {

v1::SecurityGroupRule RecordOf(const vpc::SecurityGroupRule& rule) {
  v1::SecurityGroupRule record;
  record.set_protocol(rule.protocol);
  record.set_from_port(rule.from_port);
  record.set_to_port(rule.to_port);
  if (rule.block.has_value()) record.set_cidr(rule.block->ToString());
  record.set_group_id(rule.group_id);
  record.set_prefix_list_id(rule.prefix_list_id);
  record.set_description(rule.description);
  return record;
}

absl::Status Authorize(const Context& context, const std::vector<vpc::RuleText>& rules, vpc::Direction direction,
                       vpc::SecurityGroup& group) {
  for (const vpc::RuleText& text : rules) {
    NUBO_ASSIGN_OR_RETURN(const vpc::SecurityGroupRule rule, vpc::ParseRule(text));
    if (!rule.group_id.empty()) NUBO_RETURN_IF_ERROR(CheckIdOf(context, IdKind::kSecurityGroup, rule.group_id));
    NUBO_RETURN_IF_ERROR(group.Authorize(direction, rule));
  }
  return absl::OkStatus();
}

absl::Status FillRules(const Context& context, const std::string& group_id, const SecurityGroupRules& rules,
                       v1::PlainState& record) {
  vpc::SecurityGroup group(group_id);
  NUBO_RETURN_IF_ERROR(Authorize(context, rules.ingress, vpc::Direction::kIngress, group));
  if (rules.egress.has_value()) {
    NUBO_RETURN_IF_ERROR(group.Revoke(vpc::Direction::kEgress, group.rules(vpc::Direction::kEgress).front()));
    NUBO_RETURN_IF_ERROR(Authorize(context, *rules.egress, vpc::Direction::kEgress, group));
  }
  record.set_has_rules(true);
  record.clear_public_port();
  record.clear_ingress();
  record.clear_egress();
  for (const auto& rule : group.rules(vpc::Direction::kIngress)) *record.add_ingress() = RecordOf(rule);
  for (const auto& rule : group.rules(vpc::Direction::kEgress)) *record.add_egress() = RecordOf(rule);
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckGroupName(const Model& model, const v1::Owner& owner, const std::string& vpc_id,
                            const std::string& group_name) {
  const bool taken = !group_name.empty() && IsTaken(model.plain, owner, [&](const v1::PlainState& other) {
    return other.type() == kSecurityGroup && other.group_name() == group_name && other.vpc_id() == vpc_id;
  });
  return taken ? NameInUse("security group", group_name, "InvalidGroup.Duplicate") : absl::OkStatus();
}

absl::StatusOr<std::string> CreateSecurityGroup(Context& context, const v1::Owner& owner,
                                                const CreateSecurityGroupRequest& request) {
  NUBO_RETURN_IF_ERROR(CheckIdOf(context, IdKind::kVpc, request.vpc_id));
  NUBO_RETURN_IF_ERROR(CheckGroupName(context.model, {}, request.vpc_id, request.group_name));
  v1::PlainState record;
  record.set_vpc_id(request.vpc_id);
  record.set_group_name(request.group_name);
  NUBO_RETURN_IF_ERROR(FillRules(context, "the new one", request.rules, record));
  return Record(context, owner, kSecurityGroup, "sg", std::move(record));
}

absl::Status SetSecurityGroupRules(Context& context, const std::string& group_id, const SecurityGroupRules& rules) {
  const v1::PlainState* former = context.model.plain.Find(group_id);
  if (former == nullptr) return CheckIdOf(context, IdKind::kSecurityGroup, group_id);
  v1::PlainState record = *former;
  NUBO_RETURN_IF_ERROR(FillRules(context, group_id, rules, record));
  context.model.plain.Put(group_id, std::move(record));
  return absl::OkStatus();
}

void DeleteNetworkResource(Context& context, const std::string& id) { context.model.plain.Erase(id); }

}  // namespace nubo::region
