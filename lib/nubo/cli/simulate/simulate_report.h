// What `nubo simulate lb` prints: a table, JSON, and a page with charts.
//
// Thread safety: pure functions.
#ifndef NUBO_CLI_SIMULATE_SIMULATE_REPORT_H_
#define NUBO_CLI_SIMULATE_SIMULATE_REPORT_H_

#include <string>
#include <vector>

#include "nubo/cli/simulate/scenario.h"
#include "nubo/simulation/queueing.h"

namespace nubo::cli {

struct PolicyOutcome {
  std::string label;
  simulation::SimulationResult result;
};

// One row a policy; times with their units. MOVED and HITS only if requests carry keys or servers have caches.
std::string SimulationTable(const Scenario& scenario, const std::vector<PolicyOutcome>& outcomes);

// {"description", "seed", "policies": [{"name", "meanMs", "p99Ms", …, "servers": […], "intervals": […]}]}, indented.
std::string SimulationJson(const Scenario& scenario, const std::vector<PolicyOutcome>& outcomes);

// A whole page that needs no other file: the table, and charts of what it sums up.
std::string SimulationHtml(const Scenario& scenario, const std::vector<PolicyOutcome>& outcomes);

// "web-0 is killed", …: what an incident does, for the charts.
std::string IncidentLabel(const Scenario& scenario, const simulation::Incident& incident);

}  // namespace nubo::cli

#endif  // NUBO_CLI_SIMULATE_SIMULATE_REPORT_H_
