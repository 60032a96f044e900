// Consistent hashing on a ring: requests of one hash go to one endpoint, and few move when the set changes.
//
// When to use it: endpoints that keep something of those they serve (a cache, a session), whose set changes. Where
// the set is large and shares must be even, maglev.h is. With a load bound, a popular key spills over to the next
// endpoints instead of drowning its own.
// Guarantees: when an endpoint goes only its keys move, each to one that was there; when one comes it takes keys, and
// nobody else does. The exception: the number of points for a unit of weight is a power of two, and keys of all move
// when the set grows or shrinks past the next one (at every doubling). Shares follow the weights, the closer the larger
// the ring. With a bound b no endpoint is chosen that carries b times its share or more already, unless all do.
// Cost: a pick is one search in the ring, O(log ring size); a bound adds the endpoints passed over. A snapshot sorts
// the ring.
// Source: D. Karger et al., "Consistent hashing and random trees", 1997; the ring's sizes and points as gRPC's
// ring_hash (gRFC A42), whose number of points follows the set's size with every change and so moves a few per cent of
// all keys; the bound: V. Mirrokni, M. Thorup, M. Zadimoghaddam, "Consistent hashing with bounded loads", 2018, as
// Envoy's hash_balance_factor.
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

  // Points on the ring: at least `ring_size_min`, as long as `ring_size_max` allows; always one for each endpoint. The
  // maximum is at least twice the minimum if both are to hold for every set.
  size_t ring_size_min = 1024;
  size_t ring_size_max = 4096;
  // 0: none. Else at least 1; usual are 1.2 to 2.
  double load_bound = 0;
};

// INVALID_ARGUMENT: sizes that contradict one another or exceed kRingSizeMax; a bound that is neither 0 nor at least 1.
absl::StatusOr<std::unique_ptr<Policy>> MakeRingHash(const RingHashOptions& options = {});

}  // namespace nubo::lb

#endif  // NUBO_LB_RING_HASH_H_
