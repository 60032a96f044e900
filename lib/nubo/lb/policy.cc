#include "nubo/lb/policy.h"

#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"

namespace nubo::lb {
namespace {

class FixedPicker final : public Picker {
 public:
  FixedPicker(ChoiceKind kind, std::string reason) : kind_(kind), reason_(std::move(reason)) {}
  Picked Pick(const PickRequest&, absl::BitGenRef) const override {
    return kind_ == ChoiceKind::kWait ? Picked::Wait(reason_) : Picked::Fail(reason_);
  }

 private:
  const ChoiceKind kind_;
  const std::string reason_;
};

}  // namespace

absl::Status CheckEndpoints(const EndpointList& endpoints) {
  if (endpoints.empty()) {
    return absl::InvalidArgumentError("the endpoint set is empty; a picker needs at least one endpoint");
  }
  absl::flat_hash_set<absl::string_view> ids;
  absl::flat_hash_set<net::SocketAddress> addresses;
  for (size_t i = 0; i < endpoints.size(); ++i) {
    if (endpoints[i] == nullptr) return absl::InvalidArgumentError(absl::StrCat("endpoint ", i, " of the set is null"));
    const Endpoint& endpoint = *endpoints[i];
    if (endpoint.load == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat("endpoint \"", endpoint.id, "\" has no load to count on"));
    }
    if (!ids.insert(endpoint.id).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("two endpoints have the id \"", endpoint.id, "\"; ids must be unique within a set"));
    }
    if (!addresses.insert(endpoint.address).second) {
      return absl::InvalidArgumentError(absl::StrCat("endpoint \"", endpoint.id, "\" shares its address ",
                                                     endpoint.address.ToString(), " with another of the set"));
    }
    if (!IsWeight(endpoint.weight)) {
      return absl::InvalidArgumentError(absl::StrCat("endpoint \"", endpoint.id, "\" has the weight ", endpoint.weight,
                                                     "; it must be from ", kWeightMin, " to ", kWeightMax));
    }
  }
  return absl::OkStatus();
}

std::shared_ptr<const Picker> AlwaysWait(std::string reason) {
  return std::make_shared<FixedPicker>(ChoiceKind::kWait, std::move(reason));
}

std::shared_ptr<const Picker> AlwaysFail(std::string reason) {
  return std::make_shared<FixedPicker>(ChoiceKind::kFail, std::move(reason));
}

}  // namespace nubo::lb
