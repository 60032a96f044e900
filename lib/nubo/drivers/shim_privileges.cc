#include "nubo/drivers/shim_privileges.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string>

#include "nubo/drivers/shim_view.h"

namespace nubo::drivers {
namespace {

constexpr int kLastCapability = 63;

}  // namespace

void DropPrivileges(const ShimSpec& spec, bool from_root, int report_fd) {
  const bool bind = from_root && spec.bind_low_ports;
  for (int capability = 0; capability <= kLastCapability; ++capability) {
    if (bind && capability == CAP_NET_BIND_SERVICE) continue;
    (void)prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  }
  if (from_root) {
    if (bind) (void)prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
    if (setgroups(0, nullptr) != 0 || setresgid(spec.gid, spec.gid, spec.gid) != 0 ||
        setresuid(spec.uid, spec.uid, spec.uid) != 0) {
      Fail(report_fd, "cannot become user " + std::to_string(spec.uid));
    }
  }
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  if (bind) data[0].effective = data[0].permitted = data[0].inheritable = 1u << CAP_NET_BIND_SERVICE;
  if (syscall(SYS_capset, &header, data) != 0) Fail(report_fd, "cannot drop capabilities");
  (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  if (bind) (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_BIND_SERVICE, 0, 0);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) Fail(report_fd, "cannot give up new privileges");
  errno = 0;
  if (getuid() == 0) Fail(report_fd, "an instance never runs as root");
}

void ResetSignals() {
  for (int signal = 1; signal < 32; ++signal) ::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace nubo::drivers
