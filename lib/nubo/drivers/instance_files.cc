#include "nubo/drivers/instance_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "absl/strings/str_cat.h"

namespace nubo::drivers {
namespace {

absl::Status SystemError(absl::string_view what) {
  return absl::InternalError(absl::StrCat(what, ": ", std::strerror(errno)));
}

}  // namespace

absl::Status MakeOwnDirectory(const std::string& path, base::FileOwner owner) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return absl::InternalError(absl::StrCat("cannot make ", path, ": ", error.message()));
  if (chmod(path.c_str(), 0700) != 0) return SystemError(absl::StrCat("cannot protect ", path));
  if (getuid() == 0 && chown(path.c_str(), owner.uid, owner.gid) != 0) {
    return SystemError(absl::StrCat("cannot give away ", path));
  }
  return absl::OkStatus();
}

}  // namespace nubo::drivers
