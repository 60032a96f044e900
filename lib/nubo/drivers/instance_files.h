// Directories that the driver makes for instances.
//
// Thread safety: functions without state of their own.
#ifndef NUBO_DRIVERS_INSTANCE_FILES_H_
#define NUBO_DRIVERS_INSTANCE_FILES_H_

#include <string>

#include "absl/status/status.h"
#include "nubo/base/files.h"

namespace nubo::drivers {

// Makes the directory and those above it if they are missing; only `owner` may enter it. INTERNAL: the system refuses.
absl::Status MakeOwnDirectory(const std::string& path, base::FileOwner owner);

}  // namespace nubo::drivers

#endif  // NUBO_DRIVERS_INSTANCE_FILES_H_
