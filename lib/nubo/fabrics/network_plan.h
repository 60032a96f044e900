// What must be there in Linux network namespaces so that a model of networks is true.
//
// PlanNetworks() is a pure function from vpc::Network to a NetworkPlan: namespaces, the veth pairs between them, their
// addresses, routes, rules and packet filters. Difference() is what makes one plan of another, and as little as can be.
// Neither knows how a plan is applied, and the same model gives the same plan.
//
// How a network becomes namespaces:
//   * Each VPC is a namespace, its router. Every interface that is attached is a veth pair from its VPC's router into
//     the namespace of what it is attached to. Nothing is bridged: packets between two interfaces, also of one subnet,
//     are routed, and each interface has gates of its own.
//   * Both ends of a pair have one MAC address and speak no ARP: the kernel sends to that address unasked, so that
//     there is no neighbour to look for and none to pretend to be.
//   * The router's packets are marked by the interface they came from with the number of its subnet's route table, and
//     a rule sends the mark to the kernel's table of that number. Table 100 holds what is local, and is asked first.
//   * "internet" is the world. A VPC with a gateway has an edge, a namespace between router and internet that
//     translates public addresses and is what the gateways are: a pair from the router to it for the internet gateway,
//     one for the gateway that lets out only, one for gateway endpoints. The router itself translates nothing, so that
//     what passes it twice, by an instance that forwards, is one connection to it.
//   * A NAT gateway is a namespace too, a hop with an interface in its subnet: so its subnet's routes and ACL apply to
//     it as they do to anything else there.
//
// Example:
//   const NetworkPlan plan = PlanNetworks(network, {});
//   const NetworkChange change = Difference(applied, plan);
//
// Thread safety: values and pure functions.
#ifndef NUBO_FABRICS_NETWORK_PLAN_H_
#define NUBO_FABRICS_NETWORK_PLAN_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "nubo/fabrics/netlink_types.h"
#include "nubo/fabrics/nft_table.h"
#include "nubo/net/ip_address.h"
#include "nubo/vpc/network.h"

namespace nubo::fabrics {

// The namespace that stands for the world outside.
inline constexpr absl::string_view kInternet = "internet";

// One end of a veth pair.
struct LinkEnd {
  std::string name_space;
  // At most 15 characters, unique in its namespace.
  std::string device;

  friend bool operator==(const LinkEnd& a, const LinkEnd& b) = default;
  friend auto operator<=>(const LinkEnd& a, const LinkEnd& b) = default;
};

// A veth pair. Both ends have the same MAC address, speak no ARP, and are up.
struct PlannedLink {
  LinkEnd a, b;
  // "02:5c:0a:00:01:05"
  std::string mac;

  friend bool operator==(const PlannedLink& a, const PlannedLink& b) = default;
  friend auto operator<=>(const PlannedLink& a, const PlannedLink& b) = default;
};

// An address of a device. The kernel is to add no route for its prefix (IFA_F_NOPREFIXROUTE), and not to look for
// duplicates (IFA_F_NODAD).
struct DeviceAddress {
  std::string device;
  net::IpAddress address;
  int prefix_length = 32;
  // Of scope "link": never taken as a source by itself. Else "global".
  bool scope_link = false;

  friend bool operator==(const DeviceAddress& a, const DeviceAddress& b) = default;
  friend bool operator<(const DeviceAddress& a, const DeviceAddress& b);
};

struct RouteKey {
  uint32_t table = kMainTable;
  net::Prefix destination;

  friend bool operator==(const RouteKey& a, const RouteKey& b) = default;
  friend bool operator<(const RouteKey& a, const RouteKey& b);
};

struct KernelRoute {
  // kUnreachable says so to the sender; kBlackhole is silent.
  enum class Kind { kUnicast, kBlackhole, kUnreachable };
  Kind kind = Kind::kUnicast;
  // Of kUnicast.
  std::string device = {};
  // Always "onlink". Unset: scope "link" (IPv4).
  std::optional<net::IpAddress> via = {};

  friend bool operator==(const KernelRoute& a, const KernelRoute& b) = default;
};

// "ip rule". Exactly what is set is asked for.
struct PlannedRule {
  // Else IPv4.
  bool v6 = false;
  uint32_t priority = 0;
  // 0: any. The whole mark is compared.
  uint32_t mark = 0;
  std::optional<net::Prefix> from = {};
  std::optional<net::Prefix> to = {};
  uint32_t table = kMainTable;

  friend bool operator==(const PlannedRule& a, const PlannedRule& b) = default;
  friend bool operator<(const PlannedRule& a, const PlannedRule& b);
};

struct PlannedNamespace {
  enum class Kind { kInternet, kRouter, kEdge, kNatGateway, kAttachment };
  Kind kind = Kind::kAttachment;
  // Paths below /proc/sys and values, in their order, to be written before the first device comes: devices take them
  // over from "default" as they come. A kernel without IPv6 lacks some of them. "lo" is always up.
  std::vector<std::pair<std::string, std::string>> sysctls = {};
  std::set<DeviceAddress> addresses = {};
  std::map<RouteKey, KernelRoute> routes = {};
  // Of table kLocalTable: routes that the kernel makes with "lo" and that must go.
  std::set<net::Prefix> without_local_routes = {};
  std::set<PlannedRule> rules = {};
  // Without family: none.
  NftTable filter = {};

  friend bool operator==(const PlannedNamespace& a, const PlannedNamespace& b) = default;
};

struct NetworkPlan {
  // By name: "internet", ids of VPCs, with ".edge" their edges, ids of NAT gateways and of what interfaces are attached
  // to.
  std::map<std::string, PlannedNamespace> namespaces;
  std::set<PlannedLink> links;

  friend bool operator==(const NetworkPlan& a, const NetworkPlan& b) = default;
};

struct PlanOptions {
  // What interfaces are attached to and does not run: it has no namespace. What groups its interfaces are in they
  // remain in.
  std::set<std::string> absent = {};
  // The number of an interface at what it is attached to: 1 is "eth1". Those that are not here take the lowest numbers
  // that are free, by their ids.
  vpc::ById<int> device_indexes = {};
  // The addresses of "internet" itself; by default of the blocks for documentation (RFC 5737, RFC 3849).
  std::vector<net::IpAddress> world = {net::IpAddress::V4(0xc6336401),  // 198.51.100.1
                                       net::IpAddress::V6(absl::MakeUint128(0x20010db8ffff0000, 1))};
  // net.ipv4.ping_group_range of what interfaces are attached to: who may ping without privilege.
  std::string ping_group_range = "0 0";
};

// What the model breaks of its own rules (a subnet of no VPC, two interfaces with one address) is left out.
NetworkPlan PlanNetworks(const vpc::Network& network, const PlanOptions& options);

// What becomes of one namespace. Of a new one everything is here but what the kernel makes.
struct NamespaceChange {
  // To be written before anything else.
  std::vector<std::pair<std::string, std::string>> sysctls = {};
  std::set<DeviceAddress> addresses_removed = {}, addresses_added = {};
  std::set<RouteKey> routes_removed = {};
  // To be added, or put in the place of the one with this key (NLM_F_REPLACE): nothing is lost in between.
  std::map<RouteKey, KernelRoute> routes_set = {};
  std::set<net::Prefix> local_routes_removed = {};
  std::set<PlannedRule> rules_removed = {}, rules_added = {};
  // For `nft -f`, as Transactions() cuts it. "": nothing differs.
  std::string filter = {};

  bool empty() const;
};

// To be applied in this order, so that no packet passes that neither plan lets through:
//   1. In every namespace: rules, routes and addresses that are removed.
//   2. links_removed, namespaces_removed.
//   3. namespaces_added, with "lo" up; in every namespace: sysctls, local_routes_removed, filter.
//   4. links_added.
//   5. In every namespace: addresses_added, routes_set, rules_added.
// What goes with a device or a namespace that is removed (its routes, its addresses, the other end of a pair, a pair
// whose both ends are in such namespaces) is not named again; what would come back with a device made anew is. That
// what is removed has gone already is no error.
struct NetworkChange {
  std::set<std::string> namespaces_removed;
  std::set<PlannedLink> links_removed;
  std::set<std::string> namespaces_added;
  std::set<PlannedLink> links_added;
  std::map<std::string, NamespaceChange> namespaces;

  bool empty() const;
};

NetworkChange Difference(const NetworkPlan& from, const NetworkPlan& to);

}  // namespace nubo::fabrics

#endif  // NUBO_FABRICS_NETWORK_PLAN_H_
