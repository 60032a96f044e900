// Where the metadata service gets its listening sockets from: each is made inside a VPC's network, where only a process
// of that network can make one.
//
// Example:
//   metadata_server::HostListenerSource host;  // no VPC has a network of its own: all are this machine's
//   metadata_server::Server server(loop, rng, host);
//
// Thread safety: belongs to its server's loop's thread.
#ifndef NUBO_METADATA_SERVER_LISTENER_SOURCE_H_
#define NUBO_METADATA_SERVER_LISTENER_SOURCE_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/net/ip_address.h"

namespace nubo::metadata_server {

class ListenerSource {
 public:
  virtual ~ListenerSource() = default;
  // A TCP socket that is bound to this address in the network of this VPC; the caller's from now on. Whatever the error
  // is, it is asked again a moment later.
  virtual absl::StatusOr<int> Listen(absl::string_view vpc_id, const net::SocketAddress& address) = 0;
};

// Binds the address in the network of this process, whichever the VPC is.
class HostListenerSource final : public ListenerSource {
 public:
  // ALREADY_EXISTS: the address is in use; PERMISSION_DENIED; INTERNAL: anything else.
  absl::StatusOr<int> Listen(absl::string_view vpc_id, const net::SocketAddress& address) override;
};

}  // namespace nubo::metadata_server

#endif  // NUBO_METADATA_SERVER_LISTENER_SOURCE_H_
