#include "nubo/region/network/resource_types.h"

#include <string>
#include <utility>
#include <vector>

#include "nubo/base/status.h"
#include "nubo/net/ip_address.h"
#include "nubo/region/network/address_blocks.h"
#include "nubo/region/network/dhcp_options.h"
#include "nubo/region/network/endpoints.h"
#include "nubo/region/network/flow_logs.h"
#include "nubo/region/network/gateways.h"
#include "nubo/region/network/interfaces.h"
#include "nubo/region/network/ipam.h"
#include "nubo/region/network/nat_gateways.h"
#include "nubo/region/network/network_acls.h"
#include "nubo/region/network/operations.h"
#include "nubo/region/network/peering.h"
#include "nubo/region/network/plain_records.h"
#include "nubo/region/network/prefix_lists.h"
#include "nubo/region/network/security_group_rules.h"

namespace nubo::region {
namespace {

using stack::Progress;
using stack::ResourceContext;
using stack::Value;

Value Text(absl::string_view text) { return Value::String(text); }

Value BlockTexts(const std::vector<net::Prefix>& blocks) {
  std::vector<std::string> texts;
  for (const net::Prefix& block : blocks) texts.push_back(block.ToString());
  return Value::Strings(texts);
}

VpcAttributes VpcAttributesOf(const Value& properties) {
  VpcAttributes attributes;
  attributes.enable_dns_support = properties.Get("EnableDnsSupport").AsBool().value_or(attributes.enable_dns_support);
  attributes.enable_dns_hostnames =
      properties.Get("EnableDnsHostnames").AsBool().value_or(attributes.enable_dns_hostnames);
  return attributes;
}

// As CloudFormation does it: made, and then changed.
absl::StatusOr<std::string> MakeVpc(Context& context, const v1::Owner& owner, const Value& properties) {
  CreateVpcRequest request{.cidr_block = properties.Get("CidrBlock").text(),
                           .ipv4_ipam_pool_id = properties.Get("Ipv4IpamPoolId").text(),
                           .instance_tenancy = properties.Get("InstanceTenancy").text()};
  if (const auto length = properties.Get("Ipv4NetmaskLength").AsInteger(); length.has_value()) {
    request.ipv4_netmask_length = static_cast<int>(*length);
  }
  NUBO_ASSIGN_OR_RETURN(const std::string id, CreateVpc(context, owner, request));
  const absl::Status status = ModifyVpcAttribute(context, id, VpcAttributesOf(properties));
  if (status.ok()) return id;
  NUBO_RETURN_IF_ERROR(DeleteVpc(context, id));
  return status;
}

void AddVpc(ResourceTypes& types) {
  ResourceType& type = types.Add("AWS::EC2::VPC");
  type.create = [](Context& context, const ResourceContext& resource, const Value& properties) {
    return MakeVpc(context, OwnerOf(resource), properties);
  };
  type.poll = [](Context& context, const std::string& id) -> absl::StatusOr<Progress> {
    const v1::VpcState* vpc = context.model.vpcs.Find(id);
    if (vpc == nullptr) return Progress::Failed("the VPC is gone");
    return Progress::Complete({{"VpcId", Text(vpc->id())},
                               {"CidrBlock", Text(vpc->cidr())},
                               {"CidrBlockAssociations", Value::Strings(BlockAssociationsOf(context.model, id))},
                               {"Ipv6CidrBlocks", BlockTexts(Ipv6BlocksOfVpc(context.model, id))},
                               {"DefaultNetworkAcl", Text(DefaultNetworkAcl(id))},
                               {"DefaultSecurityGroup", Text(DefaultSecurityGroup(id))}});
  };
  type.update = [](Context& context, const ResourceContext&, const std::string& id, const Value& properties) {
    NUBO_RETURN_IF_ERROR(ModifyVpcTenancy(context, id, properties.Get("InstanceTenancy").text()));
    return ModifyVpcAttribute(context, id, VpcAttributesOf(properties));
  };
  type.asks_also = [](const Value& properties) -> std::vector<fabrics::Feature> {
    const VpcAttributes given = VpcAttributesOf(properties), usual;
    if (given.enable_dns_support == usual.enable_dns_support &&
        given.enable_dns_hostnames == usual.enable_dns_hostnames) {
      return {};
    }
    return {fabrics::Feature::kVpcNames};
  };
  type.remove = [](Context& context, const ResourceContext&, const std::string& id) { return DeleteVpc(context, id); };
  type.disown = [](Model& model, const std::string& id) { Disown(model.vpcs, id); };
  types.AddId({stack::IdKind::kVpc, "vpc-", "vpc ID", "InvalidVpcID.NotFound",
               [](const Model& model, const std::string& id) { return model.vpcs.Find(id) != nullptr; }});
}

std::vector<net::Prefix> Ipv6BlocksOfSubnet(const Model& model, const std::string& subnet_id) {
  const auto block = Ipv6BlockOf(model, subnet_id);
  return block.has_value() ? std::vector{*block} : std::vector<net::Prefix>();
}

void AddSubnet(ResourceTypes& types) {
  ResourceType& type = types.Add("AWS::EC2::Subnet");
  type.create = [](Context& context, const ResourceContext& resource, const Value& properties) {
    return CreateSubnet(
        context, OwnerOf(resource),
        {.vpc_id = properties.Get("VpcId").text(),
         .cidr_block = properties.Get("CidrBlock").text(),
         .availability_zone = properties.Get("AvailabilityZone").text(),
         .map_public_ip_on_launch = properties.Get("MapPublicIpOnLaunch").AsBool().value_or(false),
         .assign_ipv6_address_on_creation = properties.Get("AssignIpv6AddressOnCreation").AsBool().value_or(false),
         .ipv6_cidr_block = properties.Get("Ipv6CidrBlock").text()});
  };
  type.asks_also = [](const Value& properties) -> std::vector<fabrics::Feature> {
    const bool asks =
        properties.Has("Ipv6CidrBlock") || properties.Get("AssignIpv6AddressOnCreation").AsBool().value_or(false);
    if (!asks) return {};
    return {fabrics::Feature::kIpv6};
  };
  type.poll = [](Context& context, const std::string& id) -> absl::StatusOr<Progress> {
    const v1::SubnetState* subnet = context.model.subnets.Find(id);
    if (subnet == nullptr) return Progress::Failed("the subnet is gone");
    return Progress::Complete({{"SubnetId", Text(subnet->id())},
                               {"VpcId", Text(subnet->vpc_id())},
                               {"CidrBlock", Text(subnet->cidr())},
                               {"Ipv6CidrBlocks", BlockTexts(Ipv6BlocksOfSubnet(context.model, id))},
                               {"NetworkAclAssociationId", Text(AclAssociationOf(context.model, id))},
                               {"AvailabilityZone", Text(subnet->availability_zone())}});
  };
  type.update = [](Context& context, const ResourceContext&, const std::string& id, const Value& properties) {
    return ModifySubnetAttribute(
        context, id,
        {.map_public_ip_on_launch = properties.Get("MapPublicIpOnLaunch").AsBool().value_or(false),
         .assign_ipv6_address_on_creation = properties.Get("AssignIpv6AddressOnCreation").AsBool().value_or(false)});
  };
  type.remove = [](Context& context, const ResourceContext&, const std::string& id) {
    return DeleteSubnet(context, id);
  };
  type.disown = [](Model& model, const std::string& id) { Disown(model.subnets, id); };
  types.AddId({stack::IdKind::kSubnet, "subnet-", "subnet ID", "InvalidSubnetID.NotFound",
               [](const Model& model, const std::string& id) { return model.subnets.Find(id) != nullptr; }});
}

// A type whose records are plain ones, with the attributes that are its id, or its VPC's.
ResourceType& AddPlain(ResourceTypes& types, const std::string& name, const std::vector<std::string>& attributes) {
  ResourceType& type = types.Add(name);
  type.poll = [attributes](Context& context, const std::string& id) -> absl::StatusOr<Progress> {
    const v1::PlainState* record = context.model.plain.Find(id);
    if (record == nullptr) return Progress::Failed("it is gone");
    stack::Attributes known;
    for (const std::string& one : attributes) known[one] = Text(one == "VpcId" ? record->vpc_id() : record->id());
    return Progress::Complete(std::move(known));
  };
  type.remove = [](Context& context, const ResourceContext&, const std::string& id) {
    DeleteNetworkResource(context, id);
    return absl::OkStatus();
  };
  type.disown = [](Model& model, const std::string& id) { Disown(model.plain, id); };
  return type;
}

void AddGateway(ResourceTypes& types) {
  ResourceType& type = AddPlain(types, "AWS::EC2::InternetGateway", {"InternetGatewayId"});
  type.asks_for = fabrics::Feature::kRoutes;
  type.create = [](Context& context, const ResourceContext& resource, const Value&) -> absl::StatusOr<std::string> {
    return CreateInternetGateway(context, OwnerOf(resource));
  };
  type.update = NothingToChange;
  types.AddId({stack::IdKind::kInternetGateway, "igw-", "internetGateway ID", "InvalidInternetGatewayID.NotFound",
               [](const Model& model, const std::string& id) {
                 return FindPlain(model, id, kInternetGatewayType) != nullptr;
               }});
}

void AddAttachment(ResourceTypes& types) {
  ResourceType& type = AddPlain(types, "AWS::EC2::VPCGatewayAttachment", {"AttachmentType"});
  type.asks_for = fabrics::Feature::kRoutes;
  type.create = [](Context& context, const ResourceContext& resource, const Value& properties) {
    return AttachInternetGateway(context, OwnerOf(resource), properties.Get("InternetGatewayId").text(),
                                 properties.Get("VpcId").text());
  };
  type.update = [](Context& context, const ResourceContext&, const std::string& id, const Value& properties) {
    return ReplaceInternetGateway(context, id, properties.Get("InternetGatewayId").text());
  };
  type.check_name = [](const Model& model, const v1::Owner& owner, const Value& properties) -> absl::Status {
    const std::string& vpc = properties.Get("VpcId").text();
    if (!properties.Has("InternetGatewayId") || vpc.empty()) return absl::OkStatus();
    return CheckNoGateway(model, owner, vpc);
  };
}

void AddRouteTable(ResourceTypes& types) {
  ResourceType& type = AddPlain(types, "AWS::EC2::RouteTable", {"RouteTableId"});
  type.asks_for = fabrics::Feature::kRoutes;
  type.create = [](Context& context, const ResourceContext& resource, const Value& properties) {
    return CreateRouteTable(context, OwnerOf(resource), properties.Get("VpcId").text());
  };
  type.update = NothingToChange;
  type.remove = [](Context& context, const ResourceContext&, const std::string& id) {
    return DeleteRouteTable(context, id);
  };
  types.AddId(
      {stack::IdKind::kRouteTable, "rtb-", "routeTable ID", "InvalidRouteTableID.NotFound",
       [](const Model& model, const std::string& id) { return FindPlain(model, id, kRouteTableType) != nullptr; }});
}

RouteTarget TargetOf(const Value& properties) {
  for (const char* kind : {"EgressOnlyInternetGatewayId", "GatewayId", "InstanceId", "NatGatewayId",
                           "NetworkInterfaceId", "VpcEndpointId", "VpcPeeringConnectionId"}) {
    if (properties.Has(kind)) return {kind, properties.Get(kind).text()};
  }
  return {};
}

void AddRoute(ResourceTypes& types) {
  ResourceType& type = AddPlain(types, "AWS::EC2::Route", {"CidrBlock"});
  type.asks_for = fabrics::Feature::kRoutes;
  type.create = [](Context& context, const ResourceContext& resource, const Value& properties) {
    const Value& v4 = properties.Get("DestinationCidrBlock");
    const Value& v6 = properties.Get("DestinationIpv6CidrBlock");
    return CreateRoute(context, OwnerOf(resource),
                       {.route_table_id = properties.Get("RouteTableId").text(),
                        .destination_cidr_block = v4.is_null() ? v6.text() : v4.text(),
                        .destination_prefix_list_id = properties.Get("DestinationPrefixListId").text(),
                        .target = TargetOf(properties)});
  };
  type.update = [](Context& context, const ResourceContext&, const std::string& id, const Value& properties) {
    return ReplaceRoute(context, id, TargetOf(properties));
  };
}

void AddAssociation(ResourceTypes& types) {
  ResourceType& type = AddPlain(types, "AWS::EC2::SubnetRouteTableAssociation", {"Id"});
  type.asks_for = fabrics::Feature::kRoutes;
  type.create = [](Context& context, const ResourceContext& resource, const Value& properties) {
    return AssociateRouteTable(context, OwnerOf(resource), properties.Get("RouteTableId").text(),
                               properties.Get("SubnetId").text());
  };
  type.update = [](Context& context, const ResourceContext&, const std::string& id, const Value& properties) {
    return ReplaceRouteTableAssociation(context, id, properties.Get("RouteTableId").text());
  };
}

SecurityGroupRules RulesOf(const Model& model, const Value& properties) {
  const std::string& vpc_id = properties.Get("VpcId").text();
  SecurityGroupRules rules;
  for (const Value& rule : properties.Get("SecurityGroupIngress").items()) {
    rules.ingress.push_back(ReadRuleText(model, vpc_id, rule, "Source"));
  }
  // AWS: "When you specify an egress rule, the default one is removed."
  const Value& egress = properties.Get("SecurityGroupEgress");
  if (egress.items().empty()) return rules;
  rules.egress.emplace();
  for (const Value& rule : egress.items()) rules.egress->push_back(ReadRuleText(model, vpc_id, rule, "Destination"));
  return rules;
}

void AddSecurityGroup(ResourceTypes& types) {
  ResourceType& type = AddPlain(types, "AWS::EC2::SecurityGroup", {"GroupId", "Id", "VpcId"});
  type.asks_for = fabrics::Feature::kSecurityGroups;
  type.create = [](Context& context, const ResourceContext& resource, const Value& properties) {
    return CreateSecurityGroup(context, OwnerOf(resource),
                               {.group_name = properties.Get("GroupName").text(),
                                .vpc_id = properties.Get("VpcId").text(),
                                .rules = RulesOf(context.model, properties)});
  };
  type.update = [](Context& context, const ResourceContext&, const std::string& id, const Value& properties) {
    return SetSecurityGroupRules(context, id, RulesOf(context.model, properties));
  };
  type.check_name = [](const Model& model, const v1::Owner& owner, const Value& properties) {
    return CheckGroupName(model, owner, properties.Get("VpcId").text(), properties.Get("GroupName").text());
  };
  types.AddId({stack::IdKind::kSecurityGroup, "sg-", "security group", "InvalidGroup.NotFound",
               [](const Model& model, const std::string& id) {
                 return FindPlain(model, id, kSecurityGroupType) != nullptr || !VpcOfDefaultGroup(model, id).empty();
               }});
}

}  // namespace

void AddNetworkTypes(ResourceTypes& types) {
  AddVpc(types);
  AddSubnet(types);
  AddGateway(types);
  AddAttachment(types);
  AddRouteTable(types);
  AddRoute(types);
  AddAssociation(types);
  AddSecurityGroup(types);
  AddAddressBlockTypes(types);
  AddDhcpOptionsTypes(types);
  AddEndpointTypes(types);
  AddFlowLogTypes(types);
  AddGatewayTypes(types);
  AddInterfaceTypes(types);
  AddIpamTypes(types);
  AddNatGatewayTypes(types);
  AddNetworkAclTypes(types);
  AddPeeringTypes(types);
  AddPrefixListTypes(types);
  AddSecurityGroupRuleTypes(types);
}

}  // namespace nubo::region
