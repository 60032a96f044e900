// Streams and datagrams in memory: what sockets do, without sockets, and as badly cut as a network ever might.
//
// Example:
//   auto [client, server] = testing::MemoryStreamPair(loop, {.fragments = {1, 3}});
//   // what one writes the other reads, one byte and three bytes at a time
//
//   testing::MemoryNetwork network(loop);
//   auto socket = network.Bind(*net::SocketAddress::Parse("10.0.0.1:53"));
//
// Thread safety: belongs to its loop's thread.
#ifndef NUBO_TESTING_MEMORY_TRANSPORT_H_
#define NUBO_TESTING_MEMORY_TRANSPORT_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/net/datagram.h"
#include "nubo/net/ip_address.h"
#include "nubo/net/loop.h"
#include "nubo/net/stream.h"

namespace nubo::testing {

// The cuts that find most faults of incremental parsers; 0 is "as much as there is".
inline constexpr size_t kFragments[] = {1, 2, 3, 4, 5, 6, 7, 8, 16, 31, 0};

struct MemoryStreamOptions {
  // How many bytes reads give at most, one after the other and round again; 0: as many as there are.
  std::vector<size_t> fragments = {0};
  // Written and not yet read, each way; writers wait while there is more (a socket's buffers).
  size_t buffer_bytes = 64 << 10;
  net::SocketAddress client = {net::IpAddress::V4(0x7f000001), 40000};
  net::SocketAddress server = {net::IpAddress::V4(0x7f000002), 80};
};

// Two ends of one connection, the client's and the server's.
std::pair<std::unique_ptr<net::Stream>, std::unique_ptr<net::Stream>> MemoryStreamPair(
    net::Loop& loop, const MemoryStreamOptions& options = {});

// Datagram sockets that reach each other, and nobody else.
//
// Messages to an address that nobody has bound vanish, as do those a filter drops.
class MemoryNetwork {
 public:
  // What becomes of a message: as many copies arrive as it returns (0 loses it, 2 doubles it).
  using Filter =
      std::function<int(const net::SocketAddress& from, const net::SocketAddress& to, absl::string_view message)>;
  // Unread messages of one socket; further ones are lost.
  static constexpr size_t kQueueMax = 1024;

  explicit MemoryNetwork(net::Loop& loop);
  ~MemoryNetwork();
  MemoryNetwork(const MemoryNetwork&) = delete;
  MemoryNetwork& operator=(const MemoryNetwork&) = delete;

  // Port 0 takes a free one. ALREADY_EXISTS: the address is bound. Sockets may outlive the network.
  absl::StatusOr<std::unique_ptr<net::Datagram>> Bind(net::SocketAddress address);
  void SetFilter(Filter filter);

  struct State;

 private:
  const std::shared_ptr<State> state_;
};

}  // namespace nubo::testing

#endif  // NUBO_TESTING_MEMORY_TRANSPORT_H_
