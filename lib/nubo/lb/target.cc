#include "nubo/lb/target.h"

#include <algorithm>
#include <utility>

namespace nubo::lb {
namespace {

std::shared_ptr<const Endpoint> MakeEndpoint(TargetSpec spec, std::shared_ptr<Load> load) {
  auto endpoint = std::make_shared<Endpoint>();
  endpoint->id = std::move(spec.id);
  endpoint->address = spec.address;
  endpoint->zone = std::move(spec.zone);
  endpoint->weight = spec.weight;
  endpoint->load = std::move(load);
  return endpoint;
}

}  // namespace

Target::Target(TargetSpec spec, absl::Time now) : endpoint_(MakeEndpoint(std::move(spec), std::make_shared<Load>())) {
  BecomeInitial(now);
}

void Target::BecomeInitial(absl::Time now) {
  health_ = MakeHealth(TargetState::kInitial, TargetReason::kRegistrationInProgress);
  registered_ = now;
  check_in_flight_ = false;
  check_again_ = false;
  next_check_ = now;
  last_counted_failure_ = absl::InfinitePast();
  passes_ = 0;
  failures_ = 0;
  drain_end_ = absl::InfiniteFuture();
}

void Target::Update(TargetSpec spec) {
  if (spec.zone == endpoint_->zone && spec.weight == endpoint_->weight) return;
  spec.address = endpoint_->address;
  endpoint_ = MakeEndpoint(std::move(spec), endpoint_->load);
}

void Target::Register(TargetSpec spec, absl::Time now) {
  endpoint_ = MakeEndpoint(std::move(spec), endpoint_->load);
  BecomeInitial(now);
}

void Target::Deregister(absl::Time now, absl::Duration delay) {
  if (state() == TargetState::kDraining || health_.reason == TargetReason::kNotRegistered) return;
  health_ = MakeHealth(TargetState::kDraining, TargetReason::kDeregistrationInProgress);
  drain_end_ = now + delay;
  check_in_flight_ = false;
}

bool Target::Checked() const {
  switch (state()) {
    case TargetState::kInitial:
    case TargetState::kHealthy:
    case TargetState::kUnhealthy:
      return true;
    case TargetState::kDraining:
    case TargetState::kUnused:
    case TargetState::kUnavailable:
      break;
  }
  return false;
}

void Target::SetConditions(const TargetConditions& conditions, absl::Time now) {
  if (state() == TargetState::kDraining || health_.reason == TargetReason::kNotRegistered) return;
  const TargetReason reason = !conditions.in_use                           ? TargetReason::kNotInUse
                              : conditions.unusable != TargetReason::kNone ? conditions.unusable
                              : !conditions.health_checks                  ? TargetReason::kHealthCheckDisabled
                                                                           : TargetReason::kNone;
  if (reason == TargetReason::kNone) {
    if (!Checked()) BecomeInitial(now);
    return;
  }
  const bool serves = reason == TargetReason::kHealthCheckDisabled;
  health_ = MakeHealth(serves ? TargetState::kUnavailable : TargetState::kUnused, reason);
  check_in_flight_ = false;
}

std::optional<DueCheck> Target::StartCheck(absl::Time now) {
  if (!Checked() || check_in_flight_ || now < next_check_) return std::nullopt;
  if (state() == TargetState::kInitial) {
    health_ = MakeHealth(TargetState::kInitial, TargetReason::kInitialHealthChecking);
  }
  check_in_flight_ = true;
  check_started_ = now;
  return DueCheck{endpoint_->id, endpoint_->address, ++attempt_};
}

void Target::OnCheckResult(uint64_t attempt, const CheckResult& result, const HealthCheckSettings& settings,
                           absl::Time now) {
  if (!check_in_flight_ || attempt != attempt_) return;
  check_in_flight_ = false;
  // The interval runs from start to start; a check that took longer is followed at once.
  next_check_ = std::max(now, check_started_ + settings.interval);
  const bool passed = result.kind == CheckResult::Kind::kAnswered && settings.matcher.Matches(result.code);
  if (passed) {
    Passed(settings, now);
  } else {
    FailedCheck(result, settings, now);
  }
  if (check_again_) next_check_ = now;
  check_again_ = false;
}

void Target::Passed(const HealthCheckSettings& settings, absl::Time now) {
  failures_ = 0;
  last_counted_failure_ = absl::InfinitePast();
  ++passes_;
  if (state() == TargetState::kInitial || passes_ >= settings.healthy_threshold) {
    health_ = MakeHealth(TargetState::kHealthy, TargetReason::kNone);
  }
}

void Target::FailedCheck(const CheckResult& result, const HealthCheckSettings& settings, absl::Time now) {
  passes_ = 0;
  const bool extra = state() == TargetState::kInitial && now < last_counted_failure_ + settings.interval;
  if (!extra) {
    ++failures_;
    last_counted_failure_ = now;
  }
  if (failures_ >= settings.unhealthy_threshold || state() == TargetState::kUnhealthy) {
    health_ = UnhealthyBecauseOf(result);
    return;
  }
  next_check_ = std::min(next_check_, now + RetryDelay(result, now));
}

absl::Duration Target::RetryDelay(const CheckResult& result, absl::Time now) const {
  if (state() == TargetState::kInitial) {
    return std::clamp((now - registered_) / kInitialRetryFraction, kInitialRetryMin, kInitialRetryMax);
  }
  return result.kind == CheckResult::Kind::kRefused ? kConfirmDelay : absl::InfiniteDuration();
}

void Target::OnConnectionFailure(absl::Time now) {
  if (!Checked() || now < last_hint_ + kHintSpacing) return;
  last_hint_ = now;
  // The check in flight may have begun before the target died.
  if (check_in_flight_) check_again_ = true;
  next_check_ = std::min(next_check_, now);
}

bool Target::FinishDrain(absl::Time now) {
  if (state() != TargetState::kDraining || (in_flight() > 0 && now < drain_end_)) return false;
  health_ = MakeHealth(TargetState::kUnused, TargetReason::kNotRegistered);
  return true;
}

absl::Time Target::next() const {
  if (state() == TargetState::kDraining) return drain_end_;
  if (!Checked() || check_in_flight_) return absl::InfiniteFuture();
  return next_check_;
}

}  // namespace nubo::lb
