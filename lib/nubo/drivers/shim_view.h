// What of this machine's files an instance sees, and how its process tells the shim what went wrong before it runs.
//
// Runs in the shim's child, in a mount namespace of its own. Only POSIX and Linux: mount_namespaces(7),
// mount_setattr(2).
//
// Thread safety: single-threaded.
#ifndef NUBO_DRIVERS_SHIM_VIEW_H_
#define NUBO_DRIVERS_SHIM_VIEW_H_

#include <string>

#include "nubo/drivers/shim_spec.h"

namespace nubo::drivers {

// What the new process tells the shim before its program runs; the pipe's end without kFailed means that it does.
// kWithout: it is as isolated as it should be, and goes without something that it was to see.
enum class Word : char { kWithout = 'O', kWeaker = 'W', kNoNamespaces = 'N', kFailed = 'E' };

// Writes one line; errno, if set, is the cause.
void Report(int report_fd, Word word, const std::string& what);

// The same, and ends the process.
[[noreturn]] void Fail(int report_fd, const std::string& what, Word word = Word::kFailed);

// The host read-only, what is private covered, what is the instance's own put back in place. What this machine refuses
// is reported: kNoNamespaces where there can be no such view; where the spec allows less, kWeaker for what only weakens
// it; kWithout for one of its files that cannot be shown. `own_users`: in a user namespace of its own, which is closed
// meanwhile (shim_limits.h).
void BuildView(const ShimSpec& spec, bool own_users, int report_fd);

}  // namespace nubo::drivers

#endif  // NUBO_DRIVERS_SHIM_VIEW_H_
