// One simulated server: its queue, its workers, its state and its cache. Internal to queueing.cc.
//
// Knows requests as indices, and says what is to happen; queueing_run.cc makes it happen.
//
// Thread safety: thread-compatible.
#ifndef NUBO_SIMULATION_QUEUEING_SERVER_H_
#define NUBO_SIMULATION_QUEUEING_SERVER_H_

#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "nubo/lb/latency_by_load.h"
#include "nubo/lb/load.h"
#include "nubo/simulation/simulation.h"

namespace nubo::simulation {

// Keys, the least recently used forgotten first.
class KeyCache {
 public:
  explicit KeyCache(size_t entries) : entries_(entries) {}
  // Whether `key` was there; it is from now on.
  bool Touch(uint32_t key);
  void Clear();

 private:
  const size_t entries_;
  std::list<uint32_t> order_;
  absl::flat_hash_map<uint32_t, std::list<uint32_t>::iterator> places_;
};

// How a server was doing, window by window: what it reports of itself.
class ServerReport {
 public:
  void Answered(int64_t now_ns) {
    Turn(now_ns);
    ++answers_;
  }
  void Failed(int64_t now_ns) {
    Turn(now_ns);
    ++errors_;
  }
  // A worker was busy; told when it is done, so that a request longer than a window counts in its last one.
  void Busy(int64_t from_ns, int64_t to_ns) {
    Turn(to_ns);
    busy_ns_ += to_ns - from_ns;
  }
  // The number of the current window.
  int64_t window() const { return window_; }
  // Of the last one that had an answer.
  lb::LoadReport Last(int workers) const;

 private:
  static constexpr int64_t kWindowNs = Simulation::kReportWindowNs;
  void Turn(int64_t now_ns);

  int64_t window_ = 0;
  int64_t answers_ = 0;
  int64_t errors_ = 0;
  int64_t busy_ns_ = 0;
  int64_t last_answers_ = 0;
  int64_t last_errors_ = 0;
  int64_t last_busy_ns_ = 0;
};

struct ServerState {
  ServerState(const SimulatedServer& spec, size_t cache_entries) : spec(&spec), cache(cache_entries) {}

  const SimulatedServer* spec;
  KeyCache cache;
  bool member = false;
  bool dead = false;
  bool hanging = false;
  double fail_share = 0;
  int64_t error_time_ns = 0;
  double factor = 1;
  int64_t cold_since_ns = 0;
  int64_t cold_ns = 0;

  // Requests, by index. At most spec->workers are being served.
  std::vector<uint32_t> serving;
  std::deque<uint32_t> waiting;

  ServerReport report;
  std::unique_ptr<lb::LatencyByLoad> latency = std::make_unique<lb::LatencyByLoad>();

  // Figures.
  ServerResult result;
  int64_t busy_ns = 0;
  int64_t member_ns = 0;
  int64_t member_since_ns = 0;

  size_t load() const { return serving.size() + waiting.size(); }
  // Speed at `now`, with all that slows it down.
  double SpeedAt(int64_t now_ns) const;
  void StartCold(absl::Duration cold, int64_t now_ns);
};

}  // namespace nubo::simulation

#endif  // NUBO_SIMULATION_QUEUEING_SERVER_H_
