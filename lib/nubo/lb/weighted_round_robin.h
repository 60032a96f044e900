// Each endpoint in turn, as often as its weight says.
//
// When to use it: as round robin, where endpoints differ by known factors. To learn the factors from the endpoints
// themselves see load_reports.h; to have load decide, least_cost.h.
// Guarantees: shares are exact from the first pick on, also when the set or the weights change before every pick: there
// are no deadlines to restart, the counter goes on. Over any stretch of turns one endpoint is ahead of or behind its
// share by less than two picks for each endpoint of its weight. A weight below 1/65535 of the largest counts as that.
// Cost: a pick looks at (largest weight / mean weight) endpoints on average; a snapshot takes one pass over the list.
// Source: the static stride scheduler of gRPC (gRFC A58), whose offsets keep equal endpoints from bunching.
//
// Example:
//   std::unique_ptr<lb::Policy> policy = lb::MakeWeightedRoundRobin();
//
// Thread safety: as Policy and Picker say.
#ifndef NUBO_LB_WEIGHTED_ROUND_ROBIN_H_
#define NUBO_LB_WEIGHTED_ROUND_ROBIN_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "nubo/lb/policy.h"

namespace nubo::lb {

inline constexpr absl::string_view kWeightedRoundRobin = "weighted_round_robin";

std::unique_ptr<Policy> MakeWeightedRoundRobin();

// The schedule below it, for schedules of your own.
class StaticStride {
 public:
  static constexpr uint64_t kMax = 65535;

  // At least one weight, all above zero.
  explicit StaticStride(const std::vector<double>& weights);

  // The index of the next one. `next_turn` counts 0, 1, 2, …, and is asked at least once.
  template <typename NextTurn>
  size_t Pick(NextTurn next_turn) const {
    for (;;) {
      const uint64_t turn = next_turn();
      const size_t index = static_cast<size_t>(turn % weights_.size());
      const uint64_t round = turn / weights_.size() % kMax;
      const uint64_t weight = weights_[index];
      const uint64_t stride = (weight * round + index * kOffset) % kMax;
      if (stride >= kMax - weight) return index;
    }
  }
  const std::vector<uint16_t>& weights() const { return weights_; }

 private:
  static constexpr uint64_t kOffset = kMax / 2;

  std::vector<uint16_t> weights_;
};

}  // namespace nubo::lb

#endif  // NUBO_LB_WEIGHTED_ROUND_ROBIN_H_
