#include "examples/todo/backend/attempt_limits.h"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nubo/testing/simulated_clock.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::examples::todo {
namespace {

using testing::IsOk;
using testing::StatusIs;

struct Fixture {
  testing::SimulatedClock clock;
  AttemptLimits limits{clock,
                       {.failures_per_account = {3, absl::Seconds(10)},
                        .failures_per_client = {5, absl::Seconds(1)},
                        .sign_ups_per_client = {2, absl::Seconds(10)},
                        .at_once_per_account = 2,
                        .at_once_per_client = 4,
                        .remembered_max = 10}};

  absl::Status Fail(absl::string_view account, absl::string_view client) {
    absl::StatusOr<AttemptLimits::Attempt> attempt = limits.SignIn(account, client);
    if (attempt.ok()) attempt->Failed();
    return attempt.status();
  }
};

BOOST_FIXTURE_TEST_SUITE(AttemptLimitsSuite, Fixture)

BOOST_AUTO_TEST_CASE(failures_use_tries_up_and_time_brings_them_back) {
  for (int i = 0; i < 3; ++i) BOOST_TEST(IsOk(Fail("ada", "c")));
  BOOST_TEST(StatusIs(Fail("ada", "c"), absl::StatusCode::kResourceExhausted, "try again in 10 s"));
  clock.Advance(absl::Seconds(10));
  BOOST_TEST(IsOk(Fail("ada", "c")));
  BOOST_TEST(StatusIs(Fail("ada", "c"), absl::StatusCode::kResourceExhausted));
}

BOOST_AUTO_TEST_CASE(successes_cost_nothing) {
  for (int i = 0; i < 100; ++i) BOOST_TEST(IsOk(limits.SignIn("ada", "c").status()));
}

BOOST_AUTO_TEST_CASE(one_accounts_failures_leave_other_accounts_alone) {
  for (int i = 0; i < 100; ++i) (void)Fail("ada", "c");
  BOOST_TEST(IsOk(limits.SignIn("bob", "c").status()));
}

BOOST_AUTO_TEST_CASE(a_client_that_goes_through_accounts_runs_out) {
  for (int i = 0; i < 5; ++i) BOOST_TEST(IsOk(Fail(absl::StrCat("user", i), "c")));
  BOOST_TEST(StatusIs(Fail("another", "c"), absl::StatusCode::kResourceExhausted, "attempts of you"));
  BOOST_TEST(IsOk(Fail("another", "d")));
}

BOOST_AUTO_TEST_CASE(an_account_has_its_share_of_the_queue_and_gives_it_back) {
  std::optional<AttemptLimits::Attempt> first(*limits.SignIn("ada", "c"));
  std::optional<AttemptLimits::Attempt> second(*limits.SignIn("ada", "d"));
  BOOST_TEST(StatusIs(limits.SignIn("ada", "e").status(), absl::StatusCode::kResourceExhausted, "under way"));
  BOOST_TEST(IsOk(limits.SignIn("bob", "e").status()));
  first.reset();
  BOOST_TEST(IsOk(limits.SignIn("ada", "e").status()));
}

BOOST_AUTO_TEST_CASE(sign_ups_are_limited_by_client_whatever_comes_of_them) {
  BOOST_TEST(IsOk(limits.SignUp("c").status()));
  BOOST_TEST(IsOk(limits.SignUp("c").status()));
  BOOST_TEST(StatusIs(limits.SignUp("c").status(), absl::StatusCode::kResourceExhausted));
  BOOST_TEST(IsOk(limits.SignUp("d").status()));
  BOOST_TEST(IsOk(limits.SignIn("ada", "c").status()));
}

BOOST_AUTO_TEST_CASE(what_is_remembered_is_bounded_and_what_is_under_way_stays) {
  std::vector<AttemptLimits::Attempt> under_way;
  for (int i = 0; i < 4; ++i) under_way.push_back(*limits.SignIn(absl::StrCat("busy", i), "c"));
  for (int i = 0; i < 1000; ++i) (void)Fail(absl::StrCat("user", i), absl::StrCat("client", i));
  BOOST_TEST(limits.remembered() <= 10u);
  for (AttemptLimits::Attempt& attempt : under_way) attempt.Failed();
  under_way.clear();
  BOOST_TEST(IsOk(limits.SignIn("busy0", "c").status()));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::examples::todo
