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
// Who serves: the healthy ones; if none is, all unhealthy ones (fail open, as AWS does: a broken health check must not
// take a working service down); while there are only initial ones, nobody yet (a Wait).
//
// Deregistration: a target that is missing from a new set, or marked draining in it, takes no new requests and goes on
// until idle or until the delay is over. One that is missing is then forgotten; one that is marked reads
// unused/Target.NotRegistered until it is missing.
//
// Thread safety: thread-compatible; the pickers it hands out are thread-safe.
#ifndef NUBO_LB_TARGET_GROUP_H_
#define NUBO_LB_TARGET_GROUP_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "nubo/lb/policy.h"
#include "nubo/lb/target.h"
#include "nubo/lb/target_health.h"

namespace nubo::lb {

struct TargetGroupOptions {
  HealthCheckSettings health_check;
  // 0 to 3600 s at AWS.
  absl::Duration deregistration_delay = absl::Seconds(300);
  // Targets of one set, AWS's quota.
  size_t targets_max = 1000;
};

struct TargetStatus {
  std::string id;
  net::SocketAddress address;
  std::string zone;
  TargetHealth health;
  int64_t in_flight = 0;
  // Since it was first registered.
  uint64_t requests = 0;
  uint64_t errors = 0;
};

class TargetGroup {
 public:
  // While something drains, Advance wants to be called this often, to notice that it is idle.
  static constexpr absl::Duration kDrainPoll = absl::Milliseconds(100);

  struct Step {
    std::vector<DueCheck> checks;
    // Targets whose deregistration delay ended with requests still in flight.
    std::vector<std::string> out_of_time;
    // When to call again at the latest.
    absl::Time next = absl::InfiniteFuture();
  };

  // `policy` must not be null.
  TargetGroup(TargetGroupOptions options, std::unique_ptr<Policy> policy);

  // INVALID_ARGUMENT: settings that CheckSettings refuses, a negative delay. Health so far is kept.
  absl::Status SetOptions(TargetGroupOptions options);
  void SetPolicy(std::unique_ptr<Policy> policy);
  // The whole set, every time. Targets that were there keep their health; one whose address changed starts anew.
  // INVALID_ARGUMENT: an empty id, two targets with one id, two that do not drain with one address; nothing changes.
  // RESOURCE_EXHAUSTED: more than `targets_max`; nothing changes.
  absl::Status SetTargets(absl::Span<const TargetSpec> targets, absl::Time now);
  // Whether a listener can reach the group. If not, its targets are unused/Target.NotInUse and not checked.
  void SetInUse(bool in_use, absl::Time now);

  Step Advance(absl::Time now);
  // Results for a target or attempt that is no longer awaited are ignored.
  void OnCheckResult(absl::string_view target_id, uint64_t attempt, const CheckResult& result, absl::Time now);
  // The data path could not connect to the target or was reset by it: a reason to look, no verdict.
  void OnConnectionFailure(absl::string_view target_id, absl::Time now);

  // Never null. Publish it whenever `picker_version` changes.
  const std::shared_ptr<const Picker>& picker() const { return picker_; }
  uint64_t picker_version() const { return picker_version_; }
  // Changes whenever a target's health, or the set itself, does.
  uint64_t status_version() const { return status_version_; }
  // In the order of their ids.
  std::vector<TargetStatus> Describe() const;

 private:
  struct Entry {
    Target target;
    bool forget_when_drained = false;
  };

  absl::Status CheckTargets(absl::Span<const TargetSpec> targets) const;
  void Apply(const TargetSpec& spec, absl::Time now);
  void Changed();
  std::shared_ptr<const Picker> BuildPicker();
  EndpointList EndpointsIn(TargetState state) const;

  TargetGroupOptions options_;
  std::unique_ptr<Policy> policy_;
  bool in_use_ = true;
  std::map<std::string, Entry, std::less<>> targets_;
  std::shared_ptr<const Picker> picker_;
  // Which endpoints picker_ was built of, so that an unrelated change does not disturb it.
  EndpointList serving_;
  uint64_t picker_version_ = 0;
  uint64_t status_version_ = 0;
};

}  // namespace nubo::lb

#endif  // NUBO_LB_TARGET_GROUP_H_
