// The DNS server as a process of its own: what `nubo dns` runs.
//
// It serves whatever configuration it was given last over its control socket, also while nobody is connected there,
// and before the first one it refuses every question. A copy of the last one in a file lets its successor go on at
// once, on the same sockets if they are kept. Messages on the socket are nubo.dns.v1.Config (in) and nubo.dns.v1.Status
// (out), as nubo/control/server.h says.
//
// Example:
//   absl::Status status = dns_server::RunDnsProcess({
//       .listeners = {*net::SocketAddress::Parse("127.0.0.1:10053")}, .control_path = "/run/nubo/dns.sock"});
//
// Thread safety: a DnsProcess belongs to its loop's thread.
#ifndef NUBO_DNS_SERVER_PROCESS_H_
#define NUBO_DNS_SERVER_PROCESS_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/random/bit_gen_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "nubo/base/log_writer.h"
#include "nubo/dns/v1/dns.pb.h"
#include "nubo/net/ip_address.h"
#include "nubo/net/loop.h"
#include "nubo/net/socket_keeper.h"

namespace nubo::dns_server {

struct DnsProcessOptions {
  // Always listened on, whatever the configuration says.
  std::vector<net::SocketAddress> listeners;
  // Of the unix socket.
  std::string control_path;
  // Where the last configuration is kept; empty: nowhere.
  std::string snapshot_path;
  // Of its sockets; null: nobody. Outlives the process object.
  net::SocketKeeper* keeper = nullptr;
  // Gets one line per answered query; null: nobody does. Outlives the process object.
  base::LogWriter* query_log = nullptr;
  // How often listeners that could not be opened are tried again, and counters reported if they changed.
  absl::Duration retry_interval = absl::Seconds(1);
  absl::Duration report_interval = absl::Seconds(10);
  // Only of RunDnsProcess: where Prometheus reads its metrics; nothing: nowhere.
  std::optional<net::SocketAddress> metrics_address;
};

class DnsProcess {
 public:
  // The loop and the generator outlive it.
  DnsProcess(net::Loop& loop, absl::BitGenRef rng, DnsProcessOptions options);
  // Closes everything.
  ~DnsProcess();
  DnsProcess(const DnsProcess&) = delete;
  DnsProcess& operator=(const DnsProcess&) = delete;

  // Opens the control socket and the listeners. A listener that fails is in the status, and is tried again.
  // As net::ListenUnix: the control socket could not be opened.
  absl::Status Start();

  // What connected control planes are told.
  nubo::dns::v1::Status status() const;

 private:
  class State;
  const std::shared_ptr<State> state_;
};

// Serves until the process is ended by a signal. Returns only if it cannot start.
absl::Status RunDnsProcess(const DnsProcessOptions& options);

}  // namespace nubo::dns_server

#endif  // NUBO_DNS_SERVER_PROCESS_H_
