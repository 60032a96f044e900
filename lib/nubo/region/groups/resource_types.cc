// Scaling groups.
#include "nubo/region/groups/resource_types.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/region/compute/images.h"
#include "nubo/region/compute/launch_templates.h"
#include "nubo/region/groups/describe.h"
#include "nubo/region/groups/groups.h"
#include "nubo/region/resources/shown.h"
#include "nubo/region/state/instance_facts.h"
#include "nubo/scaling/reconcile.h"
#include "nubo/stack/executor.h"

namespace nubo::region {
namespace {

using stack::Progress;
using stack::Value;

// The zones that are named beside the subnets must be theirs.
absl::Status CheckZones(const std::vector<std::string>& zones, const scaling::GroupSpec& spec) {
  for (const scaling::SubnetChoice& subnet : spec.subnets) {
    if (zones.empty() || std::find(zones.begin(), zones.end(), subnet.zone) != zones.end()) continue;
    return base::WithErrorCode(
        absl::InvalidArgumentError(absl::StrCat("The availability zones of the specified subnets and the Auto Scaling "
                                                "group do not match: subnet ",
                                                subnet.subnet_id, " is in ", subnet.zone)),
        "ValidationError");
  }
  return absl::OkStatus();
}

// All of a group that its properties decide, its name apart.
absl::Status FillGroup(const Context& context, const Value& properties, v1::GroupState& group) {
  group.set_min_size(static_cast<int>(properties.Get("MinSize").AsInteger().value_or(0)));
  group.set_max_size(static_cast<int>(properties.Get("MaxSize").AsInteger().value_or(0)));
  // Where the template is silent a group keeps the capacity it has, as far as its bounds allow.
  const int present = std::max(group.min_size(), std::min(group.desired(), group.max_size()));
  group.set_desired(static_cast<int>(properties.Get("DesiredCapacity").AsInteger().value_or(present)));
  scaling::GroupSpec spec{
      .name = group.name(), .min_size = group.min_size(), .max_size = group.max_size(), .desired = group.desired()};
  group.clear_subnet_ids();
  for (const std::string& id : properties.Get("VPCZoneIdentifier").ItemTexts()) {
    const v1::SubnetState* subnet = context.model.subnets.Find(id);
    if (subnet == nullptr) return absl::NotFoundError(absl::StrCat("The subnet ID '", id, "' does not exist"));
    spec.subnets.push_back({id, subnet->availability_zone()});
    group.add_subnet_ids(id);
  }
  NUBO_RETURN_IF_ERROR(scaling::Validate(spec));
  NUBO_RETURN_IF_ERROR(CheckZones(properties.Get("AvailabilityZones").ItemTexts(), spec));
  group.set_new_instances_protected(properties.Get("NewInstancesProtectedFromScaleIn").AsBool().value_or(false));
  group.clear_termination_policies();
  for (const std::string& policy : properties.Get("TerminationPolicies").ItemTexts()) {
    NUBO_RETURN_IF_ERROR(base::WithErrorCode(scaling::ParseTerminationPolicy(policy).status(), "ValidationError"));
    group.add_termination_policies(policy);
  }
  group.clear_target_group_arns();
  for (const std::string& arn : properties.Get("TargetGroupARNs").ItemTexts()) {
    if (context.model.target_groups.Find(arn) == nullptr) {
      return absl::NotFoundError(absl::StrCat("there is no target group ", arn));
    }
    group.add_target_group_arns(arn);
  }
  const Value& health = properties.Get("HealthCheckType");
  scaling::HealthCheckType health_check_type = scaling::HealthCheckType::kEc2;
  if (!health.is_null()) {
    const auto parsed = scaling::ParseHealthCheckType(health.text());
    NUBO_RETURN_IF_ERROR(base::WithErrorCode(parsed.status(), "ValidationError"));
    health_check_type = *parsed;
  }
  group.set_health_check_type(health_check_type == scaling::HealthCheckType::kElb ? "ELB" : "EC2");
  group.set_grace_period_s(static_cast<int>(properties.Get("HealthCheckGracePeriod").AsInteger().value_or(0)));
  const Value& reference = properties.Get("LaunchTemplate");
  NUBO_ASSIGN_OR_RETURN(const v1::LaunchTemplateState* launch_template,
                        FindTemplate(context.model, NamedTemplate(reference)));
  // As AWS does: a group that could never launch anything is not made.
  NUBO_RETURN_IF_ERROR(CheckImage(context, FindVersion(*launch_template, reference.Get("Version").text())->image_id()));
  group.set_launch_template_id(launch_template->id());
  group.set_launch_template_version(reference.Get("Version").text());
  return absl::OkStatus();
}

absl::StatusOr<std::string> CreateGroup(Context& context, const stack::ResourceContext& resource,
                                        const Value& properties) {
  v1::GroupState group;
  const std::string& name = properties.Get("AutoScalingGroupName").text();
  group.set_name(name.empty() ? GeneratedName(context, OwnerOf(resource), 255) : name);
  *group.mutable_owner() = OwnerOf(resource);
  NUBO_RETURN_IF_ERROR(FillGroup(context, properties, group));
  if (context.model.groups.Find(group.name()) != nullptr) {
    return base::WithErrorCode(absl::AlreadyExistsError(absl::StrCat("there is a group ", group.name(), " already")),
                               "AlreadyExists");
  }
  // What it takes the place of goes once it is complete; and what cannot serve is no success of an update.
  group.set_awaited(stack::IsUpdate(resource.stack_status));
  const std::string id = group.name();
  context.model.groups.Put(id, std::move(group));
  return id;
}

absl::Status UpdateGroup(Context& context, const stack::ResourceContext& resource, const std::string& name,
                         const Value& properties) {
  const v1::GroupState* former = context.model.groups.Find(name);
  if (former == nullptr) return absl::NotFoundError(absl::StrCat("AutoScalingGroup name not found - ", name));
  v1::GroupState group = *former;
  NUBO_RETURN_IF_ERROR(FillGroup(context, properties, group));
  group.set_awaited(false);
  BeginRolling(context, resource.update_policy, group);
  context.model.groups.Put(name, std::move(group));
  return absl::OkStatus();
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
    context.model.groups.Update(name, [](v1::GroupState& group) { group.set_deleting(true); });
    return absl::OkStatus();
  };
  type.poll_delete = [](Context& context, const std::string& name) -> absl::StatusOr<Progress> {
    for (const auto& [id, instance] : context.model.instances) {
      if (instance.group_name() == name && !IsTerminated(instance)) return Progress::InProgress();
    }
    context.model.groups.Erase(name);
    return Progress::Complete();
  };
  type.check_name = [](const Model& model, const v1::Owner& owner, const Value& properties) {
    const std::string& name = properties.Get("AutoScalingGroupName").text();
    const bool taken =
        !name.empty() && IsTaken(model.groups, owner, [&](const auto& other) { return other.name() == name; });
    return taken ? NameInUse("group", name, "AlreadyExists") : absl::OkStatus();
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
