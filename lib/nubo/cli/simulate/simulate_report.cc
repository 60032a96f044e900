#include "nubo/cli/simulate/simulate_report.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "nubo/base/strings.h"
#include "nubo/cli/output/table.h"

namespace nubo::cli {
namespace {

using Json = nlohmann::ordered_json;
using simulation::SimulationResult;

constexpr double kNanosecondsPerMillisecond = 1e6;

// Milliseconds throughout, so that rows compare at a glance; three digits that count.
std::string TimeText(double ns) {
  if (ns <= 0) return "";
  const double ms = ns / kNanosecondsPerMillisecond;
  return absl::StrFormat("%.*fms", ms < 0.995 ? 3 : ms < 9.995 ? 2 : ms < 99.95 ? 1 : 0, ms);
}

std::string PercentText(double share) {
  if (share == 0) return "0%";
  return absl::StrFormat("%.*f%%", share < 0.0995 ? 2 : 1, share * 100);
}

double Ratio(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

Json ServersJson(const SimulationResult& result) {
  Json servers = Json::array();
  for (const simulation::ServerResult& server : result.servers) {
    servers.push_back({{"id", server.id},
                       {"requests", server.requests},
                       {"failed", server.failed},
                       {"requestsWhileDead", server.requests_while_dead},
                       {"utilization", server.utilization},
                       {"requestsByInterval", server.requests_by_interval}});
  }
  return servers;
}

Json IntervalsJson(const Scenario& scenario, const SimulationResult& result) {
  const double length = absl::ToDoubleSeconds(scenario.simulation.duration) / scenario.simulation.intervals;
  Json intervals = Json::array();
  for (size_t i = 0; i < result.intervals.size(); ++i) {
    const simulation::IntervalResult& interval = result.intervals[i];
    intervals.push_back({{"startSeconds", length * static_cast<double>(i)},
                         {"requests", interval.requests},
                         {"failed", interval.failed},
                         {"meanMs", interval.mean_ns / kNanosecondsPerMillisecond},
                         {"p99Ms", interval.p99_ns / kNanosecondsPerMillisecond}});
  }
  return intervals;
}

Json PolicyJson(const Scenario& scenario, const PolicyOutcome& outcome) {
  const SimulationResult& result = outcome.result;
  const auto ms = [&](double share) { return result.latency.Quantile(share) / kNanosecondsPerMillisecond; };
  return {{"name", outcome.label},
          {"requests", result.requests},
          {"succeeded", result.succeeded},
          {"failed", result.failed()},
          {"refused", result.refused},
          {"errors", result.errors},
          {"timedOut", result.timed_out},
          {"unroutable", result.unroutable},
          {"meanMs", result.latency.Mean() / kNanosecondsPerMillisecond},
          {"p50Ms", ms(0.5)},
          {"p99Ms", ms(0.99)},
          {"p999Ms", ms(0.999)},
          {"maxMs", static_cast<double>(result.latency.max()) / kNanosecondsPerMillisecond},
          {"throughput", result.throughput},
          {"imbalance", result.imbalance},
          {"keysFollowed", result.keys_followed},
          {"keysMoved", result.keys_moved},
          {"keysMovedNeedlessly", result.keys_moved_needlessly},
          {"disruption", result.disruption()},
          {"cacheHits", result.cache_hits},
          {"servers", ServersJson(result)},
          {"intervals", IntervalsJson(scenario, result)}};
}

}  // namespace

std::string SimulationTable(const Scenario& scenario, const std::vector<PolicyOutcome>& outcomes) {
  const bool keys = scenario.simulation.keys > 0;
  const bool caches = scenario.simulation.cache_entries > 0;
  std::vector<std::string> headers = {"policy", "mean", "p50", "p99", "p99.9", "imbalance", "throughput", "failed"};
  if (keys) headers.insert(headers.end(), {"moved", "needlessly"});
  if (caches) headers.emplace_back("hits");
  Table table(headers);
  for (const PolicyOutcome& outcome : outcomes) {
    const SimulationResult& result = outcome.result;
    std::vector<std::string> cells = {outcome.label,
                                      TimeText(result.latency.Mean()),
                                      TimeText(result.latency.Quantile(0.5)),
                                      TimeText(result.latency.Quantile(0.99)),
                                      TimeText(result.latency.Quantile(0.999)),
                                      absl::StrFormat("%.2f", result.imbalance),
                                      absl::StrFormat("%.0f/s", result.throughput),
                                      PercentText(Ratio(result.failed(), result.requests))};
    if (keys) {
      cells.push_back(PercentText(result.disruption()));
      cells.push_back(PercentText(Ratio(result.keys_moved_needlessly, result.keys_followed)));
    }
    if (caches) cells.push_back(PercentText(Ratio(result.cache_hits, result.requests)));
    table.Add(std::move(cells));
  }
  return table.Text();
}

std::string SimulationJson(const Scenario& scenario, const std::vector<PolicyOutcome>& outcomes) {
  Json policies = Json::array();
  for (const PolicyOutcome& outcome : outcomes) policies.push_back(PolicyJson(scenario, outcome));
  const Json report = {
      {"description", scenario.description}, {"seed", scenario.simulation.seed}, {"policies", std::move(policies)}};
  // What is no UTF-8 was refused with the file.
  return absl::StrCat(report.dump(2), "\n");
}

std::string IncidentLabel(const Scenario& scenario, const simulation::Incident& incident) {
  if (incident.servers.empty()) return std::string(base::ToStd(simulation::IncidentName(incident.kind)));
  const std::string& first = scenario.simulation.servers[incident.servers.front()].id;
  return absl::StrCat(simulation::IncidentName(incident.kind), " ", first,
                      incident.servers.size() > 1 ? absl::StrCat(" and ", incident.servers.size() - 1, " more") : "");
}

}  // namespace nubo::cli
