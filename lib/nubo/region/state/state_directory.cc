#include "nubo/region/state/state_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "nubo/base/status.h"
#include "nubo/base/tree_removal.h"
#include "nubo/region/state/remover.h"

namespace nubo::region {
namespace {

namespace fs = std::filesystem;

constexpr absl::Duration kPoll = absl::Milliseconds(10);
// How a file of SQLite's begins (sqlite.org/fileformat2.html).
constexpr absl::string_view kSqliteMagic = "SQLite format 3";

std::string RunOf(const std::string& path) { return path + "/run"; }
std::string LockOf(const std::string& path) { return path + "/run/lock"; }

bool Ours(uid_t owner) {
  if (owner == geteuid()) return true;
  const char* caller = geteuid() == 0 ? std::getenv("SUDO_UID") : nullptr;
  uint32_t uid = 0;
  return caller != nullptr && absl::SimpleAtoi(caller, &uid) && owner == uid;
}

// Whether `directory` has nothing but, perhaps, `name`.
bool HoldsOnly(const std::string& directory, const std::string& name) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    if (name.empty() || entry.path().filename() != name) return false;
  }
  return !error;
}

// What may lie in a directory that no region has locked yet: what one that was taken down left, or one that died in its
// first or last moments; and what a file system of its own begins with.
bool MayBeLeft(const fs::directory_entry& entry) {
  const std::string name = entry.path().filename().string();
  if (name == "data" || name == "lost+found" || name == kTrash || name.rfind(kDamagedStore, 0) == 0) return true;
  if (name == "log") return HoldsOnly(entry.path().string(), "nubo.log");
  return name == "run" && HoldsOnly(entry.path().string(), "");
}

// Whether it is a region's that has lost its lock: its store is there, and nothing that is not a region's.
bool LostItsLock(const std::string& path) {
  static constexpr const char* kNames[] = {"run",  "log",   "instances", "svc",  "images",    "bin",
                                           "data", "names", "probe",     kTrash, "lost+found"};
  struct stat store;
  if (lstat((path + "/state.db").c_str(), &store) != 0 || !S_ISREG(store.st_mode) || !Ours(store.st_uid)) return false;
  std::string magic(kSqliteMagic.size(), '\0');
  std::ifstream(path + "/state.db", std::ios::binary).read(magic.data(), static_cast<std::streamsize>(magic.size()));
  if (magic != kSqliteMagic) return false;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(path, error)) {
    const std::string name = entry.path().filename().string();
    const bool known = std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
    if (!known && name.rfind("state.db", 0) != 0 && name.rfind(kDamagedStore, 0) != 0) return false;
  }
  return !error;
}

absl::Status MakeDirectory(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (!error) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("cannot make ", path, ": ", error.message()));
}

// Whether the file that is open is still the one of this name.
bool SameFile(int fd, const std::string& path) {
  struct stat open_one, named;
  return fstat(fd, &open_one) == 0 && lstat(path.c_str(), &named) == 0 && open_one.st_dev == named.st_dev &&
         open_one.st_ino == named.st_ino;
}

}  // namespace

absl::Status CheckStateDirectory(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0 && errno == ENOENT) return absl::OkStatus();
  if (stat(path.c_str(), &info) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot look at ", path, ": ", std::strerror(errno), "; choose another with --state"));
  }
  if (!S_ISDIR(info.st_mode)) {
    return absl::FailedPreconditionError(absl::StrCat(path, " is not a directory; choose another with --state"));
  }
  if (!Ours(info.st_uid)) {
    return absl::PermissionDeniedError(absl::StrCat("the directory ", path, " belongs to another user (", info.st_uid,
                                                    "), who could replace what is in it; choose one of your own with "
                                                    "--state"));
  }
  struct stat lock;
  if (lstat(LockOf(path).c_str(), &lock) == 0 && S_ISREG(lock.st_mode) && Ours(lock.st_uid)) return absl::OkStatus();
  if (LostItsLock(path)) return absl::OkStatus();
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(path, error)) {
    if (MayBeLeft(entry)) continue;
    return absl::FailedPreconditionError(
        absl::StrCat("the directory ", path, " holds something else (", entry.path().filename().string(),
                     "), which a region would remove; choose an empty one, or a new one, with --state"));
  }
  if (!error) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("cannot look into ", path, ": ", error.message(), "; choose another with --state"));
}

absl::StatusOr<int> LockStateDirectory(const std::string& path, absl::Duration patience) {
  const std::string lock = LockOf(path);
  const auto deadline = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(patience);
  while (true) {
    NUBO_RETURN_IF_ERROR(CheckStateDirectory(path));
    NUBO_RETURN_IF_ERROR(MakeDirectory(RunOf(path)));
    const int fd = open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    const int problem = errno;
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && SameFile(fd, lock)) {
      // For who finds nobody answering. A full disk may have no room for it.
      const std::string pid = absl::StrCat(getpid(), "\n");
      (void)!ftruncate(fd, 0);
      (void)!pwrite(fd, pid.data(), pid.size(), 0);
      return fd;
    }
    if (fd >= 0) close(fd);
    // Who had it has removed it together with the directory.
    const bool gone = fd < 0 && problem == ENOENT;
    if (fd < 0 && !gone)
      return absl::UnavailableError(absl::StrCat("cannot open ", lock, ": ", std::strerror(problem)));
    if (std::chrono::steady_clock::now() > deadline) {
      const int pid = LockHolder(path);
      return absl::AlreadyExistsError(absl::StrCat("a region is running in ", path, " already",
                                                   pid == 0 ? "" : absl::StrCat(", as process ", pid)));
    }
    absl::SleepFor(kPoll);
  }
}

int LockHolder(const std::string& path) {
  const int fd = open(LockOf(path).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return 0;
  char text[16] = {};
  const bool taken = flock(fd, LOCK_SH | LOCK_NB) != 0;
  const ssize_t got = taken ? read(fd, text, sizeof text - 1) : 0;
  close(fd);
  int pid = 0;
  return got > 0 && absl::SimpleAtoi(absl::string_view(text, got), &pid) && pid > 0 ? pid : 0;
}

bool HasLock(int lock, const std::string& path) { return SameFile(lock, LockOf(path)); }

absl::Status RemoveStateDirectory(const std::string& path) {
  std::error_code ignored;
  absl::Status status;
  const std::string trash = absl::StrCat(path, "/", kTrash);
  fs::create_directory(trash, ignored);
  for (const char* name : {"instances", "svc", "images", "bin", "log", "names", "state.db", "state.db-wal",
                           "state.db-shm", "state.db.reserve"}) {
    const std::string full = absl::StrCat(path, "/", name);
    if (MoveToTrash(full, trash).empty()) status.Update(base::RemoveTree(full));
  }
  status.Update(base::RemoveTree(trash));
  for (const auto& entry : fs::directory_iterator(RunOf(path), ignored)) {
    if (entry.path().filename() != "lock") (void)base::RemoveTree(entry.path());
  }
  // Only what is empty.
  for (const auto& entry : fs::directory_iterator(path + "/data", ignored)) {
    if (entry.is_directory(ignored)) fs::remove(entry.path(), ignored);
  }
  fs::remove(path + "/data", ignored);
  fs::remove(LockOf(path), ignored);
  fs::remove(RunOf(path), ignored);
  fs::remove(path, ignored);
  return status;
}

}  // namespace nubo::region
