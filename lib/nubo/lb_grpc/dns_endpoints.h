// A pool's endpoints as DNS names them: every address of a name, at one port. The name is asked for again when its TTL
// is over, which gRPC's own resolver does not do.
//
// Example:
//   absl::Status status = pool->Watch(std::make_unique<DnsEndpoints>(
//       "backend.todo.internal", 50051, DnsEndpointsOptions{.resolver = {.servers = {server}}}));
//
// Thread safety: as EndpointSource. It has a thread of its own.
#ifndef NUBO_LB_GRPC_DNS_ENDPOINTS_H_
#define NUBO_LB_GRPC_DNS_ENDPOINTS_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "nubo/dns/resolver/stub_resolver.h"
#include "nubo/dns_client/client.h"
#include "nubo/lb_grpc/endpoint_source.h"

namespace nubo::lb_grpc {

struct DnsEndpointsOptions {
  dns::StubResolverOptions resolver;
  // Whether an answer without addresses keeps the last ones, how often to ask at most, and more.
  dns_client::WatchOptions watch;
};

class DnsEndpoints final : public EndpointSource {
 public:
  DnsEndpoints(std::string name, uint16_t port, DnsEndpointsOptions options);
  ~DnsEndpoints() override;

  // An endpoint's id is its address and port. INVALID_ARGUMENT: not a name.
  absl::Status Start(OnChange on_change) override;

 private:
  struct Running;
  const std::string name_;
  const uint16_t port_;
  const DnsEndpointsOptions options_;
  std::unique_ptr<Running> running_;
};

}  // namespace nubo::lb_grpc

#endif  // NUBO_LB_GRPC_DNS_ENDPOINTS_H_
