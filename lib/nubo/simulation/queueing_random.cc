#include "nubo/simulation/queueing_random.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"

namespace nubo::simulation {
namespace {

constexpr double kNanosecondsPerSecond = 1e9;

uint64_t SplitMix64(uint64_t& state) {
  uint64_t z = (state += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

uint64_t RotateLeft(uint64_t x, int by) { return (x << by) | (x >> (64 - by)); }

absl::Status OutOf(absl::string_view what, double value, absl::string_view range) {
  return absl::InvalidArgumentError(absl::StrCat(what, " is ", value, "; ", range));
}

// What a draw of mean `RawMean` must be multiplied with to have the mean asked for.
double RawMean(const Distribution& distribution) {
  switch (distribution.kind) {
    case Distribution::Kind::kLogNormal:
      return std::exp(distribution.sigma * distribution.sigma / 2);
    case Distribution::Kind::kBimodal:
      return 1 - distribution.long_share + distribution.long_share * distribution.long_factor;
    case Distribution::Kind::kPareto:
      return distribution.alpha / (distribution.alpha - 1);
    default:
      return 1;
  }
}

double Shape(const Distribution& distribution) {
  switch (distribution.kind) {
    case Distribution::Kind::kLogNormal:
      return distribution.sigma;
    case Distribution::Kind::kBimodal:
      return distribution.long_factor;
    case Distribution::Kind::kPareto:
      return -1 / distribution.alpha;
    default:
      return 0;
  }
}

}  // namespace

SimulationRandom::SimulationRandom(uint64_t seed, uint64_t stream) {
  uint64_t mixed = stream;
  uint64_t state = seed ^ SplitMix64(mixed);
  for (uint64_t& word : state_) word = SplitMix64(state);
}

uint64_t SimulationRandom::operator()() {
  const uint64_t result = RotateLeft(state_[1] * 5, 7) * 9;
  const uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = RotateLeft(state_[3], 45);
  return result;
}

double SimulationRandom::Unit() { return static_cast<double>(((*this)() >> 11) + 1) * 0x1.0p-53; }

uint64_t SimulationRandom::Below(uint64_t bound) {
  // Lemire's multiplication; its bias is below bound / 2^64, far below what any run can see.
  return static_cast<uint64_t>((static_cast<unsigned __int128>((*this)()) * bound) >> 64);
}

double SimulationRandom::Exponential() { return -std::log(Unit()); }

double SimulationRandom::Normal() {
  // Marsaglia's polar method, without keeping the second value: a generator is its four words and nothing more.
  for (;;) {
    const double x = 2 * Unit() - 1;
    const double y = 2 * Unit() - 1;
    const double square = x * x + y * y;
    if (square > 0 && square < 1) return x * std::sqrt(-2 * std::log(square) / square);
  }
}

absl::string_view DistributionName(Distribution::Kind kind) {
  constexpr absl::string_view kNames[] = {"constant", "exponential", "log_normal", "bimodal", "pareto"};
  return kNames[static_cast<int>(kind)];
}

absl::Status CheckDistribution(const Distribution& distribution) {
  if (distribution.mean < absl::Microseconds(1) || distribution.mean > absl::Hours(1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the mean is ", absl::FormatDuration(distribution.mean), "; it must be 1us to 1h"));
  }
  switch (distribution.kind) {
    case Distribution::Kind::kLogNormal:
      if (!(distribution.sigma > 0 && distribution.sigma <= 5)) {
        return OutOf("sigma", distribution.sigma, "it must be above 0 and at most 5");
      }
      break;
    case Distribution::Kind::kBimodal:
      if (!(distribution.long_share > 0 && distribution.long_share < 1)) {
        return OutOf("the share of long ones", distribution.long_share, "it must be between 0 and 1");
      }
      if (!(distribution.long_factor > 1 && distribution.long_factor <= 1e6)) {
        return OutOf("the factor of long ones", distribution.long_factor, "it must be above 1 and at most 1e6");
      }
      break;
    case Distribution::Kind::kPareto:
      if (!(distribution.alpha > 1 && distribution.alpha <= 100)) {
        return OutOf("alpha", distribution.alpha, "it must be above 1 (else there is no mean) and at most 100");
      }
      break;
    default:
      break;
  }
  return absl::OkStatus();
}

Sampler::Sampler(const Distribution& distribution)
    : kind_(distribution.kind),
      scale_ns_(absl::ToDoubleNanoseconds(distribution.mean) / RawMean(distribution)),
      shape_(Shape(distribution)),
      long_share_(distribution.long_share) {}

int64_t Sampler::Sample(SimulationRandom& random) const {
  double draw = 1;
  switch (kind_) {
    case Distribution::Kind::kConstant:
      break;
    case Distribution::Kind::kExponential:
      draw = random.Exponential();
      break;
    case Distribution::Kind::kLogNormal:
      draw = std::exp(shape_ * random.Normal());
      break;
    case Distribution::Kind::kBimodal:
      draw = random.Unit() <= long_share_ ? shape_ : 1;
      break;
    case Distribution::Kind::kPareto:
      draw = std::pow(random.Unit(), shape_);
      break;
  }
  const double ns = std::min(draw * scale_ns_, static_cast<double>(kNanosecondsMax));
  return std::max<int64_t>(1, std::llround(ns));
}

absl::string_view ArrivalsName(Arrivals::Kind kind) {
  constexpr absl::string_view kNames[] = {"poisson", "constant", "bursty"};
  return kNames[static_cast<int>(kind)];
}

absl::Status CheckArrivals(const Arrivals& arrivals) {
  if (arrivals.kind != Arrivals::Kind::kBursty) return absl::OkStatus();
  if (!(arrivals.burst_factor > 1 && arrivals.burst_factor <= 1000)) {
    return OutOf("the burst factor", arrivals.burst_factor, "it must be above 1 and at most 1000");
  }
  if (!(arrivals.burst_share > 0 && arrivals.burst_share < 1)) {
    return OutOf("the burst share", arrivals.burst_share, "it must be between 0 and 1");
  }
  if (arrivals.burst_length < absl::Milliseconds(1) || arrivals.burst_length > absl::Hours(1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the burst length is ", absl::FormatDuration(arrivals.burst_length), "; it must be 1ms to 1h"));
  }
  return absl::OkStatus();
}

ArrivalProcess::ArrivalProcess(const Arrivals& arrivals, double rate_per_second)
    : kind_(arrivals.kind), gap_ns_(kNanosecondsPerSecond / rate_per_second) {
  const double share = arrivals.burst_share;
  // The calm rate that makes the mean of both states, by the time they take, the rate asked for.
  const double calm = rate_per_second / (1 - share + share * arrivals.burst_factor);
  gaps_ns_[0] = kNanosecondsPerSecond / calm;
  gaps_ns_[1] = gaps_ns_[0] / arrivals.burst_factor;
  lengths_ns_[1] = absl::ToDoubleNanoseconds(arrivals.burst_length);
  lengths_ns_[0] = lengths_ns_[1] * (1 - share) / share;
  state_ = 1;
}

int64_t ArrivalProcess::Next(SimulationRandom& random) {
  if (kind_ == Arrivals::Kind::kBursty) return NextBursty(random);
  const double gap = gap_ns_ * (kind_ == Arrivals::Kind::kPoisson ? random.Exponential() : 1) + carried_ns_;
  const double whole = std::floor(gap);
  carried_ns_ = gap - whole;
  return static_cast<int64_t>(whole);
}

int64_t ArrivalProcess::NextBursty(SimulationRandom& random) {
  double waited = 0;
  for (;;) {
    if (left_ns_ <= 0) {
      state_ = 1 - state_;
      left_ns_ = lengths_ns_[state_] * random.Exponential();
    }
    // The exponential has no memory: a gap that outlives its state is drawn anew in the next one.
    const double gap = gaps_ns_[state_] * random.Exponential();
    if (gap < left_ns_) {
      left_ns_ -= gap;
      return static_cast<int64_t>(waited + gap);
    }
    waited += left_ns_;
    left_ns_ = 0;
  }
}

KeySampler::KeySampler(size_t count, double skew) : slots_(std::max<size_t>(1, count)) {
  const size_t n = slots_.size();
  std::vector<double> weights(n);
  double sum = 0;
  for (size_t i = 0; i < n; ++i) sum += weights[i] = std::pow(static_cast<double>(i + 1), -skew);
  std::vector<uint32_t> small, large;
  for (size_t i = 0; i < n; ++i) {
    weights[i] *= static_cast<double>(n) / sum;
    (weights[i] < 1 ? small : large).push_back(static_cast<uint32_t>(i));
  }
  while (!small.empty() && !large.empty()) {
    const uint32_t low = small.back();
    const uint32_t high = large.back();
    small.pop_back();
    slots_[low] = {weights[low], high};
    weights[high] -= 1 - weights[low];
    if (weights[high] < 1) {
      large.pop_back();
      small.push_back(high);
    }
  }
}

size_t KeySampler::Sample(SimulationRandom& random) const {
  const size_t at = random.Below(slots_.size());
  return random.Unit() <= slots_[at].keep ? at : slots_[at].other;
}

}  // namespace nubo::simulation
