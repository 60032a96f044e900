#include "nubo/lb/retry_budget.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "nubo/testing/status_matchers.h"

namespace nubo::lb {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1000);

int Drain(RetryBudget& budget, absl::Time now) {
  int taken = 0;
  while (taken < 100000 && budget.TryRetry(now)) ++taken;
  return taken;
}

BOOST_AUTO_TEST_CASE(budgets_that_are_none_are_refused) {
  BOOST_TEST(testing::IsOk(CheckRetryBudget({})));
  BOOST_TEST(testing::IsOk(CheckRetryBudget({.ratio = 0, .retries_per_second_min = 0})));
  for (const double number : {-0.1, std::nan(""), std::numeric_limits<double>::infinity()}) {
    BOOST_TEST(testing::StatusIs(CheckRetryBudget({.ratio = number}), absl::StatusCode::kInvalidArgument, "ratio"));
    BOOST_TEST(testing::StatusIs(CheckRetryBudget({.retries_per_second_min = number}),
                                 absl::StatusCode::kInvalidArgument, "least number of retries"));
  }
}

BOOST_AUTO_TEST_CASE(a_fresh_budget_covers_one_dead_process) {
  RetryBudget budget({});
  BOOST_TEST(Drain(budget, kNow) == 1000);
  BOOST_TEST(!budget.TryRetry(kNow));
}

BOOST_AUTO_TEST_CASE(requests_earn_a_fifth_each) {
  RetryBudget budget({.ratio = 0.2, .retries_per_second_min = 0});
  for (int i = 0; i < 99; ++i) budget.OnRequest(kNow);
  BOOST_TEST(Drain(budget, kNow) == 19);
  budget.OnRequest(kNow);
  BOOST_TEST(budget.TryRetry(kNow));
}

BOOST_AUTO_TEST_CASE(what_was_spent_comes_back_after_the_window) {
  RetryBudget budget({.ratio = 0, .retries_per_second_min = 1});
  BOOST_TEST(Drain(budget, kNow) == 10);
  BOOST_TEST(budget.Available(kNow + absl::Seconds(9)) == 0);
  BOOST_TEST(budget.Available(kNow + absl::Seconds(10)) == 10);
}

BOOST_AUTO_TEST_CASE(requests_older_than_the_window_earn_nothing) {
  RetryBudget budget({.ratio = 1, .retries_per_second_min = 0});
  budget.OnRequest(kNow);
  BOOST_TEST(budget.Available(kNow + absl::Seconds(9)) == 1);
  BOOST_TEST(budget.Available(kNow + absl::Seconds(10)) == 0);
}

BOOST_AUTO_TEST_CASE(times_before_the_epoch_are_times) {
  RetryBudget budget({.ratio = 0, .retries_per_second_min = 1});
  BOOST_TEST(Drain(budget, absl::FromUnixSeconds(-5)) == 10);
}

}  // namespace
}  // namespace nubo::lb
