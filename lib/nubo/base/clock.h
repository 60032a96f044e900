// Where a program gets the time from.
//
// Cores take `now` as an argument; what drives them takes a Clock in its constructor, so that a test can
// own time. Time never runs backwards within one Clock.
//
// Example:
//   base::SystemClock clock;
//   Cache cache(clock);
//
// Thread safety: Clock::Now may be called from any thread.
#ifndef NUBO_BASE_CLOCK_H_
#define NUBO_BASE_CLOCK_H_

#include <chrono>

#include "absl/time/time.h"

namespace nubo::base {

class Clock {
 public:
  virtual ~Clock() = default;
  // The present. Never earlier than an answer it gave before.
  virtual absl::Time Now() const = 0;
};

// Wall time as it was at construction, moved on by the monotonic clock: stepping the machine's date does not
// fire or starve a timer.
class SystemClock final : public Clock {
 public:
  SystemClock();
  absl::Time Now() const override;

 private:
  const absl::Time wall_start_;
  const std::chrono::steady_clock::time_point steady_start_;
};

}  // namespace nubo::base

#endif  // NUBO_BASE_CLOCK_H_
