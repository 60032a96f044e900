// Passive health: endpoints that fail more than the others take a rest, whatever their health checks say.
//
// Three signs, with Envoy's defaults:
//   consecutive failures   five in a row, at once
//   success rate           every 10 s: 1.9 standard deviations below the mean of all, if 5 had 100 requests each
//   failure percentage     every 10 s: 85 % or more failed, if 5 endpoints had 50 requests each
//
// An ejection lasts 30 s times the number of ejections so far, 300 s at most; each sweep that an endpoint serves
// through takes one off that number. At most 10 % of the endpoints are ejected at a time, but one may always be, and
// the last one never is.
//
// The detector decides and never acts: it is told outcomes and the time, and says who is ejected and who returns.
//
// Example:
//   OutlierDetector detector({});
//   detector.SetEndpoints(ids);
//   if (detector.Report("i-1", /*success=*/false)) Apply(detector.Advance(now));   // five in a row
//   ...
//   OutlierDetector::Step step = detector.Advance(now);                            // at step.next at the latest
//
// Source: Envoy, "Outlier detection", architecture overview and config.cluster.v3.OutlierDetection.
//
// Thread safety: thread-compatible; a value.
#ifndef NUBO_LB_OUTLIER_DETECTOR_H_
#define NUBO_LB_OUTLIER_DETECTOR_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

namespace nubo::lb {

struct SuccessRateDetection {
  // Endpoints that must have had `requests_min` requests within an interval, for the sweep to compare them.
  int endpoints_min = 5;
  int requests_min = 100;
  // An endpoint is an outlier below mean - stdev_factor · standard deviation.
  double stdev_factor = 1.9;
};

struct FailurePercentageDetection {
  int endpoints_min = 5;
  int requests_min = 50;
  int threshold_percent = 85;
};

struct OutlierDetectionOptions {
  // 0: failures in a row eject nobody.
  int consecutive_failures = 5;
  absl::Duration interval = absl::Seconds(10);
  absl::Duration ejection_time_base = absl::Seconds(30);
  absl::Duration ejection_time_max = absl::Seconds(300);
  int ejection_percent_max = 10;
  std::optional<SuccessRateDetection> success_rate = SuccessRateDetection{};
  std::optional<FailurePercentageDetection> failure_percentage = FailurePercentageDetection{};
};

// INVALID_ARGUMENT: a negative count, a percentage outside 0 to 100, a duration that is not above zero, a longest
// ejection shorter than the base.
absl::Status CheckOutlierDetection(const OutlierDetectionOptions& options);

class OutlierDetector {
 public:
  enum class Cause { kConsecutiveFailures, kSuccessRate, kFailurePercentage };

  struct Ejection {
    std::string id;
    Cause cause = Cause::kConsecutiveFailures;
    absl::Time until;
  };
  struct Step {
    std::vector<Ejection> ejected;
    std::vector<std::string> returned;
    // When to call again at the latest.
    absl::Time next = absl::InfiniteFuture();
  };

  // `options` have passed CheckOutlierDetection.
  explicit OutlierDetector(OutlierDetectionOptions options) : options_(std::move(options)) {}

  const OutlierDetectionOptions& options() const { return options_; }
  void SetOptions(OutlierDetectionOptions options) { options_ = std::move(options); }
  // Who there is. What is known of those that stay is kept; of those that are missing it is forgotten.
  void SetEndpoints(absl::Span<const std::string> ids);

  // One request's end. Unknown and ejected endpoints are ignored: what they still answer is of the time before.
  // True if this was the failure that completes a row: Advance should be called now.
  bool Report(absl::string_view id, bool success);
  Step Advance(absl::Time now);

  bool IsEjected(absl::string_view id) const;
  int ejected() const { return ejected_; }

 private:
  struct Endpoint {
    uint64_t requests = 0;  // of this interval
    uint64_t failures = 0;
    int failures_in_a_row = 0;
    int ejections = 0;  // what the next ejection's length is multiplied by, less one
    // InfinitePast: serves.
    absl::Time ejected_until = absl::InfinitePast();
    bool is_ejected() const { return ejected_until != absl::InfinitePast(); }
  };

  bool MayEject() const;
  void Eject(const std::string& id, Endpoint& endpoint, Cause cause, absl::Time now, Step& step);
  void Return(absl::Time now, Step& step);
  void Sweep(absl::Time now, Step& step);
  void SweepSuccessRate(const SuccessRateDetection& rule, absl::Time now, Step& step);
  void SweepFailurePercentage(const FailurePercentageDetection& rule, absl::Time now, Step& step);
  // Those that serve and had as many requests in this interval, by id.
  std::vector<std::map<std::string, Endpoint, std::less<>>::value_type*> Busy(int requests_min);

  OutlierDetectionOptions options_;
  std::map<std::string, Endpoint, std::less<>> endpoints_;
  int ejected_ = 0;
  // Unknown before the first Advance.
  std::optional<absl::Time> next_sweep_;
};

// "consecutive failures", "success rate", "failure percentage".
absl::string_view CauseName(OutlierDetector::Cause cause);

}  // namespace nubo::lb

#endif  // NUBO_LB_OUTLIER_DETECTOR_H_
