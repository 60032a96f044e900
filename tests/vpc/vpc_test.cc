#include <boost/test/unit_test.hpp>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/testing/status_matchers.h"
#include "nubo/vpc/cidr_pool.h"
#include "nubo/vpc/subnet_addresses.h"
#include "nubo/vpc/validate.h"

namespace nubo::vpc {
namespace {

using absl::StatusCode;
using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

net::Prefix Block(absl::string_view text) { return *net::Prefix::Parse(text); }

BOOST_AUTO_TEST_CASE(allocates_the_lowest_of_the_smallest_that_fits) {
  CidrPool pool(Block("10.0.0.0/16"));
  BOOST_TEST(pool.Allocate(24)->ToString() == "10.0.0.0/24");
  BOOST_TEST(pool.Allocate(20)->ToString() == "10.0.16.0/20");
  // The hole beside the first /24 fits better than untouched space.
  BOOST_TEST(pool.Allocate(24)->ToString() == "10.0.1.0/24");
  BOOST_TEST(pool.Allocate(17)->ToString() == "10.0.128.0/17");
  BOOST_TEST(StatusIs(pool.Allocate(17), StatusCode::kResourceExhausted, "no free /17"));
  BOOST_TEST(StatusIs(pool.Allocate(15), StatusCode::kInvalidArgument, "/15"));
}

BOOST_AUTO_TEST_CASE(freed_buddies_merge_to_the_whole) {
  CidrPool pool(Block("10.0.0.0/24"));
  std::vector<net::Prefix> taken;
  for (int i = 0; i < 256; ++i) taken.push_back(*pool.Allocate(32));
  BOOST_TEST(StatusIs(pool.Allocate(32), StatusCode::kResourceExhausted));
  for (const net::Prefix& block : taken) BOOST_TEST(IsOk(pool.Free(block)));
  BOOST_TEST(pool.Allocate(24)->ToString() == "10.0.0.0/24");
  BOOST_TEST(StatusIs(pool.Free(Block("10.0.0.0/25")), StatusCode::kNotFound));
}

BOOST_AUTO_TEST_CASE(an_exact_block_is_taken_once) {
  CidrPool pool(Block("127.0.0.0/8"));
  BOOST_TEST(IsOk(pool.AllocateExact(Block("127.44.0.0/16"))));
  BOOST_TEST(StatusIs(pool.AllocateExact(Block("127.44.1.0/24")), StatusCode::kAlreadyExists));
  BOOST_TEST(StatusIs(pool.AllocateExact(Block("127.0.0.0/8")), StatusCode::kAlreadyExists));
  BOOST_TEST(StatusIs(pool.AllocateExact(Block("10.0.0.0/24")), StatusCode::kInvalidArgument, "not within"));
  BOOST_TEST(pool.IsFree(Block("127.45.0.0/16")));
  BOOST_TEST(!pool.IsFree(Block("127.44.7.0/24")));
}

BOOST_AUTO_TEST_CASE(ipv6_blocks_work_alike) {
  CidrPool pool(Block("2001:db8::/56"));
  BOOST_TEST(pool.Allocate(64)->ToString() == "2001:db8::/64");
  BOOST_TEST(pool.Allocate(64)->ToString() == "2001:db8:0:1::/64");
  BOOST_TEST(pool.Allocate(128)->ToString() == "2001:db8:0:2::/128");
}

BOOST_AUTO_TEST_CASE(random_histories_never_overlap_and_come_back_whole) {
  std::mt19937 rng(7);
  CidrPool pool(Block("10.0.0.0/16"));
  std::vector<net::Prefix> live;
  for (int step = 0; step < 4000; ++step) {
    if (live.empty() || rng() % 3 != 0) {
      const auto block = pool.Allocate(18 + static_cast<int>(rng() % 12));
      if (!block.ok()) continue;
      for (const net::Prefix& other : live) BOOST_REQUIRE(!other.Overlaps(*block));
      live.push_back(*block);
    } else {
      std::swap(live[rng() % live.size()], live.back());
      BOOST_REQUIRE(IsOk(pool.Free(live.back())));
      live.pop_back();
    }
  }
  for (const net::Prefix& block : live) BOOST_REQUIRE(IsOk(pool.Free(block)));
  BOOST_TEST(IsOk(pool.Allocate(16)));
}

BOOST_AUTO_TEST_CASE(a_subnet_keeps_five_addresses) {
  SubnetAddresses addresses(Block("10.0.1.0/28"));
  BOOST_TEST(addresses.available() == 11);
  BOOST_TEST(addresses.Allocate()->ToString() == "10.0.1.4");
  BOOST_TEST(addresses.Allocate()->ToString() == "10.0.1.5");
  BOOST_TEST(IsOk(addresses.Release(*net::IpAddress::Parse("10.0.1.4"))));
  BOOST_TEST(addresses.Allocate()->ToString() == "10.0.1.4");
  for (int i = 0; i < 9; ++i) BOOST_TEST(IsOk(addresses.Allocate()));
  const auto full = addresses.Allocate();
  BOOST_TEST(StatusIs(full, StatusCode::kResourceExhausted, "10.0.1.0/28"));
  BOOST_TEST(base::ErrorCode(full.status()) == "InsufficientFreeAddressesInSubnet");
}

BOOST_AUTO_TEST_CASE(reserved_foreign_and_taken_addresses_are_refused) {
  SubnetAddresses addresses(Block("10.0.1.0/24"));
  for (const char* text : {"10.0.1.0", "10.0.1.1", "10.0.1.2", "10.0.1.3", "10.0.1.255", "10.0.2.7"}) {
    BOOST_TEST(StatusIs(addresses.AllocateExact(*net::IpAddress::Parse(text)), StatusCode::kInvalidArgument, text));
  }
  BOOST_TEST(IsOk(addresses.AllocateExact(*net::IpAddress::Parse("10.0.1.10"))));
  BOOST_TEST(StatusIs(addresses.AllocateExact(*net::IpAddress::Parse("10.0.1.10")), StatusCode::kAlreadyExists));
}

BOOST_AUTO_TEST_CASE(addresses_taken_and_released_at_random_are_as_a_plain_list_has_them) {
  std::mt19937 rng(11);
  SubnetAddresses addresses(Block("10.0.1.0/26"));
  std::set<net::IpAddress> taken;
  const int all = addresses.available();
  BOOST_TEST(all == 64 - SubnetAddresses::kReserved);
  for (int step = 0; step < 20000; ++step) {
    const net::IpAddress any = net::IpAddress::V4(Block("10.0.1.0/26").first().v4() + rng() % 64);
    switch (rng() % 3) {
      case 0: {
        uint32_t lowest = Block("10.0.1.0/26").first().v4() + 4;
        while (taken.count(net::IpAddress::V4(lowest)) > 0) ++lowest;
        const auto given = addresses.Allocate();
        BOOST_REQUIRE(given.ok() == (static_cast<int>(taken.size()) < all));
        if (given.ok()) BOOST_REQUIRE((*given == net::IpAddress::V4(lowest)));
        if (given.ok()) taken.insert(*given);
        break;
      }
      case 1: {
        const bool free = !addresses.IsReserved(any) && taken.count(any) == 0;
        BOOST_REQUIRE(addresses.AllocateExact(any).ok() == free);
        if (free) taken.insert(any);
        break;
      }
      default:
        BOOST_REQUIRE(addresses.Release(any).ok() == (taken.erase(any) > 0));
    }
    BOOST_REQUIRE(addresses.available() == all - static_cast<int>(taken.size()));
  }
}

BOOST_AUTO_TEST_CASE(the_largest_subnet_can_be_filled) {
  SubnetAddresses addresses(Block("10.0.0.0/16"));
  for (int i = 0; i < 65531; ++i) BOOST_REQUIRE(addresses.Allocate().ok());
  BOOST_TEST(addresses.available() == 0);
  BOOST_TEST(StatusIs(addresses.Allocate(), StatusCode::kResourceExhausted));
  BOOST_TEST(StatusIs(addresses.Release(*net::IpAddress::Parse("10.0.0.1")), StatusCode::kNotFound));
  BOOST_TEST(IsOk(addresses.Release(*net::IpAddress::Parse("10.0.255.254"))));
  BOOST_TEST(addresses.Allocate()->ToString() == "10.0.255.254");
}

BOOST_AUTO_TEST_CASE(blocks_have_awss_lengths) {
  const net::Prefix vpc = Block("10.0.0.0/16");
  for (int length = 0; length <= 32; ++length) {
    const std::string text = absl::StrCat("10.0.0.0/", length);
    const bool good = length >= 16 && length <= 28;
    BOOST_TEST_INFO(text);
    BOOST_TEST(ParseVpcBlock(text).ok() == good);
    BOOST_TEST(ParseSubnetBlock(text, vpc, {}).ok() == good);
  }
  for (const char* text : {"", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0/16", "fd00::/64", "10.0.0.0/16/16"}) {
    BOOST_TEST(base::ErrorCode(ParseVpcBlock(text).status()) == "InvalidParameterValue");
    BOOST_TEST(base::ErrorCode(ParseSubnetBlock(text, vpc, {}).status()) == "InvalidParameterValue");
  }
}

BOOST_AUTO_TEST_CASE(blocks_are_checked_as_aws_checks_them) {
  BOOST_TEST(ParseVpcBlock("100.68.0.18/18")->ToString() == "100.68.0.0/18");
  BOOST_TEST(base::ErrorCode(ParseVpcBlock("10.0.0.0/8").status()) == "InvalidVpc.Range");
  BOOST_TEST(base::ErrorCode(ParseVpcBlock("banana").status()) == "InvalidParameterValue");
  for (const char* reserved : {"0.0.0.0/16", "0.255.0.0/16", "127.0.0.0/16", "169.254.0.0/16", "169.254.7.0/28",
                               "224.0.0.0/16", "239.255.255.0/24"}) {
    BOOST_TEST(base::ErrorCode(ParseVpcBlock(reserved).status()) == "InvalidVpc.Range", reserved);
  }
  for (const char* around : {"1.0.0.0/16", "126.255.0.0/16", "128.0.0.0/16", "169.253.0.0/16", "223.255.0.0/16"}) {
    BOOST_TEST(IsOk(ParseVpcBlock(around)), around);
  }
  const net::Prefix vpc = Block("10.0.0.0/16");
  BOOST_TEST(base::ErrorCode(ParseSubnetBlock("10.1.0.0/24", vpc, {}).status()) == "InvalidSubnet.Range");
  const auto conflict = ParseSubnetBlock("10.0.1.128/25", vpc, {{"subnet-1", Block("10.0.1.0/24")}});
  BOOST_TEST(base::ErrorCode(conflict.status()) == "InvalidSubnet.Conflict");
  BOOST_TEST(StatusIs(conflict, StatusCode::kInvalidArgument, "overlaps 10.0.1.0/24 of subnet-1"));
}

BOOST_AUTO_TEST_CASE(a_secondary_block_is_checked_by_awss_table) {
  struct Case {
    const char* primary;
    const char* secondary;
    bool good;
  };
  const Case kCases[] = {
      {"10.2.0.0/16", "10.3.0.0/16", true},       {"10.2.0.0/16", "172.16.0.0/16", false},
      {"10.2.0.0/16", "192.168.0.0/24", false},   {"10.2.0.0/16", "198.19.0.0/24", false},
      {"10.2.0.0/16", "100.64.0.0/16", true},     {"10.2.0.0/16", "203.0.113.0/24", true},
      {"10.2.0.0/16", "198.18.0.0/24", true},     {"10.2.0.0/16", "169.254.0.0/24", false},
      {"10.2.0.0/16", "10.0.0.0/24", true},       {"10.1.0.0/16", "10.0.0.0/24", false},
      {"10.0.0.0/24", "10.0.1.0/24", false},      {"10.0.0.0/24", "10.1.0.0/24", true},
      {"172.16.0.0/16", "172.20.0.0/16", true},   {"172.16.0.0/16", "172.31.0.0/24", false},
      {"172.16.0.0/16", "10.0.0.0/16", false},    {"172.16.0.0/16", "100.64.0.0/16", true},
      {"192.168.0.0/24", "192.168.1.0/24", true}, {"192.168.0.0/24", "10.0.0.0/16", false},
      {"192.168.0.0/24", "198.19.0.0/24", false}, {"198.19.0.0/24", "198.19.1.0/24", true},
      {"198.19.0.0/24", "10.0.0.0/16", false},    {"198.19.0.0/24", "203.0.113.0/24", true},
      {"203.0.113.0/24", "100.64.0.0/16", true},  {"203.0.113.0/24", "10.0.0.0/16", false},
      {"203.0.113.0/24", "198.19.0.0/24", false}, {"100.64.0.0/16", "192.168.0.0/24", false},
      {"100.64.0.0/16", "100.65.0.0/16", true},
  };
  for (const auto& [primary, secondary, good] : kCases) {
    const auto block = ParseSecondaryBlock(secondary, {.blocks = {Block(primary)}});
    BOOST_TEST_INFO(secondary << " to " << primary);
    BOOST_TEST(block.ok() == good);
    if (!good) BOOST_TEST(base::ErrorCode(block.status()) == "InvalidVpc.Range");
  }
}

BOOST_AUTO_TEST_CASE(a_secondary_block_keeps_off_others_and_within_the_quota) {
  VpcToExtend vpc{.blocks = {Block("10.2.0.0/16"), Block("10.3.0.0/24")},
                  .route_destinations = {Block("10.0.0.0/24"), Block("0.0.0.0/0")},
                  .peers = {{"pcx-1", Block("10.7.0.0/16")}}};
  BOOST_TEST(StatusIs(ParseSecondaryBlock("10.3.0.128/25", vpc), StatusCode::kInvalidArgument,
                      "overlaps the VPC's 10.3.0.0/24"));
  BOOST_TEST(StatusIs(ParseSecondaryBlock("10.7.9.0/24", vpc), StatusCode::kInvalidArgument, "of the peer over pcx-1"));
  // AWS's own example: /24 and larger are refused, /25 and smaller are not.
  BOOST_TEST(StatusIs(ParseSecondaryBlock("10.0.0.0/24", vpc), StatusCode::kInvalidArgument, "has a route"));
  BOOST_TEST(StatusIs(ParseSecondaryBlock("10.0.0.0/16", vpc), StatusCode::kInvalidArgument, "10.0.0.0/24"));
  BOOST_TEST(IsOk(ParseSecondaryBlock("10.0.0.0/25", vpc)));
  BOOST_TEST(ParseSecondaryBlock("10.4.1.7/16", vpc)->ToString() == "10.4.0.0/16");
  BOOST_TEST(base::ErrorCode(ParseSecondaryBlock("banana", vpc).status()) == "InvalidParameterValue");
  BOOST_TEST(base::ErrorCode(ParseSecondaryBlock("10.4.0.0/15", vpc).status()) == "InvalidVpc.Range");
  vpc.peerings_requested = {"pcx-2"};
  BOOST_TEST(StatusIs(ParseSecondaryBlock("10.4.0.0/16", vpc), StatusCode::kFailedPrecondition, "pcx-2"));
  vpc.peerings_requested = {};
  vpc.blocks_max = 2;
  const auto full = ParseSecondaryBlock("10.4.0.0/16", vpc);
  BOOST_TEST(StatusIs(full, StatusCode::kResourceExhausted, "has 2 blocks"));
  BOOST_TEST(base::ErrorCode(full.status()) == "CidrLimitExceeded");
}

BOOST_AUTO_TEST_CASE(peers_do_not_overlap) {
  BOOST_TEST(IsOk(CheckPeering({Block("10.0.0.0/16"), Block("10.1.0.0/16")}, {Block("10.2.0.0/16")})));
  BOOST_TEST(
      StatusIs(CheckPeering({Block("10.0.0.0/16"), Block("10.1.0.0/16")}, {Block("10.2.0.0/16"), Block("10.1.1.0/24")}),
               StatusCode::kInvalidArgument, "10.1.0.0/16 overlaps the accepter's 10.1.1.0/24"));
}

BOOST_AUTO_TEST_CASE(ipv6_blocks_have_awss_lengths) {
  const net::Prefix vpc = Block("2001:db8::/44");
  for (int length = 40; length <= 68; ++length) {
    const std::string text = absl::StrCat("2001:db8::/", length);
    BOOST_TEST_INFO(text);
    BOOST_TEST(ParseVpcBlockV6(text).ok() == (length >= 44 && length <= 60 && length % 4 == 0));
    BOOST_TEST(ParseSubnetBlockV6(text, vpc, {}).ok() == (length >= 44 && length <= 64 && length % 4 == 0));
  }
  BOOST_TEST(base::ErrorCode(ParseVpcBlockV6("10.0.0.0/16").status()) == "InvalidParameterValue");
  BOOST_TEST(base::ErrorCode(ParseVpcBlockV6("2001:db8::/57").status()) == "InvalidVpc.Range");
  BOOST_TEST(base::ErrorCode(ParseSubnetBlockV6("2001:db9::/64", vpc, {}).status()) == "InvalidSubnet.Range");
  BOOST_TEST(
      base::ErrorCode(ParseSubnetBlockV6("2001:db8::/64", vpc, {{"subnet-1", Block("2001:db8::/60")}}).status()) ==
      "InvalidSubnet.Conflict");
}

}  // namespace
}  // namespace nubo::vpc
