#include "nubo/lb/slow_start.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"

namespace nubo::lb {

absl::Status CheckSlowStart(const SlowStart& slow_start) {
  const absl::Duration window = slow_start.window;
  if (window != absl::ZeroDuration() && (window < kSlowStartWindowMin || window > kSlowStartWindowMax)) {
    return absl::InvalidArgumentError(absl::StrCat("the slow start window is ", absl::FormatDuration(window),
                                                   "; it must be 0 (off) or between 30 and 900 seconds"));
  }
  if (!(slow_start.aggression > 0) || !std::isfinite(slow_start.aggression)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the slow start aggression is ", slow_start.aggression, "; it must be above zero"));
  }
  if (!(slow_start.fraction_min > 0 && slow_start.fraction_min <= 1)) {
    return absl::InvalidArgumentError(absl::StrCat("the least fraction of a slow start is ", slow_start.fraction_min,
                                                   "; it must be above 0 and at most 1"));
  }
  return absl::OkStatus();
}

double SlowStartFactor(const SlowStart& slow_start, absl::Duration serving) {
  if (!slow_start.enabled() || serving >= slow_start.window) return 1;
  const double part = std::max(0.0, absl::FDivDuration(serving, slow_start.window));
  return std::clamp(std::pow(part, 1 / slow_start.aggression), slow_start.fraction_min, 1.0);
}

absl::Duration NextSlowStartStep(const SlowStart& slow_start, absl::Duration serving) {
  if (!slow_start.enabled() || serving >= slow_start.window) return absl::InfiniteDuration();
  const absl::Duration step = slow_start.window / kSlowStartSteps;
  absl::Duration rest;
  const int64_t done = absl::IDivDuration(std::max(serving, absl::ZeroDuration()), step, &rest);
  // The window may not divide evenly: its end is a step of its own.
  return std::min(step * (done + 1), slow_start.window);
}

}  // namespace nubo::lb
