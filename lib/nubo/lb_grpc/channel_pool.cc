#include "nubo/lb_grpc/channel_pool.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/base/mutex.h"
#include "nubo/base/status.h"
#include "nubo/lb_grpc/pool_state.h"

namespace nubo::lb_grpc {

absl::StatusOr<std::unique_ptr<ChannelPool>> ChannelPool::Create(ChannelPoolOptions options,
                                                                 std::unique_ptr<lb::Policy> policy, MakeStub make_stub,
                                                                 const base::Clock& clock, absl::BitGenRef rng) {
  if (policy == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("pool \"", options.name, "\" has no policy; give it one"));
  }
  if (options.attempts_max < 1) {
    return absl::InvalidArgumentError(absl::StrCat("pool \"", options.name, "\" makes ", options.attempts_max,
                                                   " attempts of a call; it must make at least 1"));
  }
  NUBO_RETURN_IF_ERROR(lb::CheckCircuitBreaker(options.circuit_breaker));
  NUBO_RETURN_IF_ERROR(lb::CheckRetryBudget(options.retry_budget));
  NUBO_RETURN_IF_ERROR(lb::CheckHedging(options.hedging));
  NUBO_RETURN_IF_ERROR(lb::CheckTargetGroupOptions(options.group));
  lb::TargetGroup group(options.group, std::move(policy));
  NUBO_RETURN_IF_ERROR(group.SetOptions(options.group));
  auto state = std::make_unique<PoolState>(std::move(options), std::move(group), std::move(make_stub), clock, rng);
  return std::unique_ptr<ChannelPool>(new ChannelPool(std::move(state)));
}

ChannelPool::ChannelPool(std::unique_ptr<PoolState> state) : state_(std::move(state)) {}

ChannelPool::~ChannelPool() {
  // Nobody may tell the state anything once it ends.
  source_.reset();
}

absl::Status ChannelPool::SetEndpoints(absl::Span<const lb::TargetSpec> endpoints) {
  return state_->SetEndpoints(endpoints);
}

absl::Status ChannelPool::Watch(std::unique_ptr<EndpointSource> source) {
  source_.reset();
  source_ = std::move(source);
  return source_->Start([state = state_.get()](const std::vector<lb::TargetSpec>& endpoints) {
    (void)state->SetEndpoints(endpoints);  // endpoints_status tells
  });
}

void ChannelPool::ReportLoad(absl::string_view endpoint_id, const lb::LoadReport& report) {
  state_->ReportLoad(endpoint_id, report);
}

absl::Status ChannelPool::endpoints_status() const { return state_->endpoints_status(); }

std::vector<lb::TargetStatus> ChannelPool::Describe() const { return state_->Describe(); }

grpc::Status ChannelPool::Call(const CallOptions& options, const Work& work) {
  const absl::Time deadline = state_->BeginCall(options);
  std::vector<std::shared_ptr<const lb::Endpoint>> tried;
  for (;;) {
    std::shared_ptr<Attempt> attempt;
    grpc::Status status = state_->BeginAttempt(options.request, tried, deadline, &attempt);
    if (!status.ok()) return status;
    status = work(attempt->stub(), attempt->context());
    attempt->Finish(status);
    tried.push_back(attempt->endpoint());
    if (status.error_code() != grpc::StatusCode::UNAVAILABLE) return status;
    if (!options.idempotent || !state_->MayRetry(tried.size(), deadline)) return state_->Unreachable(tried, status);
  }
}

namespace {

// One read and all who were asked. Shared with gRPC's callbacks: a loser ends after the call has returned.
struct HedgedCall {
  struct One {
    std::shared_ptr<Attempt> attempt;
    std::shared_ptr<void> response;
    std::optional<grpc::Status> status;
  };
  // What there is to act on. Neither: time is up.
  struct Progress {
    // The first one whose answer is final.
    std::optional<size_t> winner;
    // All have ended, and none is final: what the last one said.
    std::optional<grpc::Status> unreachable;
  };

  Progress Look() const NUBO_REQUIRES(mutex) {
    Progress progress;
    bool ended = true;
    for (size_t i = 0; i < attempts.size(); ++i) {
      const std::optional<grpc::Status>& status = attempts[i].status;
      ended &= status.has_value();
      if (status && status->error_code() != grpc::StatusCode::UNAVAILABLE) return {i, std::nullopt};
    }
    if (ended) progress.unreachable = attempts.back().status;
    return progress;
  }

  Progress Wait(absl::Duration timeout) {
    base::MutexLock lock(mutex);
    const auto settled = [this]() NUBO_REQUIRES(mutex) {
      const Progress progress = Look();
      return progress.winner || progress.unreachable;
    };
    changed.WaitFor(mutex, timeout, settled);
    return Look();
  }

  base::Mutex mutex;
  base::CondVar changed;
  std::vector<One> attempts NUBO_GUARDED_BY(mutex);
};

void StartOne(const std::shared_ptr<HedgedCall>& call, const std::shared_ptr<Attempt>& attempt,
              const ChannelPool::StartWork& start) {
  size_t place = 0;
  {
    const base::MutexLock lock(call->mutex);
    place = call->attempts.size();
    call->attempts.push_back({attempt, nullptr, std::nullopt});
  }
  std::shared_ptr<void> response =
      start(attempt->stub(), attempt->context(), [call, attempt, place](grpc::Status status) {
        attempt->Finish(status);
        const base::MutexLock lock(call->mutex);
        call->attempts[place].status = std::move(status);
        call->changed.NotifyAll();
      });
  const base::MutexLock lock(call->mutex);
  call->attempts[place].response = std::move(response);
}

// The winner's status, after everybody else was called off.
grpc::Status Settle(HedgedCall& call, size_t winner, std::shared_ptr<void>* response) {
  std::vector<std::shared_ptr<Attempt>> losers;
  grpc::Status status;
  {
    const base::MutexLock lock(call.mutex);
    status = *call.attempts[winner].status;
    *response = call.attempts[winner].response;
    for (const HedgedCall::One& one : call.attempts) {
      if (!one.status) losers.push_back(one.attempt);
    }
  }
  // gRPC may call back at once, on this thread: hence without the lock.
  for (const auto& loser : losers) loser->CallOff();
  return status;
}

}  // namespace

grpc::Status ChannelPool::CallHedged(const CallOptions& options, const StartWork& start,
                                     std::shared_ptr<void>* response) {
  const absl::Time deadline = state_->BeginCall(options);
  const auto call = std::make_shared<HedgedCall>();
  std::vector<std::shared_ptr<const lb::Endpoint>> tried;
  const auto ask = [&](bool hedge) {
    std::shared_ptr<Attempt> attempt;
    grpc::Status begun = hedge ? state_->BeginHedge(options.request, tried, deadline, &attempt)
                               : state_->BeginAttempt(options.request, tried, deadline, &attempt);
    if (!begun.ok()) return begun;
    tried.push_back(attempt->endpoint());
    StartOne(call, attempt, start);
    return begun;
  };
  if (grpc::Status begun = ask(/*hedge=*/false); !begun.ok()) return begun;
  absl::Duration patience = state_->HedgeDelay();
  for (;;) {
    const HedgedCall::Progress progress = call->Wait(patience);
    if (progress.winner) return Settle(*call, *progress.winner, response);
    if (progress.unreachable) {
      if (!state_->MayRetry(tried.size(), deadline)) return state_->Unreachable(tried, *progress.unreachable);
      if (grpc::Status begun = ask(/*hedge=*/false); !begun.ok()) return begun;
      continue;
    }
    // Without another endpoint, or the budget for it, all that is left is to wait for the first.
    const bool hedged = state_->MayHedge(tried.size()) && ask(/*hedge=*/true).ok();
    patience = hedged ? state_->HedgeDelay() : absl::InfiniteDuration();
  }
}

}  // namespace nubo::lb_grpc
