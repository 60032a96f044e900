#include "nubo/lb/checked_policy.h"

#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"

namespace nubo::lb {
namespace {

class CheckedPicker final : public Picker {
 public:
  CheckedPicker(std::string policy, const EndpointList& endpoints, std::shared_ptr<const Picker> picker)
      : policy_(std::move(policy)), picker_(std::move(picker)) {
    for (const auto& endpoint : endpoints) known_.insert(endpoint.get());
  }

  Picked Pick(const PickRequest& request, absl::BitGenRef rng) const override {
    Picked picked = picker_->Pick(request, rng);
    if (picked.kind() != ChoiceKind::kEndpoint) return picked;
    const Endpoint* endpoint = Peek(picked);
    if (endpoint == nullptr) return Picked::Fail(absl::StrCat("policy ", policy_, " chose no endpoint at all"));
    if (known_.contains(endpoint)) return picked;
    return Picked::Fail(absl::StrCat("policy ", policy_, " chose endpoint \"", endpoint->id,
                                     "\", which is not in its set of ", known_.size()));
  }

 private:
  const std::string policy_;
  const std::shared_ptr<const Picker> picker_;
  absl::flat_hash_set<const Endpoint*> known_;
};

class Checked final : public Policy {
 public:
  explicit Checked(std::unique_ptr<Policy> policy) : policy_(std::move(policy)) {}
  absl::string_view name() const override { return policy_->name(); }
  bool uses_weights() const override { return policy_->uses_weights(); }
  absl::Duration refresh_interval() const override { return policy_->refresh_interval(); }
  absl::StatusOr<std::shared_ptr<const Picker>> Build(EndpointList endpoints) override {
    NUBO_RETURN_IF_ERROR(CheckEndpoints(endpoints));
    NUBO_ASSIGN_OR_RETURN(std::shared_ptr<const Picker> picker, policy_->Build(endpoints));
    if (picker == nullptr) return absl::InternalError(absl::StrCat("policy ", name(), " has built no picker"));
    return std::make_shared<CheckedPicker>(std::string(name()), endpoints, std::move(picker));
  }

 private:
  const std::unique_ptr<Policy> policy_;
};

}  // namespace

std::unique_ptr<Policy> MakeChecked(std::unique_ptr<Policy> policy) {
  return std::make_unique<Checked>(std::move(policy));
}

}  // namespace nubo::lb
