// How long an endpoint's answers take, by how many requests it had when they came: what Prequal calls its latency.
//
// One average over all requests would lag behind a queue that has just grown, and praise whoever has been idle. Kept by
// requests in flight, the figure answers "how long would one take that begins now?".
//
// Example:
//   LatencyByLoad latency;
//   latency.Add(3, 5e6, absl::ToUnixNanos(now));            // an answer after 5 ms, by a request that met three others
//   double ns = latency.At(4, absl::ToUnixNanos(later));    // the nearest figure there is
//
// Thread safety: thread-safe; samples that come in at the same moment may be lost.
#ifndef NUBO_LB_LATENCY_BY_LOAD_H_
#define NUBO_LB_LATENCY_BY_LOAD_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace nubo::lb {

class LatencyByLoad {
 public:
  // Each sample moves the figure of its step by this fraction of the difference.
  static constexpr double kDecay = 1.0 / 8;
  // Without samples all figures fade by 1/e in this time, so that an endpoint that was slow once is tried again.
  static constexpr double kMemoryNs = 10e9;

  // `in_flight` when the request came, without itself. Times in nanoseconds of one clock.
  void Add(int64_t in_flight, double latency_ns, int64_t now_ns);
  // Nanoseconds; of the nearest step below that has one, else of the nearest above; 0 before the first sample.
  double At(int64_t in_flight, int64_t now_ns) const;

 private:
  // 0, 1, 2, 3, 4–5, 6–7, 8–11, 12–15, …: two for each power of two.
  static constexpr size_t kSteps = 16;
  static size_t StepOf(int64_t in_flight);

  std::array<std::atomic<float>, kSteps> latency_ns_{};
  std::atomic<int64_t> last_ns_{0};
};

}  // namespace nubo::lb

#endif  // NUBO_LB_LATENCY_BY_LOAD_H_
