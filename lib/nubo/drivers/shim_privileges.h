// What a process of an instance gives up before its program runs.
//
// Runs in the shim's children. Only POSIX and Linux: capabilities(7), prctl(2).
//
// Thread safety: single-threaded.
#ifndef NUBO_DRIVERS_SHIM_PRIVILEGES_H_
#define NUBO_DRIVERS_SHIM_PRIVILEGES_H_

#include "nubo/drivers/shim_spec.h"

namespace nubo::drivers {

// Never root, no capabilities, and no way back to either. `from_root`: become the user that `spec` names. What fails is
// reported to `report_fd`, and ends the process.
void DropPrivileges(const ShimSpec& spec, bool from_root, int report_fd);

// Every signal as a new process has it: none blocked, none ignored.
void ResetSignals();

}  // namespace nubo::drivers

#endif  // NUBO_DRIVERS_SHIM_PRIVILEGES_H_
