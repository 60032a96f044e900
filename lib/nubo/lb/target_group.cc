#include "nubo/lb/target_group.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"

namespace nubo::lb {

TargetGroup::TargetGroup(TargetGroupOptions options, std::unique_ptr<Policy> policy)
    : options_(std::move(options)), policy_(std::move(policy)) {
  picker_ = BuildPicker();
}

absl::Status TargetGroup::SetOptions(TargetGroupOptions options) {
  NUBO_RETURN_IF_ERROR(CheckSettings(options.health_check));
  if (options.deregistration_delay < absl::ZeroDuration()) {
    return absl::InvalidArgumentError(absl::StrCat("the deregistration delay is ",
                                                   absl::FormatDuration(options.deregistration_delay),
                                                   "; it must not be negative"));
  }
  options_ = std::move(options);
  return absl::OkStatus();
}

void TargetGroup::SetPolicy(std::unique_ptr<Policy> policy) {
  policy_ = std::move(policy);
  serving_.clear();
  Changed();
}

absl::Status TargetGroup::CheckTargets(absl::Span<const TargetSpec> targets) const {
  if (targets.size() > options_.targets_max) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the set has ", targets.size(), " targets; a target group holds at most ", options_.targets_max));
  }
  absl::flat_hash_set<absl::string_view> ids;
  absl::flat_hash_map<net::SocketAddress, absl::string_view> addresses;
  for (const TargetSpec& target : targets) {
    if (target.id.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("the target at ", target.address.ToString(), " has no id; every target needs one"));
    }
    if (!ids.insert(target.id).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("target \"", target.id, "\" is in the set twice; ids must be unique within a group"));
    }
    if (target.draining) continue;
    const auto [other, inserted] = addresses.emplace(target.address, target.id);
    if (!inserted) {
      return absl::InvalidArgumentError(absl::StrCat("targets \"", other->second, "\" and \"", target.id,
                                                     "\" share the address ", target.address.ToString(),
                                                     "; addresses must be unique within a group"));
    }
  }
  return absl::OkStatus();
}

absl::Status TargetGroup::SetTargets(absl::Span<const TargetSpec> targets, absl::Time now) {
  NUBO_RETURN_IF_ERROR(CheckTargets(targets));
  absl::flat_hash_set<absl::string_view> wanted;
  for (const TargetSpec& target : targets) {
    wanted.insert(target.id);
    Apply(target, now);
  }
  for (auto& [id, entry] : targets_) {
    if (wanted.contains(absl::string_view(id))) continue;
    entry.target.Deregister(now, options_.deregistration_delay);
    entry.forget_when_drained = true;
  }
  Changed();
  return absl::OkStatus();
}

void TargetGroup::Apply(const TargetSpec& spec, absl::Time now) {
  const auto [found, is_new] = targets_.try_emplace(spec.id, Entry{Target(spec, now)});
  Entry& entry = found->second;
  entry.forget_when_drained = false;
  if (spec.draining) {
    entry.target.Deregister(now, options_.deregistration_delay);
    return;
  }
  const bool gone =
      entry.target.state() == TargetState::kDraining || entry.target.health().reason == TargetReason::kNotRegistered;
  if (!is_new && (gone || entry.target.endpoint()->address != spec.address)) entry.target.Register(spec, now);
  if (!in_use_) entry.target.SetInUse(false, now);
}

void TargetGroup::SetInUse(bool in_use, absl::Time now) {
  if (in_use == in_use_) return;
  in_use_ = in_use;
  for (auto& [id, entry] : targets_) entry.target.SetInUse(in_use, now);
  Changed();
}

TargetGroup::Step TargetGroup::Advance(absl::Time now) {
  Step step;
  bool changed = false;
  for (auto it = targets_.begin(); it != targets_.end();) {
    Target& target = it->second.target;
    if (target.OutOfTime(now) && target.in_flight() > 0) step.out_of_time.push_back(it->first);
    changed |= target.FinishDrain(now);
    if (it->second.forget_when_drained && target.health().reason != TargetReason::kDeregistrationInProgress) {
      it = targets_.erase(it);
      changed = true;
      continue;
    }
    const TargetReason before = target.health().reason;
    if (std::optional<DueCheck> check = target.StartCheck(now)) step.checks.push_back(*std::move(check));
    changed |= target.health().reason != before;
    step.next = std::min(step.next, target.next());
    if (target.state() == TargetState::kDraining) step.next = std::min(step.next, now + kDrainPoll);
    ++it;
  }
  if (changed) Changed();
  return step;
}

void TargetGroup::OnCheckResult(absl::string_view target_id, uint64_t attempt, const CheckResult& result,
                                absl::Time now) {
  const auto found = targets_.find(target_id);
  if (found == targets_.end()) return;
  Target& target = found->second.target;
  const TargetHealth before = target.health();
  target.OnCheckResult(attempt, result, options_.health_check, now);
  if (!(target.health() == before)) Changed();
}

void TargetGroup::OnConnectionFailure(absl::string_view target_id, absl::Time now) {
  const auto found = targets_.find(target_id);
  if (found != targets_.end()) found->second.target.OnConnectionFailure(now);
}

EndpointList TargetGroup::EndpointsIn(TargetState state) const {
  EndpointList endpoints;
  for (const auto& [id, entry] : targets_) {
    if (entry.target.state() == state) endpoints.push_back(entry.target.endpoint());
  }
  return endpoints;
}

void TargetGroup::Changed() {
  ++status_version_;
  picker_ = BuildPicker();
}

std::shared_ptr<const Picker> TargetGroup::BuildPicker() {
  EndpointList serving = EndpointsIn(TargetState::kHealthy);
  if (serving.empty()) serving = EndpointsIn(TargetState::kUnhealthy);
  if (!serving.empty() && serving == serving_) return picker_;
  ++picker_version_;
  serving_ = serving;
  if (!serving.empty()) {
    absl::StatusOr<std::shared_ptr<const Picker>> picker = policy_->Build(std::move(serving));
    return picker.ok() ? *std::move(picker) : AlwaysFail(std::string(picker.status().message()));
  }
  const size_t initial = EndpointsIn(TargetState::kInitial).size();
  if (initial > 0) return AlwaysWait(absl::StrCat(initial, " targets wait for their first health check to pass"));
  return AlwaysFail("the target group has no registered targets");
}

std::vector<TargetStatus> TargetGroup::Describe() const {
  std::vector<TargetStatus> all;
  for (const auto& [id, entry] : targets_) {
    const Endpoint& endpoint = *entry.target.endpoint();
    all.push_back({.id = id,
                   .address = endpoint.address,
                   .zone = endpoint.zone,
                   .health = entry.target.health(),
                   .in_flight = endpoint.load->in_flight(),
                   .requests = endpoint.load->calls(),
                   .errors = endpoint.load->errors()});
  }
  return all;
}

}  // namespace nubo::lb
