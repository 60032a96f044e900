// A Network made ready for many questions: who holds an address, which way a subnet sends, whom a rule means.
//
// Every id is followed once, here. What an id names and is not there is a null pointer, an empty list, or a route of
// kind kBlackhole that says what is wrong. Where two hold one address, the lesser id does.
//
// Thread safety: immutable once made. It points into its Network, which must outlive it and stay as it is.
#ifndef NUBO_VPC_NETWORK_INDEX_H_
#define NUBO_VPC_NETWORK_INDEX_H_

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "nubo/net/ip_address.h"
#include "nubo/vpc/network.h"
#include "nubo/vpc/traffic.h"

namespace nubo::vpc {

struct IndexedGroup;
struct IndexedInterface;
struct IndexedNat;
struct IndexedSubnet;

// Who has an address: an interface or a NAT gateway.
struct Holder {
  const IndexedInterface* interface = nullptr;
  const IndexedNat* nat = nullptr;
  net::IpAddress private_address;
  std::optional<net::IpAddress> public_address;
};

struct IndexedVpc {
  std::string id;
  const Vpc* vpc = nullptr;
  absl::flat_hash_map<net::IpAddress, Holder> holders;
  // The attached ones; "": none.
  std::string internet_gateway;
  std::string egress_only_gateway;
  // Base + 2 of the primary block.
  std::optional<net::IpAddress> resolver;

  bool Contains(const net::IpAddress& address) const;
};

struct IndexedRoute {
  enum class Kind { kLocal, kBlackhole, kInternet, kEgressOnly, kNat, kPeering, kEndpoint, kInterface };

  net::Prefix destination;
  Kind kind = Kind::kLocal;
  // "10.0.0.0/16 local", "pl-1 (10.0.0.0/8) pcx-1".
  std::string text;
  std::string target;
  // kBlackhole: why, a sentence.
  std::string why;
  const IndexedNat* nat = nullptr;
  const IndexedVpc* peer = nullptr;
  const VpcEndpoint* endpoint = nullptr;
  const IndexedInterface* interface = nullptr;
  // Among routes to one destination the least is taken.
  size_t order = 0;
};

struct IndexedRouteTable {
  // "": there is none, and only the local routes are left.
  std::string id;
  // Longest prefix first; of equal ones local, then blocks, then prefix lists.
  std::vector<IndexedRoute> routes;

  const IndexedRoute* Lookup(const net::IpAddress& address) const;
};

struct IndexedAcl {
  std::string id;
  // Lowest number first.
  std::vector<const NetworkAclEntry*> ingress, egress;
};

struct IndexedSubnet {
  std::string id;
  const Subnet* subnet = nullptr;
  const IndexedVpc* vpc = nullptr;
  const IndexedRouteTable* routes = nullptr;
  // Null: none is named, or it has gone.
  const IndexedAcl* acl = nullptr;

  bool Contains(const net::IpAddress& address) const;
};

struct IndexedRule {
  const SecurityGroupRule* rule = nullptr;
  Traffic traffic;
  std::vector<net::Prefix> blocks;
  // Null also where the group has gone, or is of a VPC that no active peering joins.
  const IndexedGroup* group = nullptr;

  bool Means(const net::IpAddress& peer, bool may_be_member) const;
};

struct IndexedGroup {
  std::string id;
  const NetworkSecurityGroup* group = nullptr;
  // The private addresses of its interfaces.
  absl::flat_hash_set<net::IpAddress> members;
  std::vector<IndexedRule> ingress, egress;
};

struct IndexedInterface {
  std::string id;
  const NetworkInterface* interface = nullptr;
  // Null: it has gone, or its VPC has.
  const IndexedSubnet* subnet = nullptr;
  // Those that are there.
  std::vector<const IndexedGroup*> groups;

  bool Holds(const net::IpAddress& address) const;
};

struct IndexedNat {
  std::string id;
  const NatGateway* nat = nullptr;
  const IndexedSubnet* subnet = nullptr;
};

class NetworkIndex {
 public:
  explicit NetworkIndex(const Network& network);
  NetworkIndex(const NetworkIndex&) = delete;
  NetworkIndex& operator=(const NetworkIndex&) = delete;

  const IndexedInterface* FindInterface(absl::string_view id) const;
  // Who answers for it on the internet: a public IPv4 address, or an IPv6 address.
  const Holder* FindPublic(const net::IpAddress& address) const;
  // Everyone who has it as a private address, in the order of their VPCs.
  std::vector<std::pair<const IndexedVpc*, const Holder*>> FindPrivate(const net::IpAddress& address) const;
  // The first VPC whose blocks it is within.
  const IndexedVpc* FindVpcAround(const net::IpAddress& address) const;
  // Active or not.
  bool Peered(const IndexedVpc& a, const IndexedVpc& b) const;

 private:
  void AddVpcs();
  void AddSubnets();
  void AddHolders();
  void AddGroups();
  std::vector<IndexedRule> IndexRules(const std::string& vpc, const std::vector<SecurityGroupRule>& rules) const;
  const IndexedRouteTable* MakeRouteTable(const std::string& id, const IndexedVpc& vpc);
  void AddRoute(const NetworkRoute& route, const IndexedVpc& vpc, std::vector<IndexedRoute>& to) const;
  void FollowTarget(const IndexedVpc& vpc, IndexedRoute& route) const;
  void FollowPeering(const IndexedVpc& vpc, const PeeringConnection& peering, IndexedRoute& route) const;
  std::vector<net::Prefix> PrefixList(const std::string& id) const;

  const Network& network_;
  // Of nodes, to which the others point.
  ById<IndexedVpc> vpcs_;
  ById<IndexedSubnet> subnets_;
  ById<IndexedInterface> interfaces_;
  ById<IndexedNat> nats_;
  ById<IndexedGroup> groups_;
  ById<IndexedAcl> acls_;
  // By table and VPC.
  std::map<std::pair<std::string, std::string>, IndexedRouteTable> route_tables_;
  absl::flat_hash_map<net::IpAddress, Holder> public_;
  // The prefix lists of gateway endpoints, by the routes that name both.
  ById<const VpcEndpoint*> endpoint_lists_;
};

}  // namespace nubo::vpc

#endif  // NUBO_VPC_NETWORK_INDEX_H_
