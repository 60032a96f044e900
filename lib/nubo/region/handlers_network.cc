// VPCs, subnets, and what is recorded beside them.
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/region/handlers.h"
#include "nubo/region/instances.h"
#include "nubo/region/network.h"
#include "nubo/stack/evaluate.h"
#include "nubo/vpc/validate.h"

namespace nubo::region {
namespace {

using stack::Progress;
using stack::Value;

Value Text(absl::string_view text) { return Value::String(text); }

void AddVpc(Handlers& handlers, Context& context) {
  FunctionHandler& handler = handlers.Add("AWS::EC2::VPC");
  handler.create = [&context](const v1::Owner& owner, const Value& properties) -> absl::StatusOr<std::string> {
    NUBO_ASSIGN_OR_RETURN(const net::Prefix block, vpc::ParseVpcBlock(properties.Get("CidrBlock").text()));
    v1::VpcState record;
    record.set_id(context.ids.NewId("vpc"));
    *record.mutable_owner() = owner;
    record.set_cidr(block.ToString());
    NUBO_ASSIGN_OR_RETURN(const std::string loopback, ChooseLoopback(context, record.cidr()));
    record.set_loopback_cidr(loopback);
    const std::string id = record.id();
    context.model.vpcs.Put(id, std::move(record));
    return id;
  };
  handler.poll = [&context](absl::string_view id) -> absl::StatusOr<Progress> {
    const v1::VpcState* vpc = context.model.vpcs.Find(id);
    if (vpc == nullptr) return Progress::Failed("the VPC is gone");
    return Progress::Complete({{"VpcId", Text(vpc->id())},
                               {"CidrBlock", Text(vpc->cidr())},
                               {"CidrBlockAssociations", Value::Strings({})},
                               {"Ipv6CidrBlocks", Value::Strings({})},
                               {"DefaultNetworkAcl", Text(absl::StrCat("acl-", vpc->id().substr(4)))},
                               {"DefaultSecurityGroup", Text(absl::StrCat("sg-", vpc->id().substr(4)))}});
  };
  handler.update = NothingToChange;
  handler.remove = [&context](absl::string_view id) {
    for (const auto& [subnet_id, subnet] : context.model.subnets) {
      if (subnet.vpc_id() != id) continue;
      return base::WithErrorCode(
          absl::FailedPreconditionError(absl::StrCat("The vpc '", id, "' still has subnet ", subnet_id)),
          "DependencyViolation");
    }
    context.model.vpcs.Erase(id);
    context.RemoveTree(context.paths.Names(std::string(id)));
    return absl::OkStatus();
  };
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
    // Nothing in a template says that a database needs its subnet: the whole stack may be on its way out.
    const v1::StackState* stack = context.model.stacks.Find(database.owner().stack_name());
    const bool updated = stack != nullptr && absl::StartsWith(stack->status(), "UPDATE_");
    user = id;
    leaving = leaving && (database.deleting() || !updated);
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

void AddSubnet(Handlers& handlers, Context& context) {
  FunctionHandler& handler = handlers.Add("AWS::EC2::Subnet");
  handler.create = [&context](const v1::Owner& owner, const Value& properties) -> absl::StatusOr<std::string> {
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
    *record.mutable_owner() = owner;
    record.set_vpc_id(vpc_id);
    record.set_cidr(block.ToString());
    record.set_availability_zone(zone.empty() ? EmptiestZone(context, vpc_id) : zone);
    record.set_map_public_ip(properties.Get("MapPublicIpOnLaunch").AsBool().value_or(false));
    const std::string id = record.id();
    context.addresses.AddSubnet(id, block);
    context.model.subnets.Put(id, std::move(record));
    return id;
  };
  handler.poll = [&context](absl::string_view id) -> absl::StatusOr<Progress> {
    const v1::SubnetState* subnet = context.model.subnets.Find(id);
    if (subnet == nullptr) return Progress::Failed("the subnet is gone");
    return Progress::Complete({{"SubnetId", Text(subnet->id())},
                               {"VpcId", Text(subnet->vpc_id())},
                               {"CidrBlock", Text(subnet->cidr())},
                               {"Ipv6CidrBlocks", Value::Strings({})},
                               {"NetworkAclAssociationId", Text(absl::StrCat("aclassoc-", subnet->id().substr(7)))},
                               {"AvailabilityZone", Text(subnet->availability_zone())}});
  };
  handler.update = [&context](const stack::ResourceContext&, absl::string_view id, const Value& properties) {
    const bool map = properties.Get("MapPublicIpOnLaunch").AsBool().value_or(false);
    context.model.subnets.Update(id, [&](v1::SubnetState& record) { record.set_map_public_ip(map); });
    return absl::OkStatus();
  };
  handler.remove = [&context](absl::string_view id) {
    const absl::Status unused = CheckSubnetUnused(context, id);
    if (!unused.ok()) return unused;
    context.addresses.RemoveSubnet(std::string(id));
    context.model.subnets.Erase(id);
    return absl::OkStatus();
  };
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
void AddPlain(Handlers& handlers, Context& context, const std::string& type, const std::string& prefix,
              std::vector<std::string> attributes) {
  FunctionHandler& handler = handlers.Add(type);
  handler.create = [&context, type, prefix](const v1::Owner& owner,
                                            const Value& properties) -> absl::StatusOr<std::string> {
    v1::PlainState record;
    record.set_id(context.ids.NewId(prefix));
    *record.mutable_owner() = owner;
    record.set_type(type);
    record.set_vpc_id(properties.Get("VpcId").text());
    record.set_public_port(LowestPublicPort(properties.Get("SecurityGroupIngress")));
    record.set_group_name(properties.Get("GroupName").text());
    const std::string id = record.id();
    context.model.plain.Put(id, std::move(record));
    return id;
  };
  handler.poll = [&context, attributes](absl::string_view id) -> absl::StatusOr<Progress> {
    const v1::PlainState* record = context.model.plain.Find(id);
    if (record == nullptr) return Progress::Failed("it is gone");
    stack::Attributes known;
    for (const std::string& name : attributes) known[name] = Text(name == "VpcId" ? record->vpc_id() : record->id());
    return Progress::Complete(std::move(known));
  };
  handler.update = [&context](const stack::ResourceContext&, absl::string_view id, const Value& properties) {
    const int port = LowestPublicPort(properties.Get("SecurityGroupIngress"));
    context.model.plain.Update(id, [&](v1::PlainState& record) { record.set_public_port(port); });
    return absl::OkStatus();
  };
  handler.remove = [&context](absl::string_view id) {
    context.model.plain.Erase(id);
    return absl::OkStatus();
  };
}

}  // namespace

void AddNetworkHandlers(Handlers& handlers, Context& context) {
  AddVpc(handlers, context);
  AddSubnet(handlers, context);
  AddPlain(handlers, context, "AWS::EC2::InternetGateway", "igw", {"InternetGatewayId"});
  AddPlain(handlers, context, "AWS::EC2::VPCGatewayAttachment", "igw-attach", {"AttachmentType"});
  AddPlain(handlers, context, "AWS::EC2::RouteTable", "rtb", {"RouteTableId"});
  AddPlain(handlers, context, "AWS::EC2::Route", "r", {"CidrBlock"});
  AddPlain(handlers, context, "AWS::EC2::SubnetRouteTableAssociation", "rtbassoc", {"Id"});
  AddPlain(handlers, context, "AWS::EC2::SecurityGroup", "sg", {"GroupId", "Id", "VpcId"});
}

}  // namespace nubo::region
