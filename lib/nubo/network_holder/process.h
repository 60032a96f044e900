// The process that holds a region's networks: what `nubo network` runs.
//
// It is started in namespaces of users and networks of its own, which its supervisor keeps for its successor, with the
// rights to arrange them. It makes what the configuration that it was given last says, also while nobody is connected
// to its control socket, and hands out namespaces to those who ask for theirs (nubo/drivers/shim_network.h). Its end
// stops no packet: the kernel carries them, and its successor finds what there is. Messages on the control socket are
// nubo.network.v1.Config (in) and nubo.network.v1.Status (out), as nubo/control/server.h says.
//
// Thread safety: functions; the process has one thread.
#ifndef NUBO_NETWORK_HOLDER_PROCESS_H_
#define NUBO_NETWORK_HOLDER_PROCESS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace nubo::network_holder {

struct NetworkProcessOptions {
  // Of the unix socket.
  std::string control_path;
  // Where the last configuration is kept; empty: nowhere.
  std::string snapshot_path;
  // Of the socket on which namespaces are asked for.
  std::string join_path;
  // How often what the kernel refused is tried again.
  absl::Duration retry_interval = absl::Seconds(1);
};

// Serves until the process is ended by a signal. Returns only if it cannot start.
absl::Status RunNetworkProcess(const NetworkProcessOptions& options);

}  // namespace nubo::network_holder

#endif  // NUBO_NETWORK_HOLDER_PROCESS_H_
