// Priorities and localities first, any policy within: where a request goes follows from how healthy each place is.
//
// When to use it: endpoints in several zones, or a second line that serves only when the first cannot.
// Guarantees, all Envoy's: a priority gets traffic as long as it has healthy endpoints, times the overprovisioning
// factor; what it cannot take goes to the next one. Within a priority each locality gets the share of its weight times
// its health. Only healthy endpoints are chosen, except in panic: where the priorities together cannot take all of the
// traffic, one with a smaller part of healthy endpoints than the threshold serves with all it has.
// Requests of one hash go to one place, and there to whom the policy within chooses by the hash.
// A target group (target_group.h) hands over its healthy targets alone, without priorities: of all this only the
// weights of localities are left there, and fail-open is its own. Cost: a pick is one draw more than the inner
// policy's; a snapshot builds one inner picker for each place. Source: Envoy, "Priority levels", "Panic threshold",
// "Locality weighted load balancing", "Overprovisioning factor".
//
// Example:
//   auto policy = lb::MakeLocalityWeighted([] { return lb::MakeRoundRobin(); }, {.weights = {{"us-east-1a", 3}}});
//
// Thread safety: as Policy and Picker say.
#ifndef NUBO_LB_LOCALITY_WEIGHTED_H_
#define NUBO_LB_LOCALITY_WEIGHTED_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "nubo/lb/policy.h"

namespace nubo::lb {

inline constexpr absl::string_view kLocalityWeighted = "locality_weighted";

struct LocalityOptions {
  // How much more than its own part the healthy part of a place is trusted with. At least 1.
  double overprovisioning = 1.4;
  // Below this part of healthy endpoints there may be panic. 0 to 1; 0: never.
  double panic_threshold = 0.5;
  // Of a zone; one that is not named weighs as much as its endpoints do together.
  std::map<std::string, double> weights;
};

using PolicyFactory = std::function<std::unique_ptr<Policy>()>;

// INVALID_ARGUMENT: no factory, or one that makes nothing, a factor below 1, a threshold outside 0 to 1, a weight
// outside kWeightMin to kWeightMax.
absl::StatusOr<std::unique_ptr<Policy>> MakeLocalityWeighted(PolicyFactory inner, LocalityOptions options = {});

// What each priority gets, by its number of endpoints and of healthy ones, in the order of priorities.
struct PriorityHealth {
  size_t endpoints = 0;
  size_t healthy = 0;
};
struct PriorityShare {
  // The shares sum up to 1 if there is any endpoint.
  double share = 0;
  bool panic = false;
};
std::vector<PriorityShare> SharePriorities(const std::vector<PriorityHealth>& priorities, double overprovisioning,
                                           double panic_threshold);

}  // namespace nubo::lb

#endif  // NUBO_LB_LOCALITY_WEIGHTED_H_
