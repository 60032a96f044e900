#include "nubo/region/network/network_service.h"

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "nubo/network_holder/config.h"
#include "nubo/region/network/interfaces.h"
#include "nubo/region/supervisor/services.h"
#include "nubo/vpc/reachability.h"

namespace nubo::region {
namespace {

class NetworkKind final : public ServiceKind {
 public:
  absl::string_view name() const override { return "network"; }
  bool is_configured() const override { return true; }

  void AddWanted(const Context& context, std::map<std::string, v1::Owner>& wanted) const override {
    if (context.has_networks()) wanted[kNetworkService] = {};
  }

  process::Spec Spec(const Context& context, const std::string& id) const override {
    process::Spec spec = DataPlaneSpec(context, id, "network");
    spec.argv.insert(spec.argv.end(), {"--join", context.paths.Join()});
    spec.holds_networks = true;
    return spec;
  }

  void ForgetWords(Context& context, const std::string&) const override {
    context.network_status.Clear();
    context.network_sent.Clear();
  }

  // What it makes carries packets without it, and nobody but the control plane asks it anything for long.
  std::optional<ServiceProbe> Probe(const Context&, const std::string&) const override { return std::nullopt; }
};

}  // namespace

std::unique_ptr<const ServiceKind> MakeNetworkKind() { return std::make_unique<NetworkKind>(); }

vpc::Network FabricNetwork(vpc::Network network) {
  for (const auto& [id, gateway] : network.nat_gateways) network.interfaces.erase(OwnInterfaceOf(id));
  return network;
}

nubo::network::v1::Config NetworkConfig(vpc::Network network) {
  nubo::network::v1::Config config;
  *config.mutable_network() = network_holder::ToProto(FabricNetwork(std::move(network)));
  return config;
}

bool IsOpenToTheWorld(const Context& context, const std::string& public_ip, int port) {
  if (context.reachability == nullptr) return false;
  return context.reachability->Evaluate({.from = "internet", .to = public_ip, .port = port}).reachable;
}

}  // namespace nubo::region
