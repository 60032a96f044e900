// Volumes: directories that outlive instances and move from one to another. (EC2 API reference, CreateVolume,
// AttachVolume; Amazon EBS user guide; the states are those of nubo/ec2/volume.h.)
//
// A volume is available at once. Attached as /dev/sdf it is in the instance's directory as volumes/xvdf and
// volumes/sdf, also if the instance runs already; NUBO_VOLUME_XVDF says where, from the next start on. Its size is
// checked and shown, and holds nothing back: it is the disk below that fills.
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(const std::string id,
//                         CreateVolume(context, {}, {.availability_zone = "us-east-1a", .size = 8}));
//   NUBO_RETURN_IF_ERROR(AttachVolume(context, {.volume_id = id, .instance_id = "i-0123456789abcdef0",
//                                               .device = "/dev/sdf"}));
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_COMPUTE_VOLUMES_H_
#define NUBO_REGION_COMPUTE_VOLUMES_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nubo/process/driver.h"
#include "nubo/region/resources/resource_types.h"
#include "nubo/region/state/context.h"

namespace nubo::region {

inline constexpr char kVolumeType[] = "AWS::EC2::Volume";

struct CreateVolumeRequest {
  std::string availability_zone;
  // GiB; needed, since there are no snapshots.
  std::optional<int64_t> size = {};
  std::string volume_type = "gp2";
  // Recorded alone: io1 and io2 need it.
  std::optional<int64_t> iops = {};
  // MiB/s, recorded alone; of gp3.
  std::optional<int64_t> throughput = {};
  bool encrypted = false;
};
// Its id. INVALID_ARGUMENT: no zone of the region or a size that the type does not have (InvalidParameterValue), no
// size, or no iops where the type needs it (MissingParameter), throughput of another type than gp3
// (InvalidParameterCombination), no such type (UnknownVolumeType).
absl::StatusOr<std::string> CreateVolume(Context& context, const v1::Owner& owner, const CreateVolumeRequest& request);

// What is given changes. INVALID_ARGUMENT: as CreateVolume(), and a smaller size (InvalidParameterValue). NOT_FOUND
// (InvalidVolume.NotFound).
struct ModifyVolumeRequest {
  std::string volume_id;
  std::optional<int64_t> size = {};
  std::optional<std::string> volume_type = {};
  std::optional<int64_t> iops = {};
  std::optional<int64_t> throughput = {};
};
absl::Status ModifyVolume(Context& context, const ModifyVolumeRequest& request);

// With what is in it, unless `keep_data`: then its directory stays (VolumeHome(), volume_files.h), as a snapshot would.
// FAILED_PRECONDITION (VolumeInUse): it is attached. Without effect on one that is not there.
absl::Status DeleteVolume(Context& context, const std::string& volume_id, bool keep_data = false);

struct AttachVolumeRequest {
  std::string volume_id;
  std::string instance_id;
  // "/dev/sdf", "xvdf"; "": the first that is free of /dev/sdf to /dev/sdp.
  std::string device = {};
  bool delete_on_termination = false;
};
// NOT_FOUND (InvalidVolume.NotFound, InvalidInstanceID.NotFound); RESOURCE_EXHAUSTED (AttachmentLimitExceeded): no
// device is free; all else as ec2::Volume::Attach().
absl::Status AttachVolume(Context& context, const AttachVolumeRequest& request);

struct DetachVolumeRequest {
  std::string volume_id;
  // "": whatever has it.
  std::string instance_id = {};
  std::string device = {};
};
// It is available at once; a program that has a file of it open keeps that. NOT_FOUND (InvalidVolume.NotFound); all
// else as ec2::Volume::Detach().
absl::Status DetachVolume(Context& context, const DetachVolumeRequest& request);

// Of one instance: the records of those that it has, by their ids.
std::vector<const v1::PlainState*> VolumesOf(const Model& model, const std::string& instance_id);

// For who launches instances.

// Makes a volume for each block device of its settings, and attaches it. As CreateVolume() and AttachVolume(), before
// anything is made: CheckBlockDevices().
absl::Status CheckBlockDevices(const v1::InstanceSettings& settings);
void MakeBlockDevices(Context& context, const v1::InstanceState& record);
// What its process sees of volumes.
void AddVolumes(const Context& context, const v1::InstanceState& record, process::Spec& spec);
// What puts that on disk, for Context::Launch(). To be called without the region's lock.
std::function<absl::Status()> VolumePreparation(const Context& context, const v1::InstanceState& record);
// It is terminated: its volumes go, or are available again.
void ReleaseVolumes(Context& context, const std::string& instance_id);

// A control plane begins: volumes are where their records say.
void RecoverVolumes(Context& context);

// AWS::EC2::Volume and VolumeAttachment.
void AddVolumeTypes(ResourceTypes& types);

}  // namespace nubo::region

#endif  // NUBO_REGION_COMPUTE_VOLUMES_H_
