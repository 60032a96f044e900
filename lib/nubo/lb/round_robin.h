// Each endpoint in turn.
//
// When to use it: requests cost about the same, endpoints are equal, and there are few balancers. It knows nothing of
// load, so a slow endpoint keeps getting its share; at 0.9 of capacity with random arrivals and service times its p99
// is several times that of power of two choices (docs/guides/balancing-policies.md).
// Guarantees: for one thread, n picks choose each of n endpoints once; a new picker goes on where the former one stood.
// Cost: a pick is one addition on a counter that other threads rarely share; a snapshot is the list itself.
//
// Example:
//   std::unique_ptr<lb::Policy> policy = lb::MakeRoundRobin();
//
// Thread safety: as Policy and Picker say.
#ifndef NUBO_LB_ROUND_ROBIN_H_
#define NUBO_LB_ROUND_ROBIN_H_

#include <memory>

#include "nubo/lb/policy.h"

namespace nubo::lb {

inline constexpr absl::string_view kRoundRobin = "round_robin";

std::unique_ptr<Policy> MakeRoundRobin();

}  // namespace nubo::lb

#endif  // NUBO_LB_ROUND_ROBIN_H_
