// Auto Scaling as its API changes it. Stacks (resource_types.h), the command line and whoever else changes a group do
// it by these functions; each is AWS's call of that name, for what there is here.
//
// Each checks everything itself, and does all that it is asked for or nothing; its errors carry AWS's codes. An owner
// is optional: what has an empty one belongs to no stack.
//
// Example:
//   NUBO_RETURN_IF_ERROR(CreateAutoScalingGroup(context, {}, {.auto_scaling_group_name = "web",
//                                                             .min_size = 1,
//                                                             .max_size = 4,
//                                                             .vpc_zone_identifier = {"subnet-0123456789abcdef0"},
//                                                             .launch_template = {.launch_template_name = "web"}})
//                            .status());
//   NUBO_RETURN_IF_ERROR(SetDesiredCapacity(context, {"web", 2}).status());
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_GROUPS_OPERATIONS_H_
#define NUBO_REGION_GROUPS_OPERATIONS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nubo/ec2/tags.h"
#include "nubo/region/compute/launch_templates.h"
#include "nubo/region/state/context.h"
#include "nubo/scaling/rolling_update.h"

namespace nubo::region {

// AWS's error where another has the name. ALREADY_EXISTS (AlreadyExists): a group that is not `owner`'s has it, also
// while it is being deleted; "" is nobody's.
absl::Status CheckAutoScalingGroupName(const Model& model, const v1::Owner& owner, const std::string& name);

struct CreateAutoScalingGroupRequest {
  // 1 to 255 visible ASCII characters, none of them a colon.
  std::string auto_scaling_group_name;
  // At most 10,000 each.
  int min_size = 0;
  int max_size = 0;
  // Absent: the minimum.
  std::optional<int> desired_capacity;
  // The subnets to launch in, by id; one at least.
  std::vector<std::string> vpc_zone_identifier;
  // Those of the subnets, if any are given.
  std::vector<std::string> availability_zones;
  LaunchTemplateSpecification launch_template;
  std::vector<std::string> target_group_arns;
  // EC2, ELB, or both separated by commas.
  std::string health_check_type = "EC2";
  // In seconds.
  int health_check_grace_period = 0;
  // The first counts first. Empty: Default.
  std::vector<std::string> termination_policies;
  bool new_instances_protected_from_scale_in = false;
  // Those with PropagateAtLaunch.
  ec2::Tags instance_tags = {};
  // Not AWS's: whoever makes it waits until all of its instances are in service, and gives up when launches keep
  // failing.
  bool awaited = false;
};
// Its name. INVALID_ARGUMENT (ValidationError): a name, sizes, zones or words that AWS would refuse, or no subnet.
// ALREADY_EXISTS: as CheckAutoScalingGroupName. NOT_FOUND: as FindTemplate; InvalidSubnetID.NotFound,
// TargetGroupNotFound; InvalidAMIID.NotFound: the launch template's image, without which nothing could be launched.
absl::StatusOr<std::string> CreateAutoScalingGroup(Context& context, const v1::Owner& owner,
                                                   const CreateAutoScalingGroupRequest& request);

// What is given changes; where the desired capacity is not, it stays as far as the sizes allow.
struct UpdateAutoScalingGroupRequest {
  std::string auto_scaling_group_name;
  std::optional<int> min_size;
  std::optional<int> max_size;
  std::optional<int> desired_capacity;
  std::optional<std::vector<std::string>> vpc_zone_identifier;
  std::optional<std::vector<std::string>> availability_zones;
  std::optional<LaunchTemplateSpecification> launch_template;
  // AWS's AttachLoadBalancerTargetGroups and DetachLoadBalancerTargetGroups.
  std::optional<std::vector<std::string>> target_group_arns;
  std::optional<std::string> health_check_type;
  std::optional<int> health_check_grace_period;
  std::optional<std::vector<std::string>> termination_policies;
  std::optional<bool> new_instances_protected_from_scale_in;
  // Those of instances launched from now on.
  std::optional<ec2::Tags> instance_tags = std::nullopt;
  // CloudFormation's AutoScalingRollingUpdate: instances that the group would launch otherwise by now are replaced,
  // batch by batch. Absent: only those in subnets that it no longer has, one by one.
  std::optional<scaling::RollingUpdate> rolling_update;
};
// The change that makes of a group all that `wanted` would make of a new one.
UpdateAutoScalingGroupRequest UpdateTo(const CreateAutoScalingGroupRequest& wanted);
// As CreateAutoScalingGroup. INVALID_ARGUMENT (ValidationError), too: a rolling update that nothing could begin.
// NOT_FOUND (ValidationError): there is no such group, or it is being deleted.
absl::Status UpdateAutoScalingGroup(Context& context, const UpdateAutoScalingGroupRequest& request);

struct DeleteAutoScalingGroupRequest {
  std::string auto_scaling_group_name;
  // With its instances, also those that are protected from scale-in; it goes with the last of them.
  bool force_delete = false;
};
// Idempotent. NOT_FOUND (ValidationError). FAILED_PRECONDITION (ResourceInUse): it has instances, and may not end them.
absl::Status DeleteAutoScalingGroup(Context& context, const DeleteAutoScalingGroupRequest& request);

struct SetDesiredCapacityRequest {
  std::string auto_scaling_group_name;
  int desired_capacity = 0;
};
// From the next pass on the group has this many. How many it had. INVALID_ARGUMENT (ValidationError): no such group,
// one that is being deleted, or not between its minimum and maximum.
absl::StatusOr<int> SetDesiredCapacity(Context& context, const SetDesiredCapacityRequest& request);

struct SetInstanceProtectionRequest {
  // "": that of each instance.
  std::string auto_scaling_group_name;
  // At most 50.
  std::vector<std::string> instance_ids;
  bool protected_from_scale_in = false;
};
// How each of them was, in their order. INVALID_ARGUMENT (ValidationError): too many, or one that is not in the group.
absl::StatusOr<std::vector<bool>> SetInstanceProtection(Context& context, const SetInstanceProtectionRequest& request);

}  // namespace nubo::region

#endif  // NUBO_REGION_GROUPS_OPERATIONS_H_
