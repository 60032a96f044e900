// Elastic IP addresses: public addresses that are the account's until they are released, and that can be associated
// with an instance and moved to another. (EC2 user guide, "Elastic IP addresses".)
//
// Each is an address of a block of its own on this machine. What comes to it, on the port that the instance's security
// groups open, is served by the shared listener and passed on to the instance it is associated with: HTTP alone.
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(const std::string id, AllocateAddress(context, {}));
//   NUBO_RETURN_IF_ERROR(AssociateAddress(context, {.allocation_id = id, .instance_id = "i-1"}));
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_NETWORK_ELASTIC_ADDRESSES_H_
#define NUBO_REGION_NETWORK_ELASTIC_ADDRESSES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nubo/region/resources/resource_types.h"
#include "nubo/region/state/context.h"

namespace nubo::region {

// AWS gives five until it is asked for more; here it is not to be asked.
inline constexpr size_t kElasticAddressesMax = 200;

// Its allocation id (eipalloc-…). RESOURCE_EXHAUSTED: there are kElasticAddressesMax (AddressLimitExceeded), or this
// machine has no place for them.
absl::StatusOr<std::string> AllocateAddress(Context& context, const v1::Owner& owner);

struct AssociateAddressRequest {
  std::string allocation_id;
  std::string instance_id;
  // It may be taken from another instance, which then has the public address it had before.
  bool allow_reassociation = true;
};
// NOT_FOUND (InvalidAllocationID.NotFound, InvalidInstanceID.NotFound); FAILED_PRECONDITION: the instance is being
// terminated (IncorrectInstanceState), or the address is another's, and that is not allowed
// (Resource.AlreadyAssociated). An address that the instance had is disassociated.
absl::Status AssociateAddress(Context& context, const AssociateAddressRequest& request);
// Without effect on one that is not associated. NOT_FOUND (InvalidAllocationID.NotFound).
absl::Status DisassociateAddress(Context& context, const std::string& allocation_id);
// NOT_FOUND (InvalidAllocationID.NotFound); FAILED_PRECONDITION (InvalidIPAddress.InUse): it is associated.
absl::Status ReleaseElasticAddress(Context& context, const std::string& allocation_id);

// The allocation id of the address; "": there is none.
std::string AllocationOf(const Model& model, const std::string& public_ip);
// The instance that it is associated with and that is there; "": none is.
std::string AssociatedWith(const Model& model, const std::string& allocation_id);

// AWS::EC2::EIP.
void AddElasticAddressTypes(ResourceTypes& types);

}  // namespace nubo::region

#endif  // NUBO_REGION_NETWORK_ELASTIC_ADDRESSES_H_
