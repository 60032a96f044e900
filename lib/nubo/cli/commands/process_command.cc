// The data plane's processes: nubo proxy, nubo dns, nubo network, nubo metadata.
#include "nubo/cli/commands/processes.h"

#include <unistd.h>

#include <optional>

#include "nubo/base/log_writer.h"
#include "nubo/dns_server/process.h"
#include "nubo/metadata_server/process.h"
#include "nubo/net/socket_keeper.h"
#include "nubo/network_holder/process.h"
#include "nubo/proxy/process.h"

namespace nubo::cli {
namespace {

absl::Status RunProxy(const ProcessOptions& options, net::SocketKeeper& keeper) {
  proxy::ProxyProcessOptions process;
  process.control_path = options.control_path;
  process.snapshot_path = options.snapshot_path;
  process.keeper = &keeper;
  process.access_log_fd = STDOUT_FILENO;
  process.drop_privileges = options.drop_privileges;
  process.metrics_address = options.metrics_address;
  return proxy::RunProxyProcess(process);
}

absl::Status RunDns(const ProcessOptions& options, net::SocketKeeper& keeper) {
  dns_server::DnsProcessOptions process;
  process.control_path = options.control_path;
  process.snapshot_path = options.snapshot_path;
  process.keeper = &keeper;
  process.listeners = options.listeners;
  process.metrics_address = options.metrics_address;
  std::optional<base::LogWriter> query_log;
  if (options.query_log) process.query_log = &query_log.emplace(STDOUT_FILENO);
  return dns_server::RunDnsProcess(process);
}

absl::Status RunMetadata(const ProcessOptions& options) {
  metadata_server::MetadataProcessOptions process;
  process.control_path = options.control_path;
  process.snapshot_path = options.snapshot_path;
  process.metrics_address = options.metrics_address;
  return metadata_server::RunMetadataProcess(process);
}

}  // namespace

absl::Status RunProcess(const ProcessOptions& options) {
  // What holds networks finds others than sockets in its environment.
  const bool keeps_sockets = options.program != ProcessOptions::Program::kNetwork;
  net::SocketKeeper keeper = keeps_sockets ? net::SocketKeeper::FromEnvironment() : net::SocketKeeper();
  switch (options.program) {
    case ProcessOptions::Program::kProxy:
      return RunProxy(options, keeper);
    case ProcessOptions::Program::kDns:
      return RunDns(options, keeper);
    case ProcessOptions::Program::kNetwork:
      return network_holder::RunNetworkProcess({.control_path = options.control_path,
                                                .snapshot_path = options.snapshot_path,
                                                .join_path = options.join_path});
    case ProcessOptions::Program::kMetadata:
      return RunMetadata(options);
  }
  return absl::InternalError("no such process");
}

}  // namespace nubo::cli
