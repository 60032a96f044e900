// Lays out a network: subnets out of a block, addresses out of a subnet.
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "nubo/vpc/cidr_pool.h"
#include "nubo/vpc/subnet_addresses.h"
#include "nubo/vpc/validate.h"

namespace vpc = nubo::vpc;
namespace net = nubo::net;

int main() {
  // [use]
  const net::Prefix block = *vpc::ParseVpcBlock("10.0.0.0/16");
  vpc::CidrPool subnets(block);
  const net::Prefix web = *subnets.Allocate(24);
  const net::Prefix data = *subnets.Allocate(20);
  const net::Prefix more = *subnets.Allocate(24);  // the hole beside the first fits best
  std::cout << web.ToString() << " " << data.ToString() << " " << more.ToString() << "\n";

  vpc::SubnetAddresses addresses(web);
  std::cout << "first: " << addresses.Allocate()->ToString() << ", left: " << addresses.available() << "\n";
  std::cout << addresses.AllocateExact(*net::IpAddress::Parse("10.0.0.2")).message() << "\n";
  // [/use]

  // [validate]
  const std::vector<std::pair<std::string, net::Prefix>> others = {{"subnet-web", web}};
  std::cout << vpc::ParseSubnetBlock("10.0.0.128/25", block, others).status().message() << "\n";
  // [/validate]
}
