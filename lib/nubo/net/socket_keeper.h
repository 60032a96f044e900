// Listening sockets that outlive the process that listens.
//
// A supervisor holds copies of a process's listening sockets. While the process is dead its clients wait in the
// sockets' queues and are not refused; the next process inherits the sockets and goes on. In come they as
// sd_listen_fds(3) says: LISTEN_FDS of them, from descriptor 3 on, for the process LISTEN_PID. Out they go over the
// socket whose number is in NUBO_FD_STORE, one message each: "store tcp 127.0.0.1:80" with the descriptor, or "remove
// tcp 127.0.0.1:80". Without these variables nothing is kept, and nothing else changes. With NUBO_HOST_SOCKETS, this
// process is in a network of its own, and its supervisor in the machine's: then "listen tcp 127.0.0.1:80" is answered
// by "made" and a socket there, or by the number of an error.
//
// Example:
//   net::SocketKeeper keeper = net::SocketKeeper::FromEnvironment();
//   auto listener = net::ListenTcp(loop, address, {.keeper = &keeper});
//   keeper.CloseUnclaimed();  // once everything that is to listen does
//
// Thread safety: thread-compatible.
#ifndef NUBO_NET_SOCKET_KEEPER_H_
#define NUBO_NET_SOCKET_KEEPER_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/net/ip_address.h"

namespace nubo::net {

class SocketKeeper {
 public:
  enum class Kind { kTcp, kUdp };
  // Which sockets the supervisor makes.
  enum class Makes { kNone, kLoopback, kAll };

  // Of this process. Read once, before it has opened anything.
  static SocketKeeper FromEnvironment();
  // Inherits nothing, and keeps nothing.
  SocketKeeper() = default;
  // Takes over the sockets; `store`: where to send what is to be kept, -1 for nowhere. Those that listen nowhere are
  // closed.
  SocketKeeper(const std::vector<int>& inherited, int store, Makes makes = Makes::kNone);
  ~SocketKeeper();
  SocketKeeper(SocketKeeper&& other) noexcept;
  SocketKeeper& operator=(SocketKeeper&& other) noexcept;

  // The inherited socket of just this address, which the caller now owns; -1: there is none.
  int Take(Kind kind, const SocketAddress& address);
  // Whether a socket of this address is the supervisor's to make.
  bool MakesFor(const SocketAddress& address) const {
    return makes_ == Makes::kAll || (makes_ == Makes::kLoopback && address.ip.IsLoopback());
  }
  // Such a socket, bound, which the caller now owns. Waits for the supervisor. UNAVAILABLE: why there is none.
  absl::StatusOr<int> Make(Kind kind, const SocketAddress& address);
  // `fd` stays the caller's. A supervisor that does not take it loses nothing but this.
  void Store(Kind kind, const SocketAddress& address, int fd);
  // Of a socket that is closed on purpose: nobody shall wait there.
  void Remove(Kind kind, const SocketAddress& address);
  // Closes and removes what was inherited and nobody has taken.
  void CloseUnclaimed();

 private:
  void Tell(absl::string_view verb, Kind kind, const SocketAddress& address, int fd);

  std::map<std::pair<Kind, SocketAddress>, int> inherited_;
  int store_ = -1;
  Makes makes_ = Makes::kNone;
};

}  // namespace nubo::net

#endif  // NUBO_NET_SOCKET_KEEPER_H_
