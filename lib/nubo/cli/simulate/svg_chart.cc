#include "nubo/cli/simulate/svg_chart.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

namespace nubo::cli {
namespace {

constexpr double kWidth = 860;
constexpr double kHeight = 320;
constexpr double kLeft = 70;
constexpr double kRight = 200;  // the legend's
constexpr double kTop = 30;
constexpr double kBottom = 44;
constexpr double kLegendLine = 16;
constexpr double kBarHeight = 9;
constexpr double kBarGap = 8;
constexpr double kBarLabels = 230;

std::string Number(double value) { return absl::StrFormat("%.4g", value); }

std::string Text(double x, double y, absl::string_view text, absl::string_view more = "") {
  return absl::StrFormat("<text x=\"%.1f\" y=\"%.1f\" %s>%s</text>\n", x, y, more, EscapeHtml(text));
}

std::string Line(double x1, double y1, double x2, double y2, absl::string_view style) {
  return absl::StrFormat("<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" class=\"%s\"/>\n", x1, y1, x2, y2,
                         style);
}

std::string Open(double width, double height, absl::string_view title) {
  return absl::StrFormat("<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"%s\">\n", width, height,
                         EscapeHtml(title)) +
         Text(kLeft, 18, title, "class=\"title\"");
}

// Values to places on a line of the drawing, and where its ticks are.
class Scale {
 public:
  Scale(bool logarithmic, double from, double to) : logarithmic_(logarithmic), from_(from), to_(to) {}

  void Include(double value) {
    if (!Shows(value)) return;
    low_ = std::min(low_, value);
    high_ = std::max(high_, value);
  }
  bool Shows(double value) const { return std::isfinite(value) && (!logarithmic_ || value > 0); }
  bool empty() const { return low_ > high_; }
  // Widens what was included to whole decades, or to zero.
  void Round() {
    if (logarithmic_) {
      low_ = std::pow(10, std::floor(std::log10(low_) + 1e-9));
      high_ = std::pow(10, std::ceil(std::log10(high_) - 1e-9));
      if (high_ <= low_) high_ = low_ * 10;
      return;
    }
    low_ = std::min(low_, 0.0);
    if (high_ <= low_) high_ = low_ + 1;
  }
  double Place(double value) const {
    const double at = logarithmic_ ? std::log(value / low_) / std::log(high_ / low_) : (value - low_) / (high_ - low_);
    return from_ + (to_ - from_) * at;
  }
  std::vector<double> Ticks() const {
    std::vector<double> ticks;
    if (logarithmic_) {
      for (double tick = low_; tick <= high_ * 1.001; tick *= 10) ticks.push_back(tick);
      return ticks;
    }
    const double raw = (high_ - low_) / 6;
    const double decade = std::pow(10, std::floor(std::log10(raw)));
    const double step = decade * (raw / decade < 1.5 ? 1 : raw / decade < 3.5 ? 2 : raw / decade < 7.5 ? 5 : 10);
    for (int i = 0; low_ + i * step <= high_ * 1.0001; ++i) ticks.push_back(low_ + i * step);
    return ticks;
  }

 private:
  const bool logarithmic_;
  const double from_;
  const double to_;
  double low_ = std::numeric_limits<double>::infinity();
  double high_ = -std::numeric_limits<double>::infinity();
};

std::string Grid(const Chart& chart, const Scale& x, const Scale& y) {
  const double right = kWidth - kRight;
  const double bottom = kHeight - kBottom;
  std::string svg;
  for (const double tick : y.Ticks()) {
    svg += Line(kLeft, y.Place(tick), right, y.Place(tick), "grid");
    svg += Text(kLeft - 6, y.Place(tick) + 4, Number(tick), "text-anchor=\"end\"");
  }
  for (const double tick : x.Ticks()) {
    svg += Line(x.Place(tick), kTop, x.Place(tick), bottom, "grid");
    svg += Text(x.Place(tick), bottom + 16, Number(tick), "text-anchor=\"middle\"");
  }
  svg += Text((kLeft + right) / 2, kHeight - 8, chart.x.title, "text-anchor=\"middle\"");
  svg += Text(kLeft - 6, kTop - 6, chart.y.title, "text-anchor=\"end\"");
  return svg;
}

std::string Marks(const Chart& chart, const Scale& x) {
  std::string svg;
  double label_y = kTop + 10;
  for (const ChartMark& mark : chart.marks) {
    svg += Line(x.Place(mark.x), kTop, x.Place(mark.x), kHeight - kBottom, "mark");
    svg += Text(x.Place(mark.x) + 3, label_y, mark.label, "class=\"mark\"");
    // Labels of events that follow each other closely do not cover each other.
    label_y = label_y > kTop + 50 ? kTop + 10 : label_y + 12;
  }
  return svg;
}

std::string Curve(const Series& series, size_t n, const Scale& x, const Scale& y) {
  std::string points;
  for (const auto& [px, py] : series.points) {
    if (x.Shows(px) && y.Shows(py)) absl::StrAppendFormat(&points, "%.1f,%.1f ", x.Place(px), y.Place(py));
  }
  const double legend_y = kTop + 8 + kLegendLine * static_cast<double>(n);
  return absl::StrFormat("<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.6\"%s/>\n", points,
                         SeriesColor(n), n >= 12 ? " stroke-dasharray=\"5 3\"" : "") +
         absl::StrFormat("<rect x=\"%.1f\" y=\"%.1f\" width=\"10\" height=\"10\" fill=\"%s\"/>\n", kWidth - kRight + 14,
                         legend_y - 9, SeriesColor(n)) +
         Text(kWidth - kRight + 30, legend_y, series.label);
}

}  // namespace

std::string EscapeHtml(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}});
}

absl::string_view SeriesColor(size_t n) {
  static constexpr absl::string_view kColors[] = {"#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#17becf",
                                                  "#8c564b", "#e377c2", "#bcbd22", "#000000", "#7f7f7f", "#1b9e77"};
  return kColors[n % std::size(kColors)];
}

std::string LineChart(const Chart& chart) {
  Scale x(chart.x.logarithmic, kLeft, kWidth - kRight);
  Scale y(chart.y.logarithmic, kHeight - kBottom, kTop);
  for (const Series& series : chart.series) {
    for (const auto& [px, py] : series.points) {
      if (!x.Shows(px) || !y.Shows(py)) continue;
      x.Include(px);
      y.Include(py);
    }
  }
  const double legend = kTop + kLegendLine * static_cast<double>(chart.series.size());
  std::string svg = Open(kWidth, std::max(kHeight, legend), chart.title);
  if (x.empty()) return absl::StrCat(svg, Text(kLeft, kHeight / 2, "nothing to show"), "</svg>\n");
  x.Round();
  y.Round();
  svg += Grid(chart, x, y);
  for (size_t i = 0; i < chart.series.size(); ++i) svg += Curve(chart.series[i], i, x, y);
  return absl::StrCat(svg, Marks(chart, x), "</svg>\n");
}

std::string BarChart(absl::string_view title, const std::vector<std::string>& names, const std::vector<BarRow>& rows) {
  Scale x(true, kBarLabels, kWidth - 70);
  for (const BarRow& row : rows) {
    for (const double value : row.values) x.Include(value);
  }
  const double row_height = kBarHeight * static_cast<double>(names.size()) + kBarGap;
  const double bottom = kTop + 20 + row_height * static_cast<double>(rows.size());
  std::string svg = Open(kWidth, bottom + 26, title);
  if (x.empty()) return absl::StrCat(svg, Text(kLeft, kTop + 20, "nothing to show"), "</svg>\n");
  x.Round();
  for (size_t i = 0; i < names.size(); ++i) {
    const double at = kBarLabels + 110 * static_cast<double>(i);
    absl::StrAppendFormat(&svg, "<rect x=\"%.1f\" y=\"%.1f\" width=\"10\" height=\"10\" fill=\"%s\"/>\n", at, kTop - 1,
                          SeriesColor(i));
    svg += Text(at + 15, kTop + 8, names[i]);
  }
  for (const double tick : x.Ticks()) {
    svg += Line(x.Place(tick), kTop + 14, x.Place(tick), bottom, "grid");
    svg += Text(x.Place(tick), bottom + 16, Number(tick), "text-anchor=\"middle\"");
  }
  double y = kTop + 20;
  for (const BarRow& row : rows) {
    svg += Text(kBarLabels - 8, y + row_height / 2, row.label, "text-anchor=\"end\"");
    for (size_t i = 0; i < row.values.size(); ++i) {
      const double top = y + kBarHeight * static_cast<double>(i);
      if (!x.Shows(row.values[i])) continue;
      const double end = x.Place(row.values[i]);
      absl::StrAppendFormat(&svg, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>\n",
                            kBarLabels, top, end - kBarLabels, kBarHeight - 1, SeriesColor(i));
      svg += Text(end + 4, top + kBarHeight - 1, Number(row.values[i]), "class=\"small\"");
    }
    y += row_height;
  }
  return absl::StrCat(svg, "</svg>\n");
}

std::string HeatMap(absl::string_view title, const std::vector<HeatRow>& rows, double most) {
  const double row_height = rows.size() > 30 ? 5 : 12;
  std::string svg = Open(kWidth, kTop + row_height * static_cast<double>(rows.size()) + 10, title);
  double y = kTop;
  for (const HeatRow& row : rows) {
    if (row_height > 8) svg += Text(kBarLabels - 8, y + 10, row.label, "text-anchor=\"end\" class=\"small\"");
    const double cell = (kWidth - kBarLabels - 20) / static_cast<double>(std::max<size_t>(1, row.values.size()));
    for (size_t i = 0; i < row.values.size(); ++i) {
      if (row.values[i] <= 0 || most <= 0) continue;
      absl::StrAppendFormat(&svg, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" opacity=\"%.2f\"/>\n",
                            kBarLabels + cell * static_cast<double>(i), y, cell, row_height,
                            std::min(1.0, row.values[i] / most));
    }
    y += row_height;
  }
  return absl::StrCat(svg, "</svg>\n");
}

}  // namespace nubo::cli
