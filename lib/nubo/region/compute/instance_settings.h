// What an instance has beside its network and what it runs: its key pair, placement group, tags and block devices. Who
// launches says it, and what it does not say its launch template does. (EC2 API reference, RunInstances.)
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(const v1::InstanceSettings own, MakeSettings({.key_name = "mine"}));
//   const v1::InstanceSettings all = WithOwn(version.settings(), own);
//
// Thread safety: pure functions, but for those of a Context, which the region's lock guards.
#ifndef NUBO_REGION_COMPUTE_INSTANCE_SETTINGS_H_
#define NUBO_REGION_COMPUTE_INSTANCE_SETTINGS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nubo/ec2/tags.h"
#include "nubo/region/state/context.h"

namespace nubo::region {

struct BlockDeviceMapping {
  // "/dev/sdf"; /dev/sda1 and /dev/xvda are the root device, which is the instance's directory.
  std::string device_name;
  // GiB; absent: 8.
  std::optional<int64_t> volume_size = {};
  // "": gp2.
  std::string volume_type = {};
  std::optional<bool> delete_on_termination = {};
  bool encrypted = false;
};

struct InstanceSettings {
  std::string key_name = {};
  // Placement.GroupName.
  std::string placement_group = {};
  // Placement.PartitionNumber; 0: as it comes.
  int partition_number = 0;
  std::vector<ec2::Tag> tags = {};
  std::vector<BlockDeviceMapping> block_device_mappings = {};
};

// Checked by themselves. Tags: as ec2::MakeTags(). Block devices: as CheckBlockDevices() (volumes.h).
absl::StatusOr<v1::InstanceSettings> MakeSettings(const InstanceSettings& settings);
// What `own` says stands in the place of what `base` says; tags of both, those of `own` first.
v1::InstanceSettings WithOwn(const v1::InstanceSettings& base, const v1::InstanceSettings& own);

// What they name is there. NOT_FOUND (InvalidKeyPair.NotFound, InvalidPlacementGroup.Unknown).
absl::Status CheckNamed(const Context& context, const v1::InstanceSettings& settings);
// Where the instance is in its placement group, if it has one; as PlaceInGroup() (placement_groups.h).
absl::Status Place(const Context& context, const std::string& availability_zone, v1::InstanceSettings& settings);

// All of an instance: those it was given and the region's own, which tell its stack and its scaling group.
ec2::Tags TagsOf(const v1::InstanceState& record);

}  // namespace nubo::region

#endif  // NUBO_REGION_COMPUTE_INSTANCE_SETTINGS_H_
