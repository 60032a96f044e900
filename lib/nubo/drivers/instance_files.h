// Files that the driver makes for instances, in directories that instances write to as well.
//
// Thread safety: functions without state of their own.
#ifndef NUBO_DRIVERS_INSTANCE_FILES_H_
#define NUBO_DRIVERS_INSTANCE_FILES_H_

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace nubo::drivers {

// Whom files are given to when this process is root; otherwise they stay its own.
struct Owner {
  uint32_t uid = 0;
  uint32_t gid = 0;
};

// Makes or replaces the file. What stands at `path` is never opened: the instance may have put a link or a pipe there.
// INTERNAL: the system refuses.
absl::Status ReplaceFile(const std::string& path, absl::string_view text, mode_t mode, Owner owner);

// Makes the directory and those above it if they are missing; only `owner` may enter it. INTERNAL: the system refuses.
absl::Status MakeOwnDirectory(const std::string& path, Owner owner);

// The first bytes of a small file; "" if there is none.
std::string ReadSmallFile(const std::string& path);

}  // namespace nubo::drivers

#endif  // NUBO_DRIVERS_INSTANCE_FILES_H_
