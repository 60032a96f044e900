#include "nubo/network_holder/config.h"

#include <boost/test/unit_test.hpp>

#include "nubo/network/v1/network.pb.h"
#include "nubo/testing/status_matchers.h"
#include "nubo/vpc/network.h"
#include "tests/vpc/network_text.h"

namespace nubo::network_holder {
namespace {

using testing::IsOk;
using testing::StatusIs;

constexpr char kEverything[] = R"(
vpc vpc-a 10.0.0.0/16 2001:db8:a::/56 main=rtb-a nodns
vpc vpc-b 10.1.0.0/16 main=rtb-b
subnet sub-1 vpc-a 10.0.1.0/24 2001:db8:a:1::/64 rtb=rtb-1 acl=acl-1
rtb rtb-a vpc-a
rtb rtb-b vpc-b
rtb rtb-1 vpc-a 0.0.0.0/0=igw-a pl-1=vpce-1 10.1.0.0/16=pcx-1
igw igw-a vpc-a
eigw eigw-a vpc-a
nat nat-1 sub-1 10.0.1.9 52.0.0.9
acl acl-1 vpc-a
in acl-1 100 allow tcp 80 0.0.0.0/0
out acl-1 200 deny icmp 8 0.0.0.0/0
sg sg-1 vpc-a web
in sg-1 tcp 80-90 0.0.0.0/0
in sg-1 all sg-1
out sg-1 udp 53 pl-1
list pl-1 52.216.0.0/15
eni eni-1 sub-1 10.0.1.5=52.0.0.5 2001:db8:a:1::5 sg=sg-1 nocheck
eni eni-2 sub-1 10.0.1.6 detached
peer pcx-1 vpc-a vpc-b pending
endpoint vpce-1 vpc-a s3 52.216.0.0/15
)";

BOOST_AUTO_TEST_SUITE(network_config)

BOOST_AUTO_TEST_CASE(nothing_is_lost_on_the_way) {
  vpc::Network network;
  BOOST_REQUIRE(IsOk(vpc::ApplyNetworkText(kEverything, network)));
  const nubo::network::v1::Network told = ToProto(network);
  // Every kind of thing is among them, so that one that is left out shows.
  for (int i = 0; i < told.GetDescriptor()->field_count(); ++i) {
    const auto* field = told.GetDescriptor()->field(i);
    BOOST_TEST(told.GetReflection()->FieldSize(told, field) > 0, field->name());
  }
  const auto read = FromProto(told);
  BOOST_REQUIRE(IsOk(read));
  BOOST_TEST(ToProto(*read).SerializeAsString() == told.SerializeAsString());
  const vpc::NetworkInterface& one = read->interfaces.at("eni-1");
  BOOST_TEST(one.addresses.size() == 2u);
  BOOST_TEST(one.addresses[0].public_address->ToString() == "52.0.0.5");
  BOOST_TEST(!one.addresses[1].public_address.has_value());
  BOOST_TEST(!one.source_dest_check);
  BOOST_TEST(one.attached_to == "i-1");
  BOOST_TEST(read->interfaces.at("eni-2").attached_to == "");
  BOOST_TEST(!read->peerings.at("pcx-1").active);
  BOOST_TEST(!read->vpcs.at("vpc-a").dns_support);
  BOOST_TEST(read->security_groups.at("sg-1").ingress[1].group_id == "sg-1");
  BOOST_TEST(read->security_groups.at("sg-1").egress[0].prefix_list_id == "pl-1");
}

BOOST_AUTO_TEST_CASE(what_is_no_network_is_refused_by_name) {
  nubo::network::v1::Network told;
  told.add_vpcs()->set_id("vpc-1");
  told.mutable_vpcs(0)->add_blocks("10.0.0.0/99");
  BOOST_TEST(StatusIs(FromProto(told), absl::StatusCode::kInvalidArgument, "vpc-1: "));
  told.mutable_vpcs(0)->set_blocks(0, "10.0.0.0/16");
  BOOST_TEST(IsOk(FromProto(told)));
  told.add_interfaces();
  BOOST_TEST(StatusIs(FromProto(told), absl::StatusCode::kInvalidArgument, "a thing without an id"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::network_holder
