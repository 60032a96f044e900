// Volumes and their attachments: states, what each call may do in them, and who goes with a terminated instance.
//
//   volume:      creating ──► available ◄──► in-use        deleting ──► deleted
//                   │             └──────────────────────────▲
//                   └──► error ──────────────────────────────┘
//   attachment:  attaching ──► attached ──► detaching ──► detached
//                                              ▼  ▲
//                                              busy          the machine still has it open
//
// Here a volume is attached to one instance at a time. What is observed comes through the On…() functions; those that
// do not fit the state change nothing.
//
// Rules: Amazon EBS user guide, "Attach a volume", "Detach a volume"; EC2 user guide, "Device names"; API reference,
// Volume, VolumeAttachment, "Error codes".
//
// Example:
//   Volume volume("vol-0123456789abcdef0", "us-east-1a");
//   volume.OnCreated();  // available
//   const AttachTarget target = {.instance_id = "i-0123456789abcdef0", .availability_zone = "us-east-1a"};
//   NUBO_RETURN_IF_ERROR(volume.Attach(target, "/dev/sdf", now));  // in-use, attaching
//   volume.OnAttached();
//   NUBO_RETURN_IF_ERROR(volume.Detach({}));  // detaching
//   volume.OnDetached();                      // available
//
// Thread safety: a value.
#ifndef NUBO_EC2_VOLUME_H_
#define NUBO_EC2_VOLUME_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nubo/ec2/lifecycle.h"

namespace nubo::ec2 {

enum class VolumeState { kCreating, kAvailable, kInUse, kDeleting, kDeleted, kError };
// "creating", "available", "in-use", "deleting", "deleted", "error".
absl::string_view VolumeStateName(VolumeState state);

enum class AttachmentState { kAttaching, kAttached, kDetaching, kDetached, kBusy };
// "attaching", "attached", "detaching", "detached", "busy".
absl::string_view AttachmentStateName(AttachmentState state);

struct Attachment {
  std::string instance_id;
  // As it was given: "/dev/sdf".
  std::string device;
  AttachmentState state = AttachmentState::kAttaching;
  absl::Time attach_time;
  // The volume goes when the instance is terminated.
  bool delete_on_termination = false;
  // The instance's root device.
  bool root = false;
  // The detaching that is under way does not wait for the machine.
  bool forced = false;
};

// What a volume is attached to.
struct AttachTarget {
  std::string instance_id;
  std::string availability_zone;
  InstanceState state = InstanceState::kRunning;
  // Of its other volumes, those being attached and detached included.
  std::vector<std::string> devices = {};
};

// What DetachVolume may say beside the volume; "" for what it does not.
struct DetachRequest {
  std::string instance_id = {};
  std::string device = {};
  // Without waiting for the machine, which may lose what it wrote.
  bool force = false;
  InstanceState instance_state = InstanceState::kRunning;
};

class Volume {
 public:
  // It is being created.
  Volume(std::string id, std::string availability_zone)
      : id_(std::move(id)), availability_zone_(std::move(availability_zone)) {}
  // One that was kept.
  Volume(std::string id, std::string availability_zone, VolumeState state, std::optional<Attachment> attachment)
      : id_(std::move(id)),
        availability_zone_(std::move(availability_zone)),
        state_(state),
        attachment_(std::move(attachment)) {}

  const std::string& id() const { return id_; }
  const std::string& availability_zone() const { return availability_zone_; }
  VolumeState state() const { return state_; }
  // The attachment that there is, or the last one, detached.
  const std::optional<Attachment>& attachment() const { return attachment_; }

  // INVALID_ARGUMENT: no device name, or one that the instance has already (InvalidParameterValue), another zone
  // (InvalidVolume.ZoneMismatch). FAILED_PRECONDITION: attached already (VolumeInUse); this volume or the instance is
  // not in a state for it (IncorrectState).
  absl::Status Attach(const AttachTarget& target, absl::string_view device, absl::Time now);
  // As AWS answers to a volume that is launched with: attached with its instance, as its root device or beside it.
  absl::Status AttachAtLaunch(const AttachTarget& target, absl::string_view device, bool root,
                              bool delete_on_termination, absl::Time now);
  // FAILED_PRECONDITION (IncorrectState): it is not attached, or is the root of an instance that is not stopped.
  // INVALID_ARGUMENT (InvalidAttachment.NotFound): it is attached elsewhere. Again with `force` while it is detaching
  // or busy changes only that.
  absl::Status Detach(const DetachRequest& request);
  // FAILED_PRECONDITION: it is attached (VolumeInUse), or is not there yet or any more (IncorrectState).
  absl::Status Delete();
  // ModifyInstanceAttribute's blockDeviceMapping. FAILED_PRECONDITION (IncorrectState): it is not attached.
  absl::Status SetDeleteOnTermination(bool on);

  void OnCreated();
  void OnCreateFailed();
  void OnAttached();
  // The machine could not take it: it is available again.
  void OnAttachFailed() { OnGone(); }
  // The machine holds on to it.
  void OnBusy();
  void OnDetached() { OnGone(); }
  // The instance that it is attached to has been terminated: it goes too if it is to, and is available if not.
  void OnInstanceTerminated();
  void OnDeleted();

 private:
  bool held() const { return attachment_.has_value() && attachment_->state != AttachmentState::kDetached; }
  void OnGone();

  std::string id_;
  std::string availability_zone_;
  VolumeState state_ = VolumeState::kCreating;
  std::optional<Attachment> attachment_;
};

// INVALID_ARGUMENT (InvalidParameterValue): not /dev/sd[a-z], with a number from 1 to 15 or without, nor /dev/xvd[a-z],
// nor /dev/xvd[b-d][a-z]; "/dev/" may be left out.
absl::Status ValidateDeviceName(absl::string_view device);
// Whether both mean the same place: /dev/sdf and xvdf do.
bool IsSameDevice(absl::string_view a, absl::string_view b);
// What Linux calls that place: "xvdf" for /dev/sdf; the name itself, without "/dev/", where it is none.
std::string LinuxDeviceName(absl::string_view device);
// The first of /dev/sd[f-p] that none of `devices` has; nullopt: all of them are taken.
std::optional<std::string> FirstFreeDevice(const std::vector<std::string>& devices);

// INVALID_ARGUMENT (InvalidVolumeID.Malformed): not "vol-" and 8 or 17 hexadecimal digits.
absl::Status ValidateVolumeId(absl::string_view id);
// The error for an id that nothing has: NOT_FOUND (InvalidVolume.NotFound).
absl::Status VolumeNotFound(absl::string_view id);

// Of CreateVolume. `type`: "gp2", "gp3", "io1", "io2", "st1", "sc1" or "standard". INVALID_ARGUMENT: another type
// (UnknownVolumeType), a size that the type does not have (InvalidParameterValue).
absl::Status ValidateVolumeSize(absl::string_view type, int64_t size_gib);

struct VolumeKind {
  std::string type = "gp2";
  std::optional<int64_t> size_gib = std::nullopt;
  std::optional<int64_t> iops = std::nullopt;
  // MiB/s.
  std::optional<int64_t> throughput = std::nullopt;
};
// A new volume that is made of no snapshot. As ValidateVolumeSize(). INVALID_ARGUMENT: no size, or no iops where the
// type needs it (MissingParameter), iops or throughput where the type has none (InvalidParameterCombination).
absl::Status ValidateVolumeKind(const VolumeKind& kind);

}  // namespace nubo::ec2

#endif  // NUBO_EC2_VOLUME_H_
