#include "nubo/lb/latency_by_load.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace nubo::lb {

size_t LatencyByLoad::StepOf(int64_t in_flight) {
  if (in_flight < 2) return static_cast<size_t>(std::max<int64_t>(0, in_flight));
  const auto count = static_cast<uint64_t>(in_flight);
  const auto power = static_cast<unsigned>(std::bit_width(count)) - 1;
  return std::min(kSteps - 1, size_t{2} * power + ((count >> (power - 1)) & 1));
}

void LatencyByLoad::Add(int64_t in_flight, double latency_ns, int64_t now_ns) {
  std::atomic<float>& step = latency_ns_[StepOf(in_flight)];
  const double old = step.load(std::memory_order_relaxed);
  const double next = old == 0 ? latency_ns : old + (latency_ns - old) * kDecay;
  // Above zero, which stands for no sample.
  step.store(static_cast<float>(std::max(1.0, next)), std::memory_order_relaxed);
  last_ns_.store(now_ns, std::memory_order_relaxed);
}

double LatencyByLoad::At(int64_t in_flight, int64_t now_ns) const {
  const size_t step = StepOf(in_flight);
  double found = 0;
  for (size_t i = step + 1; i-- > 0 && found == 0;) found = latency_ns_[i].load(std::memory_order_relaxed);
  for (size_t i = step + 1; i < kSteps && found == 0; ++i) found = latency_ns_[i].load(std::memory_order_relaxed);
  const auto silent = static_cast<double>(std::max<int64_t>(0, now_ns - last_ns_.load(std::memory_order_relaxed)));
  return found * std::exp(-silent / kMemoryNs);
}

}  // namespace nubo::lb
