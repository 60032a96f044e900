// The endpoint where the request costs least: of all, or of a few drawn at random. Any cost goes with either.
//
// When to use it: whenever endpoints can be slower or faster than one another for a moment, which is nearly always.
// Of all (full scan) is join-shortest-queue for one balancer; of two drawn at random (power of two choices) comes close
// to it, costs the same at any size, and does not herd: many balancers with views that are a little old do not all
// choose the same endpoint.
// Guarantees: an endpoint that costs more than another one that was drawn is never chosen; ties are broken at random.
// With endpoints to avoid all are looked at, and those only chosen if there is no other. Cost: a pick looks at
// `choices` endpoints, or at all of them; a snapshot is one pass over the list. Source: M. Mitzenmacher, "The power of
// two choices in randomized load balancing", 2001. With 100 servers at 0.9 of their capacity and exponential service
// the mean time is 2.6 service times by two choices, 1.1 by full scan, and 10 at random.
//
// Example:
//   auto policy = lb::MakeLeastCost("peak_ewma", lb::PeakEwma(), {.choices = 2, .full_scan_max = 0});
//
// Thread safety: as Policy and Picker say.
#ifndef NUBO_LB_LEAST_COST_H_
#define NUBO_LB_LEAST_COST_H_

#include <memory>
#include <string>

#include "nubo/lb/cost.h"
#include "nubo/lb/policy.h"

namespace nubo::lb {

inline constexpr absl::string_view kLeastOutstandingRequests = "least_outstanding_requests";
inline constexpr absl::string_view kLeastRequest = "least_request";
inline constexpr absl::string_view kPeakEwma = "peak_ewma";

// Up to this many endpoints, the whole set is compared: the queue stays close to one central one, and the scan is still
// cheaper than forwarding a request.
inline constexpr size_t kFullScanMax = 32;

struct LeastCostOptions {
  // How many are drawn: two different ones, or more that may repeat. At least 1.
  size_t choices = 2;
  // Sets up to this size are looked at whole.
  size_t full_scan_max = kFullScanMax;
};

std::unique_ptr<Policy> MakeLeastCost(std::string name, std::shared_ptr<const Cost> cost,
                                      LeastCostOptions options = {});

// By requests in flight alone: AWS's least outstanding requests.
std::unique_ptr<Policy> MakeLeastOutstandingRequests(size_t full_scan_max = kFullScanMax);

}  // namespace nubo::lb

#endif  // NUBO_LB_LEAST_COST_H_
