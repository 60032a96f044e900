#include "nubo/scaling/reconcile.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace nubo::scaling {
namespace {

constexpr absl::Duration kBackoffMin = absl::Seconds(1);
constexpr absl::Duration kBackoffMax = absl::Seconds(60);
// Unhealthy instances under replacement at a time, of the desired capacity.
constexpr int kReplacePercent = 10;

constexpr std::pair<const char*, TerminationPolicy> kTerminationPolicies[] = {
    {"Default", TerminationPolicy::kDefault},
    {"OldestInstance", TerminationPolicy::kOldestInstance},
    {"NewestInstance", TerminationPolicy::kNewestInstance},
    {"OldestLaunchTemplate", TerminationPolicy::kOldestLaunchTemplate},
    {"OldestLaunchConfiguration", TerminationPolicy::kOldestLaunchConfiguration},
    {"ClosestToNextInstanceHour", TerminationPolicy::kClosestToNextInstanceHour},
    {"AllocationStrategy", TerminationPolicy::kAllocationStrategy},
};

std::string At(absl::Time now) { return absl::FormatTime("At %Y-%m-%dT%H:%M:%SZ ", now, absl::UTCTimeZone()); }

// Also of a group that Validate() would refuse: the maximum counts before the minimum, and nothing is below zero.
int Wanted(const GroupSpec& spec) {
  return std::max(0, std::min(spec.max_size, std::max(spec.min_size, spec.desired)));
}

class Planner {
 public:
  Planner(const GroupSpec& spec, const Observed& observed, absl::Time now)
      : spec_(spec), observed_(observed), now_(now), desired_(Wanted(spec)) {}

  Plan Run() {
    Bury();
    Promote();
    ReplaceUnhealthy();
    if (Count() < desired_) {
      Grow();
    } else {
      Shrink();
    }
    return std::move(plan_);
  }

 private:
  int Count() const { return static_cast<int>(live_.size()); }

  // Parts those that are gone from those that count.
  void Bury() {
    for (const Member& member : observed_.members) {
      if (member.ec2 == Ec2Health::kGone) {
        plan_.terminations.push_back(
            {member.id, Termination::Kind::kGone,
             absl::StrCat(At(now_),
                          "an instance was taken out of service in response to an EC2 health check "
                          "indicating it has been terminated or stopped.")});
      } else if (member.lifecycle != LifecycleState::kTerminating) {
        live_.push_back(&member);
      }
    }
  }

  void Promote() {
    for (const Member* member : live_) {
      if (member->ec2 != Ec2Health::kRunning) continue;
      const bool by_elb = spec_.health_check_type == HealthCheckType::kElb && member->elb != ElbHealth::kNone;
      // One that was launched before the last failure says nothing about launches after it.
      const bool tells = member->launch_time > observed_.last_failure;
      if (tells && by_elb && member->elb == ElbHealth::kHealthy) plan_.launches_succeed = true;
      if (member->lifecycle == LifecycleState::kPending) {
        if (!by_elb || member->elb == ElbHealth::kHealthy) plan_.in_service.push_back(member->id);
      } else if (tells && !by_elb && now_ - member->in_service_time >= kProvenAfter) {
        plan_.launches_succeed = true;
      }
    }
  }

  bool Unhealthy(const Member& member) {
    if (spec_.health_check_type != HealthCheckType::kElb || member.elb != ElbHealth::kUnhealthy) return false;
    const absl::Time since =
        member.lifecycle == LifecycleState::kInService ? member.in_service_time : member.launch_time;
    const absl::Time counts_from = since + spec_.grace_period;
    if (now_ >= counts_from) return true;
    plan_.next = std::min(plan_.next, counts_from);
    return false;
  }

  // A few at a time: a load balancer that holds everything for unhealthy is more likely wrong than right. Whatever the
  // group is short of counts, also launches that keep failing: what still serves a little is not given up for nothing.
  void ReplaceUnhealthy() {
    int in_service = 0;
    for (const Member* member : live_) in_service += member->lifecycle == LifecycleState::kInService ? 1 : 0;
    int budget = std::max(1, desired_ * kReplacePercent / 100) - std::max(0, desired_ - in_service);
    std::vector<const Member*> kept;
    for (const Member* member : live_) {
      if (!Unhealthy(*member)) {
        kept.push_back(member);
        continue;
      }
      // One that never got into service is not what carries the load.
      const bool pending = member->lifecycle == LifecycleState::kPending;
      if (!pending && budget <= 0) {
        plan_.waiting =
            absl::StrCat("instance ", member->id, " is unhealthy and waits for other replacements to finish");
        kept.push_back(member);
        continue;
      }
      if (!pending) --budget;
      plan_.terminations.push_back(
          {member->id, Termination::Kind::kUnhealthy,
           absl::StrCat(At(now_),
                        "an instance was taken out of service in response to an ELB system health check failure",
                        member->elb_reason.empty() ? "" : ": ", member->elb_reason, ".")});
    }
    live_ = std::move(kept);
  }

  void Grow() {
    const int missing = desired_ - Count();
    if (observed_.failed_launches > 0) {
      const absl::Time retry = observed_.last_failure + LaunchBackoff(observed_.failed_launches);
      if (now_ < retry) {
        plan_.waiting = absl::StrCat(
            observed_.failed_launches, observed_.failed_launches == 1 ? " launch" : " launches in a row", " failed (",
            observed_.last_failure_reason, "): next try ", absl::FormatTime("%H:%M:%E1S", retry, absl::UTCTimeZone()));
        plan_.next = std::min(plan_.next, retry);
        return;
      }
    }
    if (spec_.subnets.empty()) {
      plan_.waiting = "the group has no subnet to launch into";
      return;
    }
    std::map<std::string, int> in_zone;
    for (const SubnetChoice& subnet : spec_.subnets) in_zone[subnet.zone];
    for (const Member* member : live_) ++in_zone[member->zone];
    for (int i = 0; i < missing; ++i) {
      const auto fewest = std::min_element(
          spec_.subnets.begin(), spec_.subnets.end(),
          [&](const SubnetChoice& a, const SubnetChoice& b) { return in_zone[a.zone] < in_zone[b.zone]; });
      ++in_zone[fewest->zone];
      plan_.launches.push_back({fewest->subnet_id, fewest->zone,
                                absl::StrCat(At(now_),
                                             "an instance was started in response to a difference between "
                                             "desired and actual capacity, increasing the capacity from ",
                                             Count() + i, " to ", Count() + i + 1, ".")});
    }
  }

  // Less goes first. What the policies cannot tell apart goes by age.
  std::vector<int64_t> Rank(const Member& member) const {
    const int64_t launched = absl::ToUnixNanos(member.launch_time);
    std::vector<int64_t> rank;
    for (const TerminationPolicy policy : spec_.termination_policies) {
      switch (policy) {
        case TerminationPolicy::kOldestInstance:
          rank.push_back(launched);
          break;
        case TerminationPolicy::kNewestInstance:
          rank.push_back(-launched);
          break;
        case TerminationPolicy::kClosestToNextInstanceHour:
          rank.push_back(-absl::ToInt64Nanoseconds((now_ - member.launch_time) % absl::Hours(1)));
          break;
        case TerminationPolicy::kDefault:
        case TerminationPolicy::kOldestLaunchTemplate:
          rank.push_back(member.template_version);
          break;
        case TerminationPolicy::kOldestLaunchConfiguration:
        case TerminationPolicy::kAllocationStrategy:
          break;
      }
    }
    if (spec_.termination_policies.empty()) rank.push_back(member.template_version);
    rank.push_back(launched);
    return rank;
  }

  // What is not in service yet carries no load, so it goes first. Then from the zone with most, as the policies say.
  void Shrink() {
    while (Count() > desired_) {
      std::map<std::string, int> in_zone;
      for (const Member* member : live_) ++in_zone[member->zone];
      const auto victim = std::min_element(live_.begin(), live_.end(), [&](const Member* a, const Member* b) {
        if (a->protected_from_scale_in != b->protected_from_scale_in) return b->protected_from_scale_in;
        if (a->lifecycle != b->lifecycle) return a->lifecycle == LifecycleState::kPending;
        if (in_zone[a->zone] != in_zone[b->zone]) return in_zone[a->zone] > in_zone[b->zone];
        const std::vector<int64_t> first = Rank(*a);
        const std::vector<int64_t> second = Rank(*b);
        return first != second ? first < second : a->id < b->id;
      });
      if ((*victim)->protected_from_scale_in) {
        plan_.waiting = "every instance that could go is protected from scale-in";
        return;
      }
      plan_.terminations.push_back(
          {(*victim)->id, Termination::Kind::kScaleIn,
           absl::StrCat(At(now_),
                        "an instance was taken out of service in response to a difference between desired and "
                        "actual capacity, shrinking the capacity from ",
                        Count(), " to ", Count() - 1, ".")});
      live_.erase(victim);
    }
  }

  const GroupSpec& spec_;
  const Observed& observed_;
  const absl::Time now_;
  const int desired_;
  std::vector<const Member*> live_;
  Plan plan_;
};

}  // namespace

std::vector<std::string> TerminationPolicyNames() {
  std::vector<std::string> names;
  for (const auto& [name, policy] : kTerminationPolicies) names.push_back(name);
  return names;
}

absl::StatusOr<TerminationPolicy> ParseTerminationPolicy(absl::string_view name) {
  for (const auto& [known, policy] : kTerminationPolicies) {
    if (name == known) return policy;
  }
  return absl::InvalidArgumentError(absl::StrCat("there is no termination policy \"", name, "\"; there are ",
                                                 absl::StrJoin(TerminationPolicyNames(), ", ")));
}

absl::StatusOr<HealthCheckType> ParseHealthCheckType(absl::string_view words) {
  HealthCheckType type = HealthCheckType::kEc2;
  for (absl::string_view word : absl::StrSplit(words, ',')) {
    word = absl::StripAsciiWhitespace(word);
    if (word == "EBS" || word == "VPC_LATTICE") {
      return absl::InvalidArgumentError(
          absl::StrCat("health checks of type ", word, " are not offered yet; use EC2 or ELB"));
    }
    if (word != "EC2" && word != "ELB") {
      return absl::InvalidArgumentError(
          absl::StrCat("there are no health checks of type \"", word.substr(0, 100), "\"; there are EC2 and ELB"));
    }
    if (word == "ELB") type = HealthCheckType::kElb;
  }
  return type;
}

absl::Status ValidateGroupName(absl::string_view name) {
  const bool fits = !name.empty() && name.size() <= kGroupNameMax &&
                    std::all_of(name.begin(), name.end(), [](char c) { return c > 32 && c < 127 && c != ':'; });
  if (fits) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("AutoScalingGroupName must have 1 to ", kGroupNameMax,
                                                 " visible ASCII characters, none of them a colon, not \"",
                                                 name.substr(0, kGroupNameMax), "\""));
}

absl::Status Validate(const GroupSpec& spec) {
  if (spec.min_size < 0 || spec.max_size < 0) {
    return absl::InvalidArgumentError(absl::StrCat("group ", spec.name, ": sizes are not negative"));
  }
  if (spec.min_size > spec.max_size) {
    return absl::InvalidArgumentError(
        absl::StrCat("group ", spec.name, ": max size ", spec.max_size, " must not be below min size ", spec.min_size));
  }
  if (spec.max_size > kGroupSizeMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("group ", spec.name, ": max size ", spec.max_size, " is above ", kGroupSizeMax));
  }
  if (spec.desired < spec.min_size || spec.desired > spec.max_size) {
    return absl::InvalidArgumentError(absl::StrCat("group ", spec.name, ": desired capacity ", spec.desired,
                                                   " must be between min size ", spec.min_size, " and max size ",
                                                   spec.max_size));
  }
  if (spec.grace_period < absl::ZeroDuration()) {
    return absl::InvalidArgumentError(absl::StrCat("group ", spec.name, ": a grace period is not negative"));
  }
  if (spec.subnets.empty()) return absl::InvalidArgumentError(absl::StrCat("group ", spec.name, " has no subnet"));
  return absl::OkStatus();
}

absl::Duration LaunchBackoff(int failed_launches) {
  constexpr int kDoublingsMax = 6;
  return std::min(kBackoffMax, kBackoffMin * (1 << std::clamp(failed_launches - 1, 0, kDoublingsMax)));
}

bool FailedLaunch(HealthCheckType type, absl::Time in_service_time, absl::Time ended) {
  if (in_service_time == absl::InfinitePast()) return true;
  return type == HealthCheckType::kEc2 && ended - in_service_time < kProvenAfter;
}

Plan Reconcile(const GroupSpec& spec, const Observed& observed, absl::Time now) {
  return Planner(spec, observed, now).Run();
}

}  // namespace nubo::scaling
