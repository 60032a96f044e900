// The address spaces of a region as pools: each block of each VPC with its subnets and who has addresses in them, and
// the block of the elastic addresses. What `nubo ipam` prints and draws.
//
// Example:
//   for (const AddressSpace& space : AddressSpaces(context, "vpc-1")) Use(vpc::PoolTree(space.pool));
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_LOOKUP_ADDRESS_SPACES_H_
#define NUBO_REGION_LOOKUP_ADDRESS_SPACES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "nubo/region/state/context.h"
#include "nubo/vpc/cidr_pool.h"
#include "nubo/vpc/v1/vpc.pb.h"

namespace nubo::region {

struct AddressSpace {
  // A VPC's, or "elastic-addresses".
  std::string id;
  // STACK/LOGICAL-ID, if it is of a stack.
  std::string name;
  // Subnets are pools in it. A reservation is what AWS keeps of a subnet.
  vpc::CidrPool pool;
};

// `vpc_id`: "" for all VPCs, and the elastic addresses if there are any. A VPC with several blocks has as many spaces,
// the primary one first. What overlaps, which Check() (vpc/network_check.h) finds, is there once.
std::vector<AddressSpace> AddressSpaces(const Context& context, absl::string_view vpc_id);

// NOT_FOUND: no VPC is called so. INVALID_ARGUMENT: several things are.
absl::Status Describe(const Context& context, const vpc::v1::DescribeAddressSpacesRequest& request,
                      vpc::v1::DescribeAddressSpacesResponse& response);

}  // namespace nubo::region

#endif  // NUBO_REGION_LOOKUP_ADDRESS_SPACES_H_
