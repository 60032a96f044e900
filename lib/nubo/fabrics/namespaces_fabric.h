// The fabric of namespaces: interfaces with networks of their own, where what is declared of them holds.
//
// Private addresses are the instances' own, each in a network namespace that a process of the region furnishes
// (nubo/network_holder/process.h) by a plan (network_plan.h): security groups, network ACLs, routes and gateways are
// enforced packet by packet. What is public of a VPC has its place in a block of 127.0.0.0/8 as on the loopback fabric.
//
// Example:
//   NamespacesFabric fabric({.hint = 7, .locks = &locks, .busy = BusyLoopbackAddresses});
//
// Thread safety: thread-compatible.
#ifndef NUBO_FABRICS_NAMESPACES_FABRIC_H_
#define NUBO_FABRICS_NAMESPACES_FABRIC_H_

#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/fabrics/fabric.h"
#include "nubo/fabrics/loopback_fabric.h"
#include "nubo/net/ip_address.h"

namespace nubo::fabrics {

class NamespacesFabric final : public Fabric {
 public:
  explicit NamespacesFabric(LoopbackFabric::Options options) : places_(std::move(options)) {}

  absl::string_view name() const override { return "namespaces"; }
  bool has_networks() const override { return true; }
  absl::string_view WhyNotEnforced(Feature feature) const override {
    switch (feature) {
      case Feature::kEndpoints:
        return "its service: nothing answers at an endpoint";
      case Feature::kFlowLogs:
        return "its log: nobody writes down what passes";
      case Feature::kVpcNames:
        return "what it says of names: every instance has a name and asks the VPC's own resolver";
      default:
        return "";
    }
  }
  absl::StatusOr<net::Prefix> PlaceVpc(const net::Prefix& block, const std::vector<net::Prefix>& present) override {
    return places_.PlaceVpc(block, present);
  }
  void Resume(const std::vector<net::Prefix>& present) override { places_.Resume(present); }
  absl::StatusOr<net::IpAddress> HostAddress(const Place& place, const net::IpAddress& address) const override {
    return places_.HostAddress(place, address);
  }

 private:
  LoopbackFabric places_;
};

}  // namespace nubo::fabrics

#endif  // NUBO_FABRICS_NAMESPACES_FABRIC_H_
