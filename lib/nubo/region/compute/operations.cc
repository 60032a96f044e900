#include "nubo/region/compute/operations.h"

#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/ec2/boot_plan.h"
#include "nubo/ec2/instance_types.h"
#include "nubo/ec2/launch.h"
#include "nubo/ec2/launch_template.h"
#include "nubo/ec2/user_data.h"
#include "nubo/region/compute/image_files.h"
#include "nubo/region/compute/images.h"
#include "nubo/region/compute/instances.h"
#include "nubo/region/compute/metadata_options.h"
#include "nubo/region/compute/placement_groups.h"
#include "nubo/region/resources/ids.h"
#include "nubo/region/resources/resource_types.h"
#include "nubo/region/state/digest.h"
#include "nubo/region/state/instance_facts.h"
#include "nubo/stack/schema.h"
#include "nubo/stack/user_data.h"

namespace nubo::region {
namespace {

using stack::IdKind;
using Interfaces = std::vector<InstanceNetworkInterfaceSpecification>;
using Version = v1::LaunchTemplateState::Version;

constexpr int kDirectoryDigits = 8;

absl::Status CheckGroups(const Context& context, const std::vector<std::string>& ids) {
  for (const std::string& id : ids) {
    NUBO_RETURN_IF_ERROR(CheckId(*context.types, context.model, IdKind::kSecurityGroup, id));
  }
  return absl::OkStatus();
}

// What interfaces say has no second place.
absl::Status CheckInterfaces(const RunInstancesRequest& request) {
  NUBO_RETURN_IF_ERROR(ec2::ValidateInterfaceCount(request.network_interfaces.size()));
  if (request.network_interfaces.empty()) return absl::OkStatus();
  if (!request.subnet_id.empty()) return ec2::BesideInterfaces("subnet ID");
  if (!request.security_group_ids.empty()) return ec2::BesideInterfaces("security groups");
  if (!request.private_ip_address.empty()) return ec2::BesideInterfaces("private IP address");
  return absl::OkStatus();
}

absl::Status CheckZone(const Context& context, const std::string& subnet_id, const std::string& zone) {
  const v1::SubnetState* subnet = context.model.subnets.Find(subnet_id);
  if (zone.empty() || subnet == nullptr || subnet->availability_zone() == zone) return absl::OkStatus();
  return base::WithErrorCode(
      absl::InvalidArgumentError(absl::StrCat("The availability zone '", zone, "' does not match that of subnet ",
                                              subnet_id, ", which is ", subnet->availability_zone())),
      "InvalidParameterValue");
}

// As an instance records them: nothing of them that no instance here may do.
absl::StatusOr<std::string> ReadUserData(const std::string& base64) {
  NUBO_ASSIGN_OR_RETURN(const ec2::BootPlan plan, stack::ReadUserData(base64));
  NUBO_RETURN_IF_ERROR(ec2::CheckPlan(plan));
  return ec2::DecodeUserData(base64);
}

// Puts what `request` says itself in the place of what is in `launch` already.
absl::Status TakeOwn(const RunInstancesRequest& request, LaunchRequest& launch) {
  if (!request.image_id.empty()) launch.image = request.image_id;
  if (request.user_data.has_value()) {
    NUBO_ASSIGN_OR_RETURN(launch.user_data, ReadUserData(*request.user_data));
  }
  if (request.disable_api_termination.has_value()) launch.disable_api_termination = *request.disable_api_termination;
  if (request.disable_api_stop.has_value()) launch.disable_api_stop = *request.disable_api_stop;
  if (request.monitoring.has_value()) launch.monitored = *request.monitoring;
  if (!request.instance_type.empty()) launch.instance_type = request.instance_type;
  NUBO_RETURN_IF_ERROR(ec2::InstanceTypes::Aws().Check(launch.instance_type));
  if (const std::string& behavior = request.instance_initiated_shutdown_behavior; !behavior.empty()) {
    NUBO_ASSIGN_OR_RETURN(launch.shutdown_behavior, ec2::ParseShutdownBehavior(behavior));
  }
  NUBO_ASSIGN_OR_RETURN(const v1::InstanceSettings own, MakeSettings(request.settings));
  launch.settings = WithOwn(launch.settings, own);
  if (request.metadata_options.has_value()) {
    NUBO_ASSIGN_OR_RETURN(launch.metadata_options, RecordOf(*request.metadata_options));
  }
  NUBO_RETURN_IF_ERROR(
      CheckShownTags(launch.metadata_options, ec2::Tags(launch.settings.tags().begin(), launch.settings.tags().end())));
  InstanceNetworkInterfaceSpecification network = {request.subnet_id, request.private_ip_address, std::nullopt,
                                                   request.security_group_ids};
  if (!request.network_interfaces.empty()) network = request.network_interfaces[0];
  if (!network.subnet_id.empty()) launch.subnet_id = network.subnet_id;
  if (!network.private_ip_address.empty()) launch.private_ip = network.private_ip_address;
  if (network.associate_public_ip_address.has_value()) launch.public_ip = network.associate_public_ip_address;
  if (!network.groups.empty()) launch.security_group_ids = network.groups;
  return absl::OkStatus();
}

// What is launched by `request` and its launch template.
absl::StatusOr<LaunchRequest> LaunchOf(const Context& context, const v1::Owner& owner,
                                       const RunInstancesRequest& request) {
  NUBO_RETURN_IF_ERROR(CheckInterfaces(request));
  LaunchRequest launch;
  launch.owner = owner;
  std::string zone;
  if (request.launch_template.has_value()) {
    NUBO_ASSIGN_OR_RETURN(const v1::LaunchTemplateState* launch_template,
                          FindTemplate(context, *request.launch_template));
    const Version version = *FindVersion(*launch_template, request.launch_template->version);
    FillFromVersion(version, launch);
    launch.subnet_id = version.subnet_id();
    launch.private_ip = version.private_ip();
    zone = version.availability_zone();
  }
  NUBO_RETURN_IF_ERROR(TakeOwn(request, launch));
  if (!request.availability_zone.empty()) zone = request.availability_zone;
  if (launch.subnet_id.empty()) {
    return base::WithErrorCode(absl::InvalidArgumentError("an instance needs SubnetId: there is no default VPC here"),
                               "MissingInput");
  }
  NUBO_RETURN_IF_ERROR(CheckZone(context, launch.subnet_id, zone));
  return launch;
}

ec2::InstanceState StateOf(const Context& context, const std::string& id) {
  const auto state = ec2::StateFromCode(context.model.instances.Find(id)->state_code());
  return state.value_or(ec2::InstanceState::kTerminated);
}

absl::Status CheckAll(const Context& context, const std::vector<std::string>& ids, ec2::Call call,
                      const ec2::CallOptions& options = {}) {
  for (const std::string& id : ids) NUBO_RETURN_IF_ERROR(CheckCall(context, id, call, options));
  return absl::OkStatus();
}

// One that starts is placed anew, where it was: its group may have filled up.
absl::Status CheckRoom(const Context& context, const std::vector<std::string>& ids) {
  for (const std::string& id : ids) {
    const v1::InstanceState& record = *context.model.instances.Find(id);
    const std::string& group = record.settings().placement_group();
    if (group.empty() || !IsStopped(record)) continue;
    NUBO_RETURN_IF_ERROR(
        PlaceInGroup(context, group, record.settings().partition_number(), record.availability_zone(), id).status());
  }
  return absl::OkStatus();
}

InstanceStateChange Do(Context& context, const std::string& id, absl::FunctionRef<void()> what) {
  InstanceStateChange change;
  change.instance_id = id;
  change.previous_state = StateOf(context, id);
  what();
  change.current_state = StateOf(context, id);
  return change;
}

absl::StatusOr<std::vector<InstanceMonitoring>> SetMonitoring(Context& context, const std::vector<std::string>& ids,
                                                              bool on) {
  NUBO_RETURN_IF_ERROR(CheckAll(context, ids, on ? ec2::Call::kMonitor : ec2::Call::kUnmonitor));
  std::vector<InstanceMonitoring> monitorings;
  for (const std::string& id : ids) {
    MonitorInstance(context, id, on);
    monitorings.push_back({id, LifeOf(*context.model.instances.Find(id)).record().monitoring});
  }
  return monitorings;
}

// What is given is checked, whether it could be changed now or not.
absl::Status CheckAttributes(const Context& context, const ModifyInstanceAttributeRequest& request) {
  if (request.groups.has_value()) NUBO_RETURN_IF_ERROR(CheckGroups(context, *request.groups));
  if (request.instance_type.has_value()) {
    NUBO_RETURN_IF_ERROR(ec2::InstanceTypes::Aws().Check(*request.instance_type));
  }
  if (!request.instance_initiated_shutdown_behavior.has_value()) return absl::OkStatus();
  return ec2::ParseShutdownBehavior(*request.instance_initiated_shutdown_behavior).status();
}

// What CheckAttributes() lets pass.
void ChangeAttributes(const ModifyInstanceAttributeRequest& request, v1::InstanceState& record) {
  if (request.disable_api_termination.has_value()) {
    record.set_disable_api_termination(*request.disable_api_termination);
  }
  if (request.disable_api_stop.has_value()) record.set_disable_api_stop(*request.disable_api_stop);
  if (request.instance_type.has_value()) record.set_instance_type(*request.instance_type);
  if (request.instance_initiated_shutdown_behavior.has_value()) {
    record.set_terminates_on_shutdown(*request.instance_initiated_shutdown_behavior ==
                                      std::string(ec2::ShutdownBehaviorName(ec2::ShutdownBehavior::kTerminate)));
  }
  if (request.groups.has_value()) {
    record.mutable_security_group_ids()->Assign(request.groups->begin(), request.groups->end());
  }
  if (request.tags.has_value()) {
    record.mutable_settings()->clear_tags();
    for (const auto& [key, value] : *request.tags) (*record.mutable_settings()->mutable_tags())[key] = value;
  }
}

// What of a launch template its instances are made of, without a number.
absl::StatusOr<Version> VersionOf(const RequestLaunchTemplateData& data) {
  NUBO_RETURN_IF_ERROR(ec2::ValidateInterfaceCount(data.network_interfaces.size()));
  NUBO_ASSIGN_OR_RETURN(const std::string user_data, ReadUserData(data.user_data));
  if (!data.instance_type.empty()) NUBO_RETURN_IF_ERROR(ec2::InstanceTypes::Aws().Check(data.instance_type));
  Version version;
  if (const std::string& behavior = data.instance_initiated_shutdown_behavior; !behavior.empty()) {
    NUBO_ASSIGN_OR_RETURN(const ec2::ShutdownBehavior parsed, ec2::ParseShutdownBehavior(behavior));
    version.set_terminates_on_shutdown(parsed == ec2::ShutdownBehavior::kTerminate);
  }
  version.set_image_id(data.image_id);
  version.set_user_data(user_data);
  version.set_disable_api_termination(data.disable_api_termination);
  version.set_disable_api_stop(data.disable_api_stop);
  version.set_instance_type(data.instance_type);
  version.set_monitored(data.monitoring);
  version.set_availability_zone(data.availability_zone);
  if (data.metadata_options.has_value()) {
    NUBO_ASSIGN_OR_RETURN(*version.mutable_metadata_options(), RecordOf(*data.metadata_options));
  }
  for (const std::string& id : data.security_group_ids) version.add_security_group_ids(id);
  for (const InstanceNetworkInterfaceSpecification& interface : data.network_interfaces) {
    version.set_subnet_id(interface.subnet_id);
    version.set_private_ip(interface.private_ip_address);
    if (interface.associate_public_ip_address.has_value())
      version.set_public_ip(*interface.associate_public_ip_address);
    for (const std::string& id : interface.groups) version.add_security_group_ids(id);
  }
  NUBO_ASSIGN_OR_RETURN(*version.mutable_settings(), MakeSettings(data.settings));
  NUBO_RETURN_IF_ERROR(CheckShownTags(version.metadata_options(),
                                      ec2::Tags(version.settings().tags().begin(), version.settings().tags().end())));
  version.set_data_digest(Digest(data.source.empty() ? version.SerializeAsString() : data.source));
  return version;
}

absl::Status CheckDescription(const std::string& description) {
  if (description.size() <= ec2::kVersionDescriptionMax) return absl::OkStatus();
  return base::WithErrorCode(
      absl::InvalidArgumentError(absl::StrCat("A version's description has at most ", ec2::kVersionDescriptionMax,
                                              " characters, not ", description.size())),
      "InvalidParameterValue");
}

absl::Status CheckIds(const Context& context, const Version& version) {
  if (!version.image_id().empty()) {
    NUBO_RETURN_IF_ERROR(CheckId(*context.types, context.model, IdKind::kImage, version.image_id()));
  }
  if (!version.subnet_id().empty()) {
    NUBO_RETURN_IF_ERROR(CheckId(*context.types, context.model, IdKind::kSubnet, version.subnet_id()));
  }
  NUBO_RETURN_IF_ERROR(CheckNamed(context, version.settings()));
  return CheckGroups(context, {version.security_group_ids().begin(), version.security_group_ids().end()});
}

}  // namespace

absl::StatusOr<std::string> RunInstances(Context& context, const v1::Owner& owner, const RunInstancesRequest& request) {
  NUBO_ASSIGN_OR_RETURN(const LaunchRequest launch, LaunchOf(context, owner, request));
  NUBO_RETURN_IF_ERROR(CheckId(*context.types, context.model, IdKind::kSubnet, launch.subnet_id));
  NUBO_RETURN_IF_ERROR(CheckGroups(context, launch.security_group_ids));
  return LaunchInstance(context, launch);
}

absl::Status ModifyInstanceAttribute(Context& context, const ModifyInstanceAttributeRequest& request) {
  const std::string& id = request.instance_id;
  NUBO_RETURN_IF_ERROR(ec2::ValidateInstanceId(id));
  const v1::InstanceState* record = context.model.instances.Find(id);
  if (record == nullptr) return ec2::InstanceNotFound(id);
  const ec2::Attribute attribute =
      request.instance_type.has_value() ? ec2::Attribute::kInstanceType : ec2::Attribute::kGroupSet;
  NUBO_RETURN_IF_ERROR(LifeOf(*record).CheckModify(attribute, id));
  NUBO_RETURN_IF_ERROR(CheckAttributes(context, request));
  context.model.instances.Update(id, [&](v1::InstanceState& changed) { ChangeAttributes(request, changed); });
  return absl::OkStatus();
}

absl::Status SetInstanceAttributes(Context& context, const std::string& instance_id,
                                   const RunInstancesRequest& wanted) {
  NUBO_ASSIGN_OR_RETURN(const LaunchRequest launch, LaunchOf(context, {}, wanted));
  NUBO_RETURN_IF_ERROR(ModifyInstanceAttribute(
      context,
      {.instance_id = instance_id,
       .disable_api_termination = launch.disable_api_termination,
       .groups = launch.security_group_ids,
       .tags = ec2::Tags(launch.settings.tags().begin(), launch.settings.tags().end()),
       .disable_api_stop = launch.disable_api_stop,
       .instance_initiated_shutdown_behavior = std::string(ec2::ShutdownBehaviorName(launch.shutdown_behavior))}));
  context.model.instances.Update(instance_id, [&](v1::InstanceState& changed) {
    changed.set_instance_type(launch.instance_type);
    *changed.mutable_metadata_options() = launch.metadata_options;
  });
  MonitorInstance(context, instance_id, launch.monitored);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<InstanceStateChange>> StartInstances(Context& context,
                                                                const std::vector<std::string>& instance_ids) {
  NUBO_RETURN_IF_ERROR(CheckAll(context, instance_ids, ec2::Call::kStart));
  NUBO_RETURN_IF_ERROR(CheckRoom(context, instance_ids));
  std::vector<InstanceStateChange> changes;
  for (const std::string& id : instance_ids) changes.push_back(Do(context, id, [&] { StartInstance(context, id); }));
  return changes;
}

absl::StatusOr<std::vector<InstanceStateChange>> StopInstances(Context& context,
                                                               const std::vector<std::string>& instance_ids,
                                                               const ec2::CallOptions& options) {
  NUBO_RETURN_IF_ERROR(CheckAll(context, instance_ids, ec2::Call::kStop, options));
  std::vector<InstanceStateChange> changes;
  for (const std::string& id : instance_ids) {
    changes.push_back(Do(context, id, [&] { StopInstance(context, id, options); }));
    changes.back().replaced_by_group = context.model.instances.Find(id)->group_name();
  }
  return changes;
}

absl::Status RebootInstances(Context& context, const std::vector<std::string>& instance_ids) {
  NUBO_RETURN_IF_ERROR(CheckAll(context, instance_ids, ec2::Call::kReboot));
  for (const std::string& id : instance_ids) RebootInstance(context, id);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<InstanceStateChange>> TerminateInstances(Context& context,
                                                                    const std::vector<std::string>& instance_ids) {
  for (const std::string& id : instance_ids) {
    NUBO_RETURN_IF_ERROR(ec2::ValidateInstanceId(id));
    if (context.model.instances.Find(id) == nullptr) return ec2::InstanceNotFound(id);
    NUBO_RETURN_IF_ERROR(CheckTerminable(context, id));
  }
  std::vector<InstanceStateChange> changes;
  for (const std::string& id : instance_ids) {
    changes.push_back(Do(context, id, [&] { DrainAndTerminate(context, id); }));
    // One that drains is on its way, as far as its users can tell.
    if (!IsTerminated(*context.model.instances.Find(id))) {
      changes.back().current_state = ec2::InstanceState::kShuttingDown;
    }
  }
  return changes;
}

absl::StatusOr<std::vector<InstanceMonitoring>> MonitorInstances(Context& context,
                                                                 const std::vector<std::string>& instance_ids) {
  return SetMonitoring(context, instance_ids, true);
}

absl::StatusOr<std::vector<InstanceMonitoring>> UnmonitorInstances(Context& context,
                                                                   const std::vector<std::string>& instance_ids) {
  return SetMonitoring(context, instance_ids, false);
}

absl::Status CheckLaunchTemplateName(const Model& model, const v1::Owner& owner, const std::string& name) {
  const bool taken =
      !name.empty() && IsTaken(model.launch_templates, owner, [&](const auto& other) { return other.name() == name; });
  return taken ? NameInUse("launch template", name, "InvalidLaunchTemplateName.AlreadyExistsException")
               : absl::OkStatus();
}

absl::StatusOr<std::string> CreateLaunchTemplate(Context& context, const v1::Owner& owner,
                                                 const CreateLaunchTemplateRequest& request) {
  NUBO_RETURN_IF_ERROR(ec2::ValidateLaunchTemplateName(request.launch_template_name));
  NUBO_RETURN_IF_ERROR(CheckLaunchTemplateName(context.model, {}, request.launch_template_name));
  NUBO_RETURN_IF_ERROR(CheckDescription(request.version_description));
  NUBO_ASSIGN_OR_RETURN(Version version, VersionOf(request.launch_template_data));
  NUBO_RETURN_IF_ERROR(CheckIds(context, version));
  version.set_description(request.version_description);
  v1::LaunchTemplateState record;
  record.set_id(context.ids.NewId("lt"));
  *record.mutable_owner() = owner;
  record.set_name(request.launch_template_name);
  SetLatest(1, version, record);
  const std::string id = record.id();
  context.model.launch_templates.Put(id, std::move(record));
  return id;
}

absl::StatusOr<int> CreateLaunchTemplateVersion(Context& context, const CreateLaunchTemplateVersionRequest& request) {
  NUBO_ASSIGN_OR_RETURN(
      const v1::LaunchTemplateState* found,
      FindTemplate(context, {request.launch_template_id, request.launch_template_name, /*version=*/"$Latest"}));
  NUBO_RETURN_IF_ERROR(CheckDescription(request.version_description));
  NUBO_ASSIGN_OR_RETURN(Version version, VersionOf(request.launch_template_data));
  NUBO_RETURN_IF_ERROR(CheckIds(context, version));
  version.set_description(request.version_description);
  context.model.launch_templates.Update(found->id(),
                                        [&](v1::LaunchTemplateState& record) { AddVersion(context, version, record); });
  return found->version();
}

absl::Status SetLaunchTemplateData(Context& context, const std::string& launch_template_id,
                                   const RequestLaunchTemplateData& data, bool rollback,
                                   const std::string& description) {
  NUBO_ASSIGN_OR_RETURN(const v1::LaunchTemplateState* found,
                        FindTemplate(context, {launch_template_id, "", /*version=*/"$Latest"}));
  NUBO_ASSIGN_OR_RETURN(const Version version, VersionOf(data));
  // A change of anything else, its tags say, makes no version.
  if (version.data_digest() == found->data_digest()) return absl::OkStatus();
  bool back = false;
  if (rollback) {
    context.model.launch_templates.Update(
        found->id(), [&](v1::LaunchTemplateState& record) { back = DropVersion(version, record); });
  }
  if (back) return absl::OkStatus();
  return CreateLaunchTemplateVersion(context, {launch_template_id, "", data, description}).status();
}

absl::Status ModifyLaunchTemplate(Context& context, const ModifyLaunchTemplateRequest& request) {
  NUBO_ASSIGN_OR_RETURN(
      const v1::LaunchTemplateState* found,
      FindTemplate(context, {request.launch_template_id, request.launch_template_name, request.default_version}));
  const int number = FindVersion(*found, request.default_version)->version();
  context.model.launch_templates.Update(std::string(found->id()),
                                        [&](v1::LaunchTemplateState& record) { record.set_default_version(number); });
  return absl::OkStatus();
}

absl::Status DeleteLaunchTemplate(Context& context, const DeleteLaunchTemplateRequest& request) {
  NUBO_ASSIGN_OR_RETURN(
      const v1::LaunchTemplateState* found,
      FindTemplate(context, {request.launch_template_id, request.launch_template_name, /*version=*/"$Latest"}));
  context.model.launch_templates.Erase(std::string(found->id()));
  return absl::OkStatus();
}

absl::StatusOr<ImageCopy> InspectImage(const RegisterImageRequest& request) {
  NUBO_RETURN_IF_ERROR(ValidateImageName(request.name));
  NUBO_ASSIGN_OR_RETURN(const ImageSummary summary, InspectDirectory(request.image_location));
  ImageCopy copy;
  copy.image_id = ImageId(request.name, summary);
  copy.files = summary.files;
  return copy;
}

void PlaceImage(const Context& context, ImageCopy& copy) {
  const v1::ImageState* image = context.model.images.Find(copy.image_id);
  copy.made = image != nullptr;
  // One of its own each time: that of a former copy of the same may still be on its way out.
  copy.directory =
      copy.made ? image->directory()
                : absl::StrCat(context.paths.Images(), "/", copy.image_id, "-", context.ids.NewHex(kDirectoryDigits));
}

absl::Status CopyImage(const RegisterImageRequest& request, const ImageCopy& copy) {
  return copy.made ? absl::OkStatus() : CopyImage(request.image_location, copy.directory);
}

absl::StatusOr<v1::ImageState> RegisterImage(Context& context, const RegisterImageRequest& request,
                                             const ImageCopy& copy) {
  NUBO_RETURN_IF_ERROR(ValidateImageName(request.name));
  const v1::ImageState* known = context.model.images.Find(copy.image_id);
  if (known == nullptr && copy.made) {
    return absl::UnavailableError(absl::StrCat("image ", copy.image_id, " has been removed meanwhile; try again"));
  }
  v1::ImageState image;
  if (known != nullptr) {
    image = *known;
    // Another import was faster, and instances may run from what it made.
    if (!copy.made) context.RemoveTree(copy.directory);
  } else {
    image.set_id(copy.image_id);
    image.set_files(copy.files);
    image.set_directory(copy.directory);
    image.set_creation_time(ToMicros(context.now()));
  }
  image.set_name(request.name);
  std::vector<std::string> former;
  for (const auto& [id, other] : context.model.images) {
    if (other.name() == image.name() && id != image.id()) former.push_back(id);
  }
  for (const std::string& id : former) {
    context.model.images.Update(id, [](v1::ImageState& other) { other.clear_name(); });
  }
  context.model.images.Put(image.id(), image);
  ForgetUnusedImages(context);
  return image;
}

}  // namespace nubo::region
