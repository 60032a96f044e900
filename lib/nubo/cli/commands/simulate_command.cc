// nubo simulate lb: balancing policies against a scenario, in virtual time.
#include "nubo/cli/commands/commands.h"

#include <fstream>
#include <iterator>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/cli/output/output.h"
#include "nubo/cli/simulate/scenario.h"
#include "nubo/cli/simulate/simulate_report.h"

namespace nubo::cli {
namespace {

absl::StatusOr<std::string> ReadBounded(const SimulateOptions& options) {
  std::ifstream file(options.scenario_path, std::ios::binary);
  std::string text(kScenarioBytesMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.eof() && file.fail()) return UsageError(absl::StrCat("cannot read ", options.scenario_name));
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() > kScenarioBytesMax) {
    return UsageError(absl::StrCat(options.scenario_name, ":1:1: the scenario has more than ", kScenarioBytesMax,
                                   " bytes; that is more than any scenario needs"));
  }
  return text;
}

absl::Status WritePage(const std::string& path, const std::string& page) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << page << std::flush;
  return file.good() ? absl::OkStatus() : absl::UnavailableError(absl::StrCat("cannot write ", path));
}

}  // namespace

absl::Status SimulateBalancing(const SimulateOptions& options, Context& context) {
  const lb::PolicyRegistry registry = lb::PolicyRegistry::Builder().AddBuiltins().Build();
  NUBO_ASSIGN_OR_RETURN(const std::string text, ReadBounded(options));
  absl::StatusOr<Scenario> scenario = ReadScenario(text, options.scenario_name, registry);
  if (!scenario.ok()) return UsageError(scenario.status().message());
  if (options.seed.has_value()) scenario->simulation.seed = *options.seed;
  std::vector<PolicyOutcome> outcomes;
  for (const ScenarioPolicy& policy : scenario->policies) {
    absl::StatusOr<simulation::SimulationResult> result = RunPolicy(*scenario, policy, registry);
    if (!result.ok()) {
      return UsageError(absl::StrCat(options.scenario_name, ": ", policy.label, ": ", result.status().message()));
    }
    outcomes.push_back({policy.label, *std::move(result)});
  }
  if (!options.html_path.empty()) {
    NUBO_RETURN_IF_ERROR(WritePage(options.html_path, SimulationHtml(*scenario, outcomes)));
  }
  context.out << (options.format == Format::kJson ? SimulationJson(*scenario, outcomes)
                                                  : SimulationTable(*scenario, outcomes));
  return absl::OkStatus();
}

}  // namespace nubo::cli
