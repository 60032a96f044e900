#include "nubo/region/network/network_model.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nubo/net/ip_address.h"
#include "nubo/region/state/digest.h"
#include "nubo/region/state/instance_facts.h"
#include "nubo/vpc/security_group.h"

namespace nubo::region {
namespace {

std::string Attribute(const v1::PlainState& record, const std::string& name) {
  const auto found = record.attributes().find(name);
  return found == record.attributes().end() ? "" : found->second;
}

net::Prefix Block(const std::string& text) { return net::Prefix::Parse(text).value_or(net::Prefix()); }
net::IpAddress Ip(const std::string& text) { return net::IpAddress::Parse(text).value_or(net::IpAddress()); }

std::vector<vpc::SecurityGroupRule> Rules(const google::protobuf::RepeatedPtrField<v1::SecurityGroupRule>& rules) {
  std::vector<vpc::SecurityGroupRule> out;
  for (const v1::SecurityGroupRule& rule : rules) {
    vpc::SecurityGroupRule& one = out.emplace_back();
    one.protocol = rule.protocol();
    one.from_port = rule.from_port();
    one.to_port = rule.to_port();
    if (!rule.cidr().empty()) one.block = Block(rule.cidr());
    one.group_id = rule.group_id();
    one.prefix_list_id = rule.prefix_list_id();
  }
  return out;
}

std::string DefaultGroup(const std::string& vpc) { return absl::StrCat("sg-default-", vpc); }

template <typename Groups>
std::vector<std::string> GroupsOr(const Groups& groups, const std::string& vpc) {
  std::vector<std::string> out(groups.begin(), groups.end());
  if (out.empty()) out.push_back(DefaultGroup(vpc));
  return out;
}

}  // namespace

vpc::Network NetworkModel(const Context& context) {
  vpc::Network net;
  for (const auto& [id, v] : context.model.vpcs) {
    net.vpcs[id] = {.blocks = {Block(v.cidr())}, .main_route_table = absl::StrCat("rtb-main-", id)};
    net.route_tables[absl::StrCat("rtb-main-", id)] = {.vpc = id};
    vpc::SecurityGroupRule all, self;
    all.block = Block("0.0.0.0/0");
    self.group_id = DefaultGroup(id);
    net.security_groups[DefaultGroup(id)] = {.vpc = id, .name = "default", .ingress = {self}, .egress = {all}};
  }
  for (const auto& [id, s] : context.model.subnets) {
    net.subnets[id] = {.vpc = s.vpc_id(),
                       .blocks = {Block(s.cidr())},
                       .availability_zone = s.availability_zone(),
                       .map_public_ip_on_launch = s.map_public_ip()};
  }
  for (const auto& [id, record] : context.model.plain) {
    const std::string& type = record.type();
    if (type == "AWS::EC2::RouteTable") net.route_tables[id].vpc = record.vpc_id();
    if (type == "AWS::EC2::VPCGatewayAttachment") {
      const std::string gateway = Attribute(record, "InternetGatewayId");
      if (!gateway.empty()) net.internet_gateways[gateway].vpc = record.vpc_id();
    }
    if (type == "AWS::EC2::Route") {
      vpc::NetworkRoute route;
      route.destination = Block(Attribute(record, "Destination"));
      route.target = Attribute(record, "TargetId");
      net.route_tables[Attribute(record, "RouteTableId")].routes.push_back(route);
    }
    if (type == "AWS::EC2::SubnetRouteTableAssociation") {
      const auto subnet = net.subnets.find(Attribute(record, "SubnetId"));
      if (subnet != net.subnets.end()) subnet->second.route_table = Attribute(record, "RouteTableId");
    }
    if (type == "AWS::EC2::SecurityGroup") {
      net.security_groups[id] = {.vpc = record.vpc_id(),
                                 .name = record.group_name(),
                                 .ingress = Rules(record.ingress()),
                                 .egress = Rules(record.egress())};
    }
  }
  for (const auto& [id, one] : context.model.instances) {
    if (IsTerminated(one)) continue;
    vpc::InterfaceAddress address{Ip(one.private_ip())};
    if (!one.public_ip().empty()) address.public_address = Ip(one.public_ip());
    net.interfaces[absl::StrCat("eni-", id.substr(2))] = {
        .subnet = one.subnet_id(),
        .addresses = {address},
        .security_groups = GroupsOr(one.security_group_ids(), one.vpc_id()),
        .attached_to = id};
  }
  for (const auto& [arn, lb] : context.model.load_balancers) {
    const std::string token = arn.substr(arn.rfind('/') + 1);
    for (int i = 0; i < lb.subnet_ids_size(); ++i) {
      vpc::InterfaceAddress address{Ip(lb.private_ips(i))};
      if (lb.scheme() == "internet-facing") address.public_address = Ip(lb.loopback_ips(i));
      net.interfaces[absl::StrCat("eni-lb", i, token)] = {
          .subnet = lb.subnet_ids(i),
          .addresses = {address},
          .security_groups = GroupsOr(lb.security_group_ids(), lb.vpc_id()),
          .attached_to = absl::StrCat("lb-", token)};
    }
  }
  for (const auto& [id, db] : context.model.databases) {
    const auto subnet = net.subnets.find(db.subnet_id());
    if (subnet == net.subnets.end()) continue;
    net.interfaces[absl::StrCat("eni-db", Digest(id))] = {
        .subnet = db.subnet_id(),
        .addresses = {{Ip(db.private_ip())}},
        .security_groups = GroupsOr(db.vpc_security_group_ids(), subnet->second.vpc),
        .attached_to = absl::StrCat("db-", Digest(id))};
  }
  return net;
}

}  // namespace nubo::region
