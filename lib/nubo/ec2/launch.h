// What a launch, and a launch template, may say.
//
// Rules: Amazon EC2 API reference, CreateLaunchTemplate and RunInstances.
//
// Example:
//   NUBO_RETURN_IF_ERROR(ec2::ValidateLaunchTemplateName("web"));
//
// Thread safety: pure functions.
#ifndef NUBO_EC2_LAUNCH_H_
#define NUBO_EC2_LAUNCH_H_

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace nubo::ec2 {

inline constexpr size_t kLaunchTemplateNameMin = 3;
inline constexpr size_t kLaunchTemplateNameMax = 128;

// INVALID_ARGUMENT (InvalidLaunchTemplateName.MalformedException): not 3 to 128 letters, digits and any of -()./_
absl::Status ValidateLaunchTemplateName(absl::string_view name);

// INVALID_ARGUMENT (AttachmentLimitExceeded): more than the one network interface that an instance has here.
absl::Status ValidateInterfaceCount(size_t count);

// The error for what an instance says of its network beside network interfaces, which say it themselves. `what`:
// "subnet ID", "security groups" or "private IP address". INVALID_ARGUMENT (InvalidParameterCombination).
absl::Status BesideInterfaces(absl::string_view what);

}  // namespace nubo::ec2

#endif  // NUBO_EC2_LAUNCH_H_
