#include "nubo/lb/hedging.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"

namespace nubo::lb {

void LatencyQuantiles::Add(absl::Duration latency) {
  const double us = std::max(1.0, absl::ToDoubleMicroseconds(latency));
  const double place = std::floor(std::log2(us) * kBucketsPerDoubling);
  ++counts_[static_cast<size_t>(std::clamp(place, 0.0, kBuckets - 1.0))];
  if (++samples_ < kSamplesMax) return;
  samples_ = 0;
  for (uint32_t& count : counts_) samples_ += count /= 2;
}

std::optional<absl::Duration> LatencyQuantiles::Get(double quantile) const {
  if (samples_ == 0) return std::nullopt;
  const double wanted = std::max(1.0, std::ceil(quantile * static_cast<double>(samples_)));
  double seen = 0;
  int bucket = 0;
  for (; bucket < kBuckets - 1; ++bucket) {
    seen += counts_[static_cast<size_t>(bucket)];
    if (seen >= wanted) break;
  }
  return absl::Microseconds(std::exp2((bucket + 1.0) / kBucketsPerDoubling));
}

absl::Status CheckHedging(const HedgingOptions& options) {
  if (!(options.quantile > 0 && options.quantile < 1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("hedging: the quantile is ", options.quantile, "; it must be above 0 and below 1"));
  }
  if (options.attempts_max < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("hedging: the number of attempts is ", options.attempts_max, "; it must be at least 1"));
  }
  if (options.delay_initial < absl::ZeroDuration() || options.delay_min < absl::ZeroDuration() ||
      options.delay_max < options.delay_min) {
    return absl::InvalidArgumentError(
        absl::StrCat("hedging: delays of ", absl::FormatDuration(options.delay_initial), " at first and between ",
                     absl::FormatDuration(options.delay_min), " and ", absl::FormatDuration(options.delay_max),
                     "; they must not be negative, and the greatest not below the least"));
  }
  return CheckRetryBudget(options.budget);
}

absl::Duration Hedging::delay() const {
  if (latencies_.samples() < options_.samples_min) return options_.delay_initial;
  return std::clamp(*latencies_.Get(options_.quantile), options_.delay_min, options_.delay_max);
}

}  // namespace nubo::lb
