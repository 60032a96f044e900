// What the examples of lib/nubo/vpc use and do not show.
#ifndef TESTS_HEADERS_VPC_H_
#define TESTS_HEADERS_VPC_H_

#include "nubo/vpc/cidr_pool.h"
#include "nubo/vpc/network.h"
#include "nubo/vpc/network_acl.h"
#include "nubo/vpc/reachability.h"
#include "nubo/vpc/route_table.h"
#include "nubo/vpc/security_group.h"
#include "tests/headers/context.h"

namespace nubo::example {

extern const std::vector<net::Prefix> subnets;
extern const net::IpAddress client;
extern const vpc::CidrPool pool;
extern const vpc::Network network;
extern const std::vector<vpc::NetworkAclEntry> present;
extern const vpc::Reachability reachability;

}  // namespace nubo::example

#endif  // TESTS_HEADERS_VPC_H_
