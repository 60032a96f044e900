// Which namespaces and devices there are for a model of networks, and what they are called: what routes and filters are
// written from.
//
// Every id is followed once, here. What an id names and is not there is left out; where two have one address in a VPC,
// the lesser id has it.
//
// Thread safety: immutable once made. It points into its Network, which must outlive it and stay as it is.
#ifndef NUBO_FABRICS_NETWORK_LAYOUT_H_
#define NUBO_FABRICS_NETWORK_LAYOUT_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "nubo/net/ip_address.h"
#include "nubo/vpc/network.h"

namespace nubo::fabrics {

// The pairs between a router and its edge, named alike at both: by them the ways out are known apart.
inline constexpr char kUplink[] = "up0";
inline constexpr char kEgressOnlyUplink[] = "out0";
inline constexpr char kServiceUplink[] = "svc0";
// An edge's device to the internet.
inline constexpr char kWorldUplink[] = "world0";

// What has addresses in a subnet and a pair of its own: an attached interface, or a NAT gateway.
struct Port {
  std::string id;
  std::string subnet_id;
  const vpc::Subnet* subnet = nullptr;
  // At its router.
  std::string device;
  // The other end: in which namespace, and there.
  std::string inner_space;
  std::string inner_device;
  std::vector<vpc::InterfaceAddress> addresses;
  // Null: a NAT gateway.
  const vpc::NetworkInterface* interface = nullptr;

  bool is_nat() const { return interface == nullptr; }
  bool checked() const { return interface != nullptr && interface->source_dest_check; }
};

// One VPC's side of an active peering.
struct PeeringEnd {
  std::string id;
  std::string device;
  std::string peer_id;
  const vpc::Vpc* peer = nullptr;
};

struct RouterLayout {
  std::string id;
  const vpc::Vpc* vpc = nullptr;
  std::map<std::string, const vpc::Subnet*> subnets;
  // In the order of ids, interfaces first.
  std::vector<Port> ports;
  std::vector<PeeringEnd> peerings;
  // The attached gateways; "": none.
  std::string internet_gateway, egress_only_gateway;
  // Where its connections to gateway endpoints come from. Unset: it has no such endpoint.
  std::optional<net::IpAddress> service_source;
  // By the ids of its subnets' route tables that are there.
  std::map<std::string, uint32_t> table_numbers;
  // By the ids of subnets whose table leads to some of their own addresses by a middle box: marks of their own, since
  // packets from within go straight.
  std::map<std::string, uint32_t> own_marks;
  // The device of the edge's pair at "internet".
  std::string world_device;

  bool has_edge() const;
  std::string edge() const;
  bool has_v6() const;
  // nullptr: there is none, or it does not run.
  const Port* FindPort(absl::string_view port_id) const;
  // Its own or the main one; 0: it is not there.
  uint32_t TableNumberOf(const vpc::Subnet& subnet) const;
  // What packets from the subnet bear: its own mark, or its table's number.
  uint32_t MarkOf(const std::string& subnet_id) const;
};

struct NetworkLayout {
  const vpc::Network* network = nullptr;
  std::map<std::string, RouterLayout> routers;
  // The gateway endpoints whose blocks a prefix list stands for, by the routes that name both.
  std::map<std::string, const vpc::VpcEndpoint*> endpoint_lists;

  // The addresses of the attached interfaces in a group, whether they run or not.
  std::map<std::string, std::set<net::IpAddress>> group_members;

  // Its own blocks, or its endpoint's.
  const std::vector<net::Prefix>& PrefixList(const std::string& id) const;
};

// `absent`, `device_indexes`: as in PlanOptions.
NetworkLayout MakeLayout(const vpc::Network& network, const std::set<std::string>& absent,
                         const vpc::ById<int>& device_indexes);

// Those of one family that are within no other: what sets with intervals may hold.
std::set<net::Prefix> Disjoint(const std::vector<net::Prefix>& blocks, bool v4);

// The subnet's block of this family.
std::optional<net::Prefix> BlockOf(const vpc::Subnet& subnet, bool v4);

// A locally administered MAC address that the text and the IPv4 address decide.
std::string MacOf(absl::string_view text, const std::optional<net::IpAddress>& v4);
// Of both ends of a port's pair.
std::string MacOf(const RouterLayout& router, const Port& port);

}  // namespace nubo::fabrics

#endif  // NUBO_FABRICS_NETWORK_LAYOUT_H_
