#include "nubo/simulation/latency_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace nubo::simulation {

LatencyHistogram::LatencyHistogram(int bits) : bits_(std::clamp(bits, 1, 12)) {}

// Values below 2^bits have a bucket each; from there on bucket number (e << bits) + m holds the values whose highest
// bit is bit e + bits - 1, with the next `bits` bits m.
size_t LatencyHistogram::BucketOf(uint64_t value) const {
  if (value < (uint64_t{1} << bits_)) return value;
  const int exponent = std::bit_width(value) - bits_;
  const uint64_t mantissa = (value >> (exponent - 1)) - (uint64_t{1} << bits_);
  return (static_cast<uint64_t>(exponent) << bits_) + mantissa;
}

double LatencyHistogram::LowerBound(size_t bucket) const {
  const size_t exponent = bucket >> bits_;
  if (exponent == 0) return static_cast<double>(bucket);
  const size_t mantissa = (bucket & ((size_t{1} << bits_) - 1)) + (size_t{1} << bits_);
  return std::ldexp(static_cast<double>(mantissa), static_cast<int>(exponent) - 1);
}

void LatencyHistogram::Add(int64_t ns) {
  const uint64_t value = static_cast<uint64_t>(std::max<int64_t>(0, ns));
  const size_t bucket = BucketOf(value);
  if (bucket >= buckets_.size()) buckets_.resize(bucket + 1, 0);
  ++buckets_[bucket];
  ++count_;
  sum_ += static_cast<double>(value);
  max_ = std::max<int64_t>(max_, static_cast<int64_t>(value));
}

double LatencyHistogram::Quantile(double share) const {
  if (count_ == 0) return 0;
  const double rank = std::clamp(share, 0.0, 1.0) * static_cast<double>(count_);
  double below = 0;
  for (size_t i = 0; i < buckets_.size(); ++i) {
    const double here = static_cast<double>(buckets_[i]);
    if (here == 0 || below + here < rank) {
      below += here;
      continue;
    }
    const double low = LowerBound(i);
    const double value = low + (LowerBound(i + 1) - low) * (rank - below) / here;
    return std::min(value, static_cast<double>(max_));
  }
  return static_cast<double>(max_);
}

double LatencyHistogram::ShareAbove(double ns) const {
  if (count_ == 0) return 0;
  uint64_t above = 0;
  for (size_t i = buckets_.size(); i > 0 && LowerBound(i - 1) >= ns; --i) above += buckets_[i - 1];
  return static_cast<double>(above) / static_cast<double>(count_);
}

}  // namespace nubo::simulation
