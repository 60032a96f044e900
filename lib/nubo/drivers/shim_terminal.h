// A terminal or pipes for a command that is run in an instance, and the carrying of bytes between them and what we
// have.
//
// Only POSIX and Linux: pty(7), termios(3), signalfd(2).
//
// Thread safety: single-threaded.
#ifndef NUBO_DRIVERS_SHIM_TERMINAL_H_
#define NUBO_DRIVERS_SHIM_TERMINAL_H_

#include <sys/types.h>

namespace nubo::drivers {

// Two ends of standard input, output and error; with a terminal all three are one.
struct Ends {
  bool terminal = false;
  int theirs[3] = {-1, -1, -1};
  int ours[3] = {-1, -1, -1};

  void CloseTheirs() const;
  void Close() const;
};

// With a terminal of the size of ours, where this is asked for and this machine has one to give; else pipes. -1 where
// there are none: errno says why.
Ends OpenEnds(bool terminal);

// Blocks the signals that AwaitCommand() handles; before the fork.
void HoldSignals();

// Waits until `child` has ended, and meanwhile passes signals on to it and carries bytes and, with a terminal, the
// window's size. Returns the status as waitpid() gives it.
int AwaitCommand(pid_t child, const Ends& ends);

}  // namespace nubo::drivers

#endif  // NUBO_DRIVERS_SHIM_TERMINAL_H_
