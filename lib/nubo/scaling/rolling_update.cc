#include "nubo/scaling/rolling_update.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace nubo::scaling {

absl::Status Validate(const RollingUpdate& update, int max_size) {
  if (update.max_batch_size < 1) {
    return absl::InvalidArgumentError(absl::StrCat("MaxBatchSize must be at least 1, not ", update.max_batch_size));
  }
  if (update.min_in_service < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("MinInstancesInService must not be negative, as ", update.min_in_service));
  }
  if (update.min_in_service == 0 || update.min_in_service < max_size) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("MinInstancesInService must be less than the autoscaling group's MaxSize; they are ",
                   update.min_in_service, " and ", max_size));
}

RollingStep Roll(const GroupSpec& spec, const RollingUpdate& update, const Observed& observed,
                 const std::set<std::string>& obsolete) {
  std::vector<const Member*> old_ones;
  RollingStep step;
  int in_service = 0;
  int coming = 0;
  for (const Member& member : observed.members) {
    if (member.lifecycle == LifecycleState::kTerminating || member.ec2 == Ec2Health::kGone) continue;
    const bool is_old = obsolete.count(member.id) > 0;
    const bool serves = member.lifecycle == LifecycleState::kInService;
    in_service += serves ? 1 : 0;
    coming += !serves && !is_old ? 1 : 0;
    if (!is_old) continue;
    // One that never served is missed by nobody.
    if (serves) old_ones.push_back(&member);
    if (!serves) step.terminate.push_back(member.id);
  }
  if (old_ones.empty()) {
    step.desired = spec.desired;
    step.done = step.terminate.empty() && in_service >= spec.desired;
    return step;
  }
  const int batch_max = std::max(update.max_batch_size, 1);
  const int keep = std::clamp(update.min_in_service, 0, std::max(spec.max_size - 1, 0));
  const auto room_for = [&](int left) {
    const int wanted = left == 0 ? spec.desired : std::max(spec.desired, keep + std::min(batch_max, left));
    return std::min(wanted, std::max(spec.max_size, spec.desired));
  };
  const int left = static_cast<int>(old_ones.size());
  // A launch that failed is as much under way as one that has not come up yet.
  const int under_way = std::max(coming, room_for(left) - in_service);
  const int turn = std::max(0, std::min({std::min(batch_max, left) - under_way, in_service - keep, left}));
  // The last ones need no successor beyond what the group desires.
  step.desired = room_for(left - turn);
  std::sort(old_ones.begin(), old_ones.end(), [](const Member* a, const Member* b) {
    return a->launch_time != b->launch_time ? a->launch_time < b->launch_time : a->id < b->id;
  });
  for (int i = 0; i < turn; ++i) step.terminate.push_back(old_ones[i]->id);
  return step;
}

}  // namespace nubo::scaling
