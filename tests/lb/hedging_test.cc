#include "nubo/lb/hedging.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>
#include <vector>

#include "nubo/testing/status_matchers.h"

namespace nubo::lb {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

const absl::Time kStart = absl::FromUnixSeconds(1000);

BOOST_AUTO_TEST_CASE(quantiles_are_within_a_bucket_of_the_truth) {
  std::mt19937_64 rng(1);
  std::exponential_distribution<double> ms(1.0 / 20);
  LatencyQuantiles quantiles;
  std::vector<double> all;
  for (int i = 0; i < 2000; ++i) {
    all.push_back(ms(rng));
    quantiles.Add(absl::Milliseconds(all.back()));
  }
  std::sort(all.begin(), all.end());
  for (const double q : {0.5, 0.9, 0.95, 0.99}) {
    const double truth = all[static_cast<size_t>(q * 2000) - 1];
    const double answer = absl::ToDoubleMilliseconds(*quantiles.Get(q));
    BOOST_TEST(answer >= truth, q);
    BOOST_TEST(answer <= truth * 1.2, q);
  }
}

BOOST_AUTO_TEST_CASE(the_past_fades) {
  LatencyQuantiles quantiles;
  for (int i = 0; i < 4000; ++i) quantiles.Add(absl::Seconds(10));
  for (int i = 0; i < 30000; ++i) quantiles.Add(absl::Milliseconds(1));
  BOOST_TEST((*quantiles.Get(0.95) < absl::Milliseconds(2)));
  BOOST_TEST(quantiles.samples() <= LatencyQuantiles::kSamplesMax);
}

BOOST_AUTO_TEST_CASE(latencies_beyond_the_scale_are_counted_at_its_ends) {
  LatencyQuantiles quantiles;
  BOOST_TEST(!quantiles.Get(0.5).has_value());
  quantiles.Add(-absl::Seconds(1));
  BOOST_TEST((*quantiles.Get(0.5) < absl::Microseconds(2)));
  quantiles.Add(absl::InfiniteDuration());
  BOOST_TEST((*quantiles.Get(1) > absl::Hours(1)));
}

BOOST_AUTO_TEST_CASE(the_delay_follows_the_quantile_once_there_are_samples) {
  Hedging hedging({});
  for (int i = 0; i < 19; ++i) hedging.OnLatency(absl::Milliseconds(10));
  BOOST_TEST((hedging.delay() == absl::Milliseconds(100)));
  hedging.OnLatency(absl::Milliseconds(10));
  BOOST_TEST((hedging.delay() >= absl::Milliseconds(10)));
  BOOST_TEST((hedging.delay() <= absl::Milliseconds(12)));
}

BOOST_AUTO_TEST_CASE(the_delay_is_bounded) {
  Hedging fast({.samples_min = 1});
  fast.OnLatency(absl::Microseconds(10));
  BOOST_TEST((fast.delay() == absl::Milliseconds(1)));
  Hedging slow({.samples_min = 1});
  slow.OnLatency(absl::Hours(1));
  BOOST_TEST((slow.delay() == absl::Seconds(10)));
}

BOOST_AUTO_TEST_CASE(a_request_has_at_most_so_many_attempts) {
  Hedging hedging({.attempts_max = 3});
  BOOST_TEST(hedging.TryHedge(2, kStart));
  BOOST_TEST(!hedging.TryHedge(3, kStart));
}

BOOST_AUTO_TEST_CASE(hedges_are_a_tenth_of_the_requests_and_a_floor) {
  Hedging hedging({});
  for (int i = 0; i < 1000; ++i) hedging.OnRequest(kStart);
  int hedges = 0;
  for (int i = 0; i < 1000; ++i) hedges += hedging.TryHedge(1, kStart) ? 1 : 0;
  BOOST_TEST(hedges == 110);
}

BOOST_AUTO_TEST_CASE(bad_options_are_refused) {
  const auto invalid = absl::StatusCode::kInvalidArgument;
  BOOST_TEST(IsOk(CheckHedging({})));
  BOOST_TEST(StatusIs(CheckHedging({.quantile = 1}), invalid, "quantile is 1"));
  BOOST_TEST(StatusIs(CheckHedging({.attempts_max = 0}), invalid, "attempts is 0"));
  BOOST_TEST(StatusIs(CheckHedging({.delay_min = absl::Seconds(11)}), invalid, "11s"));
  BOOST_TEST(StatusIs(CheckHedging({.budget = {.ratio = -1}}), invalid, "ratio of retries"));
}

}  // namespace
}  // namespace nubo::lb
