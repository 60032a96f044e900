#include "nubo/fabrics/network_namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>
#include <system_error>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "nubo/base/descriptors.h"
#include "nubo/base/status.h"

namespace nubo::fabrics {
namespace {

constexpr char kOwnNetwork[] = "/proc/thread-self/ns/net";
constexpr char kOwnUser[] = "/proc/thread-self/ns/user";
constexpr size_t kSysctlMax = 4096;

absl::Status Problem(int error, absl::string_view what) {
  const std::string text = absl::StrCat(what, ": ", std::generic_category().message(error));
  switch (error) {
    case EPERM:
    case EACCES:
    case EROFS:
      return absl::PermissionDeniedError(text);
    case ENOENT:
      return absl::NotFoundError(text);
    case EINVAL:
    case EBADF:
    case ERANGE:
      return absl::InvalidArgumentError(text);
    case ENOMEM:
    case ENOSPC:
    case EUSERS:
    case EMFILE:
    case ENFILE:
    case EAGAIN:
      return absl::ResourceExhaustedError(text);
    default:
      return absl::InternalError(text);
  }
}

base::OwnedFd OpenNetwork() { return base::OwnedFd(open(kOwnNetwork, O_RDONLY | O_CLOEXEC)); }

// What a child that makes namespaces goes by. It was forked: it calls nothing that may lock or allocate.
struct Making {
  uid_t uid;
  gid_t gid;
  // Becomes that user first.
  bool change;
  int socket;
};

// The number of an error, 0 for none, goes to the parent, with the descriptors of both namespaces.
[[noreturn]] void TellAndWait(int socket, int error, const int* namespaces, size_t count) {
  (void)base::SendMessage(socket, &error, sizeof error, namespaces, count);
  // The parent closes its end once it has written the numbers, or has ended.
  char nothing = 0;
  (void)base::ReceiveMessage(socket, &nothing, sizeof nothing);
  _exit(0);
}

[[noreturn]] void MakeInChild(const Making& making) {
  // Whoever unshares owns the namespace: root is not to be the owner, or only root could enter.
  if (making.change && (setgroups(0, nullptr) != 0 || setresgid(making.gid, making.gid, making.gid) != 0 ||
                        setresuid(making.uid, making.uid, making.uid) != 0)) {
    TellAndWait(making.socket, errno, nullptr, 0);
  }
  if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) TellAndWait(making.socket, errno, nullptr, 0);
  const int namespaces[] = {open(kOwnUser, O_RDONLY | O_CLOEXEC), open(kOwnNetwork, O_RDONLY | O_CLOEXEC)};
  if (namespaces[0] < 0 || namespaces[1] < 0) TellAndWait(making.socket, errno, nullptr, 0);
  TellAndWait(making.socket, 0, namespaces, 2);
}

absl::Status WriteWhole(const std::string& path, absl::string_view text, absl::string_view what) {
  const base::OwnedFd file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file.ok() || write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return Problem(errno, what);
  }
  return absl::OkStatus();
}

// user_namespaces(7): who may not set groups may map its own one.
absl::Status WriteMaps(pid_t child, uid_t uid, gid_t gid) {
  const std::string proc = absl::StrCat("/proc/", child, "/");
  NUBO_RETURN_IF_ERROR(WriteWhole(proc + "setgroups", "deny", "cannot forbid groups in a user namespace"));
  NUBO_RETURN_IF_ERROR(
      WriteWhole(proc + "gid_map", absl::StrCat(gid, " ", gid, " 1"), "cannot map the group into a user namespace"));
  return WriteWhole(proc + "uid_map", absl::StrCat(uid, " ", uid, " 1"), "cannot map the user into a user namespace");
}

absl::StatusOr<UserNamespace> HearChild(int socket, pid_t child, uid_t uid, gid_t gid) {
  int error = 0;
  const base::ReceivedMessage told = base::ReceiveMessage(socket, &error, sizeof error);
  const int problem = errno;
  std::vector<base::OwnedFd> namespaces;
  for (size_t i = 0; i < told.count; ++i) namespaces.emplace_back(told.descriptors[i]);
  if (told.size < 0) return Problem(problem, "cannot hear of a user namespace");
  if (told.size != sizeof error || (error == 0 && namespaces.size() != 2)) {
    return absl::InternalError("a user namespace could not be made: its process has ended");
  }
  if (error != 0) return Problem(error, "this machine refuses a user namespace");
  NUBO_RETURN_IF_ERROR(WriteMaps(child, uid, gid));
  return UserNamespace{std::move(namespaces[0]), NetworkNamespace(std::move(namespaces[1]))};
}

absl::StatusOr<std::string> SysctlPath(absl::string_view path) {
  if (path.empty() || path[0] == '/' || absl::StrContains(path, "..")) {
    return absl::InvalidArgumentError(absl::StrCat("not a setting of the kernel: \"", path, "\""));
  }
  return absl::StrCat("/proc/sys/", path);
}

}  // namespace

absl::StatusOr<NetworkNamespace> NetworkNamespace::Current() {
  base::OwnedFd fd = OpenNetwork();
  if (!fd.ok()) return Problem(errno, "cannot open the network namespace");
  return NetworkNamespace(std::move(fd));
}

absl::StatusOr<NetworkNamespace> MakeNetworkNamespace() {
  // A thread of its own leaves the namespace and ends: whoever has left one might not be let in again.
  std::optional<absl::StatusOr<NetworkNamespace>> made;
  try {
    std::thread([&made] {
      if (unshare(CLONE_NEWNET) != 0) {
        made = Problem(errno, "cannot make a network namespace");
      } else {
        made = NetworkNamespace::Current();
      }
    }).join();
  } catch (const std::system_error& error) {
    return absl::ResourceExhaustedError(absl::StrCat("cannot make a network namespace: ", error.what()));
  }
  return *std::move(made);
}

absl::StatusOr<EnteredNamespace> EnteredNamespace::Enter(int network_namespace) {
  base::OwnedFd former = OpenNetwork();
  if (!former.ok()) return Problem(errno, "cannot open the network namespace");
  // Entering where one is already tells whether there will be a way back.
  if (setns(former.get(), CLONE_NEWNET) != 0) return Problem(errno, "there is no way back to this network namespace");
  if (setns(network_namespace, CLONE_NEWNET) != 0) return Problem(errno, "cannot enter a network namespace");
  return EnteredNamespace(std::move(former));
}

EnteredNamespace::~EnteredNamespace() {
  if (!former_.ok() || setns(former_.get(), CLONE_NEWNET) == 0) return;
  fprintf(stderr, "nubo: cannot go back to the former network namespace: %s\n", strerror(errno));
  abort();
}

absl::StatusOr<UserNamespace> MakeUserNamespace(uid_t uid, gid_t gid) {
  const bool change = uid != geteuid() || gid != getegid();
  if (change && geteuid() != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot make a user namespace for user ", uid, " and group ", gid, ": they are not this user's"));
  }
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return Problem(errno, "no pair of sockets");
  base::OwnedFd ours(ends[0]), theirs(ends[1]);
  const pid_t child = fork();
  if (child < 0) return Problem(errno, "cannot fork");
  if (child == 0) {
    ours.Close();
    MakeInChild({uid, gid, change, theirs.get()});
  }
  theirs.Close();
  absl::StatusOr<UserNamespace> made = HearChild(ours.get(), child, uid, gid);
  ours.Close();
  while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  return made;
}

absl::Status EnterUserNamespace(int user_namespace) {
  if (setns(user_namespace, CLONE_NEWUSER) == 0) return absl::OkStatus();
  // EINVAL is also of a process that is in it already.
  if (errno == EINVAL) {
    return absl::FailedPreconditionError(
        "cannot enter a user namespace: this process has several threads, is in it, or it is none");
  }
  return Problem(errno, "cannot enter a user namespace");
}

absl::Status EnterForGood(int network_namespace) {
  if (setns(network_namespace, CLONE_NEWNET) == 0) return absl::OkStatus();
  return Problem(errno, "cannot enter a network namespace");
}

absl::Status WriteSysctl(absl::string_view path, absl::string_view value) {
  NUBO_ASSIGN_OR_RETURN(const std::string file, SysctlPath(path));
  return WriteWhole(file, value, absl::StrCat("cannot set ", path, " to ", value));
}

absl::StatusOr<std::string> ReadSysctl(absl::string_view path) {
  NUBO_ASSIGN_OR_RETURN(const std::string name, SysctlPath(path));
  const base::OwnedFd file(open(name.c_str(), O_RDONLY | O_CLOEXEC));
  char buffer[kSysctlMax];
  const ssize_t got = file.ok() ? read(file.get(), buffer, sizeof buffer) : -1;
  if (got < 0) return Problem(errno, absl::StrCat("cannot read ", path));
  return std::string(absl::StripSuffix(absl::string_view(buffer, static_cast<size_t>(got)), "\n"));
}

}  // namespace nubo::fabrics
