#include "nubo/region/compute/instance_settings.h"

#include "absl/strings/string_view.h"
#include "nubo/base/status.h"
#include "nubo/ec2/volume.h"
#include "nubo/region/compute/placement_groups.h"
#include "nubo/region/compute/volumes.h"
#include "nubo/region/resources/ids.h"
#include "nubo/stack/schema.h"

namespace nubo::region {
namespace {

bool IsRootDevice(absl::string_view device) {
  const std::string name = ec2::LinuxDeviceName(device);
  return name == "xvda" || name == "xvda1";
}

}  // namespace

absl::StatusOr<v1::InstanceSettings> MakeSettings(const InstanceSettings& settings) {
  NUBO_ASSIGN_OR_RETURN(const ec2::Tags tags, ec2::MakeTags(settings.tags));
  v1::InstanceSettings made;
  made.set_key_name(settings.key_name);
  made.set_placement_group(settings.placement_group);
  made.set_partition_number(settings.partition_number);
  for (const auto& [key, value] : tags) (*made.mutable_tags())[key] = value;
  for (const BlockDeviceMapping& mapping : settings.block_device_mappings) {
    if (IsRootDevice(mapping.device_name)) continue;
    v1::InstanceSettings::BlockDevice& device = *made.add_block_devices();
    device.set_device_name(mapping.device_name);
    device.set_volume_size(mapping.volume_size.value_or(0));
    device.set_volume_type(mapping.volume_type);
    device.set_keep_on_termination(!mapping.delete_on_termination.value_or(true));
    device.set_encrypted(mapping.encrypted);
  }
  NUBO_RETURN_IF_ERROR(CheckBlockDevices(made));
  return made;
}

v1::InstanceSettings WithOwn(const v1::InstanceSettings& base, const v1::InstanceSettings& own) {
  v1::InstanceSettings all = base;
  if (!own.key_name().empty()) all.set_key_name(own.key_name());
  if (!own.placement_group().empty()) {
    all.set_placement_group(own.placement_group());
    all.set_partition_number(own.partition_number());
  }
  for (const auto& [key, value] : own.tags()) (*all.mutable_tags())[key] = value;
  // A part is taken whole.
  if (!own.block_devices().empty()) *all.mutable_block_devices() = own.block_devices();
  return all;
}

absl::Status CheckNamed(const Context& context, const v1::InstanceSettings& settings) {
  if (!settings.key_name().empty()) {
    NUBO_RETURN_IF_ERROR(CheckId(*context.types, context.model, stack::IdKind::kKeyPair, settings.key_name()));
  }
  if (settings.placement_group().empty()) return absl::OkStatus();
  return CheckId(*context.types, context.model, stack::IdKind::kPlacementGroup, settings.placement_group());
}

absl::Status Place(const Context& context, const std::string& availability_zone, v1::InstanceSettings& settings) {
  if (settings.placement_group().empty()) return absl::OkStatus();
  NUBO_ASSIGN_OR_RETURN(const int partition, PlaceInGroup(context, settings.placement_group(),
                                                          settings.partition_number(), availability_zone));
  settings.set_partition_number(partition);
  return absl::OkStatus();
}

ec2::Tags TagsOf(const v1::InstanceState& record) {
  ec2::Tags tags(record.settings().tags().begin(), record.settings().tags().end());
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty()) tags.insert_or_assign(key, value);
  };
  add("aws:autoscaling:groupName", record.group_name());
  add("aws:cloudformation:logical-id", record.group_name().empty() ? record.owner().logical_id() : "");
  add("aws:cloudformation:stack-name", record.group_name().empty() ? record.owner().stack_name() : "");
  return tags;
}

}  // namespace nubo::region
