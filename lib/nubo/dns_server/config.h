// The control plane's configuration message as the values the server works with.
//
// One bad record never takes others with it: what cannot be served is left out and told, the rest is served.
//
// Example:
//   ServedConfig config = FromProto(message);
//   for (const v1::Refused& refused : config.refused) Log(refused.why());
//
// Thread safety: pure functions.
#ifndef NUBO_DNS_SERVER_CONFIG_H_
#define NUBO_DNS_SERVER_CONFIG_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "nubo/dns/v1/dns.pb.h"
#include "nubo/dns/zone/zone_set.h"
#include "nubo/net/ip_address.h"

namespace nubo::dns_server {

struct ServedConfig {
  uint64_t revision = 0;
  std::shared_ptr<const dns::ZoneSet> zones;
  std::shared_ptr<const dns::HealthView> health;
  std::vector<net::SocketAddress> listeners;
  // What of the message is not in here.
  std::vector<nubo::dns::v1::Refused> refused;
};

// How many addresses one process listens on.
inline constexpr int kListenersMax = 64;

ServedConfig FromProto(const nubo::dns::v1::Config& config);

// What of one zone could not be served; empty: all of it can.
std::vector<nubo::dns::v1::Refused> CheckZone(const nubo::dns::v1::Zone& zone);

}  // namespace nubo::dns_server

#endif  // NUBO_DNS_SERVER_CONFIG_H_
