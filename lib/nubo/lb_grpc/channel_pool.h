// Balanced gRPC channels, one to each endpoint: health by grpc.health.v1, a policy that picks, outcomes fed back,
// retries within a budget, hedged reads, draining. GrpcPool<Stub> is this with stubs, and what most programs use.
//
// One thread of the pool's own drives a lb::TargetGroup; calls run on their callers' threads. A call takes the pool's
// lock twice, for a pick and for its outcome, and never while gRPC is at work.
//
// Thread safety: thread-safe. No call may be under way, nor begun, when the pool is destroyed; hedges that lost may be,
// and the destructor breaks them off.
#ifndef NUBO_LB_GRPC_CHANNEL_POOL_H_
#define NUBO_LB_GRPC_CHANNEL_POOL_H_

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/status.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/random/bit_gen_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "nubo/base/clock.h"
#include "nubo/lb/circuit_breaker.h"
#include "nubo/lb/hedging.h"
#include "nubo/lb/policy.h"
#include "nubo/lb/retry_budget.h"
#include "nubo/lb/target.h"
#include "nubo/lb/target_group.h"
#include "nubo/lb_grpc/endpoint_source.h"

namespace nubo::lb_grpc {

// What a client wants of a target group: a check every 5 s that may take 1 s, two of the same to change sides, codes 0
// and 12 (a server without a health service is taken as well), outlier detection, 30 s to drain.
lb::TargetGroupOptions ClientGroupOptions();

struct ChannelPoolOptions {
  // In messages.
  std::string name = "pool";
  lb::TargetGroupOptions group = ClientGroupOptions();
  // What grpc.health.v1 is asked for; empty: the server as a whole.
  std::string health_service;
  // Requests and those that wait for an endpoint; retries are bounded by the budget.
  lb::CircuitBreakerOptions circuit_breaker;
  lb::RetryBudgetOptions retry_budget;
  // Of one idempotent call, the first one included.
  int attempts_max = 3;
  lb::HedgingOptions hedging;
  // Null: insecure.
  std::shared_ptr<grpc::ChannelCredentials> credentials;
};

struct CallOptions {
  // Of the whole call: waiting for an endpoint, and every attempt. InfiniteDuration: no deadline.
  absl::Duration timeout = absl::Seconds(10);
  // Carrying it out twice is the same as once: after UNAVAILABLE it may be tried on another endpoint.
  bool idempotent = false;
  // What the policy may look at. The pool adds the endpoints that were tried to `avoid`.
  lb::PickRequest request;
};

class PoolState;

class ChannelPool {
 public:
  // What a pool keeps for each channel, made once: a stub.
  using MakeStub = std::function<std::shared_ptr<void>(const std::shared_ptr<grpc::Channel>&)>;
  using Done = std::function<void(grpc::Status)>;
  using Work = std::function<grpc::Status(void* stub, grpc::ClientContext& context)>;
  // Begins one attempt; calls `done` once when it has ended. Returns where its response is going to be.
  using StartWork = std::function<std::shared_ptr<void>(void* stub, grpc::ClientContext& context, Done done)>;

  // Endpoints that are not connected are passed over for others, this many times per attempt.
  static constexpr int kSkipsMax = 8;
  // Endpoints that a message names; of more it says how many.
  static constexpr size_t kNamedMax = 8;

  // `clock` and what `rng` refers to outlive the pool; only the pool uses `rng`.
  // INVALID_ARGUMENT: options that their own Check functions refuse, less than one attempt, no policy.
  static absl::StatusOr<std::unique_ptr<ChannelPool>> Create(ChannelPoolOptions options,
                                                             std::unique_ptr<lb::Policy> policy, MakeStub make_stub,
                                                             const base::Clock& clock, absl::BitGenRef rng);
  ~ChannelPool();
  ChannelPool(const ChannelPool&) = delete;
  ChannelPool& operator=(const ChannelPool&) = delete;

  // The whole set, every time; errors as TargetGroup::SetTargets. What is missing drains.
  absl::Status SetEndpoints(absl::Span<const lb::TargetSpec> endpoints);
  // Takes the endpoints from `source` from now on, instead of from another one. Errors are those of its Start. Not from
  // two threads at a time.
  absl::Status Watch(std::unique_ptr<EndpointSource> source);
  // What an endpoint says of its own load, however that was learned (a field of its responses, ORCA's out-of-band
  // reports), for policies that go by it: lb/load_reports.h. An endpoint that is not known is ignored.
  void ReportLoad(absl::string_view endpoint_id, const lb::LoadReport& report);
  // What the last set came to, whoever gave it.
  absl::Status endpoints_status() const;

  // Runs `work` with a stub of the endpoint that the policy picks.
  // The status is that of `work`, or: DEADLINE_EXCEEDED, no endpoint was healthy in time; UNAVAILABLE, there is none,
  // or all that were tried could not be reached; RESOURCE_EXHAUSTED, a bound of the circuit breaker is reached.
  // Messages name the endpoints.
  grpc::Status Call(const CallOptions& options, const Work& work);
  // The same for a read that may be asked twice: without an answer after the delay of `hedging`, another endpoint is
  // asked as well. `response` gets what `start` returned for the attempt whose answer counts.
  grpc::Status CallHedged(const CallOptions& options, const StartWork& start, std::shared_ptr<void>* response);

  std::vector<lb::TargetStatus> Describe() const;

 private:
  explicit ChannelPool(std::unique_ptr<PoolState> state);
  const std::unique_ptr<PoolState> state_;
  std::unique_ptr<EndpointSource> source_;
};

// Whether a call that ended so speaks against its endpoint: UNKNOWN, DEADLINE_EXCEEDED, INTERNAL, UNAVAILABLE and
// DATA_LOSS do (what Envoy counts as 5xx); other codes are the application's answers.
bool IsEndpointFailure(grpc::StatusCode code);

}  // namespace nubo::lb_grpc

#endif  // NUBO_LB_GRPC_CHANNEL_POOL_H_
