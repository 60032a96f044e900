// Consistent hashing by a lookup table: even shares, constant time.
//
// When to use it: as ring_hash.h, for many endpoints, or many picks a second, or where shares must be even. A few
// more keys move than must when the set changes.
// Guarantees: shares differ from the weights' by about one in (table size / endpoints). When one of 1,000 endpoints
// goes from a table of 65,537, about 0.6 % of the other endpoints' keys move. The table depends on the ids and
// weights alone, not on their order. Each endpoint has a place, however light it is.
// Cost: a pick is one multiplication and one look into the table, 4 bytes an entry; a snapshot fills the table, in
// O(size · log size) on average, whatever the weights.
// Source: D. Eisenbud et al., "Maglev: a fast and reliable software network load balancer", NSDI 2016, §3.4; weights
// as Envoy has them.
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(auto policy, lb::MakeMaglev({.table_size = 5003}));
//
// Thread safety: as Policy and Picker say.
#ifndef NUBO_LB_MAGLEV_H_
#define NUBO_LB_MAGLEV_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "nubo/lb/policy.h"

namespace nubo::lb {

inline constexpr absl::string_view kMaglev = "maglev";

struct MaglevOptions {
  static constexpr uint32_t kTableSizeMax = 5000011;

  // Prime, at most kTableSizeMax; a hundred times the endpoints keeps shares within a percent.
  uint32_t table_size = 65537;
};

// INVALID_ARGUMENT: a table size that is no prime, or too large. Its Build, too: more endpoints than the table has room
// for.
absl::StatusOr<std::unique_ptr<Policy>> MakeMaglev(const MaglevOptions& options = {});

// For each place of a table of that size the index of its endpoint.
std::vector<uint32_t> MaglevTable(const EndpointList& endpoints, uint32_t table_size);

}  // namespace nubo::lb

#endif  // NUBO_LB_MAGLEV_H_
