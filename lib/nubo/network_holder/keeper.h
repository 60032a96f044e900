// Namespaces that outlive the process that holds them: its supervisor keeps them, as it keeps listening sockets.
//
// In come they as sd_listen_fds_with_names(3) says, out they go over the socket whose number is in NUBO_FD_STORE, by
// names such as "net/vpc-1".
//
// Thread safety: thread-compatible.
#ifndef NUBO_NETWORK_HOLDER_KEEPER_H_
#define NUBO_NETWORK_HOLDER_KEEPER_H_

#include <map>
#include <string>

#include "nubo/base/owned_fd.h"
#include "nubo/fabrics/network_namespace.h"

namespace nubo::network_holder {

class Keeper {
 public:
  // Of this process. Once, before it has opened anything.
  static Keeper FromEnvironment();

  // Those that were kept, by the names of namespaces; the caller's.
  std::map<std::string, fabrics::NetworkNamespace> TakeKept();
  // `descriptor` stays the caller's. A supervisor that does not take it loses nothing but this.
  void Store(const std::string& name, int descriptor);
  void Remove(const std::string& name);

 private:
  std::map<std::string, fabrics::NetworkNamespace> kept_;
  base::OwnedFd store_;
};

}  // namespace nubo::network_holder

#endif  // NUBO_NETWORK_HOLDER_KEEPER_H_
