// What the examples of lib/nubo/vpc use and do not show.
#ifndef TESTS_HEADERS_VPC_H_
#define TESTS_HEADERS_VPC_H_

#include "nubo/vpc/cidr_pool.h"
#include "nubo/vpc/route_table.h"
#include "nubo/vpc/security_group.h"
#include "tests/headers/context.h"

namespace nubo::example {

extern const std::vector<net::Prefix> subnets;
extern const net::IpAddress client;
extern const vpc::CidrPool pool;

}  // namespace nubo::example

#endif  // TESTS_HEADERS_VPC_H_
