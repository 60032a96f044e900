// The page of `nubo simulate lb --html`.
#include "nubo/cli/simulate/simulate_report.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "nubo/cli/simulate/svg_chart.h"

namespace nubo::cli {
namespace {

using simulation::SimulationResult;

constexpr double kNanosecondsPerMillisecond = 1e6;
// A page with more cells than this is slow to open.
constexpr size_t kHeatCellsMax = 15'000;
// Points of a tail's curve for each power of ten.
constexpr int kTailPointsPerDecade = 20;

constexpr absl::string_view kHead =
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<style>\n"
    "body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#222}\n"
    "h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}pre{overflow-x:auto;background:#f5f5f5;padding:1rem}\n"
    "svg{width:100%;height:auto;font:11px system-ui,sans-serif}svg .title{font-size:14px;font-weight:600}\n"
    "svg .small{font-size:9px}svg .grid{stroke:#ddd}svg line.mark{stroke:#555;stroke-dasharray:3 3}\n"
    "svg text.mark{fill:#555;font-size:10px}figure{margin:1.5rem 0}\n"
    "</style>\n";

std::string Figure(absl::string_view svg) { return absl::StrCat("<figure>\n", svg, "</figure>\n"); }

std::string Bars(const std::vector<PolicyOutcome>& outcomes) {
  std::vector<BarRow> rows;
  for (const PolicyOutcome& outcome : outcomes) {
    const simulation::LatencyHistogram& latency = outcome.result.latency;
    BarRow row{outcome.label, {}};
    for (const double ns : {latency.Mean(), latency.Quantile(0.5), latency.Quantile(0.99), latency.Quantile(0.999)}) {
      row.values.push_back(ns / kNanosecondsPerMillisecond);
    }
    rows.push_back(std::move(row));
  }
  return BarChart("Response time, ms", {"mean", "p50", "p99", "p99.9"}, rows);
}

std::string Tails(const std::vector<PolicyOutcome>& outcomes) {
  Chart chart{"Share of requests that take longer", {"response time, ms", true}, {"share", true}, {}, {}};
  for (const PolicyOutcome& outcome : outcomes) {
    const simulation::LatencyHistogram& latency = outcome.result.latency;
    Series series{outcome.label, {}};
    // Below the median nothing is to be seen, and beyond some ten requests nothing is to be believed.
    const double floor = 10 / static_cast<double>(std::max<uint64_t>(1, latency.count()));
    const double start = std::max(1.0, latency.Quantile(0.5));
    for (int i = 0;; ++i) {
      const double ns = start * std::pow(10, static_cast<double>(i) / kTailPointsPerDecade);
      const double share = latency.ShareAbove(ns);
      if (share < floor) break;
      series.points.emplace_back(ns / kNanosecondsPerMillisecond, share);
    }
    chart.series.push_back(std::move(series));
  }
  return LineChart(chart);
}

std::vector<ChartMark> Marks(const Scenario& scenario) {
  std::vector<ChartMark> marks;
  for (const simulation::Incident& incident : scenario.simulation.incidents) {
    marks.push_back({absl::ToDoubleSeconds(incident.at), IncidentLabel(scenario, incident)});
  }
  return marks;
}

// `value` of each interval over the time, a line a policy.
template <typename ValueOf>
std::string OverTime(const Scenario& scenario, const std::vector<PolicyOutcome>& outcomes, std::string title, Axis y,
                     ValueOf value) {
  Chart chart{std::move(title), {"time, s", false}, std::move(y), {}, Marks(scenario)};
  const double length = absl::ToDoubleSeconds(scenario.simulation.duration) / scenario.simulation.intervals;
  for (const PolicyOutcome& outcome : outcomes) {
    Series series{outcome.label, {}};
    const auto& intervals = outcome.result.intervals;
    for (size_t i = 0; i < intervals.size(); ++i) {
      series.points.emplace_back(length * (static_cast<double>(i) + 0.5), value(intervals[i]));
    }
    chart.series.push_back(std::move(series));
  }
  return LineChart(chart);
}

std::string Shares(const Scenario& scenario, const std::vector<PolicyOutcome>& outcomes) {
  std::string html;
  for (const PolicyOutcome& outcome : outcomes) {
    std::vector<HeatRow> rows;
    double most = 0;
    for (const simulation::ServerResult& server : outcome.result.servers) {
      HeatRow row{server.id, {}};
      for (const uint32_t requests : server.requests_by_interval) row.values.push_back(requests);
      for (const double value : row.values) most = std::max(most, value);
      rows.push_back(std::move(row));
    }
    html += Figure(HeatMap(absl::StrCat("Requests to each server over time: ", outcome.label), rows, most));
  }
  return html;
}

}  // namespace

std::string SimulationHtml(const Scenario& scenario, const std::vector<PolicyOutcome>& outcomes) {
  const simulation::Simulation& simulation = scenario.simulation;
  const std::string title = scenario.description.empty() ? "Load balancing, simulated" : scenario.description;
  uint64_t failed = 0;
  for (const PolicyOutcome& outcome : outcomes) failed += outcome.result.failed();
  std::string html =
      absl::StrCat(kHead, "<title>", EscapeHtml(title), "</title></head>\n<body>\n<h1>", EscapeHtml(title), "</h1>\n");
  absl::StrAppendFormat(&html, "<p>%d servers, %d balancers, %.6g requests a second for %.6g s, seed %d.</p>\n",
                        simulation.servers.size(), simulation.balancers, simulation.rate_per_second,
                        absl::ToDoubleSeconds(simulation.duration), simulation.seed);
  absl::StrAppend(&html, "<pre>", EscapeHtml(SimulationTable(scenario, outcomes)), "</pre>\n");
  html += Figure(Bars(outcomes));
  html += Figure(Tails(outcomes));
  html += Figure(OverTime(scenario, outcomes, "99th percentile over time", {"ms", true},
                          [](const auto& interval) { return interval.p99_ns / kNanosecondsPerMillisecond; }));
  if (failed > 0) {
    html += Figure(OverTime(scenario, outcomes, "Failed requests over time", {"%", false}, [](const auto& interval) {
      return interval.requests == 0 ? 0 : 100.0 * static_cast<double>(interval.failed) / interval.requests;
    }));
  }
  const size_t cells = simulation.servers.size() * static_cast<size_t>(simulation.intervals) * outcomes.size();
  if (cells <= kHeatCellsMax) html += Shares(scenario, outcomes);
  return absl::StrCat(html, "</body></html>\n");
}

}  // namespace nubo::cli
