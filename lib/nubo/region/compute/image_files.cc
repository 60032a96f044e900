#include "nubo/region/compute/image_files.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nubo/base/status.h"
#include "nubo/lb/hash.h"
#include "nubo/region/state/digest.h"

namespace nubo::region {
namespace {

namespace fs = std::filesystem;

// Files, directories and links.
constexpr size_t kEntriesMax = 20000;
constexpr int64_t kBytesMax = int64_t{4} << 30;
constexpr size_t kBlockBytes = size_t{1} << 20;

// Block by block, so that a large file takes no memory.
absl::StatusOr<std::string> FileDigest(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string block(kBlockBytes, '\0');
  uint64_t digest = 0;
  do {
    in.read(block.data(), static_cast<std::streamsize>(block.size()));
    digest = lb::CombineHash(digest, lb::Hash(absl::string_view(block.data(), static_cast<size_t>(in.gcount()))));
  } while (in);
  if (!in.eof()) return absl::InvalidArgumentError(absl::StrCat(path.string(), " cannot be read"));
  return absl::StrCat(absl::Hex(digest, absl::kZeroPad16));
}

// What of an entry is in a copy of it: of a file its content and whether it runs, of a link where it leads.
absl::StatusOr<std::string> ContentLine(const fs::path& path, mode_t mode) {
  if (S_ISDIR(mode)) return std::string("d");
  if (S_ISREG(mode)) {
    NUBO_ASSIGN_OR_RETURN(const std::string digest, FileDigest(path));
    return absl::StrCat((mode & S_IXUSR) != 0 ? "x " : "f ", digest);
  }
  std::error_code error;
  const fs::path target = fs::read_symlink(path, error);
  if (error) return absl::InvalidArgumentError(absl::StrCat(path.string(), " cannot be read: ", error.message()));
  return absl::StrCat("l ", target.string());
}

absl::Status NotCopied(const fs::path& what, const std::error_code& error) {
  return absl::UnavailableError(absl::StrCat("cannot copy ", what.string(), ": ", error.message()));
}

// One entry, which is new at `to`. Everybody may read it, and its owner change it, whatever it was where it comes from.
absl::Status CopyEntry(const fs::directory_entry& from, const fs::path& to) {
  std::error_code error;
  if (from.is_symlink()) {
    fs::copy_symlink(from, to, error);
  } else if (from.is_directory()) {
    fs::create_directory(to, error);
    if (!error) fs::permissions(to, static_cast<fs::perms>(0755), error);
  } else if (from.is_regular_file()) {
    const bool runs = (from.status(error).permissions() & fs::perms::owner_exec) != fs::perms::none;
    fs::copy_file(from, to, error);
    if (!error) fs::permissions(to, static_cast<fs::perms>(runs ? 0755 : 0644), error);
  } else {
    error = std::make_error_code(std::errc::not_supported);
  }
  return error ? NotCopied(from.path(), error) : absl::OkStatus();
}

// All of directory `from`. Directories are made before what is in them, so that a read-only one can be filled.
absl::Status CopyTree(const std::string& from, const fs::path& to) {
  std::error_code error;
  fs::create_directory(to, error);
  if (!error) fs::permissions(to, static_cast<fs::perms>(0755), error);
  if (error) return NotCopied(from, error);
  for (auto it = fs::recursive_directory_iterator(from, error); !error && it != fs::end(it); it.increment(error)) {
    NUBO_RETURN_IF_ERROR(CopyEntry(*it, to / it->path().lexically_relative(from)));
  }
  return error ? NotCopied(from, error) : absl::OkStatus();
}

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
    NUBO_ASSIGN_OR_RETURN(const std::string content, ContentLine(it->path(), info.st_mode));
    // Paths may have any character but the null one.
    lines.push_back(absl::StrCat(it->path().string().substr(directory.size()), std::string(1, '\0'), content));
  }
  if (error)
    return absl::InvalidArgumentError(
        absl::StrCat("image directory ", directory, " cannot be read: ", error.message()));
  std::sort(lines.begin(), lines.end());
  summary.fingerprint = Digest(absl::StrJoin(lines, "\n"));
  return summary;
}

std::string ImageId(const std::string& name, const ImageSummary& summary) {
  return absl::StrCat("ami-", Digest(absl::StrCat(name, "\n", summary.fingerprint)), "0");
}

absl::Status CopyImage(const std::string& from, const std::string& to) {
  const std::string scratch = to + ".new";
  std::error_code error, ignored;
  fs::remove_all(scratch, error);
  fs::create_directories(fs::path(to).parent_path(), error);
  absl::Status status = CopyTree(from, scratch);
  if (status.ok()) fs::remove_all(to, error);
  if (status.ok() && !error) fs::rename(scratch, to, error);
  if (status.ok() && error) status = NotCopied(from, error);
  if (!status.ok()) fs::remove_all(scratch, ignored);
  return status;
}

}  // namespace nubo::region
