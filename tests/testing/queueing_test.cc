#include "nubo/testing/queueing.h"

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "nubo/lb/policies.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::testing {
namespace {

// 100 servers, Poisson arrivals at load 0.9, exponential service of 1 ms: results in ms are in service times.
Simulation Supermarket(absl::Duration duration) {
  Simulation simulation;
  simulation.servers = MakeServers(100);
  simulation.service = Distribution::Exponential(absl::Milliseconds(1));
  simulation.rate_per_second = RateForLoad(simulation, 0.9);
  simulation.warm_up = absl::Seconds(1);
  simulation.duration = duration;
  return simulation;
}

std::unique_ptr<lb::Policy> TwoChoices() { return lb::MakeLeastOutstandingRequests(1); }

double Ms(absl::Duration duration) { return absl::ToDoubleMilliseconds(duration); }

}  // namespace

// Mitzenmacher, The Power of Two Choices in Randomized Load Balancing (2001): the mean time in an infinite system with
// d choices at load r is the sum over i >= 1 of r^((d^i - d) / (d - 1)).
BOOST_AUTO_TEST_CASE(two_choices_take_what_the_supermarket_model_says) {
  double expected = 0;
  for (int i = 1; i < 10; ++i) expected += std::pow(0.9, std::pow(2, i) - 2);
  BOOST_TEST(expected == 2.614, boost::test_tools::tolerance(0.001));
  const auto result = Simulate(Supermarket(absl::Seconds(40)), TwoChoices);
  BOOST_TEST(IsOk(result));
  BOOST_TEST(Ms(result->Mean()) == expected, boost::test_tools::tolerance(0.02));
}

}  // namespace nubo::testing
