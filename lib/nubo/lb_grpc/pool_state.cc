#include "nubo/lb_grpc/pool_state.h"

#include <grpcpp/create_channel.h>

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nubo/lb_grpc/health_check.h"

namespace nubo::lb_grpc {
namespace {

// A target that comes back should be connected to about as soon as its next health check.
constexpr int kReconnectMsMin = 100;
constexpr int kReconnectMsMax = 1000;

std::shared_ptr<grpc::Channel> Connect(const net::SocketAddress& address,
                                       const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
  grpc::ChannelArguments arguments;
  // One connection to each endpoint and pool; gRPC would share those of channels with the same arguments.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kReconnectMsMin);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kReconnectMsMax);
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  const std::string target = absl::StrCat(address.ip.is_v4() ? "ipv4:" : "ipv6:", address.ToString());
  return grpc::CreateCustomChannel(target, credentials != nullptr ? credentials : grpc::InsecureChannelCredentials(),
                                   arguments);
}

lb::Call::Outcome OutcomeOf(const grpc::Status& status) {
  if (status.error_code() == grpc::StatusCode::CANCELLED) return lb::Call::Outcome::kCanceled;
  return IsEndpointFailure(status.error_code()) ? lb::Call::Outcome::kError : lb::Call::Outcome::kSuccess;
}

grpc::Status Overflow(absl::string_view pool, const lb::CircuitBreaker& breaker,
                      lb::CircuitBreaker::Resource resource) {
  return {grpc::StatusCode::RESOURCE_EXHAUSTED, absl::StrCat("pool \"", pool, "\" has all the ", ResourceName(resource),
                                                             " it may have, ", breaker.limit(resource))};
}

}  // namespace

Attempt::Attempt(PoolState& state, std::shared_ptr<const lb::Endpoint> endpoint, std::shared_ptr<PoolChannel> channel,
                 lb::CircuitBreaker::Permit permit, absl::Time start)
    : state_(state),
      endpoint_(std::move(endpoint)),
      channel_(std::move(channel)),
      start_(start),
      permit_(std::move(permit)),
      call_(endpoint_->load, start) {}

Attempt::~Attempt() {
  if (!finished_) Finish(grpc::Status::CANCELLED);
  state_.Forget(this);
}

void Attempt::Finish(const grpc::Status& status) {
  if (std::exchange(finished_, true)) return;
  const absl::Time now = state_.clock_.Now();
  call_.Finish(OutcomeOf(status), now);
  permit_.Release();
  state_.Finished(*endpoint_, status, start_, now);
}

void Attempt::CallOff() {
  state_.OnCalledOff(start_);
  context_.TryCancel();
}

PoolState::PoolState(ChannelPoolOptions options, lb::TargetGroup group, MakeStub make_stub, const base::Clock& clock,
                     absl::BitGenRef rng)
    : options_(std::move(options)),
      make_stub_(std::move(make_stub)),
      clock_(clock),
      breaker_(options_.circuit_breaker),
      rng_(rng),
      group_(std::move(group)),
      retries_(options_.retry_budget),
      hedging_(options_.hedging),
      driver_([this] { Drive(); }) {}

PoolState::~PoolState() {
  {
    const base::MutexLock lock(mutex_);
    stopping_ = true;
    drive_.NotifyAll();
  }
  driver_.join();
  std::vector<std::shared_ptr<grpc::ClientContext>> checks;
  std::vector<std::shared_ptr<Attempt>> attempts;
  {
    const base::MutexLock lock(mutex_);
    for (const auto& [number, context] : checks_) checks.push_back(context);
    for (const auto& [key, under_way] : attempts_) {
      if (std::shared_ptr<Attempt> attempt = under_way.attempt.lock()) attempts.push_back(std::move(attempt));
    }
  }
  for (const auto& context : checks) context->TryCancel();
  for (const auto& attempt : attempts) attempt->context().TryCancel();
  attempts.clear();
  base::MutexLock lock(mutex_);
  changed_.Wait(mutex_, [this]() NUBO_REQUIRES(mutex_) { return checks_.empty() && attempts_.empty(); });
}

absl::Status PoolState::SetEndpoints(absl::Span<const lb::TargetSpec> endpoints) {
  const base::MutexLock lock(mutex_);
  endpoints_status_ = group_.SetTargets(endpoints, clock_.Now());
  endpoints_known_ |= endpoints_status_.ok();
  Touch();
  return endpoints_status_;
}

absl::Status PoolState::endpoints_status() const {
  const base::MutexLock lock(mutex_);
  return endpoints_status_;
}

void PoolState::ReportLoad(absl::string_view endpoint_id, const lb::LoadReport& report) {
  const base::MutexLock lock(mutex_);
  group_.OnLoadReport(endpoint_id, report, clock_.Now());
}

std::vector<lb::TargetStatus> PoolState::Describe() const {
  const base::MutexLock lock(mutex_);
  return group_.Describe();
}

absl::Time PoolState::BeginCall(const CallOptions& options) {
  const base::MutexLock lock(mutex_);
  const absl::Time now = clock_.Now();
  retries_.OnRequest(now);
  hedging_.OnRequest(now);
  return now + options.timeout;
}

grpc::Status PoolState::BeginAttempt(const lb::PickRequest& request, const Tried& tried, absl::Time deadline,
                                     std::shared_ptr<Attempt>* attempt) {
  return Begin(request, tried, deadline, /*only_new=*/false, deadline, attempt);
}

grpc::Status PoolState::BeginHedge(const lb::PickRequest& request, const Tried& tried, absl::Time deadline,
                                   std::shared_ptr<Attempt>* attempt) {
  return Begin(request, tried, absl::InfinitePast(), /*only_new=*/true, deadline, attempt);
}

grpc::Status PoolState::Begin(const lb::PickRequest& request, const Tried& tried, absl::Time wait_until, bool only_new,
                              absl::Time deadline, std::shared_ptr<Attempt>* attempt) {
  std::vector<std::string> avoid(request.avoid.begin(), request.avoid.end());
  for (const auto& endpoint : tried) avoid.push_back(endpoint->id);
  Picked picked;
  for (int skips = 0;; ++skips) {
    lb::PickRequest asked = request;
    asked.avoid = avoid;
    if (asked.now == absl::InfinitePast()) asked.now = clock_.Now();
    if (grpc::Status status = Pick(asked, wait_until, &picked); !status.ok()) return status;
    const bool known = std::find(avoid.begin(), avoid.end(), picked.endpoint->id) != avoid.end();
    if (known && only_new) return {grpc::StatusCode::UNAVAILABLE, "there is no other endpoint"};
    // Nothing has been sent yet, so whoever is not connected can be passed over; it is told to connect.
    const bool ready = picked.channel->channel->GetState(/*try_to_connect=*/true) == GRPC_CHANNEL_READY;
    if (known || ready || skips >= ChannelPoolOptions::kSkipsMax) break;
    avoid.push_back(picked.endpoint->id);
  }
  // What has no time left would fail, and be held against an endpoint that was never asked.
  const absl::Time now = clock_.Now();
  if (now >= deadline) {
    return {grpc::StatusCode::DEADLINE_EXCEEDED,
            absl::StrCat("pool \"", options_.name, "\" had no time left to ask ", picked.endpoint->address.ToString())};
  }
  lb::CircuitBreaker::Permit permit = breaker_.TryAcquire(lb::CircuitBreaker::Resource::kRequests);
  if (!permit) return Overflow(options_.name, breaker_, lb::CircuitBreaker::Resource::kRequests);
  *attempt = std::make_shared<Attempt>(*this, picked.endpoint, picked.channel, std::move(permit), now);
  (*attempt)->context().set_deadline(DeadlineIn(deadline - now));
  const base::MutexLock lock(mutex_);
  attempts_[attempt->get()] = {picked.endpoint->id, *attempt};
  return grpc::Status::OK;
}

grpc::Status PoolState::Pick(const lb::PickRequest& request, absl::Time wait_until, Picked* picked) {
  lb::CircuitBreaker::Permit pending;
  base::MutexLock lock(mutex_);
  for (;;) {
    const lb::Choice choice = group_.picker()->Pick(request, rng_);
    if (choice.endpoint() != nullptr) {
      *picked = {choice.endpoint(), ChannelOf(choice.endpoint()->address)};
      return grpc::Status::OK;
    }
    if (choice.kind() == lb::Choice::Kind::kFail && endpoints_known_) {
      return {grpc::StatusCode::UNAVAILABLE, absl::StrCat("pool \"", options_.name, "\": ", Named())};
    }
    const absl::Time now = clock_.Now();
    if (now >= wait_until) {
      return {grpc::StatusCode::DEADLINE_EXCEEDED,
              absl::StrCat("pool \"", options_.name, "\" had no endpoint in time: ", Named())};
    }
    if (!pending) pending = breaker_.TryAcquire(lb::CircuitBreaker::Resource::kPending);
    if (!pending) return Overflow(options_.name, breaker_, lb::CircuitBreaker::Resource::kPending);
    changed_.WaitFor(mutex_, wait_until - now);
  }
}

bool PoolState::MayRetry(size_t tried, absl::Time deadline) {
  const absl::Time now = clock_.Now();
  if (tried >= static_cast<size_t>(options_.attempts_max) || now >= deadline) return false;
  const base::MutexLock lock(mutex_);
  return retries_.TryRetry(now);
}

bool PoolState::MayHedge(size_t tried) {
  const base::MutexLock lock(mutex_);
  return hedging_.TryHedge(static_cast<int>(tried), clock_.Now());
}

absl::Duration PoolState::HedgeDelay() const {
  const base::MutexLock lock(mutex_);
  return hedging_.delay();
}

void PoolState::Finished(const lb::Endpoint& endpoint, const grpc::Status& status, absl::Time start, absl::Time now) {
  const lb::Call::Outcome outcome = OutcomeOf(status);
  if (outcome == lb::Call::Outcome::kCanceled) return;
  const base::MutexLock lock(mutex_);
  const uint64_t before = group_.picker_version();
  group_.OnOutcome(endpoint.id, outcome == lb::Call::Outcome::kSuccess, now);
  if (status.ok()) hedging_.OnLatency(now - start);
  const bool unreachable = status.error_code() == grpc::StatusCode::UNAVAILABLE;
  if (unreachable) group_.OnConnectionFailure(endpoint.id, now);
  if (unreachable || group_.picker_version() != before) Touch();
}

void PoolState::OnCalledOff(absl::Time start) {
  const base::MutexLock lock(mutex_);
  hedging_.OnLatency(clock_.Now() - start);
}

void PoolState::Forget(const Attempt* attempt) {
  const base::MutexLock lock(mutex_);
  attempts_.erase(attempt);
  if (stopping_) changed_.NotifyAll();
}

void PoolState::Touch() {
  touched_ = true;
  drive_.NotifyOne();
  changed_.NotifyAll();
}

void PoolState::Drive() {
  base::MutexLock lock(mutex_);
  while (!stopping_) {
    touched_ = false;
    const absl::Time now = clock_.Now();
    const uint64_t before = group_.picker_version();
    lb::TargetGroup::Step step = group_.Advance(now);
    if (group_.picker_version() != before) changed_.NotifyAll();
    std::vector<CheckToStart> checks;
    for (lb::DueCheck& check : step.checks) {
      std::shared_ptr<PoolChannel> channel = ChannelOf(check.address);
      checks.push_back({std::move(check), std::move(channel)});
    }
    std::vector<std::shared_ptr<Attempt>> cut = AttemptsOf(step.out_of_time);
    std::vector<std::shared_ptr<PoolChannel>> unused = TakeUnusedChannels();
    lock.Unlock();
    for (const auto& attempt : cut) attempt->context().TryCancel();
    for (const CheckToStart& check : checks) StartCheck(check, options_.group.health_check.timeout);
    cut.clear();
    unused.clear();
    checks.clear();
    lock.Lock();
    const absl::Duration pause = step.next - clock_.Now();
    if (!touched_ && !stopping_ && pause > absl::ZeroDuration()) drive_.WaitFor(mutex_, pause);
  }
}

void PoolState::StartCheck(const CheckToStart& start, absl::Duration timeout) {
  uint64_t number = 0;
  {
    const base::MutexLock lock(mutex_);
    number = ++last_check_;
    checks_.emplace(number, nullptr);
  }
  std::shared_ptr<grpc::ClientContext> context = StartHealthCheck(
      start.channel->channel, options_.health_service, timeout,
      [this, check = start.check, number](const lb::CheckResult& result) { OnCheckResult(check, number, result); });
  const base::MutexLock lock(mutex_);
  // It may have ended already.
  if (const auto found = checks_.find(number); found != checks_.end()) found->second = std::move(context);
}

void PoolState::OnCheckResult(const lb::DueCheck& check, uint64_t number, const lb::CheckResult& result) {
  std::shared_ptr<grpc::ClientContext> context;  // not to be destroyed under the lock
  const base::MutexLock lock(mutex_);
  const auto found = checks_.find(number);
  context = std::move(found->second);
  checks_.erase(found);
  if (!stopping_) group_.OnCheckResult(check.target_id, check.attempt, result, clock_.Now());
  Touch();
}

std::shared_ptr<PoolChannel> PoolState::ChannelOf(const net::SocketAddress& address) {
  std::shared_ptr<PoolChannel>& channel = channels_[address];
  if (channel == nullptr) {
    auto made = std::make_shared<PoolChannel>();
    made->channel = Connect(address, options_.credentials);
    made->stub = make_stub_(made->channel);
    channel = std::move(made);
  }
  return channel;
}

std::vector<std::shared_ptr<Attempt>> PoolState::AttemptsOf(const std::vector<std::string>& endpoint_ids) const {
  std::vector<std::shared_ptr<Attempt>> found;
  if (endpoint_ids.empty()) return found;
  for (const auto& [key, under_way] : attempts_) {
    const bool wanted =
        std::find(endpoint_ids.begin(), endpoint_ids.end(), under_way.endpoint_id) != endpoint_ids.end();
    if (!wanted) continue;
    if (std::shared_ptr<Attempt> attempt = under_way.attempt.lock()) found.push_back(std::move(attempt));
  }
  return found;
}

std::vector<std::shared_ptr<PoolChannel>> PoolState::TakeUnusedChannels() {
  std::vector<std::shared_ptr<PoolChannel>> unused;
  if (channels_of_version_ == group_.status_version()) return unused;
  channels_of_version_ = group_.status_version();
  std::set<net::SocketAddress> used;
  for (const lb::TargetStatus& target : group_.Describe()) used.insert(target.address);
  for (auto it = channels_.begin(); it != channels_.end();) {
    if (used.contains(it->first)) {
      ++it;
      continue;
    }
    unused.push_back(std::move(it->second));
    it = channels_.erase(it);
  }
  return unused;
}

std::string PoolState::Named() const {
  if (!endpoints_known_) return "its endpoints are not known yet";
  const std::vector<lb::TargetStatus> all = group_.Describe();
  if (all.empty()) return "it has no endpoints";
  std::vector<std::string> names;
  for (const lb::TargetStatus& target : all) {
    if (names.size() == ChannelPoolOptions::kNamedMax) break;
    const absl::string_view reason = ReasonCode(target.health.reason);
    names.push_back(absl::StrCat(target.address.ToString(), " is ", StateName(target.health.state),
                                 reason.empty() ? "" : ", ", reason));
  }
  const size_t more = all.size() - names.size();
  return absl::StrCat(absl::StrJoin(names, "; "), more > 0 ? absl::StrCat("; and ", more, " more") : "");
}

grpc::Status PoolState::Unreachable(const Tried& tried, const grpc::Status& last) const {
  const std::string addresses =
      absl::StrJoin(tried, ", ", [](std::string* out, const auto& endpoint) { *out += endpoint->address.ToString(); });
  const base::MutexLock lock(mutex_);
  return {last.error_code(),
          absl::StrCat("pool \"", options_.name, "\" tried ", addresses,
                       ", the last of which said: ", last.error_message(), " (", Named(), ")"),
          last.error_details()};
}

}  // namespace nubo::lb_grpc
