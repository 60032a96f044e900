// The control plane as a process: what `nubo serve` runs.
//
// Thread safety: RunServe blocks the thread that calls it until the region is told to shut down.
#ifndef NUBO_REGION_SERVE_H_
#define NUBO_REGION_SERVE_H_

#include <string>

#include "absl/status/status.h"
#include "nubo/net/ip_address.h"

namespace nubo::region {

struct ServeOptions {
  // Absolute, at most 76 bytes (unix sockets below it have to fit 108). Made if missing.
  std::string state_dir;
  net::SocketAddress dns_address = {net::IpAddress::V4(0x7f000001), 10053};
  // The listener that all public names under .localhost share.
  net::SocketAddress http_address = {net::IpAddress::V4(0x7f000001), 8080};
  std::string fabric = "loopback";
  // The nubo-shim binary.
  std::string shim_path;
  // This program, which also serves as load balancer and DNS server.
  std::string nubo_path;
  // Instances run also where this machine does not let them be isolated.
  bool allow_unisolated = false;
  // Ends by itself a few seconds after its last stack was deleted.
  bool exit_when_empty = false;
  // Processes that run below the state directory although the store knows of none are ended. Else it is refused: the
  // store may have been emptied, and its copy still be had.
  bool end_strays = false;
  // Where to write "ok\n", or why it could not start, before it is closed; -1 for nowhere.
  int ready_fd = -1;
  // For tests: the process ends as by kill -9 at this moment (see crashing_store.h); 0: at none.
  int crash_at = 0;
};

// Serves until Shutdown is called, or SIGTERM or SIGINT arrives. Instances, load balancers, the DNS server and
// databases go on running after a signal; Shutdown ends them and removes everything but data.
// INVALID_ARGUMENT: an option that cannot be. ALREADY_EXISTS: another region has this state directory.
// UNAVAILABLE: an address is in use. FAILED_PRECONDITION: the store is of a newer version, or damaged, or knows nothing
// of processes that run; or this machine does not let instances be isolated.
absl::Status RunServe(const ServeOptions& options);

}  // namespace nubo::region

#endif  // NUBO_REGION_SERVE_H_
