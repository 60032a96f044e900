#include "nubo/proxy/health_checker.h"

#include <utility>

namespace nubo::proxy {

HealthChecker::HealthChecker(net::Loop& loop, lb::TargetGroup group, Prober prober)
    : loop_(loop), group_(std::move(group)), prober_(std::move(prober)), wake_(loop) {}

void HealthChecker::Start() { loop_.Spawn(Run(shared_from_this())); }

void HealthChecker::Stop() {
  stopped_ = true;
  touched_ = true;
  wake_.Notify();
}

void HealthChecker::Touch() {
  Publish();
  touched_ = true;
  wake_.Notify();
}

void HealthChecker::Publish() {
  if (stopped_) return;
  if (told_picker_ != group_.picker_version()) {
    told_picker_ = group_.picker_version();
    if (on_picker_change_) on_picker_change_();
  }
  if (told_status_ == group_.status_version()) return;
  told_status_ = group_.status_version();
  if (on_change_) on_change_();
}

net::Task<void> HealthChecker::Run(std::shared_ptr<HealthChecker> self) {
  while (!stopped_) {
    touched_ = false;
    lb::TargetGroup::Step step = group_.Advance(loop_.Now());
    for (const std::string& id : step.out_of_time) {
      if (on_out_of_time_) on_out_of_time_(id);
    }
    for (lb::DueCheck& check : step.checks) loop_.Spawn(Check(self, std::move(check)));
    Publish();
    if (!touched_) co_await wake_.WaitUntil(step.next);
  }
}

net::Task<void> HealthChecker::Check(std::shared_ptr<HealthChecker> self, lb::DueCheck check) {
  const std::string id = check.target_id;
  const uint64_t attempt = check.attempt;
  const Prober prober = prober_;
  const lb::CheckResult result = co_await prober(std::move(check));
  if (stopped_) co_return;
  group_.OnCheckResult(id, attempt, result, loop_.Now());
  Touch();
}

}  // namespace nubo::proxy
