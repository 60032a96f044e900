#include "nubo/vpc/network_index.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "nubo/base/strings.h"

namespace nubo::vpc {
namespace {

using Kind = IndexedRoute::Kind;

constexpr char kLocal[] = "local";

template <typename T>
const T* Find(const ById<T>& things, absl::string_view id) {
  const auto it = things.find(base::ToStd(id));
  return it == things.end() ? nullptr : &it->second;
}

bool AnyContains(const std::vector<net::Prefix>& blocks, const net::IpAddress& address) {
  return std::any_of(blocks.begin(), blocks.end(), [&](const net::Prefix& block) { return block.Contains(address); });
}

std::vector<const NetworkAclEntry*> ByNumber(const std::vector<NetworkAclEntry>& entries) {
  std::vector<const NetworkAclEntry*> sorted;
  for (const NetworkAclEntry& entry : entries) sorted.push_back(&entry);
  // Of two with one number, the one declared first.
  std::sort(sorted.begin(), sorted.end(), [](const NetworkAclEntry* a, const NetworkAclEntry* b) {
    return a->number != b->number ? a->number < b->number : a < b;
  });
  return sorted;
}

std::optional<net::IpAddress> Resolver(const Vpc& vpc) {
  if (vpc.blocks.empty() || !vpc.blocks.front().is_v4()) return std::nullopt;
  return net::IpAddress::V4(vpc.blocks.front().first().v4() + 2);
}

void Blackhole(IndexedRoute& route, std::string why) {
  route.kind = Kind::kBlackhole;
  route.why = std::move(why);
}

}  // namespace

bool IndexedVpc::Contains(const net::IpAddress& address) const { return AnyContains(vpc->blocks, address); }

bool IndexedSubnet::Contains(const net::IpAddress& address) const { return AnyContains(subnet->blocks, address); }

bool IndexedInterface::Holds(const net::IpAddress& address) const {
  return std::any_of(interface->addresses.begin(), interface->addresses.end(),
                     [&](const InterfaceAddress& own) { return own.address == address; });
}

const IndexedRoute* IndexedRouteTable::Lookup(const net::IpAddress& address) const {
  const auto it = std::find_if(routes.begin(), routes.end(),
                               [&](const IndexedRoute& route) { return route.destination.Contains(address); });
  return it == routes.end() ? nullptr : &*it;
}

bool IndexedRule::Means(const net::IpAddress& peer, bool may_be_member) const {
  if (AnyContains(blocks, peer)) return true;
  return may_be_member && group != nullptr && group->members.contains(peer);
}

NetworkIndex::NetworkIndex(const Network& network) : network_(network) {
  AddVpcs();
  AddSubnets();
  AddHolders();
  AddGroups();
  for (auto& [id, subnet] : subnets_) {
    const std::string& own = subnet.subnet->route_table;
    subnet.routes = MakeRouteTable(own.empty() ? subnet.vpc->vpc->main_route_table : own, *subnet.vpc);
  }
}

void NetworkIndex::AddVpcs() {
  for (const auto& [id, vpc] : network_.vpcs) vpcs_[id] = {.id = id, .vpc = &vpc, .resolver = Resolver(vpc)};
  for (const auto& [id, gateway] : network_.internet_gateways) {
    const auto vpc = vpcs_.find(gateway.vpc);
    if (vpc == vpcs_.end()) continue;
    std::string& slot = gateway.egress_only ? vpc->second.egress_only_gateway : vpc->second.internet_gateway;
    if (slot.empty()) slot = id;
  }
  for (const auto& [id, table] : network_.route_tables) {
    for (const NetworkRoute& route : table.routes) {
      const VpcEndpoint* endpoint = Find(network_.endpoints, route.target);
      if (endpoint != nullptr && endpoint->gateway && !route.prefix_list.empty()) {
        endpoint_lists_.emplace(route.prefix_list, endpoint);
      }
    }
  }
}

void NetworkIndex::AddSubnets() {
  for (const auto& [id, acl] : network_.acls) {
    acls_[id] = {.id = id, .ingress = ByNumber(acl.ingress), .egress = ByNumber(acl.egress)};
  }
  for (const auto& [id, subnet] : network_.subnets) {
    const IndexedVpc* vpc = Find(vpcs_, subnet.vpc);
    if (vpc == nullptr) continue;
    subnets_[id] = {.id = id, .subnet = &subnet, .vpc = vpc, .acl = Find(acls_, subnet.acl)};
  }
}

void NetworkIndex::AddHolders() {
  const auto add = [this](const IndexedSubnet& subnet, const Holder& holder) {
    vpcs_.find(subnet.vpc->id)->second.holders.emplace(holder.private_address, holder);
    if (holder.public_address.has_value()) public_.emplace(*holder.public_address, holder);
    if (holder.private_address.is_v6()) public_.emplace(holder.private_address, holder);
  };
  for (const auto& [id, interface] : network_.interfaces) {
    IndexedInterface& node = interfaces_[id];
    node = {.id = id, .interface = &interface, .subnet = Find(subnets_, interface.subnet)};
    if (node.subnet == nullptr) continue;
    for (const InterfaceAddress& own : interface.addresses) {
      add(*node.subnet, {.interface = &node, .private_address = own.address, .public_address = own.public_address});
    }
  }
  for (const auto& [id, nat] : network_.nat_gateways) {
    IndexedNat& node = nats_[id];
    node = {.id = id, .nat = &nat, .subnet = Find(subnets_, nat.subnet)};
    if (node.subnet == nullptr) continue;
    add(*node.subnet, {.nat = &node, .private_address = nat.private_address, .public_address = nat.public_address});
  }
}

void NetworkIndex::AddGroups() {
  for (const auto& [id, group] : network_.security_groups) groups_[id] = {.id = id, .group = &group};
  for (auto& [id, interface] : interfaces_) {
    for (const std::string& group_id : interface.interface->security_groups) {
      const auto group = groups_.find(group_id);
      if (group == groups_.end()) continue;
      interface.groups.push_back(&group->second);
      for (const InterfaceAddress& own : interface.interface->addresses) group->second.members.insert(own.address);
    }
  }
  for (auto& [id, group] : groups_) {
    group.ingress = IndexRules(group.group->vpc, group.group->ingress);
    group.egress = IndexRules(group.group->vpc, group.group->egress);
  }
}

std::vector<IndexedRule> NetworkIndex::IndexRules(const std::string& vpc,
                                                  const std::vector<SecurityGroupRule>& rules) const {
  const auto joined = [&](const std::string& other) {
    if (other == vpc) return true;
    return std::any_of(network_.peerings.begin(), network_.peerings.end(), [&](const auto& entry) {
      const PeeringConnection& peering = entry.second;
      return peering.active && ((peering.requester == vpc && peering.accepter == other) ||
                                (peering.requester == other && peering.accepter == vpc));
    });
  };
  std::vector<IndexedRule> indexed;
  for (const SecurityGroupRule& rule : rules) {
    IndexedRule& made = indexed.emplace_back();
    made.rule = &rule;
    made.traffic = TrafficOf(rule);
    if (rule.block.has_value()) {
      made.blocks = {*rule.block};
    } else if (!rule.group_id.empty()) {
      const IndexedGroup* group = Find(groups_, rule.group_id);
      if (group != nullptr && joined(group->group->vpc)) made.group = group;
    } else {
      made.blocks = PrefixList(rule.prefix_list_id);
    }
  }
  return indexed;
}

std::vector<net::Prefix> NetworkIndex::PrefixList(const std::string& id) const {
  if (const std::vector<net::Prefix>* list = Find(network_.prefix_lists, id); list != nullptr) return *list;
  const VpcEndpoint* const* endpoint = Find(endpoint_lists_, id);
  return endpoint == nullptr ? std::vector<net::Prefix>() : (*endpoint)->blocks;
}

const IndexedRouteTable* NetworkIndex::MakeRouteTable(const std::string& id, const IndexedVpc& vpc) {
  const auto [it, is_new] = route_tables_.try_emplace({id, vpc.id});
  IndexedRouteTable& table = it->second;
  if (!is_new) return &table;
  for (const net::Prefix& block : vpc.vpc->blocks) {
    table.routes.push_back(
        {.destination = block, .text = absl::StrCat(block.ToString(), " ", kLocal), .target = kLocal});
  }
  const NetworkRouteTable* declared = Find(network_.route_tables, id);
  if (declared != nullptr) {
    table.id = id;
    // Blocks before prefix lists (Amazon VPC user guide, "How route priority works").
    for (const bool lists : {false, true}) {
      for (const NetworkRoute& route : declared->routes) {
        if (route.destination.has_value() != lists) AddRoute(route, vpc, table.routes);
      }
    }
  }
  for (size_t i = 0; i < table.routes.size(); ++i) table.routes[i].order = i;
  std::sort(table.routes.begin(), table.routes.end(), [](const IndexedRoute& a, const IndexedRoute& b) {
    if (a.destination.length() != b.destination.length()) return a.destination.length() > b.destination.length();
    return a.order < b.order;
  });
  return &table;
}

void NetworkIndex::AddRoute(const NetworkRoute& route, const IndexedVpc& vpc, std::vector<IndexedRoute>& to) const {
  IndexedRoute made;
  made.target = route.target;
  FollowTarget(vpc, made);
  if (route.destination.has_value()) {
    made.destination = *route.destination;
    made.text = absl::StrCat(made.destination.ToString(), " ", route.target);
    to.push_back(std::move(made));
    return;
  }
  for (const net::Prefix& block : PrefixList(route.prefix_list)) {
    made.destination = block;
    made.text = absl::StrCat(route.prefix_list, " (", block.ToString(), ") ", route.target);
    to.push_back(made);
  }
}

void NetworkIndex::FollowTarget(const IndexedVpc& vpc, IndexedRoute& route) const {
  const std::string& target = route.target;
  if (target == kLocal) return;
  if (const InternetGateway* gateway = Find(network_.internet_gateways, target); gateway != nullptr) {
    route.kind = gateway->egress_only ? Kind::kEgressOnly : Kind::kInternet;
    if (gateway->vpc != vpc.id) {
      Blackhole(route, absl::StrCat(target, " is not attached to ", vpc.id, "; attach it, or route by one that is"));
    }
  } else if (const IndexedNat* nat = Find(nats_, target); nat != nullptr) {
    route.kind = Kind::kNat;
    route.nat = nat;
    if (nat->subnet == nullptr || nat->subnet->vpc != &vpc) {
      Blackhole(route, absl::StrCat(target, " is in no subnet of ", vpc.id, "; a NAT gateway serves its own VPC only"));
    }
  } else if (const PeeringConnection* peering = Find(network_.peerings, target); peering != nullptr) {
    FollowPeering(vpc, *peering, route);
  } else if (const VpcEndpoint* endpoint = Find(network_.endpoints, target); endpoint != nullptr) {
    route.kind = Kind::kEndpoint;
    route.endpoint = endpoint;
    if (!endpoint->gateway) {
      Blackhole(route, absl::StrCat(target, " is an interface endpoint, which no route leads to; use its addresses"));
    } else if (endpoint->vpc != vpc.id) {
      Blackhole(route, absl::StrCat(target, " is not of ", vpc.id, "; an endpoint serves its own VPC only"));
    }
  } else if (const IndexedInterface* interface = Find(interfaces_, target); interface != nullptr) {
    route.kind = Kind::kInterface;
    route.interface = interface;
    if (interface->subnet == nullptr || interface->subnet->vpc != &vpc) {
      Blackhole(route, absl::StrCat(target, " is in no subnet of ", vpc.id, "; route by an interface of this VPC"));
    } else if (interface->interface->attached_to.empty()) {
      Blackhole(route, absl::StrCat(target, " is attached to nothing; attach it to an instance"));
    }
  } else {
    Blackhole(route, absl::StrCat(target, " is not there any more; remove the route, or give it another target"));
  }
}

void NetworkIndex::FollowPeering(const IndexedVpc& vpc, const PeeringConnection& peering, IndexedRoute& route) const {
  route.kind = Kind::kPeering;
  const bool requester = peering.requester == vpc.id;
  route.peer = Find(vpcs_, requester ? peering.accepter : peering.requester);
  if (!requester && peering.accepter != vpc.id) {
    Blackhole(route, absl::StrCat(route.target, " does not join ", vpc.id, "; route by a peering of this VPC"));
  } else if (!peering.active) {
    Blackhole(route, absl::StrCat(route.target, " is not active; accept it"));
  } else if (route.peer == nullptr) {
    Blackhole(route, absl::StrCat("the VPC at the other end of ", route.target, " is not there any more"));
  }
}

const IndexedInterface* NetworkIndex::FindInterface(absl::string_view id) const { return Find(interfaces_, id); }

const Holder* NetworkIndex::FindPublic(const net::IpAddress& address) const {
  const auto it = public_.find(address);
  return it == public_.end() ? nullptr : &it->second;
}

std::vector<std::pair<const IndexedVpc*, const Holder*>> NetworkIndex::FindPrivate(
    const net::IpAddress& address) const {
  std::vector<std::pair<const IndexedVpc*, const Holder*>> found;
  for (const auto& [id, vpc] : vpcs_) {
    const auto it = vpc.holders.find(address);
    if (it != vpc.holders.end()) found.emplace_back(&vpc, &it->second);
  }
  return found;
}

const IndexedVpc* NetworkIndex::FindVpcAround(const net::IpAddress& address) const {
  for (const auto& [id, vpc] : vpcs_) {
    if (vpc.Contains(address)) return &vpc;
  }
  return nullptr;
}

bool NetworkIndex::Peered(const IndexedVpc& a, const IndexedVpc& b) const {
  return std::any_of(network_.peerings.begin(), network_.peerings.end(), [&](const auto& entry) {
    const PeeringConnection& peering = entry.second;
    return (peering.requester == a.id && peering.accepter == b.id) ||
           (peering.requester == b.id && peering.accepter == a.id);
  });
}

}  // namespace nubo::vpc
