#include "nubo/vpc/subnet_addresses.h"

#include <iterator>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"

namespace nubo::vpc {
namespace {

constexpr uint32_t kReservedAtStart = 4;

}  // namespace

SubnetAddresses::SubnetAddresses(const net::Prefix& subnet) : subnet_(subnet) {
  const uint32_t first = subnet.first().v4() + kReservedAtStart, last = subnet.last().v4() - 1;
  free_[first] = last;
  available_ = static_cast<int>(last - first + 1);
}

bool SubnetAddresses::IsReserved(const net::IpAddress& address) const {
  return address.v4() < subnet_.first().v4() + kReservedAtStart || address == subnet_.last();
}

SubnetAddresses::Ranges::iterator SubnetAddresses::FreeAround(uint32_t address) {
  const auto after = free_.upper_bound(address);
  if (after == free_.begin()) return free_.end();
  const auto range = std::prev(after);
  return address <= range->second ? range : free_.end();
}

void SubnetAddresses::Take(Ranges::iterator range, uint32_t address) {
  const auto [first, last] = *range;
  free_.erase(range);
  if (first < address) free_[first] = address - 1;
  if (address < last) free_[address + 1] = last;
  --available_;
}

absl::StatusOr<net::IpAddress> SubnetAddresses::Allocate() {
  if (free_.empty()) {
    return base::WithErrorCode(
        absl::ResourceExhaustedError(absl::StrCat("subnet ", subnet_.ToString(), " has no free address left")),
        "InsufficientFreeAddressesInSubnet");
  }
  const uint32_t lowest = free_.begin()->first;
  Take(free_.begin(), lowest);
  return net::IpAddress::V4(lowest);
}

absl::Status SubnetAddresses::AllocateExact(const net::IpAddress& address) {
  if (!subnet_.Contains(address) || IsReserved(address)) {
    return base::WithErrorCode(absl::InvalidArgumentError(absl::StrCat(address.ToString(), " is ",
                                                                       subnet_.Contains(address) ? "reserved" : "not",
                                                                       " in subnet ", subnet_.ToString())),
                               "InvalidParameterValue");
  }
  const auto range = FreeAround(address.v4());
  if (range == free_.end()) {
    return base::WithErrorCode(absl::AlreadyExistsError(absl::StrCat(address.ToString(), " is in use")),
                               "InvalidIPAddress.InUse");
  }
  Take(range, address.v4());
  return absl::OkStatus();
}

absl::Status SubnetAddresses::Release(const net::IpAddress& address) {
  if (!subnet_.Contains(address) || IsReserved(address) || FreeAround(address.v4()) != free_.end()) {
    return absl::NotFoundError(absl::StrCat(address.ToString(), " is not allocated in subnet ", subnet_.ToString()));
  }
  uint32_t first = address.v4(), last = first;
  // Grows together with the ranges it touches.
  if (const auto above = free_.find(last + 1); above != free_.end()) {
    last = above->second;
    free_.erase(above);
  }
  if (const auto below = FreeAround(first - 1); below != free_.end()) {
    first = below->first;
    free_.erase(below);
  }
  free_[first] = last;
  ++available_;
  return absl::OkStatus();
}

}  // namespace nubo::vpc
