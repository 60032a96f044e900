// A target group as the load balancer runs it: its health, its connections, its retries.
//
// Example:
//   NUBO_CO_RETURN_IF_ERROR(ServedGroup::Check(config, policies, loop.Now()));
//   auto group = std::make_shared<ServedGroup>(loop, policies, config, limits, on_change);
//   group->Configure(config, limits, /*in_use=*/true);
//   const lb::Choice choice = group->picker()->Pick({}, rng);
//   auto exchange = co_await group->PoolFor(choice.endpoint()->address)->Open();
//
// Thread safety: belongs to its loop's thread.
#ifndef NUBO_PROXY_SERVED_GROUP_H_
#define NUBO_PROXY_SERVED_GROUP_H_

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "nubo/lb/policy_registry.h"
#include "nubo/lb/retry_budget.h"
#include "nubo/net/loop.h"
#include "nubo/proxy/config.h"
#include "nubo/proxy/health_checker.h"
#include "nubo/proxy/upstream_pool.h"

namespace nubo::proxy {

class ServedGroup {
 public:
  static constexpr absl::Duration kRefusedMemory = absl::Seconds(1);

  // INVALID_ARGUMENT or NOT_FOUND: `config` has a policy or a set of targets that cannot be. Checks, changes nothing.
  static absl::Status Check(const TargetGroupConfig& config, const lb::PolicyRegistry& policies, absl::Time now);

  // `config` has passed Check.
  ServedGroup(net::Loop& loop, const lb::PolicyRegistry& policies, TargetGroupConfig config, const LimitsConfig& limits,
              std::function<void()> on_change);
  ~ServedGroup();
  ServedGroup(const ServedGroup&) = delete;
  ServedGroup& operator=(const ServedGroup&) = delete;

  // Takes over another configuration, which has passed Check; health so far is kept. `in_use`: a listener leads here.
  void Configure(TargetGroupConfig config, const LimitsConfig& limits, bool in_use);

  // No more health checks, and idle connections are closed; requests under way may go on, and those that wait for a
  // target look once more. Not undone.
  void Stop();
  // Nothing will become of its targets any more.
  bool stopped() const { return stopped_; }

  const TargetGroupConfig& config() const { return config_; }
  ProtocolVersion protocol_version() const { return config_.protocol_version; }
  // Never null. The group goes on to another one whenever what it knows of its targets changes.
  std::shared_ptr<const lb::Picker> picker() const { return checker_->group().picker(); }
  // Where sticky clients go. Null without stickiness.
  std::shared_ptr<const lb::StickyTargets> sticky() const { return checker_->group().sticky(); }
  // Until the picker was replaced, `wake` is notified by somebody else, or `deadline` has come.
  net::Task<void> WaitForPicker(std::shared_ptr<net::Event> wake, absl::Time deadline);
  lb::RetryBudget& budget() { return budget_; }
  std::vector<lb::TargetStatus> Describe() const { return checker_->group().Describe(); }
  const lb::TargetGroup& group() const { return checker_->group(); }

  // Never null.
  std::shared_ptr<UpstreamPool> PoolFor(const net::SocketAddress& address);
  // How a request to the target ended, for outlier detection. A 5xx is no success, as for Envoy.
  void OnOutcome(const std::string& target_id, bool success);
  // A connection to the target could not be made, or broke: it is checked at once.
  void OnConnectionFailure(const std::string& target_id);
  // It was refused, even: until its health says more, others are preferred for kRefusedMemory.
  void OnRefused(const std::string& target_id);
  // Targets that refused a connection a moment ago, to be avoided.
  std::vector<std::string> RecentlyRefused();
  // Closes idle connections and forgets the pools of targets that are gone.
  void Sweep();

 private:
  HealthChecker::Prober MakeProber() const;
  void CutOff(const std::string& target_id);
  void WakeWaiting();

  net::Loop& loop_;
  const lb::PolicyRegistry& policies_;
  TargetGroupConfig config_;
  LimitsConfig limits_;
  std::shared_ptr<HealthChecker> checker_;
  // Those in WaitForPicker.
  std::list<std::shared_ptr<net::Event>> waiting_;
  bool stopped_ = false;
  lb::RetryBudget budget_{lb::RetryBudgetOptions{}};
  std::map<net::SocketAddress, std::shared_ptr<UpstreamPool>> pools_;
  // When each target refused last; only of the last kRefusedMemory.
  std::map<std::string, absl::Time> refused_;
};

}  // namespace nubo::proxy

#endif  // NUBO_PROXY_SERVED_GROUP_H_
