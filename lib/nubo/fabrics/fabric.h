// What the networks of a region are made of on this machine: the interface between the region and its fabric.
//
// A VPC's addresses are its own; a fabric gives the VPC a place on this machine, says where each of its addresses is
// found there, and acts on some of what networks ask for. What it does not act on it says: nobody is told that a rule
// holds which nothing enforces.
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(const net::Prefix place, fabric.PlaceVpc(block, {}));
//   fabric.HostAddress({block, place}, *net::IpAddress::Parse("10.0.1.5"));  // 127.44.1.5 on the loopback fabric
//
// Thread safety: a fabric is thread-compatible.
#ifndef NUBO_FABRICS_FABRIC_H_
#define NUBO_FABRICS_FABRIC_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/net/ip_address.h"

namespace nubo::fabrics {

// What a network may ask of a fabric.
enum class Feature {
  // Only what a security group allows comes in or goes out.
  kSecurityGroups,
  // Packets go where route tables say, and nowhere without a route.
  kRoutes,
  // Only what a network ACL allows enters or leaves a subnet.
  kNetworkAcls,
  // NAT gateways stand with their own address for whoever goes out by them.
  kNat,
  // VPCs reach each other over a peering connection, and not without one.
  kPeering,
  // Addresses of IPv6.
  kIpv6,
  // A service answers at its endpoint in a VPC.
  kEndpoints,
  // What was let through or refused is written down.
  kFlowLogs,
  // Network interfaces beside an instance's own have their addresses, and can be moved.
  kInterfaces,
  // What a VPC says of names: DHCP options, EnableDnsSupport and EnableDnsHostnames.
  kVpcNames,
  // Instances are told about themselves at 169.254.169.254.
  kMetadata,
};

class Fabric {
 public:
  // Where a VPC is: its block, and what stands for it on this machine.
  struct Place {
    net::Prefix vpc;
    net::Prefix host;
  };

  virtual ~Fabric() = default;

  // As users choose it: "loopback".
  virtual absl::string_view name() const = 0;
  // Instances and what serves them have networks of their own, which a process of the region holds: there they are
  // found at their private addresses. Else they are found where HostAddress says.
  virtual bool has_networks() const { return false; }
  // What comes of asking for it, as the end of a sentence; "": it is acted on.
  virtual absl::string_view WhyNotEnforced(Feature feature) const = 0;

  // A place for a new VPC with this block. `present`: the places of all VPCs that there are; what others gave up is
  // free again. RESOURCE_EXHAUSTED: none is left.
  virtual absl::StatusOr<net::Prefix> PlaceVpc(const net::Prefix& block, const std::vector<net::Prefix>& present) = 0;
  // The places of all VPCs, as a region finds them when it starts.
  virtual void Resume(const std::vector<net::Prefix>& present) = 0;
  // Where an address of the VPC is on this machine. INVALID_ARGUMENT: it is not in the VPC's block.
  virtual absl::StatusOr<net::IpAddress> HostAddress(const Place& place, const net::IpAddress& address) const = 0;
};

}  // namespace nubo::fabrics

#endif  // NUBO_FABRICS_FABRIC_H_
