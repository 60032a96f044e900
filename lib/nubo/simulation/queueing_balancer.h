// One simulated balancer: a policy, its endpoints, and the target group if there is one. Internal to queueing.cc.
//
// Thread safety: thread-compatible.
#ifndef NUBO_SIMULATION_QUEUEING_BALANCER_H_
#define NUBO_SIMULATION_QUEUEING_BALANCER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nubo/lb/policy.h"
#include "nubo/lb/target_group.h"
#include "nubo/simulation/simulation.h"

namespace nubo::simulation {

// Virtual time zero is the clock's epoch.
inline absl::Time AtNanoseconds(int64_t ns) { return absl::UnixEpoch() + absl::Nanoseconds(ns); }

// Which server an endpoint stands for: its number is its address.
inline size_t ServerOf(const lb::Endpoint& endpoint) { return endpoint.address.ip.v4() & 0xffffff; }
net::SocketAddress AddressOf(size_t server);

class Balancer {
 public:
  // `shared` holds a Load for each server, or is empty: then this balancer has its own.
  Balancer(const Simulation& simulation, std::unique_ptr<lb::Policy> policy,
           const std::vector<std::shared_ptr<lb::Load>>& shared);

  // Once, first. INVALID_ARGUMENT: the policy does not go with the target group's options.
  absl::Status Start();
  // The set as it is from now on. INVALID_ARGUMENT: the policy refuses it.
  absl::Status SetMembers(const std::vector<size_t>& members, int64_t now_ns);
  // At next_ns: builds the policy's picker anew, or says what the target group wants done.
  absl::StatusOr<lb::TargetGroup::Step> Advance(int64_t now_ns);
  void OnCheckResult(const lb::DueCheck& check, const lb::CheckResult& result, int64_t now_ns);
  void OnConnectionFailure(size_t server, int64_t now_ns);
  void OnOutcome(size_t server, bool success, int64_t now_ns);

  const lb::Picker& picker() const { return *picker_; }
  // Changes whenever the picker does.
  uint64_t version() const { return version_; }
  // When Advance is due; the largest number if never.
  int64_t next_ns() const { return next_ns_; }

 private:
  absl::Status BuildPicker(int64_t now_ns);
  void TakePicker();

  const Simulation& simulation_;
  std::optional<lb::TargetGroup> group_;
  // Without a target group.
  std::unique_ptr<lb::Policy> policy_;
  lb::EndpointList endpoints_;  // of every server
  lb::EndpointList members_;
  std::shared_ptr<const lb::Picker> picker_;
  uint64_t version_ = 0;
  int64_t next_ns_;
};

}  // namespace nubo::simulation

#endif  // NUBO_SIMULATION_QUEUEING_BALANCER_H_
