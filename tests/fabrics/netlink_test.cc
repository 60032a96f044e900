// The kernel itself: links, addresses, routes and rules in namespaces that the test makes.
#include "nubo/fabrics/netlink.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nubo/fabrics/network_namespace.h"
#include "nubo/testing/status_matchers.h"
#include "tests/fabrics/namespaces.h"

namespace nubo::fabrics {
namespace {

using nubo::testing::IsOk;
using nubo::testing::StatusIs;

constexpr int kPatienceMs = 5000;
constexpr uint16_t kPort = 4000;

net::IpAddress Ip(absl::string_view text) { return *net::IpAddress::Parse(text); }
net::Prefix Block(absl::string_view text) { return *net::Prefix::Parse(text); }
const net::MacAddress kMac = *net::MacAddress::Parse("02:00:0a:00:01:05");

NetworkNamespace Fresh() {
  auto made = MakeNetworkNamespace();
  BOOST_REQUIRE(IsOk(made));
  return *std::move(made);
}

Netlink OpenIn(const NetworkNamespace& place) {
  const auto inside = EnteredNamespace::Enter(place.fd());
  BOOST_REQUIRE(IsOk(inside));
  auto opened = Netlink::Open();
  BOOST_REQUIRE(IsOk(opened));
  return *std::move(opened);
}

// A socket of that namespace.
base::OwnedFd SocketIn(const NetworkNamespace& place, int type, bool v6 = false) {
  const auto inside = EnteredNamespace::Enter(place.fd());
  BOOST_REQUIRE(IsOk(inside));
  base::OwnedFd fd(socket(v6 ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  BOOST_REQUIRE(fd.ok());
  return fd;
}

// An address as the system's calls want it.
struct RawAddress {
  RawAddress(const net::IpAddress& ip, uint16_t port) {
    const std::string bytes = ip.ToBytes();
    if (ip.is_v4()) {
      v4.sin_family = AF_INET;
      v4.sin_port = htons(port);
      std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(&v4.sin_addr));
      size = sizeof v4;
    } else {
      v6.sin6_family = AF_INET6;
      v6.sin6_port = htons(port);
      std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(&v6.sin6_addr));
      size = sizeof v6;
    }
  }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(this); }
  union {
    sockaddr_in v4 = {};
    sockaddr_in6 v6;
  };
  socklen_t size = 0;
};

bool Await(int fd, short events) {
  pollfd ready = {fd, events, 0};
  return poll(&ready, 1, kPatienceMs) == 1;
}

// "": a connection from `client` to `server` at `ip` carries bytes. Else what does not work.
std::string TcpProblem(const NetworkNamespace& client, const NetworkNamespace& server, const net::IpAddress& ip) {
  const base::OwnedFd listener = SocketIn(server, SOCK_STREAM, ip.is_v6());
  const RawAddress address(ip, kPort);
  const int on = 1;
  setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener.get(), address.get(), address.size) != 0) return absl::StrCat("bind ", errno);
  if (listen(listener.get(), 1) != 0) return "listen";
  const base::OwnedFd calling = SocketIn(client, SOCK_STREAM, ip.is_v6());
  if (connect(calling.get(), address.get(), address.size) != 0 && errno != EINPROGRESS) {
    return absl::StrCat("connect ", errno);
  }
  if (!Await(listener.get(), POLLIN)) return "nobody came";
  const base::OwnedFd called(accept(listener.get(), nullptr, nullptr));
  if (!Await(calling.get(), POLLOUT) || send(calling.get(), "hello", 5, MSG_NOSIGNAL) != 5) return "send";
  char buffer[16] = {};
  if (!Await(called.get(), POLLIN) || recv(called.get(), buffer, sizeof buffer, 0) != 5) return "recv";
  return std::string(buffer) == "hello" ? "" : buffer;
}

const Link* Find(const std::vector<Link>& links, absl::string_view name) {
  const auto found = std::find_if(links.begin(), links.end(), [&](const Link& link) { return link.name == name; });
  return found == links.end() ? nullptr : &*found;
}

template <typename T>
bool Has(const std::vector<T>& all, const T& wanted) {
  return std::find(all.begin(), all.end(), wanted) != all.end();
}

// A router, an instance, and a wire between them: "eni" there and "eth0" here.
struct Wire {
  Wire() {
    BOOST_REQUIRE(IsOk(outside.AddVeth({.name = "eni",
                                        .mac = kMac,
                                        .peer_name = "eth0",
                                        .peer_namespace = instance.fd(),
                                        .peer_mac = kMac,
                                        .noarp = true,
                                        .peer_up = true,
                                        .mtu = 9001})));
    BOOST_REQUIRE(IsOk(outside.SetUp("eni")));
  }
  NetworkNamespace router = Fresh(), instance = Fresh();
  Netlink outside = OpenIn(router), inside = OpenIn(instance);
};

BOOST_AUTO_TEST_SUITE(real, *boost::unit_test::precondition(InNamespaces))

BOOST_AUTO_TEST_CASE(a_fresh_namespace_has_lo_alone_and_it_is_down) {
  Netlink netlink = OpenIn(Fresh());
  const auto links = netlink.ListLinks();
  BOOST_REQUIRE(IsOk(links));
  BOOST_REQUIRE(links->size() == 1u);
  BOOST_TEST(links->front().name == "lo");
  BOOST_TEST(!links->front().up);
  BOOST_TEST(links->front().kind == "");
}

BOOST_AUTO_TEST_CASE(lo_is_set_up) {
  Netlink netlink = OpenIn(Fresh());
  BOOST_TEST(IsOk(netlink.SetUp("lo")));
  BOOST_TEST(Find(*netlink.ListLinks(), "lo")->up);
}

BOOST_AUTO_TEST_CASE(a_veth_is_as_it_was_asked_for_at_both_ends) {
  Wire wire;
  for (const auto& [netlink, name] : {std::make_pair(&wire.outside, "eni"), {&wire.inside, "eth0"}}) {
    const auto links = netlink->ListLinks();
    BOOST_REQUIRE(IsOk(links));
    const Link* link = Find(*links, name);
    BOOST_REQUIRE(link != nullptr);
    BOOST_TEST(link->mac.ToString() == kMac.ToString());
    BOOST_TEST(link->up);
    BOOST_TEST(link->noarp);
    BOOST_TEST(link->mtu == 9001u);
    BOOST_TEST(link->kind == "veth");
  }
}

BOOST_AUTO_TEST_CASE(a_veth_whose_name_is_taken_is_refused) {
  Wire wire;
  BOOST_TEST(StatusIs(wire.outside.AddVeth({.name = "eni", .mac = kMac, .peer_name = "x", .peer_mac = kMac}),
                      absl::StatusCode::kAlreadyExists, "add veth eni: "));
}

BOOST_AUTO_TEST_CASE(a_name_that_is_none_is_refused) {
  Netlink netlink = OpenIn(Fresh());
  for (const char* name : {"", "sixteen-letters!", "a/b", "a b", ".."}) {
    BOOST_TEST(StatusIs(netlink.SetUp(name), absl::StatusCode::kInvalidArgument, "cannot name a device"));
  }
}

BOOST_AUTO_TEST_CASE(a_link_goes_with_its_peer) {
  Wire wire;
  BOOST_TEST(IsOk(wire.outside.DeleteLink("eni")));
  BOOST_TEST(Find(*wire.inside.ListLinks(), "eth0") == nullptr);
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_not_found) {
  Netlink netlink = OpenIn(Fresh());
  const auto not_found = absl::StatusCode::kNotFound;
  BOOST_TEST(StatusIs(netlink.DeleteLink("eni"), not_found, "delete link eni: "));
  BOOST_TEST(StatusIs(netlink.SetUp("eni"), not_found));
  BOOST_TEST(StatusIs(netlink.AddAddress({.device = "eni", .address = Ip("10.0.0.1"), .length = 24}), not_found,
                      "add address 10.0.0.1/24 dev eni: there is no device eni"));
  BOOST_TEST(StatusIs(netlink.DeleteAddress({.device = "lo", .address = Ip("10.0.0.1"), .length = 24}), not_found));
  BOOST_TEST(StatusIs(netlink.DeleteAddress({.device = "lo", .address = Ip("fd00::1"), .length = 64}), not_found));
  BOOST_TEST(StatusIs(netlink.DeleteRoute({.destination = Block("10.0.0.0/8"), .device = "lo"}), not_found));
  BOOST_TEST(StatusIs(netlink.DeleteRoute({.destination = Block("fd00::/8"), .device = "lo"}), not_found));
  BOOST_TEST(StatusIs(netlink.DeleteRule({.priority = 7, .table = 7}), not_found));
}

BOOST_AUTO_TEST_CASE(a_link_is_moved_and_is_down_there) {
  const NetworkNamespace first = Fresh(), second = Fresh();
  Netlink netlink = OpenIn(first), there = OpenIn(second);
  BOOST_REQUIRE(IsOk(netlink.AddVeth({.name = "a", .mac = kMac, .peer_name = "b", .peer_mac = kMac, .peer_up = true})));
  BOOST_TEST(IsOk(netlink.MoveLink("b", second.fd())));
  BOOST_TEST(Find(*netlink.ListLinks(), "b") == nullptr);
  const auto links = there.ListLinks();
  BOOST_REQUIRE(Find(*links, "b") != nullptr);
  BOOST_TEST(!Find(*links, "b")->up);
}

BOOST_AUTO_TEST_CASE(addresses_are_added_again_listed_and_deleted) {
  Wire wire;
  const InterfaceAddress v4 = {.device = "eth0", .address = Ip("10.0.1.5"), .length = 24, .no_prefix_route = true};
  const InterfaceAddress v6 = {.device = "eth0",
                               .address = Ip("fd00:1::5"),
                               .length = 64,
                               .no_prefix_route = true,
                               .no_duplicate_detection = true};
  for (const InterfaceAddress& address : {v4, v6}) {
    BOOST_TEST(IsOk(wire.inside.AddAddress(address)));
    BOOST_TEST(IsOk(wire.inside.AddAddress(address)));
    BOOST_TEST(Has(*wire.inside.ListAddresses(), address));
    const auto routes = wire.inside.ListRoutes(kMainTable);
    BOOST_REQUIRE(IsOk(routes));
    for (const Route& route : *routes) BOOST_TEST(!route.destination.Contains(address.address));
    BOOST_TEST(IsOk(wire.inside.DeleteAddress(address)));
    BOOST_TEST(!Has(*wire.inside.ListAddresses(), address));
  }
}

BOOST_AUTO_TEST_CASE(an_address_brings_a_route_to_its_block_unless_told_not_to) {
  Wire wire;
  BOOST_REQUIRE(IsOk(wire.inside.AddAddress({.device = "eth0", .address = Ip("10.0.1.5"), .length = 24})));
  const auto routes = wire.inside.ListRoutes(kMainTable);
  BOOST_REQUIRE(IsOk(routes));
  BOOST_REQUIRE(routes->size() >= 1u);
  BOOST_TEST(routes->front().destination.ToString() == "10.0.1.0/24");
  const auto local = wire.inside.ListRoutes(kLocalTable);
  BOOST_REQUIRE(IsOk(local));
  BOOST_TEST(std::any_of(local->begin(), local->end(), [](const Route& route) {
    return route.type == RouteType::kLocal && route.destination == Block("10.0.1.5/32") && route.device == "eth0";
  }));
}

BOOST_AUTO_TEST_CASE(routes_are_listed_as_they_were_asked_for) {
  Wire wire;
  BOOST_REQUIRE(IsOk(wire.outside.AddAddress({.device = "eni", .address = Ip("10.0.9.1"), .length = 32})));
  BOOST_REQUIRE(IsOk(wire.outside.AddAddress(
      {.device = "eni", .address = Ip("fd00:9::1"), .length = 128, .no_duplicate_detection = true})));
  const Route routes[] = {
      {.table = 100, .destination = Block("10.0.1.5/32"), .device = "eni", .scope = RouteScope::kLink},
      {.table = 100, .destination = Block("10.0.1.6/32"), .device = "eni", .scope = RouteScope::kLink, .metric = 7},
      {.table = 100,
       .destination = Block("0.0.0.0/0"),
       .device = "eni",
       .gateway = Ip("169.254.1.1"),
       .onlink = true,
       .scope = RouteScope::kUniverse,
       .source_hint = Ip("10.0.9.1")},
      {.table = 100,
       .destination = Block("10.2.0.0/16"),
       .type = RouteType::kBlackhole,
       .scope = RouteScope::kUniverse},
      {.table = 100,
       .destination = Block("10.3.0.0/16"),
       .type = RouteType::kUnreachable,
       .scope = RouteScope::kUniverse},
      {.table = 100,
       .destination = Block("fd00:1::5/128"),
       .device = "eni",
       .scope = RouteScope::kUniverse,
       .metric = 9},
      {.table = 100,
       .destination = Block("::/0"),
       .device = "eni",
       .gateway = Ip("fe80::1"),
       .onlink = true,
       .scope = RouteScope::kUniverse,
       .metric = 1024,
       .source_hint = Ip("fd00:9::1")},
      {.table = 100,
       .destination = Block("fd00:2::/32"),
       .type = RouteType::kBlackhole,
       .scope = RouteScope::kUniverse,
       .metric = 1024},
      {.table = 100,
       .destination = Block("fd00:3::/32"),
       .type = RouteType::kUnreachable,
       .scope = RouteScope::kUniverse,
       .metric = 1024},
  };
  for (const Route& route : routes) {
    BOOST_TEST_CONTEXT(route.destination.ToString()) {
      BOOST_TEST(IsOk(wire.outside.AddRoute(route)));
      BOOST_TEST(IsOk(wire.outside.AddRoute(route)));
      BOOST_TEST(Has(*wire.outside.ListRoutes(100), route));
    }
  }
  BOOST_TEST(wire.outside.ListRoutes(100)->size() == std::size(routes));
  for (const Route& route : routes) {
    BOOST_TEST_CONTEXT(route.destination.ToString()) { BOOST_TEST(IsOk(wire.outside.DeleteRoute(route))); }
  }
  BOOST_TEST(wire.outside.ListRoutes(100)->empty());
}

BOOST_AUTO_TEST_CASE(a_route_takes_the_place_of_the_former_one) {
  Netlink netlink = OpenIn(Fresh());
  for (const char* text : {"10.2.0.0/16", "fd00:2::/32"}) {
    Route route = {.table = 100, .destination = Block(text), .type = RouteType::kBlackhole};
    BOOST_TEST(IsOk(netlink.AddRoute(route)));
    route.type = RouteType::kUnreachable;
    BOOST_TEST(IsOk(netlink.AddRoute(route)));
  }
  const auto routes = netlink.ListRoutes(100);
  BOOST_REQUIRE(routes->size() == 2u);
  for (const Route& route : *routes) BOOST_TEST((route.type == RouteType::kUnreachable));
}

BOOST_AUTO_TEST_CASE(a_route_of_any_type_and_origin_is_deleted_by_its_destination) {
  Netlink netlink = OpenIn(Fresh());
  BOOST_TEST(IsOk(netlink.SetUp("lo")));
  BOOST_TEST(IsOk(netlink.DeleteRoute({.table = kLocalTable, .destination = Block("127.0.0.0/8")})));
  for (const char* text : {"10.2.0.0/16", "fd00:2::/32"}) {
    for (const RouteType type : {RouteType::kBlackhole, RouteType::kUnreachable}) {
      BOOST_TEST(IsOk(netlink.AddRoute({.table = 100, .destination = Block(text), .type = type})));
      BOOST_TEST(IsOk(netlink.DeleteRoute({.table = 100, .destination = Block(text)})));
    }
  }
  BOOST_TEST(netlink.ListRoutes(100)->empty());
}

BOOST_AUTO_TEST_CASE(a_table_that_is_not_there_has_no_routes) {
  Netlink netlink = OpenIn(Fresh());
  const auto routes = netlink.ListRoutes(123456);
  BOOST_REQUIRE(IsOk(routes));
  BOOST_TEST(routes->empty());
}

BOOST_AUTO_TEST_CASE(an_error_has_the_kernels_reason) {
  Wire wire;
  BOOST_TEST(StatusIs(
      wire.outside.AddRoute(
          {.table = 100, .destination = Block("10.0.1.0/24"), .device = "eni", .gateway = Ip("10.9.0.1")}),
      absl::StatusCode::kFailedPrecondition,
      "add route 10.0.1.0/24 via 10.9.0.1 dev eni table 100: Nexthop has invalid gateway (Network is unreachable)"));
}

BOOST_AUTO_TEST_CASE(families_are_not_mixed) {
  Netlink netlink = OpenIn(Fresh());
  const auto invalid = absl::StatusCode::kInvalidArgument;
  BOOST_TEST(StatusIs(netlink.AddRoute({.destination = Block("10.0.0.0/8"), .gateway = Ip("fd00::1")}), invalid));
  BOOST_TEST(StatusIs(netlink.AddRoute({.destination = Block("10.0.0.0/8"), .source_hint = Ip("fd00::1")}), invalid));
  BOOST_TEST(StatusIs(netlink.AddRule({.v6 = true, .priority = 1, .from = Block("10.0.0.0/8")}), invalid));
  BOOST_TEST(StatusIs(netlink.AddAddress({.device = "lo", .address = Ip("10.0.0.1"), .length = 33}), invalid));
}

BOOST_AUTO_TEST_CASE(rules_are_added_again_listed_and_deleted) {
  Wire wire;
  const RoutingRule rules[] = {
      {.priority = 100, .mark = 0x10, .mark_mask = 0xff, .table = 100},
      {.priority = 101, .from = Block("10.0.1.0/24"), .table = 1000},
      {.priority = 102, .in_device = "eni", .table = 70000},
      {.v6 = true, .priority = 100, .mark = 0x10, .mark_mask = 0xff, .table = 100},
      {.v6 = true, .priority = 103, .from = Block("fd00:1::/64"), .in_device = "eni", .table = 100},
  };
  const size_t before = wire.outside.ListRules()->size();
  for (const RoutingRule& rule : rules) {
    BOOST_TEST(IsOk(wire.outside.AddRule(rule)));
    BOOST_TEST(IsOk(wire.outside.AddRule(rule)));
    BOOST_TEST(Has(*wire.outside.ListRules(), rule));
  }
  BOOST_TEST(wire.outside.ListRules()->size() == before + std::size(rules));
  for (const RoutingRule& rule : rules) BOOST_TEST(IsOk(wire.outside.DeleteRule(rule)));
  BOOST_TEST(wire.outside.ListRules()->size() == before);
}

BOOST_AUTO_TEST_CASE(a_batch_tells_of_each_request) {
  const NetworkNamespace place = Fresh();
  Netlink netlink = OpenIn(place);
  NetlinkBatch batch;
  batch.AddVeth({.name = "a", .mac = kMac, .peer_name = "b", .peer_mac = kMac, .peer_up = true});
  batch.SetUp("a");
  batch.AddAddress({.device = "a", .address = Ip("10.0.0.1"), .length = 32});
  batch.SetUp("nobody");
  batch.AddRoute({.destination = Block("10.0.0.2/32"), .device = "a"});
  batch.AddRoute({.destination = Block("10.0.0.3/32"), .device = "nobody"});
  batch.DeleteLink("a");
  batch.AddRoute({.destination = Block("10.0.0.2/32"), .device = "a"});
  batch.SetUp("lo");
  batch.SetUp("a/b");
  const std::vector<absl::Status> statuses = netlink.Run(batch);
  std::string codes;
  for (const absl::Status& status : statuses) absl::StrAppend(&codes, absl::StatusCodeToString(status.code()), " ");
  BOOST_TEST(codes == "OK OK OK NOT_FOUND OK NOT_FOUND OK NOT_FOUND OK INVALID_ARGUMENT ");
  BOOST_TEST(StatusIs(statuses[5], absl::StatusCode::kNotFound, "add route 10.0.0.3/32 dev nobody table 254: "));
}

BOOST_AUTO_TEST_CASE(an_empty_batch_is_nothing) {
  Netlink netlink = OpenIn(Fresh());
  BOOST_TEST(netlink.Run(NetlinkBatch()).empty());
}

BOOST_AUTO_TEST_CASE(a_device_that_is_made_anew_in_a_batch_is_looked_up_anew) {
  Netlink netlink = OpenIn(Fresh());
  NetlinkBatch batch;
  for (int i = 0; i < 3; ++i) {
    batch.AddVeth({.name = "a", .mac = kMac, .peer_name = "b", .peer_mac = kMac, .peer_up = true});
    batch.SetUp("a");
    batch.AddRoute({.destination = Block("10.0.0.2/32"), .device = "a"});
    if (i < 2) batch.DeleteLink("a");
  }
  for (const absl::Status& status : netlink.Run(batch)) BOOST_TEST(IsOk(status));
  BOOST_TEST(netlink.ListRoutes(kMainTable)->front().device == "a");
}

BOOST_AUTO_TEST_CASE(large_batches_and_lists_are_whole) {
  constexpr int kCount = 500;
  const NetworkNamespace place = Fresh(), other = Fresh();
  Netlink netlink = OpenIn(place);
  NetlinkBatch batch;
  for (int i = 0; i < kCount; ++i) {
    batch.AddRoute({.table = 100,
                    .destination = *net::Prefix::Make(net::IpAddress::V4(0x0a000000u + static_cast<uint32_t>(i)), 32),
                    .type = RouteType::kBlackhole});
    batch.AddRule({.priority = static_cast<uint32_t>(1000 + i), .mark = 1, .mark_mask = 0xff, .table = 100});
    batch.SetUp("nobody");
  }
  size_t refused = 0;
  for (const absl::Status& status : netlink.Run(batch)) refused += absl::IsNotFound(status) ? 1 : 0;
  BOOST_TEST(refused == static_cast<size_t>(kCount));
  BOOST_TEST(netlink.ListRoutes(100)->size() == static_cast<size_t>(kCount));
  BOOST_TEST(netlink.ListRules()->size() >= static_cast<size_t>(kCount));
}

BOOST_AUTO_TEST_CASE(a_socket_stays_with_its_namespace) {
  const NetworkNamespace place = Fresh();
  Netlink netlink = OpenIn(place);
  BOOST_TEST(IsOk(netlink.AddVeth({.name = "only-here", .mac = kMac, .peer_name = "b", .peer_mac = kMac})));
  auto here = Netlink::Open();
  BOOST_REQUIRE(IsOk(here));
  BOOST_TEST(Find(*here->ListLinks(), "only-here") == nullptr);
  BOOST_TEST(Find(*netlink.ListLinks(), "only-here") != nullptr);
}

// What the fabric is built of: no neighbours are asked for, because both ends have one MAC address.
BOOST_AUTO_TEST_CASE(a_wire_without_arp_carries_tcp_over_both_families) {
  Wire wire;
  const std::pair<net::IpAddress, net::IpAddress> families[] = {{Ip("10.0.1.1"), Ip("10.0.1.5")},
                                                                {Ip("fd00:1::1"), Ip("fd00:1::5")}};
  for (const auto& [router, instance] : families) {
    const int bits = router.bits();
    const net::Prefix to_router = *net::Prefix::Make(router, bits), to_instance = *net::Prefix::Make(instance, bits);
    NetlinkBatch outside, inside;
    outside.AddAddress({.device = "eni", .address = router, .length = bits, .no_duplicate_detection = true});
    outside.AddRoute(
        {.table = kLocalTable, .destination = to_router, .device = "eni", .type = RouteType::kLocal, .metric = 1});
    outside.AddRoute({.destination = to_instance, .device = "eni"});
    inside.AddAddress({.device = "eth0", .address = instance, .length = bits, .no_duplicate_detection = true});
    inside.AddRoute(
        {.table = kLocalTable, .destination = to_instance, .device = "eth0", .type = RouteType::kLocal, .metric = 1});
    inside.AddRoute({.destination = to_router, .device = "eth0"});
    for (const absl::Status& status : wire.outside.Run(outside)) BOOST_TEST(IsOk(status));
    for (const absl::Status& status : wire.inside.Run(inside)) BOOST_TEST(IsOk(status));
    BOOST_TEST(TcpProblem(wire.router, wire.instance, instance) == "");
  }
}

// Which error a datagram to `ip` with that mark meets; 0: it goes.
int SendMarked(const NetworkNamespace& place, const net::IpAddress& ip, uint32_t mark) {
  const base::OwnedFd fd = SocketIn(place, SOCK_DGRAM, ip.is_v6());
  BOOST_REQUIRE(setsockopt(fd.get(), SOL_SOCKET, SO_MARK, &mark, sizeof mark) == 0);
  const RawAddress address(ip, kPort);
  return connect(fd.get(), address.get(), address.size) == 0 ? 0 : errno;
}

BOOST_AUTO_TEST_CASE(a_mark_chooses_the_table) {
  Wire wire;
  BOOST_REQUIRE(IsOk(wire.outside.AddAddress({.device = "eni", .address = Ip("10.0.1.1"), .length = 32})));
  BOOST_REQUIRE(IsOk(wire.outside.AddAddress(
      {.device = "eni", .address = Ip("fd00:1::1"), .length = 128, .no_duplicate_detection = true})));
  for (const char* text : {"10.0.1.5", "fd00:1::5"}) {
    const net::IpAddress ip = Ip(text);
    const net::Prefix block = *net::Prefix::Make(ip, ip.bits());
    NetlinkBatch batch;
    batch.AddRoute({.table = 100, .destination = block, .device = "eni"});
    batch.AddRoute({.table = 101, .destination = block, .type = RouteType::kUnreachable});
    batch.AddRule({.v6 = ip.is_v6(), .priority = 100, .mark = 1, .mark_mask = 0xff, .table = 100});
    batch.AddRule({.v6 = ip.is_v6(), .priority = 101, .mark = 2, .mark_mask = 0xff, .table = 101});
    for (const absl::Status& status : wire.outside.Run(batch)) BOOST_TEST(IsOk(status));
    BOOST_TEST(SendMarked(wire.router, ip, 0x1) == 0);
    BOOST_TEST(SendMarked(wire.router, ip, 0x101) == 0);
    BOOST_TEST(SendMarked(wire.router, ip, 0x2) == EHOSTUNREACH);
    BOOST_TEST(SendMarked(wire.router, ip, 0x3) == ENETUNREACH);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::fabrics
