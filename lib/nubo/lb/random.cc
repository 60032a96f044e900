#include "nubo/lb/random.h"

#include <numeric>
#include <utility>

#include "nubo/base/status.h"
#include "nubo/lb/picking.h"

namespace nubo::lb {
namespace {

// The weight that a draw counts, by policy.
using WeightOf = double (*)(const Endpoint&);

double Even(const Endpoint&) { return 1; }
double ByWeight(const Endpoint& endpoint) { return endpoint.weight; }

AliasTable TableOf(const EndpointList& endpoints, WeightOf weight_of) {
  std::vector<double> weights;
  weights.reserve(endpoints.size());
  for (const auto& endpoint : endpoints) weights.push_back(weight_of(*endpoint));
  return AliasTable(weights);
}

class RandomPicker final : public Picker {
 public:
  RandomPicker(EndpointList endpoints, WeightOf weight_of)
      : table_(TableOf(endpoints, weight_of)), endpoints_(std::move(endpoints)), weight_of_(weight_of) {}

  Picked Pick(const PickRequest& request, absl::BitGenRef rng) const override {
    const uint64_t bits = Draw(rng);
    if (!request.avoid.empty()) return Picked::Of(endpoints_[PickAllowed(request, ToUnit(bits))]);
    return Picked::Of(endpoints_[table_.Pick(bits)]);
  }

 private:
  // Among those that are left the shares are as before; going on from a tried one would favour its neighbour.
  size_t PickAllowed(const PickRequest& request, double unit) const {
    double total = 0;
    for (const auto& endpoint : endpoints_) total += Avoided(request, *endpoint) ? 0 : weight_of_(*endpoint);
    const bool any = total > 0;
    if (!any) {
      for (const auto& endpoint : endpoints_) total += weight_of_(*endpoint);
    }
    double left = unit * total;
    size_t last = 0;
    for (size_t i = 0; i < endpoints_.size(); ++i) {
      if (any && Avoided(request, *endpoints_[i])) continue;
      last = i;
      left -= weight_of_(*endpoints_[i]);
      if (left < 0) break;
    }
    return last;
  }

  const AliasTable table_;
  const EndpointList endpoints_;
  const WeightOf weight_of_;
};

class Random final : public Policy {
 public:
  Random(absl::string_view name, WeightOf weight_of) : name_(name), weight_of_(weight_of) {}
  absl::string_view name() const override { return name_; }
  bool uses_weights() const override { return weight_of_ == ByWeight; }
  absl::StatusOr<std::shared_ptr<const Picker>> Build(EndpointList endpoints) override {
    NUBO_RETURN_IF_ERROR(CheckEndpoints(endpoints));
    return std::make_shared<RandomPicker>(std::move(endpoints), weight_of_);
  }

 private:
  const absl::string_view name_;
  const WeightOf weight_of_;
};

}  // namespace

AliasTable::AliasTable(const std::vector<double>& weights) : slots_(weights.size()) {
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  std::vector<double> shares;
  std::vector<uint32_t> small, large;
  for (uint32_t i = 0; i < weights.size(); ++i) {
    shares.push_back(weights[i] / total * static_cast<double>(weights.size()));
    (shares[i] < 1 ? small : large).push_back(i);
  }
  // Each slot has room for one share; what a small one leaves is given to a large one.
  while (!small.empty() && !large.empty()) {
    const uint32_t less = small.back(), more = large.back();
    small.pop_back();
    slots_[less] = {static_cast<uint32_t>(shares[less] * 0x1p32), more};
    shares[more] -= 1 - shares[less];
    if (shares[more] >= 1) continue;
    large.pop_back();
    small.push_back(more);
  }
  // Whole, but for rounding.
  for (const std::vector<uint32_t>* rest : {&small, &large}) {
    for (const uint32_t i : *rest) slots_[i] = {UINT32_MAX, i};
  }
}

size_t AliasTable::Pick(uint64_t random_bits) const {
  const size_t index = Scale(static_cast<uint32_t>(random_bits >> 32), slots_.size());
  const Slot& slot = slots_[index];
  return static_cast<uint32_t>(random_bits) < slot.threshold ? index : slot.alias;
}

std::unique_ptr<Policy> MakeRandom() { return std::make_unique<Random>(kRandom, Even); }
std::unique_ptr<Policy> MakeWeightedRandom() { return std::make_unique<Random>(kWeightedRandom, ByWeight); }

}  // namespace nubo::lb
