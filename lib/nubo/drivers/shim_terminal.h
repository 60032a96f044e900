// A terminal for a command that is run in an instance, and the carrying of bytes between it and ours.
//
// Only POSIX and Linux: pty(7), termios(3), signalfd(2).
//
// Thread safety: single-threaded.
#ifndef NUBO_DRIVERS_SHIM_TERMINAL_H_
#define NUBO_DRIVERS_SHIM_TERMINAL_H_

#include <sys/types.h>

namespace nubo::drivers {

struct Terminal {
  int master = -1;
  // For the command: its standard input, output and error.
  int slave = -1;
};

// With the size of ours; both -1 if this machine has none to give.
Terminal OpenTerminal();

// Blocks the signals that AwaitCommand() handles; before the fork.
void HoldSignals();

// Waits until `child` has ended, and meanwhile passes signals on to it and, with a terminal, carries bytes and the
// window's size. `master` is -1 without one. Returns the status as waitpid() gives it.
int AwaitCommand(pid_t child, int master);

}  // namespace nubo::drivers

#endif  // NUBO_DRIVERS_SHIM_TERMINAL_H_
