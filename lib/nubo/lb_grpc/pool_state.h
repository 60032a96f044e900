// The inside of a ChannelPool: its target group and channels under one lock, the thread that drives them, and the
// attempts that are under way.
//
// gRPC may run its callbacks on any thread that calls it, so no call is begun or cancelled while the lock is
// held. Channels are made under it, which runs no callbacks; a MakeStub must not ask the pool anything.
//
// Thread safety: thread-safe.
#ifndef NUBO_LB_GRPC_POOL_STATE_H_
#define NUBO_LB_GRPC_POOL_STATE_H_

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/random/bit_gen_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "nubo/base/clock.h"
#include "nubo/base/mutex.h"
#include "nubo/lb/circuit_breaker.h"
#include "nubo/lb/hedging.h"
#include "nubo/lb/load.h"
#include "nubo/lb/policy.h"
#include "nubo/lb/retry_budget.h"
#include "nubo/lb/target.h"
#include "nubo/lb/target_group.h"
#include "nubo/lb_grpc/channel_pool_options.h"

namespace nubo::lb_grpc {

class PoolState;

// One endpoint's connection, with what is kept for it.
struct PoolChannel {
  std::shared_ptr<grpc::Channel> channel;
  std::shared_ptr<void> stub;
};

// One try of one call on one endpoint. Ends with Finish, or as a cancelled one with its destruction.
//
// Thread safety: Finish once, from any thread; context() as gRPC says.
class Attempt {
 public:
  Attempt(PoolState& state, std::shared_ptr<const lb::Endpoint> endpoint, std::shared_ptr<PoolChannel> channel,
          lb::CircuitBreaker::Permit permit, absl::Time start);
  ~Attempt();
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  const std::shared_ptr<const lb::Endpoint>& endpoint() const { return endpoint_; }
  void* stub() const { return channel_->stub.get(); }
  grpc::ClientContext& context() { return context_; }
  // Another one's answer counts: what it has taken so far is a latency all the same.
  void CallOff();
  // Feeds the outcome back.
  void Finish(const grpc::Status& status);

 private:
  PoolState& state_;
  const std::shared_ptr<const lb::Endpoint> endpoint_;
  const std::shared_ptr<PoolChannel> channel_;
  const absl::Time start_;
  lb::CircuitBreaker::Permit permit_;
  lb::Call call_;
  bool finished_ = false;
  grpc::ClientContext context_;
};

using Tried = std::vector<std::shared_ptr<const lb::Endpoint>>;

class PoolState {
 public:
  PoolState(ChannelPoolOptions options, lb::TargetGroup group, MakeStub make_stub, const base::Clock& clock,
            absl::BitGenRef rng);
  // Breaks off what is under way, and waits for it.
  ~PoolState();
  PoolState(const PoolState&) = delete;
  PoolState& operator=(const PoolState&) = delete;

  absl::Status SetEndpoints(absl::Span<const lb::TargetSpec> endpoints);
  absl::Status endpoints_status() const;
  void ReportLoad(absl::string_view endpoint_id, const lb::LoadReport& report);
  std::vector<lb::TargetStatus> Describe() const;

  // Counts a call for the budgets; its deadline.
  absl::Time BeginCall(const CallOptions& options);
  // Picks an endpoint, if possible another one than those tried, and waits for one until `deadline`. Errors as
  // ChannelPool::Call's.
  grpc::Status BeginAttempt(const lb::PickRequest& request, const Tried& tried, absl::Time deadline,
                            std::shared_ptr<Attempt>* attempt);
  // The same for a hedge: at once or not at all, and only another endpoint.
  grpc::Status BeginHedge(const lb::PickRequest& request, const Tried& tried, absl::Time deadline,
                          std::shared_ptr<Attempt>* attempt);
  // Whether a call that was tried so often may be tried again; takes it out of the budget.
  bool MayRetry(size_t tried, absl::Time deadline);
  bool MayHedge(size_t tried);
  absl::Duration HedgeDelay() const;
  // `last` with everything there is to know about where it was tried.
  grpc::Status Unreachable(const Tried& tried, const grpc::Status& last) const;

 private:
  friend class Attempt;
  struct Picked {
    std::shared_ptr<const lb::Endpoint> endpoint;
    std::shared_ptr<PoolChannel> channel;
  };
  struct UnderWay {
    std::string endpoint_id;
    // Locked only where the pointer can be kept until the lock is given up: an Attempt's destructor takes it.
    std::weak_ptr<Attempt> attempt;
  };
  struct CheckToStart {
    lb::DueCheck check;
    std::shared_ptr<PoolChannel> channel;
  };

  grpc::Status Begin(const lb::PickRequest& request, const Tried& tried, absl::Time wait_until, bool only_new,
                     absl::Time deadline, std::shared_ptr<Attempt>* attempt);
  grpc::Status Pick(const lb::PickRequest& request, absl::Time wait_until, Picked* picked);
  void Finished(const lb::Endpoint& endpoint, const grpc::Status& status, absl::Time start, absl::Time now)
      NUBO_EXCLUDES(mutex_);
  void OnCalledOff(absl::Time start) NUBO_EXCLUDES(mutex_);
  void Forget(const Attempt* attempt) NUBO_EXCLUDES(mutex_);

  void Drive() NUBO_EXCLUDES(mutex_);
  void StartCheck(const CheckToStart& start, absl::Duration timeout) NUBO_EXCLUDES(mutex_);
  void OnCheckResult(const lb::DueCheck& check, uint64_t number, const lb::CheckResult& result) NUBO_EXCLUDES(mutex_);

  std::shared_ptr<PoolChannel> ChannelOf(const net::SocketAddress& address) NUBO_REQUIRES(mutex_);
  std::vector<std::shared_ptr<Attempt>> AttemptsOf(const std::vector<std::string>& endpoint_ids) const
      NUBO_REQUIRES(mutex_);
  std::vector<std::shared_ptr<PoolChannel>> TakeUnusedChannels() NUBO_REQUIRES(mutex_);
  void Touch() NUBO_REQUIRES(mutex_);
  std::string Named() const NUBO_REQUIRES(mutex_);

  const ChannelPoolOptions options_;
  const MakeStub make_stub_;
  const base::Clock& clock_;
  lb::CircuitBreaker breaker_;

  mutable base::Mutex mutex_;
  // Something else may be picked; something under way has ended.
  base::CondVar changed_;
  base::CondVar drive_;
  absl::BitGenRef rng_ NUBO_GUARDED_BY(mutex_);
  lb::TargetGroup group_ NUBO_GUARDED_BY(mutex_);
  lb::RetryBudget retries_ NUBO_GUARDED_BY(mutex_);
  lb::Hedging hedging_ NUBO_GUARDED_BY(mutex_);
  absl::Status endpoints_status_ NUBO_GUARDED_BY(mutex_);
  bool endpoints_known_ NUBO_GUARDED_BY(mutex_) = false;
  std::map<net::SocketAddress, std::shared_ptr<PoolChannel>> channels_ NUBO_GUARDED_BY(mutex_);
  uint64_t channels_of_version_ NUBO_GUARDED_BY(mutex_) = 0;
  std::map<const Attempt*, UnderWay> attempts_ NUBO_GUARDED_BY(mutex_);
  // Health checks under way, by number; null until its context is known.
  std::map<uint64_t, std::shared_ptr<grpc::ClientContext>> checks_ NUBO_GUARDED_BY(mutex_);
  uint64_t last_check_ NUBO_GUARDED_BY(mutex_) = 0;
  bool touched_ NUBO_GUARDED_BY(mutex_) = false;
  bool stopping_ NUBO_GUARDED_BY(mutex_) = false;

  std::thread driver_;
};

}  // namespace nubo::lb_grpc

#endif  // NUBO_LB_GRPC_POOL_STATE_H_
