#include "nubo/vpc/security_group.h"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::vpc {
namespace {

using absl::StatusCode;
using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

struct BadRow {
  std::string name;
  RuleText text;
  std::string code;
};
std::ostream& operator<<(std::ostream& out, const BadRow& row) { return out << row.name; }

RuleText Tcp(int from, int to, const std::string& cidr = "0.0.0.0/0") {
  return {.protocol = "tcp", .from_port = from, .to_port = to, .cidr = cidr};
}
RuleText Icmp(int type, int code) {
  return {.protocol = "icmp", .from_port = type, .to_port = code, .cidr = "0.0.0.0/0"};
}

const std::vector<BadRow> kBad = {
    {"no protocol", {.cidr = "0.0.0.0/0"}, "InvalidPermission.Malformed"},
    {"unknown protocol", {.protocol = "http", .cidr = "0.0.0.0/0"}, "InvalidPermission.Malformed"},
    {"large protocol", {.protocol = "256", .cidr = "0.0.0.0/0"}, "InvalidPermission.Malformed"},
    {"no ports", {.protocol = "tcp", .cidr = "0.0.0.0/0"}, "InvalidPermission.Malformed"},
    {"no ports by number", {.protocol = "17", .cidr = "0.0.0.0/0"}, "InvalidPermission.Malformed"},
    {"half a range", {.protocol = "udp", .from_port = 53, .cidr = "0.0.0.0/0"}, "InvalidPermission.Malformed"},
    {"large port", Tcp(80, 65536), "InvalidPermission.Malformed"},
    {"negative port", Tcp(-1, 80), "InvalidPermission.Malformed"},
    {"backwards", Tcp(90, 80), "InvalidPermission.Malformed"},
    {"large type", Icmp(256, 0), "InvalidPermission.Malformed"},
    {"a code of all types", Icmp(-1, 3), "InvalidPermission.Malformed"},
    {"nobody", Tcp(80, 80, ""), "InvalidParameterValue"},
    {"a name for a block", Tcp(80, 80, "everybody"), "InvalidParameterValue"},
    {"both", {.protocol = "-1", .cidr = "0.0.0.0/0", .group_id = "sg-1"}, "InvalidParameterValue"},
    {"no group's id", {.protocol = "-1", .group_id = "web"}, "InvalidParameterValue"},
};

BOOST_DATA_TEST_CASE(what_is_no_rule_is_refused, boost::unit_test::data::make(kBad), row) {
  const auto rule = ParseRule(row.text);
  BOOST_TEST(StatusIs(rule, StatusCode::kInvalidArgument));
  BOOST_TEST(base::ErrorCode(rule.status()) == row.code);
}

SecurityGroupRule Rule(const RuleText& text) {
  const auto rule = ParseRule(text);
  BOOST_REQUIRE(IsOk(rule));
  return *rule;
}

Flow To(int port, absl::string_view peer, std::set<std::string> groups = {}, int protocol = 6) {
  return {.protocol = protocol, .port = port, .peer = *net::IpAddress::Parse(peer), .peer_groups = std::move(groups)};
}

BOOST_AUTO_TEST_CASE(a_new_group_lets_nothing_in_and_everything_out) {
  const SecurityGroup group("sg-1");
  BOOST_TEST(!group.Allows(Direction::kIngress, To(80, "10.0.0.1")));
  BOOST_TEST(group.Allows(Direction::kEgress, To(80, "10.0.0.1")));
  BOOST_TEST(group.Allows(Direction::kEgress, To(53, "8.8.8.8", {}, 17)));
}

BOOST_AUTO_TEST_CASE(a_rule_allows_its_protocol_ports_and_block) {
  SecurityGroup group("sg-1");
  BOOST_REQUIRE(IsOk(group.Authorize(Direction::kIngress, Rule(Tcp(8000, 8010, "10.0.0.0/16")))));
  const auto in = [&](const Flow& flow) { return group.Allows(Direction::kIngress, flow); };
  BOOST_TEST(in(To(8000, "10.0.3.4")));
  BOOST_TEST(in(To(8010, "10.0.3.4")));
  BOOST_TEST(!in(To(7999, "10.0.3.4")));
  BOOST_TEST(!in(To(8011, "10.0.3.4")));
  BOOST_TEST(!in(To(8000, "10.1.3.4")));
  BOOST_TEST(!in(To(8000, "10.0.3.4", {}, 17)));
}

BOOST_AUTO_TEST_CASE(a_rule_may_name_a_group_for_its_members) {
  SecurityGroup group("sg-1");
  const RuleText text = {.protocol = "6", .from_port = 3306, .to_port = 3306, .group_id = "sg-web"};
  BOOST_REQUIRE(IsOk(group.Authorize(Direction::kIngress, Rule(text))));
  BOOST_TEST(group.Allows(Direction::kIngress, To(3306, "10.0.0.9", {"sg-other", "sg-web"})));
  BOOST_TEST(!group.Allows(Direction::kIngress, To(3306, "10.0.0.9", {"sg-other"})));
}

BOOST_AUTO_TEST_CASE(icmp_rules_name_types) {
  SecurityGroup ping("sg-1"), all("sg-2");
  BOOST_REQUIRE(IsOk(ping.Authorize(Direction::kIngress, Rule(Icmp(8, -1)))));
  BOOST_REQUIRE(IsOk(all.Authorize(Direction::kIngress, Rule(Icmp(-1, -1)))));
  BOOST_TEST(ping.Allows(Direction::kIngress, To(8, "10.0.0.9", {}, 1)));
  BOOST_TEST(!ping.Allows(Direction::kIngress, To(3, "10.0.0.9", {}, 1)));
  BOOST_TEST(all.Allows(Direction::kIngress, To(3, "10.0.0.9", {}, 1)));
}

BOOST_AUTO_TEST_CASE(rules_are_added_once_and_taken_back) {
  SecurityGroup group("sg-1");
  RuleText text = Tcp(80, 80);
  BOOST_TEST(IsOk(group.Authorize(Direction::kIngress, Rule(text))));
  text.description = "the same in other words";
  BOOST_TEST(base::ErrorCode(group.Authorize(Direction::kIngress, Rule(text))) == "InvalidPermission.Duplicate");
  BOOST_TEST(IsOk(group.Revoke(Direction::kIngress, Rule(text))));
  BOOST_TEST(base::ErrorCode(group.Revoke(Direction::kIngress, Rule(text))) == "InvalidPermission.NotFound");
  BOOST_TEST(IsOk(group.Revoke(Direction::kEgress, Rule({.protocol = "-1", .cidr = "0.0.0.0/0"}))));
  BOOST_TEST(!group.Allows(Direction::kEgress, To(80, "10.0.0.1")));
}

BOOST_AUTO_TEST_CASE(a_group_has_at_most_sixty_rules_each_way) {
  SecurityGroup group("sg-1");
  for (size_t i = 0; i < SecurityGroup::kRulesMax; ++i) {
    BOOST_REQUIRE(IsOk(group.Authorize(Direction::kIngress, Rule(Tcp(static_cast<int>(i), static_cast<int>(i))))));
  }
  const absl::Status full = group.Authorize(Direction::kIngress, Rule(Tcp(80, 80)));
  BOOST_TEST(StatusIs(full, StatusCode::kResourceExhausted, "60"));
  BOOST_TEST(base::ErrorCode(full) == "RulesPerSecurityGroupLimitExceeded");
  BOOST_TEST(IsOk(group.Authorize(Direction::kEgress, Rule(Tcp(80, 80)))));
}

}  // namespace
}  // namespace nubo::vpc
