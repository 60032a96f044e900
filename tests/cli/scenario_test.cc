// Scenario files: what is read, and what one sentence says of what cannot be.
#include "nubo/cli/simulate/scenario.h"

#include <boost/test/unit_test.hpp>

#include "absl/strings/str_cat.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::cli {
namespace {

using ::nubo::simulation::Arrivals;
using ::nubo::simulation::Distribution;
using ::nubo::simulation::Incident;
using ::nubo::simulation::Simulation;
using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

const lb::PolicyRegistry& Registry() {
  static const auto& registry = *new lb::PolicyRegistry(lb::PolicyRegistry::Builder().AddBuiltins().Build());
  return registry;
}

absl::StatusOr<Scenario> Read(absl::string_view text) { return ReadScenario(text, "s.yaml", Registry()); }

constexpr absl::string_view kSmall =
    "servers: [{name: web, count: 3}]\n"
    "arrivals: {load: 0.5}\n"
    "policies: [round_robin]\n";

// The small scenario with `more` after it.
absl::StatusOr<Scenario> With(absl::string_view more) { return Read(absl::StrCat(kSmall, more)); }

boost::test_tools::assertion_result Refuses(absl::string_view text, absl::string_view why) {
  return StatusIs(Read(text), absl::StatusCode::kInvalidArgument, why);
}
boost::test_tools::assertion_result RefusesWith(absl::string_view more, absl::string_view why) {
  return StatusIs(With(more), absl::StatusCode::kInvalidArgument, why);
}

}  // namespace

BOOST_AUTO_TEST_CASE(three_lines_are_a_scenario) {
  const auto scenario = Read(kSmall);
  BOOST_REQUIRE(IsOk(scenario));
  const Simulation& simulation = scenario->simulation;
  BOOST_TEST(simulation.servers.size() == 3u);
  BOOST_TEST(simulation.servers[2].id == "web-2");
  // Half of three servers that take 10 ms each.
  BOOST_TEST(simulation.rate_per_second == 150.0, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(scenario->policies.size() == 1u);
  BOOST_TEST(scenario->policies[0].label == "round_robin");
}

BOOST_AUTO_TEST_CASE(every_member_is_read) {
  const auto scenario = Read(R"(
description: All of it
seed: 7
duration: 20s
warm_up: 2s
timeout: 500ms
balancers: 4
intervals: 20
in_flight_max: 500
arrivals: {process: bursty, rate: 1000, burst_factor: 3, burst_share: 0.2, burst_length: 100ms}
service: {distribution: bimodal, mean: 5ms, long_share: 0.05, long_factor: 20}
keys: {count: 1000, skew: 0.9}
cache: {entries: 10, hit_factor: 0.5}
servers:
- {name: fast, count: 2, speed: 1.5, workers: 4, weight: 3, zone: us-east-1a}
- {name: late, present: false}
events:
- {at: 1s, kill: fast-0}
- {at: 2s, hang: [fast-0, late]}
- {at: 3s, fail: fast, share: 0.5, error_time: 2ms}
- {at: 4s, slow: fast-1, factor: 0.2}
- {at: 5s, recover: fast, cold: 3s}
- {at: 6s, drain: fast-1}
- {at: 7s, add: late, cold: 4s}
policies:
- random
- {policy: random, name: another}
- central_queue
- join_shortest_queue
)");
  BOOST_REQUIRE(IsOk(scenario));
  const Simulation& simulation = scenario->simulation;
  BOOST_TEST(scenario->description == "All of it");
  BOOST_TEST(simulation.seed == 7u);
  BOOST_TEST((simulation.duration == absl::Seconds(20)));
  BOOST_TEST((simulation.warm_up == absl::Seconds(2)));
  BOOST_TEST((simulation.timeout == absl::Milliseconds(500)));
  BOOST_TEST(simulation.balancers == 4u);
  BOOST_TEST(simulation.intervals == 20);
  BOOST_TEST(simulation.in_flight_max == 500u);
  BOOST_TEST((simulation.arrivals.kind == Arrivals::Kind::kBursty));
  BOOST_TEST(simulation.arrivals.burst_factor == 3);
  BOOST_TEST((simulation.arrivals.burst_length == absl::Milliseconds(100)));
  BOOST_TEST(simulation.rate_per_second == 1000);
  BOOST_TEST((simulation.service.kind == Distribution::Kind::kBimodal));
  BOOST_TEST(simulation.service.long_factor == 20);
  BOOST_TEST(simulation.keys == 1000u);
  BOOST_TEST(simulation.key_skew == 0.9);
  BOOST_TEST(simulation.cache_entries == 10u);
  BOOST_TEST(simulation.cache_hit_factor == 0.5);
  BOOST_TEST(simulation.servers.size() == 3u);
  BOOST_TEST(simulation.servers[1].speed == 1.5);
  BOOST_TEST(simulation.servers[1].workers == 4);
  BOOST_TEST(simulation.servers[1].zone == "us-east-1a");
  BOOST_TEST(simulation.servers[2].id == "late");
  BOOST_TEST(!simulation.servers[2].present);
  BOOST_TEST(simulation.incidents.size() == 7u);
  BOOST_TEST(simulation.incidents[1].servers == (std::vector<size_t>{0, 2}), boost::test_tools::per_element());
  BOOST_TEST(simulation.incidents[2].servers == (std::vector<size_t>{0, 1}), boost::test_tools::per_element());
  BOOST_TEST(simulation.incidents[2].share == 0.5);
  BOOST_TEST((simulation.incidents[4].cold == absl::Seconds(3)));
  BOOST_TEST((simulation.incidents[6].kind == Incident::Kind::kAdd));
  BOOST_TEST(scenario->policies[1].label == "another");
}

BOOST_AUTO_TEST_CASE(health_checks_are_those_of_a_target_group) {
  const auto scenario = With(
      "target_group:\n"
      "  deregistration_delay: 10s\n"
      "  fail_health_checks: true\n"
      "  health_check: {interval: 2s, timeout: 1s, healthy_threshold: 3, unhealthy_threshold: 4}\n");
  BOOST_REQUIRE(IsOk(scenario));
  const lb::TargetGroupOptions& options = *scenario->simulation.target_group;
  BOOST_TEST((options.deregistration_delay == absl::Seconds(10)));
  BOOST_TEST((options.health_check.interval == absl::Seconds(2)));
  BOOST_TEST(options.health_check.unhealthy_threshold == 4);
  BOOST_TEST(scenario->simulation.fail_health_checks);
}

BOOST_AUTO_TEST_CASE(json_is_read_too) {
  BOOST_TEST(IsOk(Read(R"({"servers": [{"name": "a"}], "arrivals": {"rate": 10}, "policies": ["random"]})")));
}

BOOST_AUTO_TEST_CASE(what_is_missing_is_named) {
  BOOST_TEST(Refuses("", "s.yaml:1:1: the scenario is empty"));
  BOOST_TEST(Refuses("42", "s.yaml:1:1: the scenario must be an object, not a number"));
  BOOST_TEST(Refuses("seed: 1", "s.yaml:1:1: there are no servers; for example"));
  BOOST_TEST(Refuses("servers: [{name: a}]", "there are no arrivals"));
  BOOST_TEST(Refuses("servers: [{name: a}]\narrivals: {load: 1}\n", "there are no policies; for example"));
  BOOST_TEST(Refuses("servers: []\narrivals: {load: 1}\npolicies: [random]", "there are no servers"));
  BOOST_TEST(Refuses("servers: [{count: 2}]\narrivals: {load: 1}\npolicies: [random]", "s.yaml:1:11: a group"));
}

BOOST_AUTO_TEST_CASE(errors_name_the_place_and_what_would_be_right) {
  BOOST_TEST(RefusesWith("durations: 5s\n", "s.yaml:4:1: the scenario has no 'durations'; did you mean duration?"));
  BOOST_TEST(RefusesWith("duration: 5\n", "s.yaml:4:11: duration of the scenario is '5'; it must be a time with its"));
  BOOST_TEST(RefusesWith("seed: -1\n", "seed of the scenario is '-1'"));
  BOOST_TEST(RefusesWith("duration: 1s\nwarm_up: 1s\n", "the warm-up is 1s"));
  BOOST_TEST(RefusesWith("balancers: [1]\n", "s.yaml:4:12: balancers of the scenario must be a whole number, not a"));
  BOOST_TEST(RefusesWith("service: {distribution: normal}\n", "s.yaml:4:25: distribution of the service time is"));
  BOOST_TEST(RefusesWith("service: {sigma: 1}\n", "s.yaml:4:11: the service time has no 'sigma'"));
  BOOST_TEST(RefusesWith("events: [{at: 1s}]\n", "s.yaml:4:10: an event is exactly one of kill, hang"));
  BOOST_TEST(RefusesWith("events: [{kill: web}]\n", "an event has no time"));
  BOOST_TEST(RefusesWith("events: [{at: 1s, kill: [web, web-0]}]\n", "more servers than there are, 3; name each once"));
  BOOST_TEST(RefusesWith("events: [{at: 1s, kill: web-7}]\n", "s.yaml:4:25: there is no server or group 'web-7'"));
  BOOST_TEST(RefusesWith("events: [{at: 1s, hang: web}]\n", "requests have no timeout"));
  BOOST_TEST(RefusesWith("cache: {}\n", "requests have no keys"));
  BOOST_TEST(RefusesWith("target_group: {health_check: {interval: 1s, timeout: 2s}}\n", "s.yaml:4:30: "));
  BOOST_TEST(
      Refuses("servers: [{name: a}]\narrivals: {load: 1, rate: 2}\npolicies: [random]", "s.yaml:2:11: arrivals"));
  BOOST_TEST(Refuses("servers: [{name: a}]\narrivals: {load: 1}\npolicies: [rendom]", "there is no policy 'rendom'"));
  BOOST_TEST(Refuses("servers: [{name: a}]\narrivals: {load: 1}\npolicies: [random, random]", "two policies"));
  BOOST_TEST(Refuses("servers: [{name: a}, {name: a}]\narrivals: {load: 1}\npolicies: [random]", "two servers"));
}

BOOST_AUTO_TEST_CASE(bounds_hold) {
  BOOST_TEST(RefusesWith("duration: 168h\nservice: {mean: 1us}\n", "the number of requests"));
  BOOST_TEST(Refuses("servers: [{name: a, count: 10000}, {name: b, count: 2}]\narrivals: {load: 1}\npolicies: [random]",
                     "more than 10000 servers"));
  BOOST_TEST(RefusesWith("balancers: 1000000\n", "balancers of the scenario is '1000000'"));
  BOOST_TEST(Refuses(std::string(kScenarioBytesMax + 1, '#') + "\n", "bytes"));
}

}  // namespace nubo::cli
