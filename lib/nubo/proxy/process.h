// The process of one load balancer: `nubo proxy`.
//
// It knows nothing when it starts but where to be told: it opens its control socket and waits for a configuration.
// It serves on with the last one while nobody is connected there; a copy of it in a file lets its successor do the same
// at once, on the same listening sockets if they are kept. SIGTERM and SIGINT end it after its requests have
// been answered, or after a while.
//
// Example:
//   return RunProxyProcess({.control_path = "/run/nubo/lb-1.sock"}).ok() ? 0 : 1;
//
// Thread safety: call it once, from main, before any other thread is started.
#ifndef NUBO_PROXY_PROCESS_H_
#define NUBO_PROXY_PROCESS_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "nubo/net/ip_address.h"
#include "nubo/net/socket_keeper.h"

namespace nubo::proxy {

struct ProxyProcessOptions {
  // Of the control socket, mode 0600.
  std::string control_path;
  // Where the last configuration is kept; empty: nowhere.
  std::string snapshot_path;
  // Of its listening sockets; null: nobody. Outlives the run.
  net::SocketKeeper* keeper = nullptr;
  // For access logs, when the configuration asks for them; below zero: none.
  int access_log_fd = 1;
  // If run by root: become nobody, but for the right to listen below port 1024.
  bool drop_privileges = false;
  // Where Prometheus reads its metrics; nothing: nowhere.
  std::optional<net::SocketAddress> metrics_address;
  // How long requests under way may take once the process was told to end.
  absl::Duration drain_timeout = absl::Seconds(10);
};

// Returns when the process was told to end. Errors: the control socket or the address for metrics could not be
// opened (as net::ListenUnix and net::ListenTcp), or root could not be given up (INTERNAL).
absl::Status RunProxyProcess(const ProxyProcessOptions& options);

}  // namespace nubo::proxy

#endif  // NUBO_PROXY_PROCESS_H_
