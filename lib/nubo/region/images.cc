#include "nubo/region/images.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace nubo::region {
namespace {

namespace fs = std::filesystem;

// Files, directories and links.
constexpr size_t kEntriesMax = 20000;
constexpr int64_t kBytesMax = int64_t{4} << 30;

}  // namespace

absl::Status ValidateImageName(const std::string& name) {
  const bool shaped =
      name.size() >= 3 && name.size() <= 128 && std::all_of(name.begin(), name.end(), [](char c) {
        return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' || c == '_' || c == '/';
      });
  if (shaped) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("image name \"", name.substr(0, 128), "\" must have 3 to 128 letters, digits and any of . - _ /"));
}

absl::StatusOr<ImageSummary> InspectDirectory(const std::string& directory) {
  std::error_code error;
  if (directory.empty() || directory[0] != '/' || !fs::is_directory(directory, error)) {
    return absl::InvalidArgumentError(absl::StrCat("\"", directory, "\" is not the absolute path of a directory"));
  }
  ImageSummary summary;
  std::vector<std::string> lines;
  for (auto it = fs::recursive_directory_iterator(directory, error); !error && it != fs::end(it); it.increment(error)) {
    struct stat info;
    if (lstat(it->path().c_str(), &info) != 0) continue;
    if (!S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode) && !S_ISLNK(info.st_mode)) {
      return absl::InvalidArgumentError(
          absl::StrCat(it->path().string(), " is neither a file, a directory nor a link"));
    }
    if (S_ISREG(info.st_mode)) {
      ++summary.files;
      summary.bytes += info.st_size;
    }
    if (lines.size() >= kEntriesMax || summary.bytes > kBytesMax) {
      return absl::ResourceExhaustedError(absl::StrCat("image directory ", directory, " has more than ", kEntriesMax,
                                                       " files or ", kBytesMax >> 30, " GiB"));
    }
    lines.push_back(absl::StrCat(it->path().string().substr(directory.size()), " ", info.st_mode, " ", info.st_size,
                                 " ", info.st_mtim.tv_sec, ".", info.st_mtim.tv_nsec, " ", info.st_ino));
  }
  if (error)
    return absl::InvalidArgumentError(
        absl::StrCat("image directory ", directory, " cannot be read: ", error.message()));
  std::sort(lines.begin(), lines.end());
  summary.fingerprint = absl::StrCat(absl::Hex(std::hash<std::string>()(absl::StrJoin(lines, "\n")), absl::kZeroPad16));
  return summary;
}

std::string ImageId(const std::string& name, const ImageSummary& summary) {
  const size_t hash = std::hash<std::string>()(absl::StrCat(name, "\n", summary.fingerprint));
  return absl::StrCat("ami-", absl::Hex(hash, absl::kZeroPad16), "0");
}

absl::Status CopyImage(const std::string& from, const std::string& to) {
  const std::string scratch = to + ".new";
  std::error_code error;
  fs::remove_all(scratch, error);
  fs::create_directories(fs::path(to).parent_path(), error);
  fs::copy(from, scratch, fs::copy_options::recursive | fs::copy_options::copy_symlinks, error);
  for (auto it = fs::recursive_directory_iterator(scratch, error); !error && it != fs::end(it); it.increment(error)) {
    if (it->is_symlink(error)) continue;
    const bool runs =
        it->is_directory(error) || (it->status(error).permissions() & fs::perms::owner_exec) != fs::perms::none;
    fs::permissions(it->path(), static_cast<fs::perms>(runs ? 0755 : 0644), error);
  }
  if (!error) fs::permissions(scratch, static_cast<fs::perms>(0755), error);
  if (!error) fs::remove_all(to, error);
  if (!error) fs::rename(scratch, to, error);
  if (!error) return absl::OkStatus();
  std::error_code ignored;
  fs::remove_all(scratch, ignored);
  return absl::UnavailableError(absl::StrCat("cannot copy ", from, " to ", to, ": ", error.message()));
}

}  // namespace nubo::region
