// What the kernel is told of links, addresses, routes and rules, and what it tells.
//
// A device is named; names are at most 15 bytes, without "/" and spaces. In a table of routes of IPv6 the kernel gives
// metric 1024 where none is asked for.
//
// Example:
//   const Route route = {.table = 100, .destination = *net::Prefix::Parse("10.0.1.5/32"), .device = "eni-1"};
//
// Thread safety: values.
#ifndef NUBO_FABRICS_NETLINK_TYPES_H_
#define NUBO_FABRICS_NETLINK_TYPES_H_

#include <cstdint>
#include <optional>
#include <string>

#include "nubo/net/ip_address.h"
#include "nubo/net/mac_address.h"

namespace nubo::fabrics {

// rtnetlink(7): RT_TABLE_DEFAULT, RT_TABLE_MAIN and RT_TABLE_LOCAL.
constexpr uint32_t kDefaultTable = 253;
constexpr uint32_t kMainTable = 254;
constexpr uint32_t kLocalTable = 255;

// A pair of devices; what one sends the other receives.
struct Veth {
  std::string name = {};
  net::MacAddress mac = {};
  std::string peer_name = {};
  // A descriptor of the network namespace in which the peer is to be, open until the request has been made; -1: the
  // same as `name`.
  int peer_namespace = -1;
  net::MacAddress peer_mac = {};
  // Neither end asks for addresses of neighbours nor answers: every frame goes to the MAC address of the sender itself,
  // so that both ends want the same one.
  bool noarp = false;
  // The peer is up from the beginning; `name` is set up by itself.
  bool peer_up = false;
  // In bytes; 0: as the kernel likes.
  uint32_t mtu = 0;
};

struct Link {
  std::string name = {};
  int index = 0;
  net::MacAddress mac = {};
  bool up = false;
  bool noarp = false;
  uint32_t mtu = 0;
  // "veth", "bridge", …; "" of one that the kernel made by itself, such as lo.
  std::string kind = {};

  friend bool operator==(const Link&, const Link&) = default;
};

// An address of a device.
struct InterfaceAddress {
  std::string device = {};
  net::IpAddress address = {};
  // Of the block around it that is on the link.
  int length = 0;
  // No route to that block comes with it.
  bool no_prefix_route = false;
  // Only IPv6: usable at once, without asking whether another has it.
  bool no_duplicate_detection = false;
  // Only IPv4: sockets that are bound to none do not get it.
  bool link_scope = false;

  friend bool operator==(const InterfaceAddress&, const InterfaceAddress&) = default;
};

// rtnetlink(7), rtm_type.
enum class RouteType {
  kUnicast = 1,
  kLocal,
  kBroadcast,
  kAnycast,
  kMulticast,
  kBlackhole,
  kUnreachable,
  kProhibit,
  kThrow,
};

// rtnetlink(7), rtm_scope; of IPv4 alone.
enum class RouteScope { kUniverse = 0, kLink = 253, kHost = 254 };

struct Route {
  uint32_t table = kMainTable;
  // 0.0.0.0/0 and ::/0 are default routes.
  net::Prefix destination = {};
  // "": none, as blackholes and unreachables have none.
  std::string device = {};
  std::optional<net::IpAddress> gateway = {};
  // The gateway is behind the device although no route leads there.
  bool onlink = false;
  RouteType type = RouteType::kUnicast;
  // Nothing: host of local addresses, link of unicast without a gateway, else universe, as ip-route(8) has it. In a
  // list each has one.
  std::optional<RouteScope> scope = {};
  uint32_t metric = 0;
  // The address that sockets get which are bound to none.
  std::optional<net::IpAddress> source_hint = {};

  friend bool operator==(const Route&, const Route&) = default;
};

// Which table of routes a packet is looked up in.
struct RoutingRule {
  bool v6 = false;
  // The lowest first. The kernel's own: 0 for the local table, 32766 for the main one.
  uint32_t priority = 0;
  // Of packets with (mark & mark_mask) == mark; with mark_mask 0 of any.
  uint32_t mark = 0;
  uint32_t mark_mask = 0;
  // Of packets from there.
  std::optional<net::Prefix> from = {};
  // Of packets to there.
  std::optional<net::Prefix> to = {};
  // Of packets that came in there; "": anywhere. "lo" stands for those of this namespace's own sockets.
  std::string in_device = {};
  uint32_t table = kMainTable;

  friend bool operator==(const RoutingRule&, const RoutingRule&) = default;
};

}  // namespace nubo::fabrics

#endif  // NUBO_FABRICS_NETLINK_TYPES_H_
