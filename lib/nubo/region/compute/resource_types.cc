// Launch templates and instances.
#include "nubo/region/compute/resource_types.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/ec2/boot_plan.h"
#include "nubo/ec2/launch.h"
#include "nubo/ec2/launch_template.h"
#include "nubo/ec2/lifecycle.h"
#include "nubo/ec2/tags.h"
#include "nubo/ec2/user_data.h"
#include "nubo/ec2/v1/ec2.pb.h"
#include "nubo/fabrics/fabric.h"
#include "nubo/net/ip_address.h"
#include "nubo/region/compute/describe.h"
#include "nubo/region/compute/key_pairs.h"
#include "nubo/region/compute/operations.h"
#include "nubo/region/compute/placement_groups.h"
#include "nubo/region/compute/volumes.h"
#include "nubo/region/state/instance_facts.h"
#include "nubo/stack/executor.h"
#include "nubo/stack/schema.h"
#include "nubo/stack/user_data.h"

namespace nubo::region {
namespace {

using stack::Progress;
using stack::Value;

Value Text(absl::string_view text) { return Value::String(text); }

// `groups`: what the property is called that names an interface's security groups.
std::vector<InstanceNetworkInterfaceSpecification> ReadInterfaces(const Value& list, absl::string_view groups) {
  std::vector<InstanceNetworkInterfaceSpecification> interfaces;
  for (const Value& item : list.items()) {
    interfaces.push_back({.subnet_id = item.Get("SubnetId").text(),
                          .private_ip_address = item.Get("PrivateIpAddress").text(),
                          .associate_public_ip_address = item.Get("AssociatePublicIpAddress").AsBool(),
                          .groups = item.Get(groups).ItemTexts()});
  }
  return interfaces;
}

std::vector<BlockDeviceMapping> ReadBlockDevices(const Value& list) {
  std::vector<BlockDeviceMapping> mappings;
  for (const Value& item : list.items()) {
    const Value& ebs = item.Get("Ebs");
    if (ebs.is_null()) continue;
    mappings.push_back({.device_name = item.Get("DeviceName").text(),
                        .volume_size = ebs.Get("VolumeSize").AsInteger(),
                        .volume_type = ebs.Get("VolumeType").text(),
                        .delete_on_termination = ebs.Get("DeleteOnTermination").AsBool(),
                        .encrypted = ebs.Get("Encrypted").AsBool().value_or(false)});
  }
  return mappings;
}

std::vector<ec2::Tag> ReadTags(const Value& list) {
  std::vector<ec2::Tag> tags;
  for (const Value& item : list.items()) tags.push_back({item.Get("Key").text(), item.Get("Value").text()});
  return tags;
}

InstanceSettings ReadTemplateSettings(const Value& data) {
  const Value& placement = data.Get("Placement");
  InstanceSettings settings{
      .key_name = data.Get("KeyName").text(),
      .placement_group = placement.Get("GroupName").text(),
      .partition_number = static_cast<int>(placement.Get("PartitionNumber").AsInteger().value_or(0)),
      .block_device_mappings = ReadBlockDevices(data.Get("BlockDeviceMappings"))};
  for (const Value& item : data.Get("TagSpecifications").items()) {
    if (item.Get("ResourceType").text() == "instance") settings.tags = ReadTags(item.Get("Tags"));
  }
  return settings;
}

InstanceSettings ReadInstanceSettings(const Value& properties) {
  return {.key_name = properties.Get("KeyName").text(),
          .placement_group = properties.Get("PlacementGroupName").text(),
          .tags = ReadTags(properties.Get("Tags")),
          .block_device_mappings = ReadBlockDevices(properties.Get("BlockDeviceMappings"))};
}

std::optional<ec2::LaunchMetadataOptions> ReadMetadataOptions(const Value& properties) {
  const Value& given = properties.Get("MetadataOptions");
  if (given.is_null()) return std::nullopt;
  ec2::LaunchMetadataOptions options = {.http_tokens = given.Get("HttpTokens").text(),
                                        .http_endpoint = given.Get("HttpEndpoint").text(),
                                        .http_protocol_ipv6 = given.Get("HttpProtocolIpv6").text(),
                                        .instance_metadata_tags = given.Get("InstanceMetadataTags").text()};
  if (const auto hops = given.Get("HttpPutResponseHopLimit").AsInteger()) {
    options.http_put_response_hop_limit = static_cast<int>(*hops);
  }
  return options;
}

std::vector<fabrics::Feature> AskedOfMetadata(const Value& properties) {
  if (!properties.Has("MetadataOptions")) return {};
  return {fabrics::Feature::kMetadata};
}

RequestLaunchTemplateData ReadLaunchTemplateData(const Value& data) {
  return {.image_id = data.Get("ImageId").text(),
          .user_data = data.Get("UserData").text(),
          .security_group_ids = data.Get("SecurityGroupIds").ItemTexts(),
          .network_interfaces = ReadInterfaces(data.Get("NetworkInterfaces"), "Groups"),
          .availability_zone = data.Get("Placement").Get("AvailabilityZone").text(),
          .disable_api_termination = data.Get("DisableApiTermination").AsBool().value_or(false),
          .disable_api_stop = data.Get("DisableApiStop").AsBool().value_or(false),
          .instance_type = data.Get("InstanceType").text(),
          .monitoring = data.Get("Monitoring").Get("Enabled").AsBool().value_or(false),
          .instance_initiated_shutdown_behavior = data.Get("InstanceInitiatedShutdownBehavior").text(),
          .metadata_options = ReadMetadataOptions(data),
          .settings = ReadTemplateSettings(data),
          .source = stack::ToJson(data)};
}

RunInstancesRequest ReadInstance(const Value& properties) {
  RunInstancesRequest request = {
      .image_id = properties.Get("ImageId").text(),
      .subnet_id = properties.Get("SubnetId").text(),
      .private_ip_address = properties.Get("PrivateIpAddress").text(),
      .security_group_ids = properties.Get("SecurityGroupIds").ItemTexts(),
      .network_interfaces = ReadInterfaces(properties.Get("NetworkInterfaces"), "GroupSet"),
      .availability_zone = properties.Get("AvailabilityZone").text(),
      .disable_api_termination = properties.Get("DisableApiTermination").AsBool(),
      .metadata_options = ReadMetadataOptions(properties),
      .instance_type = properties.Get("InstanceType").text(),
      .monitoring = properties.Get("Monitoring").AsBool(),
      .instance_initiated_shutdown_behavior = properties.Get("InstanceInitiatedShutdownBehavior").text(),
      .settings = ReadInstanceSettings(properties)};
  if (!properties.Get("UserData").is_null()) request.user_data = properties.Get("UserData").text();
  if (const Value& reference = properties.Get("LaunchTemplate"); !reference.is_null()) {
    request.launch_template = ReadLaunchTemplateSpecification(reference);
  }
  return request;
}

// What of its user data is not done as it stands there.
std::vector<std::string> UserDataNotDone(const Value& object) {
  const absl::StatusOr<ec2::BootPlan> plan = stack::ReadUserData(object.Get("UserData").text());
  return plan.ok() ? ec2::NotDone(*plan) : std::vector<std::string>();
}

void AddLaunchTemplate(ResourceTypes& types) {
  ResourceType& type = types.Add("AWS::EC2::LaunchTemplate");
  type.create = [](Context& context, const stack::ResourceContext& resource, const Value& properties) {
    const v1::Owner owner = OwnerOf(resource);
    std::string name = properties.Get("LaunchTemplateName").text();
    if (name.empty()) name = GeneratedName(context, owner, ec2::kLaunchTemplateNameMax);
    return CreateLaunchTemplate(context, owner,
                                {name, ReadLaunchTemplateData(properties.Get("LaunchTemplateData")),
                                 properties.Get("VersionDescription").text()});
  };
  type.update = [](Context& context, const stack::ResourceContext& resource, const std::string& id,
                   const Value& properties) {
    const bool rollback = resource.stack_status == stack::StackStatus::kUpdateRollbackInProgress;
    return SetLaunchTemplateData(context, id, ReadLaunchTemplateData(properties.Get("LaunchTemplateData")), rollback,
                                 properties.Get("VersionDescription").text());
  };
  type.asks_also = [](const Value& properties) { return AskedOfMetadata(properties.Get("LaunchTemplateData")); };
  type.poll = [](Context& context, const std::string& id) -> absl::StatusOr<Progress> {
    const v1::LaunchTemplateState* record = context.model.launch_templates.Find(id);
    if (record == nullptr) return Progress::Failed("the launch template is gone");
    const std::string version = absl::StrCat(record->version());
    return Progress::Complete({{"LaunchTemplateId", Text(record->id())},
                               {"LatestVersionNumber", Text(version)},
                               {"DefaultVersionNumber", Text(absl::StrCat(DefaultVersion(*record)))}});
  };
  type.remove = [](Context& context, const stack::ResourceContext&, const std::string& id) {
    return DeleteLaunchTemplate(context, {.launch_template_id = id});
  };
  type.check_name = [](const Model& model, const v1::Owner& owner, const Value& properties) {
    return CheckLaunchTemplateName(model, owner, properties.Get("LaunchTemplateName").text());
  };
  type.not_enforced = [](const Value& properties) { return UserDataNotDone(properties.Get("LaunchTemplateData")); };
  type.disown = [](Model& model, const std::string& id) { Disown(model.launch_templates, id); };
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
  type.create = [](Context& context, const stack::ResourceContext& resource, const Value& properties) {
    return RunInstances(context, OwnerOf(resource), ReadInstance(properties));
  };
  type.asks_also = AskedOfMetadata;
  type.poll = [](Context& context, const std::string& id) -> absl::StatusOr<Progress> {
    const v1::InstanceState* record = context.model.instances.Find(id);
    if (record == nullptr) return Progress::Failed("the instance is gone");
    return InstanceProgress(*record);
  };
  type.update = [](Context& context, const stack::ResourceContext&, const std::string& id, const Value& properties) {
    return SetInstanceAttributes(context, id, ReadInstance(properties));
  };
  type.remove = [](Context& context, const stack::ResourceContext&, const std::string& id) {
    return TerminateInstances(context, {id}).status();
  };
  type.poll_delete = [](Context& context, const std::string& id) -> absl::StatusOr<Progress> {
    const v1::InstanceState* record = context.model.instances.Find(id);
    return record == nullptr || IsTerminated(*record) ? Progress::Complete() : Progress::InProgress();
  };
  type.not_enforced = UserDataNotDone;
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
    NUBO_RETURN_IF_ERROR(ModifyInstanceAttribute(context, {.instance_id = id, .disable_api_termination = on}));
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

LaunchTemplateSpecification ReadLaunchTemplateSpecification(const Value& reference) {
  LaunchTemplateSpecification specification = {reference.Get("LaunchTemplateId").text(),
                                               reference.Get("LaunchTemplateName").text()};
  if (const Value& version = reference.Get("Version"); !version.is_null()) specification.version = version.text();
  return specification;
}

void AddComputeTypes(ResourceTypes& types) {
  AddLaunchTemplate(types);
  AddInstance(types);
  AddKeyPairTypes(types);
  AddPlacementGroupTypes(types);
  AddVolumeTypes(types);
  AddIds(types);
}

}  // namespace nubo::region
