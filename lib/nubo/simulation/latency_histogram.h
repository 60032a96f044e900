// Times counted in buckets whose width grows with the value: any range, fixed memory, a known relative error.
//
// Each power of two is cut into equal buckets, as in HdrHistogram. A quantile is interpolated within its bucket, so it
// is at most one bucket, 2^-bits of the value, away from the exact one.
//
// Example:
//   simulation::LatencyHistogram histogram;
//   histogram.Add(1'250'000);
//   histogram.Quantile(0.99);  // nanoseconds
//
// Thread safety: thread-compatible.
#ifndef NUBO_SIMULATION_LATENCY_HISTOGRAM_H_
#define NUBO_SIMULATION_LATENCY_HISTOGRAM_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace nubo::simulation {

class LatencyHistogram {
 public:
  // `bits`, 1 to 12: 2^bits buckets for each power of two.
  explicit LatencyHistogram(int bits = 9);

  // Nanoseconds; below zero counts as zero.
  void Add(int64_t ns);

  uint64_t count() const { return count_; }
  // Of the values themselves, not of their buckets. 0 of none.
  double Mean() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }
  int64_t max() const { return max_; }
  // `share` is in [0, 1]. 0 of none.
  double Quantile(double share) const;
  // The share of values that are above `ns`, by whole buckets.
  double ShareAbove(double ns) const;

 private:
  size_t BucketOf(uint64_t value) const;
  double LowerBound(size_t bucket) const;

  const int bits_;
  uint64_t count_ = 0;
  double sum_ = 0;
  int64_t max_ = 0;
  // Grown to the largest value seen.
  std::vector<uint64_t> buckets_;
};

}  // namespace nubo::simulation

#endif  // NUBO_SIMULATION_LATENCY_HISTOGRAM_H_
