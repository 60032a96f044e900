// A set of targets, their health, and who gets the next request.
//
// TargetGroup decides and never acts: it names the health checks that are due, is told their results, and offers a
// Picker over the targets that may serve. Whoever drives it loops:
//
//   absl::Status status = group.SetTargets(specs, clock.Now());
//   for (;;) {
//     TargetGroup::Step step = group.Advance(clock.Now());
//     for (const DueCheck& check : step.checks) Start(check);        // later: group.OnCheckResult(id, attempt, …)
//     for (const std::string& id : step.out_of_time) CutOff(id);     // its deregistration delay is over
//     SleepUntil(step.next);                                         // or until a result arrives
//   }
//   lb::Choice choice = group.picker()->Pick({}, rng);               // any thread, any time
//
// Who serves: the healthy ones; if they are fewer than the group's health requirements ask for (by default: none), the
// unhealthy ones as well (fail open, as AWS does: a broken health check must not take a working service down); while
// there are only initial ones, nobody yet (a Wait). Of the healthy ones, those that outlier detection has ejected take
// a rest; an ejection never opens the group to unhealthy targets, nor takes the last healthy one out.
//
// Slow start, if it is on: a target that becomes healthy while another one serves at its full weight begins with a
// small weight. As at AWS, neither what was registered when the group was empty does so, nor what was healthy before.
//
// Deregistration: a target that is missing from a new set, or marked draining in it, takes no new requests and goes on
// until idle or until the delay is over. One that is missing is then forgotten; one that is marked reads
// unused/Target.NotRegistered until it is missing.
//
// Thread safety: thread-compatible; the pickers and sticky targets it hands out are thread-safe.
#ifndef NUBO_LB_TARGET_GROUP_H_
#define NUBO_LB_TARGET_GROUP_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "nubo/lb/group_health.h"
#include "nubo/lb/outlier_detector.h"
#include "nubo/lb/policy.h"
#include "nubo/lb/slow_start.h"
#include "nubo/lb/stickiness.h"
#include "nubo/lb/target.h"
#include "nubo/lb/target_health.h"

namespace nubo::lb {

// AWS's.
inline constexpr absl::Duration kDeregistrationDelayMax = absl::Seconds(3600);

struct TargetGroupOptions {
  HealthCheckSettings health_check;
  // 0 to 3600 s.
  absl::Duration deregistration_delay = absl::Seconds(300);
  GroupHealthRequirements health_requirements;
  SlowStart slow_start;
  // Absent: OnOutcome counts nothing.
  std::optional<OutlierDetectionOptions> outlier_detection;
  Stickiness stickiness;
  // Not all zeros, if there is stickiness. Load balancers that share it honour each other's cookies.
  StickinessKey stickiness_key;
  // Targets of one set, AWS's quota.
  size_t targets_max = 1000;
};

// INVALID_ARGUMENT: what CheckSettings, CheckGroupHealth, CheckSlowStart, CheckOutlierDetection or CheckStickiness
// refuses; stickiness without a key; a delay outside of 0 to 3600 s.
absl::Status CheckTargetGroupOptions(const TargetGroupOptions& options);

struct TargetStatus {
  std::string id;
  net::SocketAddress address;
  std::string zone;
  TargetHealth health;
  // Healthy by its checks, but ejected by outlier detection.
  bool ejected = false;
  // Of its weight, what slow start gives it now.
  double slow_start_factor = 1;
  int64_t in_flight = 0;
  // Since it was first registered.
  uint64_t requests = 0;
  uint64_t errors = 0;
  // Of what it has answered lately; zero before the first answer.
  absl::Duration latency;
};

class TargetGroup {
 public:
  // While something drains, Advance wants to be called this often, to notice that it is idle.
  static constexpr absl::Duration kDrainPoll = absl::Milliseconds(100);
  // A policy that wants to be built anew from time to time is so by Advance, no more often than this.
  static constexpr absl::Duration kRefreshMin = absl::Milliseconds(10);

  struct Step {
    std::vector<DueCheck> checks;
    // Targets whose deregistration delay ended with requests still in flight.
    std::vector<std::string> out_of_time;
    // When to call again at the latest.
    absl::Time next = absl::InfiniteFuture();
  };

  // `options` have passed CheckTargetGroupOptions; `policy` must not be null.
  TargetGroup(TargetGroupOptions options, std::unique_ptr<Policy> policy);

  // As CheckTargetGroupOptions. INVALID_ARGUMENT: slow start with a policy that has no use for weights
  // (least_outstanding_requests, as at AWS). Health so far is kept; the health checks' being enabled takes effect with
  // the next set of targets.
  absl::Status SetOptions(TargetGroupOptions options);
  void SetPolicy(std::unique_ptr<Policy> policy);
  // The whole set, every time. Targets that were there keep their health; one whose address changed starts anew.
  // INVALID_ARGUMENT: an empty id, two targets with one id, two that do not drain with one address, a weight outside
  // kWeightMin to kWeightMax, an `unusable` that is not one of its three; nothing changes.
  // RESOURCE_EXHAUSTED: more than `targets_max`; nothing changes.
  absl::Status SetTargets(absl::Span<const TargetSpec> targets, absl::Time now);
  // Whether a listener can reach the group. If not, its targets are unused/Target.NotInUse and not checked.
  void SetInUse(bool in_use, absl::Time now);

  Step Advance(absl::Time now);
  // Results for a target or attempt that is no longer awaited are ignored.
  void OnCheckResult(absl::string_view target_id, uint64_t attempt, const CheckResult& result, absl::Time now);
  // The data path could not connect to the target or was reset by it: a reason to look, no verdict.
  void OnConnectionFailure(absl::string_view target_id, absl::Time now);
  // What the target says of its own load, for policies that go by that (load_reports.h); as Load::Report.
  void OnLoadReport(absl::string_view target_id, const LoadReport& report, absl::Time now);
  // How a request to the target ended, for outlier detection.
  void OnOutcome(absl::string_view target_id, bool success, absl::Time now);

  // Never null. Publish it whenever `picker_version` changes.
  const std::shared_ptr<const Picker>& picker() const { return picker_; }
  uint64_t picker_version() const { return picker_version_; }
  // Where sticky clients go; of the same endpoints as the picker, to be published with it. Null without stickiness.
  const std::shared_ptr<const StickyTargets>& sticky() const { return sticky_; }
  // Changes whenever a target's health, or the set itself, does.
  uint64_t status_version() const { return status_version_; }
  // Whether there are enough healthy targets for DNS to give the load balancer's addresses out.
  bool HealthyForDns() const;
  // In the order of their ids.
  std::vector<TargetStatus> Describe() const;

 private:
  struct Entry {
    Target target;
    bool forget_when_drained = false;
    TargetReason unusable = TargetReason::kNone;
    // Registered when the group was empty, and not healthy since.
    bool first_batch = false;
    // Since when it has been healthy; InfiniteFuture if it is not, InfinitePast if it is without a slow start.
    absl::Time slow_start_since = absl::InfiniteFuture();
    double slow_start_factor = 1;
    // The target's own, but for the weight that the slow start leaves it.
    std::shared_ptr<const Endpoint> endpoint;
  };

  absl::Status CheckTargets(absl::Span<const TargetSpec> targets) const;
  void Apply(const TargetSpec& spec, bool first_batch, absl::Time now);
  void SetConditions(Entry& entry, absl::Time now) const;
  // A target's health, or the set, has changed.
  void Changed(absl::Time now);
  // Sees to slow start, outliers and the picker.
  void Refresh(absl::Time now);
  void UpdateSlowStart(absl::Time now);
  static void UpdateEndpoint(Entry& entry);
  void UpdateOutliers(absl::Time now);
  void UpdatePicker();
  // Builds it of the same targets, if that is due.
  void RefreshPicker(absl::Time now);
  std::shared_ptr<const Picker> BuildPicker(const EndpointList& serving);
  EndpointList Serving() const;
  static bool Healthy(const Entry& entry);
  // Healthy targets, and all that are registered.
  std::pair<size_t, size_t> CountHealthy() const;

  TargetGroupOptions options_;
  std::unique_ptr<Policy> policy_;
  bool in_use_ = true;
  std::map<std::string, Entry, std::less<>> targets_;
  OutlierDetector outliers_{OutlierDetectionOptions{}};
  absl::Time next_outliers_ = absl::InfiniteFuture();
  absl::Time next_slow_start_ = absl::InfiniteFuture();
  absl::Time next_refresh_ = absl::InfiniteFuture();
  std::shared_ptr<const Picker> picker_;
  std::shared_ptr<const StickyTargets> sticky_;
  // Which endpoints picker_ was built of, so that an unrelated change does not disturb it.
  EndpointList serving_;
  uint64_t picker_version_ = 0;
  uint64_t status_version_ = 0;
};

}  // namespace nubo::lb

#endif  // NUBO_LB_TARGET_GROUP_H_
