#include "nubo/vpc/route_table.h"

#include <boost/test/unit_test.hpp>
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

net::Prefix Block(absl::string_view text) { return *net::Prefix::Parse(text); }

struct Fixture {
  std::string TargetOf(absl::string_view address) const {
    const Route* route = table.Lookup(*net::IpAddress::Parse(address));
    return route == nullptr ? "" : route->target;
  }
  absl::Status Add(absl::string_view destination, const std::string& target) {
    return table.Add({Block(destination), target}, subnets);
  }

  std::vector<net::Prefix> subnets = {Block("10.0.1.0/24"), Block("10.0.2.0/24")};
  RouteTable table{{Block("10.0.0.0/16"), Block("fd00::/56")}};
};

BOOST_FIXTURE_TEST_SUITE(route_table, Fixture)

BOOST_AUTO_TEST_CASE(a_new_table_knows_its_vpc_only) {
  BOOST_TEST(TargetOf("10.0.1.5") == "local");
  BOOST_TEST(TargetOf("fd00::5") == "local");
  BOOST_TEST(TargetOf("8.8.8.8") == "");
  BOOST_TEST(TargetOf("::1") == "");
}

BOOST_AUTO_TEST_CASE(the_longest_prefix_wins_in_whatever_order_they_came) {
  BOOST_TEST(IsOk(Add("0.0.0.0/0", "igw-1")));
  BOOST_TEST(IsOk(Add("172.16.0.0/12", "pcx-1")));
  BOOST_TEST(IsOk(Add("172.16.5.0/24", "nat-1")));
  BOOST_TEST(IsOk(Add("172.0.0.0/8", "vgw-1")));
  BOOST_TEST(TargetOf("8.8.8.8") == "igw-1");
  BOOST_TEST(TargetOf("172.16.5.9") == "nat-1");
  BOOST_TEST(TargetOf("172.16.6.9") == "pcx-1");
  BOOST_TEST(TargetOf("172.99.0.1") == "vgw-1");
  BOOST_TEST(TargetOf("10.0.9.9") == "local");
  BOOST_TEST(TargetOf("2001:db8::1") == "");
}

BOOST_AUTO_TEST_CASE(within_the_vpc_only_a_whole_subnet_is_routed_elsewhere) {
  BOOST_TEST(IsOk(Add("10.0.1.0/24", "eni-1")));
  BOOST_TEST(TargetOf("10.0.1.5") == "eni-1");
  BOOST_TEST(TargetOf("10.0.2.5") == "local");
  for (const char* part : {"10.0.1.0/25", "10.0.3.0/24", "10.0.1.5/32"}) {
    const absl::Status refused = Add(part, "eni-1");
    BOOST_TEST(StatusIs(refused, StatusCode::kInvalidArgument, part));
    BOOST_TEST(base::ErrorCode(refused) == "InvalidParameterValue");
  }
  // One that holds the VPC is less specific, and so never asked for its addresses.
  BOOST_TEST(IsOk(Add("10.0.0.0/8", "vgw-1")));
  BOOST_TEST(TargetOf("10.0.2.5") == "local");
  BOOST_TEST(TargetOf("10.1.0.1") == "vgw-1");
}

BOOST_AUTO_TEST_CASE(a_destination_is_routed_once) {
  BOOST_TEST(IsOk(Add("0.0.0.0/0", "igw-1")));
  BOOST_TEST(base::ErrorCode(Add("0.0.0.0/0", "nat-1")) == "RouteAlreadyExists");
  BOOST_TEST(base::ErrorCode(Add("10.0.0.0/16", "nat-1")) == "RouteAlreadyExists");
  BOOST_TEST(IsOk(table.Remove(Block("0.0.0.0/0"))));
  BOOST_TEST(IsOk(Add("0.0.0.0/0", "nat-1")));
}

BOOST_AUTO_TEST_CASE(what_is_not_there_and_what_is_local_cannot_be_removed) {
  BOOST_TEST(base::ErrorCode(table.Remove(Block("0.0.0.0/0"))) == "InvalidRoute.NotFound");
  BOOST_TEST(StatusIs(table.Remove(Block("10.0.0.0/16")), StatusCode::kInvalidArgument, "local route"));
}

BOOST_AUTO_TEST_CASE(a_table_has_at_most_fifty_routes) {
  for (size_t i = 0; i < RouteTable::kRoutesMax; ++i) BOOST_REQUIRE(IsOk(Add(absl::StrCat("11.", i, ".0.0/16"), "x")));
  const absl::Status full = Add("12.0.0.0/8", "x");
  BOOST_TEST(StatusIs(full, StatusCode::kResourceExhausted, "50"));
  BOOST_TEST(base::ErrorCode(full) == "RouteLimitExceeded");
  BOOST_TEST(table.routes().size() == RouteTable::kRoutesMax + 2);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::vpc
