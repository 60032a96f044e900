#include "nubo/drivers/shim_privileges.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "nubo/drivers/shim_filter.h"
#include "nubo/drivers/shim_view.h"

namespace nubo::drivers {
namespace {

constexpr int kLastCapability = 63;

// Landlock's calls and flags (landlock(7)); Debian 12's headers are older than the last one.
constexpr long kLandlockCreateRuleset = 444;
constexpr long kLandlockRestrictSelf = 446;
constexpr uint32_t kLandlockVersion = 1;
constexpr long kLandlockScopes = 6;
constexpr uint64_t kScopeAbstractSockets = 1;

// Sockets with names that no file has are found by whoever shares the network: from here on, only those that are made
// from here on (Linux 6.12). Older kernels cannot tell them apart, which is no failure.
bool LeaveAbstractSockets() {
  if (syscall(kLandlockCreateRuleset, nullptr, 0, kLandlockVersion) < kLandlockScopes) return true;
  const struct {
    uint64_t files, network, scoped;
  } rules = {0, 0, kScopeAbstractSockets};
  const int fd = static_cast<int>(syscall(kLandlockCreateRuleset, &rules, sizeof rules, 0));
  if (fd < 0) return false;
  const bool left = syscall(kLandlockRestrictSelf, fd, 0) == 0;
  close(fd);
  return left;
}

// What should be, and is not: the end of this process, unless the spec says that it may go on.
void Weaker(const ShimSpec& spec, int report_fd, const char* what) {
  if (!spec.allow_unisolated) Fail(report_fd, what, Word::kNoNamespaces);
  Report(report_fd, Word::kWeaker, what);
  errno = 0;
}

}  // namespace

void DropPrivileges(const ShimSpec& spec, bool from_root, int report_fd) {
  std::vector<int> kept;
  if (from_root && spec.bind_low_ports) kept.push_back(CAP_NET_BIND_SERVICE);
  // In namespaces of its own.
  if (spec.holds_networks) kept.insert(kept.end(), {CAP_NET_ADMIN, CAP_SYS_ADMIN});
  for (int capability = 0; capability <= kLastCapability; ++capability) {
    if (std::find(kept.begin(), kept.end(), capability) != kept.end()) continue;
    (void)prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  }
  if (from_root) {
    if (!kept.empty()) (void)prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
    if (setgroups(0, nullptr) != 0 || setresgid(spec.gid, spec.gid, spec.gid) != 0 ||
        setresuid(spec.uid, spec.uid, spec.uid) != 0) {
      Fail(report_fd, "cannot become user " + std::to_string(spec.uid));
    }
  }
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  for (const int capability : kept) data[0].permitted |= 1u << capability;
  data[0].effective = data[0].inheritable = data[0].permitted;
  if (syscall(SYS_capset, &header, data) != 0) Fail(report_fd, "cannot drop capabilities");
  (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  for (const int capability : kept) (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) Fail(report_fd, "cannot give up new privileges");
  errno = 0;
  if (getuid() == 0) Fail(report_fd, "an instance never runs as root");
}

void Harden(const ShimSpec& spec, int report_fd) {
  // Where the kernel keeps no keys there are none to be found.
  (void)syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr);
  if (!LeaveAbstractSockets()) Weaker(spec, report_fd, "cannot leave the abstract sockets of this machine");
  errno = 0;
  if (!FilterSystemCalls(spec.nested_namespaces || spec.holds_networks))
    Weaker(spec, report_fd, "cannot filter system calls");
}

void HideFromOthers() { (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

void ResetSignals() {
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace nubo::drivers
