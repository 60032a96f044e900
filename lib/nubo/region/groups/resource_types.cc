// Scaling groups.
#include "nubo/region/groups/resource_types.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nubo/autoscaling/v1/autoscaling.pb.h"
#include "nubo/region/compute/resource_types.h"
#include "nubo/region/groups/describe.h"
#include "nubo/region/groups/groups.h"
#include "nubo/region/groups/operations.h"
#include "nubo/region/resources/shown.h"
#include "nubo/scaling/reconcile.h"
#include "nubo/scaling/rolling_update.h"
#include "nubo/stack/executor.h"

namespace nubo::region {
namespace {

using stack::Progress;
using stack::Value;

CreateAutoScalingGroupRequest ReadGroup(const Value& properties) {
  CreateAutoScalingGroupRequest request = {
      .auto_scaling_group_name = properties.Get("AutoScalingGroupName").text(),
      .min_size = static_cast<int>(properties.Get("MinSize").AsInteger().value_or(0)),
      .max_size = static_cast<int>(properties.Get("MaxSize").AsInteger().value_or(0)),
      .vpc_zone_identifier = properties.Get("VPCZoneIdentifier").ItemTexts(),
      .availability_zones = properties.Get("AvailabilityZones").ItemTexts(),
      .launch_template = ReadLaunchTemplateSpecification(properties.Get("LaunchTemplate")),
      .target_group_arns = properties.Get("TargetGroupARNs").ItemTexts(),
      .health_check_grace_period = static_cast<int>(properties.Get("HealthCheckGracePeriod").AsInteger().value_or(0)),
      .termination_policies = properties.Get("TerminationPolicies").ItemTexts(),
      .new_instances_protected_from_scale_in =
          properties.Get("NewInstancesProtectedFromScaleIn").AsBool().value_or(false)};
  for (const Value& tag : properties.Get("Tags").items()) {
    if (!tag.Get("PropagateAtLaunch").AsBool().value_or(false)) continue;
    request.instance_tags[tag.Get("Key").text()] = tag.Get("Value").text();
  }
  if (const auto desired = properties.Get("DesiredCapacity").AsInteger()) {
    request.desired_capacity = static_cast<int>(*desired);
  }
  if (const Value& health = properties.Get("HealthCheckType"); !health.is_null()) {
    request.health_check_type = health.text();
  }
  return request;
}

std::optional<scaling::RollingUpdate> ReadRollingUpdate(const Value& update_policy) {
  const Value& policy = update_policy.Get("AutoScalingRollingUpdate");
  if (policy.is_null()) return std::nullopt;
  scaling::RollingUpdate update;
  if (const auto size = policy.Get("MaxBatchSize").AsInteger()) update.max_batch_size = static_cast<int>(*size);
  if (const auto min = policy.Get("MinInstancesInService").AsInteger()) update.min_in_service = static_cast<int>(*min);
  return update;
}

absl::StatusOr<std::string> CreateGroup(Context& context, const stack::ResourceContext& resource,
                                        const Value& properties) {
  const v1::Owner owner = OwnerOf(resource);
  CreateAutoScalingGroupRequest request = ReadGroup(properties);
  std::string& name = request.auto_scaling_group_name;
  if (name.empty()) name = GeneratedName(context, owner, scaling::kGroupNameMax);
  // What it takes the place of goes once it is complete; and what cannot serve is no success of an update.
  request.awaited = stack::IsUpdate(resource.stack_status);
  return CreateAutoScalingGroup(context, owner, request);
}

absl::Status UpdateGroup(Context& context, const stack::ResourceContext& resource, const std::string& name,
                         const Value& properties) {
  UpdateAutoScalingGroupRequest request = UpdateTo(ReadGroup(properties));
  request.auto_scaling_group_name = name;
  request.rolling_update = ReadRollingUpdate(resource.update_policy);
  return UpdateAutoScalingGroup(context, request);
}

Progress GroupProgress(const Context& context, const v1::GroupState& group) {
  constexpr int kTries = 3;
  const bool waits = group.rolling() || (group.awaited() && InService(context, group.name()) < group.desired());
  if (!waits) return Progress::Complete();
  if (group.failed_launches() < kTries) return Progress::InProgress();
  return Progress::Failed(
      absl::StrCat(group.failed_launches(), " launches in a row came to nothing: ", group.last_failure_reason()));
}

void AddGroup(ResourceTypes& types) {
  ResourceType& type = types.Add("AWS::AutoScaling::AutoScalingGroup");
  type.create = [](Context& context, const stack::ResourceContext& resource, const Value& properties) {
    return CreateGroup(context, resource, properties);
  };
  type.update = [](Context& context, const stack::ResourceContext& resource, const std::string& name,
                   const Value& properties) { return UpdateGroup(context, resource, name, properties); };
  type.poll = [](Context& context, const std::string& name) -> absl::StatusOr<Progress> {
    const v1::GroupState* group = context.model.groups.Find(name);
    return group == nullptr ? Progress::Failed("the group is gone") : GroupProgress(context, *group);
  };
  type.remove = [](Context& context, const stack::ResourceContext&, const std::string& name) {
    return DeleteAutoScalingGroup(context, {.auto_scaling_group_name = name, .force_delete = true});
  };
  type.poll_delete = [](Context& context, const std::string& name) -> absl::StatusOr<Progress> {
    return ForgetDeleted(context, name) ? Progress::Complete() : Progress::InProgress();
  };
  type.check_name = [](const Model& model, const v1::Owner& owner, const Value& properties) {
    return CheckAutoScalingGroupName(model, owner, properties.Get("AutoScalingGroupName").text());
  };
  type.disown = [](Model& model, const std::string& name) {
    Disown(model.groups, name);
    std::vector<std::string> members;
    for (const auto& [id, instance] : model.instances) {
      if (instance.group_name() == name) members.push_back(id);
    }
    for (const std::string& member : members) Disown(model.instances, member);
  };
  type.show = [](const Context& context, const std::string& name, google::protobuf::Struct* shown) {
    if (context.model.groups.Find(name) == nullptr) return false;
    return ShowFromList<autoscaling::v1::DescribeAutoScalingGroupsResponse>(
        context, [](const auto& response) { return response.groups(); },
        [&](const auto& group) { return group.auto_scaling_group_name() == name; }, shown);
  };
}

}  // namespace

void AddGroupTypes(ResourceTypes& types) { AddGroup(types); }

}  // namespace nubo::region
