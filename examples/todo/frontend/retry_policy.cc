#include "examples/todo/frontend/retry_policy.h"

#include <algorithm>

#include "absl/random/distributions.h"

namespace nubo::examples::todo {

std::optional<absl::Duration> RetryPolicy::Next(RetryClass retry_class, absl::StatusCode code, int attempt,
                                                absl::Duration remaining, absl::BitGenRef rng) const {
  if (retry_class == RetryClass::kOnce) return std::nullopt;
  int limit = 0;
  switch (code) {
    case absl::StatusCode::kUnavailable:
      limit = attempts_max;
      break;
    // An attempt that hung, or a stream that a dying process or proxy broke off in the middle.
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kCancelled:
      limit = doubtful_attempts_max;
      break;
    default:
      return std::nullopt;
  }
  if (attempt >= limit) return std::nullopt;
  absl::Duration pause = pause_first;
  for (int i = 1; i < attempt && pause < pause_max; ++i) pause *= 2;
  pause = std::min(pause, pause_max) * absl::Uniform(rng, 0.5, 1.0);
  if (pause >= remaining) return std::nullopt;
  return pause;
}

}  // namespace nubo::examples::todo
