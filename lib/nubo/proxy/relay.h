// One request's way through the load balancer: a target is chosen, the request sent, the response passed back; and if
// that fails in a way that allows it, again on another target.
//
// Example:
//   Relay relay(loop, rng, snapshot, group, exchange, kept_bodies, counters, log_entry);
//   co_await relay.Run(forwarded_head);  // the exchange is answered, one way or another
//
// Thread safety: belongs to its loop's thread.
#ifndef NUBO_PROXY_RELAY_H_
#define NUBO_PROXY_RELAY_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/random/bit_gen_ref.h"
#include "absl/status/status.h"
#include "nubo/http/byte_budget.h"
#include "nubo/http/client.h"
#include "nubo/http/server.h"
#include "nubo/lb/load.h"
#include "nubo/lb/policy.h"
#include "nubo/net/loop.h"
#include "nubo/proxy/access_log.h"
#include "nubo/proxy/request_body.h"
#include "nubo/proxy/retry_policy.h"
#include "nubo/proxy/snapshot.h"

namespace nubo::proxy {

// Answers with an error of the load balancer's own: a small page, or, for gRPC, a status without a body.
net::Task<void> RespondError(http::Exchange& client, int status, std::string grpc_message, ProxyCounters& counters,
                             AccessLogEntry& log);

class Relay {
 public:
  // How long a request waits while its group's targets have yet to pass their first health check.
  static constexpr absl::Duration kTargetWaitMax = absl::Seconds(5);
  // Before a target is tried a second time for one request, doubling with every attempt.
  static constexpr absl::Duration kSecondTryDelay = absl::Milliseconds(25);

  // What is referred to outlives Run().
  Relay(net::Loop& loop, absl::BitGenRef rng, std::shared_ptr<const Snapshot> snapshot,
        std::shared_ptr<ServedGroup> group, http::Exchange& client, std::shared_ptr<http::ByteBudget> kept_bodies,
        ProxyCounters& counters, AccessLogEntry& log);

  // The response of a target sets these as well.
  void SetCookies(std::vector<std::string> cookies) { cookies_ = std::move(cookies); }

  net::Task<void> Run(http::RequestHead head);

 private:
  struct Attempt;
  struct Failure {
    AttemptStage stage = AttemptStage::kNothingSent;
    absl::Status status;
  };

  // The target that the client's cookie asks for; null: it has none, or that one does not serve or was tried.
  std::shared_ptr<const lb::Endpoint> StickyTarget() const;
  net::Task<std::shared_ptr<const lb::Endpoint>> PickTarget();
  // True: the client has its response, or is gone, or saw a part of it. False: `failure_` says what happened.
  net::Task<bool> TryOn(std::shared_ptr<const lb::Endpoint> target);
  net::Task<bool> Exchange(std::shared_ptr<Attempt> attempt, std::string target_id, lb::Call& call);
  // Passes interim responses on.
  net::Task<absl::StatusOr<http::ResponseHead>> ReadFinalHead(http::ClientExchange& upstream);
  net::Task<void> SendRequest(std::shared_ptr<Attempt> attempt, std::shared_ptr<RequestBody> body);
  net::Task<void> StopSending(std::shared_ptr<Attempt> attempt);
  net::Task<bool> PassBack(http::ClientExchange& upstream, http::ResponseHead head);
  net::Task<bool> PassBackBody(http::ClientExchange& upstream);
  bool MayTryAgain();
  net::Task<void> Refuse();
  absl::Time IdleDeadline() const { return loop_.Now() + snapshot_->limits.idle_timeout; }

  net::Loop& loop_;
  absl::BitGenRef rng_;
  const std::shared_ptr<const Snapshot> snapshot_;
  const std::shared_ptr<ServedGroup> group_;
  http::Exchange& client_;
  const std::shared_ptr<http::ByteBudget> kept_bodies_;
  ProxyCounters& counters_;
  AccessLogEntry& log_;
  const bool grpc_;

  http::RequestHead head_;
  std::shared_ptr<RequestBody> body_;
  std::shared_ptr<Attempt> current_;
  std::vector<std::string> tried_;
  std::vector<std::string> cookies_;
  int attempts_ = 0;
  // Of these, how many a target may have seen.
  int seen_ = 0;
  bool gone_ = false;
  // Notified when the client has gone. Shared with the group while it is to wake it.
  const std::shared_ptr<net::Event> left_;
  Failure failure_;
  std::string no_target_;
};

}  // namespace nubo::proxy

#endif  // NUBO_PROXY_RELAY_H_
