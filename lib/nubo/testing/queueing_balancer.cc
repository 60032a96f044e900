#include "nubo/testing/queueing_balancer.h"

#include <limits>
#include <utility>

#include "nubo/base/status.h"

namespace nubo::testing {
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
        lb::Endpoint{server.id, AddressOf(i), server.zone, shared.empty() ? std::make_shared<lb::Load>() : shared[i]}));
  }
}

absl::Status Balancer::SetMembers(const std::vector<size_t>& members, int64_t now_ns) {
  if (group_.has_value()) {
    std::vector<lb::TargetSpec> specs;
    for (const size_t server : members) {
      specs.push_back({simulation_.servers[server].id, AddressOf(server), simulation_.servers[server].zone});
    }
    NUBO_RETURN_IF_ERROR(group_->SetTargets(specs, AtNanoseconds(now_ns)));
    next_ns_ = now_ns;
    TakePicker();
    return absl::OkStatus();
  }
  ++version_;
  lb::EndpointList endpoints;
  for (const size_t server : members) endpoints.push_back(endpoints_[server]);
  if (endpoints.empty()) {
    picker_ = lb::AlwaysFail("there is no server");
    return absl::OkStatus();
  }
  NUBO_ASSIGN_OR_RETURN(picker_, policy_->Build(std::move(endpoints)));
  return absl::OkStatus();
}

std::vector<lb::DueCheck> Balancer::Advance(int64_t now_ns) {
  lb::TargetGroup::Step step = group_->Advance(AtNanoseconds(now_ns));
  next_ns_ = step.next == absl::InfiniteFuture() ? kNever : absl::ToInt64Nanoseconds(step.next - absl::UnixEpoch());
  TakePicker();
  return std::move(step.checks);
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

void Balancer::TakePicker() {
  if (group_->picker_version() == version_ && picker_ == group_->picker()) return;
  picker_ = group_->picker();
  version_ = group_->picker_version();
}

}  // namespace nubo::testing
