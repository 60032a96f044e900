// What a connection is to those who read and write: a stream of bytes, and a listener that accepts some. How one is
// made over TCP or a unix socket stands in stream.h, which most callers include.
//
// Errors are those that stream.h lists.
//
// Thread safety: belongs to its loop's thread.
#ifndef NUBO_NET_BYTE_STREAM_H_
#define NUBO_NET_BYTE_STREAM_H_

#include <cstddef>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "nubo/net/ip_address.h"
#include "nubo/net/loop.h"

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

  // How many hops the packets go that are sent from now on, 1 to 255. Of a transport that has none this means nothing.
  virtual void SetHopLimit(int) {}

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

}  // namespace nubo::net

#endif  // NUBO_NET_BYTE_STREAM_H_
