// The address spaces of a region as pools: each block of each VPC with its subnets and who has addresses in them, the
// blocks of IPAM pools, and that of the elastic addresses. What `nubo ipam` prints and draws.
//
// Example:
//   for (const AddressSpace& space : AddressSpaces(context, "vpc-1")) Use(vpc::PoolTree(space.pool));
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_REACH_ADDRESS_SPACES_H_
#define NUBO_REGION_REACH_ADDRESS_SPACES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "nubo/region/state/context.h"
#include "nubo/vpc/cidr_pool.h"
#include "nubo/vpc/v1/vpc.pb.h"

namespace nubo::region {

struct AddressSpace {
  // A VPC's, an IPAM pool's, or "elastic-addresses".
  std::string id;
  // STACK/LOGICAL-ID, if it is of a stack.
  std::string name;
  // Subnets are pools in it. A reservation is what AWS keeps of a subnet.
  vpc::CidrPool pool;
};

// `id`: a VPC's or an IPAM pool's; "" for all, and the elastic addresses if there are any. What has several blocks has
// as many spaces, a VPC's primary one first. What overlaps, which Check() (vpc/network_check.h) finds, is there once.
std::vector<AddressSpace> AddressSpaces(const Context& context, absl::string_view id);

// NOT_FOUND: no VPC or pool is called so. INVALID_ARGUMENT: several things are.
absl::Status Describe(const Context& context, const vpc::v1::DescribeAddressSpacesRequest& request,
                      vpc::v1::DescribeAddressSpacesResponse& response);

}  // namespace nubo::region

#endif  // NUBO_REGION_REACH_ADDRESS_SPACES_H_
