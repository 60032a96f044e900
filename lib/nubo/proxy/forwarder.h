// What a listener does with each request: finds its rule, and forwards it, redirects it, or answers it.
//
// Example:
//   Forwarder forwarder(loop, rng, access_log);
//   forwarder.Publish(snapshot);
//   http::Server server(loop, forwarder, options);
//
// Thread safety: belongs to its loop's thread.
#ifndef NUBO_PROXY_FORWARDER_H_
#define NUBO_PROXY_FORWARDER_H_

#include <memory>

#include "absl/random/bit_gen_ref.h"
#include "nubo/http/byte_budget.h"
#include "nubo/http/server.h"
#include "nubo/net/loop.h"
#include "nubo/proxy/access_log.h"
#include "nubo/proxy/snapshot.h"

namespace nubo::proxy {

class Forwarder final : public http::Handler {
 public:
  // What is kept of the bodies of all requests under way, beyond a few KiB each.
  static constexpr size_t kKeptBodiesMax = 64 << 20;

  // All of them outlive it.
  Forwarder(net::Loop& loop, absl::BitGenRef rng, AccessLog& access_log);

  // From now on, for requests that begin from now on.
  void Publish(std::shared_ptr<const Snapshot> snapshot) { snapshot_ = std::move(snapshot); }
  const ProxyCounters& counters() const { return counters_; }

  net::Task<void> Handle(http::Exchange& client) override;

 private:
  // One request, with what was looked up for it.
  struct Request {
    std::shared_ptr<const Snapshot> snapshot;
    std::shared_ptr<const ListenerRoutes> listener;
    RouteTable::Match match;
    int port = 0;
    AccessLogEntry log;
  };

  net::Task<void> Act(http::Exchange& client, Request& request);
  net::Task<void> Forward(http::Exchange& client, Request& request, const ForwardAction& action);
  net::Task<void> Answer(http::Exchange& client, Request& request, const FixedResponseAction& action);
  net::Task<void> SendRedirect(http::Exchange& client, Request& request, const RedirectAction& action);

  net::Loop& loop_;
  absl::BitGenRef rng_;
  AccessLog& access_log_;
  const std::shared_ptr<http::ByteBudget> kept_bodies_ = std::make_shared<http::ByteBudget>(kKeptBodiesMax);
  std::shared_ptr<const Snapshot> snapshot_ = std::make_shared<Snapshot>();
  ProxyCounters counters_;
};

}  // namespace nubo::proxy

#endif  // NUBO_PROXY_FORWARDER_H_
