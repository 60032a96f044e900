// A balancing policy of one's own: the endpoints of the caller's zone first, the others when it has none.
#ifndef EXAMPLES_LB_EXAMPLE_NEAREST_H_
#define EXAMPLES_LB_EXAMPLE_NEAREST_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/random/distributions.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/lb/policy.h"

// [extend]
class Nearest final : public nubo::lb::Policy {
 public:
  explicit Nearest(std::string zone) : zone_(std::move(zone)) {}

  absl::string_view name() const override { return "nearest"; }

  absl::StatusOr<std::shared_ptr<const nubo::lb::Picker>> Build(nubo::lb::EndpointList endpoints) override {
    absl::Status status = nubo::lb::CheckEndpoints(endpoints);
    if (!status.ok()) return status;
    nubo::lb::EndpointList near;
    for (const auto& endpoint : endpoints) {
      if (endpoint->zone == zone_) near.push_back(endpoint);
    }
    return std::make_shared<Snapshot>(near.empty() ? std::move(endpoints) : std::move(near));
  }

 private:
  // Immutable: any number of threads pick from it while the next one is being built.
  class Snapshot final : public nubo::lb::Picker {
   public:
    explicit Snapshot(nubo::lb::EndpointList endpoints) : endpoints_(std::move(endpoints)) {}

    nubo::lb::Picked Pick(const nubo::lb::PickRequest&, absl::BitGenRef rng) const override {
      return nubo::lb::Picked::Of(endpoints_[absl::Uniform<size_t>(rng, 0, endpoints_.size())]);
    }

   private:
    const nubo::lb::EndpointList endpoints_;
  };

  const std::string zone_;
};
// [/extend]

#endif  // EXAMPLES_LB_EXAMPLE_NEAREST_H_
