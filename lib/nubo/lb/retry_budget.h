// How many retries are affordable.
//
// A retry that every client makes at once turns a small fault into an outage, so retries are paid from a budget: over
// the last ten seconds, a fraction of the requests that arrived plus a floor. The floor is generous on purpose: a
// process that dies takes with it every request it held, and a thousand of those on one target must all find another
// one, on a load balancer that has just started as well as on a busy one.
//
// Example:
//   lb::RetryBudget budget({});
//   budget.OnRequest(now);
//   if (budget.TryRetry(now)) Send(another_target);
//
// Thread safety: thread-compatible; a value.
#ifndef NUBO_LB_RETRY_BUDGET_H_
#define NUBO_LB_RETRY_BUDGET_H_

#include <array>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace nubo::lb {

struct RetryBudgetOptions {
  // Retries per request that arrived within the window.
  double ratio = 0.2;
  // Retries per second that are always affordable; 10 s of them make the 1,000 that one dead process may cost.
  double retries_per_second_min = 100;
};

// INVALID_ARGUMENT: a ratio outside 0 to 100, or a floor outside 0 to 1e6.
absl::Status CheckRetryBudget(const RetryBudgetOptions& options);

class RetryBudget {
 public:
  static constexpr int kWindowSeconds = 10;

  // `options` have passed CheckRetryBudget.
  explicit RetryBudget(const RetryBudgetOptions& options) : options_(options) {}

  void OnRequest(absl::Time now);
  // Takes one retry out of the budget. False, and nothing taken, if there is none left.
  bool TryRetry(absl::Time now);
  // Retries affordable at `now`, rounded down.
  int64_t Available(absl::Time now);

 private:
  struct Second {
    int64_t at = -1;
    int64_t requests = 0;
    int64_t retries = 0;
  };
  Second& Current(absl::Time now);

  RetryBudgetOptions options_;
  // A ring by unix second modulo its size; an entry whose `at` is too old counts nothing.
  std::array<Second, kWindowSeconds> window_;
};

}  // namespace nubo::lb

#endif  // NUBO_LB_RETRY_BUDGET_H_
