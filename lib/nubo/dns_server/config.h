// The control plane's configuration message as the values the server works with.
//
// Example:
//   absl::StatusOr<ServedConfig> config = FromProto(message);
//
// Thread safety: pure functions.
#ifndef NUBO_DNS_SERVER_CONFIG_H_
#define NUBO_DNS_SERVER_CONFIG_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "nubo/dns/v1/dns.pb.h"
#include "nubo/dns/zone_set.h"
#include "nubo/net/ip_address.h"

namespace nubo::dns_server {

struct ServedConfig {
  uint64_t revision = 0;
  std::shared_ptr<const dns::ZoneSet> zones;
  std::shared_ptr<const dns::HealthView> health;
  std::vector<net::SocketAddress> listeners;
};

// How many addresses one process listens on.
inline constexpr int kListenersMax = 64;

// INVALID_ARGUMENT, ALREADY_EXISTS: the message names the zone and the record, or the listener.
absl::StatusOr<ServedConfig> FromProto(const nubo::dns::v1::Config& config);

}  // namespace nubo::dns_server

#endif  // NUBO_DNS_SERVER_CONFIG_H_
