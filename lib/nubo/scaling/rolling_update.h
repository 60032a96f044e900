// Replaces a group's obsolete instances batch by batch while enough others serve: a pure function.
//
// Rules: AWS CloudFormation user guide, "UpdatePolicy attribute", AutoScalingRollingUpdate. Where AWS sleeps for
// PauseTime after a batch, or waits for signals, this waits until the batch is in service.
//
// Example:
//   const RollingStep step = Roll(spec, {.max_batch_size = 1, .min_in_service = 2}, observed, obsolete);
//   spec.desired = step.desired;  // for Reconcile(), which launches
//   for (const std::string& id : step.terminate) Terminate(id);
//
// Thread safety: pure functions.
#ifndef NUBO_SCALING_ROLLING_UPDATE_H_
#define NUBO_SCALING_ROLLING_UPDATE_H_

#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "nubo/scaling/reconcile.h"

namespace nubo::scaling {

struct RollingUpdate {
  int max_batch_size = 1;
  // At most one less than the group's maximum counts.
  int min_in_service = 0;
};

// Of a group of at most `max_size`. INVALID_ARGUMENT: a batch of none; or as many in service as the group may have, so
// that none could be replaced. None at all is what a group of none has, too.
absl::Status Validate(const RollingUpdate& update, int max_size);

struct RollingStep {
  // The desired capacity for now: more than the group's own when the batch needs the room, never more than its maximum.
  int desired = 0;
  // Obsolete instances, oldest first, whose turn has come.
  std::vector<std::string> terminate;
  // No obsolete instance is left, and as many as the group desires are in service.
  bool done = false;
};

// `obsolete` are ids of members. At no moment does a step leave fewer than `min_in_service` in service, nor have more
// than `max_batch_size` replacements under way.
RollingStep Roll(const GroupSpec& spec, const RollingUpdate& update, const Observed& observed,
                 const std::set<std::string>& obsolete);

}  // namespace nubo::scaling

#endif  // NUBO_SCALING_ROLLING_UPDATE_H_
