// Connections as byte streams: TCP, unix sockets, or memory.
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

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "nubo/net/ip_address.h"
#include "nubo/net/loop.h"
#include "nubo/net/socket_keeper.h"

namespace nubo::net {

class Stream {
 public:
  // As Close(): an operation under way ends with CANCELLED.
  virtual ~Stream() = default;

  // At least one byte, or 0 at the end of the stream. One read at a time.
  virtual Task<absl::StatusOr<size_t>> Read(absl::Span<char> buffer) = 0;
  // All of it, in order. One write at a time; the bytes must stay until it ends.
  virtual Task<absl::Status> Write(absl::Span<const absl::string_view> pieces) = 0;
  Task<absl::Status> Write(absl::string_view bytes);

  // From `deadline` on every operation, pending or later, ends with DEADLINE_EXCEEDED; InfiniteFuture lifts it.
  virtual void SetDeadline(absl::Time deadline) = 0;
  // No more writes; the peer reads the end of the stream.
  virtual void ShutdownWrite() = 0;
  // Pending and later operations end with CANCELLED. Idempotent.
  virtual void Close() = 0;
  // Closes so that the peer sees a broken connection and not an ended one, where the transport can tell (TCP can).
  virtual void Reset() { Close(); }
  // True if the peer has closed, or has sent something nobody asked for: an idle connection that is of no more use.
  // Never waits.
  virtual bool IdleBroken() = 0;
  // True if the connection is of no more use either way: the peer has reset it, or both have ended. A peer that has
  // only stopped sending may still read. Looks past what is unread; never waits.
  virtual bool Broken() = 0;

  // Remembers where the writes stand, for NothingRead.
  virtual void MarkWritten() {}
  // True only if it is certain that the peer's program has read nothing of what was written since MarkWritten(), and
  // never will: nothing was written, or the peer had closed before any of it came to it (its end of the stream was on
  // its way, its kernel has taken none of the bytes, and has answered them with a reset). False: it may have.
  virtual bool NothingRead() { return false; }

  // 0.0.0.0:0 where there is none (unix sockets).
  virtual SocketAddress local() const = 0;
  virtual SocketAddress peer() const = 0;
  // The user at the other end of a unix socket; -1 of anything else.
  virtual int peer_uid() const { return -1; }
};

class Listener {
 public:
  // A pending Accept ends with CANCELLED.
  virtual ~Listener() = default;
  virtual Task<absl::StatusOr<std::unique_ptr<Stream>>> Accept() = 0;
  // A pending Accept ends with CANCELLED. Removes the file of a unix socket. Idempotent.
  virtual void Close() = 0;
  virtual SocketAddress local() const = 0;
};

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
// A socket that only this user may connect to (mode 0600). A file left by a process that is gone is replaced.
// ALREADY_EXISTS: somebody answers there. INVALID_ARGUMENT: the path does not fit a socket address.
absl::StatusOr<std::unique_ptr<Listener>> ListenUnix(Loop& loop, const std::string& path);

Task<absl::StatusOr<std::unique_ptr<Stream>>> ConnectTcp(Loop& loop, SocketAddress address, absl::Time deadline);
Task<absl::StatusOr<std::unique_ptr<Stream>>> ConnectUnix(Loop& loop, std::string path, absl::Time deadline);
// Takes over a connected TCP or unix socket.
absl::StatusOr<std::unique_ptr<Stream>> StreamFromFd(Loop& loop, int fd);

}  // namespace nubo::net

#endif  // NUBO_NET_STREAM_H_
