// What an instance may see and do: namespaces, a read-only view of the host, no privileges.
//
// Runs in the shim, between clone and exec. Only POSIX and Linux.
//
// Thread safety: single-threaded.
#ifndef NUBO_DRIVERS_SHIM_SANDBOX_H_
#define NUBO_DRIVERS_SHIM_SANDBOX_H_

#include <string>

#include "nubo/drivers/shim_spec.h"

namespace nubo::drivers {

// Of an attempt to start an instance.
struct Started {
  // The instance's first process as this machine sees it; -1: it could not be started.
  int pid = -1;
  bool isolated = false;
  // Why not isolated, or why not started.
  std::string reason;
  // Tells of the instance's start and end: see Supervisor.
  int status_fd = -1;
};

// Starts the instance: in namespaces of its own if this machine grants them, else as a plain process group.
// Its output goes to `output_fd`.
Started StartInstance(const ShimSpec& spec, int output_fd);

}  // namespace nubo::drivers

#endif  // NUBO_DRIVERS_SHIM_SANDBOX_H_
