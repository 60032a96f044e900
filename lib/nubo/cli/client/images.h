// Directories that become images.
//
// Thread safety: thread-safe.
#ifndef NUBO_CLI_CLIENT_IMAGES_H_
#define NUBO_CLI_CLIENT_IMAGES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nubo/cli/args/options.h"
#include "nubo/cli/client/client.h"

namespace nubo::cli {

// A usage error if its directory is not one that can be read.
absl::Status CheckImageDirectory(const ImageSource& image);

// `asked`, and one more for each directory in `default_dir` ("" for none) whose name is not among them; by name.
// A usage error if one of them cannot be read.
absl::StatusOr<std::vector<ImageSource>> AllImages(const std::vector<ImageSource>& asked,
                                                   const std::string& default_dir);

// Has the region copy it.
absl::StatusOr<ec2::v1::ImportImageResponse> SendImage(const Client& client, const ImageSource& image);

}  // namespace nubo::cli

#endif  // NUBO_CLI_CLIENT_IMAGES_H_
