// Which user an instance is.
#include "nubo/region/compute/instance_users.h"

#include <boost/test/unit_test.hpp>

namespace nubo::region {
namespace {

BOOST_AUTO_TEST_CASE(ids_that_differ_at_their_end_are_different_users) {
  BOOST_TEST(InstanceUser("i-0123456789abcdef0") != InstanceUser("i-0123456789abcdef1"));
  BOOST_TEST(InstanceUser("i-00000000") == kFirstInstanceUser);
  BOOST_TEST(InstanceUser("i-0000002a") == kFirstInstanceUser + 42);
}

BOOST_AUTO_TEST_CASE(every_user_is_within_the_range) {
  for (const char* id : {"i-ffffffff", "i-0ffffffffffffffff", "i-07ffffff", "i-08000000"}) {
    BOOST_TEST(InstanceUser(id) >= kFirstInstanceUser);
    BOOST_TEST(InstanceUser(id) < kFirstInstanceUser + kInstanceUsers);
  }
  // Beyond what systems call unused.
  BOOST_TEST(kFirstInstanceUser + kInstanceUsers <= 2147483648u);
}

BOOST_AUTO_TEST_CASE(what_has_no_number_has_no_user) {
  BOOST_TEST(InstanceUser("dns") == 0u);
  BOOST_TEST(InstanceUser("") == 0u);
}

BOOST_AUTO_TEST_CASE(a_whole_machine_has_them_and_a_container_has_not) {
  BOOST_TEST(MapsInstanceUsers("         0          0 4294967295\n"));
  BOOST_TEST(!MapsInstanceUsers("         0     100000      65536\n"));
  BOOST_TEST(!MapsInstanceUsers("         0       1000          1\n         1     100000      65536\n"));
  BOOST_TEST(!MapsInstanceUsers(""));
  BOOST_TEST(!MapsInstanceUsers("0 0\n0 0 all\n-1 0 4294967295\n"));
}

}  // namespace
}  // namespace nubo::region
