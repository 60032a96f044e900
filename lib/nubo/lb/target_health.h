// The words for a target's health: AWS's states, reason codes and descriptions; health check settings and results.
//
// Example:
//   TargetHealth health = target.health();
//   StateName(health.state);    // "unhealthy"
//   ReasonCode(health.reason);  // "Target.Timeout"
//
// Thread safety: values and pure functions.
#ifndef NUBO_LB_TARGET_HEALTH_H_
#define NUBO_LB_TARGET_HEALTH_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nubo/lb/code_matcher.h"

namespace nubo::lb {

enum class TargetState {
  kInitial,
  kHealthy,
  kUnhealthy,
  kDraining,
  kUnused,
  // Not checked, by the group's settings; it serves like a healthy one.
  kUnavailable,
};

enum class TargetReason {
  kNone,
  kRegistrationInProgress,
  kInitialHealthChecking,
  kResponseCodeMismatch,
  kTimeout,
  kFailedHealthChecks,
  kNotRegistered,
  kNotInUse,
  kDeregistrationInProgress,
  kInternalError,
  kInvalidState,
  kIpUnusable,
  kHealthCheckDisabled,
};

// "initial", "healthy", "unhealthy", "draining", "unused", "unavailable".
absl::string_view StateName(TargetState state);
// "Elb.RegistrationInProgress", "Target.Timeout", …; "" for kNone.
absl::string_view ReasonCode(TargetReason reason);

struct TargetHealth {
  TargetState state = TargetState::kInitial;
  TargetReason reason = TargetReason::kNone;
  // A sentence for people, as AWS words it; empty when healthy.
  std::string description;

  friend bool operator==(const TargetHealth& a, const TargetHealth& b) {
    return a.state == b.state && a.reason == b.reason && a.description == b.description;
  }
};

// Health with AWS's description of `reason`.
TargetHealth MakeHealth(TargetState state, TargetReason reason);

struct HealthCheckSettings {
  // Without checks targets are unavailable/Target.HealthCheckDisabled, and serve.
  bool enabled = true;
  absl::Duration interval = absl::Seconds(30);
  absl::Duration timeout = absl::Seconds(5);
  // Consecutive passes that make an unhealthy target healthy. A new target needs one.
  int healthy_threshold = 5;
  // Consecutive failures that make a target unhealthy.
  int unhealthy_threshold = 2;
  // Codes of an answer that pass.
  CodeMatcher matcher = *CodeMatcher::Parse("200", CodeMatcher::kHttp);
};

// INVALID_ARGUMENT: a duration that is not above zero, a timeout above the interval, a threshold outside 1 to 10.
absl::Status CheckSettings(const HealthCheckSettings& settings);

// What one health check saw.
struct CheckResult {
  enum class Kind {
    kAnswered,       // `code` came back
    kTimeout,        // nothing within the timeout
    kRefused,        // nobody listens
    kFailed,         // a connection was made or tried and broke
    kInternalError,  // the checker itself could not check
  };
  Kind kind = Kind::kInternalError;
  int code = 0;

  static CheckResult Answered(int code) { return {Kind::kAnswered, code}; }
  static CheckResult Timeout() { return {Kind::kTimeout}; }
  static CheckResult Refused() { return {Kind::kRefused}; }
  static CheckResult Failed() { return {Kind::kFailed}; }
  static CheckResult InternalError() { return {Kind::kInternalError}; }
};

// How AWS would describe a target that is unhealthy because of `result`.
TargetHealth UnhealthyBecauseOf(const CheckResult& result);

}  // namespace nubo::lb

#endif  // NUBO_LB_TARGET_HEALTH_H_
