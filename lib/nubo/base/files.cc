#include "nubo/base/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"

namespace nubo::base {
namespace {

constexpr size_t kBlock = 64 << 10;

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

absl::StatusOr<std::string> ReadAll(int fd, size_t bytes_max) {
  std::string content;
  while (content.size() <= bytes_max) {
    const size_t before = content.size();
    content.resize(before + kBlock);
    const ssize_t got = read(fd, content.data() + before, kBlock);
    content.resize(before + (got > 0 ? got : 0));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemError("cannot read");
    if (got == 0) return content;
  }
  return absl::ResourceExhaustedError(absl::StrCat("is longer than ", bytes_max, " bytes"));
}

}  // namespace

absl::Status ReplaceFile(const std::string& path, absl::string_view content, mode_t mode, FileOwner owner) {
  const std::string scratch = path + ".new";
  unlink(scratch.c_str());
  const int fd = open(scratch.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
  if (fd < 0) return SystemError(absl::StrCat("cannot make ", scratch));
  absl::Status status = Annotate(WriteAll(fd, content), scratch);
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

absl::Status ReplaceFile(const std::string& path, absl::string_view content, mode_t mode) {
  return ReplaceFile(path, content, mode, {getuid(), getgid()});
}

absl::StatusOr<std::string> ReadFile(const std::string& path, size_t bytes_max) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0 && errno == ENOENT) return absl::NotFoundError(absl::StrCat("there is no ", path));
  if (fd < 0) return SystemError(absl::StrCat("cannot open ", path));
  absl::StatusOr<std::string> content = ReadAll(fd, bytes_max);
  close(fd);
  if (!content.ok()) return Annotate(content.status(), path);
  return content;
}

}  // namespace nubo::base
