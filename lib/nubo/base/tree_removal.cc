#include "nubo/base/tree_removal.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "nubo/base/owned_fd.h"

namespace nubo::base {
namespace {

// Of a name in a message; it may be anything.
constexpr size_t kNameShownMax = 100;
// Names that are tried for a directory that is moved up; others may be in use.
constexpr int kNamesTried = 1000;

// Its entries, from the beginning as often as wanted.
class Directory {
 public:
  explicit Directory(const OwnedFd& fd) : stream_(fdopendir(fcntl(fd.get(), F_DUPFD_CLOEXEC, 0))) {}
  ~Directory() {
    if (stream_ != nullptr) closedir(stream_);
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  void Rewind() {
    if (stream_ != nullptr) rewinddir(stream_);
  }
  // nullptr: no more.
  const char* Next() {
    while (stream_ != nullptr) {
      const dirent* entry = readdir(stream_);
      if (entry == nullptr) return nullptr;
      const bool itself = std::strcmp(entry->d_name, ".") == 0 || std::strcmp(entry->d_name, "..") == 0;
      if (!itself) return entry->d_name;
    }
    return nullptr;
  }

 private:
  DIR* const stream_;
};

std::string ThroughFd(int fd) { return absl::StrCat("/proc/self/fd/", fd); }

// Marks that root sets, and that keep even root from removing.
void ClearMarks(int fd) {
  int marks = 0;
  if (ioctl(fd, FS_IOC_GETFLAGS, &marks) != 0 || (marks & (FS_IMMUTABLE_FL | FS_APPEND_FL)) == 0) return;
  marks &= ~(FS_IMMUTABLE_FL | FS_APPEND_FL);
  (void)ioctl(fd, FS_IOC_SETFLAGS, &marks);
}

// The directory of that name, in which this user may do all; EXDEV: another file system is mounted there.
OwnedFd OpenDirectory(int parent, const char* name) {
  open_how how = {};
  how.flags = O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS;
  OwnedFd place(static_cast<int>(syscall(SYS_openat2, parent, name, &how, sizeof how)));
  if (!place.ok() && errno == ENOSYS)
    return OwnedFd(openat(parent, name, O_RDONLY | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC));
  if (!place.ok()) return OwnedFd();
  struct stat info;
  const bool closed = fstat(place.get(), &info) == 0 && (info.st_mode & S_IRWXU) != S_IRWXU;
  if (closed) (void)chmod(ThroughFd(place.get()).c_str(), S_IRWXU);
  return OwnedFd(openat(place.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

class TreeRemover {
 public:
  explicit TreeRemover(const std::function<bool()>& go_on) : go_on_(go_on) {}

  absl::Status Remove(const std::string& path) {
    const size_t slash = path.rfind('/');
    const std::string above = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
    const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
    const OwnedFd parent(open(above.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!parent.ok()) return errno == ENOENT || errno == ENOTDIR ? absl::OkStatus() : Refused(path);
    if (RemoveEntry(parent.get(), name.c_str()) || errno == ENOENT) return absl::OkStatus();
    if (errno != ENOTEMPTY && errno != EEXIST && errno != EACCES) return Refused(path);
    const OwnedFd top = OpenDirectory(parent.get(), name.c_str());
    if (!top.ok()) return Refused(path);
    Directory entries(top);
    bool progress = true;
    while (progress && !cancelled_) progress = Pass(top, entries);
    if (cancelled_) return absl::CancelledError(absl::StrCat("the removal of ", path, " was broken off"));
    if (failures_ == 0 && (RemoveEntry(parent.get(), name.c_str()) || errno == ENOENT)) return absl::OkStatus();
    if (failures_ == 0) return Refused(path);
    return absl::InternalError(absl::StrCat("cannot remove ", failures_, failures_ == 1 ? " entry" : " entries", " of ",
                                            path, "; the first: ", first_failure_));
  }

 private:
  static absl::Status Refused(const std::string& path) {
    return absl::InternalError(absl::StrCat("cannot remove ", path, ": ", std::strerror(errno)));
  }

  bool Cancelled() {
    cancelled_ = cancelled_ || (go_on_ != nullptr && !go_on_());
    return cancelled_;
  }

  void Failed(const char* name) {
    const int problem = errno;
    if (failures_++ > 0) return;
    first_failure_ = absl::StrCat(
        "\"", absl::CHexEscape(absl::string_view(name).substr(0, kNameShownMax)),
        "\": ", problem == EXDEV || problem == EBUSY ? "something is mounted there" : std::strerror(problem));
  }

  // A file, or an empty directory. False: errno says why; ENOTEMPTY of a directory that holds something.
  static bool RemoveOnce(int parent, const char* name) {
    if (unlinkat(parent, name, 0) == 0) return true;
    // Some file systems say EPERM of a directory.
    if (errno != EISDIR && errno != EPERM) return false;
    const int problem = errno;
    if (unlinkat(parent, name, AT_REMOVEDIR) == 0) return true;
    if (errno == ENOTDIR) errno = problem;
    return false;
  }

  static bool RemoveEntry(int parent, const char* name) {
    if (RemoveOnce(parent, name)) return true;
    if (errno == EBUSY) {
      const std::string path = absl::StrCat(ThroughFd(parent), "/", name);
      if (umount2(path.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) == 0) return RemoveOnce(parent, name);
      errno = EBUSY;
    }
    if (errno != EPERM) return false;
    ClearMarks(parent);
    const OwnedFd entry(openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (entry.ok()) ClearMarks(entry.get());
    return RemoveOnce(parent, name);
  }

  // To the first level, under a name that is free there. A directory that is moved has to be writable itself.
  bool MoveUp(int from, const char* name, int top) {
    for (int i = 0; i < kNamesTried; ++i) {
      const std::string free_name = absl::StrCat(".nubo-removed-", next_name_++);
      if (renameat2(from, name, top, free_name.c_str(), RENAME_NOREPLACE) == 0) return true;
      if (errno == EEXIST) continue;
      if (errno != EACCES && errno != EPERM) return false;
      const OwnedFd opened = OpenDirectory(from, name);
      if (opened.ok()) ClearMarks(opened.get());
      return renameat2(from, name, top, free_name.c_str(), RENAME_NOREPLACE) == 0;
    }
    return false;
  }

  // Removes the files of a directory of the first level, and moves its directories up. True: it has become smaller.
  bool Empty(int parent, const char* name, const OwnedFd& top) {
    const OwnedFd fd = OpenDirectory(parent, name);
    if (!fd.ok()) {
      Failed(name);
      return false;
    }
    Directory entries(fd);
    bool smaller = false, progress = true;
    while (progress) {
      progress = false;
      const uint64_t failures = failures_;
      const std::string first_failure = first_failure_;
      entries.Rewind();
      while (const char* entry = entries.Next()) {
        if (Cancelled()) return smaller;
        const bool gone = RemoveEntry(fd.get(), entry) || ((errno == ENOTEMPTY || errno == EEXIST || errno == EACCES) &&
                                                           MoveUp(fd.get(), entry, top.get()));
        progress = progress || gone;
        if (!gone) Failed(entry);
      }
      smaller = smaller || progress;
      // They are tried again, and count then.
      if (progress) {
        failures_ = failures;
        first_failure_ = first_failure;
      }
    }
    return smaller;
  }

  // Once over the first level. True: it was worth it, and may be again.
  bool Pass(const OwnedFd& top, Directory& entries) {
    bool progress = false;
    failures_ = 0;
    first_failure_.clear();
    entries.Rewind();
    while (const char* entry = entries.Next()) {
      if (Cancelled()) return false;
      if (RemoveEntry(top.get(), entry)) {
        progress = true;
        continue;
      }
      if (errno != ENOTEMPTY && errno != EEXIST && errno != EACCES) {
        Failed(entry);
        continue;
      }
      const uint64_t failures = failures_;
      const bool smaller = Empty(top.get(), entry, top);
      const bool gone = failures_ == failures && RemoveEntry(top.get(), entry);
      if (!gone && failures_ == failures && !cancelled_) Failed(entry);
      progress = progress || smaller || gone;
    }
    return progress;
  }

  const std::function<bool()>& go_on_;
  bool cancelled_ = false;
  uint64_t next_name_ = 0;
  uint64_t failures_ = 0;
  std::string first_failure_;
};

}  // namespace

absl::Status RemoveTree(const std::string& path, const std::function<bool()>& go_on) {
  std::string plain = path;
  while (plain.size() > 1 && plain.back() == '/') plain.pop_back();
  return TreeRemover(go_on).Remove(plain);
}

}  // namespace nubo::base
