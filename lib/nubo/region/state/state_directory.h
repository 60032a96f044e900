// The directory that holds all a region has: whether it may be one, and who has it.
//
// A region removes from its directory what it does not know, so it takes only one that is empty or a region's, and
// only of its own user: whoever owns a directory can put another in its place.
//
// Example:
//   NUBO_RETURN_IF_ERROR(CheckStateDirectory("/home/ada/.local/state/nubo"));
//
// Thread safety: free functions.
#ifndef NUBO_REGION_STATE_STATE_DIRECTORY_H_
#define NUBO_REGION_STATE_STATE_DIRECTORY_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace nubo::region {

// OK also where there is nothing yet. FAILED_PRECONDITION: no directory, or one that holds something else.
// PERMISSION_DENIED: another user's (root takes the directories of who called sudo).
absl::Status CheckStateDirectory(const std::string& path);

// Makes the directory and its run/ if they are missing, and locks run/lock for as long as the descriptor is open.
// Waits up to `patience` for another who has it, and who may remove all of it before ending.
// ALREADY_EXISTS: a region has it. UNAVAILABLE: it cannot be made. Else as CheckStateDirectory.
absl::StatusOr<int> LockStateDirectory(const std::string& path, absl::Duration patience);

// The process that has the lock, as it has written there; 0: nobody has it, or its number is not known.
int LockHolder(const std::string& path);

// Whether the descriptor of the lock is still that of the directory's: else somebody has removed it.
bool HasLock(int lock, const std::string& path);

// Where the region puts what it removes; a directory of this name in a state directory is a region's.
inline constexpr char kTrash[] = "nubo-trash";
// Where a store is kept that could not be read when the region was to end.
inline constexpr char kDamagedStore[] = "damaged-state.db";

// Removes everything but data. The lock goes last: without it nothing else would be known for a region's. INTERNAL:
// something cannot be removed; it stays in the trash, and nothing else does.
absl::Status RemoveStateDirectory(const std::string& path);

}  // namespace nubo::region

#endif  // NUBO_REGION_STATE_STATE_DIRECTORY_H_
