#include "nubo/process/end.h"

#include <boost/test/unit_test.hpp>

namespace nubo::process {
namespace {

BOOST_AUTO_TEST_SUITE(end)

BOOST_AUTO_TEST_CASE(it_is_told_in_a_few_words) {
  BOOST_TEST(ToString(End::Exited(0)) == "exited with status 0");
  BOOST_TEST(ToString(End::Signaled(9)) == "was killed by signal 9");
  BOOST_TEST(ToString(End::NotStarted("no such file")) == "could not be started: no such file");
  BOOST_TEST(ToString(End::KilledWithWatcher("ended because its shim was killed")) ==
             "ended because its shim was killed");
  BOOST_TEST(ToString(End::Unknown("ended while nobody was watching")) == "ended while nobody was watching");
}

BOOST_AUTO_TEST_CASE(a_signal_and_the_end_of_its_watcher_kill) {
  BOOST_TEST(End::Signaled(15).killed());
  BOOST_TEST(End::KilledWithWatcher("").killed());
  BOOST_TEST(!End::Exited(0).killed());
  BOOST_TEST(!End::NotStarted("").killed());
  BOOST_TEST(!End::Unknown("").killed());
}

BOOST_AUTO_TEST_CASE(two_are_the_same_that_say_the_same) {
  BOOST_TEST((End::Exited(1) == End::Exited(1)));
  BOOST_TEST(!(End::Exited(1) == End::Exited(2)));
  BOOST_TEST(!(End::Exited(9) == End::Signaled(9)));
  BOOST_TEST(!(End::Unknown("a") == End::Unknown("b")));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::process
