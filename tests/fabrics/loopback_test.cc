#include "nubo/fabrics/loopback.h"

#include <boost/test/unit_test.hpp>

#include "nubo/testing/status_matchers.h"

namespace nubo::fabrics {
namespace {

using ::nubo::testing::StatusIs;

net::Prefix Block(absl::string_view text) { return *net::Prefix::Parse(text); }
net::IpAddress Ip(absl::string_view text) { return *net::IpAddress::Parse(text); }

BOOST_AUTO_TEST_CASE(addresses_map_one_to_one) {
  const LoopbackMap map(Block("10.0.0.0/16"), Block("127.44.0.0/16"));
  BOOST_TEST(map.ToLoopback(Ip("10.0.1.5"))->ToString() == "127.44.1.5");
  BOOST_TEST(map.ToPrivate(Ip("127.44.1.5"))->ToString() == "10.0.1.5");
  BOOST_TEST(StatusIs(map.ToLoopback(Ip("10.1.0.1")), absl::StatusCode::kInvalidArgument, "10.1.0.1"));
}

BOOST_AUTO_TEST_CASE(blocks_in_use_are_passed_over) {
  BOOST_TEST(ChooseLoopbackBlock(16, 44, {}, {})->ToString() == "127.44.0.0/16");
  BOOST_TEST(ChooseLoopbackBlock(16, 44, {Block("127.44.3.0/24")}, {Ip("127.45.9.9")})->ToString() == "127.46.0.0/16");
  BOOST_TEST(ChooseLoopbackBlock(16, 0, {}, {})->ToString() == "127.1.0.0/16");
  BOOST_TEST(ChooseLoopbackBlock(16, 255, {Block("127.255.0.0/16")}, {})->ToString() == "127.1.0.0/16");
  BOOST_TEST(StatusIs(ChooseLoopbackBlock(16, 3, {Block("127.0.0.0/8")}, {}), absl::StatusCode::kResourceExhausted));
}

BOOST_AUTO_TEST_CASE(reads_the_kernels_socket_tables) {
  const auto busy = ParseProcNet(
      "  sl  local_address rem_address   st\n"
      "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000\n"
      "   1: 05012C7F:0050 00000000:0000 0A 00000000:00000000\n"
      "   2: 0100000A:0050 00000000:0000 0A 00000000:00000000\n"
      "garbage\n");
  BOOST_TEST(busy.size() == 2u);
  BOOST_TEST(busy.count(Ip("127.44.1.5")) == 1u);
}

}  // namespace
}  // namespace nubo::fabrics
