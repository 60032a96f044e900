#include "nubo/drivers/shim_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace nubo::drivers {
namespace {

constexpr int kBacklog = 8;
// How long to wait for a former shim of the same instance that has been told to go.
constexpr int kFormerShimTries = 100;
constexpr int kFormerShimPauseMs = 10;

// Whether a shim listens at `path`.
bool Answers(const sockaddr_un& address) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const bool answers = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 || errno == EAGAIN;
  close(fd);
  return answers;
}

}  // namespace

int LockDirectoryOf(const std::string& path) {
  const int fd = open(path.substr(0, path.rfind('/')).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0) flock(fd, LOCK_EX);
  return fd;
}

ino_t InodeOf(const std::string& path) {
  struct stat info;
  return lstat(path.c_str(), &info) == 0 ? info.st_ino : 0;
}

Listener Listen(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  errno = ENAMETOOLONG;
  if (path.size() >= sizeof address.sun_path) return {};
  memcpy(address.sun_path, path.data(), path.size());
  int lock = LockDirectoryOf(path);
  for (int i = 0; i < kFormerShimTries && Answers(address); ++i) {
    close(lock);
    usleep(kFormerShimPauseMs * 1000);
    lock = LockDirectoryOf(path);
  }
  if (Answers(address)) {
    close(lock);
    errno = EADDRINUSE;
    return {};
  }
  unlink(path.c_str());
  const mode_t usual = umask(0077);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool listens =
      bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 && listen(fd, kBacklog) == 0;
  const int problem = errno;
  umask(usual);
  if (!listens && fd >= 0) close(fd);
  const Listener listener = {listens ? fd : -1, InodeOf(path)};
  close(lock);
  errno = problem;
  return listener;
}

bool ListenAgain(const Listener& listener) { return listen(listener.fd, kBacklog) == 0; }

}  // namespace nubo::drivers
