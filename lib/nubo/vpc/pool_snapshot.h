// A CidrPool as bytes to store: about three bytes a block, and read back at some million blocks a second.
//
// A snapshot begins with its version, so that a later nubo reads what an earlier one wrote, and ends with a checksum
// over all before it. The same pool gives the same bytes. For people there is pool_text.h.
//
// Example:
//   std::string bytes = Snapshot(pool);
//   CidrPool again = *Restore(bytes);
//
// Thread safety: pure functions.
#ifndef NUBO_VPC_POOL_SNAPSHOT_H_
#define NUBO_VPC_POOL_SNAPSHOT_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/vpc/cidr_pool.h"

namespace nubo::vpc {

inline constexpr int kPoolSnapshotVersion = 1;

std::string Snapshot(const CidrPool& pool);

// INVALID_ARGUMENT: not a snapshot of a pool, or of blocks that cannot be together. FAILED_PRECONDITION: a version that
// this nubo does not know. DATA_LOSS: damaged or cut short.
absl::StatusOr<CidrPool> Restore(absl::string_view bytes);

}  // namespace nubo::vpc

#endif  // NUBO_VPC_POOL_SNAPSHOT_H_
