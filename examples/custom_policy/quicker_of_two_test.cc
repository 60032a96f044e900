// [test]
#include "quicker_of_two.h"

#include <boost/test/unit_test.hpp>
#include <random>

#include "nubo/lb/policies.h"
#include "nubo/simulation/queueing.h"
#include "nubo/testing/status_matchers.h"

namespace simulation = nubo::simulation;
namespace testing = nubo::testing;

// Half of the servers are three times as fast as the others; all together are busy for three quarters of the time.
double P99(const simulation::PolicyFactory& make_policy) {
  simulation::Simulation simulation;
  simulation.servers = simulation::MakeServers(20, 1.5, "fast");
  for (const simulation::SimulatedServer& slow : simulation::MakeServers(20, 0.5, "slow")) {
    simulation.servers.push_back(slow);
  }
  simulation.service = simulation::Distribution::Exponential(absl::Milliseconds(1));
  simulation.rate_per_second = simulation::RateForLoad(simulation, 0.75);
  simulation.warm_up = absl::Milliseconds(500);
  simulation.duration = absl::Seconds(3);
  const auto result = simulation::Simulate(simulation, make_policy);
  BOOST_REQUIRE(testing::IsOk(result));
  return absl::ToDoubleMilliseconds(result->Quantile(0.99));
}

BOOST_AUTO_TEST_CASE(the_slow_half_hurts_less_than_with_any_policy_that_does_not_look_at_latency) {
  const double own = P99([] { return std::make_unique<QuickerOfTwo>(); });
  BOOST_TEST(own < P99(nubo::lb::MakeRandom) / 2);
  BOOST_TEST(own < P99(nubo::lb::MakeRoundRobin) / 2);
}
// [/test]

BOOST_AUTO_TEST_CASE(who_was_tried_is_tried_again_only_when_there_is_nobody_else) {
  nubo::lb::EndpointList endpoints;
  for (const char* id : {"a", "b"}) {
    nubo::lb::Endpoint endpoint;
    endpoint.id = id;
    endpoint.address = {nubo::net::IpAddress::V4(0x7f000001), static_cast<uint16_t>(9000 + endpoints.size())};
    endpoint.load = std::make_shared<nubo::lb::Load>();
    endpoints.push_back(std::make_shared<const nubo::lb::Endpoint>(endpoint));
  }
  const auto picker = *QuickerOfTwo().Build(endpoints);
  std::mt19937_64 rng(1);
  const std::vector<std::string> tried = {"a"};
  int again = 0;
  for (int i = 0; i < 1000; ++i) again += picker->Pick({.avoid = tried}, rng).endpoint()->id == "a" ? 1 : 0;
  BOOST_TEST(again < 10);
}
