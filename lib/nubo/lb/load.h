// What an endpoint is carrying: requests in flight, how fast it answers, how often it fails.
//
// A Load belongs to an endpoint, not to a picker: pickers come and go with every change of the endpoint set
// while the figures go on. A Call is the token that feeds it: one per request, given back when the request ends.
//
// Example:
//   lb::Call call(endpoint->load, clock.Now());
//   ... send the request ...
//   call.Finish(lb::Call::Outcome::kSuccess, clock.Now());
//
// Thread safety: Load is thread-safe. Call is thread-compatible.
#ifndef NUBO_LB_LOAD_H_
#define NUBO_LB_LOAD_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include "absl/time/time.h"

namespace nubo::lb {

class Load {
 public:
  // Each latency sample moves the average by this fraction of the difference.
  static constexpr double kLatencyDecay = 1.0 / 8;

  Load() = default;
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  int64_t in_flight() const { return in_flight_.load(std::memory_order_relaxed); }
  // Calls ever begun, and those that ended as failures.
  uint64_t calls() const { return calls_.load(std::memory_order_relaxed); }
  uint64_t errors() const { return errors_.load(std::memory_order_relaxed); }
  // Exponentially weighted average over successful calls; absent before the first.
  std::optional<absl::Duration> latency() const;

 private:
  friend class Call;
  void Begin();
  void End();
  void AddLatency(absl::Duration latency);
  void AddError() { errors_.fetch_add(1, std::memory_order_relaxed); }

  std::atomic<int64_t> in_flight_{0};
  std::atomic<uint64_t> calls_{0};
  std::atomic<uint64_t> errors_{0};
  // Nanoseconds; below zero until there is a sample.
  std::atomic<int64_t> latency_ns_{-1};
};

class Call {
 public:
  enum class Outcome {
    kSuccess,   // answered: its latency counts
    kError,     // the endpoint failed it
    kCanceled,  // the caller went away: says nothing about the endpoint
  };

  // Holds nothing.
  Call() = default;
  // Counts one request in flight on `load`, which may be null.
  Call(std::shared_ptr<Load> load, absl::Time start);
  // A call that is destroyed without Finish was canceled.
  ~Call();
  Call(Call&& other) noexcept = default;
  Call& operator=(Call&& other) noexcept;

  // Ends the call; only the first one counts.
  void Finish(Outcome outcome, absl::Time now);
  bool active() const { return load_ != nullptr; }

 private:
  std::shared_ptr<Load> load_;
  absl::Time start_;
};

}  // namespace nubo::lb

#endif  // NUBO_LB_LOAD_H_
