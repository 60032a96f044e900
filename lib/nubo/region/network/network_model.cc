#include "nubo/region/network/network_model.h"

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nubo/net/ip_address.h"
#include "nubo/region/network/interfaces.h"
#include "nubo/region/network/network_acls.h"
#include "nubo/region/network/plain_records.h"
#include "nubo/region/network/prefix_lists.h"
#include "nubo/region/network/security_group_rules.h"
#include "nubo/region/state/digest.h"
#include "nubo/region/state/instance_facts.h"
#include "nubo/region/state/service_ids.h"

namespace nubo::region {
namespace {

std::optional<net::IpAddress> AddressIn(const std::string& text) {
  const auto address = net::IpAddress::Parse(text);
  return address.ok() ? std::optional<net::IpAddress>(*address) : std::nullopt;
}

class Builder {
 public:
  explicit Builder(const Context& context) : model_(context.model) {}

  vpc::Network Build() {
    AddVpcs();
    AddSubnets();
    CollectAddresses();
    for (const auto& [id, record] : model_.plain) AddPlainRecord(id, record);
    for (const auto& [id, record] : model_.plain) AddOfPlainRecord(record);
    AddInstances();
    AddBalancers();
    AddDatabases();
    return std::move(network_);
  }

 private:
  void AddVpcs() {
    for (const auto& [id, record] : model_.vpcs) {
      vpc::Vpc& vpc = network_.vpcs[id];
      vpc.blocks.push_back(BlockOf(record.cidr()));
      vpc.main_route_table = MainRouteTable(id);
      vpc.dns_support = !record.no_dns_support();
      vpc.dns_hostnames = record.dns_hostnames();
      network_.route_tables[vpc.main_route_table].vpc = id;
      AddGroup(*FindSecurityGroup(model_, DefaultSecurityGroup(id)));
      AddAcl(*FindNetworkAcl(model_, DefaultNetworkAcl(id)));
    }
  }

  void AddSubnets() {
    for (const auto& [id, record] : model_.subnets) {
      vpc::Subnet& subnet = network_.subnets[id];
      subnet.vpc = record.vpc_id();
      subnet.blocks.push_back(BlockOf(record.cidr()));
      subnet.availability_zone = record.availability_zone();
      subnet.acl = DefaultNetworkAcl(record.vpc_id());
      subnet.map_public_ip_on_launch = record.map_public_ip();
    }
  }

  // Elastic addresses of interfaces that are on record; an instance knows its own.
  void CollectAddresses() {
    for (const auto& [id, record] : model_.plain) {
      if (record.type() != kAddressType) continue;
      const std::string interface = Attribute(record, "NetworkInterfaceId");
      if (interface.empty()) continue;
      public_addresses_[{interface, Attribute(record, "PrivateIpAddress")}] = AddressIn(Attribute(record, "PublicIp"));
    }
  }

  // What stands by itself.
  void AddPlainRecord(const std::string& id, const v1::PlainState& record) {
    const std::string& type = record.type();
    if (type == kSecurityGroupType) {
      AddGroup(record);
    } else if (type == kNetworkAclType) {
      AddAcl(record);
    } else if (type == kRouteTableType) {
      network_.route_tables[id].vpc = record.vpc_id();
    } else if (type == kInternetGatewayType) {
      network_.internet_gateways[id];
    } else if (type == kEgressOnlyGatewayType) {
      network_.internet_gateways[id] = {.vpc = record.vpc_id(), .egress_only = true};
    } else if (type == kNatGatewayType) {
      AddNatGateway(id, record);
    } else if (type == kPrefixListType) {
      network_.prefix_lists[id] = PrefixesOf(model_, id);
    } else if (type == kPeeringType) {
      network_.peerings[id] = {.requester = record.vpc_id(), .accepter = Attribute(record, "PeerVpcId")};
    } else if (type == kEndpointType) {
      network_.endpoints[id] = {.vpc = record.vpc_id(),
                                .service = Attribute(record, "ServiceName"),
                                .gateway = Attribute(record, "VpcEndpointType") == "Gateway"};
    } else if (type == kInterfaceType) {
      AddInterface(id, record);
    }
  }

  // What is said of others, which are all there by now.
  void AddOfPlainRecord(const v1::PlainState& record) {
    const std::string& type = record.type();
    if (type == kAttachmentType) {
      const auto gateway = network_.internet_gateways.find(Attribute(record, "InternetGatewayId"));
      if (gateway != network_.internet_gateways.end()) gateway->second.vpc = record.vpc_id();
    } else if (type == kRouteType) {
      AddRoute(record);
    } else if (type == kVpcBlockType) {
      AddVpcBlock(record);
    } else if (type == kEndpointType) {
      AddEndpointRoutes(record);
    } else if (vpc::Subnet* subnet = SubnetOf(record); subnet != nullptr) {
      if (type == kTableAssociationType) subnet->route_table = Attribute(record, "RouteTableId");
      if (type == kAclAssociationType) subnet->acl = Attribute(record, "NetworkAclId");
      if (type == kSubnetBlockType) subnet->blocks.push_back(BlockOf(Attribute(record, "Ipv6CidrBlock")));
    }
  }

  vpc::Subnet* SubnetOf(const v1::PlainState& record) {
    const auto found = network_.subnets.find(Attribute(record, "SubnetId"));
    return found == network_.subnets.end() ? nullptr : &found->second;
  }

  // Blocks of IPv4 before those of IPv6.
  void AddVpcBlock(const v1::PlainState& record) {
    const auto vpc = network_.vpcs.find(record.vpc_id());
    if (vpc == network_.vpcs.end()) return;
    std::vector<net::Prefix>& blocks = vpc->second.blocks;
    if (const auto v4 = net::Prefix::Parse(Attribute(record, "CidrBlock")); v4.ok()) {
      auto at = blocks.begin();
      while (at != blocks.end() && at->is_v4()) ++at;
      blocks.insert(at, *v4);
    } else if (const auto v6 = net::Prefix::Parse(Attribute(record, "Ipv6CidrBlock")); v6.ok()) {
      blocks.push_back(*v6);
    }
  }

  // An instance stands for its own interface.
  void AddRoute(const v1::PlainState& record) {
    const auto table = network_.route_tables.find(Attribute(record, "RouteTableId"));
    if (table == network_.route_tables.end()) return;
    vpc::NetworkRoute route;
    if (const auto block = net::Prefix::Parse(Attribute(record, "Destination")); block.ok()) {
      route.destination = *block;
    } else {
      route.prefix_list = Attribute(record, "DestinationPrefixListId");
    }
    route.target = Attribute(record, "TargetId");
    if (Attribute(record, "TargetKind") == "InstanceId") route.target = OwnInterfaceOf(route.target);
    table->second.routes.push_back(std::move(route));
  }

  // AWS's list of the service's addresses, which is empty here.
  void AddEndpointRoutes(const v1::PlainState& record) {
    if (Attribute(record, "VpcEndpointType") != "Gateway") return;
    const std::string service = Attribute(record, "ServiceName");
    const std::string list = AwsPrefixList(service.substr(service.rfind('.') + 1));
    network_.prefix_lists[list];
    for (const std::string& id : ListOf(record, "RouteTableIds")) {
      const auto table = network_.route_tables.find(id);
      if (table == network_.route_tables.end()) continue;
      table->second.routes.push_back({.destination = std::nullopt, .prefix_list = list, .target = record.id()});
    }
  }

  // One that a former version recorded, by the lowest port that it opens, let everything out.
  void AddGroup(const v1::PlainState& record) {
    vpc::NetworkSecurityGroup& group = network_.security_groups[record.id()];
    group = {.vpc = record.vpc_id(), .name = record.group_name(), .ingress = {}, .egress = {}};
    for (const v1::SecurityGroupRule& rule : record.ingress()) group.ingress.push_back(RuleOf(rule));
    for (const v1::SecurityGroupRule& rule : record.egress()) group.egress.push_back(RuleOf(rule));
    if (record.has_rules()) return;
    constexpr int kTcp = 6;
    group.egress.push_back({.block = net::Prefix()});
    if (record.public_port() == 0) return;
    group.ingress.push_back(
        {.protocol = kTcp, .from_port = record.public_port(), .to_port = record.public_port(), .block = net::Prefix()});
  }

  void AddAcl(const v1::PlainState& record) {
    vpc::NetworkAcl& acl = network_.acls[record.id()];
    acl = {.vpc = record.vpc_id(), .ingress = {}, .egress = {}};
    for (const v1::NetworkAclEntry& entry : record.entries()) {
      (entry.egress() ? acl.egress : acl.ingress).push_back(AclEntryOf(entry));
      AddForIpv6(record, entry, acl);
    }
  }

  // A default ACL lets IPv6 pass as it does IPv4, once its VPC has a block of it.
  void AddForIpv6(const v1::PlainState& record, const v1::NetworkAclEntry& entry, vpc::NetworkAcl& acl) {
    const bool is_default = record.id() == DefaultNetworkAcl(record.vpc_id()) && entry.id().empty() &&
                            entry.number() == vpc::kDefaultAclNumber;
    if (!is_default) return;
    vpc::NetworkAclEntry also = AclEntryOf(entry);
    also.number = vpc::kDefaultAclNumber + 1;
    also.block = *net::Prefix::Parse("::/0");
    (entry.egress() ? acl.egress : acl.ingress).push_back(also);
  }

  void AddNatGateway(const std::string& id, const v1::PlainState& record) {
    const auto address = AddressIn(Attribute(record, "PrivateIpAddress"));
    if (!address.has_value()) return;
    const std::string subnet = Attribute(record, "SubnetId");
    network_.nat_gateways[id] = {
        .subnet = subnet, .private_address = *address, .public_address = AddressIn(Attribute(record, "PublicIp"))};
    // It takes packets of others, and no group stops them.
    vpc::NetworkInterface& interface = network_.interfaces[OwnInterfaceOf(id)];
    interface.subnet = subnet;
    interface.addresses = {{*address, AddressIn(Attribute(record, "PublicIp"))}};
    interface.attached_to = id;
    interface.source_dest_check = false;
  }

  void AddInterface(const std::string& id, const v1::PlainState& record) {
    vpc::NetworkInterface& interface = network_.interfaces[id];
    interface.subnet = Attribute(record, "SubnetId");
    for (const std::string& text : AddressesOf(record)) {
      const auto address = AddressIn(text);
      if (!address.has_value()) continue;
      const auto found = public_addresses_.find({id, text});
      interface.addresses.push_back({*address, found == public_addresses_.end() ? std::nullopt : found->second});
    }
    for (const std::string& text : ListOf(record, "Ipv6Addresses")) {
      if (const auto address = AddressIn(text); address.has_value()) interface.addresses.push_back({*address});
    }
    interface.security_groups = ListOf(record, "Groups");
    interface.attached_to = AttachedTo(model_, record);
    interface.source_dest_check = Attribute(record, "SourceDestCheck") != "false";
  }

  // `groups`, or the default group of the subnet's VPC. Without effect for what is no address of a subnet.
  void AddOwn(const std::string& id, const std::string& subnet_id, const std::string& private_ip,
              const std::optional<net::IpAddress>& public_ip, std::vector<std::string> groups,
              const std::string& attached_to) {
    const auto address = AddressIn(private_ip);
    const auto subnet = network_.subnets.find(subnet_id);
    if (!address.has_value() || subnet == network_.subnets.end()) return;
    if (groups.empty()) groups.push_back(DefaultSecurityGroup(subnet->second.vpc));
    network_.interfaces[id] = {.subnet = subnet_id,
                               .addresses = {{*address, public_ip}},
                               .security_groups = std::move(groups),
                               .attached_to = attached_to};
  }

  void AddInstances() {
    for (const auto& [id, record] : model_.instances) {
      if (IsTerminated(record)) continue;
      AddOwn(OwnInterfaceOf(id), record.subnet_id(), record.private_ip(), AddressIn(record.public_ip()),
             {record.security_group_ids().begin(), record.security_group_ids().end()}, id);
    }
  }

  void AddBalancers() {
    for (const auto& [arn, record] : model_.load_balancers) {
      for (int i = 0; i < record.subnet_ids_size() && i < record.private_ips_size(); ++i) {
        const bool is_public = record.scheme() == "internet-facing" && i < record.loopback_ips_size();
        AddOwn(InterfaceOfBalancer(arn, record.subnet_ids(i)), record.subnet_ids(i), record.private_ips(i),
               is_public ? AddressIn(record.loopback_ips(i)) : std::nullopt,
               {record.security_group_ids().begin(), record.security_group_ids().end()}, BalancerServiceId(arn));
      }
    }
  }

  void AddDatabases() {
    for (const auto& [id, record] : model_.databases) {
      AddOwn(InterfaceOfDatabase(id), record.subnet_id(), record.private_ip(), std::nullopt,
             {record.security_group_ids().begin(), record.security_group_ids().end()}, DatabaseServiceId(id));
    }
  }

  const Model& model_;
  vpc::Network network_;
  // By interface and private address.
  std::map<std::pair<std::string, std::string>, std::optional<net::IpAddress>> public_addresses_;
};

}  // namespace

vpc::Network NetworkModel(const Context& context) { return Builder(context).Build(); }

std::string MainRouteTable(const std::string& vpc_id) { return absl::StrCat("rtb-", DigitsOf(vpc_id)); }

std::string InterfaceOfBalancer(const std::string& arn, const std::string& subnet_id) {
  return absl::StrCat("eni-", Digest(absl::StrCat(arn, "\n", subnet_id)));
}

std::string InterfaceOfDatabase(const std::string& database_id) {
  return absl::StrCat("eni-", Digest(absl::StrCat("database\n", database_id)));
}

}  // namespace nubo::region
