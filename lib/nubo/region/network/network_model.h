// What the region's records say of its networks, as one value that Reachability and fabrics understand.
//
// Whoever has an address has an interface: each running or stopped instance, each node of a load balancer, each
// database, each NAT gateway, each endpoint in a subnet, and those that are on record by themselves. Interfaces without
// a record are called by the digits of what has them. What a former version did not record is as AWS has it: the
// default group and ACL, the main route table.
//
// Example:
//   const vpc::Network network = NetworkModel(context);
//   network.interfaces.at(OwnInterfaceOf(instance_id)).security_groups;
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_NETWORK_NETWORK_MODEL_H_
#define NUBO_REGION_NETWORK_NETWORK_MODEL_H_

#include <string>

#include "nubo/region/state/context.h"
#include "nubo/vpc/network.h"

namespace nubo::region {

// A pure function of the model; one look at each record.
vpc::Network NetworkModel(const Context& context);

// The id of the VPC's main route table (rtb- and its digits), which has local routes alone.
std::string MainRouteTable(const std::string& vpc_id);
// The interface of a load balancer in one of its subnets.
std::string InterfaceOfBalancer(const std::string& arn, const std::string& subnet_id);
std::string InterfaceOfDatabase(const std::string& database_id);

}  // namespace nubo::region

#endif  // NUBO_REGION_NETWORK_NETWORK_MODEL_H_
