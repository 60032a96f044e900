// One target's life: the state machine behind AWS's initial, healthy, unhealthy, draining, unused.
//
//   initial ──one pass──► healthy ◄─thresholds─► unhealthy
//      └──unhealthy threshold──────────────────────▲
//   any ──deregistered──► draining ──idle, or delay over──► unused (Target.NotRegistered)
//   any but those ──not in use, stopped, address taken──► unused ──no longer──► initial
//   any but those ──checks disabled──► unavailable ──enabled──► initial
//
// When it is checked:
// * A new target at once. While it is initial and fails, again after a twentieth of the time it has been waiting, at
//   least 50 ms and at most 1 s: whoever starts to listen is in service within about 100 ms, at any boot time under two
//   seconds, and never later than 5 % of it. Such extra failures count as one per interval, so that booting slowly
//   costs as many intervals as it does at AWS.
// * Otherwise every interval.
// * At once when the data path could not connect or was cut off (a hint, never a verdict), and again 200 ms after a
//   healthy target refused a check: a process that is gone is out of service in a fraction of a second, while one
//   overloaded check still decides nothing.
//
// Target keeps no clock: every call is told `now`. TargetGroup is the usual way to drive it.
//
// Thread safety: thread-compatible.
#ifndef NUBO_LB_TARGET_H_
#define NUBO_LB_TARGET_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "nubo/lb/policy.h"
#include "nubo/lb/target_health.h"

namespace nubo::lb {

struct TargetSpec {
  std::string id;
  net::SocketAddress address;
  std::string zone;
  // For policies that go by weights; above zero.
  double weight = 1;
  // Deregistered, but not yet forgotten by whoever writes the configuration.
  bool draining = false;
  // kInvalidState: it is stopped or terminated; kIpUnusable: a load balancer has its address. Then it is unused,
  // whatever it would answer. Else kNone.
  TargetReason unusable = TargetReason::kNone;
};

// What keeps a target from being checked.
struct TargetConditions {
  // A listener leads to its group.
  bool in_use = true;
  bool health_checks = true;
  TargetReason unusable = TargetReason::kNone;
};

// A health check to be made now. `attempt` comes back with its result.
struct DueCheck {
  std::string target_id;
  net::SocketAddress address;
  uint64_t attempt = 0;
};

class Target {
 public:
  static constexpr absl::Duration kInitialRetryMin = absl::Milliseconds(50);
  static constexpr absl::Duration kInitialRetryMax = absl::Seconds(1);
  static constexpr int kInitialRetryFraction = 20;
  static constexpr absl::Duration kConfirmDelay = absl::Milliseconds(200);
  // Checks that hints ask for are at least this far apart.
  static constexpr absl::Duration kHintSpacing = absl::Seconds(1);

  // A target that has just been registered; `load` outlives it.
  Target(TargetSpec spec, absl::Time now);

  const std::shared_ptr<const Endpoint>& endpoint() const { return endpoint_; }
  const TargetHealth& health() const { return health_; }
  TargetState state() const { return health_.state; }
  int64_t in_flight() const { return endpoint_->load->in_flight(); }

  // Another zone or weight, with everything else kept.
  void Update(TargetSpec spec);
  // Registered again, perhaps elsewhere: initial, with its load figures kept.
  void Register(TargetSpec spec, absl::Time now);
  // Takes no new requests; done when idle, or at now + delay. Without effect on one that drains or has drained.
  void Deregister(absl::Time now, absl::Duration delay);
  // Unused or unavailable, and not checked, as the conditions say; initial once they say nothing any more.
  void SetConditions(const TargetConditions& conditions, absl::Time now);

  // The check due at `now`, which from then on is in flight.
  std::optional<DueCheck> StartCheck(absl::Time now);
  // A result of an attempt that is no longer in flight is ignored.
  void OnCheckResult(uint64_t attempt, const CheckResult& result, const HealthCheckSettings& settings, absl::Time now);
  // The data path could not connect, or its connection was reset.
  void OnConnectionFailure(absl::Time now);
  // Ends a drain that is idle or out of time. True if it just ended.
  bool FinishDrain(absl::Time now);

  // When a check is due or a drain runs out; InfiniteFuture if neither can happen.
  absl::Time next() const;
  // True while draining with the delay over: what is still in flight should be cut.
  bool OutOfTime(absl::Time now) const { return state() == TargetState::kDraining && now >= drain_end_; }

 private:
  bool Checked() const;
  void BecomeInitial(absl::Time now);
  void Passed(const HealthCheckSettings& settings, absl::Time now);
  void FailedCheck(const CheckResult& result, const HealthCheckSettings& settings, absl::Time now);
  absl::Duration RetryDelay(const CheckResult& result, absl::Time now) const;

  std::shared_ptr<const Endpoint> endpoint_;
  TargetHealth health_;
  absl::Time registered_;
  // Invariants:
  // 1. At most one check is in flight; `attempt_` is its number, or the last one's.
  // 2. `passes_` and `failures_` count consecutive results; one of them is 0.
  uint64_t attempt_ = 0;
  bool check_in_flight_ = false;
  bool check_again_ = false;  // a hint came while a check was in flight
  absl::Time check_started_ = absl::InfinitePast();
  absl::Time next_check_;
  absl::Time last_hint_ = absl::InfinitePast();
  absl::Time last_counted_failure_ = absl::InfinitePast();
  int passes_ = 0;
  int failures_ = 0;
  absl::Time drain_end_ = absl::InfiniteFuture();
};

}  // namespace nubo::lb

#endif  // NUBO_LB_TARGET_H_
