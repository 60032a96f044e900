// A simulation of queues behind load balancers, in virtual time: how a policy does, before anybody waits for it.
//
// Requests arrive at one or several balancers. Each balancer has a policy of its own, unchanged (any lb::Policy), which
// sees endpoints, requests in flight and latencies exactly as in a real one. The chosen server serves its requests in
// the order they came, as many at once as it has workers. Incidents change the set and the servers on the way: a server
// is killed, hangs, fails, slows down, recovers, drains, or joins. With `target_group` set, each balancer finds that
// out by its own health checks, and its target group decides who may serve; without, its endpoints are the set.
//
// Example:
//   simulation::Simulation simulation;
//   simulation.servers = simulation::MakeServers(100);
//   simulation.service = simulation::Distribution::Exponential(absl::Milliseconds(10));
//   simulation.rate_per_second = simulation::RateForLoad(simulation, 0.9);
//   auto result = simulation::Simulate(simulation, [] { return lb::MakeLeastOutstandingRequests(); });
//   absl::Duration p99 = result->Quantile(0.99);
//
// The same simulation with the same seed gives the same result, to the last bit. Arrivals, service times and keys are
// drawn apart from what policies draw, so that all policies meet the same requests.
//
// Thread safety: values and pure functions.
#ifndef NUBO_SIMULATION_QUEUEING_H_
#define NUBO_SIMULATION_QUEUEING_H_

#include <cstddef>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/simulation/simulation.h"

namespace nubo::simulation {

// `count` servers at `speed`: "PREFIX-0", "PREFIX-1", …
std::vector<SimulatedServer> MakeServers(size_t count, double speed = 1, absl::string_view prefix = "server");

// "kill", "hang", "fail", "slow", "recover", "drain", "add".
absl::string_view IncidentName(Incident::Kind kind);

// The rate at which the servers present from the beginning are busy for `load` of the time.
double RateForLoad(const Simulation& simulation, double load);

// INVALID_ARGUMENT: anything outside its range or past a bound; the sentence names it.
absl::Status CheckSimulation(const Simulation& simulation);

// INVALID_ARGUMENT: what CheckSimulation or the policy refuses.
absl::StatusOr<SimulationResult> Simulate(const Simulation& simulation, const PolicyFactory& make_policy);
absl::StatusOr<SimulationResult> SimulateProbing(const Simulation& simulation, const ProbingPolicyFactory& make_policy);

// No balancers at all: requests wait in one queue, and whoever is idle, the fastest first, takes the next. What
// policies are measured against: nobody waits while a server is idle. Knows who is dead; health checks play no part.
absl::StatusOr<SimulationResult> SimulateCentralQueue(const Simulation& simulation);

}  // namespace nubo::simulation

#endif  // NUBO_SIMULATION_QUEUEING_H_
