// Small files, whole or not at all.
//
// Example:
//   NUBO_RETURN_IF_ERROR(base::ReplaceFile("/state/config", bytes, 0600));
//
// Thread safety: functions without state of their own. They block.
#ifndef NUBO_BASE_FILES_H_
#define NUBO_BASE_FILES_H_

#include <sys/types.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nubo::base {

// Whom a file is given to when this is root.
struct FileOwner {
  uid_t uid = 0;
  gid_t gid = 0;
};

// A reader sees the former content or the new one. What stands at `path` is never opened: whoever else writes to its
// directory may have put a link or a pipe there. A crash of the machine may leave either. INTERNAL: it cannot be
// written; the former content stays.
absl::Status ReplaceFile(const std::string& path, absl::string_view content, mode_t mode, FileOwner owner);
// Stays this user's.
absl::Status ReplaceFile(const std::string& path, absl::string_view content, mode_t mode);

// NOT_FOUND: there is none. RESOURCE_EXHAUSTED: more than `bytes_max`. INTERNAL: it cannot be read. Links are not
// followed.
absl::StatusOr<std::string> ReadFile(const std::string& path, size_t bytes_max);

}  // namespace nubo::base

#endif  // NUBO_BASE_FILES_H_
