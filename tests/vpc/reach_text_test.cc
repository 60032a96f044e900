#include "nubo/vpc/reach_text.h"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "nubo/testing/status_matchers.h"
#include "nubo/vpc/network.h"
#include "nubo/vpc/reachability.h"
#include "tests/vpc/network_text.h"

namespace nubo::vpc {
namespace {

using absl::StatusCode;
using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

struct Row {
  std::string port;
  int protocol, number, code;
  std::string text;
};
std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.port; }

const std::vector<Row> kPorts = {
    {"80", 6, 80, 0, "tcp 80"},
    {"tcp/80", 6, 80, 0, "tcp 80"},
    {"udp/53", 17, 53, 0, "udp 53"},
    {"udp:53", 17, 53, 0, "udp 53"},
    {"", 1, 8, 0, "icmp type 8"},
    {"icmp", 1, 8, 0, "icmp type 8"},
    {"icmp/13", 1, 13, 0, "icmp type 13"},
    {"icmp/3/4", 1, 3, 4, "icmp type 3 code 4"},
    {"icmpv6", 58, 128, 0, "icmpv6 type 128"},
    {"protocol/47", 47, 0, 0, "protocol 47"},
};
BOOST_DATA_TEST_CASE(ports_are_read_and_told, boost::unit_test::data::make(kPorts), row) {
  const auto connection = ParseConnection("eni-1", "eni-2", row.port);
  BOOST_REQUIRE(IsOk(connection));
  BOOST_TEST(connection->from == "eni-1");
  BOOST_TEST(connection->to == "eni-2");
  BOOST_TEST(connection->protocol == row.protocol);
  BOOST_TEST(connection->port == row.number);
  BOOST_TEST(connection->code == row.code);
  BOOST_TEST(ConnectionText(*connection) == row.text);
}

const std::vector<std::string> kBad = {"http",     "65536",      "-1",  "tcp",          "tcp/",      "tcp/80/1",
                                       "icmp/256", "icmp/1/2/3", "80/", "protocol/256", "protocol/6"};
BOOST_DATA_TEST_CASE(what_is_no_port_is_refused, boost::unit_test::data::make(kBad), port) {
  BOOST_TEST(StatusIs(ParseConnection("eni-1", "eni-2", port), StatusCode::kInvalidArgument, "is not a port"));
}

BOOST_AUTO_TEST_CASE(ping_of_an_ipv6_address_is_of_ipv6) {
  BOOST_TEST(ParseConnection("eni-1", "2001:db8::1", "")->protocol == 58);
}

constexpr char kNetwork[] = R"(
vpc vpc-a 10.0.0.0/16
subnet subnet-1 vpc-a 10.0.1.0/24 acl=acl-1
subnet subnet-2 vpc-a 10.0.2.0/24
acl acl-1 vpc-a
in acl-1 100 allow tcp 1024-65535 0.0.0.0/0
out acl-1 100 allow all 0.0.0.0/0
sg sg-web vpc-a web
out sg-web all 0.0.0.0/0
sg sg-db vpc-a db
in sg-db tcp 3306 sg-web
in sg-db udp 3306 sg-web
eni eni-web subnet-1 10.0.1.5 sg=sg-web
eni eni-db subnet-2 10.0.2.5 sg=sg-db
)";

std::string Told(const std::string& from, const std::string& to, const std::string& port) {
  Network network;
  BOOST_REQUIRE(IsOk(ApplyNetworkText(kNetwork, network)));
  const auto connection = ParseConnection(from, to, port);
  BOOST_REQUIRE(IsOk(connection));
  return absl::StrJoin(VerdictLines(network, *connection, Reachability(network).Evaluate(*connection)), "\n");
}

BOOST_AUTO_TEST_CASE(a_way_is_told_there_and_back) {
  BOOST_TEST(Told("eni-web", "eni-db", "3306") ==
             "eni-web (i-web) reaches eni-db (i-db) by tcp 3306\n"
             "  eni-web (i-web)  sends tcp 3306 from 10.0.1.5 to 10.0.2.5\n"
             "  sg-web (web)     lets it out of eni-web [egress all traffic to 0.0.0.0/0]\n"
             "  acl-1            lets it out of subnet-1 [egress 100: allow all traffic to 0.0.0.0/0]\n"
             "  subnet-1         keeps it within the VPC [10.0.0.0/16 local]\n"
             "  sg-db (db)       lets it in to eni-db [ingress tcp 3306 from sg-web]\n"
             "  eni-db (i-db)    receives it on 10.0.2.5\n"
             "and back:\n"
             "  eni-db (i-db)    replies from 10.0.2.5 to 10.0.1.5\n"
             "  sg-db (db)       lets the reply out: it remembers the connection\n"
             "  subnet-2         keeps it within the VPC [10.0.0.0/16 local]\n"
             "  acl-1            lets it into subnet-1 [ingress 100: allow tcp 1024-65535 from 0.0.0.0/0]\n"
             "  sg-web (web)     lets the reply in: it remembers the connection\n"
             "  eni-web (i-web)  receives it on 10.0.1.5");
}

BOOST_AUTO_TEST_CASE(what_stops_it_comes_last) {
  BOOST_TEST(Told("eni-web", "eni-db", "22") ==
             "eni-web (i-web) does not reach eni-db (i-db) by tcp 22\n"
             "  eni-web (i-web)  sends tcp 22 from 10.0.1.5 to 10.0.2.5\n"
             "  sg-web (web)     lets it out of eni-web [egress all traffic to 0.0.0.0/0]\n"
             "  acl-1            lets it out of subnet-1 [egress 100: allow all traffic to 0.0.0.0/0]\n"
             "  subnet-1         keeps it within the VPC [10.0.0.0/16 local]\n"
             "x sg-db (db)       no rule lets tcp 22 in from 10.0.1.5 to eni-db; add one");
}

BOOST_AUTO_TEST_CASE(a_reply_that_is_stopped_is_told_as_such) {
  const std::string told = Told("eni-web", "eni-db", "udp/3306");
  BOOST_TEST(
      told.substr(told.find("\nx ") + 1) ==
      "x acl-1            no entry allows udp 49152 from 10.0.2.5 to 10.0.1.5 into subnet-1, a reply, which ACLs "
      "do not remember; allow the ephemeral ports [ingress *: deny]");
}

}  // namespace
}  // namespace nubo::vpc
