// What happens to servers and to the set in a run.
#include "nubo/simulation/queueing_run.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "nubo/base/status.h"

namespace nubo::simulation {
namespace {

constexpr int kOk = 200;
constexpr int kServerError = 500;

}  // namespace

absl::Status QueueingRun::Happen(const Incident& incident) {
  bool changed = false;
  for (const size_t at : incident.servers) {
    ServerState& server = servers_[at];
    switch (incident.kind) {
      case Incident::Kind::kKill:
        Kill(server);
        break;
      case Incident::Kind::kHang:
        Hang(server);
        break;
      case Incident::Kind::kFail:
        server.fail_share = incident.share;
        server.error_time_ns = absl::ToInt64Nanoseconds(incident.error_time);
        break;
      case Incident::Kind::kSlow:
        server.factor = incident.factor;
        break;
      case Incident::Kind::kRecover:
        Recover(server, incident);
        break;
      case Incident::Kind::kDrain:
        changed |= server.member;
        if (server.member && !server.dead) statistics_.Left(server, now_ns_);
        server.member = false;
        break;
      case Incident::Kind::kAdd:
        changed |= !server.member;
        if (!server.member && !server.dead) statistics_.Joined(server, now_ns_);
        if (!server.member) server.StartCold(incident.cold, now_ns_);
        server.member = true;
        break;
    }
    statistics_.There(at, server.member && !server.dead && !server.hanging);
  }
  if (balancers_.empty()) FillFromCentral();
  return changed ? Publish() : absl::OkStatus();
}

void QueueingRun::Kill(ServerState& server) {
  if (server.dead) return;
  if (server.member) statistics_.Left(server, now_ns_);
  server.dead = true;
  server.hanging = false;
  // Copied: failing a request may reach into the queues.
  const std::vector<uint32_t> serving = server.serving;
  const std::deque<uint32_t> waiting = std::exchange(server.waiting, {});
  for (const uint32_t index : serving) {
    StopServing(server, index);
    Fail(index, Failure::kRefused);
  }
  for (const uint32_t index : waiting) Fail(index, Failure::kRefused);
}

void QueueingRun::Hang(ServerState& server) {
  if (server.dead || server.hanging) return;
  server.hanging = true;
  // What is being served stays where it is, and the event that would have ended it is void.
  for (const uint32_t index : server.serving) ++requests_[index].step;
}

void QueueingRun::Recover(ServerState& server, const Incident& incident) {
  if (server.dead) {
    server.StartCold(incident.cold, now_ns_);
    if (server.member) statistics_.Joined(server, now_ns_);
  }
  const bool hung = server.hanging;
  server.dead = false;
  server.hanging = false;
  server.fail_share = 0;
  server.factor = 1;
  if (!hung) return;
  const std::vector<uint32_t> serving = std::exchange(server.serving, {});
  for (const uint32_t index : serving) {
    statistics_.Busy(server, requests_[index].service_began_ns, now_ns_);
    Begin(server, index);
  }
  FillWorkers(server);
}

absl::Status QueueingRun::Publish() {
  std::vector<size_t> members;
  for (size_t i = 0; i < servers_.size(); ++i) {
    if (servers_[i].member) members.push_back(i);
  }
  statistics_.SetChanged();
  for (size_t i = 0; i < balancers_.size(); ++i) {
    NUBO_RETURN_IF_ERROR(balancers_[i]->SetMembers(members, now_ns_));
    ScheduleAdvance(i);
  }
  return absl::OkStatus();
}

void QueueingRun::ScheduleAdvance(size_t balancer) {
  const int64_t next_ns = balancers_[balancer]->next_ns();
  if (next_ns == std::numeric_limits<int64_t>::max()) return;
  Schedule(std::max(next_ns, now_ns_), EventKind::kAdvance, static_cast<uint32_t>(balancer),
           ++advance_steps_[balancer]);
}

absl::Status QueueingRun::Advance(size_t balancer) {
  Balancer& advanced = *balancers_[balancer];
  const uint64_t version = advanced.version();
  NUBO_ASSIGN_OR_RETURN(lb::TargetGroup::Step step, advanced.Advance(now_ns_));
  for (const std::string& id : step.out_of_time) CutOff(balancer, id);
  for (lb::DueCheck& check : step.checks) {
    absl::Duration after;
    const size_t server = check.address.ip.v4() & 0xffffff;
    PendingCheck pending{balancer, std::move(check), Check(servers_[server], &after)};
    if (free_checks_.empty()) {
      free_checks_.push_back(static_cast<uint32_t>(checks_.size()));
      checks_.emplace_back();
    }
    const uint32_t slot = free_checks_.back();
    free_checks_.pop_back();
    checks_[slot] = std::move(pending);
    Schedule(now_ns_ + absl::ToInt64Nanoseconds(after), EventKind::kCheck, slot);
  }
  if (advanced.version() != version) statistics_.SetChanged();
  ScheduleAdvance(balancer);
  return absl::OkStatus();
}

void QueueingRun::CutOff(size_t balancer, absl::string_view id) {
  for (ServerState& server : servers_) {
    if (server.spec->id != id) continue;
    const auto ours = [&](uint32_t index) { return requests_[index].balancer == balancer; };
    std::vector<uint32_t> cut;
    std::copy_if(server.serving.begin(), server.serving.end(), std::back_inserter(cut), ours);
    std::copy_if(server.waiting.begin(), server.waiting.end(), std::back_inserter(cut), ours);
    for (const uint32_t index : cut) {
      if (requests_[index].place == Place::kServing) {
        StopServing(server, index);
      } else {
        server.waiting.erase(std::find(server.waiting.begin(), server.waiting.end(), index));
      }
      Fail(index, Failure::kError);
    }
    FillWorkers(server);
  }
}

lb::CheckResult QueueingRun::Check(const ServerState& server, absl::Duration* after) const {
  *after = Simulation::kRoundTrip;
  if (server.dead) return lb::CheckResult::Refused();
  if (server.hanging) {
    *after = simulation_.target_group->health_check.timeout;
    return lb::CheckResult::Timeout();
  }
  const bool failing = server.fail_share > 0 && simulation_.fail_health_checks;
  return lb::CheckResult::Answered(failing ? kServerError : kOk);
}

}  // namespace nubo::simulation
