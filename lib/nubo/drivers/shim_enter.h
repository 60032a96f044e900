// Runs a command inside an instance: in the namespaces of its first process, with the environment and directory of its
// program, as its user, without privileges (`nubo exec`).
//
// Until the command runs, what enters is seen from inside: nobody there may look into it, and there is nothing of the
// caller's to be found, neither environment nor descriptors. The command gets neither: a file or a terminal of the
// caller's, once handed in, could be opened anew by way of /proc/PID/fd.
//
// The instance's shim is asked which process that is, so that it works without the control plane, and a pidfd is held
// while the namespaces are entered, so that no other process can take the number over meanwhile. The command never
// shares the caller's terminal: it gets one of its own, or pipes, and can push nothing into ours.
//
// Only POSIX and Linux: setns(2) with a pidfd (Linux 5.8), pty(7).
//
// Thread safety: single-threaded.
#ifndef NUBO_DRIVERS_SHIM_ENTER_H_
#define NUBO_DRIVERS_SHIM_ENTER_H_

namespace nubo::drivers {

// `nubo-shim --enter SOCKET [--no-terminal] -- COMMAND [ARGUMENT…]`. The exit status is the command's; 128 and the
// number of the signal that ended it; 127: there is no such command; 126: it cannot be run; 1: there is no instance to
// run it in; 2: wrong arguments.
int EnterMain(int argc, char** argv);

}  // namespace nubo::drivers

#endif  // NUBO_DRIVERS_SHIM_ENTER_H_
