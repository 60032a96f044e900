#include "nubo/region/state/address_leases.h"

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"

namespace nubo::region {

void AddressLeases::AddSubnet(const std::string& subnet_id, const net::Prefix& block) {
  subnets_.emplace(subnet_id, block);
  transaction_.OnUndo([this, subnet_id] { subnets_.erase(subnet_id); });
}

void AddressLeases::RemoveSubnet(const std::string& subnet_id) {
  const auto found = subnets_.find(subnet_id);
  if (found == subnets_.end()) return;
  transaction_.OnUndo([this, former = *found] { subnets_.insert(former); });
  subnets_.erase(found);
}

absl::StatusOr<vpc::SubnetAddresses*> AddressLeases::Known(const std::string& subnet_id) {
  const auto found = subnets_.find(subnet_id);
  if (found != subnets_.end()) return &found->second;
  return base::WithErrorCode(absl::NotFoundError(absl::StrCat("The subnet ID '", subnet_id, "' does not exist")),
                             "InvalidSubnetID.NotFound");
}

absl::StatusOr<net::IpAddress> AddressLeases::Take(const std::string& subnet_id) {
  NUBO_ASSIGN_OR_RETURN(vpc::SubnetAddresses * subnet, Known(subnet_id));
  NUBO_ASSIGN_OR_RETURN(const net::IpAddress address, subnet->Allocate());
  transaction_.OnUndo([this, subnet_id, address] { (void)subnets_.at(subnet_id).Release(address); });
  return address;
}

absl::Status AddressLeases::TakeExactly(const std::string& subnet_id, const net::IpAddress& address) {
  NUBO_ASSIGN_OR_RETURN(vpc::SubnetAddresses * subnet, Known(subnet_id));
  NUBO_RETURN_IF_ERROR(subnet->AllocateExact(address));
  transaction_.OnUndo([this, subnet_id, address] { (void)subnets_.at(subnet_id).Release(address); });
  return absl::OkStatus();
}

void AddressLeases::Release(const std::string& subnet_id, const net::IpAddress& address) {
  const auto found = subnets_.find(subnet_id);
  if (found == subnets_.end() || !found->second.Release(address).ok()) return;
  transaction_.OnUndo([this, subnet_id, address] { (void)subnets_.at(subnet_id).AllocateExact(address); });
}

const vpc::SubnetAddresses* AddressLeases::Find(const std::string& subnet_id) const {
  const auto found = subnets_.find(subnet_id);
  return found == subnets_.end() ? nullptr : &found->second;
}

}  // namespace nubo::region
