// One health check against one target, over HTTP or gRPC.
//
// Example:
//   const lb::CheckResult result = co_await Probe(loop, target_address, config.health_check, version);
//
// Thread safety: belongs to its loop's thread.
#ifndef NUBO_PROXY_PROBER_H_
#define NUBO_PROXY_PROBER_H_

#include "absl/status/statusor.h"
#include "nubo/http/message.h"
#include "nubo/lb/target_health.h"
#include "nubo/net/ip_address.h"
#include "nubo/net/loop.h"
#include "nubo/proxy/config.h"

namespace nubo::proxy {

// Ends within the timeout of the check's settings.
net::Task<lb::CheckResult> Probe(net::Loop& loop, net::SocketAddress target, HealthCheckConfig check,
                                 ProtocolVersion version);

// What an answer, or the lack of one, says. Of a gRPC check the code is the call's; a service that answers
// NOT_SERVING counts as UNAVAILABLE, 14.
lb::CheckResult ReadProbe(const absl::StatusOr<http::Response>& response, const HealthCheckConfig& check);

}  // namespace nubo::proxy

#endif  // NUBO_PROXY_PROBER_H_
