#include "nubo/proxy/served_group.h"

#include <set>
#include <utility>

#include "nubo/base/status.h"
#include "nubo/lb/policies.h"
#include "nubo/proxy/prober.h"

namespace nubo::proxy {
namespace {

lb::TargetGroupOptions ToOptions(const TargetGroupConfig& config) {
  lb::TargetGroupOptions options;
  options.health_check = config.health_check.settings;
  options.deregistration_delay = config.deregistration_delay;
  options.slow_start = config.slow_start;
  if (config.outlier_detection) options.outlier_detection.emplace();
  options.stickiness = config.stickiness;
  options.stickiness_key = config.stickiness_key;
  options.health_requirements.unhealthy_state_routing = config.healthy_min;
  // DNS is the control plane's.
  options.health_requirements.dns_failover = {.count = 0};
  return options;
}

// Round robin here goes by weights, without which a slow start would be none.
absl::string_view PolicyOf(const TargetGroupConfig& config) {
  return config.policy == lb::kRoundRobin ? lb::kWeightedRoundRobin : absl::string_view(config.policy);
}

}  // namespace

absl::Status ServedGroup::Check(const TargetGroupConfig& config, const lb::PolicyRegistry& policies, absl::Time now) {
  NUBO_ASSIGN_OR_RETURN(std::unique_ptr<lb::Policy> policy, policies.Create(PolicyOf(config)));
  // A group that nobody drives costs nothing and knows all the rules.
  lb::TargetGroup trial(ToOptions(config), std::move(policy));
  NUBO_RETURN_IF_ERROR(trial.SetOptions(ToOptions(config)));
  return trial.SetTargets(config.targets, now);
}

ServedGroup::ServedGroup(net::Loop& loop, const lb::PolicyRegistry& policies, TargetGroupConfig config,
                         const LimitsConfig& limits, std::function<void()> on_change)
    : loop_(loop), policies_(policies), config_(std::move(config)), limits_(limits) {
  checker_ = std::make_shared<HealthChecker>(
      loop_, lb::TargetGroup(ToOptions(config_), *policies_.Create(PolicyOf(config_))), MakeProber());
  checker_->OnChange(std::move(on_change));
  // Both are taken back by Stop(), which the destructor calls: the checker may go on for a while.
  checker_->OnPickerChange([this] { WakeWaiting(); });
  checker_->OnOutOfTime([this](const std::string& id) { CutOff(id); });
  checker_->Start();
}

ServedGroup::~ServedGroup() { Stop(); }

void ServedGroup::Stop() {
  if (std::exchange(stopped_, true)) return;
  checker_->OnChange(nullptr);
  checker_->OnPickerChange(nullptr);
  checker_->OnOutOfTime(nullptr);
  checker_->Stop();
  for (auto& [address, pool] : pools_) pool->Retire();
  pools_.clear();
  WakeWaiting();
}

void ServedGroup::WakeWaiting() {
  for (const std::shared_ptr<net::Event>& wake : waiting_) wake->Notify();
}

HealthChecker::Prober ServedGroup::MakeProber() const {
  return [&loop = loop_, check = config_.health_check, version = config_.protocol_version](lb::DueCheck due) {
    return Probe(loop, due.address, check, version);
  };
}

void ServedGroup::Configure(TargetGroupConfig config, const LimitsConfig& limits, bool in_use) {
  const bool other_policy = config.policy != config_.policy;
  const bool other_version = config.protocol_version != config_.protocol_version;
  config_ = std::move(config);
  limits_ = limits;
  lb::TargetGroup& group = checker_->group();
  // All of this was tried by Check, the options beside the new policy.
  if (other_policy) group.SetPolicy(*policies_.Create(PolicyOf(config_)));
  (void)group.SetOptions(ToOptions(config_));
  group.SetInUse(in_use, loop_.Now());
  (void)group.SetTargets(config_.targets, loop_.Now());
  checker_->SetProber(MakeProber());
  if (other_version) {
    for (auto& [address, pool] : pools_) pool->Retire();
    pools_.clear();
  }
  checker_->Touch();
}

std::shared_ptr<UpstreamPool> ServedGroup::PoolFor(const net::SocketAddress& address) {
  std::shared_ptr<UpstreamPool>& pool = pools_[address];
  if (pool == nullptr) {
    UpstreamPoolOptions options;
    options.connect_timeout = limits_.connect_timeout;
    options.connections_max = limits_.connections_per_target_max;
    const auto version =
        config_.protocol_version == ProtocolVersion::kHttp1 ? http::Version::kHttp11 : http::Version::kHttp2;
    pool = std::make_shared<UpstreamPool>(loop_, address, version, options);
  }
  return pool;
}

void ServedGroup::OnOutcome(const std::string& target_id, bool success) {
  lb::TargetGroup& group = checker_->group();
  const uint64_t before = group.picker_version();
  group.OnOutcome(target_id, success, loop_.Now());
  if (group.picker_version() != before) checker_->Touch();
}

void ServedGroup::OnConnectionFailure(const std::string& target_id) {
  checker_->group().OnConnectionFailure(target_id, loop_.Now());
  checker_->Touch();
}

net::Task<void> ServedGroup::WaitForPicker(std::shared_ptr<net::Event> wake, absl::Time deadline) {
  // Erased here alone; whoever waits keeps the group.
  const auto place = waiting_.insert(waiting_.end(), wake);
  co_await wake->WaitUntil(deadline);
  waiting_.erase(place);
}

void ServedGroup::OnRefused(const std::string& target_id) {
  refused_[target_id] = loop_.Now();
  OnConnectionFailure(target_id);
}

std::vector<std::string> ServedGroup::RecentlyRefused() {
  std::vector<std::string> ids;
  if (refused_.empty()) return ids;
  const absl::Time since = loop_.Now() - kRefusedMemory;
  std::erase_if(refused_, [since](const auto& entry) { return entry.second < since; });
  for (const auto& [id, when] : refused_) ids.push_back(id);
  return ids;
}

void ServedGroup::CutOff(const std::string& target_id) {
  for (const lb::TargetStatus& target : Describe()) {
    if (target.id != target_id) continue;
    const auto pool = pools_.find(target.address);
    if (pool == pools_.end()) continue;
    pool->second->Close();
    pools_.erase(pool);
  }
}

void ServedGroup::Sweep() {
  std::set<net::SocketAddress> known;
  for (const lb::TargetStatus& target : Describe()) known.insert(target.address);
  const absl::Time now = loop_.Now();
  for (auto it = pools_.begin(); it != pools_.end();) {
    it->second->Sweep(now);
    if (known.contains(it->first)) {
      ++it;
      continue;
    }
    it->second->Retire();
    it = pools_.erase(it);
  }
}

}  // namespace nubo::proxy
