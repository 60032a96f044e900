#include "nubo/drivers/instance_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"

namespace nubo::drivers {
namespace {

constexpr size_t kSmallFileMax = 4096;

absl::Status SystemError(absl::string_view what) {
  return absl::InternalError(absl::StrCat(what, ": ", std::strerror(errno)));
}

absl::Status WriteAll(int fd, absl::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return SystemError("cannot write");
    text.remove_prefix(written);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ReplaceFile(const std::string& path, absl::string_view text, mode_t mode, Owner owner) {
  const std::string scratch = path + ".new";
  unlink(scratch.c_str());
  const int fd = open(scratch.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
  if (fd < 0) return SystemError(absl::StrCat("cannot make ", scratch));
  absl::Status status = base::Annotate(WriteAll(fd, text), scratch);
  if (status.ok() && fchmod(fd, mode) != 0) status = SystemError(absl::StrCat("cannot protect ", scratch));
  if (status.ok() && getuid() == 0 && fchown(fd, owner.uid, owner.gid) != 0) {
    status = SystemError(absl::StrCat("cannot give away ", scratch));
  }
  close(fd);
  if (status.ok() && rename(scratch.c_str(), path.c_str()) != 0)
    status = SystemError(absl::StrCat("cannot make ", path));
  if (!status.ok()) unlink(scratch.c_str());
  return status;
}

absl::Status MakeOwnDirectory(const std::string& path, Owner owner) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return absl::InternalError(absl::StrCat("cannot make ", path, ": ", error.message()));
  if (chmod(path.c_str(), 0700) != 0) return SystemError(absl::StrCat("cannot protect ", path));
  if (getuid() == 0 && chown(path.c_str(), owner.uid, owner.gid) != 0) {
    return SystemError(absl::StrCat("cannot give away ", path));
  }
  return absl::OkStatus();
}

std::string ReadSmallFile(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return "";
  char buffer[kSmallFileMax];
  const ssize_t got = read(fd, buffer, sizeof buffer);
  close(fd);
  return got > 0 ? std::string(buffer, got) : "";
}

}  // namespace nubo::drivers
