#include "nubo/region/network/addresses.h"

#include <functional>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/fabrics/loopback.h"
#include "nubo/lb/hash.h"

namespace nubo::region {
namespace {

constexpr int kFirstFreePort = 1024;
constexpr int kLowPortShift = 8000;

net::Prefix ParseBlock(const std::string& text) { return net::Prefix::Parse(text).value_or(net::Prefix()); }

std::vector<net::Prefix> LoopbackBlocks(const Context& context) {
  std::vector<net::Prefix> blocks;
  for (const auto& [id, vpc] : context.model.vpcs) blocks.push_back(ParseBlock(vpc.loopback_cidr()));
  return blocks;
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
  const fabrics::LoopbackMap map(ParseBlock(vpc->cidr()), ParseBlock(vpc->loopback_cidr()));
  NUBO_ASSIGN_OR_RETURN(const net::IpAddress loopback, map.ToLoopback(ip));
  return Address{ip.ToString(), loopback.ToString()};
}

absl::StatusOr<std::string> LoopbackOf(const Context& context, const std::string& vpc_id,
                                       const std::string& private_ip) {
  const v1::VpcState* vpc = context.model.vpcs.Find(vpc_id);
  if (vpc == nullptr) return absl::NotFoundError(absl::StrCat("The vpc ID '", vpc_id, "' does not exist"));
  const absl::StatusOr<net::IpAddress> ip = net::IpAddress::Parse(private_ip);
  if (!ip.ok() || !ParseBlock(vpc->cidr()).Contains(*ip)) {
    return absl::InvalidArgumentError(
        absl::StrCat("The IP address '", private_ip, "' is not in the block ", vpc->cidr(), " of ", vpc_id));
  }
  NUBO_ASSIGN_OR_RETURN(
      const net::IpAddress loopback,
      fabrics::LoopbackMap(ParseBlock(vpc->cidr()), ParseBlock(vpc->loopback_cidr())).ToLoopback(*ip));
  return loopback.ToString();
}

void ReleaseAddress(Context& context, const std::string& subnet_id, const std::string& private_ip) {
  const auto ip = net::IpAddress::Parse(private_ip);
  if (ip.ok()) context.addresses.Release(subnet_id, *ip);
}

void RebuildAddresses(Context& context) {
  if (context.block_locks != nullptr) {
    // One that another region has taken meanwhile shows when something is to listen there.
    for (const net::Prefix& block : LoopbackBlocks(context)) (void)context.block_locks->TakeDespiteFlags(block);
  }
  context.addresses.Clear();
  for (const auto& [id, subnet] : context.model.subnets) context.addresses.AddSubnet(id, ParseBlock(subnet.cidr()));
  for (const auto& [id, instance] : context.model.instances) {
    if (instance.terminated_time() == 0) Mark(context, instance.subnet_id(), instance.private_ip());
  }
  for (const auto& [arn, balancer] : context.model.load_balancers) {
    for (int i = 0; i < balancer.subnet_ids_size(); ++i) Mark(context, balancer.subnet_ids(i), balancer.private_ips(i));
  }
  for (const auto& [id, database] : context.model.databases) Mark(context, database.subnet_id(), database.private_ip());
}

namespace {

// Each block that another region holds is taken, so this ends.
absl::StatusOr<std::string> ChooseFree(Context& context, int length, uint32_t hint, std::vector<net::Prefix> taken,
                                       const std::set<net::IpAddress>& busy, bool despite_flags) {
  while (true) {
    NUBO_ASSIGN_OR_RETURN(const net::Prefix block, fabrics::ChooseLoopbackBlock(length, hint, taken, busy));
    fabrics::BlockLocks* locks = context.block_locks;
    const bool free = locks == nullptr || (despite_flags ? locks->TakeDespiteFlags(block) : locks->Take(block));
    if (free) return block.ToString();
    taken.push_back(fabrics::BlockLocks::Around(block));
  }
}

}  // namespace

absl::StatusOr<std::string> ChooseLoopback(Context& context, const std::string& cidr) {
  const std::vector<net::Prefix> taken = LoopbackBlocks(context);
  if (context.block_locks != nullptr) context.block_locks->KeepOnly(taken);
  // Regions with other state directories begin to look elsewhere, which leaves each the same block most of the time.
  const uint32_t hint = static_cast<uint32_t>(lb::Hash(context.paths.state));
  const int length = ParseBlock(cidr).length();
  absl::StatusOr<std::string> block =
      ChooseFree(context, length, hint, taken, fabrics::BusyLoopbackAddresses(), /*despite_flags=*/false);
  // Anybody can have a socket in every block. What is wanted of one is most likely free all the same.
  if (absl::IsResourceExhausted(block.status())) block = ChooseFree(context, length, hint, taken, {}, true);
  return block;
}

int LocalPort(const Context& context, int port) {
  return context.low_ports || port >= kFirstFreePort ? port : port + kLowPortShift;
}

}  // namespace nubo::region
