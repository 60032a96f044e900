#include "nubo/fabrics/block_locks.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"

namespace nubo::fabrics {
namespace {

constexpr int kLockedLength = 16;

}  // namespace

BlockLocks::~BlockLocks() { KeepOnly({}); }

net::Prefix BlockLocks::Around(const net::Prefix& block) {
  if (block.length() <= kLockedLength) return block;
  return net::Prefix::Make(block.first(), kLockedLength).value_or(block);
}

bool BlockLocks::Take(const net::Prefix& block) {
  const net::Prefix around = Around(block);
  if (held_.count(around) > 0) return true;
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return true;
  // A leading NUL makes the name abstract.
  const std::string name = absl::StrCat("nubo/loopback/", around.ToString());
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path + 1, name.data(), name.size());
  const socklen_t size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), size) == 0) {
    held_[around] = fd;
    return true;
  }
  const bool taken = errno == EADDRINUSE;
  close(fd);
  return !taken;
}

void BlockLocks::KeepOnly(const std::vector<net::Prefix>& used) {
  std::set<net::Prefix> kept;
  for (const net::Prefix& block : used) kept.insert(Around(block));
  for (auto it = held_.begin(); it != held_.end();) {
    if (kept.count(it->first) > 0) {
      ++it;
      continue;
    }
    close(it->second);
    it = held_.erase(it);
  }
}

}  // namespace nubo::fabrics
