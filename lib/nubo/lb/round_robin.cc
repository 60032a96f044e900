#include "nubo/lb/round_robin.h"

#include <utility>

#include "nubo/base/status.h"
#include "nubo/lb/picking.h"

namespace nubo::lb {
namespace {

class RoundRobinPicker final : public Picker {
 public:
  RoundRobinPicker(EndpointList endpoints, std::shared_ptr<Turns> turns)
      : endpoints_(std::move(endpoints)), turns_(std::move(turns)) {}

  Picked Pick(const PickRequest& request, absl::BitGenRef) const override {
    const size_t start = turns_->Next() % endpoints_.size();
    return Picked::Of(endpoints_[AllowedFrom(endpoints_, request, start)]);
  }

 private:
  const EndpointList endpoints_;
  const std::shared_ptr<Turns> turns_;
};

class RoundRobin final : public Policy {
 public:
  absl::string_view name() const override { return kRoundRobin; }
  bool uses_weights() const override { return false; }
  absl::StatusOr<std::shared_ptr<const Picker>> Build(EndpointList endpoints) override {
    NUBO_RETURN_IF_ERROR(CheckEndpoints(endpoints));
    return std::make_shared<RoundRobinPicker>(std::move(endpoints), turns_);
  }

 private:
  const std::shared_ptr<Turns> turns_ = std::make_shared<Turns>();
};

}  // namespace

std::unique_ptr<Policy> MakeRoundRobin() { return std::make_unique<RoundRobin>(); }

}  // namespace nubo::lb
