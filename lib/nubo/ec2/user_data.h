// User data, read as cloud-init reads them: what an instance does with them when it boots.
//
// They are a script ("#!"), "#cloud-config", "#cloud-boothook", a MIME message of several of these, any of it in gzip,
// or nothing. What cloud-init would fetch from elsewhere ("#include", packages) is told as a finding, and so is
// everything that an instance here may not do; nothing is left out in silence.
//
// YAML and gzip are read by functions that are handed in; nubo/boot/reader.h has them.
//
// Example:
//   auto plan = ec2::ReadUserData("#!/bin/sh\necho hello\n", readers);
//   for (const ec2::UserDataFinding& finding : plan->findings) std::puts(ec2::ToString(finding).c_str());
//
// Thread safety: values and pure functions.
#ifndef NUBO_EC2_USER_DATA_H_
#define NUBO_EC2_USER_DATA_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/ec2/boot_plan.h"

namespace nubo::ec2 {

// AWS's, before base64.
inline constexpr size_t kUserDataBytesMax = 16 << 10;
// Of all that is compressed in user data together, once it is expanded: a bound of ours, a hundredth of what gzip
// could make of them.
inline constexpr size_t kExpandedBytesMax = 1 << 20;

// More of them are only counted.
inline constexpr size_t kUserDataFindingsMax = 100;

// What gzip (RFC 1952) holds. RESOURCE_EXHAUSTED: more than `bytes_max`. INVALID_ARGUMENT: it is none, or damaged.
using Gunzip = std::function<absl::StatusOr<std::string>(absl::string_view bytes, size_t bytes_max)>;

// One "#cloud-config". What it does not say stays as an earlier one has it.
struct CloudConfig {
  std::optional<std::vector<std::string>> bootcmd;
  std::optional<std::vector<BootFile>> files;
  std::optional<std::string> hostname;
  std::optional<std::vector<std::string>> runcmd;
  // Its lists come after those of an earlier one instead of replacing them (merge_how, list(append)).
  bool appends = false;
  // Lines are of its own text.
  std::vector<UserDataFinding> findings;
};

struct UserDataReaders {
  Gunzip gunzip;
  // `gunzip` has its own bound.
  std::function<CloudConfig(absl::string_view text, const Gunzip& gunzip)> cloud_config;
};

// `bytes`: raw, no base64. INVALID_ARGUMENT (InvalidUserData.Malformed): more than 16 KB. Whatever else is wrong with
// them is a finding, since AWS takes them and cloud-init goes on.
absl::StatusOr<BootPlan> ReadUserData(absl::string_view bytes, const UserDataReaders& readers);

// Whether all that `plan` was read from can be done, or at least be left out with a word. INVALID_ARGUMENT
// (UnsupportedOperation): the first of what is refused, "user data: users: an instance has one user, its own (line 3)".
absl::Status CheckPlan(const BootPlan& plan);

// What of a plan's findings is not refused and still is not done as it stands, each as a sentence without its full
// stop: "user data: packages: nothing is installed from the net; put it into the image (line 3)".
std::vector<std::string> NotDone(const BootPlan& plan);

}  // namespace nubo::ec2

#endif  // NUBO_EC2_USER_DATA_H_
