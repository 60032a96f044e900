// The scenarios of examples/simulate: what should hold in each of them does.
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "nubo/cli/simulate/scenario.h"
#include "nubo/cli/simulate/simulate_report.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::cli {
namespace {

using ::nubo::simulation::ServerResult;
using ::nubo::simulation::SimulationResult;
using ::nubo::testing::IsOk;

struct Example {
  Scenario scenario;
  std::map<std::string, SimulationResult> results;

  const ServerResult& Server(const SimulationResult& result, const std::string& id) const {
    for (const ServerResult& server : result.servers) {
      if (server.id == id) return server;
    }
    BOOST_FAIL(id);
    return result.servers[0];
  }
  // Requests sent to a server from one time to another; whole intervals.
  uint64_t Sent(const SimulationResult& result, const std::string& id, absl::Duration from, absl::Duration to) const {
    const ServerResult& server = Server(result, id);
    uint64_t sum = 0;
    for (size_t i = 0; i < server.requests_by_interval.size(); ++i) {
      if (Start(i) >= from && Start(i + 1) <= to) sum += server.requests_by_interval[i];
    }
    return sum;
  }
  uint64_t Failed(const SimulationResult& result, absl::Duration from, absl::Duration to) const {
    uint64_t sum = 0;
    for (size_t i = 0; i < result.intervals.size(); ++i) {
      if (Start(i) >= from && Start(i + 1) <= to) sum += result.intervals[i].failed;
    }
    return sum;
  }
  absl::Duration Start(size_t interval) const {
    return scenario.simulation.duration / scenario.simulation.intervals * static_cast<double>(interval);
  }
};

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  BOOST_REQUIRE_MESSAGE(file.good(), path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

Example RunExample(const std::string& name) {
  const auto registry = lb::PolicyRegistry::Builder().AddBuiltins().Build();
  const std::string path = absl::StrCat("examples/simulate/", name, ".yaml");
  auto scenario = ReadScenario(ReadFile(path), path, registry);
  BOOST_REQUIRE(IsOk(scenario));
  Example example{*std::move(scenario), {}};
  for (const ScenarioPolicy& policy : example.scenario.policies) {
    auto result = RunPolicy(example.scenario, policy, registry);
    BOOST_REQUIRE(IsOk(result));
    example.results.emplace(policy.label, *std::move(result));
  }
  return example;
}

}  // namespace

// docs/guides/balancing-policies.md shows these files, and says which policy to choose because of them.
BOOST_AUTO_TEST_CASE(the_tables_of_the_guide_are_what_the_simulator_prints) {
  for (const std::string name : {"homogeneous", "heterogeneous", "heavy-tail", "sick-server", "caches"}) {
    const Example example = RunExample(name);
    std::vector<PolicyOutcome> outcomes;
    for (const ScenarioPolicy& policy : example.scenario.policies) {
      outcomes.push_back({policy.label, example.results.at(policy.label)});
    }
    const std::string path = absl::StrCat("examples/simulate/", name);
    const bool equal = SimulationTable(example.scenario, outcomes) == ReadFile(path + ".txt");
    BOOST_TEST(equal, absl::StrCat("write it anew: nubo simulate lb ", path, ".yaml > ", path, ".txt"));
  }
}

BOOST_AUTO_TEST_CASE(the_dead_get_nothing_once_they_are_found_out) {
  const Example health = RunExample("health");
  for (const auto& [policy, result] : health.results) {
    BOOST_TEST_CONTEXT(policy) {
      for (const std::string dead : {"web-0", "web-1"}) {
        // A refused connection is a hint, and the check that follows it decides: within a second.
        BOOST_TEST(health.Sent(result, dead, absl::Seconds(21), absl::Seconds(40)) == 0u);
        BOOST_TEST(health.Sent(result, dead, absl::Seconds(46), absl::Seconds(60)) > 500u);
      }
      BOOST_TEST(health.Failed(result, absl::Seconds(1), absl::Seconds(19)) == 0u);
      BOOST_TEST(health.Failed(result, absl::Seconds(21), absl::Seconds(60)) == 0u);
    }
  }
}

BOOST_AUTO_TEST_CASE(draining_costs_no_request) {
  const Example drain = RunExample("drain");
  for (const auto& [policy, result] : drain.results) {
    BOOST_TEST_CONTEXT(policy) {
      BOOST_TEST(result.failed() == 0u);
      BOOST_TEST(drain.Sent(result, "old-0", absl::Seconds(20), absl::Seconds(100)) == 0u);
      BOOST_TEST(drain.Sent(result, "new-0", absl::Seconds(0), absl::Seconds(10)) == 0u);
      BOOST_TEST(drain.Sent(result, "new-0", absl::Seconds(12), absl::Seconds(100)) > 1000u);
    }
  }
}

BOOST_AUTO_TEST_CASE(an_outlier_is_ejected_for_longer_each_time) {
  const Example outlier = RunExample("outlier");
  for (const auto& [policy, result] : outlier.results) {
    BOOST_TEST_CONTEXT(policy) {
      // Five failures at each of two balancers, at once, after 20 s, and after 40 s more.
      BOOST_TEST(result.errors == 30u);
      BOOST_TEST(outlier.Sent(result, "web-0", absl::Seconds(54), absl::Seconds(69)) == 0u);
      BOOST_TEST(outlier.Sent(result, "web-0", absl::Seconds(75), absl::Seconds(108)) == 0u);
      BOOST_TEST(outlier.Sent(result, "web-0", absl::Seconds(175), absl::Seconds(200)) > 1000u);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_dead_get_requests_only_while_too_few_are_healthy) {
  const Example panic = RunExample("panic");
  for (const auto& [policy, result] : panic.results) {
    BOOST_TEST_CONTEXT(policy) {
      // Six of ten are healthy: enough.
      BOOST_TEST(panic.Sent(result, "web-0", absl::Seconds(11), absl::Seconds(20)) == 0u);
      // One of ten: it gets its tenth, not everything, and stays as quick as before.
      const uint64_t all = 300 * 18;
      const uint64_t alive = panic.Sent(result, "web-9", absl::Seconds(21), absl::Seconds(39));
      BOOST_TEST(alive > all / 20);
      BOOST_TEST(alive < all / 6);
      BOOST_TEST(panic.Sent(result, "web-0", absl::Seconds(21), absl::Seconds(39)) > all / 20);
      BOOST_TEST(panic.Failed(result, absl::Seconds(11), absl::Seconds(20)) == 0u);
      BOOST_TEST(panic.Failed(result, absl::Seconds(45), absl::Seconds(60)) == 0u);
    }
  }
}

}  // namespace nubo::cli
