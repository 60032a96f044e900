// How much an instance may take of what it shares with others.
//
// Runs in the shim's children. Only POSIX and Linux: setrlimit(2), namespaces(7) for /proc/sys/user.
//
// Thread safety: single-threaded.
#ifndef NUBO_DRIVERS_SHIM_LIMITS_H_
#define NUBO_DRIVERS_SHIM_LIMITS_H_

#include <sched.h>
#include <sys/types.h>

#include "nubo/drivers/shim_spec.h"

namespace nubo::drivers {

// Watches of files count for the user outside as well; so many of them are left to an instance.
inline constexpr int kInotifyInstancesMax = 32;

// In a user namespace that this process has just been given, with all rights there and all the namespaces it needs:
// none below it, and few of what counts for the user outside. What this machine does not know is passed over: the
// filter refuses the same.
void CloseUserNamespace(bool nested_namespaces);

// For this process and all that it starts. What is lower already stays so.
void LimitResources(const ShimLimits& limits);

// Who goes first: when memory runs out (oom_score_adj), and on the processors.
struct Priority {
  int oom_score = 0;
  int nice = 0;
  // None: they could not be read.
  cpu_set_t processors = {};
};

Priority PriorityOf(pid_t pid);
// For this process and all that it starts, as far as this user may.
void TakeOverPriority(const Priority& priority);

// The limits of a process of this user's, for this one.
void TakeOverLimits(pid_t from);

}  // namespace nubo::drivers

#endif  // NUBO_DRIVERS_SHIM_LIMITS_H_
