#include "nubo/vpc/network_check.h"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nubo/testing/status_matchers.h"
#include "nubo/vpc/network.h"
#include "tests/vpc/network_text.h"

namespace nubo::vpc {
namespace {

using ::nubo::testing::IsOk;

constexpr char kSound[] = R"(
vpc vpc-a 10.0.0.0/16 2001:db8:a::/56 main=rtb-a
vpc vpc-b 10.1.0.0/16
igw igw-a vpc-a
eigw eigw-a vpc-a
peer pcx-ab vpc-a vpc-b
nat nat-a subnet-1 10.0.1.9 52.0.0.9
endpoint vpce-s3 vpc-a s3 52.216.0.0/15
list pl-1 192.0.2.0/24
rtb rtb-a vpc-a 0.0.0.0/0=igw-a ::/0=eigw-a 10.1.0.0/16=pcx-ab 10.0.2.0/24=eni-1 pl-s3=vpce-s3 pl-1=nat-a
subnet subnet-1 vpc-a 10.0.1.0/24 2001:db8:a:1::/64 acl=acl-a
subnet subnet-2 vpc-a 10.0.2.0/24 rtb=rtb-a
subnet subnet-b vpc-b 10.1.1.0/24
acl acl-a vpc-a
in acl-a 100 allow all 0.0.0.0/0
out acl-a 100 allow tcp 80-90 0.0.0.0/0
sg sg-a vpc-a a
in sg-a tcp 80 sg-b
in sg-a icmp 8 pl-1
out sg-a tcp 443 pl-s3
sg sg-b vpc-b b
eni eni-1 subnet-1 10.0.1.5=52.0.0.5 2001:db8:a:1::5 sg=sg-a nocheck
eni eni-b subnet-b 10.1.1.5 sg=sg-b
)";

std::vector<std::string> Findings(const std::string& change) {
  Network network;
  BOOST_REQUIRE(IsOk(ApplyNetworkText(kSound, network)));
  BOOST_REQUIRE(IsOk(ApplyNetworkText(change, network)));
  std::vector<std::string> texts;
  for (const NetworkFinding& finding : Check(network))
    texts.push_back(absl::StrCat(finding.id, ": ", finding.sentence));
  return texts;
}

BOOST_AUTO_TEST_CASE(nothing_is_found_where_nothing_is_wrong) {
  BOOST_TEST(Findings("") == std::vector<std::string>(), boost::test_tools::per_element());
}

struct Row {
  std::string name;
  std::string change;
  // Among the findings, which may be more.
  std::string finding;
};
std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.name; }

const std::vector<Row> kRows = {
    {"no block", "vpc vpc-b", "vpc-b: it has no primary IPv4 block"},
    {"own blocks overlap", "vpc vpc-b 10.1.0.0/16 10.1.128.0/17",
     "vpc-b: its blocks 10.1.0.0/16 and 10.1.128.0/17 overlap"},
    {"no main table", "remove rtb-a", "vpc-a: its main route table rtb-a is not there"},
    {"another's main table", "vpc vpc-b 10.1.0.0/16 main=rtb-a",
     "vpc-b: its main route table rtb-a is of vpc-a and not of vpc-b"},
    {"subnet of no VPC", "subnet subnet-x vpc-x 10.0.9.0/24", "subnet-x: its VPC \"vpc-x\" is not there"},
    {"subnet outside", "subnet subnet-x vpc-a 10.9.0.0/24", "subnet-x: its block 10.9.0.0/24 is outside of vpc-a"},
    {"subnets overlap", "subnet subnet-x vpc-a 10.0.2.128/25",
     "subnet-x: its block 10.0.2.128/25 overlaps 10.0.2.0/24 of subnet-2"},
    {"subnet without IPv4", "subnet subnet-x vpc-a 2001:db8:a:9::/64", "subnet-x: it has not one IPv4 block"},
    {"two IPv6 blocks", "subnet subnet-x vpc-a 10.0.9.0/24 2001:db8:a:8::/64 2001:db8:a:9::/64",
     "subnet-x: it has more than one IPv6 block"},
    {"IPv6 of another length", "subnet subnet-x vpc-a 10.0.9.0/24 2001:db8:a:9::/80",
     "subnet-x: its IPv6 block 2001:db8:a:9::/80 is no /64"},
    {"unknown table", "subnet subnet-2 vpc-a 10.0.2.0/24 rtb=rtb-x", "subnet-2: its route table rtb-x is not there"},
    {"unknown ACL", "remove acl-a", "subnet-1: its ACL acl-a is not there"},
    {"another's ACL", "acl acl-a vpc-b", "subnet-1: its ACL acl-a is of vpc-b and not of vpc-a"},
    {"table of no VPC", "rtb rtb-x vpc-x", "rtb-x: its VPC \"vpc-x\" is not there"},
    {"more specific than local", "rtb rtb-x vpc-a 10.0.3.0/24=igw-a",
     "rtb-x: its route to 10.0.3.0/24 is within vpc-a and not the whole block of a subnet"},
    {"part of a subnet", "rtb rtb-x vpc-a 10.0.2.0/25=igw-a",
     "rtb-x: its route to 10.0.2.0/25 is within vpc-a and not the whole block of a subnet"},
    {"two routes to one block", "rtb rtb-x vpc-a 0.0.0.0/0=igw-a 0.0.0.0/0=nat-a",
     "rtb-x: it has two routes to 0.0.0.0/0"},
    {"two routes to one list", "rtb rtb-x vpc-a pl-1=igw-a pl-1=nat-a", "rtb-x: it has two routes to pl-1"},
    {"unknown list", "rtb rtb-x vpc-a pl-x=igw-a", "rtb-x: the prefix list pl-x of its route to igw-a is not there"},
    {"unknown target", "rtb rtb-x vpc-a 0.0.0.0/0=igw-x",
     "rtb-x: its route to 0.0.0.0/0 is a blackhole: igw-x is not there"},
    {"gateway not attached", "igw igw-a",
     "rtb-a: its route to 0.0.0.0/0 is a blackhole: igw-a is not attached to vpc-a"},
    {"NAT of another VPC", "nat nat-a subnet-b 10.1.1.9",
     "rtb-a: its route to pl-1 is a blackhole: nat-a is in no subnet of vpc-a"},
    {"peering of others", "rtb rtb-x vpc-c 10.0.0.0/16=pcx-ab\nvpc vpc-c 10.2.0.0/16",
     "rtb-x: its route to 10.0.0.0/16 is a blackhole: pcx-ab does not join vpc-c"},
    {"peering not active", "peer pcx-ab vpc-a vpc-b pending",
     "rtb-a: its route to 10.1.0.0/16 is a blackhole: pcx-ab is not active"},
    {"interface attached to nothing", "eni eni-1 subnet-1 10.0.1.5 sg=sg-a nocheck detached",
     "rtb-a: its route to 10.0.2.0/24 is a blackhole: eni-1 is attached to nothing"},
    {"interface that checks", "eni eni-1 subnet-1 10.0.1.5 sg=sg-a",
     "rtb-a: its route to 10.0.2.0/24 leads to eni-1, which drops what is not for it"},
    {"interface endpoint", "endpoint vpce-s3 vpc-a s3",
     "rtb-a: its route to pl-s3 leads to vpce-s3, an interface endpoint"},
    {"endpoint of another VPC", "endpoint vpce-s3 vpc-b s3 52.216.0.0/15",
     "rtb-a: its route to pl-s3 is a blackhole: vpce-s3 is no endpoint of vpc-a"},
    {"gateway of no VPC", "igw igw-x vpc-x", "igw-x: its VPC \"vpc-x\" is not there"},
    {"two gateways", "igw igw-b vpc-a", "igw-b: vpc-a has an internet gateway already, igw-a"},
    {"NAT in no subnet", "nat nat-x subnet-x 10.0.1.8", "nat-x: its subnet \"subnet-x\" is not there"},
    {"NAT outside of its subnet", "nat nat-x subnet-1 10.0.2.8", "nat-x: its address 10.0.2.8 is outside of subnet-1"},
    {"ACL number twice", "in acl-a 100 deny all 10.0.0.0/8", "acl-a: it has two ingress entries 100"},
    {"ACL number too low", "out acl-a 0 deny all 10.0.0.0/8", "acl-a: its egress entry 0 is not numbered 1 to 32766"},
    {"ACL number too high", "in acl-a 32767 deny all 10.0.0.0/8",
     "acl-a: its ingress entry 32767 is not numbered 1 to 32766"},
    {"ACL ports backwards", "in acl-a 5 deny tcp 90-80 10.0.0.0/8",
     "acl-a: of its ingress entry 5 the ports 90 to 80 are no range within 0 to 65535"},
    {"ACL of no VPC", "acl acl-x vpc-x", "acl-x: its VPC \"vpc-x\" is not there"},
    {"group of no VPC", "sg sg-x vpc-x", "sg-x: its VPC \"vpc-x\" is not there"},
    {"rule about an unknown group", "in sg-a tcp 80 sg-x",
     "sg-a: its rule ingress tcp 80 from sg-x lets nobody through: the group is not there"},
    {"rule about a group not peered", "peer pcx-ab vpc-a vpc-b pending",
     "sg-a: its rule ingress tcp 80 from sg-b lets nobody through: no active peering joins vpc-a and vpc-b"},
    {"rule about an unknown list", "out sg-a tcp 80 pl-x",
     "sg-a: its rule egress tcp 80 to pl-x lets nobody through: the prefix list is not there"},
    {"rule with large ports", "in sg-a tcp 80-70000 10.0.0.0/8",
     "sg-a: of its rule ingress tcp 80-70000 from 10.0.0.0/8 the ports 80 to 70000 are no range within 0 to 65535"},
    {"rule with a large type", "in sg-a icmp 256 10.0.0.0/8",
     "sg-a: of its rule ingress icmp type 256 from 10.0.0.0/8 the ICMP type 256 and code -1 are not both -1 to 255"},
    {"interface in no subnet", "eni eni-x subnet-x 10.0.1.7 sg=sg-a", "eni-x: its subnet \"subnet-x\" is not there"},
    {"interface outside", "eni eni-x subnet-1 10.0.2.7 sg=sg-a", "eni-x: its address 10.0.2.7 is outside of subnet-1"},
    {"a reserved address", "eni eni-x subnet-1 10.0.1.3 sg=sg-a",
     "eni-x: its address 10.0.1.3 is reserved in subnet-1"},
    {"the last address", "eni eni-x subnet-1 10.0.1.255 sg=sg-a",
     "eni-x: its address 10.0.1.255 is reserved in subnet-1"},
    {"no address", "eni eni-x subnet-1 sg=sg-a", "eni-x: it has no address"},
    {"a public address of IPv6", "eni eni-x subnet-1 2001:db8:a:1::7=52.0.0.7 sg=sg-a",
     "eni-x: its IPv6 address 2001:db8:a:1::7 has a public address, and needs none"},
    {"no group", "eni eni-x subnet-1 10.0.1.7", "eni-x: it has no security group, and nothing passes"},
    {"an unknown group", "eni eni-x subnet-1 10.0.1.7 sg=sg-x", "eni-x: its security group sg-x is not there"},
    {"a group of another VPC", "eni eni-x subnet-1 10.0.1.7 sg=sg-b",
     "eni-x: its security group sg-b is of vpc-b and not of vpc-a"},
    {"an address of two", "eni eni-x subnet-1 10.0.1.5 sg=sg-a", "eni-x: its address 10.0.1.5 is also that of eni-1"},
    {"an address twice", "eni eni-x subnet-1 10.0.1.7 10.0.1.7 sg=sg-a", "eni-x: its address 10.0.1.7 is given twice"},
    {"an address of a NAT gateway", "nat nat-x subnet-1 10.0.1.5", "nat-x: its address 10.0.1.5 is also that of eni-1"},
    {"a public address of two", "eni eni-b subnet-b 10.1.1.5=52.0.0.5 sg=sg-b",
     "eni-b: its address 52.0.0.5 is also that of eni-1"},
    {"peering with no VPC", "peer pcx-x vpc-a vpc-x", "pcx-x: its VPC \"vpc-x\" is not there"},
    {"peering with itself", "peer pcx-x vpc-a vpc-a", "pcx-x: it joins vpc-a to itself"},
    {"peers overlap", "vpc vpc-c 10.0.128.0/17\npeer pcx-x vpc-a vpc-c",
     "pcx-x: the VPCs it joins overlap: 10.0.0.0/16 of vpc-a and 10.0.128.0/17 of vpc-c"},
    {"endpoint of no VPC", "endpoint vpce-x vpc-x s3", "vpce-x: its VPC \"vpc-x\" is not there"},
};

BOOST_DATA_TEST_CASE(each_fault_is_found, boost::unit_test::data::make(kRows), row) {
  const std::vector<std::string> findings = Findings(row.change);
  bool found = false;
  for (const std::string& finding : findings) found |= finding == row.finding;
  BOOST_TEST(found, "not found: " << row.finding << "; but " << findings.size() << ", the first "
                                  << (findings.empty() ? "none" : findings.front()));
}

BOOST_AUTO_TEST_CASE(an_interface_of_a_nat_gateway_has_its_address_and_no_group) {
  Network network;
  BOOST_REQUIRE(IsOk(ApplyNetworkText(kSound, network)));
  network.interfaces["eni-nat"] = {.subnet = "subnet-1",
                                   .addresses = {{network.nat_gateways.at("nat-a").private_address}},
                                   .attached_to = "nat-a",
                                   .source_dest_check = false};
  BOOST_TEST(Check(network).empty());
}

constexpr char kFaults[] = R"(
subnet subnet-2 vpc-a 10.9.2.0/24
sg sg-b vpc-b b
in sg-b tcp 80 sg-x
eni eni-b subnet-b 10.1.1.5
nat nat-b subnet-b 10.1.9.9
rtb rtb-b vpc-b 0.0.0.0/0=igw-x
acl acl-b vpc-b
in acl-b 40000 allow all 0.0.0.0/0
peer pcx-ab vpc-a vpc-a
)";

std::vector<std::string> IdsOf(const std::string& vpc) {
  Network network;
  BOOST_REQUIRE(IsOk(ApplyNetworkText(kSound, network)));
  BOOST_REQUIRE(IsOk(ApplyNetworkText(kFaults, network)));
  std::vector<std::string> ids;
  for (const NetworkFinding& finding : CheckVpc(network, vpc)) {
    if (ids.empty() || ids.back() != finding.id) ids.push_back(finding.id);
  }
  return ids;
}

BOOST_AUTO_TEST_CASE(one_vpc_has_the_findings_of_what_is_in_it) {
  BOOST_TEST(IdsOf("vpc-b") == (std::vector<std::string>{"rtb-b", "nat-b", "acl-b", "sg-b", "eni-b"}),
             boost::test_tools::per_element());
  const std::vector<std::string> first = IdsOf("vpc-a");
  BOOST_REQUIRE(!first.empty());
  BOOST_TEST(first.front() == "subnet-2");
  BOOST_TEST(first.back() == "pcx-ab");
  BOOST_TEST(IdsOf("vpc-x").empty());
}

}  // namespace
}  // namespace nubo::vpc
