#include "nubo/simulation/queueing_server.h"

#include <algorithm>

namespace nubo::simulation {

bool KeyCache::Touch(uint32_t key) {
  const auto place = places_.find(key);
  if (place != places_.end()) {
    order_.splice(order_.begin(), order_, place->second);
    return true;
  }
  order_.push_front(key);
  places_[key] = order_.begin();
  if (order_.size() > entries_) {
    places_.erase(order_.back());
    order_.pop_back();
  }
  return false;
}

void KeyCache::Clear() {
  order_.clear();
  places_.clear();
}

void ServerReport::Turn(int64_t now_ns) {
  const int64_t window = now_ns / kWindowNs;
  if (window == window_) return;
  if (answers_ > 0) {
    last_answers_ = answers_;
    last_errors_ = errors_;
    last_busy_ns_ = busy_ns_;
  }
  window_ = window;
  answers_ = errors_ = busy_ns_ = 0;
}

lb::LoadReport ServerReport::Last(int workers) const {
  constexpr double kWindowsPerSecond = 1e9 / kWindowNs;
  return {.qps = static_cast<double>(last_answers_ + last_errors_) * kWindowsPerSecond,
          .eps = static_cast<double>(last_errors_) * kWindowsPerSecond,
          .utilization = static_cast<double>(last_busy_ns_) / kWindowNs / workers};
}

double ServerState::SpeedAt(int64_t now_ns) const {
  double speed = spec->speed * factor;
  const int64_t age = now_ns - cold_since_ns;
  if (age < cold_ns) {
    const double warmth = static_cast<double>(age) / static_cast<double>(cold_ns);
    speed *= Simulation::kColdSpeed + (1 - Simulation::kColdSpeed) * warmth;
  }
  return speed;
}

void ServerState::StartCold(absl::Duration cold, int64_t now_ns) {
  cold_since_ns = now_ns;
  cold_ns = absl::ToInt64Nanoseconds(cold);
  cache.Clear();
}

}  // namespace nubo::simulation
