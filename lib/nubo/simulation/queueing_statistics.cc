#include "nubo/simulation/queueing_statistics.h"

#include <algorithm>
#include <utility>

namespace nubo::simulation {

Statistics::Statistics(const Simulation& simulation)
    : warm_up_ns_(absl::ToInt64Nanoseconds(simulation.warm_up)),
      end_ns_(absl::ToInt64Nanoseconds(simulation.duration)),
      interval_ns_(std::max<int64_t>(1, end_ns_ / simulation.intervals)),
      intervals_(static_cast<size_t>(simulation.intervals)),
      tracks_(simulation.keys),
      joined_(simulation.servers.size(), 0),
      there_(simulation.servers.size(), false) {}

size_t Statistics::IntervalOf(int64_t at_ns) const {
  return std::min(static_cast<size_t>(at_ns / interval_ns_), intervals_.size() - 1);
}

int64_t Statistics::Within(int64_t from_ns, int64_t to_ns) const {
  return std::max<int64_t>(0, std::min(to_ns, end_ns_) - std::max(from_ns, warm_up_ns_));
}

void Statistics::Arrived(int64_t at_ns) {
  ++intervals_[IntervalOf(at_ns)].requests;
  if (at_ns >= warm_up_ns_) ++result_.requests;
}

void Statistics::Sent(ServerState& server, size_t index, uint32_t key, int64_t now_ns) {
  if (server.result.requests_by_interval.empty()) server.result.requests_by_interval.resize(intervals_.size());
  ++server.result.requests_by_interval[IntervalOf(now_ns)];
  if (!tracks_.empty()) Follow(key, index, now_ns >= warm_up_ns_);
  if (now_ns < warm_up_ns_) return;
  ++server.result.requests;
  if (server.dead) ++server.result.requests_while_dead;
}

void Statistics::Follow(uint32_t key, size_t server, bool counts) {
  KeyTrack& track = tracks_[key];
  if (counts && track.epoch != 0 && track.epoch != epoch_) {
    ++result_.keys_followed;
    if (track.server != server) {
      ++result_.keys_moved;
      const bool both_were_there = there_[track.server] && joined_[server] <= track.epoch;
      if (both_were_there) ++result_.keys_moved_needlessly;
    }
  }
  track = {static_cast<uint32_t>(server), epoch_};
}

void Statistics::CacheHit(int64_t now_ns) {
  if (now_ns >= warm_up_ns_) ++result_.cache_hits;
}

void Statistics::Succeeded(int64_t arrived_ns, int64_t now_ns) {
  intervals_[IntervalOf(arrived_ns)].latency.Add(now_ns - arrived_ns);
  if (arrived_ns < warm_up_ns_) return;
  ++result_.succeeded;
  result_.latency.Add(now_ns - arrived_ns);
}

void Statistics::Failed(ServerState* server, Failure failure, int64_t arrived_ns) {
  ++intervals_[IntervalOf(arrived_ns)].failed;
  if (arrived_ns < warm_up_ns_) return;
  if (server != nullptr) ++server->result.failed;
  switch (failure) {
    case Failure::kRefused:
      ++result_.refused;
      break;
    case Failure::kError:
      ++result_.errors;
      break;
    case Failure::kTimedOut:
      ++result_.timed_out;
      break;
    case Failure::kUnroutable:
      ++result_.unroutable;
      break;
  }
}

void Statistics::Busy(ServerState& server, int64_t from_ns, int64_t to_ns) const {
  server.busy_ns += Within(from_ns, to_ns);
}

void Statistics::Joined(ServerState& server, int64_t now_ns) const { server.member_since_ns = now_ns; }

void Statistics::Left(ServerState& server, int64_t now_ns) const {
  server.member_ns += Within(server.member_since_ns, now_ns);
}

void Statistics::There(size_t server, bool there) {
  if (there && !there_[server]) joined_[server] = epoch_;
  there_[server] = there;
}

SimulationResult Statistics::Finish(std::vector<ServerState>& servers) {
  double sum = 0;
  double highest = 0;
  size_t alive = 0;
  for (ServerState& server : servers) {
    if (server.member && !server.dead) Left(server, end_ns_);
    ServerResult& result = server.result;
    result.id = server.spec->id;
    result.requests_by_interval.resize(intervals_.size());
    const double could = static_cast<double>(server.member_ns) * server.spec->workers;
    result.utilization = could > 0 ? static_cast<double>(server.busy_ns) / could : 0;
    if (server.member && !server.dead && !server.hanging) {
      sum += result.utilization;
      highest = std::max(highest, result.utilization);
      ++alive;
    }
    result_.servers.push_back(std::move(result));
  }
  if (sum > 0) result_.imbalance = highest * static_cast<double>(alive) / sum;
  result_.throughput = static_cast<double>(result_.succeeded) * 1e9 / static_cast<double>(end_ns_ - warm_up_ns_);
  for (const Interval& interval : intervals_) {
    result_.intervals.push_back(
        {interval.requests, interval.failed, interval.latency.Mean(), interval.latency.Quantile(0.99)});
  }
  return std::move(result_);
}

}  // namespace nubo::simulation
