// [test]
#include "examples/lb_example/nearest.h"

#include <boost/test/unit_test.hpp>
#include <random>

#include "nubo/lb/load.h"
#include "nubo/testing/status_matchers.h"

namespace lb = nubo::lb;

std::shared_ptr<const lb::Endpoint> InZone(const char* id, const char* address, const char* zone) {
  return std::make_shared<lb::Endpoint>(lb::Endpoint{.id = id,
                                                     .address = *nubo::net::SocketAddress::Parse(address),
                                                     .zone = zone,
                                                     .load = std::make_shared<lb::Load>()});
}

BOOST_AUTO_TEST_CASE(stays_in_its_zone_while_there_is_an_endpoint) {
  std::mt19937_64 rng(1);
  auto picker = *Nearest("a").Build({InZone("1", "127.0.0.1:1", "a"), InZone("2", "127.0.0.1:2", "b")});
  for (int i = 0; i < 100; ++i) BOOST_TEST(picker->Pick({}, rng).endpoint()->zone == "a");
}

BOOST_AUTO_TEST_CASE(leaves_its_zone_when_nothing_is_there) {
  std::mt19937_64 rng(1);
  auto picker = *Nearest("c").Build({InZone("1", "127.0.0.1:1", "a")});
  BOOST_TEST(picker->Pick({}, rng).endpoint()->id == "1");
}

BOOST_AUTO_TEST_CASE(refuses_an_empty_set) {
  BOOST_TEST(nubo::testing::StatusIs(Nearest("a").Build({}).status(), absl::StatusCode::kInvalidArgument));
}
// [/test]
