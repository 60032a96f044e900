// Random networks: Reachability beside a second evaluation that is slow and plain, and what must hold of any network.
#include <boost/test/unit_test.hpp>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "nubo/net/ip_address.h"
#include "nubo/testing/status_matchers.h"
#include "nubo/vpc/network.h"
#include "nubo/vpc/reachability.h"
#include "nubo/vpc/security_group.h"
#include "nubo/vpc/verdict.h"
#include "tests/vpc/network_text.h"

namespace nubo::vpc {
namespace {

using ::nubo::testing::IsOk;
using Random = std::mt19937;

int Below(Random& random, int n) { return static_cast<int>(random() % n); }

template <typename T>
const T& One(Random& random, const std::vector<T>& all) {
  return all[Below(random, static_cast<int>(all.size()))];
}

const std::vector<int> kPorts = {22, 80, 443, 8080, 49152};
const std::vector<std::string> kBlocks = {"0.0.0.0/0",   "10.0.0.0/16", "10.0.0.0/24", "10.0.1.0/24",
                                          "10.0.0.5/32", "10.0.1.6/32", "10.1.0.0/24", "10.1.0.0/29"};

std::string RandomTraffic(Random& random) {
  switch (Below(random, 6)) {
    case 0:
      return "all";
    case 1:
      return absl::StrCat("udp ", One(random, kPorts));
    case 2:
      return Below(random, 2) == 0 ? "icmp" : "icmp 8";
    case 3: {
      const int from = One(random, kPorts);
      return absl::StrCat("tcp ", from, "-", from + Below(random, 60000 - from > 0 ? 60000 - from : 1));
    }
    default:
      return absl::StrCat("tcp ", One(random, kPorts));
  }
}

std::string RandomPeer(Random& random) {
  return Below(random, 3) == 0 ? absl::StrCat("sg-", Below(random, 5)) : One(random, kBlocks);
}

// Two peered VPCs with routes both ways, five subnets, four groups (sg-4 is never there), three ACLs, ten interfaces.
Network RandomNetwork(Random& random) {
  std::string text = absl::StrCat(
      "vpc vpc-a 10.0.0.0/16 main=rtb-a\nvpc vpc-b 10.1.0.0/16 main=rtb-b\nrtb rtb-a vpc-a 10.1.0.0/16=pcx\n"
      "rtb rtb-b vpc-b 10.0.0.0/16=pcx\npeer pcx vpc-a vpc-b\n");
  for (int i = 0; i < 3; ++i) {
    absl::StrAppend(&text, "acl acl-", i, " vpc-a\n");
    for (int number = 1; number <= 5; ++number) {
      for (const char* way : {"in", "out"}) {
        absl::StrAppend(&text, way, " acl-", i, " ", number, Below(random, 3) == 0 ? " deny " : " allow ",
                        Below(random, 2) == 0 ? "all" : RandomTraffic(random), " ", One(random, kBlocks), "\n");
      }
    }
  }
  for (int i = 0; i < 5; ++i) {
    absl::StrAppend(&text, "subnet subnet-", i, i < 3 ? " vpc-a 10.0." : " vpc-b 10.1.", i % 3, ".0/24");
    absl::StrAppend(&text, Below(random, 2) == 0 ? absl::StrCat(" acl=acl-", Below(random, 3)) : "", "\n");
  }
  for (int i = 0; i < 4; ++i) absl::StrAppend(&text, "sg sg-", i, Below(random, 4) == 0 ? " vpc-b\n" : " vpc-a\n");
  for (int i = 0; i < 4; ++i) {
    for (int rule = Below(random, 4); rule >= 0; --rule) {
      absl::StrAppend(&text, "in sg-", i, " ", RandomTraffic(random), " ", RandomPeer(random), "\n");
      absl::StrAppend(&text, "out sg-", i, " ", Below(random, 2) == 0 ? "all" : RandomTraffic(random), " ",
                      RandomPeer(random), "\n");
    }
  }
  for (int i = 0; i < 10; ++i) {
    const int subnet = i % 5;
    absl::StrAppend(&text, "eni eni-", i, " subnet-", subnet, subnet < 3 ? " 10.0." : " 10.1.", subnet % 3, ".",
                    5 + i / 5);
    absl::StrAppend(&text, " sg=sg-", Below(random, 5),
                    Below(random, 2) == 0 ? absl::StrCat(" sg=sg-", Below(random, 4)) : "", "\n");
  }
  Network network;
  BOOST_REQUIRE(IsOk(ApplyNetworkText(text, network)));
  return network;
}

struct SlowPacket {
  net::IpAddress source, destination;
  int protocol, port;
};

bool SlowMatches(int protocol, int from, int to, const SlowPacket& packet) {
  if (protocol == -1) return true;
  if (protocol != packet.protocol) return false;
  // The codes of these tests are all 0, and no rule names another.
  if (protocol == 1) return from == -1 || from == packet.port;
  return from <= packet.port && packet.port <= to;
}

bool SlowGroupsAllow(const Network& network, const NetworkInterface& interface, bool in, const SlowPacket& packet) {
  const net::IpAddress peer = in ? packet.source : packet.destination;
  for (const std::string& id : interface.security_groups) {
    if (network.security_groups.count(id) == 0) continue;
    const NetworkSecurityGroup& group = network.security_groups.at(id);
    for (const SecurityGroupRule& rule : in ? group.ingress : group.egress) {
      if (!SlowMatches(rule.protocol, rule.from_port, rule.to_port, packet)) continue;
      if (rule.block.has_value() && rule.block->Contains(peer)) return true;
      if (rule.group_id.empty() || network.security_groups.count(rule.group_id) == 0) continue;
      for (const auto& [other_id, other] : network.interfaces) {
        for (const std::string& of : other.security_groups) {
          if (of == rule.group_id && other.addresses[0].address == peer) return true;
        }
      }
    }
  }
  return false;
}

bool SlowAclAllows(const Network& network, const std::string& subnet, bool in, const SlowPacket& packet) {
  const std::string& id = network.subnets.at(subnet).acl;
  if (id.empty()) return true;
  const NetworkAcl& acl = network.acls.at(id);
  for (int number = 1; number <= 5; ++number) {
    for (const NetworkAclEntry& entry : in ? acl.ingress : acl.egress) {
      if (entry.number != number || !entry.block.Contains(in ? packet.source : packet.destination)) continue;
      if (SlowMatches(entry.protocol, entry.from_port, entry.to_port, packet)) return entry.allow;
    }
  }
  return false;
}

// The gate that stops it: 0, none; 1 to 4 on the way there, 5 and 6 on the way back.
int SlowGate(const Network& network, const std::string& from, const std::string& to, int protocol, int port) {
  const NetworkInterface& a = network.interfaces.at(from);
  const NetworkInterface& b = network.interfaces.at(to);
  const SlowPacket there = {a.addresses[0].address, b.addresses[0].address, protocol, port};
  const SlowPacket back = {there.destination, there.source, protocol, protocol == 1 ? 0 : 49152};
  if (from == to) return 0;
  const bool edges = a.subnet != b.subnet;
  if (!SlowGroupsAllow(network, a, false, there)) return 1;
  if (edges && !SlowAclAllows(network, a.subnet, false, there)) return 2;
  if (edges && !SlowAclAllows(network, b.subnet, true, there)) return 3;
  if (!SlowGroupsAllow(network, b, true, there)) return 4;
  if (edges && !SlowAclAllows(network, b.subnet, false, back)) return 5;
  if (edges && !SlowAclAllows(network, a.subnet, true, back)) return 6;
  return 0;
}

int Gate(const Network& network, const std::string& from, const std::string& to, const Verdict& verdict) {
  if (verdict.reachable) return 0;
  const bool acl = absl::string_view(verdict.stopped_by).substr(0, 4) == "acl-";
  const bool in = verdict.rule.substr(0, 2) == "in" || verdict.why.find(" in from ") != std::string::npos;
  if (acl) return verdict.reply_stopped ? (in ? 6 : 5) : (in ? 3 : 2);
  // Without a group that is there it is the interface itself.
  if (verdict.stopped_by == from) return 1;
  if (verdict.stopped_by == to) return 4;
  return in ? 4 : 1;
}

BOOST_AUTO_TEST_CASE(groups_and_acls_stop_what_a_plain_evaluation_stops) {
  Random random(20240611);
  std::vector<int> seen(7);
  for (int model = 0; model < 400; ++model) {
    const Network network = RandomNetwork(random);
    const Reachability reachability(network);
    for (int question = 0; question < 40; ++question) {
      const std::string from = absl::StrCat("eni-", Below(random, 10));
      const std::string to = absl::StrCat("eni-", Below(random, 10));
      const int protocol = One(random, std::vector<int>{6, 6, 6, 17, 1});
      const int port = protocol == 1 ? 8 : One(random, kPorts);
      const Verdict verdict = reachability.Evaluate({.from = from, .to = to, .protocol = protocol, .port = port});
      const int expected = SlowGate(network, from, to, protocol, port);
      BOOST_REQUIRE_MESSAGE(Gate(network, from, to, verdict) == expected,
                            "model " << model << ": " << from << " to " << to << " protocol " << protocol << " port "
                                     << port << " is stopped by gate " << expected << ", and not by "
                                     << verdict.stopped_by << ": " << verdict.rule << " " << verdict.why);
      ++seen[expected];
    }
  }
  // Each gate had its turn.
  for (const int count : seen) BOOST_TEST(count > 50);
}

// As RandomNetwork(), and ways out: gateways, NAT, an appliance, and routes to any of them, also to what is not there.
Network RandomRouted(Random& random) {
  Network network = RandomNetwork(random);
  std::string text =
      "igw igw-a vpc-a\nigw igw-b vpc-b\neigw eigw-a vpc-a\nnat nat-a subnet-0 10.0.0.9 52.0.0.9\n"
      "nat nat-p subnet-1 10.0.1.9\nendpoint vpce-a vpc-a s3 52.216.0.0/15\n";
  const std::vector<std::string> targets = {"igw-a", "igw-b",  "eigw-a", "nat-a", "nat-p",
                                            "pcx",   "vpce-a", "eni-2",  "eni-1", "gone"};
  const std::vector<std::string> destinations = {"0.0.0.0/0",   "::/0",        "10.1.0.0/16",  "10.0.0.0/24",
                                                 "10.0.1.0/24", "10.0.2.0/24", "52.216.0.0/15"};
  for (int i = 0; i < 5; ++i) {
    const char* vpc = i < 3 ? "vpc-a" : "vpc-b";
    absl::StrAppend(&text, "rtb rtb-", i, " ", vpc);
    if (i >= 3) absl::StrAppend(&text, " 10.0.0.0/16=pcx");
    for (int route = 0; route < 5; ++route) {
      absl::StrAppend(&text, " ", One(random, destinations), "=", One(random, targets));
    }
    absl::StrAppend(&text, "\nsubnet subnet-", i, i < 3 ? " vpc-a 10.0." : " vpc-b 10.1.", i % 3, ".0/24",
                    i < 3 ? absl::StrCat(" 2001:db8:a:", i, "::/64") : "", " rtb=rtb-", i, "\n");
  }
  text += "vpc vpc-a 10.0.0.0/16 2001:db8:a::/56\n";
  for (int i = 0; i < 10; ++i) {
    const int subnet = i % 5;
    absl::StrAppend(&text, "eni eni-", i, " subnet-", subnet, subnet < 3 ? " 10.0." : " 10.1.", subnet % 3, ".",
                    5 + i / 5, Below(random, 2) == 0 ? absl::StrCat("=52.0.0.", 10 + i) : "",
                    subnet < 3 && Below(random, 2) == 0 ? absl::StrCat(" 2001:db8:a:", subnet, "::", 5 + i / 5) : "",
                    " sg=sg-", Below(random, 4), Below(random, 2) == 0 ? " nocheck" : "", "\n");
  }
  for (int i = 0; i < 4; ++i) {
    if (Below(random, 2) == 0) absl::StrAppend(&text, "in sg-", i, " all 0.0.0.0/0\nout sg-", i, " all ::/0\n");
  }
  BOOST_REQUIRE(IsOk(ApplyNetworkText(text, network)));
  return network;
}

std::string RandomEnd(Random& random) {
  static const std::vector<std::string> kOthers = {"internet", "8.8.8.8",  "52.216.0.1",      "52.0.0.10", "52.0.0.13",
                                                   "52.0.0.9", "10.0.1.9", "2001:db8:a:1::5", "10.1.0.5"};
  return Below(random, 3) == 0 ? One(random, kOthers) : absl::StrCat("eni-", Below(random, 10));
}

BOOST_AUTO_TEST_CASE(rules_more_never_make_anything_unreachable) {
  Random random(7);
  int reachable = 0, gained = 0;
  for (int model = 0; model < 400; ++model) {
    const Network before = RandomRouted(random);
    Network after = before;
    std::string rules;
    for (int i = 0; i < 4; ++i) {
      absl::StrAppend(&rules, i % 2 == 0 ? "in" : "out", " sg-", Below(random, 4), " ", RandomTraffic(random), " ",
                      RandomPeer(random), "\n");
    }
    BOOST_REQUIRE(IsOk(ApplyNetworkText(rules, after)));
    const Reachability old_answers(before), new_answers(after);
    for (int question = 0; question < 40; ++question) {
      const Connection connection = {.from = RandomEnd(random), .to = RandomEnd(random), .port = One(random, kPorts)};
      const bool was = old_answers.Evaluate(connection).reachable;
      const bool is = new_answers.Evaluate(connection).reachable;
      BOOST_REQUIRE_MESSAGE(!was || is, "model " << model << ": " << rules << " stop " << connection.from << " to "
                                                 << connection.to << " port " << connection.port);
      reachable += was;
      gained += !was && is;
    }
  }
  BOOST_TEST(reachable > 1000);
  BOOST_TEST(gained > 20);
}

BOOST_AUTO_TEST_CASE(a_refusal_always_says_who_and_why) {
  Random random(11);
  for (int model = 0; model < 200; ++model) {
    const Network network = RandomRouted(random);
    const Reachability reachability(network);
    for (int question = 0; question < 40; ++question) {
      const Connection connection = {.from = RandomEnd(random), .to = RandomEnd(random), .port = One(random, kPorts)};
      const Verdict verdict = reachability.Evaluate(connection);
      BOOST_REQUIRE(verdict.reachable == verdict.why.empty());
      BOOST_REQUIRE(verdict.reachable == verdict.stopped_by.empty());
      BOOST_REQUIRE((!verdict.reachable || !verdict.hops.empty()));
      for (const Hop& hop : verdict.hops) BOOST_REQUIRE((!hop.component.empty() && !hop.what.empty()));
    }
  }
}

}  // namespace
}  // namespace nubo::vpc
