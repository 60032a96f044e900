#include "tests/fabrics/namespaces.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/fabrics/network_namespace.h"

namespace nubo::fabrics {
namespace {

// Debian's nobody and nogroup: root makes namespaces for a user without privileges.
constexpr uid_t kNobody = 65534;

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
// It has a thread of its own; who enters a user namespace has only one.
#define NUBO_TEST_HAS_THREADS
#endif
#endif

struct Somebody {
  uid_t user;
  gid_t group;
};

// What may be given to a namespace here.
Somebody Inhabitant() {
  const Somebody self = {geteuid(), getegid()}, nobody = {kNobody, kNobody};
  const bool root = self.user == 0 && MakeUserNamespace(nobody.user, nobody.group).ok();
  // Root of a user namespace may know no nobody.
  return root ? nobody : self;
}

absl::Status EnterOnce() {
#ifdef NUBO_TEST_HAS_THREADS
  return absl::UnimplementedError("TSan has a thread of its own");
#endif
  const Somebody inhabitant = Inhabitant();
  NUBO_ASSIGN_OR_RETURN(const UserNamespace made, MakeUserNamespace(inhabitant.user, inhabitant.group));
  NUBO_RETURN_IF_ERROR(EnterUserNamespace(made.user.get()));
  NUBO_RETURN_IF_ERROR(EnterForGood(made.network.fd()));
  // Else the files of the machine would be root's to write.
  if (setresgid(inhabitant.group, inhabitant.group, inhabitant.group) != 0 ||
      setresuid(inhabitant.user, inhabitant.user, inhabitant.user) != 0) {
    return absl::ErrnoToStatus(errno, "cannot become the user of the namespace");
  }
  // The search for leaks at the end traces this process, which the change of capabilities has hidden.
  prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
  return absl::OkStatus();
}

}  // namespace

boost::test_tools::assertion_result InNamespaces(boost::unit_test::test_unit_id) {
  static const absl::Status entered = EnterOnce();
  const bool refused =
      absl::IsPermissionDenied(entered) || absl::IsResourceExhausted(entered) || absl::IsUnimplemented(entered);
  // Any other problem is not the machine's: let it show.
  boost::test_tools::assertion_result result(entered.ok() || !refused);
  if (!result) {
    const std::string why = absl::StrCat("skipped, for it needs a user namespace: ", entered.ToString());
    result.message() << why;
    // Boost.Test tells only who asks for more.
    std::fprintf(stderr, "%s\n", why.c_str());
  }
  return result;
}

std::string InChild(const std::function<std::string()>& body) {
  int ends[2];
  if (pipe(ends) != 0) return "no pipe";
  const pid_t child = fork();
  if (child == 0) {
    const std::string wrong = body();
    (void)!write(ends[1], wrong.data(), wrong.size());
    _exit(0);
  }
  close(ends[1]);
  std::string wrong;
  char buffer[4096];
  for (ssize_t got; (got = read(ends[0], buffer, sizeof buffer)) > 0;) wrong.append(buffer, static_cast<size_t>(got));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return status == 0 ? wrong : absl::StrCat("status ", status, " ", wrong);
}

}  // namespace nubo::fabrics
