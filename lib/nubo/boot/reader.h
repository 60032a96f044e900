// User data to what an instance does with them: nubo/ec2/user_data.h with YAML and gzip.
//
// Example:
//   auto plan = boot::ReadUserData("#cloud-config\nruncmd: [uptime]\n");
//   std::string script = ec2::ToScript(*plan, ec2::Boot::kFirst);
//
// Thread safety: pure function.
#ifndef NUBO_BOOT_READER_H_
#define NUBO_BOOT_READER_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/ec2/boot_plan.h"

namespace nubo::boot {

// As ec2::ReadUserData().
absl::StatusOr<ec2::BootPlan> ReadUserData(absl::string_view bytes);

}  // namespace nubo::boot

#endif  // NUBO_BOOT_READER_H_
