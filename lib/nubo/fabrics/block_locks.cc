#include "nubo/fabrics/block_locks.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace nubo::fabrics {
namespace {

constexpr int kLockedLength = 16;
constexpr uint32_t kFlagAddress = 0xfffe;
constexpr int kNothing = -1;
constexpr int kTaken = -2;

void Close(int fd) {
  if (fd >= 0) close(fd);
}

// kTaken: another process has it. kNothing: there can be none.
int LockFile(const std::string& directory, const net::Prefix& block) {
  if (directory.empty()) return kNothing;
  const std::string name = absl::StrReplaceAll(block.ToString(), {{"/", "-"}});
  const int fd = open(absl::StrCat(directory, "/loopback-", name, ".lock").c_str(),
                      O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0) return fd < 0 ? kNothing : fd;
  const bool taken = errno == EWOULDBLOCK;
  close(fd);
  return taken ? kTaken : kNothing;
}

int RaiseFlag(const net::Prefix& block) {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return kNothing;
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(BlockLocks::kFlagPort);
  address.sin_addr.s_addr = htonl(block.first().v4() | kFlagAddress);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
  const bool taken = errno == EADDRINUSE;
  close(fd);
  return taken ? kTaken : kNothing;
}

// Whether nobody else can have put anything there.
bool IsThisUsers(const std::string& path) {
  struct stat info;
  return lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == geteuid() &&
         (info.st_mode & 022) == 0;
}

std::string MakeBelow(const std::string& parent, const std::string& name) {
  const std::string path = absl::StrCat(parent, "/", name);
  (void)mkdir(path.c_str(), 0700);
  return IsThisUsers(path) ? path : "";
}

}  // namespace

BlockLocks::~BlockLocks() { KeepOnly({}); }

std::string BlockLocks::UsersDirectory() {
  if (geteuid() == 0) return MakeBelow("/run", "nubo");
  const std::string runtime = absl::StrCat("/run/user/", geteuid());
  if (IsThisUsers(runtime)) return MakeBelow(runtime, "nubo");
  const passwd* user = getpwuid(geteuid());
  if (user == nullptr || user->pw_dir == nullptr || !IsThisUsers(user->pw_dir)) return "";
  const std::string cache = MakeBelow(user->pw_dir, ".cache");
  return cache.empty() ? "" : MakeBelow(cache, "nubo");
}

net::Prefix BlockLocks::Around(const net::Prefix& block) {
  if (block.length() <= kLockedLength) return block;
  return net::Prefix::Make(block.first(), kLockedLength).value_or(block);
}

bool BlockLocks::Take(const net::Prefix& block) { return Hold(Around(block), /*despite_flags=*/false); }

bool BlockLocks::TakeDespiteFlags(const net::Prefix& block) { return Hold(Around(block), /*despite_flags=*/true); }

bool BlockLocks::Hold(const net::Prefix& block, bool despite_flags) {
  if (held_.count(block) > 0) return true;
  const int lock = LockFile(directory_, block);
  if (lock == kTaken) return false;
  const int flag = RaiseFlag(block);
  if (flag == kTaken && !despite_flags) {
    Close(lock);
    return false;
  }
  held_[block] = {lock, flag};
  return true;
}

void BlockLocks::KeepOnly(const std::vector<net::Prefix>& used) {
  std::set<net::Prefix> kept;
  for (const net::Prefix& block : used) kept.insert(Around(block));
  for (auto it = held_.begin(); it != held_.end();) {
    if (kept.count(it->first) > 0) {
      ++it;
      continue;
    }
    Close(it->second.lock);
    Close(it->second.flag);
    it = held_.erase(it);
  }
}

}  // namespace nubo::fabrics
