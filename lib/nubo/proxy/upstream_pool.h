// Connections to one target: kept alive, handed out, bounded.
//
// HTTP/1.1: one request each; the connection used last is used next, so that a pool shrinks to what the load needs.
// HTTP/2: many requests each; the connection with the fewest is used, and another one is made when all are full.
//
// Example:
//   auto pool = std::make_shared<UpstreamPool>(loop, address, http::Version::kHttp2, options);
//   NUBO_CO_ASSIGN_OR_RETURN(auto exchange, co_await pool->Open());
//
// Thread safety: belongs to its loop's thread.
#ifndef NUBO_PROXY_UPSTREAM_POOL_H_
#define NUBO_PROXY_UPSTREAM_POOL_H_

#include <list>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "nubo/http/client.h"
#include "nubo/net/ip_address.h"
#include "nubo/net/loop.h"

namespace nubo::proxy {

struct UpstreamPoolOptions {
  absl::Duration connect_timeout = absl::Seconds(5);
  // How long Open may wait for its turn when every connection is taken.
  absl::Duration wait_timeout = absl::Seconds(5);
  // HTTP/1.1.
  int connections_max = 1024;
  // HTTP/2, each with up to streams_max requests.
  int h2_connections_max = 32;
  int streams_max = 100;
  // Connections that were not used for so long are closed.
  absl::Duration idle_timeout = absl::Seconds(60);
};

class UpstreamPool : public std::enable_shared_from_this<UpstreamPool> {
 public:
  UpstreamPool(net::Loop& loop, net::SocketAddress address, http::Version version, UpstreamPoolOptions options);
  ~UpstreamPool();

  const net::SocketAddress& address() const { return address_; }
  int connections() const { return static_cast<int>(connections_.size()); }

  // An exchange of which nothing has been sent. On failure nothing has been sent either.
  // RESOURCE_EXHAUSTED: the pool is full and stayed so. CANCELLED: the pool was closed. Else as net::ConnectTcp.
  net::Task<absl::StatusOr<std::unique_ptr<http::ClientExchange>>> Open();
  // Closes what has been idle for too long.
  void Sweep(absl::Time now);
  // The target is gone: no new exchanges, and idle connections are closed; exchanges under way go on.
  void Retire();
  // Everything on it ends.
  void Close();

 private:
  struct Connection {
    std::shared_ptr<http::ClientConnection> http;
    absl::Time last_used;
  };
  using Place = std::list<Connection>::iterator;

  bool multiplexed() const { return version_ == http::Version::kHttp2; }
  int connections_max() const { return multiplexed() ? options_.h2_connections_max : options_.connections_max; }
  std::unique_ptr<http::ClientExchange> OpenOnExisting();
  std::unique_ptr<http::ClientExchange> OpenIdle();
  std::unique_ptr<http::ClientExchange> OpenLeastBusy();
  std::unique_ptr<http::ClientExchange> Use(Place place);
  // Whether one more connection, beside those being made, would serve somebody.
  bool MayConnect() const;
  net::Task<absl::Status> Connect(std::shared_ptr<UpstreamPool> self);
  Place Drop(Place place);

  net::Loop& loop_;
  const net::SocketAddress address_;
  const http::Version version_;
  const UpstreamPoolOptions options_;
  // HTTP/1.1: those that are idle, or were when last heard of, come first, the one used last at the very front.
  std::list<Connection> connections_;
  int connecting_ = 0;
  int waiting_ = 0;
  // Whoever waits for a connection that cannot be made fails with whoever tried to make it.
  uint64_t failures_ = 0;
  absl::Status last_failure_;
  bool retired_ = false;
  net::Event changed_;
};

}  // namespace nubo::proxy

#endif  // NUBO_PROXY_UPSTREAM_POOL_H_
