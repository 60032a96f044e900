#include "nubo/simulation/queueing_balancer.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "nubo/base/status.h"

namespace nubo::simulation {
namespace {

constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

}  // namespace

net::SocketAddress AddressOf(size_t server) {
  return {net::IpAddress::V4(0x0a000000 | static_cast<uint32_t>(server)), 80};
}

Balancer::Balancer(const Simulation& simulation, std::unique_ptr<lb::Policy> policy,
                   const std::vector<std::shared_ptr<lb::Load>>& shared)
    : simulation_(simulation), picker_(lb::AlwaysFail("there is no server")), next_ns_(kNever) {
  if (simulation.target_group.has_value()) {
    group_.emplace(*simulation.target_group, std::move(policy));
    return;
  }
  policy_ = std::move(policy);
  for (size_t i = 0; i < simulation.servers.size(); ++i) {
    const SimulatedServer& server = simulation.servers[i];
    endpoints_.push_back(std::make_shared<lb::Endpoint>(
        lb::Endpoint{.id = server.id,
                     .address = AddressOf(i),
                     .zone = server.zone,
                     .weight = server.weight,
                     .priority = server.priority,
                     .load = shared.empty() ? std::make_shared<lb::Load>() : shared[i]}));
  }
}

absl::Status Balancer::Start() {
  // What the constructor takes on trust is checked here: options that do not go with the policy.
  return group_.has_value() ? group_->SetOptions(*simulation_.target_group) : absl::OkStatus();
}

absl::Status Balancer::SetMembers(const std::vector<size_t>& members, int64_t now_ns) {
  if (group_.has_value()) {
    std::vector<lb::TargetSpec> specs;
    for (const size_t server : members) {
      const SimulatedServer& spec = simulation_.servers[server];
      specs.push_back({.id = spec.id, .address = AddressOf(server), .zone = spec.zone, .weight = spec.weight});
    }
    NUBO_RETURN_IF_ERROR(group_->SetTargets(specs, AtNanoseconds(now_ns)));
    next_ns_ = now_ns;
    TakePicker();
    return absl::OkStatus();
  }
  ++version_;
  members_.clear();
  for (const size_t server : members) members_.push_back(endpoints_[server]);
  return BuildPicker(now_ns);
}

absl::Status Balancer::BuildPicker(int64_t now_ns) {
  next_ns_ = kNever;
  if (members_.empty()) {
    picker_ = lb::AlwaysFail("there is no server");
    return absl::OkStatus();
  }
  NUBO_ASSIGN_OR_RETURN(picker_, policy_->Build(members_));
  if (const absl::Duration interval = policy_->refresh_interval(); interval < absl::InfiniteDuration()) {
    next_ns_ = now_ns + std::max<int64_t>(1, absl::ToInt64Nanoseconds(interval));
  }
  return absl::OkStatus();
}

absl::StatusOr<lb::TargetGroup::Step> Balancer::Advance(int64_t now_ns) {
  if (!group_.has_value()) {
    NUBO_RETURN_IF_ERROR(BuildPicker(now_ns));
    return lb::TargetGroup::Step();
  }
  lb::TargetGroup::Step step = group_->Advance(AtNanoseconds(now_ns));
  next_ns_ = step.next == absl::InfiniteFuture() ? kNever : absl::ToInt64Nanoseconds(step.next - absl::UnixEpoch());
  TakePicker();
  return step;
}

void Balancer::OnCheckResult(const lb::DueCheck& check, const lb::CheckResult& result, int64_t now_ns) {
  group_->OnCheckResult(check.target_id, check.attempt, result, AtNanoseconds(now_ns));
  next_ns_ = now_ns;
  TakePicker();
}

void Balancer::OnConnectionFailure(size_t server, int64_t now_ns) {
  if (!group_.has_value()) return;
  group_->OnConnectionFailure(simulation_.servers[server].id, AtNanoseconds(now_ns));
  next_ns_ = now_ns;
}

void Balancer::OnOutcome(size_t server, bool success, int64_t now_ns) {
  if (!group_.has_value() || !simulation_.target_group->outlier_detection.has_value()) return;
  const uint64_t version = group_->picker_version();
  group_->OnOutcome(simulation_.servers[server].id, success, AtNanoseconds(now_ns));
  if (group_->picker_version() == version) return;
  next_ns_ = now_ns;
  TakePicker();
}

void Balancer::TakePicker() {
  if (group_->picker_version() == version_ && picker_ == group_->picker()) return;
  picker_ = group_->picker();
  version_ = group_->picker_version();
}

}  // namespace nubo::simulation
