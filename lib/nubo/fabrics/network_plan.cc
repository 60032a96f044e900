#include "nubo/fabrics/network_plan.h"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/fabrics/network_filter.h"
#include "nubo/fabrics/network_layout.h"

namespace nubo::fabrics {
namespace {

using RouteKind = KernelRoute::Kind;

// What is local to a VPC; asked before the tables of its subnets.
constexpr uint32_t kVpcTable = 100;
// Of the routes of a subnet's table that are more specific than local ones: so far above the table's own number.
constexpr uint32_t kMiddleTables = 2'000'000;
// Of an attachment's devices: 200, 201, …
constexpr uint32_t kDeviceTables = 200;

constexpr uint32_t kWithinSubnetPriority = 4;
constexpr uint32_t kMiddlePriority = 5;
constexpr uint32_t kVpcPriority = 10;
constexpr uint32_t kSubnetPriority = 20;
constexpr uint32_t kDevicePriority = 100;

// Somebody at the other end of a pair, whoever it is: so that a device has one neighbour, and not one a destination.
const net::IpAddress kOtherEndV4 = net::IpAddress::V4(0xa9fe0001);                                // 169.254.0.1
const net::IpAddress kOtherEndV6 = net::IpAddress::V6(absl::MakeUint128(0xfe80000000000000, 1));  // fe80::1
const net::IpAddress kResolverV4 = net::IpAddress::V4(0xa9fea9fd);                                // 169.254.169.253
const net::IpAddress kMetadataV4 = net::IpAddress::V4(0xa9fea9fe);                                // 169.254.169.254
const net::IpAddress kResolverV6 = net::IpAddress::V6(absl::MakeUint128(0xfd000ec200000000, 0x253));
const net::IpAddress kMetadataV6 = net::IpAddress::V6(absl::MakeUint128(0xfd000ec200000000, 0x254));

net::Prefix Block(const net::IpAddress& address, int length) { return *net::Prefix::Make(address, length); }
net::Prefix Host(const net::IpAddress& address) { return Block(address, address.bits()); }
net::Prefix Default(bool v4) { return v4 ? net::Prefix() : Block(net::IpAddress::V6(0), 0); }
const net::Prefix kLoopback = Block(net::IpAddress::V4(0x7f000000), 8);
const net::Prefix kLinkLocalV4 = Block(kMetadataV4, 16);
const net::Prefix kServicesV6 = Block(kMetadataV6, 32);

KernelRoute Through(const std::string& device, bool v4) {
  return {.device = device, .via = v4 ? kOtherEndV4 : kOtherEndV6};
}

std::vector<bool> Families(const RouterLayout& router) {
  return router.has_v6() ? std::vector<bool>{true, false} : std::vector<bool>{true};
}

void AddCommonSysctls(PlannedNamespace& space) {
  for (const absl::string_view which : {"all", "default"}) {
    const std::string v4 = absl::StrCat("net/ipv4/conf/", which, "/"), v6 = absl::StrCat("net/ipv6/conf/", which, "/");
    // The filters know better which sources are true.
    space.sysctls.emplace_back(v4 + "rp_filter", "0");
    space.sysctls.emplace_back(v4 + "accept_redirects", "0");
    space.sysctls.emplace_back(v4 + "send_redirects", "0");
    space.sysctls.emplace_back(v6 + "accept_ra", "0");
    space.sysctls.emplace_back(v6 + "accept_dad", "0");
    space.sysctls.emplace_back(v6 + "accept_redirects", "0");
    // No link-local addresses.
    space.sysctls.emplace_back(v6 + "addr_gen_mode", "1");
  }
}

// What forwards, also public addresses that are this machine's 127.x.y.z.
PlannedNamespace Forwarding(PlannedNamespace::Kind kind) {
  PlannedNamespace space{.kind = kind};
  AddCommonSysctls(space);
  for (const absl::string_view which : {"all", "default"}) {
    space.sysctls.emplace_back(absl::StrCat("net/ipv4/conf/", which, "/route_localnet"), "1");
  }
  space.sysctls.emplace_back("net/ipv4/ip_forward", "1");
  space.sysctls.emplace_back("net/ipv6/conf/all/forwarding", "1");
  space.without_local_routes = {kLoopback};
  return space;
}

class Planner {
 public:
  Planner(const vpc::Network& network, const PlanOptions& options)
      : network_(network), options_(options), layout_(MakeLayout(network, options.absent, options.device_indexes)) {}

  NetworkPlan Plan() {
    AddInternet();
    for (const auto& [id, router] : layout_.routers) {
      AddRouter(router);
      if (router.has_edge()) AddEdge(router);
      for (const Port& port : router.ports) AddPort(router, port);
      for (const PeeringEnd& peering : router.peerings) AddPeering(router, peering);
    }
    for (const auto& [name, devices] : attachments_) AddAttachment(plan_.namespaces[name], devices);
    return std::move(plan_);
  }

 private:
  // By the order of their numbers: "eth2" before "eth10".
  using Devices = std::map<int, const Port*>;

  void AddLink(LinkEnd a, LinkEnd b) {
    const std::string mac = MacOf(absl::StrCat(a.name_space, " ", a.device), std::nullopt);
    plan_.links.insert({std::move(a), std::move(b), mac});
  }

  void AddInternet() {
    PlannedNamespace& internet = plan_.namespaces[std::string(kInternet)];
    internet = Forwarding(PlannedNamespace::Kind::kInternet);
    for (const net::IpAddress& address : options_.world) internet.addresses.insert({"lo", address, address.bits()});
  }

  void AddRouter(const RouterLayout& router) {
    PlannedNamespace& space = plan_.namespaces[router.id];
    space = Forwarding(PlannedNamespace::Kind::kRouter);
    AddRouterAddresses(router, space);
    for (const bool v4 : Families(router)) {
      space.rules.insert({.v6 = !v4, .priority = kVpcPriority, .table = kVpcTable});
      space.routes[{kMainTable, Default(v4)}].kind = RouteKind::kBlackhole;
      space.routes[{kVpcTable, v4 ? kLinkLocalV4 : kServicesV6}].kind = RouteKind::kBlackhole;
    }
    for (const net::Prefix& block : router.vpc->blocks) {
      space.routes[{kVpcTable, block}].kind = RouteKind::kBlackhole;
    }
    for (const auto& [id, number] : router.table_numbers) {
      AddRouteTable(router, network_.route_tables.find(id)->second, number, space);
    }
    AddWithinSubnetRules(router, space);
    space.filter = RouterFilter(layout_, router);
  }

  static void AddRouterAddresses(const RouterLayout& router, PlannedNamespace& space) {
    const auto add = [&](const net::IpAddress& address, bool scope_link) {
      space.addresses.insert({"lo", address, address.bits(), scope_link});
    };
    for (const auto& [id, subnet] : router.subnets) {
      if (const auto block = BlockOf(*subnet, true)) add(net::IpAddress::V4(block->first().v4() + 1), false);
    }
    // Errors that the router sends come from its own addresses of the VPC.
    add(kMetadataV4, true);
    if (router.has_v6()) add(kMetadataV6, false);
    if (!router.vpc->dns_support) return;
    add(kResolverV4, true);
    if (router.has_v6()) add(kResolverV6, false);
    const std::vector<net::Prefix>& blocks = router.vpc->blocks;
    if (!blocks.empty() && blocks.front().is_v4()) {
      add(net::IpAddress::V4(blocks.front().first().v4() + 2), false);
    }
  }

  // Blocks before prefix lists: of two routes to one destination the first counts.
  void AddRouteTable(const RouterLayout& router, const vpc::NetworkRouteTable& table, uint32_t number,
                     PlannedNamespace& space) const {
    std::set<net::Prefix> middle;
    for (const bool lists : {false, true}) {
      for (const vpc::NetworkRoute& route : table.routes) {
        if (route.destination.has_value() == lists) continue;
        const std::vector<net::Prefix> destinations =
            lists ? layout_.PrefixList(route.prefix_list) : std::vector<net::Prefix>{*route.destination};
        for (const net::Prefix& destination : destinations) {
          AddRoute(router, route.target, destination, number, space, middle);
        }
      }
    }
    std::set<uint32_t> marks = {number};
    for (const auto& [id, mark] : router.own_marks) {
      if (router.TableNumberOf(*router.subnets.at(id)) == number) marks.insert(mark);
    }
    for (const bool v4 : Families(router)) {
      space.routes.try_emplace({number, Default(v4)}, KernelRoute{.kind = RouteKind::kUnreachable});
      const bool has_middle = std::any_of(middle.begin(), middle.end(),
                                          [&](const net::Prefix& destination) { return destination.is_v4() == v4; });
      for (const uint32_t mark : marks) {
        space.rules.insert({.v6 = !v4, .priority = kSubnetPriority, .mark = mark, .table = number});
        if (!has_middle) continue;
        space.rules.insert({.v6 = !v4, .priority = kMiddlePriority, .mark = mark, .table = number + kMiddleTables});
      }
    }
  }

  void AddRoute(const RouterLayout& router, const std::string& target, const net::Prefix& destination, uint32_t number,
                PlannedNamespace& space, std::set<net::Prefix>& middle) const {
    if (target == "local" || (!destination.is_v4() && !router.has_v6())) return;
    uint32_t table = number;
    for (const net::Prefix& block : router.vpc->blocks) {
      if (block == destination) return;
      if (!block.Contains(destination)) continue;
      table = number + kMiddleTables;
      middle.insert(destination);
    }
    const auto endpoint = network_.endpoints.find(target);
    if (endpoint == network_.endpoints.end()) {
      space.routes.try_emplace({table, destination}, Way(router, target, destination.is_v4()));
      return;
    }
    // An endpoint serves its own blocks only.
    if (endpoint->second.gateway && endpoint->second.vpc == router.id) {
      for (const net::Prefix& block : endpoint->second.blocks) {
        if (!block.Overlaps(destination)) continue;
        const net::Prefix& narrow = destination.Contains(block) ? block : destination;
        space.routes.try_emplace({table, narrow}, Through(kServiceUplink, destination.is_v4()));
      }
    }
    space.routes.try_emplace({table, destination}, KernelRoute{.kind = RouteKind::kBlackhole});
  }

  // The way to a target that is no endpoint; a blackhole, where it is not there or does not lead out of this VPC.
  KernelRoute Way(const RouterLayout& router, const std::string& target, bool v4) const {
    if (const auto gateway = network_.internet_gateways.find(target); gateway != network_.internet_gateways.end()) {
      if (gateway->second.vpc == router.id && !gateway->second.egress_only) return Through(kUplink, v4);
      if (gateway->second.vpc == router.id && !v4) return Through(kEgressOnlyUplink, v4);
    }
    if (const Port* const port = router.FindPort(target); port != nullptr && (v4 || !port->is_nat())) {
      return Through(port->device, v4);
    }
    for (const PeeringEnd& peering : router.peerings) {
      if (peering.id == target) return Through(peering.device, v4);
    }
    return {.kind = RouteKind::kBlackhole};
  }

  // Packets within a subnet pass no middle box.
  static void AddWithinSubnetRules(const RouterLayout& router, PlannedNamespace& space) {
    for (const auto& [id, mark] : router.own_marks) {
      for (const net::Prefix& block : router.subnets.at(id)->blocks) {
        space.rules.insert(
            {.v6 = !block.is_v4(), .priority = kWithinSubnetPriority, .mark = mark, .to = block, .table = kVpcTable});
      }
    }
  }

  void AddEdge(const RouterLayout& router) {
    PlannedNamespace& edge = plan_.namespaces[router.edge()];
    edge = Forwarding(PlannedNamespace::Kind::kEdge);
    std::vector<std::string> ways;
    if (!router.internet_gateway.empty()) ways.emplace_back(kUplink);
    if (!router.egress_only_gateway.empty()) ways.emplace_back(kEgressOnlyUplink);
    if (router.service_source.has_value()) ways.emplace_back(kServiceUplink);
    for (const std::string& way : ways) AddLink({router.id, way}, {router.edge(), way});
    for (const net::Prefix& block : router.vpc->blocks) {
      edge.routes[{kMainTable, block}] = Through(ways.front(), block.is_v4());
    }
    for (const bool v4 : Families(router)) edge.routes[{kMainTable, Default(v4)}] = Through(kWorldUplink, v4);
    edge.filter = EdgeFilter(router);

    PlannedNamespace& internet = plan_.namespaces[std::string(kInternet)];
    AddLink({std::string(kInternet), router.world_device}, {router.edge(), kWorldUplink});
    const auto add = [&](const net::Prefix& block) {
      internet.routes.try_emplace({kMainTable, block}, Through(router.world_device, block.is_v4()));
    };
    for (const net::Prefix& block : router.vpc->blocks) {
      if (!block.is_v4()) add(block);
    }
    if (router.service_source.has_value()) add(Host(*router.service_source));
    if (router.internet_gateway.empty()) return;
    for (const Port& port : router.ports) {
      for (const vpc::InterfaceAddress& own : port.addresses) {
        if (own.address.is_v4() && own.public_address.has_value()) add(Host(*own.public_address));
      }
    }
  }

  void AddPort(const RouterLayout& router, const Port& port) {
    PlannedNamespace& space = plan_.namespaces[router.id];
    for (const vpc::InterfaceAddress& own : port.addresses) {
      space.routes[{kVpcTable, Host(own.address)}] = {.device = port.device};
    }
    plan_.links.insert({{router.id, port.device}, {port.inner_space, port.inner_device}, MacOf(router, port)});
    if (port.is_nat()) {
      PlannedNamespace& nat = plan_.namespaces[port.inner_space];
      nat = Forwarding(PlannedNamespace::Kind::kNatGateway);
      AddDevice(port, kMainTable, nat);
      nat.filter = NatGatewayFilter(port);
      return;
    }
    int index = 0;
    for (const char c : port.inner_device.substr(3)) index = index * 10 + (c - '0');
    attachments_[port.inner_space][index] = &port;
  }

  // Addresses of the inner end, and defaults in this table.
  static void AddDevice(const Port& port, uint32_t table, PlannedNamespace& space) {
    for (const vpc::InterfaceAddress& own : port.addresses) {
      const bool v4 = own.address.is_v4();
      const auto block = BlockOf(*port.subnet, v4);
      space.addresses.insert(
          {port.inner_device, own.address, block.has_value() ? block->length() : own.address.bits()});
      KernelRoute route = Through(port.inner_device, v4);
      if (v4 && block.has_value()) route.via = net::IpAddress::V4(block->first().v4() + 1);
      space.routes.try_emplace({table, Default(v4)}, route);
    }
  }

  void AddAttachment(PlannedNamespace& space, const Devices& devices) const {
    space.kind = PlannedNamespace::Kind::kAttachment;
    AddCommonSysctls(space);
    space.sysctls.emplace_back("net/ipv4/ip_unprivileged_port_start", "0");
    space.sysctls.emplace_back("net/ipv4/ping_group_range", options_.ping_group_range);
    for (const auto& [index, port] : devices) {
      AddDevice(*port, kMainTable, space);
      if (devices.size() == 1) continue;
      const uint32_t table = kDeviceTables + static_cast<uint32_t>(index);
      AddDevice(*port, table, space);
      for (const vpc::InterfaceAddress& own : port->addresses) {
        space.rules.insert(
            {.v6 = own.address.is_v6(), .priority = kDevicePriority, .from = Host(own.address), .table = table});
      }
    }
  }

  // Both sides name the pair alike; each is added once, by the lesser VPC.
  void AddPeering(const RouterLayout& router, const PeeringEnd& peering) {
    if (peering.peer_id < router.id) return;
    for (const PeeringEnd& other : layout_.routers.find(peering.peer_id)->second.peerings) {
      if (other.id == peering.id) AddLink({router.id, peering.device}, {peering.peer_id, other.device});
    }
  }

  const vpc::Network& network_;
  const PlanOptions& options_;
  const NetworkLayout layout_;
  NetworkPlan plan_;
  std::map<std::string, Devices> attachments_;
};

template <typename T>
std::set<T> Less(const std::set<T>& a, const std::set<T>& b) {
  std::set<T> less;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::inserter(less, less.end()));
  return less;
}

class Changes {
 public:
  Changes(const NetworkPlan& from, const NetworkPlan& to) : from_(from), to_(to) {}

  NetworkChange Take() {
    for (const auto& [name, space] : from_.namespaces) {
      if (!to_.namespaces.contains(name)) change_.namespaces_removed.insert(name);
    }
    for (const PlannedLink& link : Less(from_.links, to_.links)) {
      gone_.insert(link.a);
      gone_.insert(link.b);
      // The kernel takes a namespace down later, and not while somebody is in it: a pair to what stays goes by itself.
      const bool goes_along = change_.namespaces_removed.contains(link.a.name_space) &&
                              change_.namespaces_removed.contains(link.b.name_space);
      if (!goes_along) change_.links_removed.insert(link);
    }
    change_.links_added = Less(to_.links, from_.links);
    for (const auto& [name, space] : to_.namespaces) {
      const auto it = from_.namespaces.find(name);
      NamespaceChange change = it == from_.namespaces.end() ? New(name, space) : Changed(name, it->second, space);
      if (!change.empty()) change_.namespaces[name] = std::move(change);
    }
    return std::move(change_);
  }

 private:
  NamespaceChange New(const std::string& name, const PlannedNamespace& space) {
    change_.namespaces_added.insert(name);
    return {.sysctls = space.sysctls,
            .addresses_added = space.addresses,
            .routes_set = space.routes,
            .local_routes_removed = space.without_local_routes,
            .rules_added = space.rules,
            .filter = RenderWhole(space.filter)};
  }

  NamespaceChange Changed(const std::string& name, const PlannedNamespace& from, const PlannedNamespace& to) const {
    NamespaceChange change;
    std::copy_if(to.sysctls.begin(), to.sysctls.end(), std::back_inserter(change.sysctls), [&](const auto& sysctl) {
      return std::find(from.sysctls.begin(), from.sysctls.end(), sysctl) == from.sysctls.end();
    });
    change.local_routes_removed = Less(to.without_local_routes, from.without_local_routes);
    change.rules_removed = Less(from.rules, to.rules);
    change.rules_added = Less(to.rules, from.rules);
    change.filter = RenderChange(from.filter, to.filter);
    CompareAddresses(name, from, to, change);
    CompareRoutes(name, from, to, change);
    return change;
  }

  bool IsGone(const std::string& name, const std::string& device) const { return gone_.contains({name, device}); }

  // Addresses and routes of a device that goes have gone with it, also where a device of this name comes again.
  void CompareAddresses(const std::string& name, const PlannedNamespace& from, const PlannedNamespace& to,
                        NamespaceChange& change) const {
    for (const DeviceAddress& address : from.addresses) {
      if (!to.addresses.contains(address) && !IsGone(name, address.device)) change.addresses_removed.insert(address);
    }
    for (const DeviceAddress& address : to.addresses) {
      if (!from.addresses.contains(address) || IsGone(name, address.device)) change.addresses_added.insert(address);
    }
  }

  void CompareRoutes(const std::string& name, const PlannedNamespace& from, const PlannedNamespace& to,
                     NamespaceChange& change) const {
    for (const auto& [key, route] : from.routes) {
      if (!to.routes.contains(key) && !IsGone(name, route.device)) change.routes_removed.insert(key);
    }
    for (const auto& [key, route] : to.routes) {
      const auto it = from.routes.find(key);
      if (it != from.routes.end() && it->second == route && !IsGone(name, route.device)) continue;
      change.routes_set[key] = route;
    }
  }

  const NetworkPlan& from_;
  const NetworkPlan& to_;
  NetworkChange change_;
  // The ends of pairs that go.
  std::set<LinkEnd> gone_;
};

}  // namespace

bool operator<(const DeviceAddress& a, const DeviceAddress& b) {
  return std::tie(a.device, a.address, a.prefix_length, a.scope_link) <
         std::tie(b.device, b.address, b.prefix_length, b.scope_link);
}

bool operator<(const RouteKey& a, const RouteKey& b) {
  return std::tie(a.table, a.destination) < std::tie(b.table, b.destination);
}

bool operator<(const PlannedRule& a, const PlannedRule& b) {
  return std::tie(a.priority, a.v6, a.mark, a.from, a.to, a.table) <
         std::tie(b.priority, b.v6, b.mark, b.from, b.to, b.table);
}

NetworkPlan PlanNetworks(const vpc::Network& network, const PlanOptions& options) {
  return Planner(network, options).Plan();
}

bool NamespaceChange::empty() const {
  return sysctls.empty() && addresses_removed.empty() && addresses_added.empty() && routes_removed.empty() &&
         routes_set.empty() && local_routes_removed.empty() && rules_removed.empty() && rules_added.empty() &&
         filter.empty();
}

bool NetworkChange::empty() const {
  return namespaces_removed.empty() && links_removed.empty() && namespaces_added.empty() && links_added.empty() &&
         namespaces.empty();
}

NetworkChange Difference(const NetworkPlan& from, const NetworkPlan& to) { return Changes(from, to).Take(); }

}  // namespace nubo::fabrics
