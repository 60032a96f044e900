#include "nubo/net/ip_address.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <ostream>

#include "nubo/testing/status_matchers.h"

namespace nubo::net {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

BOOST_AUTO_TEST_CASE(addresses_print_as_they_parse) {
  for (const char* text : {"0.0.0.0", "10.0.1.5", "255.255.255.255", "::", "::1", "2001:db8::1"}) {
    const auto ip = IpAddress::Parse(text);
    BOOST_REQUIRE(IsOk(ip));
    BOOST_TEST(ip->ToString() == text);
    BOOST_TEST((*IpAddress::FromBytes(ip->ToBytes()) == *ip));
  }
}

BOOST_AUTO_TEST_CASE(loose_addresses_are_refused) {
  for (const char* text : {"", "10.1", "010.0.0.1", "10.0.0.256", "10.0.0.1 ", "fe80::1%eth0", "1:2", "10.0.0.1/8"}) {
    BOOST_TEST(StatusIs(IpAddress::Parse(text), absl::StatusCode::kInvalidArgument, "is not an IP address"));
  }
}

BOOST_AUTO_TEST_CASE(prefixes_are_canonical) {
  BOOST_TEST(Prefix::Parse("100.68.0.18/18")->ToString() == "100.68.0.0/18");
  BOOST_TEST(Prefix::Parse("2001:db8::1/32")->ToString() == "2001:db8::/32");
}

BOOST_AUTO_TEST_CASE(bad_prefixes_are_refused) {
  for (const char* text : {"", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/08", "::/129", "x/8"}) {
    BOOST_TEST(StatusIs(Prefix::Parse(text), absl::StatusCode::kInvalidArgument));
  }
}

BOOST_AUTO_TEST_CASE(prefixes_contain_and_overlap) {
  const Prefix vpc = *Prefix::Parse("10.0.0.0/16");
  BOOST_TEST(vpc.Contains(*IpAddress::Parse("10.0.255.255")));
  BOOST_TEST(!vpc.Contains(*IpAddress::Parse("10.1.0.0")));
  BOOST_TEST(!vpc.Contains(*IpAddress::Parse("::1")));
  BOOST_TEST(vpc.Overlaps(*Prefix::Parse("10.0.0.0/8")));
  BOOST_TEST(!vpc.Contains(*Prefix::Parse("10.0.0.0/8")));
  BOOST_TEST(!vpc.Overlaps(*Prefix::Parse("10.1.0.0/16")));
  BOOST_TEST(vpc.last().ToString() == "10.0.255.255");
  BOOST_TEST((vpc.size() == 65536));
  BOOST_TEST((Prefix::Parse("::/0")->size() == 0));
}

BOOST_AUTO_TEST_CASE(socket_addresses_print_as_they_parse) {
  for (const char* text : {"127.0.0.1:80", "[::1]:65535", "10.0.0.1:0"}) {
    const auto address = SocketAddress::Parse(text);
    BOOST_REQUIRE(IsOk(address));
    BOOST_TEST(address->ToString() == text);
  }
  for (const char* text : {"", "127.0.0.1", "127.0.0.1:", "::1:80", "[127.0.0.1]:80", "127.0.0.1:65536", "h:80"}) {
    BOOST_TEST(StatusIs(SocketAddress::Parse(text), absl::StatusCode::kInvalidArgument));
  }
}

}  // namespace
}  // namespace nubo::net
