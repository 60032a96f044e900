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

}  // namespace
}  // namespace nubo::vpc
