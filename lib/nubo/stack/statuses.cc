#include "nubo/stack/statuses.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace nubo::stack {
namespace {

struct ResourceStatusText {
  ResourceStatus status;
  absl::string_view name;
};
constexpr ResourceStatusText kResourceStatuses[] = {
    {ResourceStatus::kPending, ""},
    {ResourceStatus::kCreateInProgress, "CREATE_IN_PROGRESS"},
    {ResourceStatus::kCreateComplete, "CREATE_COMPLETE"},
    {ResourceStatus::kCreateFailed, "CREATE_FAILED"},
    {ResourceStatus::kUpdateInProgress, "UPDATE_IN_PROGRESS"},
    {ResourceStatus::kUpdateComplete, "UPDATE_COMPLETE"},
    {ResourceStatus::kUpdateFailed, "UPDATE_FAILED"},
    {ResourceStatus::kDeleteInProgress, "DELETE_IN_PROGRESS"},
    {ResourceStatus::kDeleteComplete, "DELETE_COMPLETE"},
    {ResourceStatus::kDeleteFailed, "DELETE_FAILED"},
    {ResourceStatus::kDeleteSkipped, "DELETE_SKIPPED"},
};

struct StackStatusText {
  StackStatus status;
  absl::string_view name;
};
constexpr StackStatusText kStackStatuses[] = {
    {StackStatus::kCreateInProgress, "CREATE_IN_PROGRESS"},
    {StackStatus::kCreateComplete, "CREATE_COMPLETE"},
    {StackStatus::kCreateFailed, "CREATE_FAILED"},
    {StackStatus::kRollbackInProgress, "ROLLBACK_IN_PROGRESS"},
    {StackStatus::kRollbackComplete, "ROLLBACK_COMPLETE"},
    {StackStatus::kRollbackFailed, "ROLLBACK_FAILED"},
    {StackStatus::kUpdateInProgress, "UPDATE_IN_PROGRESS"},
    {StackStatus::kUpdateCompleteCleanupInProgress, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"},
    {StackStatus::kUpdateComplete, "UPDATE_COMPLETE"},
    {StackStatus::kUpdateRollbackInProgress, "UPDATE_ROLLBACK_IN_PROGRESS"},
    {StackStatus::kUpdateRollbackCompleteCleanupInProgress, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"},
    {StackStatus::kUpdateRollbackComplete, "UPDATE_ROLLBACK_COMPLETE"},
    {StackStatus::kUpdateRollbackFailed, "UPDATE_ROLLBACK_FAILED"},
    {StackStatus::kDeleteInProgress, "DELETE_IN_PROGRESS"},
    {StackStatus::kDeleteComplete, "DELETE_COMPLETE"},
    {StackStatus::kDeleteFailed, "DELETE_FAILED"},
};

}  // namespace

absl::string_view StatusName(ResourceStatus status) {
  for (const ResourceStatusText& text : kResourceStatuses) {
    if (text.status == status) return text.name;
  }
  return "";
}

absl::string_view StatusName(StackStatus status) {
  for (const StackStatusText& text : kStackStatuses) {
    if (text.status == status) return text.name;
  }
  return "";
}

absl::StatusOr<ResourceStatus> ParseResourceStatus(absl::string_view name) {
  for (const ResourceStatusText& text : kResourceStatuses) {
    if (text.name == name) return text.status;
  }
  return absl::InvalidArgumentError(absl::StrCat("there is no resource status \"", name, "\""));
}

absl::StatusOr<StackStatus> ParseStackStatus(absl::string_view name) {
  for (const StackStatusText& text : kStackStatuses) {
    if (text.name == name) return text.status;
  }
  return absl::InvalidArgumentError(absl::StrCat("there is no stack status \"", name, "\""));
}

}  // namespace nubo::stack
