// Consistent hashing on a ring: requests of one hash go to one endpoint, and few move when the set changes.
//
// When to use it: endpoints that keep something of those they serve (a cache, a session), whose set changes. Where the
// set is large and shares must be even, maglev.h is. With a load bound, a popular key spills over to the next endpoints
// instead of drowning its own.
// Guarantees: when one of n endpoints goes only its keys move, each to one that was there; shares follow the weights,
// the closer the larger the ring. With a bound b no endpoint is chosen that carries b times its share or more already,
// unless all do.
// Cost: a pick is one search in the ring, O(log ring size); a bound adds the endpoints passed over. A snapshot sorts
// the ring. Source: D. Karger et al., 1997; the sizes of the ring and its points as gRPC's ring_hash (gRFC A42); the
// bound: V. Mirrokni, M. Thorup, M. Zadimoghaddam, "Consistent hashing with bounded loads", 2018, as Envoy's
// hash_balance_factor.
//
// Example:
//   auto policy = lb::MakeRingHash({.load_bound = 1.25});
//   picker->Pick({.hash = lb::Hash(session)}, rng);
//
// Thread safety: as Policy and Picker say.
#ifndef NUBO_LB_RING_HASH_H_
#define NUBO_LB_RING_HASH_H_

#include <memory>

#include "absl/status/statusor.h"
#include "nubo/lb/policy.h"

namespace nubo::lb {

inline constexpr absl::string_view kRingHash = "ring_hash";

struct RingHashOptions {
  static constexpr size_t kRingSizeMax = 8 << 20;

  // Points on the ring: at least `ring_size_min` if every endpoint is to have its exact share of them, never more than
  // `ring_size_max`, but always one for each endpoint.
  size_t ring_size_min = 1024;
  size_t ring_size_max = 4096;
  // 0: none. Else at least 1; usual are 1.2 to 2.
  double load_bound = 0;
};

// INVALID_ARGUMENT: sizes that contradict one another or exceed kRingSizeMax; a bound that is neither 0 nor at least 1.
absl::StatusOr<std::unique_ptr<Policy>> MakeRingHash(const RingHashOptions& options = {});

}  // namespace nubo::lb

#endif  // NUBO_LB_RING_HASH_H_
