// UDP: messages with addresses.
//
// Example:
//   auto socket = net::BindUdp(loop, *SocketAddress::Parse("127.0.0.1:0"));
//   NUBO_CO_RETURN_IF_ERROR(co_await (*socket)->Send(query, server));
//   auto received = co_await (*socket)->Receive(buffer);
//
// Errors as in stream.h.
//
// Thread safety: belongs to its loop's thread.
#ifndef NUBO_NET_DATAGRAM_H_
#define NUBO_NET_DATAGRAM_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "nubo/net/ip_address.h"
#include "nubo/net/loop.h"
#include "nubo/net/socket_keeper.h"

namespace nubo::net {

class Datagram {
 public:
  struct Received {
    size_t size = 0;
    SocketAddress peer;
  };

  // As Close().
  virtual ~Datagram() = default;
  // One message; what does not fit the buffer is cut off. One receive at a time.
  virtual Task<absl::StatusOr<Received>> Receive(absl::Span<char> buffer) = 0;
  // The bytes must stay until it ends.
  virtual Task<absl::Status> Send(absl::string_view message, SocketAddress peer) = 0;
  // As Stream::SetDeadline.
  virtual void SetDeadline(absl::Time deadline) = 0;
  // Pending operations end with CANCELLED. Idempotent.
  virtual void Close() = 0;
  virtual SocketAddress local() const = 0;
};

struct UdpOptions {
  // Of the kernel's receive buffer; 0 leaves its default.
  int receive_buffer_bytes = 0;
  bool reuse_port = false;
  // As ListenOptions::keeper.
  SocketKeeper* keeper = nullptr;
};

// Port 0 takes a free one.
absl::StatusOr<std::unique_ptr<Datagram>> BindUdp(Loop& loop, const SocketAddress& address,
                                                  const UdpOptions& options = {});

// From a free port, to this peer alone: what others send is not received, and a closed port there is noticed at once,
// as UNAVAILABLE from Receive or the next Send.
absl::StatusOr<std::unique_ptr<Datagram>> ConnectUdp(Loop& loop, const SocketAddress& peer);

}  // namespace nubo::net

#endif  // NUBO_NET_DATAGRAM_H_
