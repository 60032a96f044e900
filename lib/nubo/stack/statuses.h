// What CloudFormation says of resources and stacks, and the words that it says it in.
//
// Thread safety: values and pure functions.
#ifndef NUBO_STACK_STATUSES_H_
#define NUBO_STACK_STATUSES_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nubo::stack {

enum class ResourceStatus {
  // Not begun; no event, and AWS has no name for it.
  kPending,
  kCreateInProgress,
  kCreateComplete,
  kCreateFailed,
  kUpdateInProgress,
  kUpdateComplete,
  kUpdateFailed,
  kDeleteInProgress,
  kDeleteComplete,
  kDeleteFailed,
  // Kept because of its DeletionPolicy.
  kDeleteSkipped,
};

enum class StackStatus {
  kCreateInProgress,
  kCreateComplete,
  kCreateFailed,
  kRollbackInProgress,
  kRollbackComplete,
  kRollbackFailed,
  kUpdateInProgress,
  // All is as the new template says; what is no longer needed goes.
  kUpdateCompleteCleanupInProgress,
  kUpdateComplete,
  kUpdateRollbackInProgress,
  kUpdateRollbackCompleteCleanupInProgress,
  kUpdateRollbackComplete,
  kUpdateRollbackFailed,
  kDeleteInProgress,
  kDeleteComplete,
  kDeleteFailed,
};

// "CREATE_IN_PROGRESS" and so on; of kPending "".
absl::string_view StatusName(ResourceStatus status);
absl::string_view StatusName(StackStatus status);
// INVALID_ARGUMENT: no such status.
absl::StatusOr<ResourceStatus> ParseResourceStatus(absl::string_view name);
absl::StatusOr<StackStatus> ParseStackStatus(absl::string_view name);

}  // namespace nubo::stack

#endif  // NUBO_STACK_STATUSES_H_
