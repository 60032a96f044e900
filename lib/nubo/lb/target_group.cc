#include "nubo/lb/target_group.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/lb/policies.h"

namespace nubo::lb {
namespace {

absl::Status CheckWeight(const TargetSpec& target) {
  if (IsWeight(target.weight)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("target \"", target.id, "\" has the weight ", target.weight,
                                                 "; it must be from ", kWeightMin, " to ", kWeightMax));
}

absl::Status CheckUnusable(const TargetSpec& target) {
  switch (target.unusable) {
    case TargetReason::kNone:
    case TargetReason::kInvalidState:
    case TargetReason::kIpUnusable:
      return absl::OkStatus();
    default:
      return absl::InvalidArgumentError(absl::StrCat("target \"", target.id, "\" is said to be unusable because of ",
                                                     ReasonCode(target.unusable),
                                                     "; it must be Target.InvalidState or Target.IpUnusable"));
  }
}

bool IsEqual(const StickinessKey& a, const StickinessKey& b) { return a.high == b.high && a.low == b.low; }

}  // namespace

absl::Status CheckTargetGroupOptions(const TargetGroupOptions& options) {
  NUBO_RETURN_IF_ERROR(CheckSettings(options.health_check));
  NUBO_RETURN_IF_ERROR(CheckGroupHealth(options.health_requirements, options.targets_max));
  NUBO_RETURN_IF_ERROR(CheckSlowStart(options.slow_start));
  if (options.outlier_detection) NUBO_RETURN_IF_ERROR(CheckOutlierDetection(*options.outlier_detection));
  NUBO_RETURN_IF_ERROR(CheckStickiness(options.stickiness));
  if (options.stickiness.type != StickinessType::kNone && IsEqual(options.stickiness_key, {})) {
    return absl::InvalidArgumentError(
        "stickiness has no key; it must have 128 random bits, which whoever shares them keeps");
  }
  if (options.deregistration_delay < absl::ZeroDuration() || options.deregistration_delay > kDeregistrationDelayMax) {
    return absl::InvalidArgumentError(absl::StrCat("the deregistration delay is ",
                                                   absl::FormatDuration(options.deregistration_delay),
                                                   "; it must be between 0 and 3600 seconds"));
  }
  return absl::OkStatus();
}

TargetGroup::TargetGroup(TargetGroupOptions options, std::unique_ptr<Policy> policy)
    : options_(std::move(options)), policy_(std::move(policy)) {
  if (options_.outlier_detection) outliers_.SetOptions(*options_.outlier_detection);
  UpdatePicker();
}

absl::Status TargetGroup::SetOptions(TargetGroupOptions options) {
  NUBO_RETURN_IF_ERROR(CheckTargetGroupOptions(options));
  if (options.slow_start.enabled() && !policy_->uses_weights()) {
    return absl::InvalidArgumentError(absl::StrCat("the policy ", policy_->name(),
                                                   " cannot have a slow start; set its window to 0 or choose a policy "
                                                   "that goes by weights, such as ",
                                                   kWeightedRoundRobin));
  }
  if (options.outlier_detection) outliers_.SetOptions(*options.outlier_detection);
  if (!options.outlier_detection) outliers_ = OutlierDetector({});
  const bool other_sticky =
      options.stickiness.type != options_.stickiness.type || !IsEqual(options.stickiness_key, options_.stickiness_key);
  options_ = std::move(options);
  if (other_sticky) serving_.clear();
  UpdatePicker();
  // Who is healthy is told to the detector with the next Advance.
  if (options_.outlier_detection) next_outliers_ = absl::InfinitePast();
  return absl::OkStatus();
}

void TargetGroup::SetPolicy(std::unique_ptr<Policy> policy) {
  policy_ = std::move(policy);
  serving_.clear();
  UpdatePicker();
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
    NUBO_RETURN_IF_ERROR(CheckWeight(target));
    NUBO_RETURN_IF_ERROR(CheckUnusable(target));
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
  const bool first_batch = targets_.empty();
  absl::flat_hash_set<absl::string_view> wanted;
  for (const TargetSpec& target : targets) {
    wanted.insert(target.id);
    Apply(target, first_batch, now);
  }
  for (auto& [id, entry] : targets_) {
    if (wanted.contains(absl::string_view(id))) continue;
    entry.target.Deregister(now, options_.deregistration_delay);
    entry.forget_when_drained = true;
  }
  Changed(now);
  return absl::OkStatus();
}

void TargetGroup::Apply(const TargetSpec& spec, bool first_batch, absl::Time now) {
  const auto [found, is_new] = targets_.try_emplace(spec.id, Entry{.target = Target(spec, now)});
  Entry& entry = found->second;
  entry.forget_when_drained = false;
  if (is_new) entry.first_batch = first_batch;
  if (spec.draining) {
    entry.target.Deregister(now, options_.deregistration_delay);
    return;
  }
  const bool gone =
      entry.target.state() == TargetState::kDraining || entry.target.health().reason == TargetReason::kNotRegistered;
  if (!is_new && (gone || entry.target.endpoint()->address != spec.address)) entry.target.Register(spec, now);
  entry.target.Update(spec);
  entry.unusable = spec.unusable;
  SetConditions(entry, now);
}

void TargetGroup::SetConditions(Entry& entry, absl::Time now) const {
  entry.target.SetConditions(
      {.in_use = in_use_, .health_checks = options_.health_check.enabled, .unusable = entry.unusable}, now);
}

void TargetGroup::SetInUse(bool in_use, absl::Time now) {
  if (in_use == in_use_) return;
  in_use_ = in_use;
  for (auto& [id, entry] : targets_) SetConditions(entry, now);
  Changed(now);
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
  if (changed) {
    Changed(now);
  } else if (now >= std::min(next_slow_start_, next_outliers_)) {
    Refresh(now);
  }
  RefreshPicker(now);
  step.next = std::min({step.next, next_slow_start_, next_outliers_, next_refresh_});
  return step;
}

void TargetGroup::OnCheckResult(absl::string_view target_id, uint64_t attempt, const CheckResult& result,
                                absl::Time now) {
  const auto found = targets_.find(target_id);
  if (found == targets_.end()) return;
  Target& target = found->second.target;
  const TargetHealth before = target.health();
  target.OnCheckResult(attempt, result, options_.health_check, now);
  if (!(target.health() == before)) Changed(now);
}

void TargetGroup::OnConnectionFailure(absl::string_view target_id, absl::Time now) {
  const auto found = targets_.find(target_id);
  if (found != targets_.end()) found->second.target.OnConnectionFailure(now);
}

void TargetGroup::OnLoadReport(absl::string_view target_id, const LoadReport& report, absl::Time now) {
  const auto found = targets_.find(target_id);
  if (found != targets_.end()) found->second.target.endpoint()->load->Report(report, now);
}

void TargetGroup::OnOutcome(absl::string_view target_id, bool success, absl::Time now) {
  if (options_.outlier_detection && outliers_.Report(target_id, success)) Refresh(now);
}

void TargetGroup::Changed(absl::Time now) {
  ++status_version_;
  Refresh(now);
}

void TargetGroup::Refresh(absl::Time now) {
  UpdateSlowStart(now);
  for (auto& [id, entry] : targets_) UpdateEndpoint(entry);
  UpdateOutliers(now);
  UpdatePicker();
}

bool TargetGroup::Healthy(const Entry& entry) {
  return entry.target.state() == TargetState::kHealthy || entry.target.state() == TargetState::kUnavailable;
}

void TargetGroup::UpdateSlowStart(absl::Time now) {
  const SlowStart& slow_start = options_.slow_start;
  // Those that were healthy before: what becomes healthy now has nobody to hide behind but them.
  const bool somebody_is_warm = std::any_of(targets_.begin(), targets_.end(), [&](const auto& named) {
    const Entry& entry = named.second;
    return Healthy(entry) && entry.slow_start_since != absl::InfiniteFuture() &&
           now - entry.slow_start_since >= slow_start.window;
  });
  next_slow_start_ = absl::InfiniteFuture();
  for (auto& [id, entry] : targets_) {
    if (!Healthy(entry)) {
      entry.slow_start_since = absl::InfiniteFuture();
      entry.slow_start_factor = 1;
      continue;
    }
    if (entry.slow_start_since == absl::InfiniteFuture()) {
      const bool slow = slow_start.enabled() && somebody_is_warm && !entry.first_batch;
      entry.slow_start_since = slow ? now : absl::InfinitePast();
      entry.first_batch = false;
    }
    const absl::Duration serving = now - entry.slow_start_since;
    entry.slow_start_factor = SlowStartFactor(slow_start, serving);
    // From the infinite past no step leads anywhere.
    const absl::Duration step = NextSlowStartStep(slow_start, serving);
    if (step < absl::InfiniteDuration()) next_slow_start_ = std::min(next_slow_start_, entry.slow_start_since + step);
  }
}

void TargetGroup::UpdateEndpoint(Entry& entry) {
  const std::shared_ptr<const Endpoint>& whole = entry.target.endpoint();
  if (entry.slow_start_factor == 1) {
    entry.endpoint = whole;
    return;
  }
  const double weight = std::max(kWeightMin, whole->weight * entry.slow_start_factor);
  const bool same = entry.endpoint != nullptr && entry.endpoint->weight == weight &&
                    entry.endpoint->address == whole->address && entry.endpoint->zone == whole->zone;
  if (same) return;
  auto part = std::make_shared<Endpoint>(*whole);
  part->weight = weight;
  entry.endpoint = std::move(part);
}

void TargetGroup::UpdateOutliers(absl::Time now) {
  next_outliers_ = absl::InfiniteFuture();
  if (!options_.outlier_detection) return;
  std::vector<std::string> healthy;
  for (const auto& [id, entry] : targets_) {
    if (Healthy(entry)) healthy.push_back(id);
  }
  outliers_.SetEndpoints(healthy);
  const OutlierDetector::Step step = outliers_.Advance(now);
  next_outliers_ = step.next;
  if (!step.ejected.empty() || !step.returned.empty()) ++status_version_;
}

std::pair<size_t, size_t> TargetGroup::CountHealthy() const {
  size_t healthy = 0;
  size_t registered = 0;
  for (const auto& [id, entry] : targets_) {
    const TargetState state = entry.target.state();
    healthy += Healthy(entry) ? 1 : 0;
    registered += state != TargetState::kDraining && state != TargetState::kUnused ? 1 : 0;
  }
  return {healthy, registered};
}

bool TargetGroup::HealthyForDns() const {
  const auto [healthy, registered] = CountHealthy();
  return options_.health_requirements.dns_failover.Met(healthy, registered);
}

EndpointList TargetGroup::Serving() const {
  const auto [healthy, registered] = CountHealthy();
  const bool enough = options_.health_requirements.unhealthy_state_routing.Met(healthy, registered);
  EndpointList serving;
  EndpointList ejected;
  for (const auto& [id, entry] : targets_) {
    const bool serves = Healthy(entry) || (!enough && entry.target.state() == TargetState::kUnhealthy);
    if (!serves) continue;
    EndpointList& list = enough && outliers_.IsEjected(id) ? ejected : serving;
    list.push_back(entry.endpoint);
  }
  // The others may have turned unhealthy since the ejection.
  return serving.empty() ? ejected : serving;
}

void TargetGroup::UpdatePicker() {
  EndpointList serving = Serving();
  if (picker_ != nullptr && !serving.empty() && serving == serving_) return;
  ++picker_version_;
  picker_ = BuildPicker(serving);
  const bool sticky = options_.stickiness.type != StickinessType::kNone;
  sticky_ = sticky ? std::make_shared<const StickyTargets>(options_.stickiness_key, serving) : nullptr;
  serving_ = std::move(serving);
}

void TargetGroup::RefreshPicker(absl::Time now) {
  const absl::Duration interval = policy_->refresh_interval();
  if (interval == absl::InfiniteDuration() || serving_.empty()) {
    next_refresh_ = absl::InfiniteFuture();
    return;
  }
  if (now < next_refresh_ && next_refresh_ != absl::InfiniteFuture()) return;
  // The first time the picker is as new as the set.
  if (next_refresh_ != absl::InfiniteFuture()) {
    picker_ = BuildPicker(serving_);
    ++picker_version_;
  }
  next_refresh_ = now + std::max(interval, kRefreshMin);
}

std::shared_ptr<const Picker> TargetGroup::BuildPicker(const EndpointList& serving) {
  if (!serving.empty()) {
    absl::StatusOr<std::shared_ptr<const Picker>> picker = policy_->Build(serving);
    return picker.ok() ? *std::move(picker) : AlwaysFail(std::string(picker.status().message()));
  }
  const auto initial = std::count_if(targets_.begin(), targets_.end(), [](const auto& named) {
    return named.second.target.state() == TargetState::kInitial;
  });
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
                   .ejected = outliers_.IsEjected(id),
                   .slow_start_factor = entry.slow_start_factor,
                   .in_flight = endpoint.load->in_flight(),
                   .requests = endpoint.load->calls(),
                   .errors = endpoint.load->errors(),
                   .latency = endpoint.load->latency().value_or(absl::ZeroDuration())});
  }
  return all;
}

}  // namespace nubo::lb
