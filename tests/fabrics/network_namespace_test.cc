// Namespaces that the test makes; what is entered for good is entered by children.
#include "nubo/fabrics/network_namespace.h"

#include <fcntl.h>
#include <net/if.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/testing/status_matchers.h"
#include "tests/fabrics/namespaces.h"

namespace nubo::fabrics {
namespace {

using nubo::testing::IsOk;
using nubo::testing::StatusIs;

// What tells one namespace from another.
ino_t NumberOf(int fd) {
  struct stat found = {};
  return fstat(fd, &found) == 0 ? found.st_ino : 0;
}

ino_t NumberOfCurrent() {
  const auto current = NetworkNamespace::Current();
  return current.ok() ? NumberOf(current->fd()) : 0;
}

BOOST_AUTO_TEST_CASE(an_ordinary_user_makes_none_for_others) {
  BOOST_TEST(InChild([]() -> std::string {
               if (geteuid() == 0 && setresuid(1, 1, 1) != 0) return "";
               const auto made = MakeUserNamespace(2, 2);
               return absl::IsInvalidArgument(made.status()) ? "" : made.status().ToString();
             }) == "");
}

BOOST_AUTO_TEST_SUITE(real, *boost::unit_test::precondition(InNamespaces))

BOOST_AUTO_TEST_CASE(a_namespace_is_made_and_the_caller_stays) {
  const ino_t before = NumberOfCurrent();
  const auto made = MakeNetworkNamespace();
  BOOST_REQUIRE(IsOk(made));
  BOOST_TEST(NumberOf(made->fd()) != before);
  BOOST_TEST(NumberOfCurrent() == before);
}

BOOST_AUTO_TEST_CASE(namespaces_do_not_go_to_programs_that_are_run) {
  const auto made = MakeNetworkNamespace();
  BOOST_REQUIRE(IsOk(made));
  BOOST_TEST((fcntl(made->fd(), F_GETFD) & FD_CLOEXEC) != 0);
}

BOOST_AUTO_TEST_CASE(a_namespace_is_entered_and_left) {
  const ino_t before = NumberOfCurrent();
  const auto first = MakeNetworkNamespace(), second = MakeNetworkNamespace();
  BOOST_REQUIRE(IsOk(second));
  {
    const auto inside = EnteredNamespace::Enter(first->fd());
    BOOST_REQUIRE(IsOk(inside));
    BOOST_TEST(NumberOfCurrent() == NumberOf(first->fd()));
    {
      const auto deeper = EnteredNamespace::Enter(second->fd());
      BOOST_TEST(NumberOfCurrent() == NumberOf(second->fd()));
    }
    BOOST_TEST(NumberOfCurrent() == NumberOf(first->fd()));
  }
  BOOST_TEST(NumberOfCurrent() == before);
}

BOOST_AUTO_TEST_CASE(what_is_no_network_namespace_is_not_entered) {
  const ino_t before = NumberOfCurrent();
  for (const char* path : {"/proc/self/ns/mnt", "/dev/null"}) {
    const base::OwnedFd other(open(path, O_RDONLY | O_CLOEXEC));
    BOOST_TEST(StatusIs(EnteredNamespace::Enter(other.get()), absl::StatusCode::kInvalidArgument));
  }
  BOOST_TEST(StatusIs(EnteredNamespace::Enter(-1), absl::StatusCode::kInvalidArgument));
  BOOST_TEST(NumberOfCurrent() == before);
}

BOOST_AUTO_TEST_CASE(a_setting_is_of_the_namespace_in_which_it_is_written) {
  const auto made = MakeNetworkNamespace();
  BOOST_REQUIRE(IsOk(made));
  {
    const auto inside = EnteredNamespace::Enter(made->fd());
    BOOST_TEST(IsOk(WriteSysctl("net/ipv4/ip_forward", "1")));
    BOOST_TEST(*ReadSysctl("net/ipv4/ip_forward") == "1");
  }
  BOOST_TEST(*ReadSysctl("net/ipv4/ip_forward") == "0");
}

BOOST_AUTO_TEST_CASE(settings_that_are_none_are_refused) {
  BOOST_TEST(StatusIs(WriteSysctl("net/ipv4/no_such", "1"), absl::StatusCode::kNotFound, "net/ipv4/no_such"));
  BOOST_TEST(StatusIs(WriteSysctl("net/ipv4/conf/lo/rp_filter", "many"), absl::StatusCode::kInvalidArgument, "many"));
  for (const char* path : {"", "/net/ipv4/ip_forward", "net/../../../tmp/x"}) {
    BOOST_TEST(StatusIs(WriteSysctl(path, "1"), absl::StatusCode::kInvalidArgument));
    BOOST_TEST(StatusIs(ReadSysctl(path), absl::StatusCode::kInvalidArgument));
  }
}

BOOST_AUTO_TEST_CASE(a_user_namespace_in_which_its_owner_may_make_networks) {
  BOOST_TEST(InChild([]() -> std::string {
               const auto made = MakeUserNamespace(geteuid(), getegid());
               if (!made.ok()) return made.status().ToString();
               if (const absl::Status entered = EnterUserNamespace(made->user.get()); !entered.ok()) {
                 return entered.ToString();
               }
               if (const absl::Status entered = EnterForGood(made->network.fd()); !entered.ok()) {
                 return entered.ToString();
               }
               const auto another = MakeNetworkNamespace();
               if (!another.ok()) return another.status().ToString();
               const auto inside = EnteredNamespace::Enter(another->fd());
               if (!inside.ok()) return inside.status().ToString();
               return WriteSysctl("net/ipv4/ip_forward", "1").ok() ? "" : "no settings";
             }) == "");
}

BOOST_AUTO_TEST_CASE(a_thread_that_could_not_come_back_does_not_go) {
  BOOST_TEST(InChild([]() -> std::string {
               const auto made = MakeUserNamespace(geteuid(), getegid());
               if (!made.ok()) return made.status().ToString();
               if (!EnterUserNamespace(made->user.get()).ok()) return "not entered";
               const ino_t before = NumberOfCurrent();
               // Its namespace is the outer user's still; one of its own it may make, and stay.
               const auto another = MakeNetworkNamespace();
               if (!another.ok()) return another.status().ToString();
               if (!absl::IsPermissionDenied(EnteredNamespace::Enter(another->fd()).status())) return "entered";
               return NumberOfCurrent() == before ? "" : "moved";
             }) == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::fabrics
