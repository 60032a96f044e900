// What the data path reads: listeners with their rules, and the groups they lead to. A configuration is taken over by
// publishing another one; requests under way keep the one they began with.
//
// Thread safety: immutable, but for the groups' own state, which belongs to the loop's thread.
#ifndef NUBO_PROXY_SNAPSHOT_H_
#define NUBO_PROXY_SNAPSHOT_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "nubo/net/ip_address.h"
#include "nubo/proxy/config.h"
#include "nubo/proxy/route_table.h"
#include "nubo/proxy/served_group.h"

namespace nubo::proxy {

struct ListenerRoutes {
  std::string id;
  int public_port = 0;
  RouteTable routes;
};

struct Snapshot {
  std::string load_balancer_id;
  bool access_log = false;
  LimitsConfig limits;
  HeaderConfig headers;
  // By the address that a connection was accepted on; see FindListener.
  std::map<net::SocketAddress, std::shared_ptr<const ListenerRoutes>> listeners;
  std::map<std::string, std::shared_ptr<ServedGroup>> groups;
};

// The listener of a connection accepted at `local`: of that address, or of its port on all addresses. Null if there
// is none (any more).
inline std::shared_ptr<const ListenerRoutes> FindListener(const Snapshot& snapshot, net::SocketAddress local) {
  auto found = snapshot.listeners.find(local);
  if (found == snapshot.listeners.end()) {
    local.ip = local.ip.is_v4() ? net::IpAddress::V4(0) : net::IpAddress::V6(0);
    found = snapshot.listeners.find(local);
  }
  return found == snapshot.listeners.end() ? nullptr : found->second;
}

// Requests and responses so far.
struct ProxyCounters {
  uint64_t requests = 0;
  uint64_t responses_2xx = 0;
  uint64_t responses_3xx = 0;
  uint64_t responses_4xx = 0;
  uint64_t responses_5xx = 0;
  uint64_t responses_5xx_own = 0;
  uint64_t retries = 0;
  // Of requests that have ended.
  uint64_t received_bytes = 0;
  uint64_t sent_bytes = 0;
  // Requests that wait for a target or a connection, now.
  int pending = 0;
};

inline void CountResponse(ProxyCounters& counters, int status) {
  if (status >= 200 && status < 300) ++counters.responses_2xx;
  if (status >= 300 && status < 400) ++counters.responses_3xx;
  if (status >= 400 && status < 500) ++counters.responses_4xx;
  if (status >= 500) ++counters.responses_5xx;
}

}  // namespace nubo::proxy

#endif  // NUBO_PROXY_SNAPSHOT_H_
