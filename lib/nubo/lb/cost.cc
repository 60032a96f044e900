#include "nubo/lb/cost.h"

#include <cmath>

namespace nubo::lb {
namespace {

// More than any latency in nanoseconds.
constexpr double kUnknown = 4e18;

class Outstanding final : public Cost {
 public:
  double Of(const Endpoint& endpoint, absl::Time) const override {
    return static_cast<double>(endpoint.load->in_flight());
  }
};

class Weighted final : public Cost {
 public:
  explicit Weighted(double bias) : bias_(bias) {}
  double Of(const Endpoint& endpoint, absl::Time) const override {
    const double active = static_cast<double>(endpoint.load->in_flight()) + 1;
    return (bias_ == 1 ? active : std::pow(active, bias_)) / endpoint.weight;
  }

 private:
  const double bias_;
};

class Peak final : public Cost {
 public:
  double Of(const Endpoint& endpoint, absl::Time now) const override {
    const double in_flight = static_cast<double>(endpoint.load->in_flight());
    const double peak = endpoint.load->PeakLatency(now);
    if (peak == 0) return in_flight == 0 ? 0 : kUnknown * (in_flight + 1) / endpoint.weight;
    return peak * (in_flight + 1) / endpoint.weight;
  }
};

}  // namespace

std::shared_ptr<const Cost> OutstandingRequests() { return std::make_shared<Outstanding>(); }
std::shared_ptr<const Cost> WeightedOutstanding(double bias) { return std::make_shared<Weighted>(bias); }
std::shared_ptr<const Cost> PeakEwma() { return std::make_shared<Peak>(); }

}  // namespace nubo::lb
