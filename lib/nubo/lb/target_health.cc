#include "nubo/lb/target_health.h"

#include "absl/strings/str_cat.h"

namespace nubo::lb {
namespace {

constexpr int kThresholdMax = 10;

struct ReasonText {
  absl::string_view code;
  absl::string_view description;
};

ReasonText TextOf(TargetReason reason) {
  switch (reason) {
    case TargetReason::kNone:
      return {"", ""};
    case TargetReason::kRegistrationInProgress:
      return {"Elb.RegistrationInProgress", "Target registration is in progress"};
    case TargetReason::kInitialHealthChecking:
      return {"Elb.InitialHealthChecking", "Initial health checks in progress"};
    case TargetReason::kResponseCodeMismatch:
      return {"Target.ResponseCodeMismatch", "Health checks failed with an unexpected code"};
    case TargetReason::kTimeout:
      return {"Target.Timeout", "Request timed out"};
    case TargetReason::kFailedHealthChecks:
      return {"Target.FailedHealthChecks", "Health checks failed"};
    case TargetReason::kNotRegistered:
      return {"Target.NotRegistered", "Target is not registered to the target group"};
    case TargetReason::kNotInUse:
      return {"Target.NotInUse", "Target group is not configured to receive traffic from the load balancer"};
    case TargetReason::kDeregistrationInProgress:
      return {"Target.DeregistrationInProgress", "Target deregistration is in progress"};
    case TargetReason::kInternalError:
      return {"Elb.InternalError", "Health checks failed due to an internal error"};
    case TargetReason::kInvalidState:
      return {"Target.InvalidState", "Target is in the stopped or terminated state"};
    case TargetReason::kIpUnusable:
      return {"Target.IpUnusable", "Target IP address is in use by a load balancer"};
    case TargetReason::kHealthCheckDisabled:
      return {"Target.HealthCheckDisabled", "Health checks are disabled for the target group"};
  }
  return {"", ""};
}

absl::Status CheckThreshold(absl::string_view name, int value) {
  if (value >= 1 && value <= kThresholdMax) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the ", name, " threshold is ", value, "; it must be between 1 and ", kThresholdMax));
}

}  // namespace

absl::string_view StateName(TargetState state) {
  switch (state) {
    case TargetState::kInitial:
      return "initial";
    case TargetState::kHealthy:
      return "healthy";
    case TargetState::kUnhealthy:
      return "unhealthy";
    case TargetState::kDraining:
      return "draining";
    case TargetState::kUnused:
      return "unused";
    case TargetState::kUnavailable:
      return "unavailable";
  }
  return "";
}

absl::string_view ReasonCode(TargetReason reason) { return TextOf(reason).code; }

TargetHealth MakeHealth(TargetState state, TargetReason reason) {
  return {state, reason, std::string(TextOf(reason).description)};
}

absl::Status CheckSettings(const HealthCheckSettings& settings) {
  if (settings.interval <= absl::ZeroDuration() || settings.timeout <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError(absl::StrCat("health check interval ", absl::FormatDuration(settings.interval),
                                                   " and timeout ", absl::FormatDuration(settings.timeout),
                                                   " must both be above zero"));
  }
  if (settings.timeout > settings.interval) {
    return absl::InvalidArgumentError(absl::StrCat("health check timeout ", absl::FormatDuration(settings.timeout),
                                                   " must not be longer than the interval ",
                                                   absl::FormatDuration(settings.interval)));
  }
  const absl::Status healthy = CheckThreshold("healthy", settings.healthy_threshold);
  return healthy.ok() ? CheckThreshold("unhealthy", settings.unhealthy_threshold) : healthy;
}

TargetHealth UnhealthyBecauseOf(const CheckResult& result) {
  switch (result.kind) {
    case CheckResult::Kind::kAnswered: {
      TargetHealth health = MakeHealth(TargetState::kUnhealthy, TargetReason::kResponseCodeMismatch);
      health.description = absl::StrCat("Health checks failed with these codes: [", result.code, "]");
      return health;
    }
    case CheckResult::Kind::kTimeout:
      return MakeHealth(TargetState::kUnhealthy, TargetReason::kTimeout);
    case CheckResult::Kind::kRefused:
    case CheckResult::Kind::kFailed:
      return MakeHealth(TargetState::kUnhealthy, TargetReason::kFailedHealthChecks);
    case CheckResult::Kind::kInternalError:
      break;
  }
  return MakeHealth(TargetState::kUnhealthy, TargetReason::kInternalError);
}

}  // namespace nubo::lb
