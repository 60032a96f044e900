// What an instance may see and do: namespaces, a read-only view of the host, no privileges.
//
// Runs in the shim, between clone and exec. Only POSIX and Linux: user_namespaces(7), pid_namespaces(7),
// mount_setattr(2).
//
// Thread safety: single-threaded.
#ifndef NUBO_DRIVERS_SHIM_SANDBOX_H_
#define NUBO_DRIVERS_SHIM_SANDBOX_H_

#include <map>
#include <string>

#include "nubo/drivers/shim_network.h"
#include "nubo/drivers/shim_spec.h"

namespace nubo::drivers {

// Of an attempt to start an instance.
struct Started {
  // The instance's first process as this machine sees it; -1: it could not be started.
  int pid = -1;
  bool isolated = false;
  // Why it is not isolated, or in part only, or what it goes without; or why it was not started.
  std::string reason;
  // Where process 1 of the instance writes how the main process ended, as "X STATUS"; -1: the first process is the main
  // one, and its own status counts.
  int status_fd = -1;
};

// What a process gets from its predecessor: it finds listening sockets from descriptor 3 on, as LISTEN_FDS and
// LISTEN_PID say (sd_listen_fds(3)), and in NUBO_FD_STORE the number of the socket on which it hands over its own. The
// caller keeps its copies.
struct Handed {
  // By their names, which are in LISTEN_FDNAMES, without colons.
  std::map<std::string, int> held;
  // -1: nobody takes any.
  int store = -1;
};

// Starts the instance and returns once its program runs, or did not come to run: in namespaces of its own. Where this
// machine does not grant all that isolates it, it is not started, or, if its spec says that it may, as a plain process.
// Its output goes to `output_fd`. Without a program all is tried but running one: the process ends with status 0.
// Its network is the machine's, or the one that has been prepared.
Started StartInstance(const ShimSpec& spec, int output_fd, const Handed& handed, const ShimNetwork& network);

}  // namespace nubo::drivers

#endif  // NUBO_DRIVERS_SHIM_SANDBOX_H_
