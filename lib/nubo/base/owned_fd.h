// A file descriptor that is closed with its owner.
//
// Example:
//   base::OwnedFd file(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
//   if (!file.ok()) return absl::ErrnoToStatus(errno, "cannot open the network namespace");
//
// Only the standard library and POSIX, for programs that link nothing else.
//
// Thread safety: thread-compatible.
#ifndef NUBO_BASE_OWNED_FD_H_
#define NUBO_BASE_OWNED_FD_H_

#include <unistd.h>

#include <utility>

namespace nubo::base {

class OwnedFd {
 public:
  OwnedFd() = default;
  // Takes it over; -1 for none.
  explicit OwnedFd(int fd) : fd_(fd) {}
  ~OwnedFd() { Close(); }
  OwnedFd(OwnedFd&& other) noexcept : fd_(other.Release()) {}
  OwnedFd& operator=(OwnedFd&& other) noexcept {
    if (this != &other) {
      Close();
      fd_ = other.Release();
    }
    return *this;
  }

  // -1: there is none.
  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }
  // The descriptor, which is the caller's from now on.
  int Release() { return std::exchange(fd_, -1); }
  void Close() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }

 private:
  int fd_ = -1;
};

}  // namespace nubo::base

#endif  // NUBO_BASE_OWNED_FD_H_
