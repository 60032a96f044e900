// What an endpoint is carrying: requests in flight, how fast it answers, how often it fails, and what it says of
// itself.
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
#include "nubo/lb/latency_by_load.h"

namespace nubo::lb {

// What an endpoint reports of itself, as ORCA has it (gRFC A51; xds.data.orca.v3.OrcaLoadReport).
struct LoadReport {
  // Requests and errors a second.
  double qps = 0;
  double eps = 0;
  // Of its capacity, application_utilization or else cpu_utilization; may exceed 1.
  double utilization = 0;
};

// On a cache line of its own: the figures of one endpoint do not slow down those of another.
class alignas(64) Load {
 public:
  // Each latency sample moves the average by this fraction of the difference.
  static constexpr double kLatencyDecay = 1.0 / 8;
  // The peak-sensitive average forgets by 1/e in this time.
  static constexpr absl::Duration kPeakDecay = absl::Seconds(10);

  Load() = default;
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  int64_t in_flight() const { return in_flight_.load(std::memory_order_relaxed); }
  // Calls ever begun, and those that ended as failures.
  uint64_t calls() const { return calls_.load(std::memory_order_relaxed); }
  uint64_t errors() const { return errors_.load(std::memory_order_relaxed); }
  // Exponentially weighted average over successful calls; absent before the first.
  std::optional<absl::Duration> latency() const;

  // An average in nanoseconds that jumps up to every worse sample at once and comes down slowly, also while nothing is
  // sent: what is past kPeakDecay counts less and less. Time spent on a failure or on a call given up counts if it is
  // worse; a fast failure is no praise. 0 before the first sample. (Finagle's peak EWMA.)
  double PeakLatency(absl::Time now) const;
  // In nanoseconds, of a request that begins while `in_flight` others are here. 0 before the first sample.
  double LatencyAt(int64_t in_flight, absl::Time now) const;

  // Takes in what the endpoint says. Reports without requests or utilization say nothing and are passed over, as those
  // that are not numbers.
  void Report(const LoadReport& report, absl::Time now);
  // An average of the reports, in which older ones fade by 1/e in kReportDecay: a single one tells more of chance than
  // of the endpoint. Fields of two reports may mix while one is being taken in.
  LoadReport report() const;
  static constexpr absl::Duration kReportDecay = absl::Seconds(3);
  // Of the last report, and of the first of those that came without a gap of `expiry`; InfinitePast: none.
  absl::Time reported_at() const { return FromNs(report_at_ns_.load(std::memory_order_relaxed)); }
  absl::Time reporting_since() const { return FromNs(reporting_since_ns_.load(std::memory_order_relaxed)); }
  // A pause in the reports after which an endpoint counts as new. (gRFC A58.)
  static constexpr absl::Duration kReportExpiry = absl::Minutes(3);

 private:
  friend class Call;
  // How many others were in flight.
  int64_t Begin();
  void End();
  void AddLatency(absl::Duration latency, int64_t met, absl::Time now);
  // Of a request without an answer, that would have taken longer: counts where it is worse than what is known.
  void AddLowerBound(absl::Duration elapsed, int64_t met, absl::Time now);
  void AddPeak(double sample_ns, int64_t now_ns);
  static absl::Time FromNs(int64_t ns) { return ns == 0 ? absl::InfinitePast() : absl::FromUnixNanos(ns); }
  void AddError() { errors_.fetch_add(1, std::memory_order_relaxed); }

  std::atomic<int64_t> in_flight_{0};
  std::atomic<uint64_t> calls_{0};
  std::atomic<uint64_t> errors_{0};
  // Nanoseconds; below zero until there is a sample.
  std::atomic<int64_t> latency_ns_{-1};
  std::atomic<double> peak_ns_{0};
  std::atomic<int64_t> peak_at_ns_{0};
  LatencyByLoad latency_by_load_;
  std::atomic<double> report_qps_{0};
  std::atomic<double> report_eps_{0};
  std::atomic<double> report_utilization_{0};
  std::atomic<int64_t> report_at_ns_{0};
  std::atomic<int64_t> reporting_since_ns_{0};
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
  // Others in flight when it began.
  int64_t met_ = 0;
};

}  // namespace nubo::lb

#endif  // NUBO_LB_LOAD_H_
