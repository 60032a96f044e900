#include "nubo/base/clock.h"

#include "absl/time/clock.h"

namespace nubo::base {

SystemClock::SystemClock() : wall_start_(absl::Now()), steady_start_(std::chrono::steady_clock::now()) {}

absl::Time SystemClock::Now() const {
  return wall_start_ + absl::FromChrono(std::chrono::steady_clock::now() - steady_start_);
}

}  // namespace nubo::base
