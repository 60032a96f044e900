#include "nubo/lb/load_reports.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/lb/picking.h"
#include "nubo/lb/weighted_round_robin.h"

namespace nubo::lb {
namespace {

// What a report can make of an endpoint at most, so that sums stay numbers.
constexpr double kReportedMin = 1e-15;
constexpr double kReportedMax = 1e15;

// How far from the mean of all a report may move an endpoint: what one says of itself must not draw everything to it.
// gRPC's bounds.
constexpr double kMeanPartMin = 0.01;
constexpr double kMeanPartMax = 10;

// 0: its reports say nothing yet, or any more.
double WeightOf(const Load& load, const LoadReportOptions& options, absl::Time newest) {
  const absl::Time at = load.reported_at();
  if (at == absl::InfinitePast() || newest - at >= Load::kReportExpiry) return 0;
  if (newest - load.reporting_since() < options.blackout) return 0;
  const LoadReport report = load.report();
  const double weight = report.qps / (report.utilization + report.eps / report.qps * options.error_penalty);
  // What is no number is a report that is being taken in, or nonsense.
  return std::isfinite(weight) ? std::clamp(weight, kReportedMin, kReportedMax) : 0;
}

class ReportsPicker final : public Picker {
 public:
  ReportsPicker(EndpointList endpoints, const std::vector<double>& weights, std::shared_ptr<Turns> turns)
      : stride_(weights), endpoints_(std::move(endpoints)), turns_(std::move(turns)) {}

  Picked Pick(const PickRequest& request, absl::BitGenRef) const override {
    const size_t at = stride_.Pick([this] { return turns_->Next(); });
    return Picked::Of(endpoints_[AllowedFrom(endpoints_, request, at)]);
  }

 private:
  const StaticStride stride_;
  const EndpointList endpoints_;
  const std::shared_ptr<Turns> turns_;
};

class LoadReports final : public Policy {
 public:
  explicit LoadReports(const LoadReportOptions& options) : options_(options) {}
  absl::string_view name() const override { return kLoadReports; }
  bool uses_weights() const override { return false; }
  absl::Duration refresh_interval() const override { return options_.refresh_interval; }
  absl::StatusOr<std::shared_ptr<const Picker>> Build(EndpointList endpoints) override {
    NUBO_RETURN_IF_ERROR(CheckEndpoints(endpoints));
    const std::vector<double> weights = ReportedWeights(endpoints, options_);
    return std::make_shared<ReportsPicker>(std::move(endpoints), weights, turns_);
  }

 private:
  const LoadReportOptions options_;
  const std::shared_ptr<Turns> turns_ = std::make_shared<Turns>();
};

}  // namespace

std::vector<double> ReportedWeights(const EndpointList& endpoints, const LoadReportOptions& options) {
  absl::Time newest = absl::InfinitePast();
  for (const auto& endpoint : endpoints) newest = std::max(newest, endpoint->load->reported_at());
  std::vector<double> weights;
  double sum = 0;
  int reporting = 0;
  for (const auto& endpoint : endpoints) {
    weights.push_back(WeightOf(*endpoint->load, options, newest));
    sum += weights.back();
    reporting += weights.back() > 0 ? 1 : 0;
  }
  if (reporting < 2) return std::vector<double>(endpoints.size(), 1);
  const double mean = sum / reporting;
  for (double& weight : weights) {
    weight = weight == 0 ? mean : std::clamp(weight, kMeanPartMin * mean, kMeanPartMax * mean);
  }
  return weights;
}

absl::StatusOr<std::unique_ptr<Policy>> MakeLoadReports(const LoadReportOptions& options) {
  const bool times = options.blackout >= absl::ZeroDuration() && options.blackout < absl::InfiniteDuration() &&
                     options.refresh_interval > absl::ZeroDuration();
  if (!times) {
    return absl::InvalidArgumentError(
        absl::StrCat("load reports need a blackout of 0 or more and a refresh interval above 0, not ",
                     absl::FormatDuration(options.blackout), " and ", absl::FormatDuration(options.refresh_interval)));
  }
  if (!(options.error_penalty >= 0 && std::isfinite(options.error_penalty))) {
    return absl::InvalidArgumentError(
        absl::StrCat("load reports need an error penalty of 0 or more, not ", options.error_penalty));
  }
  return std::make_unique<LoadReports>(options);
}

}  // namespace nubo::lb
