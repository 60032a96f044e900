#include "nubo/fabrics/loopback_fabric.h"

#include "nubo/base/status.h"
#include "nubo/fabrics/loopback.h"

namespace nubo::fabrics {

absl::string_view LoopbackFabric::WhyNotEnforced(Feature feature) const {
  switch (feature) {
    case Feature::kSecurityGroups:
      return "its rules: on the loopback fabric everybody may connect to everybody";
    case Feature::kRoutes:
      return "routing: on the loopback fabric every address is reachable";
    case Feature::kNetworkAcls:
      return "its entries: on the loopback fabric nothing is stopped at a subnet's edge";
    case Feature::kNat:
      return "its address: on the loopback fabric everybody goes out by this machine's own";
    case Feature::kPeering:
      return "its need: on the loopback fabric every VPC reaches every other";
    case Feature::kIpv6:
      return "IPv6: on the loopback fabric addresses are of IPv4";
    case Feature::kEndpoints:
      return "its service: on the loopback fabric nothing answers at an endpoint";
    case Feature::kFlowLogs:
      return "its log: on the loopback fabric nobody writes down what passes";
    case Feature::kInterfaces:
      return "its addresses: on the loopback fabric an instance is found at its own address alone";
    case Feature::kVpcNames:
      return "what it says of names: on the loopback fabric every instance has a name and finds all others";
    case Feature::kMetadata:
      return "its metadata options: on the loopback fabric nothing answers at 169.254.169.254";
  }
  return "";
}

// Each block that another region holds is taken, so this ends.
absl::StatusOr<net::Prefix> LoopbackFabric::ChooseFree(int length, std::vector<net::Prefix> taken,
                                                       const std::set<net::IpAddress>& busy, bool despite_flags) {
  BlockLocks* locks = options_.locks;
  while (true) {
    NUBO_ASSIGN_OR_RETURN(const net::Prefix block, ChooseLoopbackBlock(length, options_.hint, taken, busy));
    const bool free = locks == nullptr || (despite_flags ? locks->TakeDespiteFlags(block) : locks->Take(block));
    if (free) return block;
    taken.push_back(BlockLocks::Around(block));
  }
}

absl::StatusOr<net::Prefix> LoopbackFabric::PlaceVpc(const net::Prefix& block,
                                                     const std::vector<net::Prefix>& present) {
  if (options_.locks != nullptr) options_.locks->KeepOnly(present);
  const std::set<net::IpAddress> busy = options_.busy ? options_.busy() : std::set<net::IpAddress>();
  absl::StatusOr<net::Prefix> place = ChooseFree(block.length(), present, busy, /*despite_flags=*/false);
  // Anybody can have a socket in every block. What is wanted of one is most likely free all the same.
  if (absl::IsResourceExhausted(place.status())) place = ChooseFree(block.length(), present, {}, true);
  return place;
}

void LoopbackFabric::Resume(const std::vector<net::Prefix>& present) {
  if (options_.locks == nullptr) return;
  // One that another region has taken meanwhile shows when something is to listen there.
  for (const net::Prefix& block : present) (void)options_.locks->TakeDespiteFlags(block);
}

absl::StatusOr<net::IpAddress> LoopbackFabric::HostAddress(const Place& place, const net::IpAddress& address) const {
  return LoopbackMap(place.vpc, place.host).ToLoopback(address);
}

}  // namespace nubo::fabrics
