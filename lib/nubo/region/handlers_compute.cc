// Launch templates, instances, scaling groups.
#include <algorithm>
#include <functional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/ec2/lifecycle.h"
#include "nubo/region/digest.h"
#include "nubo/region/groups.h"
#include "nubo/region/handlers.h"
#include "nubo/region/instances.h"
#include "nubo/region/launch_templates.h"
#include "nubo/region/network.h"
#include "nubo/scaling/reconcile.h"

namespace nubo::region {
namespace {

using stack::Progress;
using stack::Value;

Value Text(absl::string_view text) { return Value::String(text); }

// What of a launch template its instances are made of. Two that are alike in all that is launched have one digest.
absl::StatusOr<v1::LaunchTemplateState::Version> ReadVersion(const Value& properties) {
  const Value& data = properties.Get("LaunchTemplateData");
  v1::LaunchTemplateState::Version version;
  version.set_image_id(data.Get("ImageId").text());
  NUBO_ASSIGN_OR_RETURN(const std::string script, ec2::DecodeUserData(data.Get("UserData").text()));
  version.set_user_data(script);
  version.set_data_digest(Digest(stack::ToJson(data)));
  version.set_disable_api_termination(data.Get("DisableApiTermination").AsBool().value_or(false));
  version.set_availability_zone(data.Get("Placement").Get("AvailabilityZone").text());
  for (const std::string& id : data.Get("SecurityGroupIds").ItemTexts()) version.add_security_group_ids(id);
  const Value& interfaces = data.Get("NetworkInterfaces");
  if (!interfaces.items().empty()) {
    const Value& interface = interfaces.items()[0];
    version.set_subnet_id(interface.Get("SubnetId").text());
    version.set_private_ip(interface.Get("PrivateIpAddress").text());
    if (const auto wanted = interface.Get("AssociatePublicIpAddress").AsBool()) version.set_public_ip(*wanted);
    for (const std::string& id : interface.Get("Groups").ItemTexts()) version.add_security_group_ids(id);
  }
  return version;
}

absl::StatusOr<std::string> CreateLaunchTemplate(Context& context, const v1::Owner& owner, const Value& properties) {
  NUBO_ASSIGN_OR_RETURN(const auto version, ReadVersion(properties));
  v1::LaunchTemplateState record;
  record.set_id(context.ids.NewId("lt"));
  *record.mutable_owner() = owner;
  const std::string& name = properties.Get("LaunchTemplateName").text();
  record.set_name(name.empty() ? GeneratedName(context, owner, 128) : name);
  SetLatest(1, version, record);
  const std::string id = record.id();
  context.model.launch_templates.Put(id, std::move(record));
  return id;
}

absl::Status UpdateLaunchTemplate(Context& context, absl::string_view id, const Value& properties) {
  NUBO_ASSIGN_OR_RETURN(const auto version, ReadVersion(properties));
  const v1::LaunchTemplateState* former = context.model.launch_templates.Find(id);
  const v1::StackState* stack = former == nullptr ? nullptr : context.model.stacks.Find(former->owner().stack_name());
  const bool back = stack != nullptr && stack->status() == "UPDATE_ROLLBACK_IN_PROGRESS";
  context.model.launch_templates.Update(id, [&](v1::LaunchTemplateState& record) {
    // A change of anything else, its tags say, makes no version.
    if (version.data_digest() == record.data_digest() || (back && DropVersion(version, record))) return;
    AddVersion(context, version, record);
  });
  return absl::OkStatus();
}

void AddLaunchTemplate(Handlers& handlers, Context& context) {
  FunctionHandler& handler = handlers.Add("AWS::EC2::LaunchTemplate");
  handler.create = [&context](const v1::Owner& owner, const Value& properties) {
    return CreateLaunchTemplate(context, owner, properties);
  };
  handler.update = [&context](const stack::ResourceContext&, absl::string_view id, const Value& properties) {
    return UpdateLaunchTemplate(context, id, properties);
  };
  handler.poll = [&context](absl::string_view id) -> absl::StatusOr<Progress> {
    const v1::LaunchTemplateState* record = context.model.launch_templates.Find(id);
    if (record == nullptr) return Progress::Failed("the launch template is gone");
    const std::string version = absl::StrCat(record->version());
    return Progress::Complete({{"LaunchTemplateId", Text(record->id())},
                               {"LatestVersionNumber", Text(version)},
                               {"DefaultVersionNumber", Text("1")}});
  };
  handler.remove = [&context](absl::string_view id) {
    context.model.launch_templates.Erase(id);
    return absl::OkStatus();
  };
}

absl::StatusOr<const v1::LaunchTemplateState*> FindTemplate(const Context& context, const Value& reference) {
  const std::string& id = reference.Get("LaunchTemplateId").text();
  const std::string& name = reference.Get("LaunchTemplateName").text();
  const v1::LaunchTemplateState* found = context.model.launch_templates.Find(id);
  for (const auto& [candidate_id, candidate] : context.model.launch_templates) {
    if (!name.empty() && candidate.name() == name) found = &candidate;
  }
  if (found == nullptr) {
    return base::WithErrorCode(absl::NotFoundError(absl::StrCat("The specified launch template, '",
                                                                id.empty() ? name : id, "', does not exist")),
                               "InvalidLaunchTemplateId.NotFound");
  }
  const std::string& version = reference.Get("Version").text();
  if (!FindVersion(*found, version).has_value()) {
    return base::WithErrorCode(
        absl::NotFoundError(absl::StrCat("Could not find version '", version, "' of launch template ", found->id(),
                                         "; its latest is ", found->version())),
        "InvalidLaunchTemplateId.VersionNotFound");
  }
  return found;
}

absl::Status CheckZone(const Context& context, const std::string& subnet_id, const std::string& zone) {
  const v1::SubnetState* subnet = context.model.subnets.Find(subnet_id);
  if (zone.empty() || subnet == nullptr || subnet->availability_zone() == zone) return absl::OkStatus();
  return base::WithErrorCode(
      absl::InvalidArgumentError(absl::StrCat("The availability zone '", zone, "' does not match that of subnet ",
                                              subnet_id, ", which is ", subnet->availability_zone())),
      "InvalidParameterValue");
}

absl::StatusOr<LaunchRequest> InstanceRequest(const Context& context, const v1::Owner& owner, const Value& properties) {
  LaunchRequest request;
  request.owner = owner;
  request.subnet_id = properties.Get("SubnetId").text();
  request.private_ip = properties.Get("PrivateIpAddress").text();
  std::string zone;
  std::vector<std::string> own_groups;
  if (!properties.Get("LaunchTemplate").is_null()) {
    NUBO_ASSIGN_OR_RETURN(const v1::LaunchTemplateState* launch_template,
                          FindTemplate(context, properties.Get("LaunchTemplate")));
    const auto version = *FindVersion(*launch_template, properties.Get("LaunchTemplate").Get("Version").text());
    FillFromVersion(version, request);
    if (request.subnet_id.empty()) request.subnet_id = version.subnet_id();
    if (request.private_ip.empty()) request.private_ip = version.private_ip();
    zone = version.availability_zone();
  }
  for (const std::string& id : properties.Get("SecurityGroupIds").ItemTexts()) own_groups.push_back(id);
  if (!properties.Get("ImageId").is_null()) request.image = properties.Get("ImageId").text();
  if (!properties.Get("UserData").is_null()) {
    NUBO_ASSIGN_OR_RETURN(request.user_data, ec2::DecodeUserData(properties.Get("UserData").text()));
  }
  if (!properties.Get("NetworkInterfaces").items().empty()) {
    const Value& interface = properties.Get("NetworkInterfaces").items()[0];
    if (request.subnet_id.empty()) request.subnet_id = interface.Get("SubnetId").text();
    if (request.private_ip.empty()) request.private_ip = interface.Get("PrivateIpAddress").text();
    if (const auto wanted = interface.Get("AssociatePublicIpAddress").AsBool()) request.public_ip = wanted;
    for (const std::string& id : interface.Get("GroupSet").ItemTexts()) own_groups.push_back(id);
  }
  // What the instance says itself stands in the place of what its launch template says.
  if (!own_groups.empty()) request.security_group_ids = own_groups;
  if (!properties.Get("AvailabilityZone").is_null()) zone = properties.Get("AvailabilityZone").text();
  if (const auto on = properties.Get("DisableApiTermination").AsBool()) request.disable_api_termination = *on;
  if (request.subnet_id.empty()) {
    return base::WithErrorCode(absl::InvalidArgumentError("an instance needs SubnetId: there is no default VPC here"),
                               "MissingInput");
  }
  NUBO_RETURN_IF_ERROR(CheckZone(context, request.subnet_id, zone));
  return request;
}

Progress InstanceProgress(const v1::InstanceState& record) {
  if (IsTerminated(record)) return Progress::Failed(absl::StrCat("the instance ended: ", record.reason_message()));
  // Stopped while its stack is made, it has run.
  if (record.state_code() != static_cast<int>(ec2::InstanceState::kRunning) && !IsHalted(record)) {
    return Progress::InProgress();
  }
  const ec2::InstanceState state = ec2::StateFromCode(record.state_code()).value_or(ec2::InstanceState::kRunning);
  const std::string dns = ec2::PrivateDnsName(*net::IpAddress::Parse(record.private_ip()), kRegionName);
  return Progress::Complete({{"InstanceId", Text(record.id())},
                             {"PrivateIp", Text(record.private_ip())},
                             {"PrivateDnsName", Text(dns)},
                             {"PublicIp", Text(record.public_ip())},
                             {"PublicDnsName", Text(PublicName(record))},
                             {"AvailabilityZone", Text(record.availability_zone())},
                             {"VpcId", Text(record.vpc_id())},
                             {"State.Code", Text(absl::StrCat(record.state_code()))},
                             {"State.Name", Text(ec2::StateName(state))}});
}

void AddInstance(Handlers& handlers, Context& context) {
  FunctionHandler& handler = handlers.Add("AWS::EC2::Instance");
  handler.create = [&context](const v1::Owner& owner, const Value& properties) -> absl::StatusOr<std::string> {
    NUBO_ASSIGN_OR_RETURN(const LaunchRequest request, InstanceRequest(context, owner, properties));
    return LaunchInstance(context, request);
  };
  handler.poll = [&context](absl::string_view id) -> absl::StatusOr<Progress> {
    const v1::InstanceState* record = context.model.instances.Find(id);
    if (record == nullptr) return Progress::Failed("the instance is gone");
    return InstanceProgress(*record);
  };
  handler.update = [&context](const stack::ResourceContext& resource, absl::string_view id,
                              const Value& properties) -> absl::Status {
    NUBO_ASSIGN_OR_RETURN(const LaunchRequest request, InstanceRequest(context, {}, properties));
    const std::vector<std::string>& groups = request.security_group_ids;
    context.model.instances.Update(id, [&](v1::InstanceState& record) {
      record.mutable_security_group_ids()->Assign(groups.begin(), groups.end());
      record.set_disable_api_termination(request.disable_api_termination);
    });
    return absl::OkStatus();
  };
  handler.remove = [&context](absl::string_view id) -> absl::Status {
    const std::string instance(id);
    NUBO_RETURN_IF_ERROR(CheckTerminable(context, instance));
    DrainAndTerminate(context, instance);
    return absl::OkStatus();
  };
  handler.poll_delete = [&context](absl::string_view id) -> absl::StatusOr<Progress> {
    const v1::InstanceState* record = context.model.instances.Find(id);
    return record == nullptr || IsTerminated(*record) ? Progress::Complete() : Progress::InProgress();
  };
}

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
  NUBO_ASSIGN_OR_RETURN(const v1::LaunchTemplateState* launch_template, FindTemplate(context, reference));
  // As AWS does: a group that could never launch anything is not made.
  NUBO_RETURN_IF_ERROR(CheckImage(context, FindVersion(*launch_template, reference.Get("Version").text())->image_id()));
  group.set_launch_template_id(launch_template->id());
  group.set_launch_template_version(reference.Get("Version").text());
  return absl::OkStatus();
}

absl::StatusOr<std::string> CreateGroup(Context& context, const v1::Owner& owner, const Value& properties) {
  v1::GroupState group;
  const std::string& name = properties.Get("AutoScalingGroupName").text();
  group.set_name(name.empty() ? GeneratedName(context, owner, 255) : name);
  *group.mutable_owner() = owner;
  NUBO_RETURN_IF_ERROR(FillGroup(context, properties, group));
  if (context.model.groups.Find(group.name()) != nullptr) {
    return base::WithErrorCode(absl::AlreadyExistsError(absl::StrCat("there is a group ", group.name(), " already")),
                               "AlreadyExists");
  }
  // What it takes the place of goes once it is complete; and what cannot serve is no success of an update.
  const v1::StackState* stack = context.model.stacks.Find(owner.stack_name());
  group.set_awaited(stack != nullptr && absl::StartsWith(stack->status(), "UPDATE_"));
  const std::string id = group.name();
  context.model.groups.Put(id, std::move(group));
  return id;
}

absl::Status UpdateGroup(Context& context, const stack::ResourceContext& resource, absl::string_view name,
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

void AddGroup(Handlers& handlers, Context& context) {
  FunctionHandler& handler = handlers.Add("AWS::AutoScaling::AutoScalingGroup");
  handler.create = [&context](const v1::Owner& owner, const Value& properties) {
    return CreateGroup(context, owner, properties);
  };
  handler.update = [&context](const stack::ResourceContext& resource, absl::string_view name, const Value& properties) {
    return UpdateGroup(context, resource, name, properties);
  };
  handler.poll = [&context](absl::string_view name) -> absl::StatusOr<Progress> {
    const v1::GroupState* group = context.model.groups.Find(name);
    return group == nullptr ? Progress::Failed("the group is gone") : GroupProgress(context, *group);
  };
  handler.remove = [&context](absl::string_view name) {
    context.model.groups.Update(name, [](v1::GroupState& group) { group.set_deleting(true); });
    return absl::OkStatus();
  };
  handler.poll_delete = [&context](absl::string_view name) -> absl::StatusOr<Progress> {
    for (const auto& [id, instance] : context.model.instances) {
      if (instance.group_name() == name && !IsTerminated(instance)) return Progress::InProgress();
    }
    context.model.groups.Erase(name);
    return Progress::Complete();
  };
}

}  // namespace

void AddComputeHandlers(Handlers& handlers, Context& context) {
  AddLaunchTemplate(handlers, context);
  AddInstance(handlers, context);
  AddGroup(handlers, context);
}

}  // namespace nubo::region
