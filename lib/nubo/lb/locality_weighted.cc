#include "nubo/lb/locality_weighted.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/lb/hash.h"
#include "nubo/lb/picking.h"
#include "nubo/lb/random.h"

namespace nubo::lb {
namespace {

constexpr uint64_t kPlaceSeed = 1;

struct Locality {
  EndpointList all;
  EndpointList healthy;
};
using Localities = std::map<std::string, Locality>;

// Healthy enough to take its whole share, or part of it.
double HealthOf(size_t healthy, size_t endpoints, double overprovisioning) {
  if (endpoints == 0) return 0;
  return std::min(1.0, overprovisioning * static_cast<double>(healthy) / static_cast<double>(endpoints));
}

struct Place {
  double share;
  std::shared_ptr<const Picker> picker;
};

class PlacesPicker final : public Picker {
 public:
  explicit PlacesPicker(std::vector<Place> places) : table_(SharesOf(places)), places_(std::move(places)) {}

  Picked Pick(const PickRequest& request, absl::BitGenRef rng) const override {
    // Mixed, because the policy within looks at the same bits.
    const uint64_t bits = request.hash.has_value() ? CombineHash(*request.hash, kPlaceSeed) : Draw(rng);
    const size_t first = table_.Pick(bits);
    Picked picked = places_[first].picker->Pick(request, rng);
    if (request.avoid.empty() || !Tried(request, picked)) return picked;
    // The whole place has been tried: another one may have what this one has not.
    for (size_t i = 1; i < places_.size(); ++i) {
      Picked other = places_[(first + i) % places_.size()].picker->Pick(request, rng);
      if (!Tried(request, other)) return other;
    }
    return picked;
  }

 private:
  static std::vector<double> SharesOf(const std::vector<Place>& places) {
    std::vector<double> shares;
    for (const Place& place : places) shares.push_back(place.share);
    return shares;
  }
  static bool Tried(const PickRequest& request, const Picked& picked) {
    return picked.kind() != ChoiceKind::kEndpoint || Avoided(request, *Peek(picked));
  }

  const AliasTable table_;
  const std::vector<Place> places_;
};

class LocalityWeighted final : public Policy {
 public:
  LocalityWeighted(PolicyFactory inner, LocalityOptions options)
      : LocalityWeighted(inner, std::move(options), *inner()) {}

  absl::string_view name() const override { return kLocalityWeighted; }
  bool uses_weights() const override { return uses_weights_; }
  absl::Duration refresh_interval() const override { return refresh_interval_; }

  absl::StatusOr<std::shared_ptr<const Picker>> Build(EndpointList endpoints) override {
    NUBO_RETURN_IF_ERROR(CheckEndpoints(endpoints));
    std::map<int, Localities> priorities;
    for (auto& endpoint : endpoints) {
      Locality& locality = priorities[endpoint->priority][endpoint->zone];
      if (endpoint->healthy) locality.healthy.push_back(endpoint);
      locality.all.push_back(std::move(endpoint));
    }
    std::vector<PriorityHealth> health;
    for (const auto& [priority, localities] : priorities) health.push_back(HealthIn(localities));
    const std::vector<PriorityShare> shares =
        SharePriorities(health, options_.overprovisioning, options_.panic_threshold);
    std::erase_if(policies_, [&](const auto& place) {
      const auto there = priorities.find(place.first.first);
      return there == priorities.end() || !there->second.contains(place.first.second);
    });
    std::vector<Place> places;
    size_t at = 0;
    for (const auto& [priority, localities] : priorities) {
      NUBO_RETURN_IF_ERROR(AddPlaces(priority, localities, shares[at++], places));
    }
    if (places.empty()) return AlwaysFail("no endpoint is healthy, and panic is off");
    return std::make_shared<PlacesPicker>(std::move(places));
  }

 private:
  // `one` is like those that it will make.
  LocalityWeighted(PolicyFactory inner, LocalityOptions options, const Policy& one)
      : inner_(std::move(inner)),
        options_(std::move(options)),
        refresh_interval_(one.refresh_interval()),
        uses_weights_(one.uses_weights()) {}

  static PriorityHealth HealthIn(const Localities& localities) {
    PriorityHealth health;
    for (const auto& [zone, locality] : localities) {
      health.endpoints += locality.all.size();
      health.healthy += locality.healthy.size();
    }
    return health;
  }

  double WeightOf(const std::string& zone, const Locality& locality, bool panic) const {
    double weight = 0;
    const auto named = options_.weights.find(zone);
    for (const auto& endpoint : locality.all) weight += endpoint->weight;
    if (named != options_.weights.end()) weight = named->second;
    if (panic) return weight;
    return weight * HealthOf(locality.healthy.size(), locality.all.size(), options_.overprovisioning);
  }

  absl::Status AddPlaces(int priority, const Localities& localities, const PriorityShare& share,
                         std::vector<Place>& places) {
    double total = 0;
    for (const auto& [zone, locality] : localities) total += WeightOf(zone, locality, share.panic);
    if (share.share <= 0 || total <= 0) return absl::OkStatus();
    for (const auto& [zone, locality] : localities) {
      const double weight = WeightOf(zone, locality, share.panic);
      if (weight <= 0) continue;
      std::unique_ptr<Policy>& policy = policies_[{priority, zone}];
      if (policy == nullptr) policy = inner_();
      NUBO_ASSIGN_OR_RETURN(auto picker, policy->Build(share.panic ? locality.all : locality.healthy));
      places.push_back({share.share * weight / total, std::move(picker)});
    }
    return absl::OkStatus();
  }

  const PolicyFactory inner_;
  const LocalityOptions options_;
  const absl::Duration refresh_interval_;
  const bool uses_weights_;
  // Kept, since a policy may remember whose turn it is. Only of places that are there.
  std::map<std::pair<int, std::string>, std::unique_ptr<Policy>> policies_;
};

}  // namespace

std::vector<PriorityShare> SharePriorities(const std::vector<PriorityHealth>& priorities, double overprovisioning,
                                           double panic_threshold) {
  std::vector<double> health;
  double available = 0, endpoints = 0;
  for (const PriorityHealth& priority : priorities) {
    health.push_back(HealthOf(priority.healthy, priority.endpoints, overprovisioning));
    available += health.back();
    endpoints += static_cast<double>(priority.endpoints);
  }
  std::vector<PriorityShare> shares(priorities.size());
  const double normal = std::min(1.0, available);
  double left = 1;
  for (size_t i = 0; i < priorities.size(); ++i) {
    const double own = static_cast<double>(priorities[i].endpoints);
    const double part = own > 0 ? static_cast<double>(priorities[i].healthy) / own : 0;
    shares[i].panic = normal < 1 && own > 0 && part < panic_threshold;
    // Where nothing is healthy at all, size decides.
    const double wanted = normal > 0 ? health[i] / normal : (endpoints > 0 ? own / endpoints : 0);
    shares[i].share = std::min(left, wanted);
    left -= shares[i].share;
  }
  // In total panic, too.
  const bool all_panic = std::all_of(shares.begin(), shares.end(), [&](const PriorityShare& share) {
    return share.panic || priorities[static_cast<size_t>(&share - shares.data())].endpoints == 0;
  });
  for (size_t i = 0; all_panic && endpoints > 0 && i < priorities.size(); ++i) {
    shares[i].share = static_cast<double>(priorities[i].endpoints) / endpoints;
  }
  return shares;
}

absl::StatusOr<std::unique_ptr<Policy>> MakeLocalityWeighted(PolicyFactory inner, LocalityOptions options) {
  if (!inner || inner() == nullptr) {
    return absl::InvalidArgumentError("locality weighting needs a policy that chooses within a locality");
  }
  if (!(options.overprovisioning >= 1 && std::isfinite(options.overprovisioning))) {
    return absl::InvalidArgumentError(
        absl::StrCat("an overprovisioning factor of ", options.overprovisioning, " cannot be; it is at least 1"));
  }
  if (!(options.panic_threshold >= 0 && options.panic_threshold <= 1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("a panic threshold of ", options.panic_threshold, " cannot be; it is a part, from 0 to 1"));
  }
  for (const auto& [zone, weight] : options.weights) {
    if (!IsWeight(weight)) {
      return absl::InvalidArgumentError(absl::StrCat("locality \"", zone, "\" has the weight ", weight,
                                                     "; it must be from ", kWeightMin, " to ", kWeightMax));
    }
  }
  return std::make_unique<LocalityWeighted>(std::move(inner), std::move(options));
}

}  // namespace nubo::lb
