// The kernel's rules, in namespaces that the test makes.
#include "nubo/fabrics/nftables.h"

#include <linux/netlink.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/fabrics/network_namespace.h"
#include "nubo/testing/status_matchers.h"
#include "tests/fabrics/namespaces.h"

namespace nubo::fabrics {
namespace {

using nubo::testing::IsOk;
using nubo::testing::StatusIs;

// Debian's nobody.
constexpr uid_t kNobody = 65534;

constexpr char kTable[] = R"(
  table inet nubo {
    map groups { type ifname : verdict; elements = { "eni-1" : jump sg-1 } }
    chain sg-1 {
      tcp dport 80 accept
      ct state established,related accept
    }
    chain forward {
      type filter hook forward priority 0; policy drop;
      oifname vmap @groups
    }
  }
)";

struct Place {
  Place() {
    const auto inside = EnteredNamespace::Enter(space->fd());
    BOOST_REQUIRE(IsOk(inside));
    auto opened = Nftables::Open();
    BOOST_REQUIRE(IsOk(opened));
    nftables.emplace(*std::move(opened));
  }
  std::string Rules() {
    const auto printed = nftables->Print("list ruleset");
    BOOST_TEST(IsOk(printed));
    return printed.value_or("");
  }
  absl::StatusOr<NetworkNamespace> space = MakeNetworkNamespace();
  std::optional<Nftables> nftables;
};

// Who has no rights in a namespace may change nothing there. Before this process enters one in which it has.
BOOST_AUTO_TEST_CASE(who_may_not_is_told_so) {
  BOOST_TEST(InChild([]() -> std::string {
               if (geteuid() == 0 && setresuid(kNobody, kNobody, kNobody) != 0) return "";
               auto opened = Nftables::Open();
               if (!opened.ok()) return opened.status().ToString();
               const absl::Status status = opened->Apply("add table inet nubo-test");
               return absl::IsPermissionDenied(status) ? "" : status.ToString();
             }) == "");
}

constexpr int kLittle = 10000;

// The library's; it is the last that was opened.
int FindSocket() {
  for (int fd = 100; fd >= 0; --fd) {
    int protocol = 0;
    socklen_t size = sizeof protocol;
    if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) == 0 && protocol == NETLINK_NETFILTER) return fd;
  }
  return -1;
}

BOOST_AUTO_TEST_SUITE(real, *boost::unit_test::precondition(InNamespaces))

BOOST_FIXTURE_TEST_CASE(what_is_applied_is_there, Place) {
  BOOST_TEST(Rules() == "");
  BOOST_TEST(IsOk(nftables->Apply(kTable)));
  BOOST_TEST(absl::StrContains(Rules(), "tcp dport 80 accept"));
}

BOOST_FIXTURE_TEST_CASE(it_is_the_namespace_in_which_it_was_opened, Place) {
  BOOST_TEST(IsOk(nftables->Apply(kTable)));
  auto here = Nftables::Open();
  BOOST_REQUIRE(IsOk(here));
  BOOST_TEST(*here->Print("list ruleset") == "");
}

BOOST_FIXTURE_TEST_CASE(all_of_it_holds_or_nothing, Place) {
  BOOST_REQUIRE(IsOk(nftables->Apply(kTable)));
  const std::string before = Rules();
  for (const char* text : {"flush chain inet nubo sg-1\nadd rule inet nubo sg-1 tcp dport nonsense accept",
                           "flush chain inet nubo sg-1\nadd rule inet nubo no-such-chain accept",
                           "flush chain inet nubo sg-1\ndelete chain inet nubo sg-1"}) {
    BOOST_TEST(StatusIs(nftables->Apply(text), absl::StatusCode::kInvalidArgument, "nftables: "));
    BOOST_TEST(Rules() == before);
  }
}

BOOST_FIXTURE_TEST_CASE(an_error_shows_the_place, Place) {
  BOOST_TEST(StatusIs(nftables->Apply("add rule inet nubo no-such accept"), absl::StatusCode::kInvalidArgument,
                      "add rule inet nubo no-such accept"));
  BOOST_TEST(StatusIs(nftables->Apply("nonsense"), absl::StatusCode::kInvalidArgument, "syntax error"));
  // And does not show again with the next one.
  BOOST_TEST(IsOk(nftables->Apply(kTable)));
}

BOOST_FIXTURE_TEST_CASE(a_long_error_is_cut, Place) {
  const auto status = nftables->Apply(absl::StrCat("add rule inet nubo ", std::string(100000, 'x'), " accept"));
  BOOST_TEST(StatusIs(status, absl::StatusCode::kInvalidArgument));
  BOOST_TEST(status.message().size() < 3000u);
}

BOOST_FIXTURE_TEST_CASE(the_rules_of_one_chain_are_replaced, Place) {
  BOOST_REQUIRE(IsOk(nftables->Apply(kTable)));
  BOOST_TEST(IsOk(nftables->Apply("flush chain inet nubo sg-1\nadd rule inet nubo sg-1 tcp dport 443 accept")));
  BOOST_TEST(absl::StrContains(Rules(), "dport 443"));
  BOOST_TEST(!absl::StrContains(Rules(), "dport 80"));
}

// As many as every host allows.
BOOST_FIXTURE_TEST_CASE(hundreds_of_rules_are_one_transaction, Place) {
  std::string text = "table inet nubo {\nchain sg {\n";
  for (int i = 0; i < 800; ++i) absl::StrAppend(&text, "ip saddr 10.1.0.0/24 tcp dport ", 1000 + i, " accept\n");
  BOOST_TEST(IsOk(nftables->Apply(text + "}\n}\n")));
}

BOOST_FIXTURE_TEST_CASE(more_than_a_message_has_room_for_is_told, Place) {
  std::string text = "table inet nubo {\nchain sg {\n";
  for (int i = 0; i < 1000; ++i) absl::StrAppend(&text, "ip saddr 10.1.0.0/24 tcp dport ", 1000 + i, " accept\n");
  text += "}\n}\n";
  BOOST_REQUIRE(setsockopt(FindSocket(), SOL_SOCKET, SO_SNDBUF, &kLittle, sizeof kLittle) == 0);
  BOOST_TEST(StatusIs(nftables->Apply(text), absl::StatusCode::kResourceExhausted, "Message too long"));
  BOOST_TEST(Rules() == "");
}

// The library keeps what it knows of a table no longer than for one call.
BOOST_FIXTURE_TEST_CASE(others_may_change_the_rules_too, Place) {
  const auto inside = EnteredNamespace::Enter(space->fd());
  auto other = Nftables::Open();
  BOOST_REQUIRE(IsOk(other));
  BOOST_REQUIRE(IsOk(nftables->Apply(kTable)));
  BOOST_TEST(IsOk(other->Apply("delete table inet nubo")));
  BOOST_TEST(IsOk(nftables->Apply(kTable)));
}

BOOST_AUTO_TEST_CASE(without_a_descriptor_it_is_not_opened) {
  BOOST_TEST(InChild([]() -> std::string {
               const rlimit none = {0, 0};
               setrlimit(RLIMIT_NOFILE, &none);
               const auto opened = Nftables::Open();
               return absl::IsResourceExhausted(opened.status()) ? "" : opened.status().ToString();
             }) == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::fabrics
