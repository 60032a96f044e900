#include "nubo/drivers/shim_view.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

namespace nubo::drivers {
namespace {

// Debian 12's libc has no wrappers for these; the numbers are the same on every architecture.
constexpr long kOpenTree = 428;
constexpr long kMoveMount = 429;
constexpr long kMountSetattr = 442;
constexpr int kRecursive = 0x8000;            // AT_RECURSIVE
constexpr int kEmptyPath = 0x1000;            // AT_EMPTY_PATH
constexpr uint64_t kReadOnlyAttribute = 0x1;  // MOUNT_ATTR_RDONLY

int SetReadOnly(int at, const char* path, int flags) {
  struct {
    uint64_t set, clear, propagation, userns;
  } attributes = {kReadOnlyAttribute, 0, 0, 0};
  return static_cast<int>(syscall(kMountSetattr, at, path, flags, &attributes, sizeof attributes));
}

void MakeDirectories(const std::string& path) {
  for (size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    mkdir(path.substr(0, slash).c_str(), 0755);
  }
  mkdir(path.c_str(), 0755);
}

bool Exists(const std::string& path) {
  struct stat info;
  return lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

// The directory itself where `path` leads through symbolic links; "" if there is none.
std::string RealDirectory(const std::string& path) {
  char* real = realpath(path.c_str(), nullptr);
  const std::string found = real != nullptr ? real : "";
  free(real);
  return Exists(found) ? found : "";
}

struct Kept {
  std::string path;
  int fd;
};

Kept Keep(const std::string& path, bool read_only, int report_fd) {
  const int fd =
      static_cast<int>(syscall(kOpenTree, AT_FDCWD, path.c_str(), 1 /* OPEN_TREE_CLONE */ | O_CLOEXEC | kRecursive));
  if (fd < 0) Fail(report_fd, "cannot keep " + path + " visible", Word::kNoNamespaces);
  if (read_only && SetReadOnly(fd, "", kEmptyPath | kRecursive) != 0) {
    Report(report_fd, Word::kWeaker, "cannot make " + path + " read-only");
  }
  return {path, fd};
}

// The host's files, unwritable. What a machine refuses here weakens the isolation and is told.
void FreezeHost(int report_fd) {
  // Before everything becomes read-only: a new /proc may not be more writable than one that is visible. Where a new one
  // is refused the host's stays, whose /proc/PID/root leads out of here.
  if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0) {
    Report(report_fd, Word::kWeaker, "this machine grants no /proc of its own");
  }
  if (SetReadOnly(AT_FDCWD, "/", kRecursive) != 0) {
    Report(report_fd, Word::kWeaker, "cannot make the host's files read-only");
  }
}

// Empty directories over those that are shared or private; the first ones are for scratch, the others stay empty.
void Cover(const ShimSpec& spec, int report_fd, std::vector<std::string>& sealed) {
  const std::vector<std::string> scratch = {"/tmp", "/var/tmp", "/dev/shm"};
  std::vector<std::string> empty = {"/root", "/home", "/run", "/dev/pts", "/dev/mqueue"};
  empty.insert(empty.end(), spec.hidden.begin(), spec.hidden.end());
  const auto cover = [&](const std::string& path, const char* options) {
    // A directory below one that is covered already is not there any more.
    const std::string real = RealDirectory(path);
    if (real.empty() || real == "/") return std::string();
    if (mount("tmpfs", real.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, options) != 0) {
      Fail(report_fd, "cannot cover " + path, Word::kNoNamespaces);
    }
    return real;
  };
  for (const std::string& path : scratch) cover(path, "mode=1777,size=64m");
  for (const std::string& path : empty) {
    const std::string real = cover(path, "mode=0755,size=1m");
    if (!real.empty()) sealed.push_back(real);
  }
}

}  // namespace

void Report(int report_fd, Word word, const std::string& what) {
  const std::string cause = errno != 0 ? std::string(": ") + strerror(errno) : "";
  const std::string line = static_cast<char>(word) + what + cause + "\n";
  if (write(report_fd, line.data(), line.size()) < 0) _exit(126);
}

[[noreturn]] void Fail(int report_fd, const std::string& what, Word word) {
  Report(report_fd, word, what);
  _exit(127);
}

void BuildView(const ShimSpec& spec, int report_fd) {
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    Fail(report_fd, "cannot make mounts private", Word::kNoNamespaces);
  }
  std::vector<Kept> kept;
  kept.push_back(Keep(spec.directory, false, report_fd));
  for (const std::string& path : spec.writable) kept.push_back(Keep(path, false, report_fd));
  for (const std::string& path : spec.read_only) kept.push_back(Keep(path, true, report_fd));
  FreezeHost(report_fd);
  std::vector<std::string> sealed;
  Cover(spec, report_fd, sealed);
  std::sort(kept.begin(), kept.end(), [](const Kept& a, const Kept& b) { return a.path.size() < b.path.size(); });
  for (const Kept& tree : kept) {
    MakeDirectories(tree.path);
    if (syscall(kMoveMount, tree.fd, "", AT_FDCWD, tree.path.c_str(), 4 /* MOVE_MOUNT_F_EMPTY_PATH */) != 0) {
      Fail(report_fd, "cannot put " + tree.path + " in place", Word::kNoNamespaces);
    }
    close(tree.fd);
  }
  for (const std::string& path : sealed) (void)SetReadOnly(AT_FDCWD, path.c_str(), 0);
}

}  // namespace nubo::drivers
