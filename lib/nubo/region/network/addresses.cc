#include "nubo/region/network/addresses.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/fabrics/fabric.h"
#include "nubo/region/network/plain_records.h"

namespace nubo::region {
namespace {

constexpr int kFirstFreePort = 1024;
constexpr int kLowPortShift = 8000;
constexpr uint32_t kResolverOffset = 2;
constexpr uint16_t kDnsPort = 53;

net::Prefix ParseBlock(const std::string& text) { return net::Prefix::Parse(text).value_or(net::Prefix()); }

// Where the block of the VPC is that holds the address; its first one if none does.
fabrics::Fabric::Place PlaceOf(const Model& model, const v1::VpcState& vpc, const net::IpAddress& address) {
  const fabrics::Fabric::Place first{ParseBlock(vpc.cidr()), ParseBlock(vpc.loopback_cidr())};
  if (first.vpc.Contains(address)) return first;
  for (const auto& [id, other] : model.plain) {
    if (other.type() != kVpcBlockType || other.vpc_id() != vpc.id() || other.loopback_cidr().empty()) continue;
    const net::Prefix block = ParseBlock(Attribute(other, "CidrBlock"));
    if (block.Contains(address)) return {block, ParseBlock(other.loopback_cidr())};
  }
  return first;
}

std::vector<net::Prefix> Places(const Context& context) {
  std::vector<net::Prefix> places;
  for (const auto& [id, vpc] : context.model.vpcs) places.push_back(ParseBlock(vpc.loopback_cidr()));
  for (const auto& [id, other] : context.model.plain) {
    if (!other.loopback_cidr().empty()) places.push_back(ParseBlock(other.loopback_cidr()));
  }
  return places;
}

void Mark(Context& context, const std::string& subnet_id, const std::string& ip) {
  const auto address = net::IpAddress::Parse(ip);
  if (address.ok()) (void)context.addresses.TakeExactly(subnet_id, *address);
}

}  // namespace

absl::StatusOr<Address> TakeAddress(Context& context, const std::string& subnet_id, const std::string& wanted) {
  const v1::SubnetState* subnet = context.model.subnets.Find(subnet_id);
  const v1::VpcState* vpc = subnet == nullptr ? nullptr : context.model.vpcs.Find(subnet->vpc_id());
  if (vpc == nullptr) {
    return base::WithErrorCode(absl::NotFoundError(absl::StrCat("The subnet ID '", subnet_id, "' does not exist")),
                               "InvalidSubnetID.NotFound");
  }
  net::IpAddress ip;
  if (wanted.empty()) {
    NUBO_ASSIGN_OR_RETURN(ip, context.addresses.Take(subnet_id));
  } else {
    NUBO_ASSIGN_OR_RETURN(ip, net::IpAddress::Parse(wanted));
    NUBO_RETURN_IF_ERROR(context.addresses.TakeExactly(subnet_id, ip));
  }
  NUBO_ASSIGN_OR_RETURN(const net::IpAddress loopback,
                        context.fabric.HostAddress(PlaceOf(context.model, *vpc, ip), ip));
  return Address{ip.ToString(), loopback.ToString()};
}

absl::StatusOr<std::string> LoopbackOf(const Context& context, const std::string& vpc_id,
                                       const std::string& private_ip) {
  const v1::VpcState* vpc = context.model.vpcs.Find(vpc_id);
  if (vpc == nullptr) return absl::NotFoundError(absl::StrCat("The vpc ID '", vpc_id, "' does not exist"));
  const absl::StatusOr<net::IpAddress> ip = net::IpAddress::Parse(private_ip);
  const fabrics::Fabric::Place place = PlaceOf(context.model, *vpc, ip.value_or(net::IpAddress()));
  if (!ip.ok() || !place.vpc.Contains(*ip)) {
    return absl::InvalidArgumentError(
        absl::StrCat("The IP address '", private_ip, "' is not in the block ", vpc->cidr(), " of ", vpc_id));
  }
  NUBO_ASSIGN_OR_RETURN(const net::IpAddress loopback, context.fabric.HostAddress(place, *ip));
  return loopback.ToString();
}

void ReleaseAddress(Context& context, const std::string& subnet_id, const std::string& private_ip) {
  const auto ip = net::IpAddress::Parse(private_ip);
  if (ip.ok()) context.addresses.Release(subnet_id, *ip);
}

void RebuildAddresses(Context& context) {
  context.fabric.Resume(Places(context));
  context.addresses.Clear();
  for (const auto& [id, subnet] : context.model.subnets) context.addresses.AddSubnet(id, ParseBlock(subnet.cidr()));
  for (const auto& [id, instance] : context.model.instances) {
    if (instance.terminated_time() == 0) Mark(context, instance.subnet_id(), instance.private_ip());
  }
  for (const auto& [arn, balancer] : context.model.load_balancers) {
    for (int i = 0; i < balancer.subnet_ids_size(); ++i) Mark(context, balancer.subnet_ids(i), balancer.private_ips(i));
  }
  for (const auto& [id, database] : context.model.databases) Mark(context, database.subnet_id(), database.private_ip());
  for (const auto& [id, record] : context.model.plain) {
    if (record.type() != kNatGatewayType && record.type() != kInterfaceType) continue;
    const std::string subnet_id = Attribute(record, "SubnetId");
    Mark(context, subnet_id, Attribute(record, "PrivateIpAddress"));
    for (const std::string& ip : ListOf(record, "SecondaryPrivateIpAddresses")) Mark(context, subnet_id, ip);
  }
}

absl::StatusOr<net::Prefix> Place(Context& context, const net::Prefix& block) {
  return context.fabric.PlaceVpc(block, Places(context));
}

const std::string& FoundAt(const Context& context, const std::string& private_ip, const std::string& loopback_ip) {
  return context.has_networks() ? private_ip : loopback_ip;
}

net::SocketAddress ResolverOf(const Context& context, const std::string& vpc_id) {
  const v1::VpcState* vpc = context.model.vpcs.Find(vpc_id);
  if (!context.has_networks() || vpc == nullptr) return context.dns_address;
  return {net::IpAddress::V4(ParseBlock(vpc->cidr()).first().v4() + kResolverOffset), kDnsPort};
}

int LocalPort(const Context& context, int port) {
  return context.low_ports || port >= kFirstFreePort ? port : port + kLowPortShift;
}

}  // namespace nubo::region
