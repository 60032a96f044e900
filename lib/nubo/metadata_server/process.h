// The instance metadata service as a process of its own: what `nubo metadata` runs.
//
// It serves whatever configuration it was given last over its control socket, also while nobody is connected there,
// and before the first one it listens nowhere. A copy of the last one in a file lets its successor go on at once, with
// the same key, so that tokens outlive it. Messages on the socket are nubo.metadata.v1.Config (in) and
// nubo.metadata.v1.Status (out), as nubo/control/server.h says.
//
// Example:
//   absl::Status status = metadata_server::RunMetadataProcess({.control_path = "/run/nubo/metadata.sock"});
//
// Thread safety: a MetadataProcess belongs to its loop's thread.
#ifndef NUBO_METADATA_SERVER_PROCESS_H_
#define NUBO_METADATA_SERVER_PROCESS_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/random/bit_gen_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "nubo/metadata/v1/metadata.pb.h"
#include "nubo/metadata_server/listener_source.h"
#include "nubo/metadata_server/server.h"
#include "nubo/net/ip_address.h"
#include "nubo/net/loop.h"

namespace nubo::metadata_server {

struct MetadataProcessOptions {
  // Of the unix socket.
  std::string control_path;
  // Where the last configuration is kept; empty: nowhere.
  std::string snapshot_path;
  // Where listening sockets come from; null: a HostListenerSource. Outlives the process object.
  ListenerSource* source = nullptr;
  ServerOptions server;
  // How often listeners that could not be opened are tried again, and counters reported if they changed.
  absl::Duration retry_interval = absl::Seconds(1);
  absl::Duration report_interval = absl::Seconds(10);
  // Only of RunMetadataProcess: where Prometheus reads its metrics; nothing: nowhere.
  std::optional<net::SocketAddress> metrics_address;
};

class MetadataProcess {
 public:
  // The loop and the generator outlive it.
  MetadataProcess(net::Loop& loop, absl::BitGenRef rng, MetadataProcessOptions options);
  // Closes everything.
  ~MetadataProcess();
  MetadataProcess(const MetadataProcess&) = delete;
  MetadataProcess& operator=(const MetadataProcess&) = delete;

  // Opens the control socket. A listener that fails is in the status, and is tried again.
  // As net::ListenUnix: the control socket could not be opened.
  absl::Status Start();

  // What connected control planes are told.
  nubo::metadata::v1::Status status() const;

 private:
  class State;
  const std::shared_ptr<State> state_;
};

// Serves until the process is ended by a signal. Returns only if it cannot start.
absl::Status RunMetadataProcess(const MetadataProcessOptions& options);

}  // namespace nubo::metadata_server

#endif  // NUBO_METADATA_SERVER_PROCESS_H_
