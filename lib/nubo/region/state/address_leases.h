// Which addresses of each subnet are taken. Derived from the model's records when the region starts; kept beside them
// from then on, in the same transactions.
//
// Thread safety: thread-compatible; the region's lock guards it.
#ifndef NUBO_REGION_STATE_ADDRESS_LEASES_H_
#define NUBO_REGION_STATE_ADDRESS_LEASES_H_

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nubo/net/ip_address.h"
#include "nubo/region/state/transaction.h"
#include "nubo/vpc/subnet_addresses.h"

namespace nubo::region {

class AddressLeases {
 public:
  // `transaction` outlives it.
  explicit AddressLeases(Transaction& transaction) : transaction_(transaction) {}

  void AddSubnet(const std::string& subnet_id, const net::Prefix& block);
  void RemoveSubnet(const std::string& subnet_id);
  void Clear() { subnets_.clear(); }

  // The lowest free address. NOT_FOUND: no such subnet; else as vpc::SubnetAddresses.
  absl::StatusOr<net::IpAddress> Take(const std::string& subnet_id);
  // This very address. As above.
  absl::Status TakeExactly(const std::string& subnet_id, const net::IpAddress& address);
  // Without effect on one that is not taken.
  void Release(const std::string& subnet_id, const net::IpAddress& address);

  // nullptr: no such subnet.
  const vpc::SubnetAddresses* Find(const std::string& subnet_id) const;
  bool empty() const { return subnets_.empty(); }
  // By the subnet's id.
  auto begin() const { return subnets_.begin(); }
  auto end() const { return subnets_.end(); }

 private:
  absl::StatusOr<vpc::SubnetAddresses*> Known(const std::string& subnet_id);

  Transaction& transaction_;
  std::map<std::string, vpc::SubnetAddresses> subnets_;
};

}  // namespace nubo::region

#endif  // NUBO_REGION_STATE_ADDRESS_LEASES_H_
