// User data as templates give them: in base64, with dynamic references that are resolved only when an instance is
// launched.
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(const ec2::BootPlan plan, ReadUserData(properties.Get("UserData").text()));
//   NUBO_RETURN_IF_ERROR(ec2::CheckPlan(plan));
//
// Thread safety: pure function.
#ifndef NUBO_STACK_USER_DATA_H_
#define NUBO_STACK_USER_DATA_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/ec2/boot_plan.h"

namespace nubo::stack {

// What an instance does with them, to be checked and not to be done: in the place of each dynamic reference stands a
// word. INVALID_ARGUMENT (InvalidUserData.Malformed): as ec2::DecodeUserData().
absl::StatusOr<ec2::BootPlan> ReadUserData(absl::string_view base64);

}  // namespace nubo::stack

#endif  // NUBO_STACK_USER_DATA_H_
