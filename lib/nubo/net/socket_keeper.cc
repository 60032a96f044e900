#include "nubo/net/socket_keeper.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/descriptors.h"

namespace nubo::net {
namespace {

constexpr int kFirstInherited = 3;
// A supervisor holds fewer; a number beyond it is a mistake.
constexpr int kInheritedMax = 4096;
constexpr int kAnswerMs = 5000;

// The value of a variable that holds a number; -1: there is none.
int NumberIn(const char* variable) {
  const char* text = std::getenv(variable);
  int number = -1;
  return text != nullptr && absl::SimpleAtoi(text, &number) ? number : -1;
}

SocketKeeper::Makes MadeOutside() {
  const char* text = std::getenv("NUBO_HOST_SOCKETS");
  const absl::string_view which = text == nullptr ? "" : text;
  if (which == "all") return SocketKeeper::Makes::kAll;
  return which == "loopback" ? SocketKeeper::Makes::kLoopback : SocketKeeper::Makes::kNone;
}

int Option(int fd, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  return getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

std::optional<SocketKeeper::Kind> KindOf(int fd) {
  const int type = Option(fd, SO_TYPE);
  if (type == SOCK_DGRAM) return SocketKeeper::Kind::kUdp;
  if (type == SOCK_STREAM && Option(fd, SO_ACCEPTCONN) == 1) return SocketKeeper::Kind::kTcp;
  return std::nullopt;
}

std::optional<SocketAddress> AddressOf(int fd) {
  sockaddr_storage raw = {};
  socklen_t size = sizeof raw;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&raw), &size) != 0) return std::nullopt;
  if (raw.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(raw);
    return SocketAddress{IpAddress::V4(ntohl(v4.sin_addr.s_addr)), ntohs(v4.sin_port)};
  }
  if (raw.ss_family != AF_INET6) return std::nullopt;
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(raw);
  uint64_t words[2] = {0, 0};
  for (int i = 0; i < 16; ++i) words[i / 8] = words[i / 8] << 8 | v6.sin6_addr.s6_addr[i];
  return SocketAddress{IpAddress::V6(absl::MakeUint128(words[0], words[1])), ntohs(v6.sin6_port)};
}

}  // namespace

SocketKeeper SocketKeeper::FromEnvironment() {
  // Meant for another process that has passed its environment on.
  const bool ours = NumberIn("LISTEN_PID") == getpid();
  const int count = ours ? std::min(NumberIn("LISTEN_FDS"), kInheritedMax) : 0;
  std::vector<int> inherited;
  for (int i = 0; i < count; ++i) inherited.push_back(kFirstInherited + i);
  return SocketKeeper(inherited, NumberIn("NUBO_FD_STORE"), MadeOutside());
}

SocketKeeper::SocketKeeper(const std::vector<int>& inherited, int store, Makes makes)
    : store_(store), makes_(store >= 0 ? makes : Makes::kNone) {
  if (store_ >= 0) fcntl(store_, F_SETFD, FD_CLOEXEC);
  for (const int fd : inherited) {
    const auto kind = KindOf(fd);
    const auto address = AddressOf(fd);
    const bool wanted = kind.has_value() && address.has_value();
    if (wanted && inherited_.emplace(std::make_pair(*kind, *address), fd).second) {
      fcntl(fd, F_SETFD, FD_CLOEXEC);
    } else {
      close(fd);
    }
  }
}

SocketKeeper::~SocketKeeper() {
  for (const auto& [key, fd] : inherited_) close(fd);
  if (store_ >= 0) close(store_);
}

SocketKeeper::SocketKeeper(SocketKeeper&& other) noexcept
    : inherited_(std::exchange(other.inherited_, {})),
      store_(std::exchange(other.store_, -1)),
      makes_(std::exchange(other.makes_, Makes::kNone)) {}

SocketKeeper& SocketKeeper::operator=(SocketKeeper&& other) noexcept {
  std::swap(inherited_, other.inherited_);
  std::swap(store_, other.store_);
  std::swap(makes_, other.makes_);
  return *this;
}

int SocketKeeper::Take(Kind kind, const SocketAddress& address) {
  const auto found = inherited_.find({kind, address});
  if (found == inherited_.end()) return -1;
  const int fd = found->second;
  inherited_.erase(found);
  return fd;
}

absl::StatusOr<int> SocketKeeper::Make(Kind kind, const SocketAddress& address) {
  const std::string name = absl::StrCat(kind == Kind::kTcp ? "tcp " : "udp ", address.ToString());
  const auto unavailable = [&](absl::string_view why) {
    return absl::UnavailableError(absl::StrCat("listen on ", name, ": ", why));
  };
  Tell("listen", kind, address, -1);
  pollfd ready = {store_, POLLIN, 0};
  if (poll(&ready, 1, kAnswerMs) <= 0) return unavailable("the supervisor does not answer");
  char text[16] = {};
  int fd = -1;
  iovec piece = {text, sizeof text - 1};
  msghdr header = {};
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof fd)] = {};
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  if (recvmsg(store_, &header, MSG_CMSG_CLOEXEC) <= 0) return unavailable("the supervisor has gone");
  const cmsghdr* part = CMSG_FIRSTHDR(&header);
  if (part != nullptr && part->cmsg_type == SCM_RIGHTS) std::memcpy(&fd, CMSG_DATA(part), sizeof fd);
  if (fd >= 0) return fd;
  int problem = 0;
  (void)absl::SimpleAtoi(text, &problem);
  return unavailable(std::strerror(problem));
}

void SocketKeeper::Store(Kind kind, const SocketAddress& address, int fd) { Tell("store", kind, address, fd); }

void SocketKeeper::Remove(Kind kind, const SocketAddress& address) { Tell("remove", kind, address, -1); }

void SocketKeeper::CloseUnclaimed() {
  for (const auto& [key, fd] : std::exchange(inherited_, {})) {
    close(fd);
    Remove(key.first, key.second);
  }
}

void SocketKeeper::Tell(absl::string_view verb, Kind kind, const SocketAddress& address, int fd) {
  if (store_ < 0) return;
  const std::string text = absl::StrCat(verb, kind == Kind::kTcp ? " tcp " : " udp ", address.ToString());
  // A supervisor reads at once; one that is gone is not waited for.
  (void)base::SendMessage(store_, text.data(), text.size(), &fd, fd >= 0 ? 1 : 0);
}

}  // namespace nubo::net
