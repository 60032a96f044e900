// What a ChannelPool and a call of it are told, and what both it and its inside know of calls.
//
// Thread safety: values and pure functions.
#ifndef NUBO_LB_GRPC_CHANNEL_POOL_OPTIONS_H_
#define NUBO_LB_GRPC_CHANNEL_POOL_OPTIONS_H_

#include <grpcpp/channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/status.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "nubo/lb/circuit_breaker.h"
#include "nubo/lb/hedging.h"
#include "nubo/lb/policy.h"
#include "nubo/lb/retry_budget.h"
#include "nubo/lb/target_group.h"
#include "nubo/lb_grpc/client_group_options.h"

namespace nubo::lb_grpc {

struct ChannelPoolOptions {
  // Endpoints that are not connected are passed over for others, this many times per attempt.
  static constexpr int kSkipsMax = 8;
  // Endpoints that a message names; of more it says how many.
  static constexpr size_t kNamedMax = 8;

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

// What a pool keeps for each channel, made once: a stub.
using MakeStub = std::function<std::shared_ptr<void>(const std::shared_ptr<grpc::Channel>&)>;

// Whether a call that ended so speaks against its endpoint: UNKNOWN, DEADLINE_EXCEEDED, INTERNAL, UNAVAILABLE and
// DATA_LOSS do (what Envoy counts as 5xx); other codes are the application's answers.
inline bool IsEndpointFailure(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::UNKNOWN:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::INTERNAL:
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DATA_LOSS:
      return true;
    default:
      return false;
  }
}

}  // namespace nubo::lb_grpc

#endif  // NUBO_LB_GRPC_CHANNEL_POOL_OPTIONS_H_
