#include "nubo/vpc/route_table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"

namespace nubo::vpc {
namespace {

constexpr char kLocal[] = "local";

auto To(const net::Prefix& destination) {
  return [destination](const Route& route) { return route.destination == destination; };
}

}  // namespace

RouteTable::RouteTable(const std::vector<net::Prefix>& vpc_blocks) : locals_(vpc_blocks.size()) {
  for (const net::Prefix& block : vpc_blocks) Insert({block, kLocal});
}

void RouteTable::Insert(Route route) {
  const auto at = std::upper_bound(routes_.begin(), routes_.end(), route, [](const Route& a, const Route& b) {
    if (a.destination.length() != b.destination.length()) return a.destination.length() > b.destination.length();
    return a.destination < b.destination;
  });
  routes_.insert(at, std::move(route));
}

absl::Status RouteTable::Add(const Route& route, const std::vector<net::Prefix>& subnets) {
  const std::string destination = route.destination.ToString();
  if (std::any_of(routes_.begin(), routes_.end(), To(route.destination))) {
    return base::WithErrorCode(
        absl::AlreadyExistsError(absl::StrCat("the route identified by ", destination, " already exists")),
        "RouteAlreadyExists");
  }
  if (routes_.size() - locals_ >= kRoutesMax) {
    return base::WithErrorCode(
        absl::ResourceExhaustedError(absl::StrCat("a route table has at most ", kRoutesMax, " routes")),
        "RouteLimitExceeded");
  }
  const bool within_vpc = std::any_of(routes_.begin(), routes_.end(), [&](const Route& other) {
    return other.target == kLocal && other.destination.Contains(route.destination);
  });
  if (within_vpc && std::find(subnets.begin(), subnets.end(), route.destination) == subnets.end()) {
    return base::WithErrorCode(
        absl::InvalidArgumentError(absl::StrCat("the destination ", destination,
                                                " is within the VPC but is not the whole block of one of its subnets")),
        "InvalidParameterValue");
  }
  Insert(route);
  return absl::OkStatus();
}

absl::Status RouteTable::Remove(const net::Prefix& destination) {
  const auto it = std::find_if(routes_.begin(), routes_.end(), To(destination));
  if (it == routes_.end()) {
    return base::WithErrorCode(
        absl::NotFoundError(absl::StrCat("no route with destination ", destination.ToString(), " in the route table")),
        "InvalidRoute.NotFound");
  }
  if (it->target == kLocal) {
    return base::WithErrorCode(
        absl::InvalidArgumentError(absl::StrCat("the local route ", destination.ToString(), " cannot be removed")),
        "InvalidParameterValue");
  }
  routes_.erase(it);
  return absl::OkStatus();
}

const Route* RouteTable::Lookup(const net::IpAddress& address) const {
  const auto it = std::find_if(routes_.begin(), routes_.end(),
                               [&](const Route& route) { return route.destination.Contains(address); });
  return it == routes_.end() ? nullptr : &*it;
}

}  // namespace nubo::vpc
