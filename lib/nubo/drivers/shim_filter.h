// The system calls that no program of an instance needs, and that have been the way out of many a sandbox, refused by a
// filter that holds for all that it starts.
//
// Refused are: namespaces and mounts (nested ones, that is, unless they were asked for), keys of the kernel, its
// modules and images, bpf, perf, userfaultfd, io_uring, opening by handle, the kernel's log, what pushes input into a
// terminal, and sockets of other families than unix, IPv4, IPv6 and netlink. Programs of other architectures, 32-bit
// ones included, find no system calls at all. Most programs take a refusal as that of an older kernel, and go another
// way.
//
// Only Linux: seccomp(2), on x86-64 and aarch64.
//
// Thread safety: single-threaded.
#ifndef NUBO_DRIVERS_SHIM_FILTER_H_
#define NUBO_DRIVERS_SHIM_FILTER_H_

namespace nubo::drivers {

// After no_new_privs. False: this machine has no such filters; errno says why.
bool FilterSystemCalls(bool nested_namespaces);

}  // namespace nubo::drivers

#endif  // NUBO_DRIVERS_SHIM_FILTER_H_
