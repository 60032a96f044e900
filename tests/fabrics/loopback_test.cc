#include "nubo/fabrics/loopback.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <string>

#include "nubo/testing/status_matchers.h"

namespace nubo::fabrics {
namespace {

using ::nubo::testing::IsOk;
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

BOOST_AUTO_TEST_CASE(sees_sockets_of_ipv6_that_serve_ipv4) {
  const auto busy = ParseProcNet(
      "   0: 0000000000000000FFFF000005012C7F:0050 00000000000000000000000000000000:0000 0A\n"
      "   1: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A\n"
      "   2: 00000000000000000000000005012C7F:0050 00000000000000000000000000000000:0000 0A\n");
  BOOST_TEST(busy.size() == 1u);
  BOOST_TEST(busy.count(Ip("127.44.1.5")) == 1u);
}

BOOST_AUTO_TEST_CASE(half_a_line_is_passed_over) {
  const std::string line = "   1: 05012C7F:0050 00000000:0000 0A";
  for (size_t length = 0; length + 3 < line.size(); ++length) BOOST_TEST(ParseProcNet(line.substr(0, length)).empty());
  BOOST_TEST(ParseProcNet("   1: 05012C7F 00000000:0000 0A 0").empty());
  BOOST_TEST(ParseProcNet("   1: 05012C7G:0050 00000000:0000 0A").empty());
}

BOOST_AUTO_TEST_CASE(sees_a_socket_of_this_machine) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(Ip("127.99.88.77").v4());
  BOOST_REQUIRE(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  BOOST_REQUIRE(listen(fd, 1) == 0);
  BOOST_TEST(BusyLoopbackAddresses().count(Ip("127.99.88.77")) == 1u);
  close(fd);
}

BOOST_AUTO_TEST_CASE(every_length_of_block_can_be_chosen) {
  for (int length = 9; length <= 32; ++length) {
    const auto block = ChooseLoopbackBlock(length, 0x12345678, {}, {});
    BOOST_REQUIRE(IsOk(block));
    BOOST_TEST(block->length() == length);
    BOOST_TEST(Block("127.0.0.0/8").Contains(*block));
    BOOST_TEST(!block->Overlaps(Block("127.0.0.0/16")));
  }
  // All of it is never unused.
  BOOST_TEST(StatusIs(ChooseLoopbackBlock(8, 0, {}, {}), absl::StatusCode::kResourceExhausted));
  for (const int length : {-1, 0, 7, 33}) {
    BOOST_TEST(StatusIs(ChooseLoopbackBlock(length, 0, {}, {}), absl::StatusCode::kInvalidArgument));
  }
}

}  // namespace
}  // namespace nubo::fabrics
