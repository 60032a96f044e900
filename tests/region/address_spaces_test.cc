#include "nubo/region/reach/address_spaces.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "absl/strings/match.h"
#include "nubo/region/network/address_blocks.h"
#include "nubo/region/network/elastic_addresses.h"
#include "nubo/testing/status_matchers.h"
#include "tests/region/world.h"

namespace nubo::region {
namespace {

using absl::StatusCode;
using testing::IsOk;
using testing::StatusIs;

struct Spaces : Shop {
  Spaces() : vpc(context.model.vpcs.begin()->first) {}
  absl::StatusOr<vpc::v1::DescribeAddressSpacesResponse> Ask(const std::string& id) {
    vpc::v1::DescribeAddressSpacesRequest request;
    request.set_id(id);
    request.set_tree(true);
    request.set_picture(true);
    vpc::v1::DescribeAddressSpacesResponse response;
    NUBO_RETURN_IF_ERROR(Describe(context, request, response));
    return response;
  }
  const std::string vpc;
};

BOOST_FIXTURE_TEST_SUITE(address_spaces, Spaces)

BOOST_AUTO_TEST_CASE(a_vpc_has_its_subnets_and_who_is_in_them) {
  const std::vector<AddressSpace> spaces = AddressSpaces(context, vpc);
  BOOST_REQUIRE_EQUAL(spaces.size(), 1u);
  BOOST_TEST(spaces[0].name == "shop/Vpc");
  const vpc::CidrPool& pool = spaces[0].pool;
  BOOST_TEST(pool.block().ToString() == "10.0.0.0/16");
  BOOST_TEST(pool.allocated() == 2u);
  const std::string instance = Alive()[0];
  const auto address = *net::IpAddress::Parse(context.model.instances.Find(instance)->private_ip());
  const auto subnet = pool.Find(address);
  BOOST_REQUIRE(subnet.has_value());
  BOOST_REQUIRE(subnet->pool != nullptr);
  BOOST_TEST(absl::StartsWith(subnet->details->tags.at("name"), "shop/Subnet"));
  BOOST_TEST(absl::StartsWith(subnet->pool->Find(address)->details->owner, instance));
  // Five of AWS's, a node of the balancer and an instance.
  BOOST_TEST(subnet->details->tags.at("free") == "249");
}

BOOST_AUTO_TEST_CASE(further_blocks_are_spaces_of_their_own) {
  BOOST_REQUIRE(IsOk(AssociateVpcCidrBlock(context, {}, {.vpc_id = vpc, .amazon_provided_ipv6 = true})));
  BOOST_REQUIRE(IsOk(AssociateVpcCidrBlock(context, {}, {.vpc_id = vpc, .cidr_block = "10.1.0.0/16"})));
  const auto answer = Ask("shop/Vpc");
  BOOST_REQUIRE(IsOk(answer));
  BOOST_REQUIRE_EQUAL(answer->spaces_size(), 3);
  BOOST_TEST(answer->spaces(0).size() == "65536");
  BOOST_TEST(answer->spaces(0).allocated() == "512");
  BOOST_TEST(answer->spaces(0).largest_free_block() == "/17");
  BOOST_TEST(answer->spaces(1).allocated() == "0");
  BOOST_TEST(answer->spaces(2).size() == "4722366482869645213696");
}

BOOST_AUTO_TEST_CASE(elastic_addresses_are_a_space_once_there_are_any) {
  BOOST_TEST(Ask("")->spaces_size() == 1);
  const std::string allocation = *AllocateAddress(context, {});
  BOOST_REQUIRE(IsOk(AssociateAddress(context, {.allocation_id = allocation, .instance_id = Alive()[0]})));
  const auto answer = Ask("");
  BOOST_REQUIRE(IsOk(answer));
  BOOST_REQUIRE_EQUAL(answer->spaces_size(), 2);
  const vpc::v1::AddressSpace& space = answer->spaces(1);
  BOOST_TEST(space.id() == "elastic-addresses");
  // The first and the last are kept.
  BOOST_REQUIRE_EQUAL(space.blocks_size(), 3);
  BOOST_TEST(space.blocks(1).owner() == allocation);
  BOOST_TEST(space.blocks(1).tags().at("of") == Alive()[0]);
}

BOOST_AUTO_TEST_CASE(it_is_drawn) {
  const auto answer = Ask(vpc);
  BOOST_REQUIRE(IsOk(answer));
  BOOST_TEST(absl::StrContains(answer->spaces(0).tree(), "name=shop/SubnetA"), answer->spaces(0).tree());
  BOOST_TEST(absl::StrContains(answer->spaces(0).tree(), "free\n"), answer->spaces(0).tree());
  BOOST_TEST(absl::StrContains(answer->spaces(0).picture(), "<svg"));
}

BOOST_AUTO_TEST_CASE(what_is_no_vpc_has_none) {
  BOOST_TEST(StatusIs(Ask("nobody"), StatusCode::kNotFound, "nothing here is called nobody"));
  BOOST_TEST(StatusIs(Ask("shop/SubnetA"), StatusCode::kNotFound, "shop/SubnetA is no VPC and no IPAM pool"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::region
