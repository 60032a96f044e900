// Probing to reduce queueing and latency: endpoints are asked how they are, in small numbers and ahead of time, and the
// best answer at hand decides.
//
// When to use it: many balancers in front of many endpoints, where what one balancer has in flight says little about an
// endpoint, and where answers to probes can come from the endpoints themselves. With only its own figures to go by (the
// default probe) a balancer gains what it sees.
// Guarantees: an endpoint is hot if its requests in flight exceed those of `hot_quantile` of the endpoints probed
// lately. Of the probes at hand the cold one of lowest latency is chosen; if all are hot, the one with the fewest
// requests in flight. Without a probe at hand the choice is random. A probe is used `uses` times at most, and for
// `age_max`.
// Cost: a pick draws `probes_per_pick` probes and takes a lock for the pool; the pool has `pool_max` entries at most.
// Source: B. Wydrowski, R. Kleinberg, S. M. Rumble, A. Archer, "Load is not what you should balance:
// introducing Prequal", NSDI 2024. The pool, the rule and the defaults are the paper's.
//
// Example, with answers that come from elsewhere:
//   auto policy = lb::MakePrequal({.probe = [&](const lb::Endpoint& e, absl::Time) { return agent.Ask(e.id); }});
//
// Thread safety: as Policy and Picker say; the probe function is called from any thread.
#ifndef NUBO_LB_PREQUAL_H_
#define NUBO_LB_PREQUAL_H_

#include <functional>
#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "nubo/lb/policy.h"

namespace nubo::lb {

inline constexpr absl::string_view kPrequal = "prequal";

struct ProbeAnswer {
  double in_flight = 0;
  // Of a request that would begin now.
  absl::Duration latency;
};

struct PrequalOptions {
  static constexpr size_t kPoolMax = 16;

  size_t probes_per_pick = 3;
  size_t pool_max = kPoolMax;
  // Removed from the pool after each pick: by turns the worst and the oldest.
  size_t removed_per_pick = 1;
  double hot_quantile = 0.84;
  absl::Duration age_max = absl::Seconds(1);
  int uses = 1;
  // What is known of the endpoint; nothing: no answer. By default what this balancer has in flight there, and how long
  // requests have taken that met as many (latency_by_load.h).
  std::function<std::optional<ProbeAnswer>(const Endpoint&, absl::Time now)> probe;
};

// INVALID_ARGUMENT: no probes, an empty pool or one above kPoolMax, a quantile outside 0 to 1, no uses.
absl::StatusOr<std::unique_ptr<Policy>> MakePrequal(PrequalOptions options = {});

}  // namespace nubo::lb

#endif  // NUBO_LB_PREQUAL_H_
