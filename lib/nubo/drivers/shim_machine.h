// An instance that is a machine: what it boots with may end, and the machine goes on.
//
// Its script ends with status 0, and whatever it has started in the background stays. A script that ends otherwise has
// failed, and so has the machine. A script that has become another program by `exec` is no longer a script but the
// machine's server: with its end, whatever its status, there is nothing left to go on.
//
// Which of the two has ended is told by the name that the kernel keeps of a process (proc(5), comm): exec(2) sets it to
// the name of the file, of a script to the script's own, and it can be read until the process is reaped. A script that
// runs by way of env(1) bears its interpreter's name. A process that renames itself (PR_SET_NAME; in Perl, $0 = …) is
// taken for another program.
//
// Beside it there is always a process that does nothing: through it one enters a machine on which nothing else runs,
// for process 1 lets nobody look at its namespaces.
//
// Runs in process 1 of the instance. Only POSIX and Linux.
//
// Thread safety: single-threaded.
#ifndef NUBO_DRIVERS_SHIM_MACHINE_H_
#define NUBO_DRIVERS_SHIM_MACHINE_H_

#include <sys/types.h>

#include <set>
#include <string>
#include <vector>

#include "nubo/drivers/shim_spec.h"

namespace nubo::drivers {

// What it boots with this time: the spec's program, until one has ended well; from then on what runs at each later
// boot. Empty: nothing.
const std::vector<std::string>& BootProgram(const ShimSpec& spec);

// The names that a process may have which still runs the file at `path`, and has not become another program.
std::set<std::string> NamesOf(const std::string& path);

// In a child: it ends with its parent, which a pid namespace would see to.
void DieWith(pid_t parent);

// What the process that does nothing is called, and told.
inline constexpr char kIdleName[] = "nubo-idle";
inline constexpr char kIdleArgument[] = "--idle";

// Starts it, with the environment and in the directory of the instance; -1: it cannot be forked.
pid_t StartIdle(const ShimSpec& spec);
// What it is.
[[noreturn]] void Idle();

// Keeps SIGTERM, SIGINT and SIGCHLD for WatchMachine(). Before the fork, so that none gets lost.
void HoldMachineSignals();

struct WatchedMachine {
  // 0: it booted with nothing.
  pid_t script = 0;
  // NamesOf() what the script was started as.
  std::set<std::string> names = {};
  // StartIdle()'s; started again if somebody ends it.
  pid_t idle = 0;
  // It has no pid namespace: kill(2) would reach others, and only descendants are its own.
  bool among_others = false;
};

// Reaps, and passes signals on: to the script while it runs, then to every process that is left. Returns once the
// machine is over, with the wait status to be told: that of a script that failed or of a server that ended; 0 after it
// was asked to end and all that was left did.
int WatchMachine(const ShimSpec& spec, const WatchedMachine& machine);

}  // namespace nubo::drivers

#endif  // NUBO_DRIVERS_SHIM_MACHINE_H_
