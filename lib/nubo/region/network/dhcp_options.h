// DHCP options: what instances of a VPC are told of names and time. A VPC has one set, or AWS's default. (EC2 API
// reference, CreateDhcpOptions, AssociateDhcpOptions.)
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(const std::string id, CreateDhcpOptions(context, {}, {.domain_name = "shop.internal"}));
//   NUBO_RETURN_IF_ERROR(AssociateDhcpOptions(context, {}, id, vpc).status());
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_NETWORK_DHCP_OPTIONS_H_
#define NUBO_REGION_NETWORK_DHCP_OPTIONS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nubo/region/resources/resource_types.h"
#include "nubo/region/state/context.h"
#include "nubo/region/state/model.h"

namespace nubo::region {

struct DhcpOptions {
  std::string domain_name = {};
  // Addresses, or "AmazonProvidedDNS". At most four of each.
  std::vector<std::string> domain_name_servers = {};
  std::vector<std::string> ntp_servers = {};
  std::vector<std::string> netbios_name_servers = {};
  // "1", "2", "4" or "8".
  std::string netbios_node_type = {};
};
// Its id (dopt-…). INVALID_ARGUMENT: no option at all (MissingParameter), too many servers, or one that is no address
// (InvalidParameterValue).
absl::StatusOr<std::string> CreateDhcpOptions(Context& context, const v1::Owner& owner, const DhcpOptions& options);
// FAILED_PRECONDITION (DependencyViolation): a VPC has them. Without effect on those that are not there.
absl::Status DeleteDhcpOptions(Context& context, const std::string& dhcp_options_id);

// The VPC has these from now on; "default": none but AWS's. The association's id, which is ours: both ids. NOT_FOUND
// (InvalidDhcpOptionsID.NotFound, InvalidVpcID.NotFound).
absl::StatusOr<std::string> AssociateDhcpOptions(Context& context, const v1::Owner& owner,
                                                 const std::string& dhcp_options_id, const std::string& vpc_id);
// Back to the default. Without effect on an association that is not there.
void ReturnToDefaultDhcpOptions(Context& context, const std::string& association_id);
// "": AWS's default.
std::string DhcpOptionsOf(const Model& model, const std::string& vpc_id);

// AWS::EC2::DHCPOptions and VPCDHCPOptionsAssociation.
void AddDhcpOptionsTypes(ResourceTypes& types);

}  // namespace nubo::region

#endif  // NUBO_REGION_NETWORK_DHCP_OPTIONS_H_
