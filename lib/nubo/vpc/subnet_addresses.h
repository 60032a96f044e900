// The addresses of one subnet.
//
// AWS keeps five of them: the network's, the router's (+1), the DNS server's (+2), one for later (+3), and the
// broadcast address; the rest are given out lowest first. (Amazon VPC user guide, "Subnet CIDR blocks".)
//
// What is free is kept as ranges: a subnet of 65,536 addresses costs what its gaps do, and every operation is
// logarithmic in their number.
//
// Example:
//   SubnetAddresses addresses(*net::Prefix::Parse("10.0.1.0/24"));
//   net::IpAddress ip = *addresses.Allocate();  // 10.0.1.4
//
// Thread safety: thread-compatible.
#ifndef NUBO_VPC_SUBNET_ADDRESSES_H_
#define NUBO_VPC_SUBNET_ADDRESSES_H_

#include <cstdint>
#include <map>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nubo/net/ip_address.h"

namespace nubo::vpc {

class SubnetAddresses {
 public:
  static constexpr int kReserved = 5;

  // An IPv4 subnet of /16 to /28.
  explicit SubnetAddresses(const net::Prefix& subnet);

  // The lowest free address. RESOURCE_EXHAUSTED (InsufficientFreeAddressesInSubnet): none is left.
  absl::StatusOr<net::IpAddress> Allocate();
  // This very address. INVALID_ARGUMENT (InvalidParameterValue): outside the subnet, or reserved; ALREADY_EXISTS
  // (InvalidIPAddress.InUse).
  absl::Status AllocateExact(const net::IpAddress& address);
  // NOT_FOUND: not allocated.
  absl::Status Release(const net::IpAddress& address);

  bool IsReserved(const net::IpAddress& address) const;
  // How many can still be given out.
  int available() const { return available_; }
  const net::Prefix& subnet() const { return subnet_; }

 private:
  using Ranges = std::map<uint32_t, uint32_t>;
  // The free range around an address that can be given out, or end().
  Ranges::iterator FreeAround(uint32_t address);
  void Take(Ranges::iterator range, uint32_t address);

  const net::Prefix subnet_;
  // First and last address of each free range. No two of them touch, and none holds a reserved address.
  Ranges free_;
  int available_ = 0;
};

}  // namespace nubo::vpc

#endif  // NUBO_VPC_SUBNET_ADDRESSES_H_
