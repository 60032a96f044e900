// The policies that come with the library: round robin, random, least outstanding requests.
//
//   round_robin                 each endpoint in turn; a new picker goes on where the former one stood
//   random                      each with the same chance
//   least_outstanding_requests  the one with the fewest requests in flight: of all of them while the set is small, of
//   two
//                               drawn at random beyond (power of two choices); ties are broken at random
//
// Example:
//   std::unique_ptr<lb::Policy> policy = lb::MakeLeastOutstandingRequests();
//
// Thread safety: as Policy and Picker say.
#ifndef NUBO_LB_POLICIES_H_
#define NUBO_LB_POLICIES_H_

#include <memory>

#include "nubo/lb/policy.h"

namespace nubo::lb {

inline constexpr absl::string_view kRoundRobin = "round_robin";
inline constexpr absl::string_view kRandom = "random";
inline constexpr absl::string_view kLeastOutstandingRequests = "least_outstanding_requests";

// Up to this many endpoints, the whole set is compared: the queue stays close to one central one, and the scan is still
// cheaper than forwarding a request.
inline constexpr size_t kFullScanMax = 32;

std::unique_ptr<Policy> MakeRoundRobin();
std::unique_ptr<Policy> MakeRandom();
// Sets larger than `full_scan_max` use power of two choices.
std::unique_ptr<Policy> MakeLeastOutstandingRequests(size_t full_scan_max = kFullScanMax);

}  // namespace nubo::lb

#endif  // NUBO_LB_POLICIES_H_
