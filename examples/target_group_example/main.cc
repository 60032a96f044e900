// A target group driven by hand: slow start, outliers, sticky clients, and bounds on what may be under way.
#include <iostream>
#include <random>
#include <string>

#include "absl/time/time.h"
#include "nubo/lb/circuit_breaker.h"
#include "nubo/lb/policies.h"
#include "nubo/lb/target_group.h"

namespace {

namespace lb = nubo::lb;

lb::TargetSpec Target(const std::string& id, const char* address) {
  return {.id = id, .address = *nubo::net::SocketAddress::Parse(address)};
}

// Makes the checks that are due; every target answers 200.
void Check(lb::TargetGroup& group, absl::Time now) {
  for (const lb::DueCheck& check : group.Advance(now).checks) {
    group.OnCheckResult(check.target_id, check.attempt, lb::CheckResult::Answered(200), now);
  }
}

void Print(const char* what, const lb::TargetGroup& group) {
  std::cout << what << ":";
  for (const lb::TargetStatus& target : group.Describe()) {
    std::cout << " " << target.id << " " << lb::StateName(target.health.state);
    if (target.slow_start_factor < 1) std::cout << " at " << target.slow_start_factor << " of its weight";
    if (target.ejected) std::cout << " (ejected)";
  }
  std::cout << "\n";
}

// [slow_start]
void GrowIntoTheLoad() {
  lb::TargetGroupOptions options;
  options.slow_start.window = absl::Seconds(60);
  lb::TargetGroup group(options, lb::MakeRoundRobin());
  absl::Time now = absl::UnixEpoch();
  if (!group.SetTargets({Target("a", "10.0.0.1:80")}, now).ok()) return;
  Check(group, now);
  // "a" serves already, so "b" may begin slowly.
  if (!group.SetTargets({Target("a", "10.0.0.1:80"), Target("b", "10.0.0.2:80")}, now).ok()) return;
  Check(group, now);
  Print("a new target", group);
  Check(group, now += absl::Seconds(30));
  Print("30 s later", group);
  Check(group, now += absl::Seconds(30));
  Print("60 s later", group);
}
// [/slow_start]

// [outliers]
void RestAnOutlier() {
  lb::TargetGroupOptions options;
  options.outlier_detection = lb::OutlierDetectionOptions{};
  lb::TargetGroup group(options, lb::MakeRoundRobin());
  absl::Time now = absl::UnixEpoch();
  if (!group.SetTargets({Target("a", "10.0.0.1:80"), Target("b", "10.0.0.2:80")}, now).ok()) return;
  Check(group, now);
  // Its health checks pass, but its requests fail: five in a row.
  for (int i = 0; i < 5; ++i) group.OnOutcome("b", /*success=*/false, now);
  Print("after five failures", group);
  Check(group, now += absl::Seconds(30));
  Print("30 s later", group);
}
// [/outliers]

// [sticky]
void ComeBackToTheSameTarget() {
  lb::TargetGroupOptions options;
  options.stickiness = {.type = lb::StickinessType::kLbCookie, .duration = absl::Hours(1)};
  options.stickiness_key = {.high = 0x0123456789abcdef, .low = 0xfedcba9876543210};
  lb::TargetGroup group(options, lb::MakeRoundRobin());
  const absl::Time now = absl::UnixEpoch();
  if (!group.SetTargets({Target("a", "10.0.0.1:80"), Target("b", "10.0.0.2:80")}, now).ok()) return;
  Check(group, now);
  // The first answer sets a cookie; the next request brings it back.
  const lb::StickinessCookie cookie(options.stickiness_key);
  const std::string value = cookie.Encode("b", now + options.stickiness.duration);
  std::shared_ptr<const lb::Endpoint> same;
  if (const auto tag = cookie.Decode(value, now)) same = group.sticky()->ByTag(*tag);
  std::cout << "the cookie leads to: " << (same != nullptr ? same->id : "whom the policy picks") << "\n";
}
// [/sticky]

// [breaker]
void FailFast() {
  lb::CircuitBreaker breaker({.requests_max = 1});
  const auto first = breaker.TryAcquire(lb::CircuitBreaker::Resource::kRequests);
  const auto second = breaker.TryAcquire(lb::CircuitBreaker::Resource::kRequests);
  std::cout << "first request: " << (first ? "goes" : "fails") << ", second: " << (second ? "goes" : "fails") << "\n";
}
// [/breaker]

}  // namespace

int main() {
  GrowIntoTheLoad();
  RestAnOutlier();
  ComeBackToTheSameTarget();
  FailFast();
}
