#include "nubo/region/network/ipam.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/region/network/operations.h"
#include "nubo/region/network/plain_records.h"
#include "nubo/region/reach/address_spaces.h"
#include "nubo/testing/status_matchers.h"
#include "tests/region/world.h"

namespace nubo::region {
namespace {

using absl::StatusCode;
using testing::IsOk;
using testing::StatusIs;

struct Ipam : World {
  Ipam()
      : ipam(*CreateIpam(context, {})),
        scope(DefaultScopesOf(context.model, ipam).first),
        pool(*CreateIpamPool(
            context, {},
            {.ipam_scope_id = scope,
             .rules = {.min_netmask_length = 16, .max_netmask_length = 28, .default_netmask_length = 20}})),
        cidr(*ProvisionIpamPoolCidr(context, {}, pool, {.cidr = "10.0.0.0/14"})) {}

  absl::StatusOr<std::string> Allocate(const BlockRequest& request) {
    return AllocateIpamPoolCidr(context, {}, pool, request);
  }
  std::string BlockOfId(const std::string& id) { return Attribute(*context.model.plain.Find(id), "Cidr"); }

  const std::string ipam, scope, pool, cidr;
};

BOOST_FIXTURE_TEST_SUITE(pools, Ipam)

BOOST_AUTO_TEST_CASE(blocks_are_given_by_length_by_block_and_by_default) {
  const auto by_default = Allocate({});
  BOOST_REQUIRE(IsOk(by_default));
  BOOST_TEST(BlockOfId(*by_default) == "10.0.0.0/20");
  BOOST_TEST(absl::StartsWith(*by_default, absl::StrCat(pool, "|ipam-pool-alloc-")));
  BOOST_TEST(absl::EndsWith(*by_default, "|10.0.0.0/20"));
  BOOST_TEST(BlockOfId(*Allocate({.netmask_length = 24})) == "10.0.16.0/24");
  BOOST_TEST(BlockOfId(*Allocate({.cidr = "10.1.0.0/16"})) == "10.1.0.0/16");
  ReleaseIpamPoolAllocation(context, *by_default);
  BOOST_TEST(BlockOfId(*Allocate({})) == "10.0.0.0/20");
}

BOOST_AUTO_TEST_CASE(rules_are_kept) {
  BOOST_TEST(StatusIs(Allocate({.netmask_length = 15}), StatusCode::kInvalidArgument, "gives blocks of /16 to /28"));
  BOOST_TEST(StatusIs(Allocate({.cidr = "10.0.0.0/29"}), StatusCode::kInvalidArgument, "not /29"));
  BOOST_TEST(StatusIs(Allocate({.cidr = "10.9.0.0/16"}), StatusCode::kInvalidArgument, "in no block of the pool"));
  BOOST_REQUIRE(IsOk(Allocate({.cidr = "10.1.0.0/16"})));
  BOOST_TEST(StatusIs(Allocate({.cidr = "10.1.1.0/24"}), StatusCode::kAlreadyExists, "is taken"));
  BOOST_TEST(StatusIs(Allocate({.cidr = "10.2.0.0/16", .netmask_length = 16}), StatusCode::kInvalidArgument,
                      "give one of them"));
  BOOST_REQUIRE(IsOk(ModifyIpamPool(context, pool, {})));
  BOOST_TEST(StatusIs(Allocate({}), StatusCode::kInvalidArgument, "no default netmask length"));
  BOOST_TEST(StatusIs(ModifyIpamPool(context, pool, {.min_netmask_length = 24, .max_netmask_length = 20}),
                      StatusCode::kInvalidArgument, "minimum <= default <= maximum"));
}

BOOST_AUTO_TEST_CASE(exhaustion_names_the_pool_what_was_asked_for_and_the_largest_free_block) {
  for (int i = 0; i < 3; ++i) BOOST_REQUIRE(IsOk(Allocate({.netmask_length = 16})));
  BOOST_REQUIRE(IsOk(Allocate({.netmask_length = 20})));
  const auto none = Allocate({.netmask_length = 16});
  BOOST_TEST(StatusIs(none, StatusCode::kResourceExhausted, pool));
  BOOST_TEST(absl::StrContains(none.status().message(), "(10.0.0.0/14): /16 was asked for"), none.status().message());
  BOOST_TEST(absl::StrContains(none.status().message(), "its largest free block is /17"), none.status().message());
}

BOOST_AUTO_TEST_CASE(a_pool_out_of_a_pool_has_its_source_s_blocks) {
  const auto inner = CreateIpamPool(context, {}, {.ipam_scope_id = scope, .source_ipam_pool_id = pool});
  BOOST_REQUIRE(IsOk(inner));
  const auto inner_cidr = ProvisionIpamPoolCidr(context, {}, *inner, {.netmask_length = 24});
  BOOST_REQUIRE(IsOk(inner_cidr));
  BOOST_TEST(BlockOfId(*inner_cidr) == "10.0.0.0/24");
  BOOST_TEST(StatusIs(Allocate({.cidr = "10.0.0.0/24"}), StatusCode::kAlreadyExists, "is taken"));
  BOOST_TEST(StatusIs(DeprovisionIpamPoolCidr(context, cidr), StatusCode::kFailedPrecondition, "is allocated"));
  BOOST_REQUIRE(IsOk(DeprovisionIpamPoolCidr(context, *inner_cidr)));
  BOOST_TEST(IsOk(Allocate({.cidr = "10.0.0.0/24"})));
}

BOOST_AUTO_TEST_CASE(top_pools_of_a_scope_do_not_overlap) {
  const std::string other = *CreateIpamPool(context, {}, {.ipam_scope_id = scope});
  BOOST_TEST(StatusIs(ProvisionIpamPoolCidr(context, {}, other, {.cidr = "10.1.0.0/16"}), StatusCode::kInvalidArgument,
                      "overlaps 10.0.0.0/14"));
  BOOST_TEST(StatusIs(ProvisionIpamPoolCidr(context, {}, other, {.netmask_length = 16}), StatusCode::kInvalidArgument,
                      "has no source"));
  const std::string apart = *CreateIpamScope(context, {}, ipam);
  const std::string elsewhere = *CreateIpamPool(context, {}, {.ipam_scope_id = apart});
  BOOST_TEST(IsOk(ProvisionIpamPoolCidr(context, {}, elsewhere, {.cidr = "10.1.0.0/16"})));
  BOOST_TEST(StatusIs(CreateIpamPool(context, {}, {.ipam_scope_id = apart, .source_ipam_pool_id = pool}),
                      StatusCode::kInvalidArgument, "IpamScopeId"));
}

BOOST_AUTO_TEST_CASE(a_vpc_has_its_block_until_it_goes) {
  const auto vpc = CreateVpc(context, {}, {.ipv4_ipam_pool_id = pool, .ipv4_netmask_length = 24});
  BOOST_REQUIRE(IsOk(vpc));
  BOOST_TEST(context.model.vpcs.Find(*vpc)->cidr() == "10.0.0.0/24");
  BOOST_TEST(StatusIs(Allocate({.cidr = "10.0.0.0/24"}), StatusCode::kAlreadyExists, "is taken"));
  BOOST_TEST(StatusIs(DeleteIpamPool(context, pool), StatusCode::kFailedPrecondition, "has dependencies"));
  const std::vector<AddressSpace> spaces = AddressSpaces(context, pool);
  BOOST_REQUIRE_EQUAL(spaces.size(), 1u);
  BOOST_TEST(spaces[0].pool.OwnedBy(*vpc).size() == 1u);
  BOOST_REQUIRE(IsOk(DeleteVpc(context, *vpc)));
  BOOST_TEST(IsOk(Allocate({.cidr = "10.0.0.0/24"})));
}

BOOST_AUTO_TEST_CASE(a_vpc_that_cannot_be_made_leaves_nothing_allocated) {
  BOOST_REQUIRE(IsOk(ModifyIpamPool(context, pool, {})));
  BOOST_TEST(!CreateVpc(context, {}, {.ipv4_ipam_pool_id = pool, .ipv4_netmask_length = 14}).ok());
  BOOST_TEST(BlocksOfIpamPool(context.model, pool)[0].allocated() == 0u);
}

BOOST_AUTO_TEST_CASE(what_has_parts_stays) {
  BOOST_TEST(StatusIs(DeleteIpam(context, ipam), StatusCode::kFailedPrecondition, "has dependencies"));
  BOOST_TEST(StatusIs(DeleteIpamScope(context, scope), StatusCode::kFailedPrecondition, "has dependencies"));
  BOOST_REQUIRE(IsOk(DeleteIpamPool(context, pool)));
  BOOST_REQUIRE(IsOk(DeleteIpam(context, ipam)));
  BOOST_TEST((context.model.plain.begin() == context.model.plain.end()));
}

BOOST_AUTO_TEST_SUITE_END()

constexpr char kTemplate[] = R"(
Resources:
  Ipam: {Type: AWS::EC2::IPAM, Properties: {OperatingRegions: [{RegionName: us-east-1}]}}
  Top:
    Type: AWS::EC2::IPAMPool
    Properties:
      AddressFamily: ipv4
      IpamScopeId: !GetAtt Ipam.PrivateDefaultScopeId
      ProvisionedCidrs: [{Cidr: 10.0.0.0/8}]
  Team:
    Type: AWS::EC2::IPAMPool
    Properties:
      AddressFamily: ipv4
      IpamScopeId: !GetAtt Ipam.PrivateDefaultScopeId
      SourceIpamPoolId: !Ref Top
      AllocationDefaultNetmaskLength: 20
  TeamBlock:
    Type: AWS::EC2::IPAMPoolCidr
    Properties: {IpamPoolId: !Ref Team, NetmaskLength: 16}
  Vpc:
    Type: AWS::EC2::VPC
    Properties: {Ipv4IpamPoolId: !Ref Team, Ipv4NetmaskLength: 24}
  Subnet:
    Type: AWS::EC2::Subnet
    Properties: {VpcId: !Ref Vpc, CidrBlock: !Select [0, !Cidr [!GetAtt Vpc.CidrBlock, 2, 7]]}
  Office:
    Type: AWS::EC2::IPAMAllocation
    Properties: {IpamPoolId: !Ref Team}
Outputs:
  Office: {Value: !Ref Office}
  Depth: {Value: !GetAtt Team.PoolDepth}
)";

BOOST_FIXTURE_TEST_CASE(a_stack_has_pools_and_a_vpc_out_of_them, World) {
  BOOST_REQUIRE(IsOk(Create(kTemplate)));
  Settle();
  BOOST_REQUIRE_MESSAGE(StackStatus() == "CREATE_COMPLETE", Failure());
  const v1::VpcState& vpc = context.model.vpcs.begin()->second;
  BOOST_TEST(absl::StartsWith(vpc.cidr(), "10.0."));
  BOOST_TEST(absl::EndsWith(vpc.cidr(), "/24"));
  BOOST_TEST(absl::EndsWith(context.model.subnets.begin()->second.cidr(), "/25"));
  BOOST_REQUIRE(IsOk(DeleteStack(context, "shop", true)));
  Settle();
  BOOST_TEST((context.model.vpcs.begin() == context.model.vpcs.end()));
  BOOST_TEST((context.model.plain.begin() == context.model.plain.end()));
}

}  // namespace
}  // namespace nubo::region
