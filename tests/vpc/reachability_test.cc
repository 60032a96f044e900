#include "nubo/vpc/reachability.h"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/net/ip_address.h"
#include "nubo/testing/status_matchers.h"
#include "nubo/vpc/network.h"
#include "nubo/vpc/reach_text.h"
#include "nubo/vpc/verdict.h"
#include "tests/vpc/network_text.h"

namespace nubo::vpc {
namespace {

using ::nubo::testing::IsOk;

// Three VPCs in a row, peered a-b and b-c. In a: a public subnet, a private one behind NAT, and one with local routes
// only.
constexpr char kBase[] = R"(
vpc vpc-a 10.0.0.0/16 2001:db8:a::/56 main=rtb-main
vpc vpc-b 10.1.0.0/16 2001:db8:b::/56 main=rtb-b
vpc vpc-c 10.2.0.0/16 main=rtb-c
igw igw-a vpc-a
igw igw-b vpc-b
eigw eigw-a vpc-a
peer pcx-ab vpc-a vpc-b
peer pcx-bc vpc-b vpc-c
nat nat-a subnet-pub 10.0.0.9 52.0.0.9
endpoint vpce-s3 vpc-a s3 52.216.0.0/15
list pl-s3 52.216.0.0/15
rtb rtb-main vpc-a
rtb rtb-pub vpc-a 0.0.0.0/0=igw-a ::/0=igw-a 10.1.0.0/16=pcx-ab 2001:db8:b::/56=pcx-ab
rtb rtb-app vpc-a 0.0.0.0/0=nat-a ::/0=eigw-a 10.1.0.0/16=pcx-ab pl-s3=vpce-s3
rtb rtb-b vpc-b 0.0.0.0/0=igw-b ::/0=igw-b 10.0.0.0/16=pcx-ab 10.2.0.0/16=pcx-bc 2001:db8:a::/56=pcx-ab
rtb rtb-c vpc-c 10.1.0.0/16=pcx-bc 10.0.0.0/16=pcx-bc
subnet subnet-pub vpc-a 10.0.0.0/24 2001:db8:a:0::/64 rtb=rtb-pub acl=acl-pub
subnet subnet-app vpc-a 10.0.1.0/24 2001:db8:a:1::/64 rtb=rtb-app acl=acl-app
subnet subnet-db vpc-a 10.0.2.0/24
subnet subnet-b vpc-b 10.1.0.0/24 2001:db8:b::/64
subnet subnet-c vpc-c 10.2.0.0/24
acl acl-pub vpc-a
in acl-pub 100 allow all 0.0.0.0/0
in acl-pub 101 allow all ::/0
out acl-pub 100 allow all 0.0.0.0/0
out acl-pub 101 allow all ::/0
acl acl-app vpc-a
in acl-app 100 allow all 0.0.0.0/0
in acl-app 101 allow all ::/0
out acl-app 100 allow all 0.0.0.0/0
out acl-app 101 allow all ::/0
sg sg-web vpc-a web
in sg-web tcp 80 0.0.0.0/0
in sg-web tcp 80 ::/0
in sg-web icmp 8 0.0.0.0/0
out sg-web all 0.0.0.0/0
out sg-web all ::/0
sg sg-app vpc-a app
in sg-app tcp 8080 sg-web
in sg-app tcp 9000-9010 sg-app
out sg-app all 0.0.0.0/0
out sg-app all ::/0
sg sg-db vpc-a db
in sg-db tcp 3306 sg-app
sg sg-b vpc-b b
in sg-b tcp 443 sg-app
in sg-b tcp 80 0.0.0.0/0
in sg-b tcp 80 ::/0
out sg-b all 0.0.0.0/0
out sg-b all ::/0
sg sg-c vpc-c c
in sg-c all 0.0.0.0/0
out sg-c all 0.0.0.0/0
eni eni-web subnet-pub 10.0.0.5=52.0.0.5 2001:db8:a::5 sg=sg-web
eni eni-web2 subnet-pub 10.0.0.6 sg=sg-web
eni eni-app subnet-app 10.0.1.5 2001:db8:a:1::5 sg=sg-app
eni eni-app2 subnet-app 10.0.1.6 sg=sg-app
eni eni-db subnet-db 10.0.2.5 sg=sg-db
eni eni-b subnet-b 10.1.0.5=52.1.0.5 2001:db8:b::5 sg=sg-b
eni eni-c subnet-c 10.2.0.5 sg=sg-c
)";

// A subnet whose interface stands between subnet-app and subnet-db, both ways.
constexpr char kAppliance[] = R"(
subnet subnet-mid vpc-a 10.0.3.0/24
sg sg-mid vpc-a
in sg-mid all 10.0.0.0/16
out sg-mid all 10.0.0.0/16
eni eni-mid subnet-mid 10.0.3.5 sg=sg-mid nocheck
rtb rtb-app vpc-a 10.0.2.0/24=eni-mid
rtb rtb-db vpc-a 10.0.1.0/24=eni-mid
subnet subnet-db vpc-a 10.0.2.0/24 rtb=rtb-db
sg sg-db vpc-a db
in sg-db tcp 3306 10.0.1.0/24
)";

struct Row {
  std::string name;
  // Lines on top of kBase.
  std::string change;
  std::string from, to, port;
  // "yes"; "no COMPONENT: TEXT" or "back COMPONENT: TEXT", where TEXT is of the rule or the reason.
  std::string expected;
  std::string source = {};
};
std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.name; }

Verdict Ask(const Network& network, const Row& row) {
  absl::StatusOr<Connection> connection = ParseConnection(row.from, row.to, row.port);
  BOOST_REQUIRE(IsOk(connection));
  if (!row.source.empty()) connection->source = *net::IpAddress::Parse(row.source);
  return Reachability(network).Evaluate(*connection);
}

Verdict Ask(const Row& row) {
  Network network;
  BOOST_REQUIRE(IsOk(ApplyNetworkText(kBase, network)));
  BOOST_REQUIRE(IsOk(ApplyNetworkText(row.change, network)));
  return Ask(network, row);
}

std::string Text(const Verdict& verdict) {
  if (verdict.reachable) return "yes";
  return absl::StrCat(verdict.reply_stopped ? "back " : "no ", verdict.stopped_by, ": ", verdict.rule, " | ",
                      verdict.why);
}

void Check(const Row& row) {
  const Verdict verdict = Ask(row);
  const size_t colon = row.expected.find(": ");
  const std::string head = row.expected.substr(0, colon);
  const std::string tail = colon == std::string::npos ? "" : row.expected.substr(colon + 2);
  const std::string text = Text(verdict);
  BOOST_TEST((head == "yes" ? text == head : absl::StartsWith(text, head + ": ") && absl::StrContains(text, tail)),
             text << " and not " << row.expected);
  BOOST_TEST((!verdict.reachable == !verdict.why.empty()));
}

const std::vector<Row> kGroups = {
    {"within a subnet", "", "eni-app", "eni-app2", "9005", "yes"},
    {"within a subnet by address", "", "10.0.1.5", "10.0.1.6", "9005", "yes"},
    {"the port above", "", "eni-app", "eni-app2", "9011", "no sg-app: no rule lets tcp 9011 in from 10.0.1.5"},
    {"another protocol", "", "eni-app", "eni-app2", "udp/9005", "no sg-app: no rule lets udp 9005 in"},
    {"a group's member", "", "eni-app", "eni-db", "3306", "yes"},
    {"no member", "", "eni-web", "eni-db", "3306", "no sg-db: no rule lets tcp 3306 in from 10.0.0.5"},
    {"replies need no egress rule", "", "eni-app2", "eni-db", "3306", "yes"},
    {"nothing let out", "", "eni-db", "eni-app", "8080", "no sg-db: no rule lets tcp 8080 out to 10.0.1.5"},
    {"egress within a subnet", "sg sg-app vpc-a\nin sg-app all 0.0.0.0/0", "eni-app", "eni-app2", "9005",
     "no sg-app: out to"},
    {"egress to a group", "sg sg-app vpc-a\nin sg-app all sg-app\nout sg-app tcp 3306 sg-db", "eni-app", "eni-db",
     "3306", "yes"},
    {"egress to another group", "sg sg-app vpc-a\nout sg-app tcp 3306 sg-web", "eni-app", "eni-db", "3306",
     "no sg-app: out to 10.0.2.5"},
    {"a group that has gone", "remove sg-app", "eni-app", "eni-app2", "9005", "no eni-app: no security group"},
    {"a rule about a group that has gone", "remove sg-web", "eni-web", "eni-app", "8080", "no eni-web: no security"},
    {"a rule about a group never there", "sg sg-db vpc-a\nin sg-db tcp 3306 sg-gone", "eni-app", "eni-db", "3306",
     "no sg-db: no rule"},
    {"no group", "eni eni-db subnet-db 10.0.2.5", "eni-app", "eni-db", "3306", "no eni-db: no security group"},
    {"the second group's rule", "eni eni-db subnet-db 10.0.2.5 sg=sg-db sg=sg-web", "eni-app", "eni-db", "80", "yes"},
    {"two groups, no rule", "eni eni-db subnet-db 10.0.2.5 sg=sg-db sg=sg-web", "eni-app", "eni-db", "81",
     "no sg-db, sg-web: no rule"},
    {"a prefix list", "list pl-x 10.0.1.5/32\nsg sg-db vpc-a\nin sg-db tcp 3306 pl-x", "eni-app", "eni-db", "3306",
     "yes"},
    {"outside of a prefix list", "list pl-x 10.0.1.6/32\nsg sg-db vpc-a\nin sg-db tcp 3306 pl-x", "eni-app", "eni-db",
     "3306", "no sg-db: no rule"},
    {"a prefix list that has gone", "sg sg-db vpc-a\nin sg-db tcp 3306 pl-gone", "eni-app", "eni-db", "3306",
     "no sg-db: no rule"},
    {"a secondary address", "eni eni-db subnet-db 10.0.2.5 10.0.2.6 sg=sg-db", "eni-app", "10.0.2.6", "3306", "yes"},
    {"from a secondary address of a member", "eni eni-app subnet-app 10.0.1.5 10.0.1.77 sg=sg-app", "10.0.1.77",
     "eni-db", "3306", "yes"},
    {"ping", "", "eni-app", "eni-web", "icmp", "yes"},
    {"another type", "", "eni-app", "eni-web", "icmp/13", "no sg-web: icmp type 13"},
    {"a type that nobody answers", "sg sg-db vpc-a\nin sg-db icmp 3/4 0.0.0.0/0", "eni-app", "eni-db", "icmp/3/4",
     "yes"},
    {"another code", "sg sg-db vpc-a\nin sg-db icmp 3/4 0.0.0.0/0", "eni-app", "eni-db", "icmp/3/1", "no sg-db: icmp"},
    {"a protocol by number", "sg sg-db vpc-a\nin sg-db proto 47 0.0.0.0/0", "eni-app", "eni-db", "protocol/47", "yes"},
    {"another number", "sg sg-db vpc-a\nin sg-db proto 47 0.0.0.0/0", "eni-app", "eni-db", "protocol/50",
     "no sg-db: protocol 50"},
    {"itself", "", "eni-db", "10.0.2.5", "22", "yes"},
};
BOOST_DATA_TEST_CASE(groups, boost::unit_test::data::make(kGroups), row) { Check(row); }

const std::vector<Row> kEnds = {
    {"a sender attached to nothing", "eni eni-app subnet-app 10.0.1.5 sg=sg-app detached", "eni-app", "eni-db", "3306",
     "no eni-app: attached to nothing"},
    {"a receiver attached to nothing", "eni eni-db subnet-db 10.0.2.5 sg=sg-db detached", "eni-app", "eni-db", "3306",
     "no eni-db: attached to nothing"},
    {"nobody's address within", "", "eni-app", "10.0.2.99", "3306", "no vpc-a: no interface has 10.0.2.99"},
    {"from nobody's address within", "", "10.0.2.99", "eni-app", "3306", "no vpc-a: no interface has 10.0.2.99"},
    {"from an unknown id", "", "eni-none", "eni-app", "80", "no eni-none: no such interface"},
    {"to an unknown id", "", "eni-app", "eni-none", "80", "no eni-none: no such interface"},
    {"both outside", "", "internet", "internet", "80", "no internet: both ends"},
    {"from outside to outside", "", "internet", "8.8.8.8", "80", "no internet: outside of every VPC too"},
    {"a subnet that has gone", "remove subnet-db", "eni-app", "eni-db", "3306", "no eni-db: subnet-db is not there"},
    {"from a subnet that has gone", "remove subnet-app", "eni-app", "eni-db", "3306", "no eni-app: subnet-app is not"},
    {"a spoofed source", "", "eni-app", "eni-db", "3306", "no eni-app: 10.0.1.6 is not its own", "10.0.1.6"},
    {"a spoofed source, unchecked", "eni eni-app subnet-app 10.0.1.5 sg=sg-app nocheck", "eni-app", "eni-db", "3306",
     "back sg-app: no rule lets tcp 49152 in from 10.0.2.5", "10.0.1.6"},
    {"a spoofed source whose owner takes the reply",
     "eni eni-app subnet-app 10.0.1.5 sg=sg-app nocheck\nin sg-app all 10.0.2.0/24", "eni-app", "eni-db", "3306",
     "back eni-app2: and not to eni-app", "10.0.1.6"},
    {"its secondary address is its own", "eni eni-app subnet-app 10.0.1.5 10.0.1.7 sg=sg-app", "eni-app", "eni-db",
     "3306", "yes", "10.0.1.7"},
    {"no address of one family", "", "eni-app", "eni-db", "icmpv6", "no eni-app: one family"},
    {"an address of two VPCs", "vpc vpc-d 10.0.0.0/16\nsubnet subnet-d vpc-d 10.0.1.0/24\neni eni-d subnet-d 10.0.1.5",
     "10.0.1.5", "10.0.2.5", "3306", "no 10.0.1.5: vpc-a, vpc-d"},
    {"an address of two VPCs, by the receiver",
     "vpc vpc-d 10.0.0.0/16\nsubnet subnet-d vpc-d 10.0.1.0/24\neni eni-d subnet-d 10.0.1.5", "10.0.1.5", "eni-db",
     "3306", "yes"},
    {"the resolver", "", "eni-db", "10.0.0.2", "udp/53", "yes"},
    {"the resolver's other address", "", "eni-db", "169.254.169.253", "53", "yes"},
    {"the resolver over IPv6", "", "eni-app", "fd00:ec2::253", "udp/53", "yes"},
    {"another port of the resolver", "", "eni-db", "10.0.0.2", "80", "no vpc-a: udp and tcp 53"},
    {"no DNS support", "vpc vpc-a 10.0.0.0/16 nodns", "eni-db", "169.254.169.253", "udp/53",
     "no vpc-a: EnableDnsSupport"},
    {"another VPC's resolver", "", "eni-b", "10.0.0.2", "udp/53", "no vpc-a: no interface has 10.0.0.2"},
    {"metadata", "", "eni-db", "169.254.169.254", "80", "yes"},
    {"metadata over IPv6", "", "eni-app", "fd00:ec2::254", "80", "yes"},
    {"another port of metadata", "", "eni-db", "169.254.169.254", "443", "no eni-db: tcp 80 only"},
    {"metadata of what is attached to nothing", "eni eni-db subnet-db 10.0.2.5 sg=sg-db detached", "eni-db",
     "169.254.169.254", "80", "no eni-db: attached to nothing"},
};
BOOST_DATA_TEST_CASE(ends, boost::unit_test::data::make(kEnds), row) { Check(row); }

constexpr char kOneSubnet[] =
    "acl acl-none vpc-a\nsubnet subnet-app vpc-a 10.0.1.0/24 2001:db8:a:1::/64 rtb=rtb-app acl=acl-none";
const std::vector<Row> kAcls = {
    {"not within a subnet", kOneSubnet, "eni-app", "eni-app2", "9005", "yes"},
    {"out of the sender's subnet", kOneSubnet, "eni-app", "eni-db", "3306", "no acl-none: egress *: deny"},
    {"into the receiver's subnet", kOneSubnet, "eni-web", "eni-app", "8080", "no acl-none: ingress *: deny"},
    {"denied by an entry", "out acl-app 50 deny tcp 3306 10.0.2.0/24", "eni-app", "eni-db", "3306",
     "no acl-app: egress 50: deny tcp 3306 to 10.0.2.0/24"},
    {"the lowest number decides", "out acl-app 50 deny tcp 3306 10.0.2.0/24\nout acl-app 40 allow tcp 3306 10.0.2.5/32",
     "eni-app", "eni-db", "3306", "yes"},
    {"a reply not let in", "in acl-app 50 deny tcp 1024-65535 10.0.2.0/24", "eni-app", "eni-db", "3306",
     "back acl-app: ingress 50"},
    {"a reply not let out", "out acl-app 50 deny tcp 1024-65535 10.0.0.0/24", "eni-web", "10.0.1.5", "8080",
     "back acl-app: egress 50"},
    {"a reply without an entry", "acl acl-app vpc-a\nout acl-app 100 allow tcp 3306 0.0.0.0/0", "eni-app", "eni-db",
     "3306", "back acl-app: ephemeral"},
    {"a reply by the ephemeral ports",
     "acl acl-app vpc-a\nout acl-app 100 allow tcp 3306 0.0.0.0/0\nin acl-app 100 allow tcp 32768-60999 10.0.2.0/24",
     "eni-app", "eni-db", "3306", "yes"},
    {"an echo's reply is of another type",
     "acl acl-app vpc-a\nout acl-app 100 allow icmp 8 0.0.0.0/0\nin acl-app 100 allow icmp 8 0.0.0.0/0", "eni-app",
     "eni-web", "icmp", "back acl-app: icmp type 0"},
    {"an echo's reply let in",
     "acl acl-app vpc-a\nout acl-app 100 allow icmp 8 0.0.0.0/0\nin acl-app 100 allow icmp 0 0.0.0.0/0", "eni-app",
     "eni-web", "icmp", "yes"},
    {"an ACL that has gone", "remove acl-app", "eni-app", "eni-db", "3306", "no acl-app: not there any more"},
    {"another family's entry", "acl acl-app vpc-a\nout acl-app 100 allow all ::/0", "eni-app", "eni-db", "3306",
     "no acl-app: egress *"},
};
BOOST_DATA_TEST_CASE(acls, boost::unit_test::data::make(kAcls), row) { Check(row); }

const std::vector<Row> kInternet = {
    {"out by a public address", "", "eni-web", "internet", "443", "yes"},
    {"out to an address", "", "eni-web", "8.8.8.8", "udp/53", "yes"},
    {"no public address", "", "eni-web2", "internet", "443", "no igw-a: 10.0.0.6 of eni-web2 has no public address"},
    {"no route", "", "eni-db", "8.8.8.8", "443", "no sg-db: out to"},
    {"no route, let out", "out sg-db all 0.0.0.0/0", "eni-db", "8.8.8.8", "443", "no rtb-main: no route to 8.8.8.8"},
    {"a gateway that has gone", "remove igw-a", "eni-web", "8.8.8.8", "443",
     "no rtb-pub: blackhole: igw-a is not there"},
    {"a gateway attached to nothing", "igw igw-a", "eni-web", "8.8.8.8", "443", "no rtb-pub: not attached to vpc-a"},
    {"a gateway of another VPC", "rtb rtb-pub vpc-a 0.0.0.0/0=igw-b", "eni-web", "8.8.8.8", "443",
     "no rtb-pub: 0.0.0.0/0 igw-b | the route is a blackhole"},
    {"a private address on the internet", "", "eni-web", "192.168.1.1", "443", "no igw-a: private address"},
    {"in by the public address", "", "internet", "52.0.0.5", "80", "yes"},
    {"in by the interface", "", "internet", "eni-web", "80", "yes"},
    {"in from an address", "", "8.8.8.8", "eni-web", "80", "yes"},
    {"in from an address the group names", "sg sg-web vpc-a\nin sg-web tcp 80 9.9.9.9/32", "9.9.9.9", "eni-web", "80",
     "yes"},
    {"in from another address", "sg sg-web vpc-a\nin sg-web tcp 80 9.9.9.9/32", "9.9.9.8", "eni-web", "80",
     "no sg-web: from 9.9.9.8"},
    {"in by the private address", "", "internet", "10.0.0.5", "80", "no internet: private address"},
    {"in to what has no public address", "", "internet", "eni-app2", "80", "no eni-app2: no public address"},
    {"in without a gateway", "remove igw-a", "internet", "eni-web", "80", "no vpc-a: no internet gateway"},
    {"in, denied at the subnet", "in acl-pub 50 deny tcp 80 0.0.0.0/0", "internet", "52.0.0.5", "80",
     "no acl-pub: ingress 50"},
    {"in, its reply denied", "out acl-pub 50 deny tcp 32768-65535 0.0.0.0/0", "internet", "52.0.0.5", "80",
     "back acl-pub: egress 50"},
    {"in, no route back", "rtb rtb-pub vpc-a", "internet", "eni-web", "80", "back rtb-pub: no route"},
    {"in, back by NAT", "rtb rtb-pub vpc-a 0.0.0.0/0=nat-a", "internet", "52.0.0.5", "80", "back nat-a: knows nothing"},
    {"to a public address nobody has", "", "eni-web", "52.0.0.77", "80", "yes"},
    {"over the internet to another VPC", "", "eni-web", "52.1.0.5", "80", "yes"},
    {"to the public address of the own VPC", "eni eni-web3 subnet-pub 10.0.0.7=52.0.0.7 sg=sg-web", "eni-web3",
     "52.0.0.5", "80", "yes"},
    {"to the own public address", "", "eni-web", "52.0.0.5", "80", "yes"},
    {"a group's rule counts private addresses",
     "sg sg-web vpc-a\nin sg-web tcp 80 sg-web\nout sg-web all 0.0.0.0/0\neni eni-web3 subnet-pub 10.0.0.7=52.0.0.7 "
     "sg=sg-web",
     "eni-web3", "52.0.0.5", "80", "no sg-web: public one of eni-web3"},
    {"the same by private address",
     "sg sg-web vpc-a\nin sg-web tcp 80 sg-web\nout sg-web all 0.0.0.0/0\neni eni-web3 subnet-pub 10.0.0.7=52.0.0.7 "
     "sg=sg-web",
     "eni-web3", "10.0.0.5", "80", "yes"},
    {"IPv6 out", "", "eni-web", "2001:4860:4860::8888", "443", "yes"},
    {"IPv6 in", "", "internet", "2001:db8:a::5", "80", "yes"},
    {"IPv6 in by the interface", "eni eni-web subnet-pub 10.0.0.5 2001:db8:a::5 sg=sg-web", "internet", "eni-web", "80",
     "yes"},
    {"by IPv6 where IPv4 is denied", "in acl-pub 50 deny tcp 80 0.0.0.0/0", "internet", "eni-web", "80", "yes"},
    {"IPv6 to nobody's address", "", "internet", "2001:db8:a::77", "80", "no vpc-a: no interface has"},
    {"IPv6 from what has none", "", "eni-db", "2001:db8:a::5", "80", "no eni-db: one family"},
};
BOOST_DATA_TEST_CASE(internet_gateways, boost::unit_test::data::make(kInternet), row) { Check(row); }

const std::vector<Row> kNat = {
    {"out", "", "eni-app", "internet", "443", "yes"},
    {"ping out", "", "eni-app", "8.8.8.8", "icmp", "yes"},
    {"nothing in", "", "internet", "52.0.0.9", "443", "no nat-a: lets in replies only"},
    {"nothing to its private address", "", "eni-app", "10.0.0.9", "443", "no nat-a: lets in replies only"},
    {"another protocol", "", "eni-app", "8.8.8.8", "protocol/47", "no nat-a: tcp, udp and icmp only"},
    {"gone", "remove nat-a", "eni-app", "8.8.8.8", "443", "no rtb-app: nat-a is not there"},
    {"of another VPC", "nat nat-b subnet-b 10.1.0.9 52.1.0.9\nrtb rtb-app vpc-a 0.0.0.0/0=nat-b", "eni-app", "8.8.8.8",
     "443", "no rtb-app: serves its own VPC only"},
    {"in a private subnet", "nat nat-a subnet-db 10.0.2.9 52.0.0.9", "eni-app", "8.8.8.8", "443",
     "no rtb-main: no route to 8.8.8.8"},
    {"in a subnet that routes to itself", "nat nat-a subnet-app 10.0.1.9 52.0.0.9", "eni-app", "8.8.8.8", "443",
     "no rtb-app: in a circle"},
    {"private, to the internet", "nat nat-a subnet-pub 10.0.0.9", "eni-app", "8.8.8.8", "443",
     "no igw-a: 10.0.0.9 of nat-a has no public address"},
    {"private, to a peer", "nat nat-p subnet-pub 10.0.0.8\nrtb rtb-app vpc-a 10.1.0.0/16=nat-p", "eni-app", "eni-b",
     "80", "yes"},
    {"private, its source is its own", "nat nat-p subnet-pub 10.0.0.8\nrtb rtb-app vpc-a 10.1.0.0/16=nat-p", "eni-app",
     "eni-b", "443", "no sg-b: from 10.0.0.8"},
    {"denied into its subnet", "in acl-pub 50 deny tcp 443 10.0.1.0/24", "eni-app", "8.8.8.8", "443",
     "no acl-pub: ingress 50"},
    {"denied out of its subnet", "out acl-pub 50 deny tcp 443 8.8.8.8/32", "eni-app", "8.8.8.8", "443",
     "no acl-pub: egress 50"},
    {"its reply denied into its subnet", "in acl-pub 50 deny tcp 1024-65535 8.8.8.8/32", "eni-app", "8.8.8.8", "443",
     "back acl-pub: ingress 50"},
    {"its reply denied out of its subnet", "out acl-pub 50 deny tcp 1024-65535 10.0.1.0/24", "eni-app", "8.8.8.8",
     "443", "back acl-pub: egress 50"},
    {"its reply denied into the sender's", "in acl-app 50 deny tcp 1024-65535 8.8.8.8/32", "eni-app", "8.8.8.8", "443",
     "back acl-app: ingress 50"},
    {"to a public address of the own VPC", "", "eni-app", "52.0.0.5", "80", "yes"},
    {"to a public address, as the gateway", "sg sg-web vpc-a\nin sg-web tcp 80 52.0.0.9/32\nout sg-web all 0.0.0.0/0",
     "eni-app", "52.0.0.5", "80", "yes"},
    {"IPv6", "rtb rtb-app vpc-a ::/0=nat-a", "eni-app", "2001:4860:4860::8888", "443", "no nat-a: IPv4"},
    {"IPv6 out by an egress-only gateway", "", "eni-app", "2001:4860:4860::8888", "443", "yes"},
    {"and nothing in by it", "in sg-app all ::/0", "internet", "2001:db8:a:1::5", "443",
     "back eigw-a: knows nothing of a connection from outside"},
    {"nothing in by it alone", "in sg-app all ::/0\nremove igw-a", "internet", "2001:db8:a:1::5", "443",
     "no eigw-a: lets no connection in"},
    {"and only IPv6", "rtb rtb-app vpc-a 0.0.0.0/0=eigw-a", "eni-app", "8.8.8.8", "443", "no eigw-a: IPv6 only"},
    {"out by it alone", "remove igw-a", "eni-app", "2001:4860:4860::8888", "443", "yes"},
    {"by it to another VPC", "", "eni-app", "2001:db8:b::5", "80", "yes"},
    {"one that is gone", "remove eigw-a", "eni-app", "2001:4860:4860::8888", "443", "no rtb-app: eigw-a is not there"},
    {"the internet by IPv6 where IPv4 has no way", "rtb rtb-app vpc-a ::/0=eigw-a", "eni-app", "internet", "443",
     "yes"},
};
BOOST_DATA_TEST_CASE(nat_and_egress_only_gateways, boost::unit_test::data::make(kNat), row) { Check(row); }

const std::vector<Row> kPeering = {
    {"there and back", "", "eni-web", "eni-b", "80", "yes"},
    {"from the accepter", "", "eni-b", "eni-web", "80", "yes"},
    {"over IPv6", "", "eni-web", "2001:db8:b::5", "80", "yes"},
    {"a peer's group", "", "eni-app", "eni-b", "443", "yes"},
    {"no member of the peer's group", "", "eni-web", "eni-b", "443", "no sg-b: from 10.0.0.5"},
    {"not accepted", "peer pcx-ab vpc-a vpc-b pending", "eni-web", "eni-b", "80", "no rtb-pub: not active; accept it"},
    {"gone", "remove pcx-ab", "eni-web", "10.1.0.5", "80", "no rtb-pub: pcx-ab is not there"},
    {"no route there", "rtb rtb-pub vpc-a", "eni-web", "eni-b", "80", "no rtb-pub: no route to 10.1.0.5"},
    {"no route back", "rtb rtb-b vpc-b", "eni-web", "eni-b", "80", "back rtb-b: no route to 10.0.0.5"},
    {"back by the internet", "rtb rtb-b vpc-b 0.0.0.0/0=igw-b", "eni-web", "eni-b", "80",
     "back internet: never comes to eni-web"},
    {"not transitive", "rtb rtb-pub vpc-a 10.2.0.0/16=pcx-ab", "eni-web", "eni-c", "80",
     "no pcx-ab: 10.2.0.5 is not within vpc-b"},
    {"not to the peer's internet gateway", "rtb rtb-pub vpc-a 0.0.0.0/0=pcx-ab", "eni-web", "8.8.8.8", "443",
     "no pcx-ab: is not within vpc-b"},
    {"not another's", "rtb rtb-pub vpc-a 10.2.0.0/16=pcx-bc", "eni-web", "10.2.0.5", "80",
     "no rtb-pub: does not join vpc-a"},
    {"a peer that has gone", "remove vpc-b", "eni-web", "10.1.0.5", "80", "no rtb-pub: other end of pcx-ab"},
    {"nobody's address there", "", "eni-web", "10.1.0.77", "80", "no vpc-b: no interface has 10.1.0.77"},
    {"the ACL there", "acl acl-b vpc-b\nsubnet subnet-b vpc-b 10.1.0.0/24 acl=acl-b", "eni-web", "eni-b", "80",
     "no acl-b: ingress *"},
    {"no NAT gateway of the peer", "nat nat-b subnet-b 10.1.0.9 52.1.0.9", "eni-web", "10.1.0.9", "80",
     "no nat-b: lets in replies only"},
    {"a group of a VPC that is not peered", "in sg-c tcp 1 sg-app\nsg sg-app vpc-a\nout sg-app tcp 80 sg-c", "eni-app",
     "10.2.0.5", "80", "no sg-app: out to 10.2.0.5"},
    {"without peering by the public address", "remove pcx-ab", "eni-web", "eni-b", "80", "yes"},
};
BOOST_DATA_TEST_CASE(peering, boost::unit_test::data::make(kPeering), row) { Check(row); }

const std::vector<Row> kRoutes = {
    {"the longest prefix", "rtb rtb-pub vpc-a 0.0.0.0/0=igw-a 8.8.0.0/16=igw-gone", "eni-web", "8.8.8.8", "443",
     "no rtb-pub: 8.8.0.0/16 igw-gone"},
    {"in another order", "rtb rtb-pub vpc-a 8.8.0.0/16=igw-a 0.0.0.0/0=igw-gone", "eni-web", "8.8.8.8", "443", "yes"},
    {"a block before a prefix list", "list pl-x 8.8.0.0/16\nrtb rtb-pub vpc-a pl-x=igw-gone 8.8.0.0/16=igw-a",
     "eni-web", "8.8.8.8", "443", "yes"},
    {"a prefix list", "list pl-x 8.8.0.0/16\nrtb rtb-pub vpc-a pl-x=igw-a", "eni-web", "8.8.8.8", "443", "yes"},
    {"not in the prefix list", "list pl-x 8.8.0.0/16\nrtb rtb-pub vpc-a pl-x=igw-a", "eni-web", "9.9.9.9", "443",
     "no rtb-pub: no route"},
    {"no table at all", "vpc vpc-a 10.0.0.0/16", "eni-app", "eni-db", "3306", "yes"},
    {"no table, and out", "vpc vpc-a 10.0.0.0/16\nout sg-db all 0.0.0.0/0", "eni-db", "8.8.8.8", "443",
     "no subnet-db: no route"},
    {"a secondary block",
     "vpc vpc-a 10.0.0.0/16 100.64.0.0/16\nsubnet subnet-x vpc-a 100.64.1.0/24\neni eni-x subnet-x "
     "100.64.1.5 sg=sg-web",
     "eni-app", "eni-x", "80", "yes"},
    {"an endpoint", "", "eni-app", "52.216.0.10", "443", "yes"},
    {"an endpoint's own list", "remove pl-s3", "eni-app", "52.216.0.10", "443", "yes"},
    {"an endpoint's list in a group", "remove pl-s3\nsg sg-app vpc-a\nout sg-app tcp 443 pl-s3", "eni-app",
     "52.216.0.10", "443", "yes"},
    {"an endpoint asked for more", "rtb rtb-app vpc-a 0.0.0.0/0=vpce-s3", "eni-app", "8.8.8.8", "443",
     "no vpce-s3: takes nothing"},
    {"an endpoint that has gone", "remove vpce-s3", "eni-app", "52.216.0.10", "443",
     "no rtb-app: vpce-s3 is not there"},
    {"an interface endpoint", "endpoint vpce-s3 vpc-a sqs", "eni-app", "52.216.0.10", "443",
     "no rtb-app: is an interface endpoint"},
    {"an endpoint of another VPC", "endpoint vpce-s3 vpc-b s3 52.216.0.0/15", "eni-app", "52.216.0.10", "443",
     "no rtb-app: serves its own VPC only"},
    {"an endpoint's reply", "in acl-app 50 deny tcp 1024-65535 52.216.0.0/15", "eni-app", "52.216.0.10", "443",
     "back acl-app: ingress 50"},
    {"an appliance", kAppliance, "eni-app", "eni-db", "3306", "yes"},
    {"an appliance that checks", absl::StrCat(kAppliance, "eni eni-mid subnet-mid 10.0.3.5 sg=sg-mid"), "eni-app",
     "eni-db", "3306", "no eni-mid: turn the check off"},
    {"an appliance attached to nothing",
     absl::StrCat(kAppliance, "eni eni-mid subnet-mid 10.0.3.5 sg=sg-mid nocheck detached"), "eni-app", "eni-db",
     "3306", "no rtb-app: eni-mid is attached to nothing"},
    {"an appliance of another VPC", "rtb rtb-app vpc-a 10.0.2.0/24=eni-b", "eni-app", "eni-db", "3306",
     "no rtb-app: route by an interface of this VPC"},
    {"an appliance's group in", absl::StrCat(kAppliance, "sg sg-mid vpc-a\nout sg-mid all 0.0.0.0/0"), "eni-app",
     "eni-db", "3306", "no sg-mid: in from 10.0.1.5"},
    {"an appliance's group out", absl::StrCat(kAppliance, "sg sg-mid vpc-a\nin sg-mid all 0.0.0.0/0"), "eni-app",
     "eni-db", "3306", "no sg-mid: out to 10.0.2.5"},
    {"an appliance's subnet",
     absl::StrCat(kAppliance, "acl acl-x vpc-a\nsubnet subnet-mid vpc-a 10.0.3.0/24 acl=acl-x"), "eni-app", "eni-db",
     "3306", "no acl-x: ingress *"},
    {"back past the appliance", absl::StrCat(kAppliance, "rtb rtb-db vpc-a"), "eni-app", "eni-db", "3306", "yes"},
    {"back only by the appliance", absl::StrCat(kAppliance, "rtb rtb-app vpc-a\nsg sg-mid vpc-a"), "eni-app", "eni-db",
     "3306", "back sg-mid: no rule lets tcp 49152 in from 10.0.2.5"},
    {"a group is not known behind an appliance", absl::StrCat(kAppliance, "sg sg-db vpc-a\nin sg-db tcp 3306 sg-app"),
     "eni-app", "eni-db", "3306", "no sg-db: does not count what another interface passed on"},
    {"to the appliance itself", kAppliance, "eni-app", "eni-mid", "22", "yes"},
    {"appliances in a circle",
     absl::StrCat(kAppliance, "rtb rtb-mid vpc-a 10.0.2.0/24=eni-mid\nsubnet subnet-mid vpc-a 10.0.3.0/24 rtb=rtb-mid"),
     "eni-app", "eni-db", "3306", "no rtb-mid: in a circle"},
    {"not within a subnet", "rtb rtb-app vpc-a 10.0.1.0/24=eni-gone", "eni-app", "eni-app2", "9005", "yes"},
};
BOOST_DATA_TEST_CASE(routes, boost::unit_test::data::make(kRoutes), row) { Check(row); }

std::vector<std::string> Components(const Verdict& verdict) {
  std::vector<std::string> components;
  for (const Hop& hop : verdict.hops) components.push_back(absl::StrCat(hop.reply ? "<" : "", hop.component));
  return components;
}

BOOST_AUTO_TEST_CASE(the_path_is_told_hop_by_hop) {
  const Verdict verdict = Ask({.from = "eni-app", .to = "8.8.8.8", .port = "443"});
  const std::vector<std::string> expected = {"eni-app",   "sg-app",   "acl-app",  "rtb-app", "acl-pub",
                                             "nat-a",     "acl-pub",  "rtb-pub",  "igw-a",   "internet",
                                             "<internet", "<igw-a",   "<acl-pub", "<nat-a",  "<acl-pub",
                                             "<rtb-pub",  "<acl-app", "<sg-app",  "<eni-app"};
  const std::vector<std::string> components = Components(verdict);
  BOOST_TEST(components == expected, boost::test_tools::per_element());
  BOOST_TEST(verdict.hops[3].rule == "0.0.0.0/0 nat-a");
  BOOST_TEST(verdict.hops[2].rule == "egress 100: allow all traffic to 0.0.0.0/0");
}

BOOST_AUTO_TEST_CASE(what_is_stopped_shows_how_far_it_came) {
  const Verdict verdict = Ask({.from = "eni-web", .to = "eni-db", .port = "3306"});
  const std::vector<std::string> expected = {"eni-web", "sg-web", "acl-pub", "rtb-pub"};
  const std::vector<std::string> components = Components(verdict);
  BOOST_TEST(components == expected, boost::test_tools::per_element());
  BOOST_TEST(verdict.stopped_by == "sg-db");
}

}  // namespace
}  // namespace nubo::vpc
