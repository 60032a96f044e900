// What statuses mean to the executor. Private to its target.
//
// Example:
//   if (IsUnderWay(resource.status)) Wait();
//
// Thread safety: pure functions.
#ifndef NUBO_STACK_EXECUTOR_STATES_H_
#define NUBO_STACK_EXECUTOR_STATES_H_

#include "nubo/stack/statuses.h"

namespace nubo::stack {

// Nothing of it is left to remove.
inline bool IsGone(ResourceStatus status) {
  return status == ResourceStatus::kPending || status == ResourceStatus::kDeleteComplete ||
         status == ResourceStatus::kDeleteSkipped;
}

inline bool IsUnderWay(ResourceStatus status) {
  return status == ResourceStatus::kCreateInProgress || status == ResourceStatus::kUpdateInProgress ||
         status == ResourceStatus::kDeleteInProgress;
}

// There, whole or not: it can be deleted.
inline bool IsRemovable(ResourceStatus status) {
  return status == ResourceStatus::kCreateComplete || status == ResourceStatus::kCreateFailed ||
         status == ResourceStatus::kUpdateComplete || status == ResourceStatus::kUpdateFailed;
}

inline bool IsRemoving(StackStatus status) {
  return status == StackStatus::kRollbackInProgress || status == StackStatus::kDeleteInProgress;
}

// Resources are on their way to a template, be it the new one or, rolling back, the former one.
inline bool IsMovingOver(StackStatus status) {
  return status == StackStatus::kUpdateInProgress || status == StackStatus::kUpdateRollbackInProgress;
}

inline bool IsUpdating(StackStatus status) {
  return IsMovingOver(status) || status == StackStatus::kUpdateCompleteCleanupInProgress ||
         status == StackStatus::kUpdateRollbackCompleteCleanupInProgress;
}

}  // namespace nubo::stack

#endif  // NUBO_STACK_EXECUTOR_STATES_H_
