#include "nubo/cli/client/images.h"

#include <filesystem>
#include <map>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/cli/output/output.h"

namespace nubo::cli {
namespace {

// Copying takes longer than other calls.
constexpr absl::Duration kImportMax = absl::Minutes(5);

}  // namespace

absl::Status CheckImageDirectory(const ImageSource& image) {
  std::error_code error;
  const std::filesystem::directory_iterator entries(image.directory, error);
  if (!error) return absl::OkStatus();
  return UsageError(absl::StrCat("image ", image.name, " cannot be made from ", image.directory, ": ", error.message(),
                                 "; name a directory that holds what the instances need"));
}

absl::StatusOr<std::vector<ImageSource>> AllImages(const std::vector<ImageSource>& asked,
                                                   const std::string& default_dir) {
  std::map<std::string, ImageSource> by_name;
  std::error_code error;
  if (!default_dir.empty()) {
    // A default that is not there is not asked for.
    for (const auto& entry : std::filesystem::directory_iterator(default_dir, error)) {
      if (!entry.is_directory(error)) continue;
      const std::string name = entry.path().filename().string();
      by_name[name] = {name, entry.path().string()};
    }
  }
  for (const ImageSource& image : asked) by_name[image.name] = image;
  std::vector<ImageSource> images;
  for (const auto& [name, image] : by_name) {
    NUBO_RETURN_IF_ERROR(CheckImageDirectory(image));
    images.push_back(image);
  }
  return images;
}

absl::StatusOr<ec2::v1::ImportImageResponse> SendImage(const Client& client, const ImageSource& image) {
  ec2::v1::ImportImageRequest request;
  request.set_name(image.name);
  request.set_directory(image.directory);
  return client.Call(client.ec2(), &Ec2::StubInterface::ImportImage, request, kImportMax);
}

}  // namespace nubo::cli
