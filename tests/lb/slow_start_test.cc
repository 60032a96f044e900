#include "nubo/lb/slow_start.h"

#include <boost/test/unit_test.hpp>

#include "nubo/testing/status_matchers.h"

namespace nubo::lb {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

struct FactorCase {
  const char* name;
  double aggression;
  int serving_seconds;
  double factor;
};
// A window of 100 s.
const FactorCase kFactors[] = {
    {"begins with the least fraction", 1, 0, 0.1},
    {"stays there for the first tenth", 1, 9, 0.1},
    {"then grows in a line", 1, 50, 0.5},
    {"almost whole", 1, 99, 0.99},
    {"whole at the end of the window", 1, 100, 1},
    {"and ever after", 1, 100000, 1},
    {"aggression 2 grows early", 2, 25, 0.5},
    {"aggression 0.5 grows late", 0.5, 50, 0.25},
    {"a clock before the start counts as the start", 1, -5, 0.1},
};

BOOST_AUTO_TEST_CASE(the_factor_follows_envoys_formula) {
  for (const FactorCase& c : kFactors) {
    const SlowStart slow_start{.window = absl::Seconds(100), .aggression = c.aggression};
    BOOST_TEST(SlowStartFactor(slow_start, absl::Seconds(c.serving_seconds)) == c.factor,
               boost::test_tools::tolerance(1e-9));
  }
}

BOOST_AUTO_TEST_CASE(without_a_window_the_factor_is_whole) {
  BOOST_TEST(SlowStartFactor({}, absl::ZeroDuration()) == 1.0);
  BOOST_TEST((NextSlowStartStep({}, absl::ZeroDuration()) == absl::InfiniteDuration()));
}

BOOST_AUTO_TEST_CASE(twenty_steps_end_exactly_with_the_window) {
  for (const int seconds : {30, 60, 100, 101, 900}) {
    const SlowStart slow_start{.window = absl::Seconds(seconds)};
    absl::Duration at = absl::ZeroDuration();
    int steps = 0;
    double factor = 0;
    while (at < absl::InfiniteDuration()) {
      const double next = SlowStartFactor(slow_start, at);
      BOOST_TEST(next >= factor);
      factor = next;
      ++steps;
      at = NextSlowStartStep(slow_start, at);
    }
    BOOST_TEST(factor == 1.0, seconds);
    BOOST_TEST(steps <= kSlowStartSteps + 2, seconds);
  }
}

BOOST_AUTO_TEST_CASE(settings_outside_of_aws_range_are_refused) {
  BOOST_TEST(IsOk(CheckSlowStart({})));
  BOOST_TEST(IsOk(CheckSlowStart({.window = absl::Seconds(30)})));
  BOOST_TEST(IsOk(CheckSlowStart({.window = absl::Seconds(900)})));
  const auto invalid = absl::StatusCode::kInvalidArgument;
  BOOST_TEST(StatusIs(CheckSlowStart({.window = absl::Seconds(29)}), invalid, "window is 29s"));
  BOOST_TEST(StatusIs(CheckSlowStart({.window = absl::Seconds(901)}), invalid, "15m1s"));
  BOOST_TEST(StatusIs(CheckSlowStart({.window = -absl::Seconds(1)}), invalid, "-1s"));
  BOOST_TEST(StatusIs(CheckSlowStart({.aggression = 0}), invalid, "aggression is 0"));
  BOOST_TEST(StatusIs(CheckSlowStart({.fraction_min = 0}), invalid, "fraction of a slow start is 0"));
  BOOST_TEST(StatusIs(CheckSlowStart({.fraction_min = 1.5}), invalid, "1.5"));
}

}  // namespace
}  // namespace nubo::lb
