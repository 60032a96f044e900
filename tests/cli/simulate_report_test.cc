// What a simulation prints.
#include "nubo/cli/simulate/simulate_report.h"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "nubo/cli/simulate/svg_chart.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::cli {
namespace {

using ::nubo::testing::IsOk;

struct Run {
  Scenario scenario;
  std::vector<PolicyOutcome> outcomes;
};

Run RunScenario(absl::string_view more = "") {
  const auto registry = lb::PolicyRegistry::Builder().AddBuiltins().Build();
  const std::string text = absl::StrCat(
      "description: Small & <quick>\nduration: 2s\narrivals: {load: 0.5}\nservers: [{name: web, count: 3}]\n"
      "events: [{at: 1s, kill: web-0}]\npolicies: [round_robin, random]\n",
      more);
  auto scenario = ReadScenario(text, "s.yaml", registry);
  BOOST_REQUIRE(IsOk(scenario));
  Run run{*std::move(scenario), {}};
  for (const ScenarioPolicy& policy : run.scenario.policies) {
    auto result = RunPolicy(run.scenario, policy, registry);
    BOOST_REQUIRE(IsOk(result));
    run.outcomes.push_back({policy.label, *std::move(result)});
  }
  return run;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_table_has_a_row_for_each_policy) {
  const Run run = RunScenario();
  const std::string table = SimulationTable(run.scenario, run.outcomes);
  const std::vector<std::string> lines = absl::StrSplit(table, '\n');
  BOOST_REQUIRE(lines.size() == 4u);
  BOOST_TEST(lines[0] == "POLICY       MEAN    P50     P99     P99.9   IMBALANCE  THROUGHPUT  FAILED");
  BOOST_TEST(absl::StartsWith(lines[1], "round_robin  "));
  BOOST_TEST(absl::StrContains(lines[1], "ms"));
}

BOOST_AUTO_TEST_CASE(keys_and_caches_have_columns_of_their_own) {
  const Run run = RunScenario("keys: {count: 10}\ncache: {entries: 5}\n");
  const std::string table = SimulationTable(run.scenario, run.outcomes);
  BOOST_TEST(absl::StrContains(table, "FAILED  MOVED  NEEDLESSLY  HITS"), table);
}

BOOST_AUTO_TEST_CASE(json_holds_every_figure) {
  const Run run = RunScenario();
  const auto json = nlohmann::json::parse(SimulationJson(run.scenario, run.outcomes));
  BOOST_TEST(json["description"].get<std::string>() == "Small & <quick>");
  BOOST_REQUIRE(json["policies"].size() == 2u);
  const auto& policy = json["policies"][0];
  BOOST_TEST(policy["name"].get<std::string>() == "round_robin");
  BOOST_TEST(policy["requests"].get<uint64_t>() ==
             policy["succeeded"].get<uint64_t>() + policy["failed"].get<uint64_t>());
  BOOST_TEST(policy["refused"].get<uint64_t>() > 10u);
  BOOST_TEST(policy["servers"].size() == 3u);
  BOOST_TEST(policy["servers"][0]["requestsWhileDead"].get<uint64_t>() > 10u);
  BOOST_TEST(policy["intervals"].size() == 60u);
}

BOOST_AUTO_TEST_CASE(the_page_stands_alone_and_escapes_what_the_scenario_says) {
  const Run run = RunScenario();
  const std::string html = SimulationHtml(run.scenario, run.outcomes);
  BOOST_TEST(absl::StrContains(html, "<h1>Small &amp; &lt;quick&gt;</h1>"));
  BOOST_TEST(absl::StrContains(html, "Failed requests over time"));
  BOOST_TEST(absl::StrContains(html, "kill web-0"));
  BOOST_TEST(!absl::StrContains(html, "http"));
  BOOST_TEST(!absl::StrContains(html, "<script"));
  BOOST_TEST(!absl::StrContains(html, "nan"));
}

BOOST_AUTO_TEST_CASE(the_same_seed_prints_the_same_bytes) {
  const Run a = RunScenario(), b = RunScenario();
  BOOST_TEST(SimulationTable(a.scenario, a.outcomes) == SimulationTable(b.scenario, b.outcomes));
  BOOST_TEST(SimulationJson(a.scenario, a.outcomes) == SimulationJson(b.scenario, b.outcomes));
  BOOST_TEST(SimulationHtml(a.scenario, a.outcomes) == SimulationHtml(b.scenario, b.outcomes));
}

BOOST_AUTO_TEST_CASE(a_chart_of_nothing_says_so) {
  BOOST_TEST(absl::StrContains(LineChart({.title = "x"}), "nothing to show"));
  BOOST_TEST(absl::StrContains(BarChart("x", {"a"}, {{"row", {0}}}), "nothing to show"));
}

BOOST_AUTO_TEST_CASE(a_logarithmic_axis_leaves_zero_out) {
  const std::string svg = LineChart({.y = {"ms", true}, .series = {{"a", {{0, 0}, {1, 10}, {2, 100}}}}});
  const size_t start = svg.find("points=\"");
  BOOST_REQUIRE(start != std::string::npos);
  const std::string points = svg.substr(start + 8, svg.find('"', start + 8) - start - 8);
  BOOST_TEST(std::count(points.begin(), points.end(), ',') == 2);
}

}  // namespace nubo::cli
