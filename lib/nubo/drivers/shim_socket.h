// The socket a shim answers on: one shim a path, and none that removes another's.
//
// Only POSIX and Linux: unix(7), flock(2).
//
// Thread safety: functions without state of their own; two shims of one directory take turns.
#ifndef NUBO_DRIVERS_SHIM_SOCKET_H_
#define NUBO_DRIVERS_SHIM_SOCKET_H_

#include <sys/types.h>

#include <string>

namespace nubo::drivers {

// Held while somebody looks whether a socket in that directory is taken, takes it or gives it up. It goes with the
// descriptor; -1 if there is no such directory, which the next step finds out too.
int LockDirectoryOf(const std::string& path);

// 0: there is nothing at `path`.
ino_t InodeOf(const std::string& path);

struct Listener {
  int fd = -1;
  ino_t inode = 0;
};

// A socket at `path`, for its owner alone; -1: errno says why. EADDRINUSE: a shim is there, answers, and keeps it; one
// that has been told to go is waited for.
Listener Listen(const std::string& path);
// By the process that goes on with it: SO_PEERCRED names who has called listen(2) last.
bool ListenAgain(const Listener& listener);

}  // namespace nubo::drivers

#endif  // NUBO_DRIVERS_SHIM_SOCKET_H_
