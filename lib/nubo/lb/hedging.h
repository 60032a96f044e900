// Hedged requests: when an answer takes longer than most, the same question goes to another endpoint, and the first
// answer counts. It cuts the tail of latency at the price of a few requests more, and only for requests that may be
// carried out twice.
//
// When: after the 95th percentile of what answers took lately, so that about one request in twenty is asked twice. How
// often: at most `attempts_max` times, and only while a budget lasts: a service that is slow as a whole must not get
// twice the load for it.
//
// Example:
//   Hedging hedging({});
//   hedging.OnRequest(now);
//   ... no answer after hedging.delay() ...
//   if (hedging.TryHedge(/*attempts=*/1, now)) SendToAnother();
//   hedging.OnLatency(now - start);
//
// Source: J. Dean, L. A. Barroso, "The Tail at Scale", CACM 56(2), 2013, "hedged requests".
//
// Thread safety: thread-compatible; values.
#ifndef NUBO_LB_HEDGING_H_
#define NUBO_LB_HEDGING_H_

#include <array>
#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "nubo/lb/retry_budget.h"

namespace nubo::lb {

// Quantiles of the last few thousand latencies, in a fixed space: counts per bucket, four buckets to each doubling,
// halved whenever they add up to kSamplesMax, so that the past fades. An answer is the upper end of its bucket: up to
// 19 % above the true one, never below.
class LatencyQuantiles {
 public:
  static constexpr int kBuckets = 128;
  static constexpr int kBucketsPerDoubling = 4;
  static constexpr uint64_t kSamplesMax = 4096;

  // What is shorter than a microsecond counts as one; longer than the last bucket (about an hour) as that.
  void Add(absl::Duration latency);
  // Samples that count at present.
  uint64_t samples() const { return samples_; }
  // `quantile` is between 0 and 1. Nothing without a sample.
  std::optional<absl::Duration> Get(double quantile) const;

 private:
  std::array<uint32_t, kBuckets> counts_ = {};
  uint64_t samples_ = 0;
};

struct HedgingOptions {
  double quantile = 0.95;
  // Of one request, the first one included.
  int attempts_max = 2;
  // Until there are `samples_min` latencies to judge by.
  absl::Duration delay_initial = absl::Milliseconds(100);
  uint64_t samples_min = 20;
  // Bounds of the delay, whatever the latencies say.
  absl::Duration delay_min = absl::Milliseconds(1);
  absl::Duration delay_max = absl::Seconds(10);
  // What hedges are paid from.
  RetryBudgetOptions budget = {.ratio = 0.1, .retries_per_second_min = 1};
};

// INVALID_ARGUMENT: a quantile outside (0, 1), less than one attempt, a negative delay, delay_max below delay_min, a
// budget that CheckRetryBudget refuses.
absl::Status CheckHedging(const HedgingOptions& options);

class Hedging {
 public:
  // `options` have passed CheckHedging.
  explicit Hedging(const HedgingOptions& options) : options_(options), budget_(options.budget) {}

  const HedgingOptions& options() const { return options_; }
  void OnRequest(absl::Time now) { budget_.OnRequest(now); }
  // How long one attempt took that was answered.
  void OnLatency(absl::Duration latency) { latencies_.Add(latency); }
  // How long to wait for an answer before asking somebody else as well.
  absl::Duration delay() const;
  // Whether a request with so many attempts under way may make another one; takes it out of the budget.
  bool TryHedge(int attempts, absl::Time now) { return attempts < options_.attempts_max && budget_.TryRetry(now); }

 private:
  HedgingOptions options_;
  RetryBudget budget_;
  LatencyQuantiles latencies_;
};

}  // namespace nubo::lb

#endif  // NUBO_LB_HEDGING_H_
