#include "nubo/stack/placement.h"

#include <algorithm>
#include <map>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "nubo/vpc/subnet_addresses.h"

namespace nubo::stack {
namespace {

class PlacementChecker {
 public:
  PlacementChecker(FindSubnet find, std::vector<Diagnostic>& problems) : find_(find), problems_(problems) {}

  void Check(const KnownResource& known) {
    const std::string& type = known.resource->type;
    const Value& properties = known.properties;
    if (type == "AWS::EC2::Instance") {
      CheckInstance(properties, properties.Get("AvailabilityZone"));
    } else if (type == "AWS::EC2::LaunchTemplate") {
      const Value& data = properties.Get("LaunchTemplateData");
      // What it says is taken by what is launched from it, if anything is.
      PlacementChecker alone(find_, problems_);
      alone.CheckInstance(data, data.Get("Placement").Get("AvailabilityZone"));
    } else if (type == "AWS::ElasticLoadBalancingV2::LoadBalancer") {
      for (const Value& mapping : properties.Get("SubnetMappings").items()) {
        CheckAddress(mapping.Get("SubnetId"), mapping.Get("PrivateIPv4Address"));
      }
    } else if (type == "AWS::AutoScaling::AutoScalingGroup") {
      CheckGroup(properties);
    }
  }

 private:
  void CheckInstance(const Value& properties, const Value& zone) {
    CheckOne(properties.Get("SubnetId"), properties.Get("PrivateIpAddress"), zone);
    for (const Value& interface : properties.Get("NetworkInterfaces").items()) {
      CheckOne(interface.Get("SubnetId"), interface.Get("PrivateIpAddress"), zone);
    }
  }

  void CheckOne(const Value& subnet, const Value& address, const Value& zone) {
    CheckAddress(subnet, address);
    const std::optional<SubnetFacts> facts = find_(subnet);
    if (!facts.has_value() || facts->zone.empty() || !zone.is_scalar() || zone.text() == facts->zone) return;
    Add(zone, absl::StrCat("The availability zone '", zone.text(), "' does not match that of subnet ", facts->name,
                           ", which is ", facts->zone, " (InvalidParameterValue)"));
  }

  void CheckAddress(const Value& subnet, const Value& address) {
    if (!address.is_scalar()) return;
    const absl::StatusOr<net::IpAddress> ip = net::IpAddress::Parse(address.text());
    if (!ip.ok() || !ip->is_v4()) {
      return Add(address, absl::StrCat("Value (", address.text(),
                                       ") for parameter PrivateIpAddress is invalid: it is no IPv4 address "
                                       "(InvalidParameterValue)"));
    }
    const std::optional<SubnetFacts> facts = find_(subnet);
    if (!facts.has_value()) return;
    const auto [addresses, is_new] = taken_.try_emplace(facts->name, facts->block);
    const absl::Status status = addresses->second.AllocateExact(*ip);
    if (status.ok()) return;
    if (absl::IsAlreadyExists(status)) {
      return Add(address, absl::StrCat("Address ", ip->ToString(), " is in use in subnet ", facts->name,
                                       " (InvalidIPAddress.InUse)"));
    }
    const bool inside = facts->block.Contains(*ip);
    Add(address,
        absl::StrCat("Address ", ip->ToString(),
                     inside ? " is in subnet's reserved address range: " : " does not fall within the subnet's range: ",
                     facts->name, " has ", facts->block.ToString(),
                     inside ? ", of which the first four addresses and the last are reserved" : "",
                     " (InvalidParameterValue)"));
  }

  void CheckGroup(const Value& properties) {
    const Value& zones = properties.Get("AvailabilityZones");
    if (!zones.is_list() || zones.items().empty()) return;
    const std::vector<std::string> names = zones.ItemTexts();
    // One that is not known yet may be any.
    if (names.size() != zones.items().size()) return;
    for (const Value& subnet : properties.Get("VPCZoneIdentifier").items()) {
      const std::optional<SubnetFacts> facts = find_(subnet);
      if (!facts.has_value() || facts->zone.empty()) continue;
      if (std::find(names.begin(), names.end(), facts->zone) != names.end()) continue;
      Add(zones, absl::StrCat("The availability zones of the specified subnets and the Auto Scaling group do not "
                              "match: subnet ",
                              facts->name, " is in ", facts->zone, " (ValidationError)"));
    }
  }

  void Add(const Value& where, std::string message) { problems_.push_back({where.location(), std::move(message)}); }

  const FindSubnet find_;
  std::vector<Diagnostic>& problems_;
  // Of each subnet: the addresses that were asked for so far.
  std::map<std::string, vpc::SubnetAddresses> taken_;
};

}  // namespace

void CheckPlacement(const std::vector<KnownResource>& resources, FindSubnet find, std::vector<Diagnostic>& problems) {
  PlacementChecker checker(find, problems);
  for (const KnownResource& known : resources) checker.Check(known);
}

void CheckAddressTargets(const std::vector<KnownResource>& resources, FindVpcBlock find,
                         std::vector<Diagnostic>& problems) {
  for (const KnownResource& known : resources) {
    const Value& properties = known.properties;
    const bool is_addresses = known.resource->type == "AWS::ElasticLoadBalancingV2::TargetGroup" &&
                              properties.Get("TargetType").text() == "ip";
    const std::optional<net::Prefix> block = is_addresses ? find(properties.Get("VpcId")) : std::nullopt;
    if (!block.has_value()) continue;
    for (const Value& target : properties.Get("Targets").items()) {
      const Value& id = target.Get("Id");
      const absl::StatusOr<net::IpAddress> ip = net::IpAddress::Parse(id.text());
      if (!id.is_scalar() || !ip.ok() || block->Contains(*ip)) continue;
      problems.push_back({id.location(), absl::StrCat("The IP address '", id.text(), "' is not in the block ",
                                                      block->ToString(), " of its VPC (InvalidTarget)")});
    }
  }
}

}  // namespace nubo::stack
