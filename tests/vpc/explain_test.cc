#include "nubo/vpc/explain.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "nubo/net/ip_address.h"
#include "nubo/testing/status_matchers.h"
#include "nubo/vpc/network.h"
#include "nubo/vpc/security_group.h"
#include "tests/vpc/network_text.h"

namespace nubo::vpc {
namespace {

using absl::StatusCode;
using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

constexpr char kNetwork[] = R"(
vpc vpc-a 10.0.0.0/16
vpc vpc-b 10.1.0.0/16
peer pcx-ab vpc-a vpc-b
subnet subnet-1 vpc-a 10.0.1.0/24 acl=acl-1
subnet subnet-2 vpc-a 10.0.2.0/24 acl=acl-1
list pl-office 192.0.2.0/24 198.51.100.0/24
sg sg-web vpc-a web
in sg-web tcp 443 0.0.0.0/0
in sg-web tcp 80 0.0.0.0/0
in sg-web tcp 80 10.0.0.0/16
in sg-web tcp 443 ::/0
in sg-web tcp 22 pl-office
in sg-web icmp 8 10.0.0.0/16
out sg-web all 0.0.0.0/0
out sg-web tcp 443 0.0.0.0/0
sg sg-db vpc-a db
in sg-db tcp 3306 sg-web
in sg-db tcp 3306-3310 sg-db
in sg-db tcp 3306 sg-peer
in sg-db tcp 3306 sg-gone
in sg-db tcp 3306 10.0.1.0/24
in sg-db tcp 3306 10.0.2.9/32
sg sg-peer vpc-b peer
sg sg-far vpc-c far
in sg-far tcp 1 sg-web
sg sg-idle vpc-a
eni eni-1 subnet-1 10.0.1.5=52.0.0.5 sg=sg-web
eni eni-2 subnet-1 10.0.1.6 sg=sg-web sg=sg-db
eni eni-3 subnet-2 10.0.2.9 detached
acl acl-1 vpc-a
in acl-1 200 deny tcp 443 10.9.0.0/16
in acl-1 100 allow tcp 0.0.0.0/0
in acl-1 300 allow udp 53 0.0.0.0/0
out acl-1 100 allow all 0.0.0.0/0
acl acl-idle vpc-a
)";

Network Example() {
  Network network;
  BOOST_REQUIRE(IsOk(ApplyNetworkText(kNetwork, network)));
  return network;
}

std::string Explained(absl::string_view id) {
  const Network network = Example();
  const auto lines = Explain(network, id);
  BOOST_REQUIRE(IsOk(lines));
  return absl::StrJoin(*lines, "\n");
}

BOOST_AUTO_TEST_CASE(a_group_says_what_it_lets_in_and_out_and_who_has_it) {
  BOOST_TEST(Explained("sg-web") ==
             "security group sg-web (web) of vpc-a\n"
             "  lets in\n"
             "    tcp 80, 443 from anywhere\n"
             "    tcp 443 from anywhere (IPv6)\n"
             "    icmp type 8 from 10.0.0.0/16 (vpc-a)\n"
             "    tcp 22 from prefix list pl-office: 192.0.2.0/24, 198.51.100.0/24\n"
             "  lets out\n"
             "    all traffic to anywhere\n"
             "  of eni-1 (i-1), eni-2 (i-2)");
}

BOOST_AUTO_TEST_CASE(members_of_a_referenced_group_are_counted) {
  BOOST_TEST(Explained("sg-db") ==
             "security group sg-db (db) of vpc-a\n"
             "  lets in\n"
             "    tcp 3306 from 10.0.1.0/24 (subnet-1)\n"
             "    tcp 3306 from 10.0.2.9/32 (eni-3)\n"
             "    tcp 3306-3310 from its own members: 1 interface\n"
             "    tcp 3306 from sg-gone, which is not there: nobody\n"
             "    tcp 3306 from members of sg-peer (peer) in vpc-b: 0 interfaces\n"
             "    tcp 3306 from members of sg-web (web): 2 interfaces\n"
             "  lets out nothing\n"
             "  of eni-2 (i-2)");
}

BOOST_AUTO_TEST_CASE(a_group_of_a_vpc_that_is_not_peered_is_nobody) {
  BOOST_TEST(Explained("sg-far") ==
             "security group sg-far (far) of vpc-c\n"
             "  lets in\n"
             "    tcp 1 from sg-web (web) of vpc-a, which no active peering joins: nobody\n"
             "  lets out nothing\n"
             "  no interface has it");
}

BOOST_AUTO_TEST_CASE(an_acl_is_told_in_order_with_what_is_never_reached) {
  BOOST_TEST(Explained("acl-1") ==
             "network ACL acl-1 of vpc-a\n"
             "  into the subnet\n"
             "      100  allow  tcp from 0.0.0.0/0\n"
             "      200  deny   tcp 443 from 10.9.0.0/16; never reached, since 100 covers it\n"
             "      300  allow  udp 53 from 0.0.0.0/0\n"
             "        *  deny   all else\n"
             "  out of the subnet\n"
             "      100  allow  all traffic to 0.0.0.0/0\n"
             "        *  deny   all else\n"
             "  of subnet-1, subnet-2");
  BOOST_TEST(Explained("acl-idle") ==
             "network ACL acl-idle of vpc-a\n"
             "  into the subnet\n"
             "        *  deny   all else\n"
             "  out of the subnet\n"
             "        *  deny   all else\n"
             "  no subnet has it");
}

BOOST_AUTO_TEST_CASE(an_interface_says_what_reaches_it_over_all_groups) {
  BOOST_TEST(Explained("eni-2") ==
             "interface eni-2 (i-2) in subnet-1 of vpc-a\n"
             "  10.0.1.6\n"
             "  by sg-web (web), sg-db (db)\n"
             "  lets in\n"
             "    tcp 80, 443 from anywhere\n"
             "    tcp 443 from anywhere (IPv6)\n"
             "    icmp type 8 from 10.0.0.0/16 (vpc-a)\n"
             "    tcp 3306 from 10.0.1.0/24 (subnet-1)\n"
             "    tcp 3306 from 10.0.2.9/32 (eni-3)\n"
             "    tcp 22 from prefix list pl-office: 192.0.2.0/24, 198.51.100.0/24\n"
             "    tcp 3306-3310 from members of sg-db (db): 1 interface\n"
             "    tcp 3306 from sg-gone, which is not there: nobody\n"
             "    tcp 3306 from members of sg-peer (peer) in vpc-b: 0 interfaces\n"
             "    tcp 3306 from members of sg-web (web): 2 interfaces\n"
             "  lets out\n"
             "    all traffic to anywhere\n"
             "  between subnets acl-1 has a say as well");
  BOOST_TEST(Explained("eni-3") ==
             "interface eni-3 in subnet-2 of vpc-a\n"
             "  10.0.2.9\n"
             "  no security group\n"
             "  lets in nothing\n"
             "  lets out nothing\n"
             "  attached to nothing: no packet comes or goes\n"
             "  between subnets acl-1 has a say as well");
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_not_found) {
  const Network network = Example();
  BOOST_TEST(StatusIs(Explain(network, "sg-none"), StatusCode::kNotFound, "sg-none"));
  BOOST_TEST(StatusIs(ExplainGroup(network, "acl-1"), StatusCode::kNotFound, "security group"));
  BOOST_TEST(StatusIs(ExplainAcl(network, "sg-web"), StatusCode::kNotFound, "network ACL"));
  BOOST_TEST(StatusIs(ExplainInterface(network, "sg-web"), StatusCode::kNotFound, "interface"));
}

SecurityGroupRule Tcp(int from, int to, absl::string_view block) {
  SecurityGroupRule rule;
  rule.protocol = 6;
  rule.from_port = from;
  rule.to_port = to;
  rule.block = *net::Prefix::Parse(block);
  return rule;
}

BOOST_AUTO_TEST_CASE(ranges_that_touch_become_one) {
  const auto merged = MergeRules({Tcp(8000, 8010, "0.0.0.0/0"), Tcp(8005, 8020, "0.0.0.0/0"),
                                  Tcp(8021, 8021, "0.0.0.0/0"), Tcp(8023, 8023, "0.0.0.0/0")});
  BOOST_REQUIRE(merged.size() == 2u);
  BOOST_TEST((merged[0] == Tcp(8000, 8021, "0.0.0.0/0")));
  BOOST_TEST((merged[1] == Tcp(8023, 8023, "0.0.0.0/0")));
}

BOOST_AUTO_TEST_CASE(what_a_wider_rule_covers_is_left_out) {
  // Only the joined range covers the third.
  const auto merged = MergeRules(
      {Tcp(80, 85, "10.0.0.0/8"), Tcp(86, 90, "10.0.0.0/8"), Tcp(84, 88, "10.1.0.0/16"), Tcp(80, 91, "10.2.0.0/16")});
  BOOST_REQUIRE(merged.size() == 2u);
  BOOST_TEST((merged[0] == Tcp(80, 90, "10.0.0.0/8")));
  BOOST_TEST((merged[1] == Tcp(80, 91, "10.2.0.0/16")));
}

BOOST_AUTO_TEST_CASE(a_rule_that_is_there_twice_is_told_once) {
  SecurityGroupRule again = Tcp(80, 80, "0.0.0.0/0");
  again.description = "in other words";
  BOOST_TEST(MergeRules({Tcp(80, 80, "0.0.0.0/0"), again}).size() == 1u);
}

}  // namespace
}  // namespace nubo::vpc
