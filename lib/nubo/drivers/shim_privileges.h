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

// What DropPrivileges() leaves open: the user's keys, the filter of system calls, and the abstract sockets of this
// machine, where it can keep them apart. The last thing before the program runs, or starts others. What fails is
// reported, and ends the process, unless the spec says that it may run without.
void Harden(const ShimSpec& spec, int report_fd);

// Nobody may look into this process: not its memory, environment, descriptors, directories or program (proc(5)), until
// it runs another program.
void HideFromOthers();

// Every signal as a new process has it: none blocked, none ignored.
void ResetSignals();

}  // namespace nubo::drivers

#endif  // NUBO_DRIVERS_SHIM_PRIVILEGES_H_
