// The scenario file of `nubo simulate lb`: a workload, servers, what happens to them, and the policies to try.
//
//   description: Two of ten servers die
//   duration: 60s
//   arrivals: {load: 0.6}
//   service: {distribution: exponential, mean: 10ms}
//   servers: [{name: web, count: 10}]
//   target_group: {health_check: {interval: 2s, timeout: 1s}}
//   events:
//   - {at: 20s, kill: [web-0, web-1]}
//   policies: [round_robin, least_outstanding_requests]
//
// docs/cli.md names every member. JSON is read too.
//
// Thread safety: values and pure functions.
#ifndef NUBO_CLI_SIMULATE_SCENARIO_H_
#define NUBO_CLI_SIMULATE_SCENARIO_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/lb/policy_registry.h"
#include "nubo/simulation/queueing.h"

namespace nubo::cli {

inline constexpr size_t kScenarioBytesMax = 262'144;
inline constexpr size_t kScenarioPoliciesMax = 50;

// What no policy can be, to compare with: one queue for all servers, and each request to the server that has the fewest
// of all balancers' requests.
inline constexpr absl::string_view kCentralQueue = "central_queue";
inline constexpr absl::string_view kJoinShortestQueue = "join_shortest_queue";

struct ScenarioPolicy {
  // What tables call it: the policy's name unless the file gives another.
  std::string label;
  // A policy of the registry, kCentralQueue or kJoinShortestQueue.
  std::string policy;
  lb::PolicyOptions options;
  // Only of prequal: the servers answer its probes, rather than the balancer's own figures.
  bool ask_servers = false;
};

struct Scenario {
  std::string description;
  simulation::Simulation simulation;
  std::vector<ScenarioPolicy> policies;
};

// INVALID_ARGUMENT, "file:line:column: sentence": not well formed, an unknown member, a value out of range, a server or
// policy that does not exist.
absl::StatusOr<Scenario> ReadScenario(absl::string_view text, absl::string_view file,
                                      const lb::PolicyRegistry& registry);

// One of the scenario's policies over its simulation. INVALID_ARGUMENT: the policy refuses the servers.
absl::StatusOr<simulation::SimulationResult> RunPolicy(const Scenario& scenario, const ScenarioPolicy& policy,
                                                       const lb::PolicyRegistry& registry);

}  // namespace nubo::cli

#endif  // NUBO_CLI_SIMULATE_SCENARIO_H_
