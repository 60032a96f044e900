// What can be done to load balancers, as AWS's API has it. target_group_operations.h and listener_operations.h have the
// rest of Elastic Load Balancing.
//
// This is the one way to change them: templates, the command line and whatever else takes requests fill in what AWS's
// call of that name is given, and call it. A request is checked as a whole and done as a whole, or not at all. An owner
// says which resource of which stack it is; one that belongs to no stack has an empty one.
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(const std::string arn,
//                         CreateLoadBalancer(context, owner, {.name = "front", .subnet_mappings = {{a}, {b}}}));
//   NUBO_RETURN_IF_ERROR(ModifyLoadBalancer(context, {.load_balancer_arn = arn,
//                                                     .attributes = {{"idle_timeout.timeout_seconds", "5"}}}));
//
// Source: the API reference's CreateLoadBalancer, SetSubnets, SetSecurityGroups, ModifyLoadBalancerAttributes and
// DeleteLoadBalancer.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_BALANCING_OPERATIONS_H_
#define NUBO_REGION_BALANCING_OPERATIONS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nubo/region/balancing/attributes.h"
#include "nubo/region/state/context.h"
#include "nubo/region/state/model.h"

namespace nubo::region {

// AWS's Subnets are mappings that name no address.
struct SubnetMapping {
  std::string subnet_id = {};
  // "": any that is free.
  std::string private_ipv4_address = {};
};

struct CreateLoadBalancerRequest {
  // 1 to 32 letters, digits and hyphens.
  std::string name = {};
  // internet-facing or internal.
  std::string scheme = "internet-facing";
  // Load balancers of other types are not offered.
  std::string type = "application";
  // At least two, in zones of their own and in one VPC.
  std::vector<SubnetMapping> subnet_mappings = {};
  std::vector<std::string> security_groups = {};
  // Those that are not given have their defaults.
  Attributes attributes = {};
};

// The ARN. It serves once its process has what it is told (HasApplied).
// ALREADY_EXISTS (DuplicateLoadBalancerName). NOT_FOUND (InvalidSubnetID.NotFound, InvalidGroup.NotFound).
// INVALID_ARGUMENT: what AWS does not take (ValidationError), subnets that do not go together
// (InvalidConfigurationRequest). Else as TakeAddress.
absl::StatusOr<std::string> CreateLoadBalancer(Context& context, const v1::Owner& owner,
                                               const CreateLoadBalancerRequest& request);

// What is not given stays: AWS's SetSubnets, SetSecurityGroups and ModifyLoadBalancerAttributes in one, so that a
// change of a template is made whole or not at all.
struct ModifyLoadBalancerRequest {
  std::string load_balancer_arn = {};
  // All of them from now on. Addresses in subnets that stay do, too.
  std::optional<std::vector<SubnetMapping>> subnet_mappings = {};
  std::optional<std::vector<std::string>> security_groups = {};
  Attributes attributes = {};
};

// NOT_FOUND (LoadBalancerNotFound). INVALID_ARGUMENT: a subnet of another VPC (InvalidSubnet). Else as
// CreateLoadBalancer.
absl::Status ModifyLoadBalancer(Context& context, const ModifyLoadBalancerRequest& request);

// With its listeners and their rules. OK as well if there is none of that ARN, as at AWS.
// FAILED_PRECONDITION (OperationNotPermitted): it is protected.
absl::Status DeleteLoadBalancer(Context& context, const std::string& load_balancer_arn);

// ALREADY_EXISTS (DuplicateLoadBalancerName): another one than `owner`'s is called so. Nobody is called "".
absl::Status CheckLoadBalancerNameFree(const Model& model, const v1::Owner& owner, const std::string& name);

}  // namespace nubo::region

#endif  // NUBO_REGION_BALANCING_OPERATIONS_H_
