// An authoritative DNS server on UDP and TCP.
//
// Listeners and zones are set whole and may be set again at any time; every query sees one set of zones from
// beginning to end. TCP follows RFC 7766: several queries on a connection, answered in order, an idle timeout, and a
// bound on connections, past which the one idle for longest is closed.
//
// Example:
//   net::Loop loop;
//   std::mt19937_64 rng(seed);
//   dns_server::Server server(loop, rng);
//   server.SetListeners({*net::SocketAddress::Parse("127.0.0.1:10053")});
//   server.SetZones(zones, health);
//   loop.Run();
//
// Thread safety: belongs to its loop's thread. The loop and the generator outlive the server.
#ifndef NUBO_DNS_SERVER_SERVER_H_
#define NUBO_DNS_SERVER_SERVER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/random/bit_gen_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "nubo/dns/zone/responder.h"
#include "nubo/dns/zone/zone_set.h"
#include "nubo/net/ip_address.h"
#include "nubo/net/loop.h"
#include "nubo/net/socket_keeper.h"

namespace nubo::dns_server {

// One answered query, as the log tells it.
struct QueryRecord {
  absl::Time time;
  net::SocketAddress client;
  dns::Transport transport = dns::Transport::kUdp;
  dns::QuerySummary summary;
};

// "2030-01-01T00:00:00.000Z 127.0.0.1:4242 udp www.example.com A NOERROR 2"; "-" where the query could not be read.
std::string ToLogLine(const QueryRecord& record);

struct ServerOptions {
  int tcp_connections_max = 256;
  absl::Duration tcp_idle_timeout = absl::Seconds(10);
  // Of its sockets; null: nobody. Outlives the server.
  net::SocketKeeper* keeper = nullptr;
  // Called on the loop's thread for every answered query.
  std::function<void(const QueryRecord&)> on_query;
};

struct ServerCounters {
  uint64_t udp_queries = 0;
  uint64_t tcp_queries = 0;
  uint64_t no_error = 0;
  uint64_t nx_domain = 0;
  uint64_t refused = 0;
  uint64_t server_failure = 0;
  uint64_t other_errors = 0;
  uint64_t truncated = 0;
  uint64_t dropped = 0;
  uint64_t tcp_connections = 0;
};

class Server {
 public:
  Server(net::Loop& loop, absl::BitGenRef rng, ServerOptions options = {});
  // Closes everything.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  struct ListenerStatus {
    // As asked for.
    net::SocketAddress wanted;
    // As bound: the port chosen where 0 was asked for.
    net::SocketAddress bound;
    // ALREADY_EXISTS: the port is in use; PERMISSION_DENIED and so on.
    absl::Status status;
  };

  // Opens what is new, closes what is no longer wanted, and leaves the rest undisturbed. Call again with the same
  // addresses to retry those that failed. Doubles count once.
  void SetListeners(const std::vector<net::SocketAddress>& addresses);
  // In the order they were given.
  std::vector<ListenerStatus> listeners() const;

  // Swaps what is served. `health` may be null: everything is healthy.
  void SetZones(std::shared_ptr<const dns::ZoneSet> zones, std::shared_ptr<const dns::HealthView> health = nullptr);

  const ServerCounters& counters() const;

 private:
  class State;
  // Shared with the coroutines that serve: they may end after the server does.
  const std::shared_ptr<State> state_;
};

}  // namespace nubo::dns_server

#endif  // NUBO_DNS_SERVER_SERVER_H_
