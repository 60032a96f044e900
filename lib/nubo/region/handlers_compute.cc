// Launch templates, instances, scaling groups.
#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/ec2/lifecycle.h"
#include "nubo/region/groups.h"
#include "nubo/region/handlers.h"
#include "nubo/region/instances.h"
#include "nubo/region/network.h"
#include "nubo/scaling/reconcile.h"

namespace nubo::region {
namespace {

using stack::Progress;
using stack::Value;

Value Text(absl::string_view text) { return Value::String(text); }

void AddLaunchTemplate(Handlers& handlers, Context& context) {
  FunctionHandler& handler = handlers.Add("AWS::EC2::LaunchTemplate");
  handler.create = [&context](const v1::Owner& owner, const Value& properties) -> absl::StatusOr<std::string> {
    const Value& data = properties.Get("LaunchTemplateData");
    v1::LaunchTemplateState record;
    record.set_id(context.ids.NewId("lt"));
    *record.mutable_owner() = owner;
    const std::string& name = properties.Get("LaunchTemplateName").text();
    record.set_name(name.empty() ? GeneratedName(context, owner, 128) : name);
    record.set_image_id(data.Get("ImageId").text());
    NUBO_ASSIGN_OR_RETURN(const std::string script, ec2::DecodeUserData(data.Get("UserData").text()));
    record.set_user_data(script);
    record.set_version(1);
    const std::string id = record.id();
    context.model.launch_templates.Put(id, std::move(record));
    return id;
  };
  handler.poll = [&context](absl::string_view id) -> absl::StatusOr<Progress> {
    const v1::LaunchTemplateState* record = context.model.launch_templates.Find(id);
    if (record == nullptr) return Progress::Failed("the launch template is gone");
    const std::string version = absl::StrCat(record->version());
    return Progress::Complete({{"LaunchTemplateId", Text(record->id())},
                               {"LatestVersionNumber", Text(version)},
                               {"DefaultVersionNumber", Text(version)}});
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
  if (version != "$Latest" && version != "$Default" && version != absl::StrCat(found->version())) {
    return base::WithErrorCode(
        absl::NotFoundError(absl::StrCat("Could not find version '", version, "' of launch template ", found->id(),
                                         "; it has version ", found->version())),
        "InvalidLaunchTemplateId.VersionNotFound");
  }
  return found;
}

absl::StatusOr<LaunchRequest> InstanceRequest(const Context& context, const v1::Owner& owner, const Value& properties) {
  LaunchRequest request;
  request.owner = owner;
  request.subnet_id = properties.Get("SubnetId").text();
  request.private_ip = properties.Get("PrivateIpAddress").text();
  if (!properties.Get("LaunchTemplate").is_null()) {
    NUBO_ASSIGN_OR_RETURN(const v1::LaunchTemplateState* launch_template,
                          FindTemplate(context, properties.Get("LaunchTemplate")));
    request.image = launch_template->image_id();
    request.user_data = launch_template->user_data();
    request.template_version = launch_template->version();
  }
  if (!properties.Get("ImageId").is_null()) request.image = properties.Get("ImageId").text();
  if (!properties.Get("UserData").is_null()) {
    NUBO_ASSIGN_OR_RETURN(request.user_data, ec2::DecodeUserData(properties.Get("UserData").text()));
  }
  if (!properties.Get("NetworkInterfaces").items().empty()) {
    const Value& interface = properties.Get("NetworkInterfaces").items()[0];
    if (request.subnet_id.empty()) request.subnet_id = interface.Get("SubnetId").text();
    if (request.private_ip.empty()) request.private_ip = interface.Get("PrivateIpAddress").text();
  }
  if (request.subnet_id.empty()) {
    return base::WithErrorCode(absl::InvalidArgumentError("an instance needs SubnetId: there is no default VPC here"),
                               "MissingInput");
  }
  return request;
}

Progress InstanceProgress(const v1::InstanceState& record) {
  if (IsTerminated(record)) return Progress::Failed(absl::StrCat("the instance ended: ", record.reason_message()));
  if (record.state_code() != static_cast<int>(ec2::InstanceState::kRunning)) return Progress::InProgress();
  const std::string dns = ec2::PrivateDnsName(*net::IpAddress::Parse(record.private_ip()), kRegionName);
  return Progress::Complete({{"InstanceId", Text(record.id())},
                             {"PrivateIp", Text(record.private_ip())},
                             {"PrivateDnsName", Text(dns)},
                             // Inside the VPC a public name resolves to the private address; there is no outside here.
                             {"PublicIp", Text(record.loopback_ip())},
                             {"PublicDnsName", Text(dns)},
                             {"AvailabilityZone", Text(record.availability_zone())},
                             {"VpcId", Text(record.vpc_id())},
                             {"State.Code", Text("16")},
                             {"State.Name", Text("running")}});
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
  handler.remove = [&context](absl::string_view id) {
    DrainAndTerminate(context, std::string(id));
    return absl::OkStatus();
  };
  handler.poll_delete = [&context](absl::string_view id) -> absl::StatusOr<Progress> {
    const v1::InstanceState* record = context.model.instances.Find(id);
    return record == nullptr || IsTerminated(*record) ? Progress::Complete() : Progress::InProgress();
  };
}

absl::StatusOr<v1::GroupState> MakeGroup(Context& context, const v1::Owner& owner, const Value& properties) {
  v1::GroupState group;
  const std::string& name = properties.Get("AutoScalingGroupName").text();
  group.set_name(name.empty() ? GeneratedName(context, owner, 255) : name);
  *group.mutable_owner() = owner;
  group.set_min_size(static_cast<int>(properties.Get("MinSize").AsInteger().value_or(0)));
  group.set_max_size(static_cast<int>(properties.Get("MaxSize").AsInteger().value_or(0)));
  group.set_desired(static_cast<int>(properties.Get("DesiredCapacity").AsInteger().value_or(group.min_size())));
  scaling::GroupSpec spec{
      .name = group.name(), .min_size = group.min_size(), .max_size = group.max_size(), .desired = group.desired()};
  for (const std::string& id : properties.Get("VPCZoneIdentifier").ItemTexts()) {
    const v1::SubnetState* subnet = context.model.subnets.Find(id);
    if (subnet == nullptr) return absl::NotFoundError(absl::StrCat("The subnet ID '", id, "' does not exist"));
    spec.subnets.push_back({id, subnet->availability_zone()});
    group.add_subnet_ids(id);
  }
  NUBO_RETURN_IF_ERROR(scaling::Validate(spec));
  for (const std::string& arn : properties.Get("TargetGroupARNs").ItemTexts()) {
    if (context.model.target_groups.Find(arn) == nullptr) {
      return absl::NotFoundError(absl::StrCat("there is no target group ", arn));
    }
    group.add_target_group_arns(arn);
  }
  const std::string& health = properties.Get("HealthCheckType").text();
  group.set_health_check_type(absl::StrContains(health, "ELB") ? "ELB" : "EC2");
  group.set_grace_period_s(static_cast<int>(properties.Get("HealthCheckGracePeriod").AsInteger().value_or(0)));
  NUBO_ASSIGN_OR_RETURN(const v1::LaunchTemplateState* launch_template,
                        FindTemplate(context, properties.Get("LaunchTemplate")));
  // As AWS does: a group that could never launch anything is not made.
  NUBO_RETURN_IF_ERROR(CheckImage(context, launch_template->image_id()));
  group.set_launch_template_id(launch_template->id());
  return group;
}

void AddGroup(Handlers& handlers, Context& context) {
  FunctionHandler& handler = handlers.Add("AWS::AutoScaling::AutoScalingGroup");
  handler.create = [&context](const v1::Owner& owner, const Value& properties) -> absl::StatusOr<std::string> {
    NUBO_ASSIGN_OR_RETURN(v1::GroupState group, MakeGroup(context, owner, properties));
    const std::string name = group.name();
    if (context.model.groups.Find(name) != nullptr) {
      return base::WithErrorCode(absl::AlreadyExistsError(absl::StrCat("there is a group ", name, " already")),
                                 "AlreadyExists");
    }
    context.model.groups.Put(name, std::move(group));
    return name;
  };
  handler.poll = [&context](absl::string_view name) -> absl::StatusOr<Progress> {
    return context.model.groups.Find(name) == nullptr ? Progress::Failed("the group is gone") : Progress::Complete();
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
