// Launch templates and instances.
#include <algorithm>
#include <functional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/ec2/lifecycle.h"
#include "nubo/region/compute/describe.h"
#include "nubo/region/compute/instances.h"
#include "nubo/region/compute/launch_templates.h"
#include "nubo/region/compute/resource_types.h"
#include "nubo/region/network/addresses.h"
#include "nubo/region/state/digest.h"
#include "nubo/region/state/instance_facts.h"

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

absl::Status UpdateLaunchTemplate(Context& context, const stack::ResourceContext& resource, const std::string& id,
                                  const Value& properties) {
  NUBO_ASSIGN_OR_RETURN(const auto version, ReadVersion(properties));
  const bool back = resource.stack_status == stack::StackStatus::kUpdateRollbackInProgress;
  context.model.launch_templates.Update(id, [&](v1::LaunchTemplateState& record) {
    // A change of anything else, its tags say, makes no version.
    if (version.data_digest() == record.data_digest() || (back && DropVersion(version, record))) return;
    AddVersion(context, version, record);
  });
  return absl::OkStatus();
}

void AddLaunchTemplate(ResourceTypes& types) {
  ResourceType& type = types.Add("AWS::EC2::LaunchTemplate");
  type.create = [](Context& context, const stack::ResourceContext& resource, const Value& properties) {
    return CreateLaunchTemplate(context, OwnerOf(resource), properties);
  };
  type.update = [](Context& context, const stack::ResourceContext& resource, const std::string& id,
                   const Value& properties) { return UpdateLaunchTemplate(context, resource, id, properties); };
  type.poll = [](Context& context, const std::string& id) -> absl::StatusOr<Progress> {
    const v1::LaunchTemplateState* record = context.model.launch_templates.Find(id);
    if (record == nullptr) return Progress::Failed("the launch template is gone");
    const std::string version = absl::StrCat(record->version());
    return Progress::Complete({{"LaunchTemplateId", Text(record->id())},
                               {"LatestVersionNumber", Text(version)},
                               {"DefaultVersionNumber", Text("1")}});
  };
  type.remove = [](Context& context, const stack::ResourceContext&, const std::string& id) {
    context.model.launch_templates.Erase(id);
    return absl::OkStatus();
  };
  type.check_name = [](const Model& model, const v1::Owner& owner, const Value& properties) {
    const std::string& name = properties.Get("LaunchTemplateName").text();
    const bool taken = !name.empty() &&
                       IsTaken(model.launch_templates, owner, [&](const auto& other) { return other.name() == name; });
    return taken ? NameInUse("launch template", name, "InvalidLaunchTemplateName.AlreadyExistsException")
                 : absl::OkStatus();
  };
  type.disown = [](Model& model, const std::string& id) { Disown(model.launch_templates, id); };
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
                          FindTemplate(context.model, NamedTemplate(properties.Get("LaunchTemplate"))));
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

void AddInstance(ResourceTypes& types) {
  ResourceType& type = types.Add("AWS::EC2::Instance");
  type.create = [](Context& context, const stack::ResourceContext& resource,
                   const Value& properties) -> absl::StatusOr<std::string> {
    NUBO_ASSIGN_OR_RETURN(const LaunchRequest request, InstanceRequest(context, OwnerOf(resource), properties));
    return LaunchInstance(context, request);
  };
  type.poll = [](Context& context, const std::string& id) -> absl::StatusOr<Progress> {
    const v1::InstanceState* record = context.model.instances.Find(id);
    if (record == nullptr) return Progress::Failed("the instance is gone");
    return InstanceProgress(*record);
  };
  type.update = [](Context& context, const stack::ResourceContext& resource, const std::string& id,
                   const Value& properties) -> absl::Status {
    NUBO_ASSIGN_OR_RETURN(const LaunchRequest request, InstanceRequest(context, {}, properties));
    const std::vector<std::string>& groups = request.security_group_ids;
    context.model.instances.Update(id, [&](v1::InstanceState& record) {
      record.mutable_security_group_ids()->Assign(groups.begin(), groups.end());
      record.set_disable_api_termination(request.disable_api_termination);
    });
    return absl::OkStatus();
  };
  type.remove = [](Context& context, const stack::ResourceContext&, const std::string& id) -> absl::Status {
    NUBO_RETURN_IF_ERROR(CheckTerminable(context, id));
    DrainAndTerminate(context, id);
    return absl::OkStatus();
  };
  type.poll_delete = [](Context& context, const std::string& id) -> absl::StatusOr<Progress> {
    const v1::InstanceState* record = context.model.instances.Find(id);
    return record == nullptr || IsTerminated(*record) ? Progress::Complete() : Progress::InProgress();
  };
  type.disown = [](Model& model, const std::string& id) { Disown(model.instances, id); };
  type.show = [](const Context& context, const std::string& id, google::protobuf::Struct* shown) {
    const v1::InstanceState* record = context.model.instances.Find(id);
    if (record == nullptr) return false;
    ec2::v1::Instance instance;
    ShowInstance(context, *record, &instance);
    ShowMessage(instance, shown);
    return true;
  };
  type.protect = [](Context& context, const std::string& id, bool on) -> absl::StatusOr<bool> {
    const v1::InstanceState* record = context.model.instances.Find(id);
    if (record == nullptr || IsTerminated(*record)) return absl::NotFoundError("no instance is called so");
    const bool former = record->disable_api_termination();
    context.model.instances.Update(id, [&](v1::InstanceState& changed) { changed.set_disable_api_termination(on); });
    return former;
  };
}

// An address stands for itself.
bool IsInstance(const Model& model, const std::string& id) {
  const v1::InstanceState* instance = model.instances.Find(id);
  return (instance != nullptr && !IsTerminated(*instance)) || net::IpAddress::Parse(id).ok();
}

void AddIds(ResourceTypes& types) {
  types.AddId({stack::IdKind::kImage, "", "image id", "InvalidAMIID.NotFound",
               [](const Model& model, const std::string& id) { return FindImage(model, id) != nullptr; },
               [](const std::string& id) {
                 return absl::StrCat("; register a directory under that name: nubo image import ", id, " DIRECTORY");
               }});
  types.AddId({stack::IdKind::kInstance, "i-", "instance ID", "InvalidInstanceID.NotFound", IsInstance});
  types.AddId({stack::IdKind::kLaunchTemplate, "lt-", "launch template", "InvalidLaunchTemplateId.NotFound",
               [](const Model& model, const std::string& id) { return model.launch_templates.Find(id) != nullptr; }});
  types.AddId({stack::IdKind::kLaunchTemplateName, "", "launch template", "InvalidLaunchTemplateName.NotFoundException",
               [](const Model& model, const std::string& name) {
                 return std::any_of(model.launch_templates.begin(), model.launch_templates.end(),
                                    [&](const auto& entry) { return entry.second.name() == name; });
               }});
}

}  // namespace

void AddComputeTypes(ResourceTypes& types) {
  AddLaunchTemplate(types);
  AddInstance(types);
  AddIds(types);
}

}  // namespace nubo::region
