// Any text: read as a scenario, and what can be simulated quickly is.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nubo/cli/simulate/scenario.h"
#include "nubo/lb/policy_registry.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace nubo;
  static const auto& registry = *new lb::PolicyRegistry(lb::PolicyRegistry::Builder().AddBuiltins().Build());
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  auto scenario = cli::ReadScenario(text, "s.yaml", registry);
  if (!scenario.ok()) return 0;
  simulation::Simulation& simulation = scenario->simulation;
  const double requests = simulation.rate_per_second * absl::ToDoubleSeconds(simulation.duration);
  if (requests > 1000 || simulation.servers.size() * simulation.balancers > 100 || simulation.keys > 1000) return 0;
  // Short health checks over long times are many events.
  if (simulation.target_group.has_value() && simulation.duration > absl::Seconds(100)) return 0;
  for (const cli::ScenarioPolicy& policy : scenario->policies) {
    const auto result = cli::RunPolicy(*scenario, policy, registry);
    if (!result.ok()) continue;
    // Every request is accounted for.
    if (result->requests < result->succeeded + result->failed()) std::abort();
  }
  return 0;
}
