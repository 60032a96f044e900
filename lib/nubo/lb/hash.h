// A hash that is the same on every machine, in every process and version: for keys, rings and tables that several
// balancers must agree on.
//
// XXH64 (github.com/Cyan4973/xxHash, doc/xxhash_spec.md), which gRPC's and Envoy's rings use too.
//
// Example:
//   picker->Pick({.hash = lb::Hash(user_id)}, rng);
//
// Thread safety: pure functions.
#ifndef NUBO_LB_HASH_H_
#define NUBO_LB_HASH_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace nubo::lb {

uint64_t Hash(absl::string_view text, uint64_t seed = 0);

// Mixes two hashes into one, in this order.
uint64_t CombineHash(uint64_t first, uint64_t second);

}  // namespace nubo::lb

#endif  // NUBO_LB_HASH_H_
