#include "nubo/fabrics/network_plan.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/vpc/security_group.h"

namespace nubo::fabrics {
namespace {

using RouteKind = KernelRoute::Kind;

// As PlanNetworks() numbers them.
constexpr uint32_t kVpcTable = 100;

net::Prefix Block(const std::string& text) { return *net::Prefix::Parse(text); }
net::IpAddress Ip(const std::string& text) { return *net::IpAddress::Parse(text); }

vpc::SecurityGroupRule Rule(int protocol, int from, int to, const std::string& peer) {
  vpc::SecurityGroupRule rule;
  rule.protocol = protocol;
  rule.from_port = from;
  rule.to_port = to;
  if (absl::StartsWith(peer, "sg-")) {
    rule.group_id = peer;
  } else if (absl::StartsWith(peer, "pl-")) {
    rule.prefix_list_id = peer;
  } else {
    rule.block = Block(peer);
  }
  return rule;
}

vpc::NetworkRoute RouteTo(const std::string& destination, const std::string& target) {
  return {.destination = Block(destination), .prefix_list = {}, .target = target};
}

// Two subnets, "a" with a way to the internet, "b" without; two instances that are in one group, one of them public.
vpc::Network Small() {
  vpc::Network network;
  network.vpcs["vpc-1"] = {.blocks = {Block("10.0.0.0/16"), Block("2001:db8:1::/56")}, .main_route_table = "rtb-b"};
  network.internet_gateways["igw-1"] = {.vpc = "vpc-1"};
  network.route_tables["rtb-a"] = {.vpc = "vpc-1", .routes = {RouteTo("0.0.0.0/0", "igw-1")}};
  network.route_tables["rtb-b"] = {.vpc = "vpc-1", .routes = {}};
  network.subnets["subnet-a"] = {.vpc = "vpc-1",
                                 .blocks = {Block("10.0.1.0/24"), Block("2001:db8:1:1::/64")},
                                 .availability_zone = {},
                                 .route_table = "rtb-a",
                                 .acl = {}};
  network.subnets["subnet-b"] = network.subnets["subnet-a"];
  network.subnets["subnet-b"].blocks = {Block("10.0.2.0/24")};
  network.subnets["subnet-b"].route_table = "";
  network.security_groups["sg-1"] = {
      .vpc = "vpc-1", .name = "one", .ingress = {Rule(6, 80, 80, "0.0.0.0/0")}, .egress = {Rule(-1, -1, -1, "sg-1")}};
  network.interfaces["eni-0123456789abcdef0"] = {
      .subnet = "subnet-a",
      .addresses = {{Ip("10.0.1.5"), Ip("203.0.113.5")}, {Ip("2001:db8:1:1::5")}},
      .security_groups = {"sg-1"},
      .attached_to = "i-1"};
  network.interfaces["eni-2"] = {
      .subnet = "subnet-b", .addresses = {{Ip("10.0.2.5")}}, .security_groups = {"sg-1"}, .attached_to = "i-2"};
  return network;
}

const PlannedNamespace& Space(const NetworkPlan& plan, const std::string& name) { return plan.namespaces.at(name); }

const PlannedLink* LinkOf(const NetworkPlan& plan, const std::string& name_space, const std::string& device) {
  const auto it = std::find_if(plan.links.begin(), plan.links.end(), [&](const PlannedLink& link) {
    return link.b == LinkEnd{name_space, device} || link.a == LinkEnd{name_space, device};
  });
  return it == plan.links.end() ? nullptr : &*it;
}

const KernelRoute* RouteOf(const PlannedNamespace& space, uint32_t table, const std::string& destination) {
  const auto it = space.routes.find({table, Block(destination)});
  return it == space.routes.end() ? nullptr : &it->second;
}

// The number of the table that packets from a device are routed by.
uint32_t TableOf(const PlannedNamespace& router, const std::string& device) {
  const auto& marks = router.filter.sets.at("table_of").elements;
  const auto it = marks.find(absl::StrCat("\"", device, "\""));
  return it == marks.end() ? 0 : static_cast<uint32_t>(std::stoul(it->second));
}

bool HasRule(const PlannedNamespace& router, const std::string& chain, const std::string& rule) {
  const auto it = router.filter.chains.find(chain);
  return it != router.filter.chains.end() &&
         std::find(it->second.rules.begin(), it->second.rules.end(), rule) != it->second.rules.end();
}

BOOST_AUTO_TEST_CASE(an_attached_interface_is_a_pair_a_route_and_gates) {
  const NetworkPlan plan = PlanNetworks(Small(), {});
  const PlannedLink* const link = LinkOf(plan, "i-1", "eth0");
  BOOST_REQUIRE(link != nullptr);
  BOOST_TEST(link->a.name_space == "vpc-1");
  BOOST_TEST(link->a.device == "e456789abcdef0");
  BOOST_TEST(absl::EndsWith(link->mac, ":0a:00:01:05"));

  const PlannedNamespace& router = Space(plan, "vpc-1");
  for (const char* const address : {"10.0.1.5/32", "2001:db8:1:1::5/128"}) {
    const KernelRoute* const route = RouteOf(router, kVpcTable, address);
    BOOST_REQUIRE(route != nullptr);
    BOOST_TEST(route->device == link->a.device);
    BOOST_TEST(!route->via.has_value());
  }
  const std::string device = absl::StrCat("\"", link->a.device, "\"");
  BOOST_TEST(router.filter.sets.at("origin_of").elements.at(device) == "goto from_interface");
  BOOST_TEST(router.filter.sets.at("egress_of").elements.at(device) == "goto out.sg-1");
  BOOST_TEST(router.filter.sets.at("ingress_of").elements.at(device) == "goto in.sg-1");
  BOOST_TEST(router.filter.sets.at("own4").elements.contains(absl::StrCat(device, " . 10.0.1.5")));
  BOOST_TEST(router.filter.sets.at("checked").elements.contains(device));
}

BOOST_AUTO_TEST_CASE(an_instance_sends_everything_to_its_router) {
  const NetworkPlan plan = PlanNetworks(Small(), {});
  const PlannedNamespace& instance = Space(plan, "i-1");
  BOOST_TEST(instance.addresses.contains({"eth0", Ip("10.0.1.5"), 24}));
  BOOST_TEST(instance.addresses.contains({"eth0", Ip("2001:db8:1:1::5"), 64}));
  BOOST_TEST(instance.routes.size() == 2U);
  BOOST_TEST((RouteOf(instance, kMainTable, "0.0.0.0/0")->via == Ip("10.0.1.1")));
  BOOST_TEST((RouteOf(instance, kMainTable, "::/0")->via == Ip("fe80::1")));
  BOOST_TEST(instance.rules.empty());
  BOOST_TEST(instance.filter.family.empty());
}

BOOST_AUTO_TEST_CASE(an_interface_that_is_attached_to_nothing_is_nowhere) {
  vpc::Network network = Small();
  network.interfaces["eni-2"].attached_to = "";
  const NetworkPlan plan = PlanNetworks(network, {});
  BOOST_TEST(!plan.namespaces.contains("i-2"));
  BOOST_TEST((RouteOf(Space(plan, "vpc-1"), kVpcTable, "10.0.2.5/32") == nullptr));
}

BOOST_AUTO_TEST_CASE(what_does_not_run_stays_a_member_of_its_groups) {
  PlanOptions options;
  options.absent = {"i-2"};
  const NetworkPlan plan = PlanNetworks(Small(), options);
  BOOST_TEST(!plan.namespaces.contains("i-2"));
  BOOST_TEST(Space(plan, "vpc-1").filter.sets.at("members4.sg-1").elements.contains("10.0.2.5"));
}

BOOST_AUTO_TEST_CASE(starting_an_instance_touches_no_rule) {
  PlanOptions options;
  options.absent = {"i-2"};
  const NetworkChange change = Difference(PlanNetworks(Small(), options), PlanNetworks(Small(), {}));
  BOOST_TEST((change.namespaces_added == std::set<std::string>{"i-2"}));
  BOOST_TEST(change.links_added.size() == 1U);
  BOOST_TEST(change.links_removed.empty());
  const NamespaceChange& router = change.namespaces.at("vpc-1");
  BOOST_TEST(router.routes_set.size() == 1U);
  BOOST_TEST(router.rules_added.empty());
  BOOST_TEST(!absl::StrContains(router.filter, "rule"));
  BOOST_TEST(!absl::StrContains(router.filter, "delete"));
  BOOST_TEST(!change.namespaces.contains("internet"));
}

BOOST_AUTO_TEST_CASE(a_route_table_is_a_mark_and_a_table) {
  const NetworkPlan plan = PlanNetworks(Small(), {});
  const PlannedNamespace& router = Space(plan, "vpc-1");
  const uint32_t a = TableOf(router, "e456789abcdef0"), b = TableOf(router, "eeni-2");
  BOOST_TEST(a != b);
  BOOST_TEST(RouteOf(router, a, "0.0.0.0/0")->device == "up0");
  BOOST_TEST((RouteOf(router, b, "0.0.0.0/0")->kind == RouteKind::kUnreachable));
  BOOST_TEST(router.rules.contains({.priority = 20, .mark = a, .table = a}));
  BOOST_TEST(router.rules.contains({.v6 = true, .priority = 20, .mark = a, .table = a}));
  BOOST_TEST(router.rules.contains({.priority = 10, .table = kVpcTable}));
  // Of packets that bear no mark, having come from outside, only what is local goes on.
  BOOST_TEST((RouteOf(router, kMainTable, "0.0.0.0/0")->kind == RouteKind::kBlackhole));
  BOOST_TEST((RouteOf(router, kVpcTable, "10.0.0.0/16")->kind == RouteKind::kBlackhole));
}

BOOST_AUTO_TEST_CASE(a_route_tables_number_stays_when_others_come_and_go) {
  vpc::Network network = Small();
  const uint32_t before = TableOf(Space(PlanNetworks(network, {}), "vpc-1"), "e456789abcdef0");
  network.route_tables["rtb-0"] = {.vpc = "vpc-1", .routes = {}};
  network.subnets["subnet-b"].route_table = "rtb-0";
  BOOST_TEST(TableOf(Space(PlanNetworks(network, {}), "vpc-1"), "e456789abcdef0") == before);
}

struct TargetRow {
  std::string name;
  std::string target;
  RouteKind kind;
  std::string device;
};
std::ostream& operator<<(std::ostream& out, const TargetRow& row) { return out << row.name; }

const std::vector<TargetRow> kTargets = {
    {"internet gateway", "igw-1", RouteKind::kUnicast, "up0"},
    {"detached gateway", "igw-2", RouteKind::kBlackhole, ""},
    {"egress-only gateway of IPv4", "eigw-1", RouteKind::kBlackhole, ""},
    {"NAT gateway", "nat-1", RouteKind::kUnicast, "nnat-1"},
    {"peering", "pcx-1", RouteKind::kUnicast, "ppcx-1"},
    {"inactive peering", "pcx-2", RouteKind::kBlackhole, ""},
    {"peering with one that has gone", "pcx-3", RouteKind::kBlackhole, ""},
    {"interface", "eni-2", RouteKind::kUnicast, "eeni-2"},
    {"unattached interface", "eni-3", RouteKind::kBlackhole, ""},
    {"another VPC's interface", "eni-4", RouteKind::kBlackhole, ""},
    {"interface endpoint", "vpce-2", RouteKind::kBlackhole, ""},
    {"nothing", "igw-9", RouteKind::kBlackhole, ""},
};

BOOST_AUTO_TEST_CASE(a_route_leads_to_its_target_or_nowhere) {
  vpc::Network network = Small();
  network.vpcs["vpc-2"] = {.blocks = {Block("10.2.0.0/16")}, .main_route_table = {}};
  network.subnets["subnet-2"] = {.vpc = "vpc-2", .blocks = {Block("10.2.0.0/24")}, .availability_zone = {}};
  network.internet_gateways["igw-2"] = {};
  network.internet_gateways["eigw-1"] = {.vpc = "vpc-1", .egress_only = true};
  network.nat_gateways["nat-1"] = {"subnet-a", Ip("10.0.1.9"), Ip("203.0.113.9")};
  network.peerings["pcx-1"] = {.requester = "vpc-1", .accepter = "vpc-2"};
  network.peerings["pcx-2"] = {.requester = "vpc-1", .accepter = "vpc-2", .active = false};
  network.peerings["pcx-3"] = {.requester = "vpc-1", .accepter = "vpc-9"};
  network.interfaces["eni-3"] = {.subnet = "subnet-b", .addresses = {{Ip("10.0.2.6")}}, .security_groups = {}};
  network.interfaces["eni-4"] = {
      .subnet = "subnet-2", .addresses = {{Ip("10.2.0.6")}}, .security_groups = {}, .attached_to = "i-4"};
  network.endpoints["vpce-2"] = {.vpc = "vpc-1", .service = "logs", .gateway = false, .blocks = {}};
  for (const TargetRow& row : kTargets) {
    network.route_tables["rtb-a"].routes = {RouteTo("192.0.2.0/24", row.target)};
    const NetworkPlan plan = PlanNetworks(network, {});
    const PlannedNamespace& router = Space(plan, "vpc-1");
    const KernelRoute* const route = RouteOf(router, TableOf(router, "e456789abcdef0"), "192.0.2.0/24");
    BOOST_TEST_CONTEXT(row) {
      BOOST_REQUIRE(route != nullptr);
      BOOST_TEST((route->kind == row.kind));
      BOOST_TEST(route->device == row.device);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_block_counts_before_a_prefix_list_to_the_same) {
  vpc::Network network = Small();
  network.prefix_lists["pl-1"] = {Block("192.0.2.0/24"), Block("192.0.3.0/24")};
  network.route_tables["rtb-a"].routes = {{.destination = {}, .prefix_list = "pl-1", .target = "igw-9"},
                                          RouteTo("192.0.2.0/24", "igw-1")};
  const NetworkPlan plan = PlanNetworks(network, {});
  const PlannedNamespace& router = Space(plan, "vpc-1");
  const uint32_t table = TableOf(router, "e456789abcdef0");
  BOOST_TEST(RouteOf(router, table, "192.0.2.0/24")->device == "up0");
  BOOST_TEST((RouteOf(router, table, "192.0.3.0/24")->kind == RouteKind::kBlackhole));
}

BOOST_AUTO_TEST_CASE(a_gateway_endpoint_serves_its_own_blocks) {
  vpc::Network network = Small();
  network.endpoints["vpce-1"] = {.vpc = "vpc-1", .service = "s3", .gateway = true, .blocks = {Block("192.0.2.0/25")}};
  network.route_tables["rtb-b"].routes = {{.destination = {}, .prefix_list = "pl-s3", .target = "vpce-1"}};
  const NetworkPlan plan = PlanNetworks(network, {});
  const PlannedNamespace& router = Space(plan, "vpc-1");
  const uint32_t table = TableOf(router, "eeni-2");
  BOOST_TEST(RouteOf(router, table, "192.0.2.0/25")->device == "svc0");
  BOOST_TEST((RouteOf(router, table, "192.0.2.0/24") == nullptr));
  BOOST_REQUIRE((LinkOf(plan, "vpc-1.edge", "svc0") != nullptr));
}

BOOST_AUTO_TEST_CASE(a_route_within_the_vpc_comes_before_local_ones_but_not_within_a_subnet) {
  vpc::Network network = Small();
  network.interfaces["eni-2"].source_dest_check = false;
  network.route_tables["rtb-a"].routes = {RouteTo("10.0.1.0/24", "eni-2"), RouteTo("10.0.0.0/16", "eni-2")};
  const NetworkPlan plan = PlanNetworks(network, {});
  const PlannedNamespace& router = Space(plan, "vpc-1");
  const uint32_t mark = TableOf(router, "e456789abcdef0");
  const auto middle = std::find_if(router.rules.begin(), router.rules.end(),
                                   [&](const PlannedRule& rule) { return rule.priority == 5 && rule.mark == mark; });
  BOOST_REQUIRE((middle != router.rules.end()));
  BOOST_TEST(middle->mark == mark);
  BOOST_TEST(RouteOf(router, middle->table, "10.0.1.0/24")->device == "eeni-2");
  BOOST_TEST(router.rules.contains({.priority = 4, .mark = mark, .to = Block("10.0.1.0/24"), .table = kVpcTable}));
  // The local route itself is not another's to take.
  BOOST_TEST((RouteOf(router, middle->table, "10.0.0.0/16") == nullptr));
  BOOST_TEST(!router.filter.sets.at("checked").elements.contains("\"eeni-2\""));
}

BOOST_AUTO_TEST_CASE(the_edge_translates_public_addresses_of_what_runs) {
  const NetworkPlan plan = PlanNetworks(Small(), {});
  const PlannedNamespace& edge = Space(plan, "vpc-1.edge");
  BOOST_TEST(edge.filter.sets.at("private_of").elements.at("203.0.113.5") == "10.0.1.5");
  BOOST_TEST(edge.filter.sets.at("public_of").elements.at("10.0.1.5") == "203.0.113.5");
  BOOST_TEST(edge.without_local_routes.contains(Block("127.0.0.0/8")));
  const PlannedNamespace& internet = Space(plan, "internet");
  const KernelRoute* const route = RouteOf(internet, kMainTable, "203.0.113.5/32");
  BOOST_REQUIRE(route != nullptr);
  BOOST_REQUIRE((LinkOf(plan, "internet", route->device) != nullptr));
  BOOST_TEST(LinkOf(plan, "internet", route->device)->b.name_space == "vpc-1.edge");
  BOOST_TEST(internet.addresses.contains({"lo", Ip("198.51.100.1"), 32}));
}

BOOST_AUTO_TEST_CASE(without_a_gateway_there_is_no_edge) {
  vpc::Network network = Small();
  network.internet_gateways["igw-1"].vpc = "";
  const NetworkPlan plan = PlanNetworks(network, {});
  BOOST_TEST(!plan.namespaces.contains("vpc-1.edge"));
  BOOST_TEST(Space(plan, "internet").routes.empty());
}

BOOST_AUTO_TEST_CASE(nobody_opens_a_connection_to_a_nat_gateway) {
  vpc::Network network = Small();
  network.nat_gateways["nat-1"] = {"subnet-a", Ip("10.0.1.9"), Ip("203.0.113.9")};
  const NetworkPlan plan = PlanNetworks(network, {});
  const PlannedNamespace& edge = Space(plan, "vpc-1.edge");
  BOOST_TEST(!edge.filter.sets.at("private_of").elements.contains("203.0.113.9"));
  BOOST_TEST(edge.filter.sets.at("public_of").elements.at("10.0.1.9") == "203.0.113.9");
  const PlannedNamespace& nat = Space(plan, "nat-1");
  BOOST_TEST((nat.kind == PlannedNamespace::Kind::kNatGateway));
  BOOST_TEST(nat.filter.chains.at("to_own").rules.front() == "oifname \"eth0\" snat ip to 10.0.1.9");
  BOOST_TEST(nat.filter.chains.at("input").rules.empty());
}

struct RuleRow {
  vpc::SecurityGroupRule rule;
  std::vector<std::string> text;
};

BOOST_AUTO_TEST_CASE(rules_of_groups_become_rules_of_chains) {
  const std::vector<RuleRow> rows = {
      {Rule(-1, -1, -1, "0.0.0.0/0"), {"meta nfproto ipv4 accept"}},
      {Rule(-1, -1, -1, "::/0"), {"meta nfproto ipv6 accept"}},
      {Rule(6, 80, 80, "10.0.0.0/8"), {"ip saddr 10.0.0.0/8 tcp dport 80 accept"}},
      {Rule(6, 80, 90, "2001:db8::/32"), {"ip6 saddr 2001:db8::/32 tcp dport 80-90 accept"}},
      {Rule(17, 0, 65535, "10.0.0.0/8"), {"ip saddr 10.0.0.0/8 meta l4proto 17 accept"}},
      {Rule(47, -1, -1, "10.0.0.0/8"), {"ip saddr 10.0.0.0/8 meta l4proto 47 accept"}},
      {Rule(1, -1, -1, "10.0.0.0/8"), {"ip saddr 10.0.0.0/8 meta l4proto 1 accept"}},
      {Rule(1, 8, -1, "10.0.0.0/8"), {"ip saddr 10.0.0.0/8 icmp type 8 accept"}},
      {Rule(1, 3, 4, "10.0.0.0/8"), {"ip saddr 10.0.0.0/8 icmp type 3 icmp code 4 accept"}},
      {Rule(58, 128, 0, "::/0"), {"meta nfproto ipv6 icmpv6 type 128 icmpv6 code 0 accept"}},
      {Rule(1, 8, -1, "::/0"), {}},
      {Rule(6, 80, 80, "sg-1"),
       {"meta mark 1 return", "ip saddr @members4.sg-1 tcp dport 80 accept",
        "ip6 saddr @members6.sg-1 tcp dport 80 accept"}},
      {Rule(1, 8, -1, "sg-1"), {"meta mark 1 return", "ip saddr @members4.sg-1 icmp type 8 accept"}},
      {Rule(6, 80, 80, "sg-9"), {}},
      {Rule(6, 80, 80, "pl-1"),
       {"ip saddr @list4.pl-1 tcp dport 80 accept", "ip6 saddr @list6.pl-1 tcp dport 80 accept"}},
  };
  for (const RuleRow& row : rows) {
    vpc::Network network = Small();
    network.prefix_lists["pl-1"] = {Block("10.0.0.0/8"), Block("10.1.0.0/16"), Block("2001:db8::/32")};
    network.security_groups["sg-1"].ingress = {row.rule};
    const NetworkPlan plan = PlanNetworks(network, {});
    BOOST_TEST(Space(plan, "vpc-1").filter.chains.at("ingress.sg-1").rules == row.text,
               boost::test_tools::per_element());
    if (row.rule.prefix_list_id.empty()) continue;
    BOOST_TEST(Space(plan, "vpc-1").filter.sets.at("list4.pl-1").elements.size() == 1U);
  }
}

BOOST_AUTO_TEST_CASE(egress_and_ingress_are_gates_of_their_own) {
  const NetworkPlan plan = PlanNetworks(Small(), {});
  const PlannedNamespace& router = Space(plan, "vpc-1");
  BOOST_TEST(HasRule(router, "egress.sg-1", "ip daddr @members4.sg-1 goto admit"));
  BOOST_TEST(HasRule(router, "admit", "oifname vmap @ingress_of"));
  BOOST_TEST(router.filter.chains.at("out.sg-1").rules.back() == "drop");
  BOOST_TEST(router.filter.chains.at("in.sg-1").rules.back() == "drop");
}

BOOST_AUTO_TEST_CASE(without_groups_nothing_passes) {
  vpc::Network network = Small();
  network.interfaces["eni-2"].security_groups = {"sg-9"};
  const NetworkPlan plan = PlanNetworks(network, {});
  const NftTable& filter = Space(plan, "vpc-1").filter;
  BOOST_TEST(filter.sets.at("ingress_of").elements.at("\"eeni-2\"") == "goto in.none");
  BOOST_TEST(filter.chains.at("in.none").rules == std::vector<std::string>{"drop"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_group_of_a_peer_counts_while_the_peering_is_active) {
  vpc::Network network = Small();
  network.vpcs["vpc-2"] = {.blocks = {Block("10.2.0.0/16")}, .main_route_table = {}};
  network.subnets["subnet-2"] = {.vpc = "vpc-2", .blocks = {Block("10.2.0.0/24")}, .availability_zone = {}};
  network.security_groups["sg-2"] = {.vpc = "vpc-2", .name = "two", .ingress = {}, .egress = {}};
  network.interfaces["eni-4"] = {
      .subnet = "subnet-2", .addresses = {{Ip("10.2.0.6")}}, .security_groups = {"sg-2"}, .attached_to = "i-4"};
  network.security_groups["sg-1"].ingress = {Rule(6, 80, 80, "sg-2")};
  network.peerings["pcx-1"] = {.requester = "vpc-1", .accepter = "vpc-2"};
  const NftTable with = Space(PlanNetworks(network, {}), "vpc-1").filter;
  BOOST_TEST(with.sets.at("members4.sg-2").elements.contains("10.2.0.6"));
  BOOST_TEST(with.chains.at("peer.pcx-1").rules.front() == "ip saddr 10.2.0.0/16 accept");
  network.peerings["pcx-1"].active = false;
  const NftTable without = Space(PlanNetworks(network, {}), "vpc-1").filter;
  BOOST_TEST(without.chains.at("ingress.sg-1").rules.empty());
}

BOOST_AUTO_TEST_CASE(acls_are_asked_in_order_at_the_subnets_edge) {
  vpc::Network network = Small();
  network.subnets["subnet-a"].acl = "acl-1";
  network.acls["acl-1"] = {
      .vpc = "vpc-1",
      .ingress = {{200, true, -1, Block("0.0.0.0/0")}, {100, false, 6, Block("10.0.2.0/24"), 22, 22}},
      .egress = {{100, true, 17, Block("0.0.0.0/0"), 0, 65535}}};
  const NetworkPlan plan = PlanNetworks(network, {});
  const NftTable& filter = Space(plan, "vpc-1").filter;
  const std::vector<std::string> ingress = {"ip saddr 10.0.2.0/24 tcp dport 22 drop", "meta nfproto ipv4 return",
                                            "drop"};
  BOOST_TEST(filter.chains.at("acl-ingress.acl-1").rules == ingress, boost::test_tools::per_element());
  const std::vector<std::string> egress = {"meta nfproto ipv4 meta l4proto 17 return", "drop"};
  BOOST_TEST(filter.chains.at("acl-egress.acl-1").rules == egress, boost::test_tools::per_element());
  BOOST_TEST(filter.chains.at("from.subnet-a").rules.front() == "oifname @if.subnet-a return");
  BOOST_TEST(filter.sets.at("acl_from").elements.size() == 1U);
  const std::vector<std::string>& forward = filter.chains.at("forward").rules;
  const auto acl = std::find(forward.begin(), forward.end(), "oifname vmap @acl_to");
  const auto tracked = std::find(forward.begin(), forward.end(), "ct state established,related accept");
  BOOST_TEST((acl < tracked));
}

BOOST_AUTO_TEST_CASE(an_acl_that_has_gone_lets_nothing_through) {
  vpc::Network network = Small();
  network.subnets["subnet-a"].acl = "acl-9";
  const NetworkPlan plan = PlanNetworks(network, {});
  const std::vector<std::string> drop = {"drop"};
  BOOST_TEST(Space(plan, "vpc-1").filter.chains.at("acl-ingress.acl-9").rules == drop,
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_router_answers_queries_only_with_dns_support) {
  vpc::Network network = Small();
  const NetworkPlan with = PlanNetworks(network, {});
  network.vpcs["vpc-1"].dns_support = false;
  const NetworkPlan without = PlanNetworks(network, {});
  const DeviceAddress resolver{"lo", Ip("10.0.0.2"), 32};
  BOOST_TEST(Space(with, "vpc-1").addresses.contains(resolver));
  BOOST_TEST(!Space(without, "vpc-1").addresses.contains(resolver));
  const auto asks = [](const NetworkPlan& plan) {
    const std::vector<std::string>& input = Space(plan, "vpc-1").filter.chains.at("input").rules;
    return std::any_of(input.begin(), input.end(),
                       [](const std::string& rule) { return absl::StrContains(rule, "dport 53"); });
  };
  BOOST_TEST(asks(with));
  BOOST_TEST(!asks(without));
}

BOOST_AUTO_TEST_CASE(several_interfaces_answer_by_the_one_that_was_asked) {
  vpc::Network network = Small();
  network.interfaces["eni-2"].attached_to = "i-1";
  PlanOptions options;
  options.device_indexes = {{"eni-2", 0}};
  const NetworkPlan plan = PlanNetworks(network, options);
  const PlannedNamespace& instance = Space(plan, "i-1");
  BOOST_TEST(LinkOf(plan, "i-1", "eth0")->a.device == "eeni-2");
  BOOST_TEST(LinkOf(plan, "i-1", "eth1")->a.device == "e456789abcdef0");
  BOOST_TEST(RouteOf(instance, kMainTable, "0.0.0.0/0")->device == "eth0");
  BOOST_TEST(instance.rules.contains({.priority = 100, .from = Block("10.0.1.5/32"), .table = 201}));
  BOOST_TEST(RouteOf(instance, 201, "0.0.0.0/0")->device == "eth1");
}

BOOST_AUTO_TEST_CASE(devices_of_like_ids_have_names_of_their_own) {
  vpc::Network network = Small();
  network.interfaces["eni-x-456789abcdef0"] = network.interfaces["eni-2"];
  network.interfaces["eni-x-456789abcdef0"].addresses = {{Ip("10.0.2.7")}};
  network.interfaces["eni-9123456789abcdef0"] = network.interfaces["eni-2"];
  network.interfaces["eni-9123456789abcdef0"].addresses = {{Ip("10.0.2.8")}};
  const NetworkPlan plan = PlanNetworks(network, {});
  std::set<std::pair<std::string, std::string>> ends;
  for (const PlannedLink& link : plan.links) {
    for (const LinkEnd& end : {link.a, link.b}) {
      BOOST_TEST(end.device.size() <= 15U);
      BOOST_TEST(ends.emplace(end.name_space, end.device).second);
    }
  }
}

BOOST_AUTO_TEST_CASE(of_two_with_one_address_the_lesser_id_has_it) {
  vpc::Network network = Small();
  network.interfaces["eni-2"].addresses = {{Ip("10.0.1.5"), Ip("203.0.113.5")}};
  const NetworkPlan plan = PlanNetworks(network, {});
  BOOST_TEST(RouteOf(Space(plan, "vpc-1"), kVpcTable, "10.0.1.5/32")->device == "e456789abcdef0");
}

BOOST_AUTO_TEST_CASE(a_rule_of_a_group_touches_its_chain_alone) {
  vpc::Network network = Small();
  const NetworkPlan before = PlanNetworks(network, {});
  network.security_groups["sg-1"].ingress.insert(network.security_groups["sg-1"].ingress.begin(),
                                                 Rule(6, 22, 22, "10.0.0.0/8"));
  const NetworkChange change = Difference(before, PlanNetworks(network, {}));
  BOOST_TEST(change.namespaces.size() == 1U);
  BOOST_TEST(change.namespaces.at("vpc-1").filter ==
             "flush chain inet nubo ingress.sg-1\n"
             "add rule inet nubo ingress.sg-1 ip saddr 10.0.0.0/8 tcp dport 22 accept\n"
             "add rule inet nubo ingress.sg-1 meta nfproto ipv4 tcp dport 80 accept\n");
}

BOOST_AUTO_TEST_CASE(a_public_address_touches_the_edge_and_the_internet_alone) {
  vpc::Network network = Small();
  const NetworkPlan before = PlanNetworks(network, {});
  network.interfaces["eni-2"].addresses.front().public_address = Ip("203.0.113.6");
  const NetworkChange change = Difference(before, PlanNetworks(network, {}));
  BOOST_TEST(change.namespaces.size() == 2U);
  BOOST_TEST(change.namespaces.at("internet").routes_set.size() == 1U);
  BOOST_TEST(change.namespaces.at("vpc-1.edge").filter ==
             "add element inet nubo private_of { 203.0.113.6 : 10.0.2.5 }\n"
             "add element inet nubo public { 10.0.2.5 }\n"
             "add element inet nubo public_of { 10.0.2.5 : 203.0.113.6 }\n");
}

BOOST_AUTO_TEST_CASE(the_same_model_gives_the_same_plan) {
  const NetworkPlan plan = PlanNetworks(Small(), {});
  BOOST_TEST((plan == PlanNetworks(Small(), {})));
  BOOST_TEST(Difference(plan, plan).empty());
}

BOOST_AUTO_TEST_CASE(a_pair_to_what_stays_goes_before_its_namespace) {
  vpc::Network network = Small();
  const NetworkPlan before = PlanNetworks(network, {});
  network.interfaces.erase("eni-2");
  const NetworkChange change = Difference(before, PlanNetworks(network, {}));
  BOOST_TEST((change.namespaces_removed == std::set<std::string>{"i-2"}));
  BOOST_TEST(change.links_removed.size() == 1U);
  BOOST_TEST(change.namespaces.at("vpc-1").routes_removed.empty());
}

BOOST_AUTO_TEST_CASE(what_goes_with_two_namespaces_is_not_named_again) {
  const NetworkChange change = Difference(PlanNetworks(Small(), {}), PlanNetworks({}, {}));
  for (const PlannedLink& link : change.links_removed) BOOST_TEST(link.a.name_space == kInternet);
}

BOOST_AUTO_TEST_CASE(what_was_of_a_device_comes_again_with_it) {
  NetworkPlan from;
  from.namespaces["a"].addresses = {{"lo", Ip("10.0.0.1"), 32}, {"e0", Ip("10.0.0.2"), 32}};
  from.namespaces["a"].routes[{kMainTable, Block("10.1.0.0/16")}] = {.device = "e0"};
  from.namespaces["a"].routes[{kMainTable, Block("10.2.0.0/16")}] = {.kind = RouteKind::kBlackhole};
  from.namespaces["b"];
  from.links = {{{"a", "e0"}, {"b", "eth0"}, "02:00:00:00:00:01"}};
  NetworkPlan to = from;
  to.links = {{{"a", "e0"}, {"b", "eth1"}, "02:00:00:00:00:01"}};
  const NetworkChange change = Difference(from, to);
  BOOST_TEST(change.links_removed.size() == 1U);
  BOOST_TEST(change.links_added.size() == 1U);
  const NamespaceChange& a = change.namespaces.at("a");
  BOOST_TEST((a.addresses_added == std::set<DeviceAddress>{{"e0", Ip("10.0.0.2"), 32}}));
  BOOST_TEST(a.routes_set.size() == 1U);
  BOOST_TEST(a.addresses_removed.empty());
  BOOST_TEST(a.routes_removed.empty());
}

// What is there, changed as NetworkChange says it, in its order; the kernel's part of it is what goes with a device.
class Machine {
 public:
  void Apply(const NetworkChange& change, const NetworkPlan& to) {
    for (const auto& [name, space] : change.namespaces) {
      for (const PlannedRule& rule : space.rules_removed) BOOST_TEST(plan_.namespaces.at(name).rules.erase(rule) == 1U);
      for (const RouteKey& key : space.routes_removed) BOOST_TEST(plan_.namespaces.at(name).routes.erase(key) == 1U);
      for (const DeviceAddress& address : space.addresses_removed) {
        BOOST_TEST(plan_.namespaces.at(name).addresses.erase(address) == 1U);
      }
    }
    for (const PlannedLink& link : change.links_removed) Remove(link);
    for (const std::string& name : change.namespaces_removed) {
      BOOST_TEST(plan_.namespaces.erase(name) == 1U);
      const std::set<PlannedLink> links = plan_.links;
      for (const PlannedLink& link : links) {
        if (link.a.name_space == name || link.b.name_space == name) Remove(link);
      }
    }
    for (const std::string& name : change.namespaces_added) {
      BOOST_TEST(plan_.namespaces.emplace(name, PlannedNamespace{.kind = to.namespaces.at(name).kind}).second);
    }
    for (const auto& [name, change_of] : change.namespaces) {
      PlannedNamespace& space = plan_.namespaces.at(name);
      space.sysctls.insert(space.sysctls.end(), change_of.sysctls.begin(), change_of.sysctls.end());
      space.without_local_routes.insert(change_of.local_routes_removed.begin(), change_of.local_routes_removed.end());
      space.filter = to.namespaces.at(name).filter;
    }
    for (const PlannedLink& link : change.links_added) {
      BOOST_TEST(plan_.namespaces.contains(link.a.name_space));
      BOOST_TEST(plan_.namespaces.contains(link.b.name_space));
      BOOST_TEST(plan_.links.insert(link).second);
    }
    for (const auto& [name, change_of] : change.namespaces) {
      PlannedNamespace& space = plan_.namespaces.at(name);
      for (const DeviceAddress& address : change_of.addresses_added) {
        CheckDevice(name, address.device);
        BOOST_TEST(space.addresses.insert(address).second);
      }
      for (const auto& [key, route] : change_of.routes_set) {
        if (route.kind == RouteKind::kUnicast) CheckDevice(name, route.device);
        space.routes[key] = route;
      }
      for (const PlannedRule& rule : change_of.rules_added) BOOST_TEST(space.rules.insert(rule).second);
    }
  }
  const NetworkPlan& plan() const { return plan_; }

 private:
  void CheckDevice(const std::string& name, const std::string& device) const {
    BOOST_TEST((device == "lo" || LinkOf(plan_, name, device) != nullptr), name << " " << device);
  }

  void Remove(const PlannedLink& link) {
    BOOST_TEST(plan_.links.erase(link) == 1U);
    for (const LinkEnd& end : {link.a, link.b}) {
      const auto it = plan_.namespaces.find(end.name_space);
      if (it == plan_.namespaces.end()) continue;
      std::erase_if(it->second.addresses, [&](const DeviceAddress& a) { return a.device == end.device; });
      std::erase_if(it->second.routes, [&](const auto& entry) { return entry.second.device == end.device; });
    }
  }

  NetworkPlan plan_;
};

// Parts of a network that is larger than Small(), each there or not.
vpc::Network Random(std::mt19937& random) {
  const auto coin = [&] { return random() % 2 == 0; };
  vpc::Network network = Small();
  network.vpcs["vpc-2"] = {.blocks = {Block("10.2.0.0/16")}, .main_route_table = "rtb-2"};
  network.subnets["subnet-2"] = {.vpc = "vpc-2", .blocks = {Block("10.2.0.0/24")}, .availability_zone = {}};
  network.route_tables["rtb-2"] = {.vpc = "vpc-2", .routes = {RouteTo("10.0.0.0/16", "pcx-1")}};
  if (coin()) network.peerings["pcx-1"] = {.requester = "vpc-1", .accepter = "vpc-2", .active = coin()};
  if (coin()) network.internet_gateways["igw-1"].vpc = "";
  if (coin()) network.internet_gateways["eigw-1"] = {.vpc = "vpc-1", .egress_only = true};
  if (coin()) network.nat_gateways["nat-1"] = {"subnet-a", Ip("10.0.1.9"), Ip("203.0.113.9")};
  if (coin()) network.route_tables["rtb-b"].routes = {RouteTo("0.0.0.0/0", coin() ? "nat-1" : "eni-2")};
  if (coin()) network.route_tables["rtb-a"].routes.push_back(RouteTo("10.0.2.0/24", "eni-2"));
  if (coin()) network.subnets["subnet-a"].acl = "acl-1";
  if (coin()) network.acls["acl-1"].ingress = {{100, true, -1, Block("0.0.0.0/0")}};
  for (int i = 0; i < 8; ++i) {
    if (coin()) continue;
    vpc::NetworkInterface& interface = network.interfaces[absl::StrCat("eni-1", i)];
    interface.subnet = i % 3 == 0 ? "subnet-2" : coin() ? "subnet-a" : "subnet-b";
    interface.addresses = {{Ip(absl::StrCat("10.", i % 3 == 0 ? "2.0." : "0.3.", 10 + i))}};
    if (coin()) interface.addresses.front().public_address = Ip(absl::StrCat("203.0.113.", 10 + i));
    interface.attached_to = coin() ? absl::StrCat("i-", i / 2) : "";
    interface.source_dest_check = coin();
    if (coin()) interface.security_groups = {"sg-1"};
  }
  return network;
}

BOOST_AUTO_TEST_CASE(a_difference_makes_one_plan_of_another) {
  std::mt19937 random(11);
  Machine machine;
  for (int i = 0; i < 300; ++i) {
    PlanOptions options;
    if (random() % 4 == 0) options.absent = {"i-1"};
    const NetworkPlan to = PlanNetworks(Random(random), options);
    machine.Apply(Difference(machine.plan(), to), to);
    BOOST_REQUIRE((machine.plan() == to));
  }
}

// Every device that a plan names is there, and so are the chains and sets that its rules name.
BOOST_AUTO_TEST_CASE(a_plan_names_what_it_has) {
  std::mt19937 random(12);
  for (int i = 0; i < 200; ++i) {
    const NetworkPlan plan = PlanNetworks(Random(random), {});
    for (const auto& [name, space] : plan.namespaces) {
      for (const auto& [key, route] : space.routes) {
        if (route.kind != RouteKind::kUnicast) continue;
        BOOST_TEST((LinkOf(plan, name, route.device) != nullptr), name << " " << route.device);
      }
      for (const PlannedRule& rule : space.rules) {
        const bool has = std::any_of(space.routes.begin(), space.routes.end(),
                                     [&](const auto& entry) { return entry.first.table == rule.table; });
        BOOST_TEST(has, name << " " << rule.table);
      }
      for (const auto& [set_name, set] : space.filter.sets) {
        for (const auto& [key, value] : set.elements) {
          if (!absl::StartsWith(value, "goto ") && !absl::StartsWith(value, "jump ")) continue;
          BOOST_TEST(space.filter.chains.contains(value.substr(5)), value);
        }
      }
    }
  }
}

}  // namespace
}  // namespace nubo::fabrics
