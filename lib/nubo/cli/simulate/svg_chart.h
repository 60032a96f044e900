// Charts as SVG, for pages that need nothing but themselves: no script, no network.
//
// Example:
//   Chart chart{.title = "p99", .x = {"time, s"}, .y = {"ms", true}};
//   chart.series.push_back({"round_robin", {{0, 1.5}, {1, 1.7}}});
//   std::string svg = LineChart(chart);
//
// Thread safety: pure functions.
#ifndef NUBO_CLI_SIMULATE_SVG_CHART_H_
#define NUBO_CLI_SIMULATE_SVG_CHART_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace nubo::cli {

// `text` as it may stand in HTML and SVG, also between quotes.
std::string EscapeHtml(absl::string_view text);

// The colour of the n-th series; they repeat after a dozen.
absl::string_view SeriesColor(size_t n);

struct Axis {
  std::string title;
  // Values that are not above 0 are left out then.
  bool logarithmic = false;
};

struct Series {
  std::string label;
  std::vector<std::pair<double, double>> points;
};

// A vertical line with a word on it.
struct ChartMark {
  double x = 0;
  std::string label;
};

struct Chart {
  std::string title;
  Axis x;
  Axis y;
  std::vector<Series> series;
  std::vector<ChartMark> marks;
};

// Lines through the points of each series. A chart without a point says that there is nothing to show.
std::string LineChart(const Chart& chart);

// For each row a bar to each of its values, in the order of `names`; one logarithmic axis.
struct BarRow {
  std::string label;
  std::vector<double> values;
};
std::string BarChart(absl::string_view title, const std::vector<std::string>& names, const std::vector<BarRow>& rows);

// A grid of cells, one line a row, dark where the value is near `most`, white at 0.
struct HeatRow {
  std::string label;
  std::vector<double> values;
};
std::string HeatMap(absl::string_view title, const std::vector<HeatRow>& rows, double most);

}  // namespace nubo::cli

#endif  // NUBO_CLI_SIMULATE_SVG_CHART_H_
