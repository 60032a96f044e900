// What a run of a simulation remembers. Internal to queueing.cc.
//
// Thread safety: thread-compatible.
#ifndef NUBO_SIMULATION_QUEUEING_STATISTICS_H_
#define NUBO_SIMULATION_QUEUEING_STATISTICS_H_

#include <cstdint>
#include <vector>

#include "nubo/simulation/latency_histogram.h"
#include "nubo/simulation/queueing_server.h"
#include "nubo/simulation/simulation.h"

namespace nubo::simulation {

enum class Failure : uint8_t { kRefused, kError, kTimedOut, kUnroutable };

class Statistics {
 public:
  explicit Statistics(const Simulation& simulation);

  void Arrived(int64_t at_ns);
  // A request with `key` (0 without keys) goes to `server`.
  void Sent(ServerState& server, size_t index, uint32_t key, int64_t now_ns);
  void CacheHit(int64_t now_ns);
  void Succeeded(int64_t arrived_ns, int64_t now_ns);
  // `server` is null if there was none.
  void Failed(ServerState* server, Failure failure, int64_t arrived_ns);
  // A worker was busy.
  void Busy(ServerState& server, int64_t from_ns, int64_t to_ns) const;
  // Part of the set and alive, or no longer both.
  void Joined(ServerState& server, int64_t now_ns) const;
  void Left(ServerState& server, int64_t now_ns) const;
  // `server` can serve from now on, or no longer.
  void There(size_t server, bool there);
  // Some balancer chooses from another set from now on.
  void SetChanged() { ++epoch_; }

  SimulationResult Finish(std::vector<ServerState>& servers);

 private:
  struct Interval {
    uint64_t requests = 0;
    uint64_t failed = 0;
    LatencyHistogram latency{5};
  };
  struct KeyTrack {
    uint32_t server = 0;
    uint32_t epoch = 0;  // 0: never seen
  };

  size_t IntervalOf(int64_t at_ns) const;
  int64_t Within(int64_t from_ns, int64_t to_ns) const;
  void Follow(uint32_t key, size_t server, bool counts);

  const int64_t warm_up_ns_;
  const int64_t end_ns_;
  const int64_t interval_ns_;
  SimulationResult result_;
  std::vector<Interval> intervals_;
  std::vector<KeyTrack> tracks_;
  // Counts the changes of sets.
  uint32_t epoch_ = 1;
  // Of each server: the epoch in which it came, and whether it is there.
  std::vector<uint32_t> joined_;
  std::vector<bool> there_;
};

}  // namespace nubo::simulation

#endif  // NUBO_SIMULATION_QUEUEING_STATISTICS_H_
