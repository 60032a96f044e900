// The instance metadata service on HTTP/1.1: who asks is told what it is.
//
// Each listener stands in one VPC, and the instance is whoever has the source address there; nobody else is told
// anything (404). What is answered is ec2::HandleMetadata's; a token's packets go no further than its instance says,
// nor does anything that follows them on their connection: what was lost at a hop too many is sent again, and must not
// come through then.
//
// Everything a client controls is bounded: its heads, its connections, how long it may take, and how often it may ask.
// AWS drops what is beyond 1,024 packets a second; here requests are counted, and further ones are told to come again
// (503), which every client of AWS's does.
//
// Listeners and instances are set whole and may be set again at any time; every request sees one set.
//
// Example:
//   net::Loop loop;
//   metadata_server::HostListenerSource host;
//   metadata_server::Server server(loop, rng, host);
//   server.SetInstances(instances, ec2::MetadataTokens(seal));
//   server.SetListeners({{"vpc-1", *net::SocketAddress::Parse("169.254.169.254:80")}});
//   loop.Run();
//
// Thread safety: belongs to its loop's thread. The loop, the generator and the source outlive the server.
#ifndef NUBO_METADATA_SERVER_SERVER_H_
#define NUBO_METADATA_SERVER_SERVER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/random/bit_gen_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "nubo/ec2/metadata_tokens.h"
#include "nubo/metadata_server/connections.h"
#include "nubo/metadata_server/instance_table.h"
#include "nubo/metadata_server/listener_source.h"
#include "nubo/net/ip_address.h"
#include "nubo/net/loop.h"

namespace nubo::metadata_server {

struct ServerOptions {
  ConnectionLimits connections;
  size_t head_bytes_max = 4 << 10;
  absl::Duration head_timeout = absl::Seconds(5);
  absl::Duration idle_timeout = absl::Seconds(10);
  // Of an instance; a second's worth may come at once. All who are no instance share as many.
  int requests_per_second_max = 1024;
};

struct ServerCounters {
  // By what was answered.
  uint64_t ok = 0;
  uint64_t bad_request = 0;
  uint64_t unauthorized = 0;
  uint64_t forbidden = 0;
  uint64_t not_found = 0;
  uint64_t not_allowed = 0;
  uint64_t throttled = 0;
  // Among ok, and among not_found.
  uint64_t tokens_issued = 0;
  uint64_t unknown_sources = 0;
  uint64_t connections = 0;
  // To make room for others.
  uint64_t connections_closed = 0;
};

class Server {
 public:
  Server(net::Loop& loop, absl::BitGenRef rng, ListenerSource& source, ServerOptions options = {});
  // Closes everything.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  struct ListenerStatus {
    // As asked for.
    VpcAddress wanted;
    // As bound: the port chosen where 0 was asked for.
    net::SocketAddress bound;
    // As its source says.
    absl::Status status;
  };

  // Opens what is new, closes what is no longer wanted, and leaves the rest undisturbed. Call again with the same
  // addresses to retry those that failed. Doubles count once.
  void SetListeners(const std::vector<VpcAddress>& addresses);
  // In the order they were given.
  std::vector<ListenerStatus> listeners() const;

  // Swaps who is known, and whose tokens are taken.
  void SetInstances(std::shared_ptr<const InstanceTable> instances, ec2::MetadataTokens tokens);

  ServerCounters counters() const;
  int open_connections() const;

 private:
  class State;
  // Shared with the coroutines that serve: they may end after the server does.
  const std::shared_ptr<State> state_;
};

}  // namespace nubo::metadata_server

#endif  // NUBO_METADATA_SERVER_SERVER_H_
