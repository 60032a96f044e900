// Giving up root, but for the right to listen below port 1024.
//
// A load balancer started by root needs ports such as 80 for as long as it lives, since listeners come and go with its
// configuration, and nothing else that root may do.
//
// Example:
//   NUBO_RETURN_IF_ERROR(DropPrivileges(65534, 65534));  // before any thread is started
//
// Thread safety: call it while the process has one thread; credentials belong to threads in Linux.
#ifndef NUBO_PROXY_PRIVILEGES_H_
#define NUBO_PROXY_PRIVILEGES_H_

#include <sys/types.h>

#include "absl/status/status.h"

namespace nubo::proxy {

// Becomes `uid` and `gid` without supplementary groups, keeps CAP_NET_BIND_SERVICE alone, and forbids gaining anything
// back. Without effect and OK if the process is not root's.
// INTERNAL: the kernel refused; the process should end, being neither one nor the other.
absl::Status DropPrivileges(uid_t uid, gid_t gid);

// Raises the bound on open files to the hard limit. Returns the bound now in force.
size_t RaiseOpenFilesLimit();

}  // namespace nubo::proxy

#endif  // NUBO_PROXY_PRIVILEGES_H_
