// Elastic IP addresses: public addresses that are the account's until they are released, and that can be associated
// with an instance or a network interface and moved to another; a NAT gateway keeps the one it was made with. (EC2 user
// guide, "Elastic IP addresses".)
//
// Each is an address of a block of its own on this machine. What comes to it, on the port that the instance's security
// groups open, is served by the shared listener and passed on to the instance it is associated with: HTTP alone.
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(const std::string id, AllocateAddress(context, {}));
//   NUBO_RETURN_IF_ERROR(AssociateAddress(context, {.allocation_id = id, .instance_id = "i-1"}).status());
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_NETWORK_ELASTIC_ADDRESSES_H_
#define NUBO_REGION_NETWORK_ELASTIC_ADDRESSES_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nubo/region/resources/resource_types.h"
#include "nubo/region/state/context.h"
#include "nubo/region/state/model.h"
#include "nubo/vpc/cidr_pool.h"

namespace nubo::region {

// AWS gives five until it is asked for more; here it is not to be asked.
inline constexpr size_t kElasticAddressesMax = 200;

// Its allocation id (eipalloc-…). RESOURCE_EXHAUSTED: there are kElasticAddressesMax (AddressLimitExceeded), or this
// machine has no place for them.
absl::StatusOr<std::string> AllocateAddress(Context& context, const v1::Owner& owner);

struct AssociateAddressRequest {
  std::string allocation_id;
  // One of these. That of an instance's own interface (interfaces.h) stands for the instance.
  std::string instance_id = {};
  std::string network_interface_id = {};
  // Of those that it has; "": its primary one.
  std::string private_ip_address = {};
  // It may be taken from another, which then has the public address it had before.
  bool allow_reassociation = true;
};
// The association's id (eipassoc-…). NOT_FOUND (InvalidAllocationID.NotFound, InvalidInstanceID.NotFound,
// InvalidNetworkInterfaceID.NotFound); INVALID_ARGUMENT (InvalidParameterCombination, InvalidParameterValue): neither
// or both are named, or the private address is not its; FAILED_PRECONDITION: the instance is being terminated
// (IncorrectInstanceState), or the address is another's, and that is not allowed, or a NAT gateway's
// (Resource.AlreadyAssociated). An address that it had is disassociated.
absl::StatusOr<std::string> AssociateAddress(Context& context, const AssociateAddressRequest& request);
// Without effect on one that is not associated, or with a NAT gateway. NOT_FOUND (InvalidAllocationID.NotFound).
absl::Status DisassociateAddress(Context& context, const std::string& allocation_id);
// NOT_FOUND (InvalidAllocationID.NotFound); FAILED_PRECONDITION (InvalidIPAddress.InUse): it is associated.
absl::Status ReleaseElasticAddress(Context& context, const std::string& allocation_id);
// FAILED_PRECONDITION (Resource.AlreadyAssociated): something has it.
absl::Status CheckFree(const Model& model, const std::string& allocation_id);

// The allocation id of the address; "": there is none.
std::string AllocationOf(const Model& model, const std::string& public_ip);
// The allocation id of the address that is associated so; "": none is.
std::string AllocationOfAssociation(const Model& model, const std::string& association_id);
// The instance that it is associated with and that is there; "": none is.
std::string AssociatedWith(const Model& model, const std::string& allocation_id);
// What has it and is there: an instance, an interface, a NAT gateway; "": nothing.
std::string UserOfAddress(const Model& model, const std::string& allocation_id);

// The block that they are of, with who has each; unset: there is none yet.
std::optional<vpc::CidrPool> ElasticAddressPool(const Model& model);

// AWS::EC2::EIP and AWS::EC2::EIPAssociation.
void AddElasticAddressTypes(ResourceTypes& types);

}  // namespace nubo::region

#endif  // NUBO_REGION_NETWORK_ELASTIC_ADDRESSES_H_
