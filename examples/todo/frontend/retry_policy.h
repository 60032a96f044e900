// Whether a failed backend call is made again, and when.
//
// Behind the backend's load balancer any backend may be killed at any moment. A call that is safe to repeat must then
// not fail as long as one backend lives, so it is repeated, after short pauses that double and are spread at random.
//
// Example:
//   if (auto pause = policy.Next(RetryClass::kRepeatable, code, attempt, remaining, rng)) { sleep; again; }
//
// Thread safety: values.
#ifndef EXAMPLES_TODO_FRONTEND_RETRY_POLICY_H_
#define EXAMPLES_TODO_FRONTEND_RETRY_POLICY_H_

#include <optional>

#include "absl/random/bit_gen_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"

namespace nubo::examples::todo {

enum class RetryClass {
  // Doing it twice is doing it once.
  kRepeatable,
  // Once it may have been sent, it is never sent again.
  kOnce,
};

struct RetryPolicy {
  int attempts_max = 25;
  // For errors that may also be the backend's own fault, which repeating does not cure.
  int doubtful_attempts_max = 3;
  absl::Duration pause_first = absl::Milliseconds(20);
  absl::Duration pause_max = absl::Milliseconds(500);

  // How long to wait before attempt `attempt` + 1, counted from 1, after attempt `attempt` ended with `code`; nullopt:
  // that was the last one. `remaining` is what is left of the caller's deadline.
  std::optional<absl::Duration> Next(RetryClass retry_class, absl::StatusCode code, int attempt,
                                     absl::Duration remaining, absl::BitGenRef rng) const;
};

}  // namespace nubo::examples::todo

#endif  // EXAMPLES_TODO_FRONTEND_RETRY_POLICY_H_
