#include "nubo/lb/outlier_detector.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"

namespace nubo::lb {
namespace {

absl::Status CheckCount(absl::string_view name, int64_t value, int64_t min) {
  if (value >= min) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("outlier detection: ", name, " is ", value, "; it must be at least ", min));
}

absl::Status CheckPercent(absl::string_view name, int value) {
  if (value >= 0 && value <= 100) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("outlier detection: ", name, " is ", value, "; it must be between 0 and 100"));
}

}  // namespace

absl::Status CheckOutlierDetection(const OutlierDetectionOptions& options) {
  absl::Status status = CheckCount("the number of consecutive failures", options.consecutive_failures, 0);
  status.Update(CheckPercent("the percentage of endpoints ejected at most", options.ejection_percent_max));
  if (options.interval <= absl::ZeroDuration() || options.ejection_time_base <= absl::ZeroDuration()) {
    status.Update(absl::InvalidArgumentError(
        absl::StrCat("outlier detection: interval ", absl::FormatDuration(options.interval), " and ejection time ",
                     absl::FormatDuration(options.ejection_time_base), " must both be above zero")));
  }
  if (options.ejection_time_max < options.ejection_time_base) {
    status.Update(absl::InvalidArgumentError(
        absl::StrCat("outlier detection: the longest ejection, ", absl::FormatDuration(options.ejection_time_max),
                     ", must not be shorter than the first one, ", absl::FormatDuration(options.ejection_time_base))));
  }
  if (options.success_rate) {
    status.Update(CheckCount("the least number of endpoints to compare", options.success_rate->endpoints_min, 1));
    status.Update(CheckCount("the least number of requests to judge by", options.success_rate->requests_min, 1));
    if (!(options.success_rate->stdev_factor > 0)) {
      status.Update(
          absl::InvalidArgumentError(absl::StrCat("outlier detection: the factor of the standard deviation is ",
                                                  options.success_rate->stdev_factor, "; it must be above zero")));
    }
  }
  if (options.failure_percentage) {
    status.Update(CheckCount("the least number of endpoints to judge", options.failure_percentage->endpoints_min, 1));
    status.Update(CheckCount("the least number of requests to judge by", options.failure_percentage->requests_min, 1));
    status.Update(CheckPercent("the failure percentage", options.failure_percentage->threshold_percent));
  }
  return status;
}

void OutlierDetector::SetEndpoints(absl::Span<const std::string> ids) {
  const std::set<absl::string_view> wanted(ids.begin(), ids.end());
  for (auto it = endpoints_.begin(); it != endpoints_.end();) {
    if (wanted.contains(it->first)) {
      ++it;
      continue;
    }
    if (it->second.is_ejected()) --ejected_;
    it = endpoints_.erase(it);
  }
  for (const std::string& id : ids) endpoints_.try_emplace(id);
}

bool OutlierDetector::Report(absl::string_view id, bool success) {
  const auto found = endpoints_.find(id);
  if (found == endpoints_.end() || found->second.is_ejected()) return false;
  Endpoint& endpoint = found->second;
  ++endpoint.requests;
  if (success) {
    endpoint.failures_in_a_row = 0;
    return false;
  }
  ++endpoint.failures;
  ++endpoint.failures_in_a_row;
  return endpoint.failures_in_a_row == options_.consecutive_failures;
}

OutlierDetector::Step OutlierDetector::Advance(absl::Time now) {
  Step step;
  if (!next_sweep_) next_sweep_ = now + options_.interval;
  if (now >= *next_sweep_) {
    Sweep(now, step);
    next_sweep_ = now + options_.interval;
  }
  Return(now, step);
  for (auto& [id, endpoint] : endpoints_) {
    const bool row = options_.consecutive_failures > 0 && endpoint.failures_in_a_row >= options_.consecutive_failures;
    if (row) Eject(id, endpoint, Cause::kConsecutiveFailures, now, step);
  }
  step.next = endpoints_.empty() ? absl::InfiniteFuture() : *next_sweep_;
  for (const auto& [id, endpoint] : endpoints_) {
    if (endpoint.is_ejected()) step.next = std::min(step.next, endpoint.ejected_until);
  }
  return step;
}

void OutlierDetector::Return(absl::Time now, Step& step) {
  for (auto& [id, endpoint] : endpoints_) {
    if (!endpoint.is_ejected() || now < endpoint.ejected_until) continue;
    endpoint.ejected_until = absl::InfinitePast();
    --ejected_;
    step.returned.push_back(id);
  }
}

bool OutlierDetector::MayEject() const {
  const auto all = static_cast<int64_t>(endpoints_.size());
  if (ejected_ + 1 >= all) return false;
  return ejected_ == 0 || int64_t{ejected_ + 1} * 100 <= all * options_.ejection_percent_max;
}

void OutlierDetector::Eject(const std::string& id, Endpoint& endpoint, Cause cause, absl::Time now, Step& step) {
  if (endpoint.is_ejected() || !MayEject()) return;
  ++ejected_;
  ++endpoint.ejections;
  const absl::Duration time = std::min(options_.ejection_time_base * endpoint.ejections, options_.ejection_time_max);
  endpoint.ejected_until = now + time;
  endpoint.failures_in_a_row = 0;
  endpoint.requests = 0;
  endpoint.failures = 0;
  step.ejected.push_back({id, cause, endpoint.ejected_until});
}

std::vector<std::map<std::string, OutlierDetector::Endpoint, std::less<>>::value_type*> OutlierDetector::Busy(
    int requests_min) {
  std::vector<std::map<std::string, Endpoint, std::less<>>::value_type*> busy;
  for (auto& entry : endpoints_) {
    if (!entry.second.is_ejected() && entry.second.requests >= static_cast<uint64_t>(requests_min)) {
      busy.push_back(&entry);
    }
  }
  return busy;
}

void OutlierDetector::SweepSuccessRate(const SuccessRateDetection& rule, absl::Time now, Step& step) {
  const auto busy = Busy(rule.requests_min);
  if (busy.size() < static_cast<size_t>(rule.endpoints_min)) return;
  const auto rate = [](const Endpoint& e) {
    return 1 - static_cast<double>(e.failures) / static_cast<double>(e.requests);
  };
  double mean = 0;
  for (const auto* entry : busy) mean += rate(entry->second) / static_cast<double>(busy.size());
  double variance = 0;
  for (const auto* entry : busy) {
    variance += std::pow(rate(entry->second) - mean, 2) / static_cast<double>(busy.size());
  }
  const double threshold = mean - rule.stdev_factor * std::sqrt(variance);
  for (auto* entry : busy) {
    if (rate(entry->second) < threshold) Eject(entry->first, entry->second, Cause::kSuccessRate, now, step);
  }
}

void OutlierDetector::SweepFailurePercentage(const FailurePercentageDetection& rule, absl::Time now, Step& step) {
  const auto busy = Busy(rule.requests_min);
  if (busy.size() < static_cast<size_t>(rule.endpoints_min)) return;
  for (auto* entry : busy) {
    const Endpoint& endpoint = entry->second;
    const bool outlier = endpoint.failures * 100 >= endpoint.requests * static_cast<uint64_t>(rule.threshold_percent);
    if (outlier) Eject(entry->first, entry->second, Cause::kFailurePercentage, now, step);
  }
}

void OutlierDetector::Sweep(absl::Time now, Step& step) {
  // Only of those that served until now, and before this sweep's own ejections.
  for (auto& [id, endpoint] : endpoints_) {
    if (!endpoint.is_ejected()) endpoint.ejections = std::max(0, endpoint.ejections - 1);
  }
  if (options_.success_rate) SweepSuccessRate(*options_.success_rate, now, step);
  if (options_.failure_percentage) SweepFailurePercentage(*options_.failure_percentage, now, step);
  for (auto& [id, endpoint] : endpoints_) {
    endpoint.requests = 0;
    endpoint.failures = 0;
  }
}

bool OutlierDetector::IsEjected(absl::string_view id) const {
  const auto found = endpoints_.find(id);
  return found != endpoints_.end() && found->second.is_ejected();
}

absl::string_view CauseName(OutlierDetector::Cause cause) {
  switch (cause) {
    case OutlierDetector::Cause::kConsecutiveFailures:
      return "consecutive failures";
    case OutlierDetector::Cause::kSuccessRate:
      return "success rate";
    case OutlierDetector::Cause::kFailurePercentage:
      return "failure percentage";
  }
  return "";
}

}  // namespace nubo::lb
