#include "nubo/proxy/privileges.h"

#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace nubo::proxy {
namespace {

absl::Status Refused(absl::string_view call) {
  return absl::InternalError(absl::StrCat("cannot give up root: ", call, ": ", std::strerror(errno)));
}

bool KeepOnlyNetBindService() {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  const uint32_t bit = 1u << CAP_NET_BIND_SERVICE;
  data[0].effective = bit;
  data[0].permitted = bit;
  return syscall(SYS_capset, &header, data) == 0;
}

}  // namespace

absl::Status DropPrivileges(uid_t uid, gid_t gid) {
  if (geteuid() != 0) return absl::OkStatus();
  // Without this, setresuid would take every capability with it.
  if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) return Refused("PR_SET_KEEPCAPS");
  if (setgroups(0, nullptr) != 0) return Refused("setgroups");
  if (setresgid(gid, gid, gid) != 0) return Refused("setresgid");
  if (setresuid(uid, uid, uid) != 0) return Refused("setresuid");
  if (!KeepOnlyNetBindService()) return Refused("capset");
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return Refused("PR_SET_NO_NEW_PRIVS");
  return absl::OkStatus();
}

size_t RaiseOpenFilesLimit() {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<size_t>(limit.rlim_cur);
}

}  // namespace nubo::proxy
