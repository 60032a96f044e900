// Images: directories registered under a name, copied so that what runs does not change under its feet.
//
// Thread safety: pure functions of their arguments and the file system.
#ifndef NUBO_REGION_COMPUTE_IMAGE_FILES_H_
#define NUBO_REGION_COMPUTE_IMAGE_FILES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace nubo::region {

struct ImageSummary {
  int files = 0;
  int64_t bytes = 0;
  // Of names, contents and what runs: the same for the same content, wherever and whenever it was written.
  std::string fingerprint;
};

// INVALID_ARGUMENT: not 3 to 128 letters, digits, dots, hyphens, underscores or slashes.
absl::Status ValidateImageName(const std::string& name);
// INVALID_ARGUMENT: not an absolute path of a readable directory. RESOURCE_EXHAUSTED: more than 20,000 files or 4 GiB.
absl::StatusOr<ImageSummary> InspectDirectory(const std::string& directory);
// "ami-" and 17 digits: of another name, or of other content, another.
std::string ImageId(const std::string& name, const ImageSummary& summary);
// Copies it, readable by all, owned by this user; whole, or not at all. Links are copied as links.
absl::Status CopyImage(const std::string& from, const std::string& to);

}  // namespace nubo::region

#endif  // NUBO_REGION_COMPUTE_IMAGE_FILES_H_
