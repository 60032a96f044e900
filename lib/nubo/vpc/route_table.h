// A route table: which way an address lies.
//
// The longest prefix that holds the address wins. Every block of the VPC has a route "local" that cannot be removed; a
// route more specific than a local one is allowed for a whole subnet only. (Amazon VPC user guide, "Route tables".)
//
// Example:
//   RouteTable table({*net::Prefix::Parse("10.0.0.0/16")});
//   NUBO_RETURN_IF_ERROR(table.Add({*net::Prefix::Parse("0.0.0.0/0"), "igw-1"}, subnets));
//   table.Lookup(*net::IpAddress::Parse("10.0.1.5"))->target;  // "local"
//
// Thread safety: thread-compatible.
#ifndef NUBO_VPC_ROUTE_TABLE_H_
#define NUBO_VPC_ROUTE_TABLE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "nubo/net/ip_address.h"

namespace nubo::vpc {

struct Route {
  net::Prefix destination;
  // "local", or the id of what takes it further: an internet or NAT gateway, a peering connection, …
  std::string target;
};

class RouteTable {
 public:
  // AWS's default quota; local routes do not count.
  static constexpr size_t kRoutesMax = 50;

  explicit RouteTable(const std::vector<net::Prefix>& vpc_blocks);

  // `subnets`: the blocks of all of the VPC's subnets.
  // ALREADY_EXISTS (RouteAlreadyExists): the table has one to this very destination. RESOURCE_EXHAUSTED
  // (RouteLimitExceeded). INVALID_ARGUMENT (InvalidParameterValue): within the VPC, and not a whole subnet.
  absl::Status Add(const Route& route, const std::vector<net::Prefix>& subnets);
  // NOT_FOUND (InvalidRoute.NotFound). INVALID_ARGUMENT (InvalidParameterValue): a local route.
  absl::Status Remove(const net::Prefix& destination);

  // The way of `address`; nullptr: there is none.
  const Route* Lookup(const net::IpAddress& address) const;
  // Longest prefix first.
  const std::vector<Route>& routes() const { return routes_; }

 private:
  void Insert(Route route);

  std::vector<Route> routes_;
  size_t locals_ = 0;
};

}  // namespace nubo::vpc

#endif  // NUBO_VPC_ROUTE_TABLE_H_
