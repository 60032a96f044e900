// VPCs, subnets, and what is recorded beside them.
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "nubo/base/status.h"
#include "nubo/region/network/addresses.h"
#include "nubo/region/network/resource_types.h"
#include "nubo/region/resources/resource_types.h"
#include "nubo/region/state/instance_facts.h"
#include "nubo/stack/evaluate.h"
#include "nubo/vpc/validate.h"

namespace nubo::region {
namespace {

using stack::Progress;
using stack::Value;

Value Text(absl::string_view text) { return Value::String(text); }

void AddVpc(ResourceTypes& types) {
  ResourceType& type = types.Add("AWS::EC2::VPC");
  type.create = [](Context& context, const stack::ResourceContext& resource,
                   const Value& properties) -> absl::StatusOr<std::string> {
    NUBO_ASSIGN_OR_RETURN(const net::Prefix block, vpc::ParseVpcBlock(properties.Get("CidrBlock").text()));
    v1::VpcState record;
    record.set_id(context.ids.NewId("vpc"));
    *record.mutable_owner() = OwnerOf(resource);
    record.set_cidr(block.ToString());
    NUBO_ASSIGN_OR_RETURN(const std::string loopback, ChooseLoopback(context, record.cidr()));
    record.set_loopback_cidr(loopback);
    const std::string id = record.id();
    context.model.vpcs.Put(id, std::move(record));
    return id;
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
  type.remove = [](Context& context, const stack::ResourceContext&, const std::string& id) {
    for (const auto& [subnet_id, subnet] : context.model.subnets) {
      if (subnet.vpc_id() != id) continue;
      return base::WithErrorCode(
          absl::FailedPreconditionError(absl::StrCat("The vpc '", id, "' still has subnet ", subnet_id)),
          "DependencyViolation");
    }
    context.model.vpcs.Erase(id);
    context.RemoveTree(context.paths.Names(id));
    return absl::OkStatus();
  };
  type.disown = [](Model& model, const std::string& id) { Disown(model.vpcs, id); };
}

// What has an address in it: nobody, UNAVAILABLE if it is about to leave, FAILED_PRECONDITION if it stays.
absl::Status CheckSubnetUnused(const Context& context, absl::string_view subnet_id) {
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
  if (user.empty()) return absl::OkStatus();
  if (leaving) return absl::UnavailableError(absl::StrCat(user, " is still in subnet ", subnet_id));
  return base::WithErrorCode(
      absl::FailedPreconditionError(
          absl::StrCat("The subnet '", subnet_id, "' has dependencies and cannot be deleted: ", user, " is in it")),
      "DependencyViolation");
}

// Where a subnet goes that names no zone: where its VPC has the fewest, so that a load balancer can be in all of them.
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

void AddSubnet(ResourceTypes& types) {
  ResourceType& type = types.Add("AWS::EC2::Subnet");
  type.create = [](Context& context, const stack::ResourceContext& resource,
                   const Value& properties) -> absl::StatusOr<std::string> {
    const std::string& vpc_id = properties.Get("VpcId").text();
    const v1::VpcState* vpc = context.model.vpcs.Find(vpc_id);
    if (vpc == nullptr) return absl::NotFoundError(absl::StrCat("The vpc ID '", vpc_id, "' does not exist"));
    std::vector<std::pair<std::string, net::Prefix>> others;
    for (const auto& [id, subnet] : context.model.subnets) {
      if (subnet.vpc_id() == vpc_id) others.push_back({id, *net::Prefix::Parse(subnet.cidr())});
    }
    NUBO_ASSIGN_OR_RETURN(const net::Prefix block, vpc::ParseSubnetBlock(properties.Get("CidrBlock").text(),
                                                                         *net::Prefix::Parse(vpc->cidr()), others));
    const std::string& zone = properties.Get("AvailabilityZone").text();
    v1::SubnetState record;
    record.set_id(context.ids.NewId("subnet"));
    *record.mutable_owner() = OwnerOf(resource);
    record.set_vpc_id(vpc_id);
    record.set_cidr(block.ToString());
    record.set_availability_zone(zone.empty() ? EmptiestZone(context, vpc_id) : zone);
    record.set_map_public_ip(properties.Get("MapPublicIpOnLaunch").AsBool().value_or(false));
    const std::string id = record.id();
    context.addresses.AddSubnet(id, block);
    context.model.subnets.Put(id, std::move(record));
    return id;
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
  type.update = [](Context& context, const stack::ResourceContext&, const std::string& id, const Value& properties) {
    const bool map = properties.Get("MapPublicIpOnLaunch").AsBool().value_or(false);
    context.model.subnets.Update(id, [&](v1::SubnetState& record) { record.set_map_public_ip(map); });
    return absl::OkStatus();
  };
  type.remove = [](Context& context, const stack::ResourceContext&, const std::string& id) {
    const absl::Status unused = CheckSubnetUnused(context, id);
    if (!unused.ok()) return unused;
    context.addresses.RemoveSubnet(id);
    context.model.subnets.Erase(id);
    return absl::OkStatus();
  };
  type.disown = [](Model& model, const std::string& id) { Disown(model.subnets, id); };
}

// The lowest TCP port that a security group opens to everybody; 0 if none.
int LowestPublicPort(const Value& rules) {
  int lowest = 0;
  for (const Value& rule : rules.items()) {
    const std::string& protocol = rule.Get("IpProtocol").text();
    if ((protocol != "tcp" && protocol != "6") || rule.Get("CidrIp").text() != "0.0.0.0/0") continue;
    const int port = static_cast<int>(rule.Get("FromPort").AsInteger().value_or(0));
    if (port > 0 && (lowest == 0 || port < lowest)) lowest = port;
  }
  return lowest;
}

// A type of which the region keeps the id, and no more.
// A type of which the region keeps the id, and no more. `not_enforced`: why nothing comes of it.
ResourceType& AddPlain(ResourceTypes& types, const std::string& name, const std::string& prefix,
                       const std::vector<std::string>& attributes, const std::string& not_enforced) {
  ResourceType& type = types.Add(name);
  type.not_enforced = not_enforced;
  type.create = [name, prefix](Context& context, const stack::ResourceContext& resource,
                               const Value& properties) -> absl::StatusOr<std::string> {
    v1::PlainState record;
    record.set_id(context.ids.NewId(prefix));
    *record.mutable_owner() = OwnerOf(resource);
    record.set_type(name);
    record.set_vpc_id(properties.Get("VpcId").text());
    record.set_public_port(LowestPublicPort(properties.Get("SecurityGroupIngress")));
    record.set_group_name(properties.Get("GroupName").text());
    const std::string id = record.id();
    context.model.plain.Put(id, std::move(record));
    return id;
  };
  type.poll = [attributes](Context& context, const std::string& id) -> absl::StatusOr<Progress> {
    const v1::PlainState* record = context.model.plain.Find(id);
    if (record == nullptr) return Progress::Failed("it is gone");
    stack::Attributes known;
    for (const std::string& one : attributes) known[one] = Text(one == "VpcId" ? record->vpc_id() : record->id());
    return Progress::Complete(std::move(known));
  };
  type.update = [](Context& context, const stack::ResourceContext&, const std::string& id, const Value& properties) {
    const int port = LowestPublicPort(properties.Get("SecurityGroupIngress"));
    context.model.plain.Update(id, [&](v1::PlainState& record) { record.set_public_port(port); });
    return absl::OkStatus();
  };
  type.remove = [](Context& context, const stack::ResourceContext&, const std::string& id) {
    context.model.plain.Erase(id);
    return absl::OkStatus();
  };
  type.disown = [](Model& model, const std::string& id) { Disown(model.plain, id); };
  return type;
}

constexpr char kNoRouting[] = "routing: on the loopback fabric every address is reachable";

void AddGateways(ResourceTypes& types) {
  AddPlain(types, "AWS::EC2::InternetGateway", "igw", {"InternetGatewayId"}, kNoRouting);
  ResourceType& attachment =
      AddPlain(types, "AWS::EC2::VPCGatewayAttachment", "igw-attach", {"AttachmentType"}, kNoRouting);
  attachment.check_name = [name = attachment.name](const Model& model, const v1::Owner& owner,
                                                   const Value& properties) -> absl::Status {
    const std::string& vpc = properties.Get("VpcId").text();
    if (!properties.Has("InternetGatewayId") || vpc.empty()) return absl::OkStatus();
    const bool taken =
        IsTaken(model.plain, owner, [&](const auto& other) { return other.type() == name && other.vpc_id() == vpc; });
    if (!taken) return absl::OkStatus();
    return base::WithErrorCode(
        absl::AlreadyExistsError(absl::StrCat("Network ", vpc, " already has an internet gateway attached")),
        "InvalidParameterValue");
  };
}

void AddSecurityGroup(ResourceTypes& types) {
  ResourceType& type = AddPlain(types, "AWS::EC2::SecurityGroup", "sg", {"GroupId", "Id", "VpcId"},
                                "its rules: on the loopback fabric everybody may connect to everybody");
  type.check_name = [type_name = type.name](const Model& model, const v1::Owner& owner, const Value& properties) {
    const std::string& name = properties.Get("GroupName").text();
    const std::string& vpc = properties.Get("VpcId").text();
    const bool taken = !name.empty() && IsTaken(model.plain, owner, [&](const auto& other) {
      return other.type() == type_name && other.group_name() == name && other.vpc_id() == vpc;
    });
    return taken ? NameInUse("security group", name, "InvalidGroup.Duplicate") : absl::OkStatus();
  };
}

bool HasPlain(const Model& model, const std::string& id, absl::string_view type) {
  const v1::PlainState* record = model.plain.Find(id);
  return record != nullptr && record->type() == type;
}

// A VPC's default group is no record of its own: it has the VPC's digits.
bool IsDefaultGroup(const Model& model, absl::string_view id) {
  return absl::ConsumePrefix(&id, "sg-") && model.vpcs.Find(absl::StrCat("vpc-", id)) != nullptr;
}

void AddIds(ResourceTypes& types) {
  const auto plain = [](const char* type) {
    return [type](const Model& model, const std::string& id) { return HasPlain(model, id, type); };
  };
  types.AddId({stack::IdKind::kVpc, "vpc-", "vpc ID", "InvalidVpcID.NotFound",
               [](const Model& model, const std::string& id) { return model.vpcs.Find(id) != nullptr; }});
  types.AddId({stack::IdKind::kSubnet, "subnet-", "subnet ID", "InvalidSubnetID.NotFound",
               [](const Model& model, const std::string& id) { return model.subnets.Find(id) != nullptr; }});
  types.AddId({stack::IdKind::kInternetGateway, "igw-", "internetGateway ID", "InvalidInternetGatewayID.NotFound",
               plain("AWS::EC2::InternetGateway")});
  types.AddId({stack::IdKind::kRouteTable, "rtb-", "routeTable ID", "InvalidRouteTableID.NotFound",
               plain("AWS::EC2::RouteTable")});
  types.AddId({stack::IdKind::kSecurityGroup, "sg-", "security group", "InvalidGroup.NotFound",
               [](const Model& model, const std::string& id) {
                 return HasPlain(model, id, "AWS::EC2::SecurityGroup") || IsDefaultGroup(model, id);
               }});
}

}  // namespace

void AddNetworkTypes(ResourceTypes& types) {
  AddVpc(types);
  AddSubnet(types);
  AddGateways(types);
  AddPlain(types, "AWS::EC2::RouteTable", "rtb", {"RouteTableId"}, kNoRouting);
  AddPlain(types, "AWS::EC2::Route", "r", {"CidrBlock"}, kNoRouting);
  AddPlain(types, "AWS::EC2::SubnetRouteTableAssociation", "rtbassoc", {"Id"}, kNoRouting);
  AddSecurityGroup(types);
  AddIds(types);
}

}  // namespace nubo::region
