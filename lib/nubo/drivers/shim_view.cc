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

#include "nubo/drivers/shim_limits.h"

namespace nubo::drivers {
namespace {

// Debian 12's libc has no wrappers for these; the numbers are the same on every architecture.
constexpr long kOpenTree = 428;
constexpr long kMoveMount = 429;
constexpr long kMountSetattr = 442;
constexpr int kRecursive = 0x8000;            // AT_RECURSIVE
constexpr int kEmptyPath = 0x1000;            // AT_EMPTY_PATH
constexpr uint64_t kReadOnlyAttribute = 0x1;  // MOUNT_ATTR_RDONLY

int SetAttributes(int at, const char* path, int flags, uint64_t set, uint64_t clear) {
  const struct {
    uint64_t set, clear, propagation, userns;
  } attributes = {set, clear, 0, 0};
  return static_cast<int>(syscall(kMountSetattr, at, path, flags, &attributes, sizeof attributes));
}

int SetReadOnly(int at, const char* path, int flags) { return SetAttributes(at, path, flags, kReadOnlyAttribute, 0); }

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

// What this machine refuses, and an instance can do without where its spec says so.
void Weaken(const ShimSpec& spec, int report_fd, const std::string& what) {
  if (!spec.allow_unisolated) Fail(report_fd, what, Word::kNoNamespaces);
  Report(report_fd, Word::kWeaker, what);
}

Kept Keep(const ShimSpec& spec, const std::string& path, bool read_only, int report_fd) {
  const int fd =
      static_cast<int>(syscall(kOpenTree, AT_FDCWD, path.c_str(), 1 /* OPEN_TREE_CLONE */ | O_CLOEXEC | kRecursive));
  if (fd < 0) Fail(report_fd, "cannot keep " + path + " visible", Word::kNoNamespaces);
  if (read_only && SetReadOnly(fd, "", kEmptyPath | kRecursive) != 0) {
    Weaken(spec, report_fd, "cannot make " + path + " read-only");
  }
  return {path, fd};
}

// The host's files, unwritable.
void FreezeHost(const ShimSpec& spec, int report_fd) {
  // Before everything becomes read-only: a new /proc may not be more writable than one that is visible. Where a new one
  // is refused the host's stays, whose /proc/PID/root leads out of here.
  if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0) {
    Weaken(spec, report_fd, "this machine grants no /proc of its own");
  }
  if (SetReadOnly(AT_FDCWD, "/", kRecursive) != 0) {
    Weaken(spec, report_fd, "cannot make the host's files read-only");
  }
  // Who makes a namespace of users writes there whom it is for.
  // Who holds networks, how they behave.
  if (spec.nested_namespaces || spec.holds_networks) (void)SetAttributes(AT_FDCWD, "/proc", 0, 0, kReadOnlyAttribute);
  errno = 0;
}

// The devices that every program may count on; no others, whatever groups the user is in.
constexpr const char* kDevices[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"};

std::vector<Kept> KeepDevices(int report_fd) {
  std::vector<Kept> devices;
  for (const char* path : kDevices) {
    const int fd = static_cast<int>(syscall(kOpenTree, AT_FDCWD, path, 1 /* OPEN_TREE_CLONE */ | O_CLOEXEC));
    if (fd < 0 && errno != ENOENT) {
      Fail(report_fd, std::string("cannot keep ") + path + " visible", Word::kNoNamespaces);
    }
    if (fd >= 0) devices.push_back({path, fd});
  }
  errno = 0;
  return devices;
}

void PutInPlace(const Kept& tree, int report_fd) {
  if (syscall(kMoveMount, tree.fd, "", AT_FDCWD, tree.path.c_str(), 4 /* MOVE_MOUNT_F_EMPTY_PATH */) != 0) {
    Fail(report_fd, "cannot put " + tree.path + " in place", Word::kNoNamespaces);
  }
  close(tree.fd);
}

// Files of /proc that tell of this machine or its users what is no instance's business.
constexpr const char* kMasked[] = {"/proc/keys",       "/proc/key-users",   "/proc/kcore",
                                   "/proc/timer_list", "/proc/sched_debug", "/proc/latency_stats"};

// Something empty over them. With something over it no further /proc may be made, as nested namespaces want to.
void Mask(const ShimSpec& spec, int report_fd) {
  for (const char* path : kMasked) {
    if (spec.nested_namespaces || access(path, F_OK) != 0) continue;
    if (mount("/dev/null", path, nullptr, MS_BIND, nullptr) != 0) {
      Weaken(spec, report_fd, std::string("cannot cover ") + path);
    }
  }
  errno = 0;
}

// A /dev of its own.
void MakeDev(const std::vector<Kept>& devices, int report_fd) {
  if (mount("tmpfs", "/dev", "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=0755,size=64k") != 0) {
    Fail(report_fd, "cannot cover /dev", Word::kNoNamespaces);
  }
  for (const Kept& device : devices) {
    close(open(device.path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
    PutInPlace(device, report_fd);
  }
  for (const char* directory : {"/dev/shm", "/dev/pts", "/dev/mqueue"}) mkdir(directory, 0755);
  (void)!symlink("/proc/self/fd", "/dev/fd");
  (void)!symlink("/proc/self/fd/0", "/dev/stdin");
  (void)!symlink("/proc/self/fd/1", "/dev/stdout");
  (void)!symlink("/proc/self/fd/2", "/dev/stderr");
  errno = 0;
}

// Empty directories over those that are shared or private; the first ones are for scratch, the others stay empty.
void Cover(const ShimSpec& spec, int report_fd, std::vector<std::string>& sealed) {
  const std::vector<std::string> scratch = {"/tmp", "/var/tmp", "/dev/shm"};
  std::vector<std::string> empty = {"/root", "/home", "/run", "/mnt", "/media", "/srv", "/var/mail", "/var/spool"};
  empty.insert(empty.end(), spec.hidden.begin(), spec.hidden.end());
  // The interfaces of this machine.
  if (!spec.network.empty()) empty.insert(empty.end(), {"/sys/class/net", "/sys/devices/virtual/net"});
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

// The regular file itself where `path` leads through symbolic links; "" if there is none.
std::string RealFile(const std::string& path) {
  char* real = realpath(path.c_str(), nullptr);
  const std::string found = real != nullptr ? real : "";
  free(real);
  return found;
}

void GoWithout(const ShimFile& file, int report_fd) {
  Report(report_fd, Word::kWithout, "cannot show a " + file.seen_at + " of its own");
  errno = 0;
}

// Files of the spec's, each with the path where it will be seen: found before anything is covered.
std::vector<Kept> KeepFiles(const ShimSpec& spec, int report_fd) {
  std::vector<Kept> files;
  for (const ShimFile& file : spec.files) {
    const std::string at = RealFile(file.seen_at);
    const int fd =
        at.empty()
            ? -1
            : static_cast<int>(syscall(kOpenTree, AT_FDCWD, file.file.c_str(), 1 /* OPEN_TREE_CLONE */ | O_CLOEXEC));
    if (fd >= 0 && SetReadOnly(fd, "", kEmptyPath) == 0) {
      files.push_back({at, fd});
      continue;
    }
    GoWithout(file, report_fd);
    if (fd >= 0) close(fd);
  }
  return files;
}

// Where one is seen may be below what has been covered: there the way to it is made again.
void ShowFile(const Kept& file, int report_fd) {
  if (access(file.path.c_str(), F_OK) != 0) {
    MakeDirectories(file.path.substr(0, file.path.rfind('/')));
    close(open(file.path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  }
  errno = 0;
  if (syscall(kMoveMount, file.fd, "", AT_FDCWD, file.path.c_str(), 4 /* MOVE_MOUNT_F_EMPTY_PATH */) != 0) {
    GoWithout({file.path, ""}, report_fd);
  }
  close(file.fd);
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

void BuildView(const ShimSpec& spec, bool own_users, int report_fd) {
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    Fail(report_fd, "cannot make mounts private", Word::kNoNamespaces);
  }
  std::vector<Kept> kept;
  kept.push_back(Keep(spec, spec.directory, false, report_fd));
  for (const std::string& path : spec.writable) kept.push_back(Keep(spec, path, false, report_fd));
  for (const std::string& path : spec.read_only) kept.push_back(Keep(spec, path, true, report_fd));
  const std::vector<Kept> devices = KeepDevices(report_fd);
  const std::vector<Kept> files = KeepFiles(spec, report_fd);
  // Keeping a tree takes a namespace for a moment; and what is unwritable cannot be written.
  if (own_users) CloseUserNamespace(spec.nested_namespaces);
  errno = 0;
  FreezeHost(spec, report_fd);
  MakeDev(devices, report_fd);
  Mask(spec, report_fd);
  std::vector<std::string> sealed = {"/dev"};
  Cover(spec, report_fd, sealed);
  std::sort(kept.begin(), kept.end(), [](const Kept& a, const Kept& b) { return a.path.size() < b.path.size(); });
  for (const Kept& tree : kept) {
    MakeDirectories(tree.path);
    PutInPlace(tree, report_fd);
  }
  for (const Kept& file : files) ShowFile(file, report_fd);
  for (const std::string& path : sealed) (void)SetReadOnly(AT_FDCWD, path.c_str(), 0);
}

}  // namespace nubo::drivers
