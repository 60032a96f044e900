// Addresses in subnets, and what they are on this machine.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_NETWORK_ADDRESSES_H_
#define NUBO_REGION_NETWORK_ADDRESSES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nubo/net/ip_address.h"
#include "nubo/region/state/context.h"

namespace nubo::region {

struct Address {
  std::string private_ip;
  std::string loopback_ip;
};

// The subnet's next free address, or `wanted` if that is not empty. NOT_FOUND: no such subnet; else as SubnetAddresses.
absl::StatusOr<Address> TakeAddress(Context& context, const std::string& subnet_id, const std::string& wanted = "");
// Without effect on one that is not taken.
void ReleaseAddress(Context& context, const std::string& subnet_id, const std::string& private_ip);
// Where the address of a VPC is on this machine. NOT_FOUND: no such VPC. INVALID_ARGUMENT: outside of its block.
absl::StatusOr<std::string> LoopbackOf(const Context& context, const std::string& vpc_id,
                                       const std::string& private_ip);
// Marks what the model's records hold as taken.
void RebuildAddresses(Context& context);

// What stands for a block, such as that of a new VPC, on this machine. RESOURCE_EXHAUSTED: nothing is left.
absl::StatusOr<net::Prefix> Place(Context& context, const net::Prefix& block);

// Where what has this private address is found by those who are in the region's networks: at that address itself, or at
// what stands for it on this machine where there are no networks.
const std::string& FoundAt(const Context& context, const std::string& private_ip, const std::string& loopback_ip);

// Where who is in the VPC asks for names: base + 2 of its block, or this region's name server where there are no
// networks.
net::SocketAddress ResolverOf(const Context& context, const std::string& vpc_id);

// `port`, or what stands for it where this user may not take ports below 1024: 8000 more.
int LocalPort(const Context& context, int port);

}  // namespace nubo::region

#endif  // NUBO_REGION_NETWORK_ADDRESSES_H_
