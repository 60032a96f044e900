// Where Prometheus reads what a process counts: GET /metrics, on an address of its own.
//
// The text is made anew for every request. Other methods get 405, other paths 404. Whoever can connect may read, so the
// address should be one of this machine's own; clients, and what they may ask for at once, are few.
//
// Example:
//   base::Metrics metrics;
//   http::MetricsEndpoint endpoint(loop, [&metrics] { return metrics.Exposition(); });
//   NUBO_RETURN_IF_ERROR(endpoint.Listen(address));
//
// Thread safety: MetricsEndpoint belongs to its loop's thread, MetricsServer to that of whoever makes it.
#ifndef NUBO_HTTP_METRICS_ENDPOINT_H_
#define NUBO_HTTP_METRICS_ENDPOINT_H_

#include <functional>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "nubo/http/server.h"
#include "nubo/net/ip_address.h"
#include "nubo/net/loop.h"

namespace nubo::http {

// In the exposition format 0.0.4 (base/metrics.h).
using MetricsText = std::function<std::string()>;

class MetricsEndpoint final : public Handler {
 public:
  // Prometheus has one connection, or two.
  static constexpr int kConnectionsMax = 16;

  // `text` is called on the loop's thread. The loop outlives the endpoint, which outlives the loop's run.
  MetricsEndpoint(net::Loop& loop, MetricsText text);

  // As net::ListenTcp.
  absl::Status Listen(const net::SocketAddress& address);
  // Where it listens: the port that it got where 0 was asked for.
  const net::SocketAddress& address() const { return address_; }

  net::Task<void> Handle(Exchange& exchange) override;

 private:
  net::Loop& loop_;
  const MetricsText text_;
  net::SocketAddress address_;
  Server server_;
};

// An endpoint with a loop and a thread of its own, for a process that has no loop to spare: one whose text waits for a
// lock.
class MetricsServer {
 public:
  // `text` is called on the server's own thread.
  explicit MetricsServer(MetricsText text);
  // Waits for a call of `text` that is under way.
  ~MetricsServer();
  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;

  // Whoever asks waits until Start(). As net::ListenTcp.
  absl::Status Listen(const net::SocketAddress& address) { return endpoint_.Listen(address); }
  const net::SocketAddress& address() const { return endpoint_.address(); }
  // Once, after Listen().
  void Start();

 private:
  net::Loop loop_;
  MetricsEndpoint endpoint_;
  std::thread thread_;
};

}  // namespace nubo::http

#endif  // NUBO_HTTP_METRICS_ENDPOINT_H_
