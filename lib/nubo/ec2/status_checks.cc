#include "nubo/ec2/status_checks.h"

#include <algorithm>
#include <iterator>

namespace nubo::ec2 {

absl::string_view StatusName(CheckStatus status) {
  switch (status) {
    case CheckStatus::kOk:
      return "ok";
    case CheckStatus::kImpaired:
      return "impaired";
    case CheckStatus::kInsufficientData:
      return "insufficient-data";
    case CheckStatus::kNotApplicable:
      return "not-applicable";
    case CheckStatus::kInitializing:
      return "initializing";
  }
  return "unknown";
}

absl::string_view ReachabilityName(CheckStatus status) {
  if (status == CheckStatus::kOk) return "passed";
  if (status == CheckStatus::kImpaired) return "failed";
  return StatusName(status);
}

void StatusChecks::OnState(InstanceState state, absl::Time now) {
  const bool runs = state == InstanceState::kRunning;
  if (runs == running_) return;
  running_ = runs;
  system_ = instance_ = runs ? Begin(now) : Check();
  // Whether there are volumes is as it was: they stay attached to what is stopped.
  if (volumes_.applies) volumes_ = Begin(now);
  next_ = runs ? now + options_.interval : absl::InfiniteFuture();
}

void StatusChecks::OnReboot(absl::Time now) {
  if (running_) instance_ = Begin(now);
}

void StatusChecks::OnVolumes(int attached, absl::Time now) {
  if ((attached > 0) == volumes_.applies) return;
  volumes_ = attached > 0 ? Begin(now) : Check();
}

void StatusChecks::Observe(const CheckObservation& seen, absl::Time now) {
  if (!running_) return;
  See(seen.system, now, system_);
  See(seen.instance, now, instance_);
  See(seen.volumes, now, volumes_);
  next_ = now + options_.interval;
}

void StatusChecks::See(std::optional<bool> passed, absl::Time now, Check& check) {
  if (!passed.has_value() || !check.applies) return;
  check.last_seen = now;
  if (*passed) {
    check.passed_once = true;
    check.failures = 0;
    return;
  }
  if (check.failures++ == 0) check.first_failure = now;
}

CheckResult StatusChecks::Result(const Check& check, absl::Time now) const {
  if (!running_ || !check.applies) return {CheckStatus::kNotApplicable};
  if (now - check.last_seen > options_.silence_max) return {CheckStatus::kInsufficientData};
  if (!check.passed_once) {
    if (now - check.begun < options_.initializing_max) return {CheckStatus::kInitializing};
    if (check.failures == 0) return {CheckStatus::kInsufficientData};
    return {CheckStatus::kImpaired, check.first_failure};
  }
  if (check.failures >= options_.failures) return {CheckStatus::kImpaired, check.first_failure};
  return {CheckStatus::kOk};
}

CheckResult StatusChecks::Instance(absl::Time now) const {
  const CheckResult system = System(now);
  const CheckResult own = Result(instance_, now);
  if (system.status != CheckStatus::kImpaired) return own;
  if (own.status != CheckStatus::kImpaired) return system;
  return *own.impaired_since < *system.impaired_since ? own : system;
}

CheckResult StatusChecks::Volumes(absl::Time now) const { return Result(volumes_, now); }

CheckStatus StatusChecks::Overall(absl::Time now) const {
  const CheckStatus all[] = {System(now).status, Instance(now).status, Volumes(now).status};
  for (const CheckStatus worst :
       {CheckStatus::kImpaired, CheckStatus::kInitializing, CheckStatus::kInsufficientData, CheckStatus::kOk}) {
    if (std::find(std::begin(all), std::end(all), worst) != std::end(all)) return worst;
  }
  return CheckStatus::kNotApplicable;
}

}  // namespace nubo::ec2
