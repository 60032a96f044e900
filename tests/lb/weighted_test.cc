// Policies that go by weights: shares, and how exact they are.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <numeric>
#include <random>

#include "nubo/lb/load_reports.h"
#include "nubo/lb/random.h"
#include "nubo/lb/weighted_round_robin.h"
#include "nubo/testing/status_matchers.h"
#include "tests/lb/endpoints.h"

namespace nubo::lb {
namespace {

using ::nubo::testing::StatusIs;

const absl::Time kNow = absl::UnixEpoch() + absl::Hours(1);

std::vector<size_t> Sequence(const std::vector<double>& weights, int count, uint64_t start = 0) {
  const StaticStride stride(weights);
  uint64_t turn = start;
  std::vector<size_t> sequence;
  for (int i = 0; i < count; ++i) sequence.push_back(stride.Pick([&turn] { return turn++; }));
  return sequence;
}

// The schedule of gRPC's static stride scheduler: weights scaled so that the largest is 65,535, an endpoint is passed
// over in a round if (weight · round + index · 32,767) mod 65,535 < 65,535 - weight.
BOOST_AUTO_TEST_CASE(static_stride_scales_to_the_largest_weight) {
  struct Case {
    std::vector<double> weights;
    std::vector<uint16_t> scaled;
  };
  const Case cases[] = {
      {{1}, {65535}},
      {{1, 1}, {65535, 65535}},
      {{1, 2, 3}, {21845, 43690, 65535}},
      {{0.5, 0.25}, {65535, 32768}},
      {{1e-9, 1}, {1, 65535}},
      {{kWeightMax, 1}, {65535, 1}},
  };
  for (const Case& c : cases) {
    const StaticStride stride(c.weights);
    BOOST_TEST(stride.weights() == c.scaled, boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(static_stride_follows_its_published_schedule) {
  struct Case {
    std::vector<double> weights;
    std::vector<size_t> sequence;
  };
  const Case cases[] = {
      {{1, 1, 1}, {0, 1, 2, 0, 1, 2, 0}},
      {{1, 2, 3}, {1, 2, 2, 0, 1, 2, 1, 2, 2, 0, 1, 2}},
      {{2, 1}, {0, 1, 0, 0, 1, 0, 0, 1, 0}},
  };
  for (const Case& c : cases) {
    BOOST_TEST(Sequence(c.weights, static_cast<int>(c.sequence.size())) == c.sequence,
               boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(static_stride_gives_exact_shares_over_a_whole_round) {
  const std::vector<double> weights = {65535, 30000, 7, 1, 12345};
  const StaticStride stride(weights);
  std::vector<int> picks(weights.size());
  uint64_t turn = 0;
  for (int i = 0; i < 65535 + 30000 + 7 + 1 + 12345; ++i) ++picks[stride.Pick([&turn] { return turn++; })];
  for (size_t i = 0; i < weights.size(); ++i) BOOST_TEST(picks[i] == static_cast<int>(weights[i]), i);
}

BOOST_AUTO_TEST_CASE(shares_hold_from_any_pick_to_any_other_one) {
  std::mt19937_64 rng(11);
  for (int round = 0; round < 200; ++round) {
    std::vector<double> weights(1 + rng() % 20);
    for (double& weight : weights) weight = 1 + static_cast<double>(rng() % 1000);
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    const int count = 1 + static_cast<int>(rng() % 500);
    std::vector<int> picks(weights.size());
    for (const size_t at : Sequence(weights, count, rng() >> 20)) ++picks[at];
    for (size_t i = 0; i < weights.size(); ++i) {
      // An endpoint alone is never two turns off; what the picks of all add up to may be, by as many turns as there
      // are.
      const double expected = count * weights[i] / sum;
      const double slack = 2 + 2 * static_cast<double>(weights.size()) * weights[i] / sum;
      BOOST_TEST(std::abs(picks[i] - expected) <= slack, "share " << weights[i] << " of " << sum << " in " << count);
    }
  }
}

BOOST_AUTO_TEST_CASE(shares_are_exact_though_the_set_is_built_anew_before_every_pick) {
  auto policy = MakeWeightedRoundRobin();
  const EndpointList endpoints = MakeWeighted({1, 1, 8});
  std::mt19937_64 rng(1);
  std::map<std::string, int> picks;
  for (int i = 0; i < 1000; ++i) ++picks[(*policy->Build(endpoints))->Pick({}, rng).endpoint()->id];
  BOOST_TEST(picks["i-0"] == 100);
  BOOST_TEST(picks["i-1"] == 100);
  BOOST_TEST(picks["i-2"] == 800);
}

BOOST_AUTO_TEST_CASE(nobody_starves_when_a_small_weight_has_grown) {
  auto policy = MakeWeightedRoundRobin();
  std::mt19937_64 rng(1);
  for (double weight = 0.001; weight < 1; weight *= 1.1) {
    const auto picker = *policy->Build(MakeWeighted({1, 1, weight}));
    for (int i = 0; i < 10; ++i) (void)picker->Pick({}, rng);
  }
  const auto picker = *policy->Build(MakeWeighted({1, 1, 1}));
  std::map<std::string, int> picks;
  for (int i = 0; i < 30; ++i) ++picks[picker->Pick({}, rng).endpoint()->id];
  for (const auto& [id, count] : picks) BOOST_TEST(count == 10, id);
}

// Chi-squared with four degrees of freedom stays below 18.5 in 999 of 1,000 runs.
template <typename Pick>
void CheckShares(const std::vector<double>& weights, Pick pick) {
  constexpr int kPicks = 200000;
  std::vector<int> picks(weights.size());
  for (int i = 0; i < kPicks; ++i) ++picks[pick()];
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  double chi_squared = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    const double expected = kPicks * weights[i] / sum;
    if (expected == 0) {
      BOOST_TEST(picks[i] == 0);
    } else {
      chi_squared += (picks[i] - expected) * (picks[i] - expected) / expected;
    }
  }
  BOOST_TEST(chi_squared < 18.5);
}

BOOST_AUTO_TEST_CASE(an_alias_table_draws_by_weight) {
  for (const std::vector<double>& weights :
       {std::vector<double>{1, 1, 1, 1, 1}, {1, 2, 3, 4, 5}, {0, 1, 0, 3, 96}, {1e-3, 1, 1e3, 1e3, 1}, {7}}) {
    const AliasTable table(weights);
    std::mt19937_64 rng(5);
    CheckShares(weights, [&] { return table.Pick(rng()); });
  }
}

BOOST_AUTO_TEST_CASE(weighted_random_draws_by_weight) {
  const std::vector<double> weights = {1, 2, 3, 4, 90};
  const EndpointList endpoints = MakeWeighted(weights);
  const auto picker = *MakeWeightedRandom()->Build(endpoints);
  std::mt19937_64 rng(9);
  CheckShares(weights, [&] {
    const auto& chosen = picker->Pick({}, rng).endpoint();
    return static_cast<size_t>(std::find(endpoints.begin(), endpoints.end(), chosen) - endpoints.begin());
  });
}

void Reports(const Endpoint& endpoint, double qps, double eps, double utilization) {
  for (int second = 0; second <= 10; ++second) {
    endpoint.load->Report({.qps = qps, .eps = eps, .utilization = utilization}, kNow + absl::Seconds(second));
  }
}

// gRFC A58: weight = qps / (utilization + eps / qps · penalty); who says nothing counts as the mean.
BOOST_AUTO_TEST_CASE(reports_make_weights) {
  const EndpointList endpoints = MakeEndpoints(4);
  Reports(*endpoints[0], 100, 0, 0.5);
  Reports(*endpoints[1], 100, 0, 1);
  Reports(*endpoints[2], 100, 50, 0.5);
  const std::vector<double> weights = ReportedWeights(endpoints, {});
  const std::vector<double> expected = {200, 100, 100, 400.0 / 3};
  BOOST_TEST(weights == expected, boost::test_tools::tolerance(1e-6) << boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(one_report_alone_changes_nothing) {
  const EndpointList endpoints = MakeEndpoints(3);
  Reports(*endpoints[0], 100, 0, 0.1);
  for (const double weight : ReportedWeights(endpoints, {})) BOOST_TEST(weight == 1);
}

BOOST_AUTO_TEST_CASE(reports_too_young_or_too_old_do_not_count) {
  const EndpointList endpoints = MakeEndpoints(4);
  Reports(*endpoints[0], 100, 0, 0.5);
  Reports(*endpoints[1], 300, 0, 0.5);
  endpoints[2]->load->Report({.qps = 9, .utilization = 0.1}, kNow + absl::Seconds(9));
  endpoints[3]->load->Report({.qps = 9, .utilization = 0.1}, kNow - Load::kReportExpiry);
  const std::vector<double> weights = ReportedWeights(endpoints, {});
  BOOST_TEST(weights[2] == 400, boost::test_tools::tolerance(1e-6));
  BOOST_TEST(weights[3] == 400, boost::test_tools::tolerance(1e-6));
}

BOOST_AUTO_TEST_CASE(reported_weights_decide_who_is_picked) {
  const EndpointList endpoints = MakeEndpoints(2);
  Reports(*endpoints[0], 100, 0, 0.2);
  Reports(*endpoints[1], 100, 0, 0.8);
  auto policy = *MakeLoadReports();
  BOOST_TEST((policy->refresh_interval() == absl::Seconds(1)));
  std::map<std::string, int> picks = Picks(**policy->Build(endpoints), 1000);
  BOOST_TEST(picks["i-0"] == 800);
  BOOST_TEST(picks["i-1"] == 200);
}

// A quotient that is no number would make all weights equal and least: a pick would go round for long.
BOOST_AUTO_TEST_CASE(reports_beyond_all_numbers_do_no_harm) {
  const EndpointList endpoints = MakeEndpoints(3);
  Reports(*endpoints[0], 1e300, 0, 1e-300);
  Reports(*endpoints[1], 1e-300, 1e300, 1);
  Reports(*endpoints[2], 100, 0, 0.5);
  const std::vector<double> weights = ReportedWeights(endpoints, {});
  for (const double weight : weights) BOOST_TEST((weight > 0 && weight <= 1e15), weight);
  BOOST_TEST(weights[2] == 200, boost::test_tools::tolerance(1e-6));
}

// One that says it is idle must not get everything for it.
BOOST_AUTO_TEST_CASE(a_report_moves_an_endpoint_so_far_from_the_mean) {
  const EndpointList endpoints = MakeEndpoints(10);
  Reports(*endpoints[0], 1, 0, 1e-6);
  for (int i = 1; i < 10; ++i) Reports(*endpoints[i], 100, 0, 0.5);
  const std::vector<double> weights = ReportedWeights(endpoints, {});
  BOOST_TEST(weights[0] / weights[1] <= 1000);
  Reports(*endpoints[0], 1, 1e6, 1);
  for (int second = 0; second < 100; ++second) {
    for (const auto& endpoint : endpoints) {
      endpoint->load->Report({.qps = 100, .utilization = endpoint == endpoints[0] ? 1e6 : 0.5},
                             kNow + absl::Seconds(11 + second));
    }
  }
  const std::vector<double> heavy = ReportedWeights(endpoints, {});
  BOOST_TEST(heavy[0] / heavy[1] == 0.009, boost::test_tools::tolerance(0.01));
}

BOOST_AUTO_TEST_CASE(impossible_report_options_are_refused) {
  const LoadReportOptions cases[] = {{.blackout = absl::Seconds(-1)},
                                     {.blackout = absl::InfiniteDuration()},
                                     {.refresh_interval = absl::ZeroDuration()},
                                     {.error_penalty = -1},
                                     {.error_penalty = std::nan("")}};
  for (const LoadReportOptions& options : cases) {
    BOOST_TEST(StatusIs(MakeLoadReports(options).status(), absl::StatusCode::kInvalidArgument, "load reports need"));
  }
}

}  // namespace
}  // namespace nubo::lb
