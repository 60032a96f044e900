#include "nubo/net/mac_address.h"

#include <boost/test/unit_test.hpp>

#include "nubo/testing/status_matchers.h"

namespace nubo::net {
namespace {

using nubo::testing::StatusIs;

BOOST_AUTO_TEST_CASE(text_becomes_bytes_and_text_again) {
  const auto mac = MacAddress::Parse("02:00:0A:ff:01:9e");
  BOOST_REQUIRE(mac.ok());
  BOOST_TEST(mac->bytes == (std::array<uint8_t, 6>{0x02, 0x00, 0x0a, 0xff, 0x01, 0x9e}),
             boost::test_tools::per_element());
  BOOST_TEST(mac->ToString() == "02:00:0a:ff:01:9e");
}

BOOST_AUTO_TEST_CASE(what_is_no_mac_address_is_refused) {
  for (const char* text : {"", "02:00:0a:00:01", "02:00:0a:00:01:05:", "02-00-0a-00-01-05", "02:00:0a:00:01:0g",
                           "2:0:a:0:1:5:ffffff", "0200:0a:00:01:05:", "020000a:00:01:05:"}) {
    BOOST_TEST(StatusIs(MacAddress::Parse(text), absl::StatusCode::kInvalidArgument, "not a MAC address"));
  }
}

}  // namespace
}  // namespace nubo::net
