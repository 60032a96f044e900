#include "nubo/region/network/resource_types.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "nubo/base/status.h"
#include "nubo/region/network/operations.h"

namespace nubo::region {
namespace {

using stack::Progress;
using stack::ResourceContext;
using stack::Value;

Value Text(absl::string_view text) { return Value::String(text); }

void AddVpc(ResourceTypes& types) {
  ResourceType& type = types.Add("AWS::EC2::VPC");
  type.create = [](Context& context, const ResourceContext& resource, const Value& properties) {
    return CreateVpc(context, OwnerOf(resource), {.cidr_block = properties.Get("CidrBlock").text()});
  };
  type.poll = [](Context& context, const std::string& id) -> absl::StatusOr<Progress> {
    const v1::VpcState* vpc = context.model.vpcs.Find(id);
    if (vpc == nullptr) return Progress::Failed("the VPC is gone");
    return Progress::Complete({{"VpcId", Text(vpc->id())},
                               {"CidrBlock", Text(vpc->cidr())},
                               {"CidrBlockAssociations", Value::Strings({})},
                               {"Ipv6CidrBlocks", Value::Strings({})},
                               {"DefaultNetworkAcl", Text(absl::StrCat("acl-", vpc->id().substr(4)))},
                               {"DefaultSecurityGroup", Text(absl::StrCat("sg-", vpc->id().substr(4)))}});
  };
  type.update = NothingToChange;
  type.remove = [](Context& context, const ResourceContext&, const std::string& id) { return DeleteVpc(context, id); };
  type.disown = [](Model& model, const std::string& id) { Disown(model.vpcs, id); };
  types.AddId({stack::IdKind::kVpc, "vpc-", "vpc ID", "InvalidVpcID.NotFound",
               [](const Model& model, const std::string& id) { return model.vpcs.Find(id) != nullptr; }});
}

void AddSubnet(ResourceTypes& types) {
  ResourceType& type = types.Add("AWS::EC2::Subnet");
  type.create = [](Context& context, const ResourceContext& resource, const Value& properties) {
    return CreateSubnet(context, OwnerOf(resource),
                        {.vpc_id = properties.Get("VpcId").text(),
                         .cidr_block = properties.Get("CidrBlock").text(),
                         .availability_zone = properties.Get("AvailabilityZone").text(),
                         .map_public_ip_on_launch = properties.Get("MapPublicIpOnLaunch").AsBool().value_or(false)});
  };
  type.poll = [](Context& context, const std::string& id) -> absl::StatusOr<Progress> {
    const v1::SubnetState* subnet = context.model.subnets.Find(id);
    if (subnet == nullptr) return Progress::Failed("the subnet is gone");
    return Progress::Complete({{"SubnetId", Text(subnet->id())},
                               {"VpcId", Text(subnet->vpc_id())},
                               {"CidrBlock", Text(subnet->cidr())},
                               {"Ipv6CidrBlocks", Value::Strings({})},
                               {"NetworkAclAssociationId", Text(absl::StrCat("aclassoc-", subnet->id().substr(7)))},
                               {"AvailabilityZone", Text(subnet->availability_zone())}});
  };
  type.update = [](Context& context, const ResourceContext&, const std::string& id, const Value& properties) {
    return ModifySubnetAttribute(context, id, properties.Get("MapPublicIpOnLaunch").AsBool().value_or(false));
  };
  type.remove = [](Context& context, const ResourceContext&, const std::string& id) {
    return DeleteSubnet(context, id);
  };
  type.disown = [](Model& model, const std::string& id) { Disown(model.subnets, id); };
  types.AddId({stack::IdKind::kSubnet, "subnet-", "subnet ID", "InvalidSubnetID.NotFound",
               [](const Model& model, const std::string& id) { return model.subnets.Find(id) != nullptr; }});
}

bool HasPlain(const Model& model, const std::string& id, absl::string_view type) {
  const v1::PlainState* record = model.plain.Find(id);
  return record != nullptr && record->type() == type;
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
  types.AddId(
      {stack::IdKind::kInternetGateway, "igw-", "internetGateway ID", "InvalidInternetGatewayID.NotFound",
       [](const Model& model, const std::string& id) { return HasPlain(model, id, "AWS::EC2::InternetGateway"); }});
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
  types.AddId({stack::IdKind::kRouteTable, "rtb-", "routeTable ID", "InvalidRouteTableID.NotFound",
               [](const Model& model, const std::string& id) { return HasPlain(model, id, "AWS::EC2::RouteTable"); }});
}

RouteTarget TargetOf(const Value& properties) {
  for (const char* kind : {"GatewayId", "InstanceId", "NatGatewayId", "NetworkInterfaceId", "VpcPeeringConnectionId"}) {
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

std::optional<int> Port(const Value& rule, const char* name) {
  const std::optional<int64_t> port = rule.Get(name).AsInteger();
  return port.has_value() ? std::optional<int>(static_cast<int>(*port)) : std::nullopt;
}

// The id of the group that has this name in the VPC; the name, which is no id, if none has.
std::string GroupNamed(const Model& model, const std::string& vpc_id, const std::string& name) {
  for (const auto& [id, group] : model.plain) {
    if (group.vpc_id() == vpc_id && group.group_name() == name && HasPlain(model, id, "AWS::EC2::SecurityGroup")) {
      return id;
    }
  }
  return name;
}

// `peer`: "Source" or "Destination", as the properties have it.
vpc::RuleText RuleOf(const Model& model, const std::string& vpc_id, const Value& rule, const std::string& peer) {
  vpc::RuleText text;
  text.protocol = rule.Get("IpProtocol").text();
  text.from_port = Port(rule, "FromPort");
  text.to_port = Port(rule, "ToPort");
  text.cidr = rule.Get("CidrIp").is_null() ? rule.Get("CidrIpv6").text() : rule.Get("CidrIp").text();
  text.group_id = rule.Get(peer + "SecurityGroupId").text();
  const std::string& name = rule.Get(peer + "SecurityGroupName").text();
  if (!name.empty()) text.group_id = GroupNamed(model, vpc_id, name);
  text.prefix_list_id = rule.Get(peer + "PrefixListId").text();
  text.description = rule.Get("Description").text();
  return text;
}

SecurityGroupRules RulesOf(const Model& model, const Value& properties) {
  const std::string& vpc_id = properties.Get("VpcId").text();
  SecurityGroupRules rules;
  for (const Value& rule : properties.Get("SecurityGroupIngress").items()) {
    rules.ingress.push_back(RuleOf(model, vpc_id, rule, "Source"));
  }
  // AWS: "When you specify an egress rule, the default one is removed."
  const Value& egress = properties.Get("SecurityGroupEgress");
  if (egress.items().empty()) return rules;
  rules.egress.emplace();
  for (const Value& rule : egress.items()) rules.egress->push_back(RuleOf(model, vpc_id, rule, "Destination"));
  return rules;
}

// A VPC's default group is no record of its own: it has the VPC's digits.
bool IsDefaultGroup(const Model& model, absl::string_view id) {
  return absl::ConsumePrefix(&id, "sg-") && model.vpcs.Find(absl::StrCat("vpc-", id)) != nullptr;
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
                 return HasPlain(model, id, "AWS::EC2::SecurityGroup") || IsDefaultGroup(model, id);
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
}

}  // namespace nubo::region
