// An endpoint drawn at random, evenly or by weight.
//
// When to use it: many balancers that know nothing of one another and must not march in step; weighted_random is what
// AWS's load balancers call weighted random routing. It knows nothing of load.
// Guarantees: every draw is independent, with exactly the share of the weight.
// Cost: a pick is one draw and, by weight, one look into a table; a snapshot takes two passes over the list.
// Source: the alias method: A. J. Walker, 1977; built as M. D. Vose, "A linear algorithm for generating random numbers
// with a given distribution", 1991.
//
// Example:
//   std::unique_ptr<lb::Policy> policy = lb::MakeWeightedRandom();
//
// Thread safety: as Policy and Picker say.
#ifndef NUBO_LB_RANDOM_H_
#define NUBO_LB_RANDOM_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "nubo/lb/policy.h"

namespace nubo::lb {

inline constexpr absl::string_view kRandom = "random";
inline constexpr absl::string_view kWeightedRandom = "weighted_random";

std::unique_ptr<Policy> MakeRandom();
std::unique_ptr<Policy> MakeWeightedRandom();

// Draws from a fixed distribution in constant time.
class AliasTable {
 public:
  // At least one weight, none below zero, one above.
  explicit AliasTable(const std::vector<double>& weights);
  size_t Pick(uint64_t random_bits) const;

 private:
  struct Slot {
    // In 2^32 parts: below it the slot's own index, else the alias.
    uint32_t threshold;
    uint32_t alias;
  };
  std::vector<Slot> slots_;
};

}  // namespace nubo::lb

#endif  // NUBO_LB_RANDOM_H_
