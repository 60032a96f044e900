#include "nubo/region/compute/volume_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/base/tree_removal.h"

namespace nubo::region {
namespace {

namespace fs = std::filesystem;

constexpr char kPrefix[] = "vol-";
// Deeper trees keep their owners below.
constexpr int kDepthMax = 256;

absl::Status SystemError(absl::string_view what) {
  return absl::InternalError(absl::StrCat(what, ": ", std::strerror(errno)));
}

std::string Attached(const std::string& data) { return absl::StrCat(data, "/attached"); }
std::string Attached(const std::string& data, const std::string& instance_id) {
  return absl::StrCat(Attached(data), "/", instance_id);
}

bool IsDirectory(const std::string& path) {
  struct stat found = {};
  return lstat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode);
}

absl::Status MakeDirectory(const std::string& path, mode_t mode) {
  if (mkdir(path.c_str(), mode) == 0 || IsDirectory(path)) return absl::OkStatus();
  return SystemError(absl::StrCat("cannot make ", path));
}

std::vector<std::string> NamesIn(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(directory, ignored)) {
    names.push_back(entry.path().filename().string());
  }
  return names;
}

// "": it is nowhere yet.
std::string Find(const std::string& data, const std::string& volume_id) {
  const std::string home = VolumeHome(data, volume_id);
  if (IsDirectory(home)) return home;
  for (const std::string& instance : NamesIn(Attached(data))) {
    const std::string path = absl::StrCat(Attached(data, instance), "/", volume_id);
    if (IsDirectory(path)) return path;
  }
  return "";
}

// Everything below an open directory. By descriptors, and without following links: who had the volume before may still
// be at work in it.
void GiveAway(int directory, uid_t uid, gid_t gid, int depth) {
  (void)fchown(directory, uid, gid);
  DIR* stream = depth == kDepthMax ? nullptr : fdopendir(dup(directory));
  if (stream == nullptr) return;
  while (const dirent* entry = readdir(stream)) {
    const absl::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    const int below = openat(directory, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (below < 0) {
      (void)fchownat(directory, entry->d_name, uid, gid, AT_SYMLINK_NOFOLLOW);
      continue;
    }
    GiveAway(below, uid, gid, depth + 1);
    close(below);
  }
  closedir(stream);
}

// As whoever the directory above it belongs to.
absl::Status GiveToOwnerOf(const std::string& parent, const std::string& path) {
  struct stat owner = {}, now = {};
  if (getuid() != 0 || lstat(parent.c_str(), &owner) != 0) return absl::OkStatus();
  if (lstat(path.c_str(), &now) == 0 && now.st_uid == owner.st_uid && now.st_gid == owner.st_gid) {
    return absl::OkStatus();
  }
  const int directory = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (directory < 0) return SystemError(absl::StrCat("cannot give away ", path));
  GiveAway(directory, owner.st_uid, owner.st_gid, 0);
  close(directory);
  return absl::OkStatus();
}

// Links to the volume that are in `directory` go.
void Unlink(const std::string& directory, const std::string& volume_id) {
  for (const std::string& name : NamesIn(directory)) {
    std::error_code ignored;
    const std::string link = absl::StrCat(directory, "/", name);
    if (fs::read_symlink(link, ignored) == volume_id) (void)unlink(link.c_str());
  }
}

}  // namespace

std::string VolumeHome(const std::string& data, const std::string& volume_id) {
  return absl::StrCat(data, "/volumes/", volume_id);
}

absl::Status PlaceVolume(const std::string& data, const VolumePlace& place) {
  if (!IsDirectory(data)) return absl::OkStatus();
  const bool attached = !place.instance_id.empty();
  const std::string parent = attached ? Attached(data, place.instance_id) : absl::StrCat(data, "/volumes");
  const std::string target = absl::StrCat(parent, "/", place.volume_id);
  if (attached) NUBO_RETURN_IF_ERROR(MakeDirectory(Attached(data), 0711));
  NUBO_RETURN_IF_ERROR(MakeDirectory(parent, 0700));
  const std::string former = Find(data, place.volume_id);
  if (former.empty()) {
    NUBO_RETURN_IF_ERROR(MakeDirectory(target, 0700));
  } else if (former != target) {
    Unlink(fs::path(former).parent_path().string(), place.volume_id);
    // Only the instance itself can have put anything else under this name into its directory.
    if (attached) NUBO_RETURN_IF_ERROR(base::RemoveTree(target));
    if (std::rename(former.c_str(), target.c_str()) != 0) return SystemError(absl::StrCat("cannot move ", former));
  }
  if (!attached) return absl::OkStatus();
  for (const std::string& name : place.names) {
    const std::string link = absl::StrCat(parent, "/", name);
    if (!IsDirectory(link)) (void)unlink(link.c_str());
    if (symlink(place.volume_id.c_str(), link.c_str()) != 0) return SystemError(absl::StrCat("cannot make ", link));
  }
  return GiveToOwnerOf(parent, target);
}

absl::Status PrepareVolumes(const std::string& data, const std::string& instance_id, const std::string& directory) {
  if (!IsDirectory(data)) return absl::OkStatus();
  NUBO_RETURN_IF_ERROR(MakeDirectory(Attached(data), 0711));
  NUBO_RETURN_IF_ERROR(MakeDirectory(Attached(data, instance_id), 0700));
  NUBO_RETURN_IF_ERROR(MakeDirectory(directory, 0700));
  // What it has put there itself stays.
  const std::string link = absl::StrCat(directory, "/volumes");
  if (symlink(Attached(data, instance_id).c_str(), link.c_str()) == 0 || errno == EEXIST) return absl::OkStatus();
  return SystemError(absl::StrCat("cannot make ", link));
}

absl::Status ForgetVolumes(const std::string& data, const std::string& instance_id) {
  const std::string directory = Attached(data, instance_id);
  for (const std::string& name : NamesIn(directory)) {
    if (absl::StartsWith(name, kPrefix) && IsDirectory(absl::StrCat(directory, "/", name))) {
      return absl::FailedPreconditionError(absl::StrCat(directory, " has the volume ", name));
    }
  }
  return base::RemoveTree(directory);
}

std::vector<std::string> VolumeHolders(const std::string& data) { return NamesIn(Attached(data)); }

}  // namespace nubo::region
