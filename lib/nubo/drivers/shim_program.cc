#include "nubo/drivers/shim_program.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/drivers/shim_memory.h"

namespace nubo::drivers {

ShimProgram::~ShimProgram() {
  if (fd_ >= 0) close(fd_);
}

absl::StatusOr<std::string> ShimProgram::Path() {
  const std::string path = absl::StrCat("/proc/self/fd/", fd_);
  if (fd_ >= 0 && access(path.c_str(), X_OK) == 0) return path;
  if (fd_ >= 0) close(std::exchange(fd_, -1));
  const int file = open(file_.c_str(), O_RDONLY | O_CLOEXEC);
  const int copy = file < 0 ? -1 : SealedCopy(file);
  const int problem = errno;
  if (file >= 0) close(file);
  if (copy < 0) {
    return absl::UnavailableError(absl::StrCat("cannot run ", file_, ": ", std::strerror(problem)));
  }
  fd_ = copy;
  return absl::StrCat("/proc/self/fd/", fd_);
}

}  // namespace nubo::drivers
