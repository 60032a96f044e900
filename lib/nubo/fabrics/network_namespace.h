// Network and user namespaces: made, held by a descriptor, and entered.
//
// A namespace lives as long as a descriptor, a process or a socket is in it or of it. Nothing is mounted.
//
// An ordinary user makes a user namespace first (MakeUserNamespace) and enters it for good; in there network namespaces
// can be made, and devices, routes and rules in them. Root need not.
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(NetworkNamespace instance, MakeNetworkNamespace());
//   {
//     NUBO_ASSIGN_OR_RETURN(EnteredNamespace inside, EnteredNamespace::Enter(instance.fd()));
//     listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);  // stays in the instance's namespace
//   }
//
// Thread safety: NetworkNamespace is a value that is moved. The functions act on the calling thread alone, but for
// EnterUserNamespace and MakeUserNamespace, which want a process of one thread.
#ifndef NUBO_FABRICS_NETWORK_NAMESPACE_H_
#define NUBO_FABRICS_NETWORK_NAMESPACE_H_

#include <sys/types.h>

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/base/owned_fd.h"

namespace nubo::fabrics {

class NetworkNamespace {
 public:
  // Takes over a descriptor of a network namespace.
  explicit NetworkNamespace(base::OwnedFd fd) : fd_(std::move(fd)) {}
  // That of the calling thread.
  static absl::StatusOr<NetworkNamespace> Current();

  int fd() const { return fd_.get(); }
  // The descriptor, which is the caller's from now on.
  base::OwnedFd Release() { return std::move(fd_); }

 private:
  base::OwnedFd fd_;
};

// A fresh one, with nothing but lo, which is down. The caller stays where it is, also when a step fails.
// PERMISSION_DENIED: this process may not make any. RESOURCE_EXHAUSTED: the kernel has no more.
absl::StatusOr<NetworkNamespace> MakeNetworkNamespace();

// While it lives its thread is in another network namespace; then it is back in the former one. Made and destroyed by
// one thread. Should the way back be barred, the process ends: nothing may go on in the wrong network.
class EnteredNamespace {
 public:
  // PERMISSION_DENIED: this process may not. INVALID_ARGUMENT: no network namespace.
  static absl::StatusOr<EnteredNamespace> Enter(int network_namespace);
  ~EnteredNamespace();
  EnteredNamespace(EnteredNamespace&&) noexcept = default;
  EnteredNamespace& operator=(EnteredNamespace&&) = delete;

 private:
  explicit EnteredNamespace(base::OwnedFd former) : former_(std::move(former)) {}
  base::OwnedFd former_;
};

// A user namespace and the first network namespace in it.
struct UserNamespace {
  base::OwnedFd user;
  NetworkNamespace network;
};

// In it are one user and one group, by the numbers they have outside; groups beyond are out of reach. An ordinary user
// gives its own numbers; root gives those of a user without privileges, who then owns the namespace. It is made by a
// child, which has ended when this returns; nobody is in it. A process that hides from others (PR_SET_DUMPABLE of
// prctl(2)) cannot make one, unless it is root.
// PERMISSION_DENIED: this machine lets this user make none. INVALID_ARGUMENT: numbers that this user may not give.
// RESOURCE_EXHAUSTED: the kernel has no more.
absl::StatusOr<UserNamespace> MakeUserNamespace(uid_t uid, gid_t gid);

// Enters for good: there is no way back. The process has all capabilities in there afterwards, and none outside; with
// the numbers of its user and group it loses them when it runs another program. Root becomes that user first, or
// afterwards: else it keeps what root may do to the machine's files. The network namespace it is in stays
// the former one, where it may nothing: EnterForGood follows.
// PERMISSION_DENIED: it is neither its owner nor root. FAILED_PRECONDITION: this process has several threads.
absl::Status EnterUserNamespace(int user_namespace);

// The calling thread, for good.
absl::Status EnterForGood(int network_namespace);

// Writes a setting of the kernel for the network namespace of the calling thread: ("net/ipv4/ip_forward", "1").
// NOT_FOUND: there is none of this name. PERMISSION_DENIED: not here. INVALID_ARGUMENT: not such a value.
absl::Status WriteSysctl(absl::string_view path, absl::string_view value);
// Its value, without the end of the line.
absl::StatusOr<std::string> ReadSysctl(absl::string_view path);

}  // namespace nubo::fabrics

#endif  // NUBO_FABRICS_NETWORK_NAMESPACE_H_
