#include "nubo/region/groups/operations.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/region/compute/metadata_options.h"
#include "nubo/region/groups/groups.h"
#include "nubo/region/resources/ids.h"
#include "nubo/region/resources/resource_types.h"
#include "nubo/region/state/instance_facts.h"
#include "nubo/scaling/reconcile.h"
#include "nubo/stack/schema.h"

namespace nubo::region {
namespace {

using stack::IdKind;

constexpr char kType[] = "AWS::AutoScaling::AutoScalingGroup";
constexpr size_t kProtectedAtOnceMax = 50;

absl::Status Validated(const absl::Status& status) { return base::WithErrorCode(status, "ValidationError"); }

absl::Status Refused(absl::string_view message) { return Validated(absl::InvalidArgumentError(message)); }

std::string NoSuchGroup(const std::string& name) {
  return absl::StrCat("AutoScalingGroup name not found - there is no group ", name);
}

// The zones that are named beside the subnets must be theirs.
absl::Status CheckZones(const std::vector<std::string>& zones, const scaling::GroupSpec& spec) {
  for (const scaling::SubnetChoice& subnet : spec.subnets) {
    if (zones.empty() || std::find(zones.begin(), zones.end(), subnet.zone) != zones.end()) continue;
    return Refused(
        absl::StrCat("The availability zones of the specified subnets and the Auto Scaling group do not match: subnet ",
                     subnet.subnet_id, " is in ", subnet.zone));
  }
  return absl::OkStatus();
}

// Its sizes, and where it launches.
absl::Status FillPlace(const Context& context, const UpdateAutoScalingGroupRequest& request, v1::GroupState& group) {
  if (request.min_size.has_value()) group.set_min_size(*request.min_size);
  if (request.max_size.has_value()) group.set_max_size(*request.max_size);
  const int present = std::max(group.min_size(), std::min(group.desired(), group.max_size()));
  group.set_desired(request.desired_capacity.value_or(present));
  if (request.health_check_grace_period.has_value()) group.set_grace_period_s(*request.health_check_grace_period);
  if (request.vpc_zone_identifier.has_value()) {
    for (const std::string& id : *request.vpc_zone_identifier) {
      NUBO_RETURN_IF_ERROR(CheckId(*context.types, context.model, IdKind::kSubnet, id));
    }
    group.mutable_subnet_ids()->Assign(request.vpc_zone_identifier->begin(), request.vpc_zone_identifier->end());
  }
  const scaling::GroupSpec spec = SpecOf(context, group);
  NUBO_RETURN_IF_ERROR(Validated(scaling::Validate(spec)));
  return CheckZones(request.availability_zones.value_or(std::vector<std::string>()), spec);
}

absl::Status FillLaunchTemplate(const Context& context, const LaunchTemplateSpecification& reference,
                                v1::GroupState& group) {
  NUBO_ASSIGN_OR_RETURN(const v1::LaunchTemplateState* launch_template, FindTemplate(context, reference));
  // As AWS does: a group that could never launch anything is not made.
  NUBO_RETURN_IF_ERROR(CheckId(*context.types, context.model, IdKind::kImage,
                               FindVersion(*launch_template, reference.version)->image_id()));
  group.set_launch_template_id(launch_template->id());
  group.set_launch_template_version(reference.version);
  return absl::OkStatus();
}

// Everything that a request can say of a group. `group` is another one's concern when it fails.
absl::Status Fill(const Context& context, const UpdateAutoScalingGroupRequest& request, v1::GroupState& group) {
  NUBO_RETURN_IF_ERROR(FillPlace(context, request, group));
  if (request.new_instances_protected_from_scale_in.has_value()) {
    group.set_new_instances_protected(*request.new_instances_protected_from_scale_in);
  }
  if (request.instance_tags.has_value()) *group.mutable_instance_tags() = RecordOf(*request.instance_tags);
  if (request.termination_policies.has_value()) {
    for (const std::string& policy : *request.termination_policies) {
      NUBO_RETURN_IF_ERROR(Validated(scaling::ParseTerminationPolicy(policy).status()));
    }
    group.mutable_termination_policies()->Assign(request.termination_policies->begin(),
                                                 request.termination_policies->end());
  }
  if (request.target_group_arns.has_value()) {
    for (const std::string& arn : *request.target_group_arns) {
      NUBO_RETURN_IF_ERROR(CheckId(*context.types, context.model, IdKind::kTargetGroup, arn));
    }
    group.mutable_target_group_arns()->Assign(request.target_group_arns->begin(), request.target_group_arns->end());
  }
  if (request.health_check_type.has_value()) {
    const auto parsed = scaling::ParseHealthCheckType(*request.health_check_type);
    NUBO_RETURN_IF_ERROR(Validated(parsed.status()));
    group.set_health_check_type(*parsed == scaling::HealthCheckType::kElb ? "ELB" : "EC2");
  }
  if (!request.launch_template.has_value()) return absl::OkStatus();
  return FillLaunchTemplate(context, *request.launch_template, group);
}

}  // namespace

absl::Status CheckAutoScalingGroupName(const Model& model, const v1::Owner& owner, const std::string& name) {
  const bool taken =
      !name.empty() && IsTaken(model.groups, owner, [&](const auto& other) { return other.name() == name; });
  return taken ? NameInUse("group", name, "AlreadyExists") : absl::OkStatus();
}

absl::StatusOr<std::string> CreateAutoScalingGroup(Context& context, const v1::Owner& owner,
                                                   const CreateAutoScalingGroupRequest& request) {
  const std::string& name = request.auto_scaling_group_name;
  NUBO_RETURN_IF_ERROR(Validated(scaling::ValidateGroupName(name)));
  NUBO_RETURN_IF_ERROR(CheckAutoScalingGroupName(context.model, {}, name));
  v1::GroupState group;
  group.set_name(name);
  *group.mutable_owner() = owner;
  NUBO_RETURN_IF_ERROR(Fill(context, UpdateTo(request), group));
  group.set_awaited(request.awaited);
  context.model.groups.Put(name, std::move(group));
  return name;
}

UpdateAutoScalingGroupRequest UpdateTo(const CreateAutoScalingGroupRequest& wanted) {
  return {.auto_scaling_group_name = wanted.auto_scaling_group_name,
          .min_size = wanted.min_size,
          .max_size = wanted.max_size,
          .desired_capacity = wanted.desired_capacity,
          .vpc_zone_identifier = wanted.vpc_zone_identifier,
          .availability_zones = wanted.availability_zones,
          .launch_template = wanted.launch_template,
          .target_group_arns = wanted.target_group_arns,
          .health_check_type = wanted.health_check_type,
          .health_check_grace_period = wanted.health_check_grace_period,
          .termination_policies = wanted.termination_policies,
          .new_instances_protected_from_scale_in = wanted.new_instances_protected_from_scale_in,
          .instance_tags = wanted.instance_tags};
}

absl::Status UpdateAutoScalingGroup(Context& context, const UpdateAutoScalingGroupRequest& request) {
  const std::string& name = request.auto_scaling_group_name;
  const v1::GroupState* former = context.model.groups.Find(name);
  if (former == nullptr || former->deleting()) return Validated(absl::NotFoundError(NoSuchGroup(name)));
  v1::GroupState group = *former;
  NUBO_RETURN_IF_ERROR(Fill(context, request, group));
  if (request.rolling_update.has_value()) {
    NUBO_RETURN_IF_ERROR(Validated(scaling::Validate(*request.rolling_update, group.max_size())));
  }
  group.set_awaited(false);
  BeginRolling(context, request.rolling_update, group);
  context.model.groups.Put(name, std::move(group));
  return absl::OkStatus();
}

absl::Status DeleteAutoScalingGroup(Context& context, const DeleteAutoScalingGroupRequest& request) {
  const std::string& name = request.auto_scaling_group_name;
  if (context.model.groups.Find(name) == nullptr) return Validated(absl::NotFoundError(NoSuchGroup(name)));
  if (!request.force_delete && HasInstances(context, name)) {
    return base::WithErrorCode(
        absl::FailedPreconditionError("You cannot delete an AutoScalingGroup while there are instances still in the "
                                      "group."),
        "ResourceInUse");
  }
  context.model.groups.Update(name, [](v1::GroupState& group) { group.set_deleting(true); });
  (void)ForgetDeleted(context, name);
  return absl::OkStatus();
}

absl::StatusOr<int> SetDesiredCapacity(Context& context, const SetDesiredCapacityRequest& request) {
  const std::string& name = request.auto_scaling_group_name;
  const int desired = request.desired_capacity;
  const v1::GroupState* group = context.model.groups.Find(name);
  if (group == nullptr || group->deleting()) return Refused(NoSuchGroup(name));
  if (desired > group->max_size()) {
    return Refused(absl::StrCat("New SetDesiredCapacity value ", desired, " is above max value ", group->max_size(),
                                " for the AutoScalingGroup ", name));
  }
  if (desired < group->min_size()) {
    return Refused(absl::StrCat("New SetDesiredCapacity value ", desired, " is below min value ", group->min_size(),
                                " for the AutoScalingGroup ", name));
  }
  const int former = group->desired();
  context.model.groups.Update(name, [&](v1::GroupState& changed) { changed.set_desired(desired); });
  context.Tell(group->owner(), name, kType, "Successful",
               absl::StrCat("a user request explicitly set group desired capacity changing the desired capacity from ",
                            former, " to ", desired));
  return former;
}

absl::StatusOr<std::vector<bool>> SetInstanceProtection(Context& context, const SetInstanceProtectionRequest& request) {
  if (request.instance_ids.size() > kProtectedAtOnceMax) {
    return Refused(absl::StrCat("at most ", kProtectedAtOnceMax, " instances can be protected at once, not ",
                                request.instance_ids.size()));
  }
  std::vector<bool> former;
  for (const std::string& id : request.instance_ids) {
    const v1::InstanceState* instance = context.model.instances.Find(id);
    if (instance == nullptr || IsTerminated(*instance) || instance->group_name().empty()) {
      return Refused(absl::StrCat("The instance ", id, " is not part of a group"));
    }
    const std::string& name = request.auto_scaling_group_name;
    if (!name.empty() && instance->group_name() != name) {
      return Refused(absl::StrCat("The instance ", id, " is not part of Auto Scaling group ", name));
    }
    former.push_back(instance->protected_from_scale_in());
  }
  for (const std::string& id : request.instance_ids) {
    context.model.instances.Update(
        id, [&](v1::InstanceState& record) { record.set_protected_from_scale_in(request.protected_from_scale_in); });
  }
  return former;
}

}  // namespace nubo::region
