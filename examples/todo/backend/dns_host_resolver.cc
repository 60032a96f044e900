#include "examples/todo/backend/dns_host_resolver.h"

#include <utility>

#include "nubo/base/status.h"
#include "nubo/dns_client/client.h"

namespace nubo::examples::todo {
namespace {

class DnsHostResolver final : public HostResolver {
 public:
  explicit DnsHostResolver(net::SocketAddress server) { options_.servers.push_back(server); }

  absl::StatusOr<net::IpAddress> Resolve(absl::string_view host, absl::Duration timeout) override {
    NUBO_ASSIGN_OR_RETURN(const dns_client::Addresses found,
                          dns_client::ResolveBlocking(options_, host, dns::RecordType::kA, timeout));
    return found.addresses.front();
  }

 private:
  dns::StubResolverOptions options_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<HostResolver>> MakeHostResolver(absl::string_view dns_server) {
  if (dns_server.empty()) return std::make_unique<LiteralResolver>();
  NUBO_ASSIGN_OR_RETURN(const net::SocketAddress server, net::SocketAddress::Parse(dns_server));
  return std::make_unique<DnsHostResolver>(server);
}

}  // namespace nubo::examples::todo
