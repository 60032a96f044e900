// Whether addresses and Availability Zones that resources ask for are those of the subnets they go into.
//
// Rules: Amazon VPC user guide, "Subnet CIDR blocks" (five addresses of each are AWS's), and the API reference's
// RunInstances, CreateAutoScalingGroup and CreateLoadBalancer.
//
// Example:
//   CheckPlacement(resources, [&](const Value& subnet) { return Find(subnet); }, problems);
//
// Thread safety: pure functions.
#ifndef NUBO_STACK_PLACEMENT_H_
#define NUBO_STACK_PLACEMENT_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "nubo/net/ip_address.h"
#include "nubo/stack/diagnostic.h"
#include "nubo/stack/known_resources.h"
#include "nubo/stack/value.h"

namespace nubo::stack {

struct SubnetFacts {
  // Its logical id, or its id.
  std::string name;
  net::Prefix block;
  // "" if it is not known yet.
  std::string zone;
};

// What a property that names a subnet, by its id or by a function, is known to stand for.
using FindSubnet = absl::FunctionRef<std::optional<SubnetFacts>(const Value& subnet)>;

// Adds what is wrong; of subnets that `find` does not know nothing is said.
void CheckPlacement(const std::vector<KnownResource>& resources, FindSubnet find, std::vector<Diagnostic>& problems);

// What a property that names a VPC is known to have as its block.
using FindVpcBlock = absl::FunctionRef<std::optional<net::Prefix>(const Value& vpc)>;

// That targets which are addresses are their VPC's.
void CheckAddressTargets(const std::vector<KnownResource>& resources, FindVpcBlock find,
                         std::vector<Diagnostic>& problems);

}  // namespace nubo::stack

#endif  // NUBO_STACK_PLACEMENT_H_
