// Connections as byte streams: TCP and unix sockets. What a stream is stands in byte_stream.h; memory has them, too
// (testing/memory_transport.h).
//
// Example:
//   auto stream = co_await net::ConnectTcp(loop, address, loop.Now() + absl::Seconds(1));
//   if (!stream.ok()) co_return stream.status();
//   (*stream)->SetDeadline(loop.Now() + absl::Seconds(5));
//   NUBO_CO_RETURN_IF_ERROR(co_await (*stream)->Write("PING\r\n"));
//
// Errors, of every operation: UNAVAILABLE: refused, unreachable; ABORTED: the connection was reset or the peer is gone;
// DEADLINE_EXCEEDED: the deadline passed; CANCELLED: closed from this side; ALREADY_EXISTS: the address is in use;
// PERMISSION_DENIED; RESOURCE_EXHAUSTED: no more file descriptors; UNKNOWN: anything else.
//
// Thread safety: belongs to its loop's thread.
#ifndef NUBO_NET_STREAM_H_
#define NUBO_NET_STREAM_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "nubo/net/byte_stream.h"
#include "nubo/net/ip_address.h"
#include "nubo/net/loop.h"
#include "nubo/net/socket_keeper.h"

namespace nubo::net {

struct ListenOptions {
  int backlog = 4096;
  // Several processes or threads listen on one address, and the kernel spreads connections.
  bool reuse_port = false;
  // Whose socket of this address is taken over if it has one, and who keeps this one; outlives the listener.
  SocketKeeper* keeper = nullptr;
};

// Port 0 takes a free one; see Listener::local.
absl::StatusOr<std::unique_ptr<Listener>> ListenTcp(Loop& loop, const SocketAddress& address,
                                                    const ListenOptions& options = {});
// Takes over a TCP socket that is bound, and listens on it if it does not yet. The descriptor is the listener's; of one
// that cannot be taken over (UNKNOWN: no such socket) it is closed.
absl::StatusOr<std::unique_ptr<Listener>> ListenerFromFd(Loop& loop, int fd);
// A socket that only this user may connect to (mode 0600). A file left by a process that is gone is replaced.
// ALREADY_EXISTS: somebody answers there. INVALID_ARGUMENT: the path does not fit a socket address.
absl::StatusOr<std::unique_ptr<Listener>> ListenUnix(Loop& loop, const std::string& path);

Task<absl::StatusOr<std::unique_ptr<Stream>>> ConnectTcp(Loop& loop, SocketAddress address, absl::Time deadline);
Task<absl::StatusOr<std::unique_ptr<Stream>>> ConnectUnix(Loop& loop, std::string path, absl::Time deadline);
// Takes over a connected TCP or unix socket.
absl::StatusOr<std::unique_ptr<Stream>> StreamFromFd(Loop& loop, int fd);

}  // namespace nubo::net

#endif  // NUBO_NET_STREAM_H_
