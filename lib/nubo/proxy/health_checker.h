// Keeps a target group's health up to date: makes the checks that the group says are due, and tells it what they saw.
//
// Example:
//   auto checker = std::make_shared<HealthChecker>(loop, lb::TargetGroup(options, std::move(policy)), prober);
//   checker->group().SetTargets(specs, loop.Now());
//   checker->Start();
//   lb::Choice choice = checker->group().picker()->Pick({}, rng);
//
// After every change made to group() from outside call Touch().
//
// Thread safety: belongs to its loop's thread.
#ifndef NUBO_PROXY_HEALTH_CHECKER_H_
#define NUBO_PROXY_HEALTH_CHECKER_H_

#include <functional>
#include <memory>
#include <string>

#include "nubo/lb/target_group.h"
#include "nubo/net/loop.h"

namespace nubo::proxy {

class HealthChecker : public std::enable_shared_from_this<HealthChecker> {
 public:
  // Makes one check; must end within the timeout of its settings.
  using Prober = std::function<net::Task<lb::CheckResult>(lb::DueCheck check)>;

  HealthChecker(net::Loop& loop, lb::TargetGroup group, Prober prober);

  lb::TargetGroup& group() { return group_; }
  const lb::TargetGroup& group() const { return group_; }
  void SetProber(Prober prober) { prober_ = std::move(prober); }
  // Called when a target's health changed. May call group(), not Stop().
  void OnChange(std::function<void()> on_change) { on_change_ = std::move(on_change); }
  // Called when the group's picker was replaced.
  void OnPickerChange(std::function<void()> on_picker_change) { on_picker_change_ = std::move(on_picker_change); }
  // Called with each target whose deregistration delay ended with requests in flight.
  void OnOutOfTime(std::function<void(const std::string& target_id)> cut) { on_out_of_time_ = std::move(cut); }

  void Start();
  // Ends soon, without further calls to anything given to this object.
  void Stop();
  // The group was changed from outside, or has a hint to follow: look at it now.
  void Touch();

 private:
  net::Task<void> Run(std::shared_ptr<HealthChecker> self);
  net::Task<void> Check(std::shared_ptr<HealthChecker> self, lb::DueCheck check);
  void Publish();

  net::Loop& loop_;
  lb::TargetGroup group_;
  Prober prober_;
  std::function<void()> on_change_;
  std::function<void()> on_picker_change_;
  std::function<void(const std::string&)> on_out_of_time_;
  net::Event wake_;
  // Touched since Run last looked: a notification without a waiter would be lost.
  bool touched_ = false;
  uint64_t told_picker_ = 0;
  uint64_t told_status_ = 0;
  bool stopped_ = false;
};

}  // namespace nubo::proxy

#endif  // NUBO_PROXY_HEALTH_CHECKER_H_
