#include "nubo/simulation/queueing.h"

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "nubo/lb/policies.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::simulation {
namespace {

using testing::IsOk;
using testing::StatusIs;

// `count` servers, Poisson arrivals, exponential service of 1 ms: results in ms are in service times.
Simulation Supermarket(absl::Duration duration, double load = 0.9, size_t count = 100) {
  Simulation simulation;
  simulation.servers = MakeServers(count);
  simulation.service = Distribution::Exponential(absl::Milliseconds(1));
  simulation.rate_per_second = RateForLoad(simulation, load);
  simulation.warm_up = absl::Seconds(1);
  simulation.duration = duration;
  return simulation;
}

std::unique_ptr<lb::Policy> TwoChoices() { return lb::MakeLeastOutstandingRequests(1); }
std::unique_ptr<lb::Policy> ShortestQueue() { return lb::MakeLeastOutstandingRequests(Simulation::kServersMax); }
std::unique_ptr<lb::Policy> RoundRobin() { return lb::MakeRoundRobin(); }

double Ms(absl::Duration duration) { return absl::ToDoubleMilliseconds(duration); }

SimulationResult Must(const absl::StatusOr<SimulationResult>& result) {
  BOOST_REQUIRE(IsOk(result));
  return *result;
}

uint64_t Sum(const std::vector<uint32_t>& counts, size_t from, size_t to) {
  uint64_t sum = 0;
  for (size_t i = from; i < to; ++i) sum += counts[i];
  return sum;
}

}  // namespace

// Queueing theory, with a seed and enough requests: at most a few seconds of CPU each.

// Mitzenmacher, The Power of Two Choices in Randomized Load Balancing (2001): the mean time in an infinite system with
// d choices at load r is the sum over i >= 1 of r^((d^i - d) / (d - 1)).
BOOST_AUTO_TEST_CASE(two_choices_take_what_the_supermarket_model_says) {
  double expected = 0;
  for (int i = 1; i < 10; ++i) expected += std::pow(0.9, std::pow(2, i) - 2);
  BOOST_TEST(expected == 2.614, boost::test_tools::tolerance(0.001));
  const SimulationResult result = Must(Simulate(Supermarket(absl::Seconds(40)), TwoChoices));
  BOOST_TEST(Ms(result.Mean()) == expected, boost::test_tools::tolerance(0.02));
}

BOOST_AUTO_TEST_CASE(the_shortest_queue_of_a_hundred_is_nearly_one_queue) {
  const SimulationResult result = Must(Simulate(Supermarket(absl::Seconds(20)), ShortestQueue));
  BOOST_TEST(Ms(result.Mean()) == 1.06, boost::test_tools::tolerance(0.02));
  BOOST_TEST(Ms(result.Quantile(0.99)) == 4.9, boost::test_tools::tolerance(0.03));
  BOOST_TEST(Ms(result.Quantile(0.999)) == 7.3, boost::test_tools::tolerance(0.05));
}

// A bar for the policies: peak EWMA over all, which knows neither speeds nor queues but what it has seen itself, beside
// the shortest queue; Prequal, which looks at three servers a request, beside two choices.
BOOST_AUTO_TEST_CASE(the_best_policies_come_close_to_the_shortest_queue) {
  const auto peak_ewma = [] {
    return lb::MakeLeastCost("peak_ewma", lb::PeakEwma(), {.full_scan_max = Simulation::kServersMax});
  };
  const auto prequal = [] { return *lb::MakePrequal(); };
  for (const bool half_at_half_speed : {false, true}) {
    Simulation simulation = Supermarket(absl::Seconds(10));
    simulation.warm_up = absl::Seconds(5);
    if (half_at_half_speed) {
      for (size_t i = 0; i < simulation.servers.size(); i += 2) simulation.servers[i].speed = 0.5;
      simulation.rate_per_second = RateForLoad(simulation, 0.9);
    }
    const auto p99 = [&](const PolicyFactory& policy) { return Ms(Must(Simulate(simulation, policy)).Quantile(0.99)); };
    const double shortest = p99(ShortestQueue);
    BOOST_TEST(p99(peak_ewma) <= 1.3 * shortest, half_at_half_speed);
    BOOST_TEST(p99(prequal) <= 1.6 * shortest, half_at_half_speed);
    BOOST_TEST(p99(prequal) < p99(TwoChoices), half_at_half_speed);
  }
}

// Erlang's C formula (1917): the mean wait in a queue with c servers is C(c, a) / (c - a) service times.
BOOST_AUTO_TEST_CASE(one_central_queue_takes_what_erlang_says) {
  constexpr int kServers = 10;
  constexpr double kOffered = 8;
  double term = 1, sum = 1;
  for (int k = 1; k < kServers; ++k) sum += term *= kOffered / k;
  const double last = term * kOffered / kServers * kServers / (kServers - kOffered);
  const double expected = 1 + last / (sum + last) / (kServers - kOffered);
  const SimulationResult result = Must(SimulateCentralQueue(Supermarket(absl::Seconds(60), 0.8, kServers)));
  BOOST_TEST(Ms(result.Mean()) == expected, boost::test_tools::tolerance(0.02));
}

// A single server: 1 / (1 - r) with exponential service; Pollaczek and Khinchine, 1 + r / (1 - r) * (1 + cv^2) / 2,
// with any other.
BOOST_AUTO_TEST_CASE(a_single_server_takes_what_pollaczek_and_khinchine_say) {
  Simulation simulation = Supermarket(absl::Seconds(1000), 0.7, 1);
  BOOST_TEST(Ms(Must(Simulate(simulation, RoundRobin)).Mean()) == 1 / 0.3, boost::test_tools::tolerance(0.03));
  simulation.service = Distribution::Constant(absl::Milliseconds(1));
  BOOST_TEST(Ms(Must(Simulate(simulation, RoundRobin)).Mean()) == 1 + 0.7 / 0.3 / 2,
             boost::test_tools::tolerance(0.03));
  simulation.service = Distribution::Bimodal(absl::Milliseconds(1), 0.1, 10);
  // Mean 1.9, mean square 10.9 in units of a short one.
  const double square = 10.9 / 1.9 / 1.9;
  BOOST_TEST(Ms(Must(Simulate(simulation, RoundRobin)).Mean()) == 1 + 0.7 / 0.3 * square / 2,
             boost::test_tools::tolerance(0.05));
}

BOOST_AUTO_TEST_CASE(a_regular_stream_waits_less_than_a_poisson_one_and_a_bursty_one_more) {
  Simulation simulation = Supermarket(absl::Seconds(60), 0.7, 10);
  const auto mean = [&](Arrivals::Kind kind) {
    simulation.arrivals.kind = kind;
    return Ms(Must(Simulate(simulation, TwoChoices)).Mean());
  };
  const double constant = mean(Arrivals::Kind::kConstant);
  const double poisson = mean(Arrivals::Kind::kPoisson);
  const double bursty = mean(Arrivals::Kind::kBursty);
  BOOST_TEST(constant < poisson);
  BOOST_TEST(poisson < bursty);
}

BOOST_AUTO_TEST_CASE(slow_servers_take_longer) {
  Simulation simulation = Supermarket(absl::Seconds(20), 0.1, 10);
  for (size_t i = 0; i < 10; ++i) simulation.servers[i].speed = 0.5;
  // Nobody waits at this load.
  BOOST_TEST(Ms(Must(Simulate(simulation, ShortestQueue)).Mean()) == 2.0, boost::test_tools::tolerance(0.02));
}

BOOST_AUTO_TEST_CASE(workers_serve_side_by_side) {
  Simulation many = Supermarket(absl::Seconds(20), 0.8, 1);
  many.servers[0].workers = 10;
  many.rate_per_second = RateForLoad(many, 0.8);
  const SimulationResult result = Must(Simulate(many, RoundRobin));
  const SimulationResult central = Must(SimulateCentralQueue(Supermarket(absl::Seconds(20), 0.8, 10)));
  BOOST_TEST(Ms(result.Mean()) == Ms(central.Mean()), boost::test_tools::tolerance(0.02));
  BOOST_TEST(result.servers[0].utilization == 0.8, boost::test_tools::tolerance(0.02));
}

// Several balancers know less: each sees only its own requests.
BOOST_AUTO_TEST_CASE(several_balancers_do_worse_unless_they_share_what_they_know) {
  Simulation simulation = Supermarket(absl::Seconds(10));
  const double one = Ms(Must(Simulate(simulation, ShortestQueue)).Mean());
  simulation.balancers = 10;
  const double ten = Ms(Must(Simulate(simulation, ShortestQueue)).Mean());
  simulation.share_load = true;
  const double oracle = Ms(Must(Simulate(simulation, ShortestQueue)).Mean());
  BOOST_TEST(ten > 2 * one);
  BOOST_TEST(oracle == one, boost::test_tools::tolerance(0.03));
}

// A run is its seed.

BOOST_AUTO_TEST_CASE(the_same_seed_gives_the_same_run_and_another_one_does_not) {
  Simulation simulation = Supermarket(absl::Seconds(2));
  simulation.balancers = 3;
  simulation.keys = 100;
  const SimulationResult a = Must(Simulate(simulation, TwoChoices));
  const SimulationResult b = Must(Simulate(simulation, TwoChoices));
  simulation.seed = 2;
  const SimulationResult c = Must(Simulate(simulation, TwoChoices));
  BOOST_TEST(a.latency.Mean() == b.latency.Mean());
  BOOST_TEST(a.keys_moved == b.keys_moved);
  for (size_t i = 0; i < a.servers.size(); ++i) {
    BOOST_TEST(a.servers[i].requests_by_interval == b.servers[i].requests_by_interval,
               boost::test_tools::per_element());
  }
  BOOST_TEST(a.latency.Mean() != c.latency.Mean());
}

BOOST_AUTO_TEST_CASE(all_policies_meet_the_same_requests) {
  const Simulation simulation = Supermarket(absl::Seconds(3));
  const SimulationResult a = Must(Simulate(simulation, TwoChoices));
  const SimulationResult b = Must(Simulate(simulation, RoundRobin));
  for (size_t i = 0; i < a.intervals.size(); ++i) BOOST_TEST(a.intervals[i].requests == b.intervals[i].requests);
}

// What happens on the way.

BOOST_AUTO_TEST_CASE(a_killed_server_refuses_and_what_it_held_fails) {
  Simulation simulation = Supermarket(absl::Seconds(10), 0.8, 4);
  simulation.incidents = {{.at = absl::Seconds(5), .kind = Incident::Kind::kKill, .servers = {0}}};
  const SimulationResult result = Must(Simulate(simulation, RoundRobin));
  // A quarter of the second half.
  BOOST_TEST(static_cast<double>(result.refused) == 3200 * 5 / 4.0, boost::test_tools::tolerance(0.05));
  BOOST_TEST(result.refused == result.servers[0].failed);
  BOOST_TEST(result.servers[0].requests_while_dead > 3500u);
  BOOST_TEST(result.requests == result.succeeded + result.failed());
}

BOOST_AUTO_TEST_CASE(a_recovered_server_serves_again) {
  Simulation simulation = Supermarket(absl::Seconds(10), 0.5, 4);
  simulation.incidents = {{.at = absl::Seconds(2), .kind = Incident::Kind::kKill, .servers = {0}},
                          {.at = absl::Seconds(4), .kind = Incident::Kind::kRecover, .servers = {0}}};
  const SimulationResult result = Must(Simulate(simulation, RoundRobin));
  for (size_t i = 0; i < result.intervals.size(); ++i) {
    const double at = 10.0 * static_cast<double>(i) / static_cast<double>(result.intervals.size());
    if (at < 1.8 || at >= 4.0) BOOST_TEST(result.intervals[i].failed == 0u, at);
    if (at > 2.0 && at < 3.8) BOOST_TEST(result.intervals[i].failed > 0u, at);
  }
}

BOOST_AUTO_TEST_CASE(requests_to_a_hanging_server_time_out_and_go_on_when_it_recovers) {
  Simulation simulation = Supermarket(absl::Seconds(10), 0.5, 4);
  simulation.timeout = absl::Milliseconds(100);
  simulation.incidents = {{.at = absl::Seconds(4), .kind = Incident::Kind::kHang, .servers = {0}},
                          {.at = absl::Seconds(6), .kind = Incident::Kind::kRecover, .servers = {0}}};
  const SimulationResult result = Must(Simulate(simulation, RoundRobin));
  // Those of the last 100 ms were waiting and are served.
  BOOST_TEST(static_cast<double>(result.timed_out) == 1.9 * 500, boost::test_tools::tolerance(0.1));
  BOOST_TEST(result.refused == 0u);
  BOOST_TEST(result.intervals.back().failed == 0u);
  BOOST_TEST(result.requests == result.succeeded + result.failed());
}

BOOST_AUTO_TEST_CASE(a_hang_without_recovery_ends_all_the_same) {
  Simulation simulation = Supermarket(absl::Seconds(4), 0.5, 2);
  simulation.timeout = absl::Milliseconds(100);
  simulation.incidents = {{.at = absl::Seconds(2), .kind = Incident::Kind::kHang, .servers = {0, 1}}};
  const SimulationResult result = Must(Simulate(simulation, RoundRobin));
  BOOST_TEST(result.requests == result.succeeded + result.failed());
  BOOST_TEST(result.timed_out > 1800u);
}

BOOST_AUTO_TEST_CASE(a_failing_server_fails_its_share_at_once) {
  Simulation simulation = Supermarket(absl::Seconds(10), 0.5, 4);
  simulation.incidents = {{.at = absl::ZeroDuration(), .kind = Incident::Kind::kFail, .servers = {0}, .share = 0.5}};
  const SimulationResult result = Must(Simulate(simulation, RoundRobin));
  BOOST_TEST(static_cast<double>(result.errors) / static_cast<double>(result.requests) == 0.125,
             boost::test_tools::tolerance(0.05));
}

// The black hole: who fails fast looks idle.
BOOST_AUTO_TEST_CASE(a_server_that_fails_fast_draws_requests_to_itself) {
  Simulation simulation = Supermarket(absl::Seconds(10), 0.8, 10);
  simulation.incidents = {{.at = absl::ZeroDuration(),
                           .kind = Incident::Kind::kFail,
                           .servers = {0},
                           .error_time = absl::Microseconds(10)}};
  const uint64_t shortest = Must(Simulate(simulation, ShortestQueue)).errors;
  const uint64_t in_turn = Must(Simulate(simulation, RoundRobin)).errors;
  BOOST_TEST(shortest > 2 * in_turn);
}

BOOST_AUTO_TEST_CASE(a_slow_server_is_slow_until_it_recovers) {
  Simulation simulation = Supermarket(absl::Seconds(9), 0.05, 1);
  simulation.warm_up = absl::ZeroDuration();
  simulation.intervals = 3;
  simulation.incidents = {{.at = absl::Seconds(3), .kind = Incident::Kind::kSlow, .servers = {0}, .factor = 0.5},
                          {.at = absl::Seconds(6), .kind = Incident::Kind::kRecover, .servers = {0}}};
  const SimulationResult result = Must(Simulate(simulation, RoundRobin));
  BOOST_TEST(result.intervals[1].mean_ns > 1.6 * result.intervals[0].mean_ns);
  BOOST_TEST(result.intervals[2].mean_ns < 1.4 * result.intervals[0].mean_ns);
}

BOOST_AUTO_TEST_CASE(a_drained_server_finishes_what_it_holds_and_gets_no_more) {
  Simulation simulation = Supermarket(absl::Seconds(10), 0.5, 4);
  simulation.intervals = 10;
  simulation.incidents = {{.at = absl::Seconds(5), .kind = Incident::Kind::kDrain, .servers = {3}}};
  const SimulationResult result = Must(Simulate(simulation, TwoChoices));
  BOOST_TEST(result.failed() == 0u);
  BOOST_TEST(Sum(result.servers[3].requests_by_interval, 0, 5) > 2000u);
  BOOST_TEST(Sum(result.servers[3].requests_by_interval, 5, 10) == 0u);
}

BOOST_AUTO_TEST_CASE(an_added_server_joins_and_a_cold_one_is_slow_at_first) {
  Simulation simulation = Supermarket(absl::Seconds(10), 0.6, 3);
  simulation.servers[2].present = false;
  simulation.rate_per_second = 500;
  simulation.intervals = 10;
  simulation.incidents = {
      {.at = absl::Seconds(5), .kind = Incident::Kind::kAdd, .servers = {2}, .cold = absl::Seconds(4)}};
  const SimulationResult result = Must(Simulate(simulation, RoundRobin));
  BOOST_TEST(Sum(result.servers[2].requests_by_interval, 0, 5) == 0u);
  BOOST_TEST(Sum(result.servers[2].requests_by_interval, 6, 10) > 500u);
  BOOST_TEST(result.intervals[5].mean_ns > 1.2 * result.intervals[4].mean_ns);
  BOOST_TEST(result.intervals[9].mean_ns < result.intervals[5].mean_ns);
}

BOOST_AUTO_TEST_CASE(without_any_server_requests_are_unroutable) {
  Simulation simulation = Supermarket(absl::Seconds(2), 0.5, 1);
  simulation.incidents = {{.at = absl::ZeroDuration(), .kind = Incident::Kind::kDrain, .servers = {0}}};
  const SimulationResult result = Must(Simulate(simulation, RoundRobin));
  BOOST_TEST(result.unroutable == result.requests);
  BOOST_TEST(result.imbalance == 1);
}

BOOST_AUTO_TEST_CASE(past_the_bound_on_requests_in_flight_requests_fail) {
  Simulation simulation = Supermarket(absl::Seconds(5), 2.0, 1);
  simulation.in_flight_max = 100;
  const SimulationResult result = Must(Simulate(simulation, RoundRobin));
  BOOST_TEST(static_cast<double>(result.unroutable) / static_cast<double>(result.requests) == 0.5,
             boost::test_tools::tolerance(0.1));
  // The last one waits for a hundred.
  BOOST_TEST(Ms(result.Quantile(0.5)) == 100.0, boost::test_tools::tolerance(0.2));
}

// Health checks of each balancer's own.
BOOST_AUTO_TEST_CASE(health_checks_find_the_dead_and_the_recovered) {
  Simulation simulation = Supermarket(absl::Seconds(30), 0.5, 4);
  simulation.balancers = 2;
  simulation.intervals = 30;
  simulation.target_group.emplace();
  simulation.target_group->health_check.interval = absl::Seconds(2);
  simulation.target_group->health_check.timeout = absl::Seconds(1);
  simulation.target_group->health_check.healthy_threshold = 2;
  simulation.incidents = {{.at = absl::Seconds(5), .kind = Incident::Kind::kKill, .servers = {0}},
                          {.at = absl::Seconds(15), .kind = Incident::Kind::kRecover, .servers = {0}}};
  const SimulationResult result = Must(Simulate(simulation, RoundRobin));
  BOOST_TEST(result.servers[0].requests_while_dead > 0u);
  BOOST_TEST(Sum(result.servers[0].requests_by_interval, 10, 15) == 0u);
  BOOST_TEST(Sum(result.servers[0].requests_by_interval, 20, 30) > 4000u);
}

BOOST_AUTO_TEST_CASE(health_checks_change_the_set_that_keys_are_followed_by) {
  Simulation simulation = Supermarket(absl::Seconds(20), 0.5, 10);
  simulation.keys = 100;
  simulation.target_group.emplace();
  simulation.target_group->health_check.interval = absl::Seconds(2);
  simulation.target_group->health_check.timeout = absl::Seconds(1);
  simulation.incidents = {{.at = absl::Seconds(5), .kind = Incident::Kind::kKill, .servers = {0}}};
  const SimulationResult result = Must(Simulate(simulation, [] { return *lb::MakeRingHash(); }));
  BOOST_TEST(result.keys_followed >= 100u);
  BOOST_TEST(result.keys_moved > 5u);
  BOOST_TEST(result.keys_moved_needlessly == 0u);
}

BOOST_AUTO_TEST_CASE(a_request_that_would_take_longer_than_time_does_not_end_at_once) {
  Simulation simulation = Supermarket(absl::Hours(20), 0.5, 1);
  simulation.service = Distribution::Exponential(absl::Hours(1));
  simulation.servers[0].speed = 0.001;
  simulation.rate_per_second = 1e-3;
  simulation.timeout = absl::Minutes(30);
  simulation.incidents = {{.kind = Incident::Kind::kSlow, .servers = {0}, .factor = 0.001}};
  const SimulationResult result = Must(Simulate(simulation, RoundRobin));
  BOOST_TEST(result.requests > 10u);
  BOOST_TEST(result.succeeded == 0u);
}

BOOST_AUTO_TEST_CASE(nothing_arrives_after_the_end) {
  Simulation simulation = Supermarket(absl::Seconds(10));
  simulation.rate_per_second = 1e-6;
  BOOST_TEST(Must(Simulate(simulation, RoundRobin)).requests == 0u);
}

// Keys.

BOOST_AUTO_TEST_CASE(keys_that_policies_ignore_move_with_every_change) {
  Simulation simulation = Supermarket(absl::Seconds(10), 0.5, 10);
  simulation.keys = 100;
  simulation.incidents = {{.at = absl::Seconds(5), .kind = Incident::Kind::kDrain, .servers = {0}}};
  const SimulationResult result = Must(Simulate(simulation, lb::MakeRandom));
  BOOST_TEST(result.keys_followed == 100u);
  BOOST_TEST(result.disruption() > 0.75);
  BOOST_TEST(result.keys_moved_needlessly < result.keys_moved);
}

BOOST_AUTO_TEST_CASE(a_cache_answers_what_it_remembers_faster) {
  Simulation simulation = Supermarket(absl::Seconds(5), 0.3, 2);
  simulation.keys = 100;
  simulation.cache_entries = 1000;
  simulation.cache_hit_factor = 0.1;
  const SimulationResult all = Must(Simulate(simulation, lb::MakeRandom));
  BOOST_TEST(static_cast<double>(all.cache_hits) / static_cast<double>(all.requests) > 0.98);
  BOOST_TEST(Ms(all.Mean()) < 0.2);
  simulation.cache_entries = 1;
  const SimulationResult few = Must(Simulate(simulation, lb::MakeRandom));
  BOOST_TEST(static_cast<double>(few.cache_hits) / static_cast<double>(few.requests) < 0.05);
}

// Bad input.
BOOST_AUTO_TEST_CASE(what_cannot_be_simulated_is_refused) {
  const auto refuses = [](void (*change)(Simulation&), absl::string_view why) {
    Simulation simulation = Supermarket(absl::Seconds(10));
    change(simulation);
    return StatusIs(Simulate(simulation, RoundRobin), absl::StatusCode::kInvalidArgument, why);
  };
  BOOST_TEST(refuses([](Simulation& s) { s.servers.clear(); }, "no servers"));
  BOOST_TEST(refuses([](Simulation& s) { s.servers[1].id = s.servers[0].id; }, "two servers are called server-0"));
  BOOST_TEST(refuses([](Simulation& s) { s.servers[1].speed = 0; }, "the speed of server-1 is 0"));
  BOOST_TEST(refuses([](Simulation& s) { s.rate_per_second = std::nan(""); }, "the rate is nan"));
  BOOST_TEST(refuses([](Simulation& s) { s.rate_per_second = 1e9; }, "the number of requests"));
  BOOST_TEST(refuses([](Simulation& s) { s.warm_up = s.duration; }, "the warm-up"));
  BOOST_TEST(refuses([](Simulation& s) { s.balancers = 0; }, "the number of balancers"));
  BOOST_TEST(refuses([](Simulation& s) { s.balancers = 1000, s.servers = MakeServers(1000); }, "endpoints"));
  BOOST_TEST(refuses([](Simulation& s) { s.cache_entries = 1; }, "no keys"));
  BOOST_TEST(refuses([](Simulation& s) { s.incidents = {{.at = absl::Seconds(11)}}; }, "the time of the incident"));
  BOOST_TEST(refuses([](Simulation& s) { s.incidents = {{.servers = {100}}}; }, "counted from 0"));
  BOOST_TEST(refuses([](Simulation& s) { s.incidents = {{.kind = Incident::Kind::kHang}}; }, "no timeout"));
  BOOST_TEST(refuses([](Simulation& s) { s.incidents = {{.servers = std::vector<size_t>(101)}}; }, "name each once"));
  BOOST_TEST(refuses([](Simulation& s) { s.target_group.emplace(), s.servers[7].priority = 1; }, "no priorities"));
  BOOST_TEST(refuses(
      [](Simulation& s) {
        s.target_group.emplace();
        s.target_group->health_check.interval = s.target_group->health_check.timeout = absl::Nanoseconds(1);
      },
      "the number of health checks"));
  BOOST_TEST(refuses([](Simulation& s) { s.service.mean = absl::ZeroDuration(); }, "service: the mean"));
  BOOST_TEST(StatusIs(Simulate(Supermarket(absl::Seconds(10)), nullptr), absl::StatusCode::kInvalidArgument));
}

}  // namespace nubo::simulation
