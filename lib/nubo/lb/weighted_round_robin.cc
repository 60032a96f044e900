#include "nubo/lb/weighted_round_robin.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "nubo/base/status.h"
#include "nubo/lb/picking.h"

namespace nubo::lb {
namespace {

std::vector<double> WeightsOf(const EndpointList& endpoints) {
  std::vector<double> weights;
  weights.reserve(endpoints.size());
  for (const auto& endpoint : endpoints) weights.push_back(endpoint->weight);
  return weights;
}

class WeightedRoundRobinPicker final : public Picker {
 public:
  WeightedRoundRobinPicker(EndpointList endpoints, std::shared_ptr<Turns> turns)
      : stride_(WeightsOf(endpoints)), endpoints_(std::move(endpoints)), turns_(std::move(turns)) {}

  Picked Pick(const PickRequest& request, absl::BitGenRef) const override {
    const size_t at = stride_.Pick([this] { return turns_->Next(); });
    return Picked::Of(endpoints_[AllowedFrom(endpoints_, request, at)]);
  }

 private:
  const StaticStride stride_;
  const EndpointList endpoints_;
  const std::shared_ptr<Turns> turns_;
};

class WeightedRoundRobin final : public Policy {
 public:
  absl::string_view name() const override { return kWeightedRoundRobin; }
  absl::StatusOr<std::shared_ptr<const Picker>> Build(EndpointList endpoints) override {
    NUBO_RETURN_IF_ERROR(CheckEndpoints(endpoints));
    return std::make_shared<WeightedRoundRobinPicker>(std::move(endpoints), turns_);
  }

 private:
  const std::shared_ptr<Turns> turns_ = std::make_shared<Turns>();
};

}  // namespace

StaticStride::StaticStride(const std::vector<double>& weights) {
  const double largest = *std::max_element(weights.begin(), weights.end());
  weights_.reserve(weights.size());
  for (const double weight : weights) {
    const double scaled = std::round(weight / largest * static_cast<double>(kMax));
    weights_.push_back(static_cast<uint16_t>(std::max(1.0, scaled)));
  }
}

std::unique_ptr<Policy> MakeWeightedRoundRobin() { return std::make_unique<WeightedRoundRobin>(); }

}  // namespace nubo::lb
