#include "nubo/simulation/queueing_run.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/lb/hash.h"

namespace nubo::simulation {
namespace {

// A year: longer than any simulation.
constexpr int64_t kServiceNsMax = int64_t{365} * 24 * 3600 * 1'000'000'000;
constexpr size_t kTimeoutsSpare = 4096;
constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

// Streams of one seed.
enum : uint64_t { kArrivalStream, kServiceStream, kKeyStream, kFaultStream, kFirstPickStream };

}  // namespace

QueueingRun::QueueingRun(const Simulation& simulation, ProbingPolicyFactory make_policy)
    : simulation_(simulation),
      make_policy_(std::move(make_policy)),
      service_(simulation.service),
      end_ns_(absl::ToInt64Nanoseconds(simulation.duration)),
      timeout_ns_(absl::ToInt64Nanoseconds(simulation.timeout)),
      arrival_random_(simulation.seed, kArrivalStream),
      service_random_(simulation.seed, kServiceStream),
      key_random_(simulation.seed, kKeyStream),
      fault_random_(simulation.seed, kFaultStream),
      arrivals_(simulation.arrivals, simulation.rate_per_second),
      statistics_(simulation) {
  if (simulation.keys == 0) return;
  keys_ = std::make_unique<KeySampler>(simulation.keys, simulation.key_skew);
  for (size_t key = 0; key < simulation.keys; ++key) key_hashes_.push_back(lb::Hash(absl::StrCat("key-", key)));
}

absl::StatusOr<SimulationResult> QueueingRun::Go() {
  NUBO_RETURN_IF_ERROR(Start());
  while (next_arrival_ns_ != kNever || in_flight_ > 0) {
    const int64_t event_ns = events_.empty() ? kNever : events_.top().at_ns;
    const int64_t timeout_ns = timeouts_.empty() ? kNever : timeouts_.front().at_ns;
    if (event_ns <= timeout_ns && event_ns <= next_arrival_ns_ && event_ns != kNever) {
      const Event event = events_.top();
      events_.pop();
      now_ns_ = event.at_ns;
      NUBO_RETURN_IF_ERROR(Handle(event));
    } else if (timeout_ns <= next_arrival_ns_ && timeout_ns != kNever) {
      const Timeout timeout = timeouts_.front();
      timeouts_.pop_front();
      now_ns_ = timeout.at_ns;
      TimeOut(timeout);
    } else if (next_arrival_ns_ != kNever) {
      now_ns_ = next_arrival_ns_;
      Arrive();
    } else {
      // Servers that will never answer, and nobody who gives up.
      break;
    }
  }
  return statistics_.Finish(servers_);
}

absl::Status QueueingRun::Start() {
  std::vector<std::shared_ptr<lb::Load>> shared;
  servers_.reserve(simulation_.servers.size());
  for (const SimulatedServer& spec : simulation_.servers) {
    servers_.emplace_back(spec, simulation_.cache_entries);
    if (simulation_.share_load) shared.push_back(std::make_shared<lb::Load>());
  }
  for (size_t i = 0; make_policy_ != nullptr && i < simulation_.balancers; ++i) {
    balancers_.push_back(std::make_unique<Balancer>(simulation_, make_policy_(i, *this), shared));
    NUBO_RETURN_IF_ERROR(balancers_.back()->Start());
    pick_randoms_.emplace_back(simulation_.seed, kFirstPickStream + i);
    advance_steps_.push_back(0);
  }
  for (size_t i = 0; i < servers_.size(); ++i) {
    if (!simulation_.servers[i].present) continue;
    servers_[i].member = true;
    statistics_.Joined(servers_[i], 0);
    statistics_.There(i, true);
  }
  for (size_t i = 0; i < simulation_.incidents.size(); ++i) {
    Schedule(absl::ToInt64Nanoseconds(simulation_.incidents[i].at), EventKind::kIncident, static_cast<uint32_t>(i));
  }
  reported_.assign(balancers_.size() * servers_.size(), -1);
  next_arrival_ns_ = arrivals_.Next(arrival_random_);
  if (next_arrival_ns_ >= end_ns_) next_arrival_ns_ = kNever;
  return Publish();
}

void QueueingRun::Schedule(int64_t at_ns, EventKind kind, uint32_t index, uint32_t step) {
  events_.push({at_ns, scheduled_++, kind, index, step});
}

absl::Status QueueingRun::Handle(const Event& event) {
  switch (event.kind) {
    case EventKind::kDone:
      if (requests_[event.index].step == event.step) Succeed(event.index);
      break;
    case EventKind::kFailed:
      if (requests_[event.index].step == event.step) Fail(event.index, requests_[event.index].failure);
      break;
    case EventKind::kIncident:
      return Happen(simulation_.incidents[event.index]);
    case EventKind::kAdvance:
      return advance_steps_[event.index] == event.step ? Advance(event.index) : absl::OkStatus();
    case EventKind::kCheck: {
      PendingCheck& pending = checks_[event.index];
      const uint64_t version = balancers_[pending.balancer]->version();
      balancers_[pending.balancer]->OnCheckResult(pending.check, pending.result, now_ns_);
      if (balancers_[pending.balancer]->version() != version) statistics_.SetChanged();
      free_checks_.push_back(event.index);
      return Advance(pending.balancer);
    }
  }
  return absl::OkStatus();
}

uint32_t QueueingRun::TakeSlot() {
  if (free_requests_.empty()) {
    requests_.emplace_back();
    return static_cast<uint32_t>(requests_.size() - 1);
  }
  const uint32_t index = free_requests_.back();
  free_requests_.pop_back();
  return index;
}

void QueueingRun::Arrive() {
  const uint32_t index = TakeSlot();
  Request& request = requests_[index];
  request.arrived_ns = now_ns_;
  // Drawn for every request, whatever becomes of it, so that the next ones are the same under every policy.
  request.demand_ns = service_.Sample(service_random_);
  request.key = keys_ == nullptr ? 0 : static_cast<uint32_t>(keys_->Sample(key_random_));
  request.balancer = simulation_.balancers == 1 ? 0 : static_cast<uint32_t>(key_random_.Below(simulation_.balancers));
  statistics_.Arrived(now_ns_);
  next_arrival_ns_ += arrivals_.Next(arrival_random_);
  if (next_arrival_ns_ >= end_ns_) next_arrival_ns_ = kNever;
  // There are about as many as requests in flight: those of requests that have ended go.
  if (timeouts_.size() > kTimeoutsSpare + 2 * in_flight_) {
    std::erase_if(timeouts_, [&](const Timeout& timeout) { return requests_[timeout.request].life != timeout.life; });
  }
  if (timeout_ns_ > 0) timeouts_.push_back({now_ns_ + timeout_ns_, index, request.life});
  if (in_flight_++ >= simulation_.in_flight_max) return Fail(index, Failure::kUnroutable);
  if (!balancers_.empty()) return Route(index);
  request.place = Place::kCentral;
  central_.push_back(index);
  FillFromCentral();
}

void QueueingRun::Route(uint32_t index) {
  Request& request = requests_[index];
  Balancer& balancer = *balancers_[request.balancer];
  lb::PickRequest pick;
  pick.now = AtNanoseconds(now_ns_);
  if (keys_ != nullptr) pick.hash = key_hashes_[request.key];
  const lb::Choice choice = balancer.picker().Pick(pick, pick_randoms_[request.balancer]);
  if (choice.endpoint() == nullptr) return Fail(index, Failure::kUnroutable);
  request.load = choice.endpoint()->load;
  request.call = lb::Call(request.load, AtNanoseconds(now_ns_));
  Send(index, ServerOf(*choice.endpoint()));
}

void QueueingRun::Send(uint32_t index, size_t at) {
  Request& request = requests_[index];
  ServerState& server = servers_[at];
  request.server = static_cast<uint32_t>(at);
  request.met = static_cast<uint32_t>(server.load());
  statistics_.Sent(server, at, request.key, now_ns_);
  if (server.dead) return FailLater(index, Failure::kRefused, absl::ToInt64Nanoseconds(Simulation::kRoundTrip));
  if (server.fail_share > 0 && fault_random_.Unit() <= server.fail_share) {
    return FailLater(index, Failure::kError, server.error_time_ns);
  }
  if (!server.hanging && server.serving.size() < static_cast<size_t>(server.spec->workers)) {
    return Begin(server, index);
  }
  request.place = Place::kWaiting;
  server.waiting.push_back(index);
}

void QueueingRun::FailLater(uint32_t index, Failure failure, int64_t after_ns) {
  Request& request = requests_[index];
  request.place = Place::kFailing;
  request.failure = failure;
  Schedule(now_ns_ + after_ns, EventKind::kFailed, index, request.step);
}

void QueueingRun::Begin(ServerState& server, uint32_t index) {
  Request& request = requests_[index];
  request.place = Place::kServing;
  request.service_began_ns = now_ns_;
  server.serving.push_back(index);
  double work_ns = static_cast<double>(request.demand_ns);
  if (simulation_.cache_entries > 0 && server.cache.Touch(request.key)) {
    statistics_.CacheHit(request.arrived_ns);
    work_ns *= simulation_.cache_hit_factor;
  }
  const double takes = std::min(work_ns / server.SpeedAt(now_ns_), static_cast<double>(kServiceNsMax));
  const int64_t takes_ns = std::max<int64_t>(1, static_cast<int64_t>(takes));
  Schedule(now_ns_ + takes_ns, EventKind::kDone, index, request.step);
}

void QueueingRun::StopServing(ServerState& server, uint32_t index) {
  const auto place = std::find(server.serving.begin(), server.serving.end(), index);
  *place = server.serving.back();
  server.serving.pop_back();
  statistics_.Busy(server, requests_[index].service_began_ns, now_ns_);
  server.report.Busy(requests_[index].service_began_ns, now_ns_);
}

void QueueingRun::FillWorkers(ServerState& server) {
  while (!server.dead && !server.hanging && !server.waiting.empty() &&
         server.serving.size() < static_cast<size_t>(server.spec->workers)) {
    const uint32_t index = server.waiting.front();
    server.waiting.pop_front();
    Begin(server, index);
  }
  if (balancers_.empty()) FillFromCentral();
}

void QueueingRun::FillFromCentral() {
  while (!central_.empty()) {
    size_t fastest = servers_.size();
    // From another one every time, so that those alike get alike.
    ++central_turn_;
    for (size_t turn = 0; turn < servers_.size(); ++turn) {
      const size_t i = (central_turn_ + turn) % servers_.size();
      const ServerState& server = servers_[i];
      const bool idle = server.member && !server.dead && !server.hanging &&
                        server.serving.size() < static_cast<size_t>(server.spec->workers);
      if (!idle) continue;
      if (fastest == servers_.size() || server.SpeedAt(now_ns_) > servers_[fastest].SpeedAt(now_ns_)) fastest = i;
    }
    if (fastest == servers_.size()) return;
    const uint32_t index = central_.front();
    central_.pop_front();
    Send(index, fastest);
  }
}

void QueueingRun::Succeed(uint32_t index) {
  Request& request = requests_[index];
  ServerState& server = servers_[request.server];
  StopServing(server, index);
  statistics_.Succeeded(request.arrived_ns, now_ns_);
  request.call.Finish(lb::Call::Outcome::kSuccess, AtNanoseconds(now_ns_));
  server.latency->Add(request.met, static_cast<double>(now_ns_ - request.arrived_ns), now_ns_);
  if (!balancers_.empty()) Report(request, server);
  const uint32_t balancer = request.balancer;
  const uint32_t at = request.server;
  Release(index);
  if (!balancers_.empty()) Tell(balancer, at, true);
  FillWorkers(server);
}

void QueueingRun::Report(Request& request, ServerState& server) {
  server.report.Answered(now_ns_);
  int64_t& reported = reported_[request.balancer * servers_.size() + request.server];
  if (reported == server.report.window()) return;
  reported = server.report.window();
  request.load->Report(server.report.Last(server.spec->workers), AtNanoseconds(now_ns_));
}

std::optional<ServerProbe::Answer> QueueingRun::Ask(const lb::Endpoint& endpoint) const {
  const ServerState& server = servers_[ServerOf(endpoint)];
  if (server.dead || server.hanging) return std::nullopt;
  const auto in_flight = static_cast<int64_t>(server.load());
  return Answer{in_flight, absl::Nanoseconds(server.latency->At(in_flight, now_ns_))};
}

// The request is in no server's hands any more.
void QueueingRun::Fail(uint32_t index, Failure failure) {
  Request& request = requests_[index];
  const bool sent = request.place != Place::kNowhere && request.place != Place::kCentral;
  statistics_.Failed(sent ? &servers_[request.server] : nullptr, failure, request.arrived_ns);
  request.call.Finish(lb::Call::Outcome::kError, AtNanoseconds(now_ns_));
  const uint32_t balancer = request.balancer;
  const uint32_t server = request.server;
  Release(index);
  if (!sent || balancers_.empty()) return;
  if (failure == Failure::kError) servers_[server].report.Failed(now_ns_);
  if (failure == Failure::kRefused) {
    balancers_[balancer]->OnConnectionFailure(server, now_ns_);
    ScheduleAdvance(balancer);
  }
  Tell(balancer, server, false);
}

void QueueingRun::Tell(size_t balancer, size_t server, bool success) {
  Balancer& told = *balancers_[balancer];
  const uint64_t version = told.version();
  told.OnOutcome(server, success, now_ns_);
  if (told.version() == version) return;
  statistics_.SetChanged();
  ScheduleAdvance(balancer);
}

void QueueingRun::Release(uint32_t index) {
  Request& request = requests_[index];
  ++request.life;
  ++request.step;
  request.place = Place::kNowhere;
  --in_flight_;
  free_requests_.push_back(index);
}

void QueueingRun::TimeOut(const Timeout& timeout) {
  Request& request = requests_[timeout.request];
  if (request.life != timeout.life) return;
  const bool queued = request.place == Place::kServing || request.place == Place::kWaiting;
  ServerState& server = servers_[request.server];
  switch (request.place) {
    case Place::kServing:
      StopServing(server, timeout.request);
      break;
    case Place::kWaiting:
      server.waiting.erase(std::find(server.waiting.begin(), server.waiting.end(), timeout.request));
      break;
    case Place::kCentral:
      central_.erase(std::find(central_.begin(), central_.end(), timeout.request));
      break;
    default:
      break;
  }
  Fail(timeout.request, Failure::kTimedOut);
  if (queued) FillWorkers(server);
}

}  // namespace nubo::simulation
