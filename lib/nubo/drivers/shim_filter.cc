#include "nubo/drivers/shim_filter.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <initializer_list>
#include <vector>

namespace nubo::drivers {
namespace {

#if defined(__x86_64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
constexpr uint32_t kArchitecture = 0;
#endif

// Calls of x32, the third personality of an x86-64 kernel, have this bit.
constexpr uint32_t kX32Bit = 0x40000000;
constexpr uint32_t kNewTime = 0x80;
constexpr uint32_t kNewNamespaces =
    CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

// Since Linux 5.2, 5.6, 5.10 and 6.15; the numbers are the same on every architecture.
constexpr uint32_t kOpenTree = 428, kMoveMount = 429, kFsOpen = 430, kFsConfig = 431, kFsMount = 432, kFsPick = 433;
constexpr uint32_t kClone3 = 435, kMountSetattr = 442, kOpenTreeAttr = 467;

// For namespaces and what is mounted in them.
constexpr uint32_t kMounting[] = {SYS_mount, SYS_umount2, SYS_pivot_root, kOpenTree, kMoveMount,    kFsOpen,
                                  kFsConfig, kFsMount,    kFsPick,        SYS_setns, kMountSetattr, kOpenTreeAttr};

constexpr uint32_t kRefused[] = {
    SYS_add_key,
    SYS_request_key,
    SYS_keyctl,
    SYS_bpf,
    SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_io_uring_setup,
    SYS_io_uring_enter,
    SYS_io_uring_register,
    SYS_open_by_handle_at,
    SYS_syslog,
    SYS_fanotify_init,
    SYS_acct,
    SYS_quotactl,
    SYS_swapon,
    SYS_swapoff,
    SYS_reboot,
    SYS_kexec_load,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_vhangup,
    SYS_lookup_dcookie,
#if defined(SYS_kexec_file_load)
    SYS_kexec_file_load,
#endif
#if defined(SYS_iopl)
    SYS_iopl,
    SYS_ioperm,
#endif
};

constexpr uint32_t kFamilies[] = {AF_UNSPEC, AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};

using Program = std::vector<sock_filter>;

uint32_t ArgumentAt(int index) {
  return static_cast<uint32_t>(offsetof(seccomp_data, args) + index * sizeof(uint64_t));
}

void Load(Program& program, size_t offset) {
  program.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(offset)));
}

void Return(Program& program, uint32_t error) {
  program.push_back(BPF_STMT(BPF_RET | BPF_K, error == 0 ? SECCOMP_RET_ALLOW : SECCOMP_RET_ERRNO | error));
}

void RefuseCall(Program& program, uint32_t number, uint32_t error) {
  program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1));
  Return(program, error);
}

// The call's own rules, which end in a decision; they are skipped for other calls.
void ForCall(Program& program, uint32_t number, const Program& rules) {
  program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, static_cast<uint8_t>(rules.size())));
  program.insert(program.end(), rules.begin(), rules.end());
}

Program WithoutFlags(uint32_t flags) {
  Program rules;
  Load(rules, ArgumentAt(0));
  rules.push_back(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, flags, 0, 1));
  Return(rules, EPERM);
  Return(rules, 0);
  return rules;
}

Program NoTerminalInput() {
  Program rules;
  Load(rules, ArgumentAt(1));
  RefuseCall(rules, TIOCSTI, EPERM);
  RefuseCall(rules, TIOCLINUX, EPERM);
  Return(rules, 0);
  return rules;
}

Program UsualFamilies() {
  Program rules;
  Load(rules, ArgumentAt(0));
  for (const uint32_t family : kFamilies) RefuseCall(rules, family, 0);
  Return(rules, EAFNOSUPPORT);
  return rules;
}

Program MakeProgram(bool nested_namespaces) {
  Program program;
  Load(program, offsetof(seccomp_data, arch));
  program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0));
  Return(program, ENOSYS);
  Load(program, offsetof(seccomp_data, nr));
#if defined(__x86_64__)
  program.push_back(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, kX32Bit, 0, 1));
  Return(program, ENOSYS);
#endif
  for (const uint32_t number : kRefused) RefuseCall(program, number, EPERM);
  if (!nested_namespaces) {
    for (const uint32_t number : kMounting) RefuseCall(program, number, EPERM);
    // Its flags are in memory, where a filter cannot see them; libraries then use clone.
    RefuseCall(program, kClone3, ENOSYS);
    ForCall(program, SYS_clone, WithoutFlags(kNewNamespaces));
    ForCall(program, SYS_unshare, WithoutFlags(kNewNamespaces | kNewTime));
  }
  ForCall(program, SYS_ioctl, NoTerminalInput());
  ForCall(program, SYS_socket, UsualFamilies());
  Return(program, 0);
  return program;
}

}  // namespace

bool FilterSystemCalls(bool nested_namespaces) {
  if (kArchitecture == 0) {
    errno = ENOSYS;
    return false;
  }
  Program program = MakeProgram(nested_namespaces);
  const sock_fprog filter = {static_cast<unsigned short>(program.size()), program.data()};
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

}  // namespace nubo::drivers
