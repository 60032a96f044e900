#include <iostream>
#include <memory>
#include <random>

#include "nubo/lb/policy_registry.h"

namespace lb = nubo::lb;

int main() {
  lb::EndpointList endpoints;
  for (const char* address : {"127.0.0.1:9001", "127.0.0.1:9002", "127.0.0.1:9003"}) {
    endpoints.push_back(std::make_shared<lb::Endpoint>(lb::Endpoint{
        .id = address, .address = *nubo::net::SocketAddress::Parse(address), .load = std::make_shared<lb::Load>()}));
  }
  const lb::PolicyRegistry registry = lb::PolicyRegistry::Builder().AddBuiltins().Build();
  std::shared_ptr<const lb::Picker> picker = *(*registry.Create("round_robin"))->Build(endpoints);
  std::mt19937_64 rng(1);
  for (int i = 0; i < 4; ++i) std::cout << picker->Pick({}, rng).endpoint()->id << "\n";
}
