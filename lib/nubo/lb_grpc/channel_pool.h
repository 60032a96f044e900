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

#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <functional>
#include <memory>
#include <vector>

#include "absl/random/bit_gen_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "nubo/base/clock.h"
#include "nubo/lb/policy.h"
#include "nubo/lb/target.h"
#include "nubo/lb_grpc/channel_pool_options.h"
#include "nubo/lb_grpc/endpoint_source.h"

namespace nubo::lb_grpc {

class PoolState;

class ChannelPool {
 public:
  using MakeStub = lb_grpc::MakeStub;
  using Done = std::function<void(grpc::Status)>;
  using Work = std::function<grpc::Status(void* stub, grpc::ClientContext& context)>;
  // Begins one attempt; calls `done` once when it has ended. Returns where its response is going to be.
  using StartWork = std::function<std::shared_ptr<void>(void* stub, grpc::ClientContext& context, Done done)>;

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

}  // namespace nubo::lb_grpc

#endif  // NUBO_LB_GRPC_CHANNEL_POOL_H_
