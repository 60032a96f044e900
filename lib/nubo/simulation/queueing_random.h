// Randomness of a simulation: a small generator, how long things take, when requests arrive, and which key they carry.
//
// Everything is spelled out here rather than taken from <random> or absl::Uniform, whose results may differ from one
// library version to the next: the same seed must give the same run for years.
//
// Example:
//   simulation::SimulationRandom random(42);
//   simulation::Distribution service = simulation::Distribution::Exponential(absl::Milliseconds(10));
//   simulation::Sampler sampler(service);
//   int64_t ns = sampler.Sample(random);
//
// Thread safety: thread-compatible.
#ifndef NUBO_SIMULATION_QUEUEING_RANDOM_H_
#define NUBO_SIMULATION_QUEUEING_RANDOM_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace nubo::simulation {

// xoshiro256** 1.0 (Blackman and Vigna), seeded by SplitMix64; a UniformRandomBitGenerator, so that it can stand behind
// an absl::BitGenRef.
class SimulationRandom {
 public:
  using result_type = uint64_t;

  // Generators with one seed and different streams are independent.
  explicit SimulationRandom(uint64_t seed, uint64_t stream = 0);

  static constexpr uint64_t min() { return 0; }
  static constexpr uint64_t max() { return std::numeric_limits<uint64_t>::max(); }
  uint64_t operator()();

  // In (0, 1]: its logarithm is finite.
  double Unit();
  // Below `bound`, which is above 0.
  uint64_t Below(uint64_t bound);
  // With mean 1.
  double Exponential();
  // With mean 0 and variance 1.
  double Normal();

 private:
  uint64_t state_[4];
};

// How long something takes.
struct Distribution {
  enum class Kind { kConstant, kExponential, kLogNormal, kBimodal, kPareto };

  Kind kind = Kind::kExponential;
  absl::Duration mean = absl::Milliseconds(10);
  // Log-normal: the standard deviation of the logarithm.
  double sigma = 1;
  // Bimodal: the share of long ones, and how many times a short one they take.
  double long_share = 0.1;
  double long_factor = 10;
  // Pareto: the tail's exponent. At 2 and below the variance is infinite, at 1 and below the mean is.
  double alpha = 2.2;

  static Distribution Constant(absl::Duration value) { return {Kind::kConstant, value}; }
  static Distribution Exponential(absl::Duration mean) { return {Kind::kExponential, mean}; }
  static Distribution LogNormal(absl::Duration mean, double sigma) { return {Kind::kLogNormal, mean, sigma}; }
  static Distribution Bimodal(absl::Duration mean, double long_share, double long_factor) {
    return {Kind::kBimodal, mean, 1, long_share, long_factor};
  }
  static Distribution Pareto(absl::Duration mean, double alpha) { return {Kind::kPareto, mean, 1, 0.1, 10, alpha}; }
};

// "constant", "exponential", "log_normal", "bimodal", "pareto".
absl::string_view DistributionName(Distribution::Kind kind);

// INVALID_ARGUMENT: a mean outside 1 µs to 1 h, a sigma outside (0, 5], a share outside (0, 1), a factor outside
// (1, 1e6], an alpha outside (1, 100].
absl::Status CheckDistribution(const Distribution& distribution);

// Draws from a distribution that CheckDistribution takes.
class Sampler {
 public:
  // The longest time that is ever drawn: a tail that is cut nowhere would one day overflow.
  static constexpr int64_t kNanosecondsMax = int64_t{3'600'000'000'000} * 24;

  explicit Sampler(const Distribution& distribution);
  // Nanoseconds, at least 1.
  int64_t Sample(SimulationRandom& random) const;

 private:
  Distribution::Kind kind_;
  // What scales a draw so that the mean is right.
  double scale_ns_;
  double shape_;
  double long_share_;
};

// When requests come: all at one rate in the long run.
struct Arrivals {
  enum class Kind {
    kPoisson,
    kConstant,
    kBursty,  // a Markov-modulated Poisson process of two states, calm and burst
  };

  Kind kind = Kind::kPoisson;
  // Bursty: how many times the calm rate a burst has, the share of time that bursts take, and their mean length.
  double burst_factor = 5;
  double burst_share = 0.1;
  absl::Duration burst_length = absl::Seconds(1);
};

// "poisson", "constant", "bursty".
absl::string_view ArrivalsName(Arrivals::Kind kind);

// INVALID_ARGUMENT: a factor outside (1, 1000], a share outside (0, 1), a length outside 1 ms to 1 h.
absl::Status CheckArrivals(const Arrivals& arrivals);

class ArrivalProcess {
 public:
  // `rate_per_second` is above 0.
  ArrivalProcess(const Arrivals& arrivals, double rate_per_second);
  // Nanoseconds from one request to the next.
  int64_t Next(SimulationRandom& random);

 private:
  int64_t NextBursty(SimulationRandom& random);

  const Arrivals::Kind kind_;
  const double gap_ns_;
  double gaps_ns_[2];
  double lengths_ns_[2];
  int state_ = 0;
  // Until the state changes.
  double left_ns_ = 0;
  // What rounding to nanoseconds left over.
  double carried_ns_ = 0;
};

// Keys 0 to count - 1, key k drawn in proportion to 1 / (k + 1)^skew (Zipf); skew 0 is uniform. Constant time by the
// alias method (Walker 1977).
class KeySampler {
 public:
  KeySampler(size_t count, double skew);
  size_t Sample(SimulationRandom& random) const;

 private:
  struct Slot {
    double keep = 1;
    uint32_t other = 0;
  };
  std::vector<Slot> slots_;
};

}  // namespace nubo::simulation

#endif  // NUBO_SIMULATION_QUEUEING_RANDOM_H_
