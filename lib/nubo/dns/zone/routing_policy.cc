#include "nubo/dns/zone/routing_policy.h"

#include "absl/random/distributions.h"

namespace nubo::dns {
namespace {

// Chooses by weight among the sets that `counts` accepts; null if their weights add up to nothing.
template <typename Counts, typename Weight>
const RecordSet* Draw(absl::Span<const RecordSet> sets, absl::BitGenRef rng, Counts counts, Weight weight) {
  uint64_t total = 0;
  for (const RecordSet& set : sets) total += counts(set) ? weight(set) : 0;
  if (total == 0) return nullptr;
  uint64_t at = absl::Uniform<uint64_t>(rng, 0, total);
  for (const RecordSet& set : sets) {
    const uint64_t share = counts(set) ? weight(set) : 0;
    if (at < share) return &set;
    at -= share;
  }
  return nullptr;
}

}  // namespace

bool IsHealthy(const RecordSet& set, const HealthView* health) {
  if (health == nullptr) return true;
  if (!set.health_check_id.empty() && !health->CheckHealthy(set.health_check_id)) return false;
  return !set.alias.has_value() || !set.alias->evaluate_target_health || health->TargetHealthy(set.alias->target);
}

const RecordSet& WeightedPolicy::Choose(absl::Span<const RecordSet> sets, const RoutingContext& context) const {
  if (sets.size() == 1) return sets[0];
  const auto healthy = [&](const RecordSet& set) { return IsHealthy(set, context.health); };
  const auto any = [](const RecordSet&) { return true; };
  const auto weight = [](const RecordSet& set) -> uint64_t { return set.weight.value_or(1); };
  const auto even = [](const RecordSet&) -> uint64_t { return 1; };
  // By weight among the healthy; the healthy are all of weight 0: evenly among them; none is healthy: as if all were.
  if (const RecordSet* set = Draw(sets, context.rng, healthy, weight)) return *set;
  if (const RecordSet* set = Draw(sets, context.rng, healthy, even)) return *set;
  if (const RecordSet* set = Draw(sets, context.rng, any, weight)) return *set;
  return *Draw(sets, context.rng, any, even);
}

}  // namespace nubo::dns
