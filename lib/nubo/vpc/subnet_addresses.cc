#include "nubo/vpc/subnet_addresses.h"

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"

namespace nubo::vpc {
namespace {

constexpr uint32_t kReservedAtStart = 4;

}  // namespace

bool SubnetAddresses::IsReserved(const net::IpAddress& address) const {
  return address.v4() < subnet_.first().v4() + kReservedAtStart || address == subnet_.last();
}

absl::StatusOr<net::IpAddress> SubnetAddresses::Allocate() {
  // The taken ones in order have no gap before the lowest free one.
  uint32_t candidate = subnet_.first().v4() + kReservedAtStart;
  for (const net::IpAddress& taken : taken_) {
    if (taken.v4() != candidate) break;
    ++candidate;
  }
  const net::IpAddress address = net::IpAddress::V4(candidate);
  if (!subnet_.Contains(address) || IsReserved(address)) {
    return base::WithErrorCode(
        absl::ResourceExhaustedError(absl::StrCat("subnet ", subnet_.ToString(), " has no free address left")),
        "InsufficientFreeAddressesInSubnet");
  }
  taken_.insert(address);
  return address;
}

absl::Status SubnetAddresses::AllocateExact(const net::IpAddress& address) {
  if (!subnet_.Contains(address) || IsReserved(address)) {
    return base::WithErrorCode(absl::InvalidArgumentError(absl::StrCat(address.ToString(), " is ",
                                                                       subnet_.Contains(address) ? "reserved" : "not",
                                                                       " in subnet ", subnet_.ToString())),
                               "InvalidParameterValue");
  }
  if (!taken_.insert(address).second) {
    return base::WithErrorCode(absl::AlreadyExistsError(absl::StrCat(address.ToString(), " is in use")),
                               "InvalidIPAddress.InUse");
  }
  return absl::OkStatus();
}

absl::Status SubnetAddresses::Release(const net::IpAddress& address) {
  if (taken_.erase(address) > 0) return absl::OkStatus();
  return absl::NotFoundError(absl::StrCat(address.ToString(), " is not allocated in subnet ", subnet_.ToString()));
}

int SubnetAddresses::available() const {
  return static_cast<int>(absl::Uint128Low64(subnet_.size())) - kReserved - static_cast<int>(taken_.size());
}

}  // namespace nubo::vpc
