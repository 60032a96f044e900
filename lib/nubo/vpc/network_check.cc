#include "nubo/vpc/network_check.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "nubo/net/ip_address.h"
#include "nubo/vpc/security_group.h"
#include "nubo/vpc/traffic.h"

namespace nubo::vpc {
namespace {

constexpr int kAclNumberMax = 32766;
constexpr int kPortMax = 65535;
constexpr int kTypeMax = 255;
constexpr int kIpv6SubnetLength = 64;
// AWS keeps the first four addresses of a subnet and the last.
constexpr int kReservedFirst = 4;

bool Has(const auto& things, const std::string& id) { return things.find(id) != things.end(); }

bool AnyContains(const std::vector<net::Prefix>& blocks, const auto& what) {
  return std::any_of(blocks.begin(), blocks.end(), [&](const net::Prefix& block) { return block.Contains(what); });
}

// The first two that overlap.
std::optional<std::pair<net::Prefix, net::Prefix>> Overlap(const std::vector<net::Prefix>& a,
                                                           const std::vector<net::Prefix>& b) {
  for (const net::Prefix& one : a) {
    for (const net::Prefix& other : b) {
      if (one.Overlaps(other)) return std::pair(one, other);
    }
  }
  return std::nullopt;
}

bool IsReserved(const net::Prefix& block, const net::IpAddress& address) {
  if (!block.Contains(address)) return false;
  return address.value() - block.first().value() < kReservedFirst || (block.is_v4() && address == block.last());
}

// "", or what is wrong with its ports.
std::string PortsFault(const Traffic& traffic) {
  const auto [protocol, from, to] = traffic;
  if (HasPorts(protocol) && (from < 0 || to > kPortMax || from > to)) {
    return absl::StrCat("the ports ", from, " to ", to, " are no range within 0 to ", kPortMax);
  }
  if (IsIcmp(protocol) && (from < -1 || from > kTypeMax || to < -1 || to > kTypeMax || (from == -1 && to != -1))) {
    return absl::StrCat("the ICMP type ", from, " and code ", to, " are not both -1 to ", kTypeMax);
  }
  return "";
}

class Checker {
 public:
  explicit Checker(const Network& network) : network_(network) {}

  std::vector<NetworkFinding> Run() {
    for (const auto& [id, vpc] : network_.vpcs) CheckVpc(id, vpc);
    for (const auto& [id, subnet] : network_.subnets) CheckSubnet(id, subnet);
    CheckSubnetsOverlap();
    for (const auto& [id, table] : network_.route_tables) CheckRouteTable(id, table);
    CheckGateways();
    for (const auto& [id, nat] : network_.nat_gateways) CheckNat(id, nat);
    for (const auto& [id, acl] : network_.acls) CheckAcl(id, acl);
    for (const auto& [id, group] : network_.security_groups) CheckGroup(id, group);
    for (const auto& [id, interface] : network_.interfaces) CheckInterface(id, interface);
    CheckAddresses();
    for (const auto& [id, peering] : network_.peerings) CheckPeering(id, peering);
    for (const auto& [id, endpoint] : network_.endpoints) CheckEndpoint(id, endpoint);
    return std::move(findings_);
  }

 private:
  template <typename... Parts>
  void Find(const std::string& id, const Parts&... parts) {
    findings_.push_back({id, absl::StrCat(parts...)});
  }

  const Vpc* VpcOf(const std::string& id) const {
    const auto it = network_.vpcs.find(id);
    return it == network_.vpcs.end() ? nullptr : &it->second;
  }

  // True if the VPC is there.
  bool CheckVpcOf(const std::string& id, const std::string& vpc) {
    if (VpcOf(vpc) != nullptr) return true;
    Find(id, "its VPC \"", vpc, "\" is not there");
    return false;
  }

  // That `named`, if any, is one of `things` and of the VPC.
  void CheckNamed(const std::string& id, absl::string_view what, const auto& things, const std::string& named,
                  const std::string& vpc) {
    if (named.empty()) return;
    const auto it = things.find(named);
    if (it == things.end()) {
      Find(id, "its ", what, " ", named, " is not there");
    } else if (it->second.vpc != vpc) {
      Find(id, "its ", what, " ", named, " is of ", it->second.vpc, " and not of ", vpc);
    }
  }

  void CheckVpc(const std::string& id, const Vpc& vpc) {
    if (vpc.blocks.empty() || !vpc.blocks.front().is_v4()) Find(id, "it has no primary IPv4 block");
    for (auto block = vpc.blocks.begin(); block != vpc.blocks.end(); ++block) {
      if (const auto both = Overlap({vpc.blocks.begin(), block}, {*block}); both.has_value()) {
        Find(id, "its blocks ", both->first.ToString(), " and ", both->second.ToString(), " overlap");
      }
    }
    CheckNamed(id, "main route table", network_.route_tables, vpc.main_route_table, id);
  }

  void CheckSubnet(const std::string& id, const Subnet& subnet) {
    const auto v6 = std::count_if(subnet.blocks.begin(), subnet.blocks.end(),
                                  [](const net::Prefix& block) { return !block.is_v4(); });
    if (static_cast<long>(subnet.blocks.size()) - v6 != 1) Find(id, "it has not one IPv4 block");
    if (v6 > 1) Find(id, "it has more than one IPv6 block");
    for (const net::Prefix& block : subnet.blocks) {
      if (!block.is_v4() && block.length() != kIpv6SubnetLength) {
        Find(id, "its IPv6 block ", block.ToString(), " is no /", kIpv6SubnetLength);
      }
    }
    if (!CheckVpcOf(id, subnet.vpc)) return;
    for (const net::Prefix& block : subnet.blocks) {
      if (!AnyContains(VpcOf(subnet.vpc)->blocks, block)) {
        Find(id, "its block ", block.ToString(), " is outside of ", subnet.vpc);
      }
    }
    CheckNamed(id, "route table", network_.route_tables, subnet.route_table, subnet.vpc);
    CheckNamed(id, "ACL", network_.acls, subnet.acl, subnet.vpc);
  }

  void CheckSubnetsOverlap() {
    for (auto a = network_.subnets.begin(); a != network_.subnets.end(); ++a) {
      for (auto b = std::next(a); b != network_.subnets.end(); ++b) {
        if (a->second.vpc != b->second.vpc) continue;
        const auto both = Overlap(a->second.blocks, b->second.blocks);
        if (!both.has_value()) continue;
        Find(b->first, "its block ", both->second.ToString(), " overlaps ", both->first.ToString(), " of ", a->first);
      }
    }
  }

  void CheckRouteTable(const std::string& id, const NetworkRouteTable& table) {
    if (!CheckVpcOf(id, table.vpc)) return;
    std::set<net::Prefix> blocks;
    std::set<std::string> lists;
    for (const NetworkRoute& route : table.routes) {
      if (route.destination.has_value() != route.prefix_list.empty()) {
        Find(id, "its route to ", route.target, " has not one destination");
        continue;
      }
      const std::string to = route.destination.has_value() ? route.destination->ToString() : route.prefix_list;
      const bool is_new =
          route.destination.has_value() ? blocks.insert(*route.destination).second : lists.insert(to).second;
      if (!is_new) Find(id, "it has two routes to ", to);
      CheckTarget(id, table.vpc, to, route);
      if (route.destination.has_value()) {
        CheckDestination(id, table.vpc, *route.destination);
      } else if (!Has(network_.prefix_lists, route.prefix_list) && !Has(network_.endpoints, route.target)) {
        Find(id, "the prefix list ", to, " of its route to ", route.target, " is not there");
      }
    }
  }

  // A route more specific than local must be for a whole subnet (Amazon VPC user guide, "Route tables").
  void CheckDestination(const std::string& id, const std::string& vpc, const net::Prefix& destination) {
    if (!AnyContains(VpcOf(vpc)->blocks, destination)) return;
    for (const auto& [subnet_id, subnet] : network_.subnets) {
      const auto& blocks = subnet.blocks;
      if (subnet.vpc == vpc && std::find(blocks.begin(), blocks.end(), destination) != blocks.end()) return;
    }
    Find(id, "its route to ", destination.ToString(), " is within ", vpc, " and not the whole block of a subnet");
  }

  void CheckTarget(const std::string& id, const std::string& vpc, const std::string& to, const NetworkRoute& route) {
    const std::string& target = route.target;
    const auto of = [&](const std::string& other, absl::string_view what) {
      if (other != vpc) Find(id, "its route to ", to, " is a blackhole: ", target, " ", what, " ", vpc);
    };
    const auto vpc_of_subnet = [&](const std::string& subnet) {
      const auto it = network_.subnets.find(subnet);
      return it == network_.subnets.end() ? std::string() : it->second.vpc;
    };
    if (const auto igw = network_.internet_gateways.find(target); igw != network_.internet_gateways.end()) {
      of(igw->second.vpc, "is not attached to");
    } else if (const auto nat = network_.nat_gateways.find(target); nat != network_.nat_gateways.end()) {
      of(vpc_of_subnet(nat->second.subnet), "is in no subnet of");
    } else if (const auto eni = network_.interfaces.find(target); eni != network_.interfaces.end()) {
      of(vpc_of_subnet(eni->second.subnet), "is in no subnet of");
      if (eni->second.attached_to.empty()) {
        Find(id, "its route to ", to, " is a blackhole: ", target, " is attached to nothing");
      } else if (eni->second.source_dest_check) {
        Find(id, "its route to ", to, " leads to ", target, ", which drops what is not for it");
      }
    } else if (const auto endpoint = network_.endpoints.find(target); endpoint != network_.endpoints.end()) {
      of(endpoint->second.vpc, "is no endpoint of");
      if (!endpoint->second.gateway) Find(id, "its route to ", to, " leads to ", target, ", an interface endpoint");
    } else if (const auto pcx = network_.peerings.find(target); pcx != network_.peerings.end()) {
      of(pcx->second.requester == vpc ? vpc : pcx->second.accepter, "does not join");
      if (!pcx->second.active) Find(id, "its route to ", to, " is a blackhole: ", target, " is not active");
    } else {
      Find(id, "its route to ", to, " is a blackhole: ", target, " is not there");
    }
  }

  void CheckGateways() {
    std::map<std::pair<std::string, bool>, std::string> attached;
    for (const auto& [id, gateway] : network_.internet_gateways) {
      if (gateway.vpc.empty() || !CheckVpcOf(id, gateway.vpc)) continue;
      const auto [it, is_new] = attached.try_emplace({gateway.vpc, gateway.egress_only}, id);
      if (!is_new && !gateway.egress_only) Find(id, gateway.vpc, " has an internet gateway already, ", it->second);
    }
  }

  void CheckNat(const std::string& id, const NatGateway& nat) {
    const auto subnet = network_.subnets.find(nat.subnet);
    if (subnet == network_.subnets.end()) {
      Find(id, "its subnet \"", nat.subnet, "\" is not there");
    } else if (!AnyContains(subnet->second.blocks, nat.private_address)) {
      Find(id, "its address ", nat.private_address.ToString(), " is outside of ", nat.subnet);
    }
  }

  void CheckAcl(const std::string& id, const NetworkAcl& acl) {
    CheckVpcOf(id, acl.vpc);
    CheckEntries(id, "ingress", acl.ingress);
    CheckEntries(id, "egress", acl.egress);
  }

  void CheckEntries(const std::string& id, absl::string_view way, const std::vector<NetworkAclEntry>& entries) {
    std::set<int> numbers;
    for (const NetworkAclEntry& entry : entries) {
      if (entry.number < 1 || entry.number > kAclNumberMax) {
        Find(id, "its ", way, " entry ", entry.number, " is not numbered 1 to ", kAclNumberMax);
      }
      if (!numbers.insert(entry.number).second) Find(id, "it has two ", way, " entries ", entry.number);
      const std::string fault = PortsFault(TrafficOf(entry));
      if (!fault.empty()) Find(id, "of its ", way, " entry ", entry.number, " ", fault);
    }
  }

  void CheckGroup(const std::string& id, const NetworkSecurityGroup& group) {
    CheckVpcOf(id, group.vpc);
    for (const SecurityGroupRule& rule : group.ingress) CheckRule(id, group.vpc, Direction::kIngress, rule);
    for (const SecurityGroupRule& rule : group.egress) CheckRule(id, group.vpc, Direction::kEgress, rule);
  }

  void CheckRule(const std::string& id, const std::string& vpc, Direction direction, const SecurityGroupRule& rule) {
    const std::string text = SecurityGroupRuleText(direction, rule);
    const int peers =
        (rule.block.has_value() ? 1 : 0) + (rule.group_id.empty() ? 0 : 1) + (rule.prefix_list_id.empty() ? 0 : 1);
    if (peers != 1) Find(id, "its rule ", text, " names not one of a block, a group and a prefix list");
    if (const std::string fault = PortsFault(TrafficOf(rule)); !fault.empty())
      Find(id, "of its rule ", text, " ", fault);
    if (!rule.prefix_list_id.empty() && !Has(network_.prefix_lists, rule.prefix_list_id) &&
        !IsEndpointList(rule.prefix_list_id)) {
      Find(id, "its rule ", text, " lets nobody through: the prefix list is not there");
    }
    if (rule.group_id.empty()) return;
    const auto group = network_.security_groups.find(rule.group_id);
    if (group == network_.security_groups.end()) {
      Find(id, "its rule ", text, " lets nobody through: the group is not there");
    } else if (group->second.vpc != vpc && !Joined(group->second.vpc, vpc)) {
      Find(id, "its rule ", text, " lets nobody through: no active peering joins ", vpc, " and ", group->second.vpc);
    }
  }

  bool IsEndpointList(const std::string& list) const {
    for (const auto& [id, table] : network_.route_tables) {
      for (const NetworkRoute& route : table.routes) {
        if (route.prefix_list == list && Has(network_.endpoints, route.target)) return true;
      }
    }
    return false;
  }

  bool Joined(const std::string& a, const std::string& b) const {
    return std::any_of(network_.peerings.begin(), network_.peerings.end(), [&](const auto& entry) {
      const PeeringConnection& peering = entry.second;
      return peering.active &&
             ((peering.requester == a && peering.accepter == b) || (peering.requester == b && peering.accepter == a));
    });
  }

  // Its addresses are the gateway's, and no group stops what is for it.
  bool IsOfNat(const NetworkInterface& interface) const { return Has(network_.nat_gateways, interface.attached_to); }

  void CheckInterface(const std::string& id, const NetworkInterface& interface) {
    if (interface.addresses.empty()) Find(id, "it has no address");
    for (const InterfaceAddress& own : interface.addresses) {
      if (own.public_address.has_value() && own.address.is_v6()) {
        Find(id, "its IPv6 address ", own.address.ToString(), " has a public address, and needs none");
      }
    }
    const auto subnet = network_.subnets.find(interface.subnet);
    if (subnet == network_.subnets.end()) {
      Find(id, "its subnet \"", interface.subnet, "\" is not there");
      return;
    }
    for (const InterfaceAddress& own : interface.addresses) {
      const std::string address = own.address.ToString();
      if (!AnyContains(subnet->second.blocks, own.address)) {
        Find(id, "its address ", address, " is outside of ", interface.subnet);
      }
      for (const net::Prefix& block : subnet->second.blocks) {
        if (IsReserved(block, own.address)) Find(id, "its address ", address, " is reserved in ", interface.subnet);
      }
    }
    if (interface.security_groups.empty() && !IsOfNat(interface))
      Find(id, "it has no security group, and nothing passes");
    for (const std::string& group : interface.security_groups) {
      CheckNamed(id, "security group", network_.security_groups, group, subnet->second.vpc);
    }
  }

  void CheckAddresses() {
    // By VPC, "" for public ones, which are of all.
    std::map<std::pair<std::string, net::IpAddress>, std::string> holders;
    const auto hold = [&](const std::string& id, const std::string& vpc, const net::IpAddress& address) {
      const auto [it, is_new] = holders.try_emplace({vpc, address}, id);
      if (is_new) return;
      Find(id, "its address ", address.ToString(), it->second == id ? " is given twice" : " is also that of ",
           it->second == id ? "" : it->second);
    };
    const auto hold_both = [&](const std::string& id, const std::string& subnet_id, const net::IpAddress& address,
                               const std::optional<net::IpAddress>& open) {
      const auto subnet = network_.subnets.find(subnet_id);
      if (subnet != network_.subnets.end()) hold(id, subnet->second.vpc, address);
      if (open.has_value()) hold(id, "", *open);
    };
    for (const auto& [id, interface] : network_.interfaces) {
      if (IsOfNat(interface)) continue;
      for (const InterfaceAddress& own : interface.addresses) {
        hold_both(id, interface.subnet, own.address, own.public_address);
      }
    }
    for (const auto& [id, nat] : network_.nat_gateways) {
      hold_both(id, nat.subnet, nat.private_address, nat.public_address);
    }
  }

  void CheckPeering(const std::string& id, const PeeringConnection& peering) {
    const bool requester = CheckVpcOf(id, peering.requester);
    if (!CheckVpcOf(id, peering.accepter) || !requester) return;
    if (peering.requester == peering.accepter) {
      Find(id, "it joins ", peering.requester, " to itself");
      return;
    }
    const auto overlap = Overlap(VpcOf(peering.requester)->blocks, VpcOf(peering.accepter)->blocks);
    if (!overlap.has_value()) return;
    Find(id, "the VPCs it joins overlap: ", overlap->first.ToString(), " of ", peering.requester, " and ",
         overlap->second.ToString(), " of ", peering.accepter);
  }

  void CheckEndpoint(const std::string& id, const VpcEndpoint& endpoint) {
    CheckVpcOf(id, endpoint.vpc);
    if (endpoint.gateway && endpoint.blocks.empty()) Find(id, "it is a gateway endpoint without blocks");
  }

  const Network& network_;
  std::vector<NetworkFinding> findings_;
};

// Whether what has this id is the VPC or of it.
bool IsOf(const Network& network, const std::string& id, absl::string_view vpc) {
  const auto of = [&](const auto& things) {
    const auto it = things.find(id);
    return it != things.end() && it->second.vpc == vpc;
  };
  const auto in_subnet_of = [&](const auto& things) {
    const auto it = things.find(id);
    if (it == things.end()) return false;
    const auto subnet = network.subnets.find(it->second.subnet);
    return subnet != network.subnets.end() && subnet->second.vpc == vpc;
  };
  const auto peering = network.peerings.find(id);
  const bool joins =
      peering != network.peerings.end() && (peering->second.requester == vpc || peering->second.accepter == vpc);
  return id == vpc || joins || of(network.subnets) || of(network.route_tables) || of(network.internet_gateways) ||
         of(network.acls) || of(network.security_groups) || of(network.endpoints) ||
         in_subnet_of(network.nat_gateways) || in_subnet_of(network.interfaces);
}

}  // namespace

std::vector<NetworkFinding> Check(const Network& network) { return Checker(network).Run(); }

std::vector<NetworkFinding> CheckVpc(const Network& network, absl::string_view vpc_id) {
  std::vector<NetworkFinding> findings = Check(network);
  const auto other = [&](const NetworkFinding& finding) { return !IsOf(network, finding.id, vpc_id); };
  findings.erase(std::remove_if(findings.begin(), findings.end(), other), findings.end());
  return findings;
}

}  // namespace nubo::vpc
