// Slow start: a target that has just come into service gets its share of the load little by little.
//
// The weight of a target grows with the time it has been serving:
//
//   weight · max(fraction_min, (time / window) ^ (1 / aggression))
//
// It is Envoy's; with aggression 1, AWS's line.
//
// Only the weight is scaled, never a place in a queue: whoever builds pickers builds the last one of the window with
// the whole weight, after which nothing of the slow start is left. A scheduler that remembers a deadline computed from
// the small weight would starve the target long past its window.
//
// Example:
//   const double share = SlowStartFactor({.window = absl::Seconds(60)}, now - serving_since);
//
// Thread safety: values and pure functions.
#ifndef NUBO_LB_SLOW_START_H_
#define NUBO_LB_SLOW_START_H_

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace nubo::lb {

struct SlowStart {
  // Zero: no slow start.
  absl::Duration window = absl::ZeroDuration();
  // 1: linear. Above 1 the share grows fast at first, below 1 late.
  double aggression = 1.0;
  // What a target gets at least, of its whole weight.
  double fraction_min = 0.1;

  bool enabled() const { return window > absl::ZeroDuration(); }
};

// The windows that AWS allows, beside none.
inline constexpr int kSlowStartSecondsMin = 30;
inline constexpr int kSlowStartSecondsMax = 900;
inline constexpr absl::Duration kSlowStartWindowMin = absl::Seconds(kSlowStartSecondsMin);
inline constexpr absl::Duration kSlowStartWindowMax = absl::Seconds(kSlowStartSecondsMax);
// Pickers that a slow start needs at most: the share grows in so many steps.
inline constexpr int kSlowStartSteps = 20;

// INVALID_ARGUMENT: a window outside of AWS's range (none is allowed), an aggression that is not above zero, a least
// fraction outside (0, 1].
absl::Status CheckSlowStart(const SlowStart& slow_start);

// Between fraction_min and 1; exactly 1 from the end of the window on, and if there is none.
double SlowStartFactor(const SlowStart& slow_start, absl::Duration serving);

// How long after the beginning of its service the factor of a target should next be taken: the next of kSlowStartSteps
// equal steps, the last of which is the end of the window. InfiniteDuration: it does not change any more.
absl::Duration NextSlowStartStep(const SlowStart& slow_start, absl::Duration serving);

}  // namespace nubo::lb

#endif  // NUBO_LB_SLOW_START_H_
