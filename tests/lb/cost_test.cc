// Policies that go by what a request would cost: costs, least cost, and Prequal.
#include <boost/test/unit_test.hpp>

#include "nubo/lb/cost.h"
#include "nubo/lb/least_cost.h"
#include "nubo/lb/prequal.h"
#include "nubo/testing/status_matchers.h"
#include "tests/lb/endpoints.h"

namespace nubo::lb {
namespace {

using ::nubo::testing::StatusIs;

const absl::Time kNow = absl::UnixEpoch() + absl::Hours(1);

void Took(const Endpoint& endpoint, absl::Duration latency, absl::Time end = kNow) {
  Call(endpoint.load, end - latency).Finish(Call::Outcome::kSuccess, end);
}

std::vector<Call> InFlight(const Endpoint& endpoint, int count) {
  std::vector<Call> calls;
  for (int i = 0; i < count; ++i) calls.emplace_back(endpoint.load, kNow);
  return calls;
}

// Envoy's weight / (active + 1)^bias, upside down.
BOOST_AUTO_TEST_CASE(weighted_requests_in_flight_are_envoys) {
  struct Case {
    double weight;
    int in_flight;
    double bias, cost;
  };
  const Case cases[] = {{1, 0, 1, 1}, {1, 3, 1, 4}, {2, 3, 1, 2}, {2, 3, 2, 8}, {4, 8, 0, 0.25}, {4, 8, 0.5, 0.75}};
  for (const Case& c : cases) {
    const auto endpoint = MakeEndpoint(1, c.weight);
    const auto calls = InFlight(*endpoint, c.in_flight);
    BOOST_TEST(WeightedOutstanding(c.bias)->Of(*endpoint, kNow) == c.cost, boost::test_tools::tolerance(1e-9));
  }
}

BOOST_AUTO_TEST_CASE(peak_ewma_is_latency_times_what_waits) {
  const auto endpoint = MakeEndpoint(1, 2);
  Took(*endpoint, absl::Milliseconds(10));
  const auto calls = InFlight(*endpoint, 3);
  BOOST_TEST(PeakEwma()->Of(*endpoint, kNow) == 10e6 * 4 / 2, boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(peak_ewma_tries_an_endpoint_it_does_not_know_once) {
  const EndpointList endpoints = MakeEndpoints(2);
  Took(*endpoints[0], absl::Milliseconds(1));
  const auto picker = *MakeLeastCost("peak_ewma", PeakEwma())->Build(endpoints);
  BOOST_TEST(Picks(*picker, 20, {.now = kNow})["i-1"] == 20);
  const auto calls = InFlight(*endpoints[1], 1);
  BOOST_TEST(Picks(*picker, 20, {.now = kNow})["i-0"] == 20);
}

BOOST_AUTO_TEST_CASE(peak_ewma_counts_what_waits_at_endpoints_it_does_not_know) {
  const EndpointList endpoints = MakeWeighted({1, 1, 4});
  const auto few = InFlight(*endpoints[0], 1), many = InFlight(*endpoints[1], 2), heavy = InFlight(*endpoints[2], 2);
  BOOST_TEST(PeakEwma()->Of(*endpoints[0], kNow) < PeakEwma()->Of(*endpoints[1], kNow));
  BOOST_TEST(PeakEwma()->Of(*endpoints[2], kNow) < PeakEwma()->Of(*endpoints[0], kNow));
}

BOOST_AUTO_TEST_CASE(a_cost_without_end_is_a_cost) {
  const EndpointList endpoints = MakeEndpoints(4);
  std::vector<std::vector<Call>> calls;
  for (const auto& endpoint : endpoints) calls.push_back(InFlight(*endpoint, 3));
  const auto picker = *MakeLeastCost("least_request", WeightedOutstanding(1000))->Build(endpoints);
  const std::vector<std::string> tried = {"i-0", "i-1", "i-2"};
  BOOST_TEST(Picks(*picker, 50, {.avoid = tried, .now = kNow})["i-3"] == 50);
}

// A server that hangs answers nothing, and is all the slower for it.
BOOST_AUTO_TEST_CASE(time_spent_on_failures_counts_and_fast_failures_are_no_praise) {
  const auto endpoint = MakeEndpoint(1);
  Took(*endpoint, absl::Milliseconds(5));
  for (const Call::Outcome outcome : {Call::Outcome::kError, Call::Outcome::kCanceled}) {
    Call(endpoint->load, kNow - absl::Milliseconds(1)).Finish(outcome, kNow);
    BOOST_TEST(endpoint->load->PeakLatency(kNow) == 5e6);
  }
  Call(endpoint->load, kNow - absl::Seconds(1)).Finish(Call::Outcome::kCanceled, kNow);
  BOOST_TEST(endpoint->load->PeakLatency(kNow) == 1e9);
  Call(endpoint->load, kNow - absl::Seconds(10)).Finish(Call::Outcome::kError, kNow);
  BOOST_TEST(endpoint->load->PeakLatency(kNow) == 1e10);
  BOOST_TEST((endpoint->load->latency() == absl::Milliseconds(5)));
  // Nor is an endpoint that has never answered free for ever.
  const auto dead = MakeEndpoint(2);
  Call(dead->load, kNow - absl::Seconds(10)).Finish(Call::Outcome::kError, kNow);
  BOOST_TEST(PeakEwma()->Of(*dead, kNow) == 1e10);
  // Who drops its call has told nothing.
  {
    const Call dropped(endpoint->load, kNow);
  }
  BOOST_TEST(endpoint->load->PeakLatency(kNow) == 1e10);
}

BOOST_AUTO_TEST_CASE(peak_ewma_leaves_the_slow_one_and_comes_back) {
  const EndpointList endpoints = MakeEndpoints(2);
  Took(*endpoints[0], absl::Milliseconds(50));
  Took(*endpoints[1], absl::Milliseconds(5));
  const auto picker = *MakeLeastCost("peak_ewma", PeakEwma())->Build(endpoints);
  BOOST_TEST(Picks(*picker, 20, {.now = kNow})["i-1"] == 20);
  // The fast one goes on being asked, the slow one not: what is known of it fades.
  const absl::Time later = kNow + absl::Seconds(60);
  Took(*endpoints[1], absl::Milliseconds(5), later);
  BOOST_TEST(Picks(*picker, 20, {.now = later})["i-0"] == 20);
}

class ById final : public Cost {
 public:
  double Of(const Endpoint& endpoint, absl::Time) const override {
    return static_cast<double>(endpoint.address.ip.v4());
  }
};

BOOST_AUTO_TEST_CASE(a_cost_of_ones_own_goes_with_any_number_of_choices) {
  const EndpointList endpoints = MakeEndpoints(100);
  const auto mean = [&](const LeastCostOptions& options) {
    const auto picker = *MakeLeastCost("by_id", std::make_shared<ById>(), options)->Build(endpoints);
    std::mt19937_64 rng(1);
    double sum = 0;
    for (int i = 0; i < 20000; ++i) sum += picker->Pick({}, rng).endpoint()->address.ip.v4() & 0xff;
    return sum / 20000;
  };
  // The least of d numbers below 100 is 100 / (d + 1) on average, less a half.
  BOOST_TEST(mean({.choices = 1, .full_scan_max = 0}) == 49.5, boost::test_tools::tolerance(0.02));
  BOOST_TEST(mean({.choices = 2, .full_scan_max = 0}) == 32.7, boost::test_tools::tolerance(0.02));
  BOOST_TEST(mean({.choices = 4, .full_scan_max = 0}) == 19.5, boost::test_tools::tolerance(0.03));
  BOOST_TEST(mean({.choices = 2, .full_scan_max = 100}) == 0);
}

BOOST_AUTO_TEST_CASE(two_choices_are_two_different_ones) {
  const EndpointList endpoints = MakeEndpoints(2);
  const auto calls = InFlight(*endpoints[0], 1);
  const auto picker = *MakeLeastOutstandingRequests(0)->Build(endpoints);
  BOOST_TEST(Picks(*picker, 200)["i-1"] == 200);
}

// Every probe answers what the test says of its endpoint.
struct Answers {
  std::map<std::string, ProbeAnswer> of;
  std::unique_ptr<Policy> Make(PrequalOptions options = {}) const {
    options.probe = [this](const Endpoint& endpoint, absl::Time) -> std::optional<ProbeAnswer> {
      const auto found = of.find(endpoint.id);
      if (found == of.end()) return std::nullopt;
      return found->second;
    };
    return *MakePrequal(std::move(options));
  }
};

BOOST_AUTO_TEST_CASE(prequal_takes_the_fastest_of_the_cold) {
  const Answers answers{{{"i-0", {.in_flight = 1, .latency = absl::Milliseconds(9)}},
                         {"i-1", {.in_flight = 1, .latency = absl::Milliseconds(1)}},
                         {"i-2", {.in_flight = 1, .latency = absl::Milliseconds(5)}}}};
  PrequalOptions options;
  options.probes_per_pick = PrequalOptions::kPoolMax;
  std::map<std::string, int> picks = Picks(**answers.Make(options)->Build(MakeEndpoints(3)), 300, {.now = kNow});
  BOOST_TEST(picks["i-1"] > 270);
}

BOOST_AUTO_TEST_CASE(prequal_shuns_the_hot_however_fast) {
  Answers answers;
  for (int i = 0; i < 10; ++i) {
    // Requests in flight tell one in ten from the others.
    answers.of[absl::StrCat("i-", i)] = {.in_flight = i == 0 ? 50.0 : 2.0,
                                         .latency = i == 0 ? absl::Microseconds(1) : absl::Milliseconds(10)};
  }
  PrequalOptions options;
  options.probes_per_pick = 10;
  std::map<std::string, int> picks = Picks(**answers.Make(options)->Build(MakeEndpoints(10)), 1000, {.now = kNow});
  BOOST_TEST(picks["i-0"] < 20);
}

BOOST_AUTO_TEST_CASE(prequal_takes_the_least_of_the_hot) {
  // A quantile of 0: all but the emptiest are hot, and that one has been tried.
  const Answers answers{{{"i-0", {.in_flight = 9, .latency = absl::Milliseconds(1)}},
                         {"i-1", {.in_flight = 5, .latency = absl::Milliseconds(2)}},
                         {"i-2", {.in_flight = 0, .latency = absl::Milliseconds(1)}}}};
  const std::vector<std::string> tried = {"i-2"};
  PrequalOptions options;
  options.probes_per_pick = PrequalOptions::kPoolMax;
  options.hot_quantile = 0;
  std::map<std::string, int> picks =
      Picks(**answers.Make(options)->Build(MakeEndpoints(3)), 200, {.avoid = tried, .now = kNow});
  BOOST_TEST(picks["i-1"] > 170);
}

BOOST_AUTO_TEST_CASE(without_answers_prequal_draws) {
  const Answers nothing;
  std::map<std::string, int> picks = Picks(**nothing.Make()->Build(MakeEndpoints(4)), 4000, {.now = kNow});
  for (const auto& [id, count] : picks) BOOST_TEST(count > 850, id);
}

BOOST_AUTO_TEST_CASE(old_probes_are_forgotten) {
  Answers answers{{{"i-0", {.in_flight = 0, .latency = absl::Milliseconds(1)}}}};
  auto picker = *answers.Make()->Build(MakeEndpoints(20));
  Picks(*picker, 200, {.now = kNow});
  answers.of.clear();
  // A second later none of what was known counts.
  std::map<std::string, int> picks = Picks(*picker, 400, {.now = kNow + absl::Seconds(2)});
  BOOST_TEST(picks["i-0"] < 60);
}

BOOST_AUTO_TEST_CASE(prequal_avoids_what_is_to_be_avoided) {
  const EndpointList endpoints = MakeEndpoints(3);
  const std::vector<std::string> tried = {"i-0", "i-2"};
  BOOST_TEST(Picks(**(*MakePrequal())->Build(endpoints), 300, {.avoid = tried, .now = kNow})["i-1"] == 300);
}

BOOST_AUTO_TEST_CASE(impossible_options_of_prequal_are_refused) {
  const PrequalOptions cases[] = {{.probes_per_pick = 0}, {.probes_per_pick = PrequalOptions::kPoolMax + 1},
                                  {.pool_max = 0},        {.pool_max = PrequalOptions::kPoolMax + 1},
                                  {.hot_quantile = 1.5},  {.uses = 0}};
  for (const PrequalOptions& options : cases) {
    BOOST_TEST(StatusIs(MakePrequal(options).status(), absl::StatusCode::kInvalidArgument, "Prequal"));
  }
}

}  // namespace
}  // namespace nubo::lb
