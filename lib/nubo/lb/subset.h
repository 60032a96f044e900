// A part of the endpoints for each balancer, and any policy within it.
//
// When to use it: so many balancers and endpoints that a connection from each to each costs too much. Twenty
// endpoints or more in a part keep the load even; fewer do not.
// Guarantees: rendezvous hashing: a balancer's part is the `size` endpoints that rank highest for its seed. When one
// endpoint comes or goes, a part changes by one at most. Over many balancers every endpoint is in as many parts as
// any other, within what is random.
// Cost: a snapshot hashes every id and selects, O(n); a pick is the inner policy's.
// Source: D. Thaler, C. Ravishankar, "A name-based mapping scheme for rendezvous", 1996; as gRPC's random subsetting
// (gRFC A68).
//
// Example:
//   auto policy = lb::MakeSubset(lb::MakeLeastOutstandingRequests(), {.size = 20, .seed = lb::Hash(host_name)});
//
// Thread safety: as Policy and Picker say.
#ifndef NUBO_LB_SUBSET_H_
#define NUBO_LB_SUBSET_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "nubo/lb/policy.h"

namespace nubo::lb {

inline constexpr absl::string_view kSubset = "subset";

struct SubsetOptions {
  // At least 1; a set of no more endpoints is used whole.
  size_t size = 20;
  // Each balancer's own, and the same after it restarts: balancers of one seed all take the same part.
  uint64_t seed = 0;
};

// INVALID_ARGUMENT: no inner policy, or a size of 0.
absl::StatusOr<std::unique_ptr<Policy>> MakeSubset(std::unique_ptr<Policy> inner, const SubsetOptions& options);

// The part itself, highest rank first.
EndpointList SelectSubset(EndpointList endpoints, const SubsetOptions& options);

}  // namespace nubo::lb

#endif  // NUBO_LB_SUBSET_H_
