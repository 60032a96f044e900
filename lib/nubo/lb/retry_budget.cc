#include "nubo/lb/retry_budget.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"

namespace nubo::lb {
namespace {

constexpr double kRatioMax = 100;
constexpr double kFloorMax = 1e6;

absl::Status CheckPart(absl::string_view name, double value, double most) {
  if (value >= 0 && value <= most) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("retry budget: the ", name, " is ", value, "; it must be between 0 and ", most));
}

}  // namespace

absl::Status CheckRetryBudget(const RetryBudgetOptions& options) {
  absl::Status status = CheckPart("ratio of retries to requests", options.ratio, kRatioMax);
  status.Update(CheckPart("least number of retries a second", options.retries_per_second_min, kFloorMax));
  return status;
}

RetryBudget::Second& RetryBudget::Current(absl::Time now) {
  const int64_t at = absl::ToUnixSeconds(now);
  const int64_t slot = ((at % kWindowSeconds) + kWindowSeconds) % kWindowSeconds;
  Second& second = window_[static_cast<size_t>(slot)];
  if (second.at != at) second = {.at = at};
  return second;
}

void RetryBudget::OnRequest(absl::Time now) { ++Current(now).requests; }

int64_t RetryBudget::Available(absl::Time now) {
  const int64_t at = absl::ToUnixSeconds(now);
  int64_t requests = 0;
  int64_t retries = 0;
  for (const Second& second : window_) {
    if (second.at <= at - kWindowSeconds || second.at > at) continue;
    requests += second.requests;
    retries += second.retries;
  }
  const double budget =
      options_.ratio * static_cast<double>(requests) + options_.retries_per_second_min * kWindowSeconds;
  return std::max<int64_t>(0, static_cast<int64_t>(std::floor(budget)) - retries);
}

bool RetryBudget::TryRetry(absl::Time now) {
  if (Available(now) < 1) return false;
  ++Current(now).retries;
  return true;
}

}  // namespace nubo::lb
