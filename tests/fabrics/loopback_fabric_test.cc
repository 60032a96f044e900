#include "nubo/fabrics/loopback_fabric.h"

#include <boost/test/unit_test.hpp>
#include <set>

#include "nubo/testing/status_matchers.h"

namespace nubo::fabrics {
namespace {

using testing::IsOk;
using testing::StatusIs;

net::Prefix Block(absl::string_view text) { return *net::Prefix::Parse(text); }
net::IpAddress Ip(absl::string_view text) { return *net::IpAddress::Parse(text); }

BOOST_AUTO_TEST_SUITE(loopback_fabric)

BOOST_AUTO_TEST_CASE(each_vpc_has_a_place_of_its_own) {
  LoopbackFabric fabric({.hint = 44});
  const auto first = fabric.PlaceVpc(Block("10.0.0.0/16"), {});
  BOOST_REQUIRE(IsOk(first));
  const auto second = fabric.PlaceVpc(Block("10.0.0.0/16"), {*first});
  BOOST_REQUIRE(IsOk(second));
  BOOST_TEST(!first->Overlaps(*second));
  BOOST_TEST(fabric.HostAddress({Block("10.0.0.0/16"), *first}, Ip("10.0.1.5"))->ToString() == "127.44.1.5");
  BOOST_TEST(
      StatusIs(fabric.HostAddress({Block("10.0.0.0/16"), *first}, Ip("10.1.0.1")), absl::StatusCode::kInvalidArgument));
}

BOOST_AUTO_TEST_CASE(where_somebody_listens_is_the_last_resort) {
  const std::set<net::IpAddress> busy = {Ip("127.44.9.9")};
  LoopbackFabric fabric({.hint = 44, .busy = [&] { return busy; }});
  BOOST_TEST(fabric.PlaceVpc(Block("10.0.0.0/16"), {})->ToString() == "127.45.0.0/16");
  // Somebody is everywhere: what is wanted of a block may be free all the same.
  std::set<net::IpAddress> everywhere;
  for (int i = 0; i < 256; ++i) everywhere.insert(net::IpAddress::V4((127u << 24) | (static_cast<uint32_t>(i) << 16)));
  LoopbackFabric crowded({.hint = 44, .busy = [&] { return everywhere; }});
  BOOST_TEST(crowded.PlaceVpc(Block("10.0.0.0/16"), {})->ToString() == "127.44.0.0/16");
}

BOOST_AUTO_TEST_CASE(none_is_left) {
  LoopbackFabric fabric({});
  BOOST_TEST(
      StatusIs(fabric.PlaceVpc(Block("10.0.0.0/16"), {Block("127.0.0.0/8")}), absl::StatusCode::kResourceExhausted));
}

BOOST_AUTO_TEST_CASE(what_it_does_not_do_it_says) {
  const LoopbackFabric fabric({});
  for (const Feature feature : {Feature::kSecurityGroups, Feature::kRoutes, Feature::kNetworkAcls, Feature::kNat,
                                Feature::kPeering, Feature::kIpv6, Feature::kEndpoints, Feature::kFlowLogs,
                                Feature::kInterfaces, Feature::kVpcNames, Feature::kMetadata}) {
    BOOST_TEST(!fabric.WhyNotEnforced(feature).empty());
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::fabrics
