// A clock that moves only when told to.
//
// Example:
//   testing::SimulatedClock clock;
//   Cache cache(clock);
//   clock.Advance(absl::Seconds(30));
//
// Thread safety: thread-safe.
#ifndef NUBO_TESTING_SIMULATED_CLOCK_H_
#define NUBO_TESTING_SIMULATED_CLOCK_H_

#include <mutex>

#include "absl/time/time.h"
#include "nubo/base/clock.h"

namespace nubo::testing {

class SimulatedClock final : public base::Clock {
 public:
  // Starts on 2030-01-01T00:00:00Z unless told otherwise.
  SimulatedClock() : SimulatedClock(absl::FromUnixSeconds(1893456000)) {}
  explicit SimulatedClock(absl::Time start) : now_(start) {}

  absl::Time Now() const override {
    std::lock_guard lock(mutex_);
    return now_;
  }

  // Moves time on; a negative duration is ignored.
  void Advance(absl::Duration by) {
    std::lock_guard lock(mutex_);
    if (by > absl::ZeroDuration()) now_ += by;
  }

 private:
  mutable std::mutex mutex_;
  absl::Time now_;
};

}  // namespace nubo::testing

#endif  // NUBO_TESTING_SIMULATED_CLOCK_H_
