// What the tests of policies share: endpoints, and counting who is chosen.
#ifndef NUBO_TESTS_LB_ENDPOINTS_H_
#define NUBO_TESTS_LB_ENDPOINTS_H_

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nubo/lb/load.h"
#include "nubo/lb/policy.h"

namespace nubo::lb {

inline std::shared_ptr<Endpoint> MakeEndpoint(int n, double weight = 1) {
  auto endpoint = std::make_shared<Endpoint>();
  endpoint->id = absl::StrCat("i-", n);
  endpoint->address = {net::IpAddress::V4(0x0a000000 + static_cast<uint32_t>(n)), 80};
  endpoint->weight = weight;
  endpoint->load = std::make_shared<Load>();
  return endpoint;
}

inline EndpointList MakeEndpoints(int count) {
  EndpointList endpoints;
  for (int i = 0; i < count; ++i) endpoints.push_back(MakeEndpoint(i));
  return endpoints;
}

inline EndpointList MakeWeighted(const std::vector<double>& weights) {
  EndpointList endpoints;
  for (const double weight : weights) endpoints.push_back(MakeEndpoint(static_cast<int>(endpoints.size()), weight));
  return endpoints;
}

// How often each is chosen in `count` picks.
inline std::map<std::string, int> Picks(const Picker& picker, int count, const PickRequest& request = {}) {
  std::mt19937_64 rng(7);
  std::map<std::string, int> picks;
  for (int i = 0; i < count; ++i) ++picks[picker.Pick(request, rng).endpoint()->id];
  return picks;
}

}  // namespace nubo::lb

#endif  // NUBO_TESTS_LB_ENDPOINTS_H_
