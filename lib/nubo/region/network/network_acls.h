// Network ACLs: what may enter and leave a subnet, packet by packet.
//
// Every VPC has a default one (acl- and the digits of its id), which lets everything pass; a subnet that is associated
// with no other has that. It has a record only once an entry of it was changed. (EC2 API reference, CreateNetworkAcl,
// CreateNetworkAclEntry, ReplaceNetworkAclAssociation.)
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(const std::string acl, CreateNetworkAcl(context, {}, vpc));
//   NUBO_RETURN_IF_ERROR(CreateNetworkAclEntry(context, {}, {.network_acl_id = acl, .entry = web}).status());
//   NUBO_RETURN_IF_ERROR(ReplaceNetworkAclAssociation(context, {}, acl, subnet).status());
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_NETWORK_NETWORK_ACLS_H_
#define NUBO_REGION_NETWORK_NETWORK_ACLS_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nubo/region/resources/resource_types.h"
#include "nubo/region/state/context.h"
#include "nubo/region/state/model.h"
#include "nubo/vpc/network.h"
#include "nubo/vpc/network_acl.h"

namespace nubo::region {

// AWS's default quota of one VPC's.
inline constexpr size_t kNetworkAclsMax = 200;

// The id that the default ACL of the VPC has.
std::string DefaultNetworkAcl(const std::string& vpc_id);
// With all its entries, also of a default ACL without a record; nothing: there is no such ACL.
std::optional<v1::PlainState> FindNetworkAcl(const Model& model, const std::string& acl_id);
// That of the subnet; "": there is no such subnet.
std::string NetworkAclOf(const Model& model, const std::string& subnet_id);
// The id of the subnet's association with its ACL (aclassoc-…).
std::string AclAssociationOf(const Model& model, const std::string& subnet_id);
vpc::NetworkAclEntry AclEntryOf(const v1::NetworkAclEntry& record);

// Its id. NOT_FOUND (InvalidVpcID.NotFound). RESOURCE_EXHAUSTED (NetworkAclLimitExceeded).
absl::StatusOr<std::string> CreateNetworkAcl(Context& context, const v1::Owner& owner, const std::string& vpc_id);
// FAILED_PRECONDITION (DependencyViolation): a subnet has it. INVALID_ARGUMENT (InvalidParameterValue): a default one.
// Without effect on one that is not there.
absl::Status DeleteNetworkAcl(Context& context, const std::string& acl_id);

struct NetworkAclEntryRequest {
  std::string network_acl_id;
  // Out of the subnet, not into it.
  bool egress = false;
  vpc::AclEntryText entry;
};
// Its id, which is ours. NOT_FOUND (InvalidNetworkAclID.NotFound); else as vpc::ParseAclEntry() and CheckAclEntry().
absl::StatusOr<std::string> CreateNetworkAclEntry(Context& context, const v1::Owner& owner,
                                                  const NetworkAclEntryRequest& request);
// The one with that direction and number. NOT_FOUND (InvalidNetworkAclID.NotFound, InvalidNetworkAclEntry.NotFound);
// else as vpc::ParseAclEntry().
absl::Status ReplaceNetworkAclEntry(Context& context, const NetworkAclEntryRequest& request);
// NOT_FOUND (InvalidNetworkAclID.NotFound, InvalidNetworkAclEntry.NotFound).
absl::Status DeleteNetworkAclEntry(Context& context, const std::string& acl_id, bool egress, int number);

// The subnet has this ACL from now on, and a new association, whose id this is. NOT_FOUND
// (InvalidNetworkAclID.NotFound, InvalidSubnetID.NotFound). INVALID_ARGUMENT (InvalidParameterValue): of another VPC.
absl::StatusOr<std::string> ReplaceNetworkAclAssociation(Context& context, const v1::Owner& owner,
                                                         const std::string& acl_id, const std::string& subnet_id);
// Back to the default ACL. Without effect on an association that is not there.
void ReturnToDefaultAcl(Context& context, const std::string& association_id);

// AWS::EC2::NetworkAcl, NetworkAclEntry and SubnetNetworkAclAssociation.
void AddNetworkAclTypes(ResourceTypes& types);

}  // namespace nubo::region

#endif  // NUBO_REGION_NETWORK_NETWORK_ACLS_H_
