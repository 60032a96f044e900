// How a region is to be served.
//
// Thread safety: a value.
#ifndef NUBO_DAEMON_SERVE_OPTIONS_H_
#define NUBO_DAEMON_SERVE_OPTIONS_H_

#include <optional>
#include <string>

#include "nubo/net/ip_address.h"

namespace nubo::region {

struct ServeOptions {
  // Absolute, at most 76 bytes (unix sockets below it have to fit 108). Made if missing.
  std::string state_dir;
  net::SocketAddress dns_address = {net::IpAddress::V4(0x7f000001), 10053};
  // The listener that all public names under .localhost share.
  net::SocketAddress http_address = {net::IpAddress::V4(0x7f000001), 8080};
  // Where Prometheus reads the region's metrics; nothing: nowhere.
  std::optional<net::SocketAddress> metrics_address;
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

}  // namespace nubo::region

#endif  // NUBO_DAEMON_SERVE_OPTIONS_H_
