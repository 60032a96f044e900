#include "nubo/ec2/volume.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "nubo/base/status.h"

namespace nubo::ec2 {
namespace {

constexpr size_t kShownMax = 64;
constexpr int kPartitionMax = 15;

absl::Status Invalid(absl::string_view code, absl::string_view message) {
  return base::WithErrorCode(absl::InvalidArgumentError(message), code);
}

absl::Status Refusal(absl::string_view code, absl::string_view message) {
  return base::WithErrorCode(absl::FailedPreconditionError(message), code);
}

bool IsLetter(char c, char first = 'a', char last = 'z') { return c >= first && c <= last; }

// A device's place without its naming: "f" of sdf, /dev/sdf and xvdf; "f1" of sdf1; nullopt: no device name.
std::optional<std::string> PlaceOf(absl::string_view device) {
  absl::ConsumePrefix(&device, "/dev/");
  if (absl::ConsumePrefix(&device, "xvd")) {
    const bool one = device.size() == 1 && IsLetter(device[0]);
    const bool two = device.size() == 2 && IsLetter(device[0], 'b', 'd') && IsLetter(device[1]);
    return one || two ? std::optional<std::string>(device) : std::nullopt;
  }
  if (!absl::ConsumePrefix(&device, "sd") || device.empty() || !IsLetter(device[0])) return std::nullopt;
  const absl::string_view number = device.substr(1);
  int partition = 1;
  const bool digits = std::all_of(number.begin(), number.end(),
                                  [](char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); });
  if (!number.empty() && (!digits || number[0] == '0' || !absl::SimpleAtoi(number, &partition))) return std::nullopt;
  return partition <= kPartitionMax ? std::optional<std::string>(device) : std::nullopt;
}

absl::Status NotAvailable(const std::string& id, VolumeState state) {
  return Refusal("IncorrectState",
                 absl::StrCat("Volume '", id, "' is in the '", VolumeStateName(state), "' state, not 'available'."));
}

absl::Status NotAttached(const std::string& id, absl::string_view state) {
  return Refusal("IncorrectState", absl::StrCat("Volume '", id, "' is in the '", state, "' state."));
}

struct VolumeType {
  absl::string_view name;
  int64_t min_gib;
  int64_t max_gib;
};

// API reference, CreateVolume, Size.
constexpr VolumeType kTypes[] = {
    {"gp2", 1, 16384},   {"gp3", 1, 65536},   {"io1", 4, 16384},     {"io2", 4, 65536},
    {"st1", 125, 16384}, {"sc1", 125, 16384}, {"standard", 1, 1024},
};

}  // namespace

absl::string_view VolumeStateName(VolumeState state) {
  switch (state) {
    case VolumeState::kCreating:
      return "creating";
    case VolumeState::kAvailable:
      return "available";
    case VolumeState::kInUse:
      return "in-use";
    case VolumeState::kDeleting:
      return "deleting";
    case VolumeState::kDeleted:
      return "deleted";
    case VolumeState::kError:
      return "error";
  }
  return "unknown";
}

absl::string_view AttachmentStateName(AttachmentState state) {
  switch (state) {
    case AttachmentState::kAttaching:
      return "attaching";
    case AttachmentState::kAttached:
      return "attached";
    case AttachmentState::kDetaching:
      return "detaching";
    case AttachmentState::kDetached:
      return "detached";
    case AttachmentState::kBusy:
      return "busy";
  }
  return "unknown";
}

absl::Status Volume::Attach(const AttachTarget& target, absl::string_view device, absl::Time now) {
  if (held()) return Refusal("VolumeInUse", absl::StrCat(id_, " is already attached to an instance"));
  if (state_ != VolumeState::kAvailable) return NotAvailable(id_, state_);
  NUBO_RETURN_IF_ERROR(Lifecycle(target.state, {}).Apply(Call::kAttachVolume, target.instance_id));
  return AttachAtLaunch(target, device, /*root=*/false, /*delete_on_termination=*/false, now);
}

absl::Status Volume::AttachAtLaunch(const AttachTarget& target, absl::string_view device, bool root,
                                    bool delete_on_termination, absl::Time now) {
  if (held()) return Refusal("VolumeInUse", absl::StrCat(id_, " is already attached to an instance"));
  if (state_ != VolumeState::kAvailable) return NotAvailable(id_, state_);
  if (target.availability_zone != availability_zone_) {
    return Invalid("InvalidVolume.ZoneMismatch",
                   absl::StrCat("The volume '", id_, "' is not in the same availability zone as instance '",
                                target.instance_id, "'"));
  }
  NUBO_RETURN_IF_ERROR(ValidateDeviceName(device));
  const bool taken = std::any_of(target.devices.begin(), target.devices.end(),
                                 [&](const std::string& other) { return IsSameDevice(other, device); });
  if (taken) {
    return Invalid(
        "InvalidParameterValue",
        absl::StrCat("Invalid value '", device, "' for unixDevice. Attachment point ", device, " is already in use"));
  }
  attachment_ = Attachment{.instance_id = target.instance_id,
                           .device = std::string(device),
                           .attach_time = now,
                           .delete_on_termination = delete_on_termination,
                           .root = root};
  state_ = VolumeState::kInUse;
  return absl::OkStatus();
}

absl::Status Volume::Detach(const DetachRequest& request) {
  if (!held()) return NotAttached(id_, VolumeStateName(state_));
  const bool elsewhere = (!request.instance_id.empty() && request.instance_id != attachment_->instance_id) ||
                         (!request.device.empty() && !IsSameDevice(request.device, attachment_->device));
  if (elsewhere) {
    return Invalid(
        "InvalidAttachment.NotFound",
        absl::StrCat("The volume '", id_, "' is not attached to instance '",
                     request.instance_id.empty() ? attachment_->instance_id : request.instance_id, "'",
                     request.device.empty() ? "" : " as device '",
                     absl::string_view(request.device).substr(0, kShownMax), request.device.empty() ? "." : "'."));
  }
  NUBO_RETURN_IF_ERROR(Lifecycle(request.instance_state, {}).Apply(Call::kDetachVolume, attachment_->instance_id));
  if (attachment_->root && request.instance_state != InstanceState::kStopped) {
    return Refusal("IncorrectState", absl::StrCat("Unable to detach root volume '", id_, "' from instance '",
                                                  attachment_->instance_id, "'"));
  }
  const bool under_way =
      attachment_->state == AttachmentState::kDetaching || attachment_->state == AttachmentState::kBusy;
  if (under_way && !request.force) return NotAttached(id_, AttachmentStateName(attachment_->state));
  attachment_->state = AttachmentState::kDetaching;
  attachment_->forced = attachment_->forced || request.force;
  return absl::OkStatus();
}

absl::Status Volume::Delete() {
  if (held()) {
    return Refusal("VolumeInUse", absl::StrCat("Volume ", id_, " is currently attached to ", attachment_->instance_id));
  }
  if (state_ != VolumeState::kAvailable && state_ != VolumeState::kError) return NotAvailable(id_, state_);
  state_ = VolumeState::kDeleting;
  return absl::OkStatus();
}

absl::Status Volume::SetDeleteOnTermination(bool on) {
  if (!held()) return NotAttached(id_, VolumeStateName(state_));
  attachment_->delete_on_termination = on;
  return absl::OkStatus();
}

void Volume::OnCreated() {
  if (state_ == VolumeState::kCreating) state_ = VolumeState::kAvailable;
}

void Volume::OnCreateFailed() {
  if (state_ == VolumeState::kCreating) state_ = VolumeState::kError;
}

void Volume::OnAttached() {
  if (held() && attachment_->state == AttachmentState::kAttaching) attachment_->state = AttachmentState::kAttached;
}

void Volume::OnBusy() {
  if (held() && attachment_->state == AttachmentState::kDetaching) attachment_->state = AttachmentState::kBusy;
}

void Volume::OnGone() {
  if (!held()) return;
  attachment_->state = AttachmentState::kDetached;
  attachment_->forced = false;
  state_ = VolumeState::kAvailable;
}

void Volume::OnInstanceTerminated() {
  if (!held()) return;
  const bool goes = attachment_->delete_on_termination;
  OnGone();
  if (goes) state_ = VolumeState::kDeleting;
}

void Volume::OnDeleted() {
  if (state_ == VolumeState::kDeleting) state_ = VolumeState::kDeleted;
}

absl::Status ValidateDeviceName(absl::string_view device) {
  if (PlaceOf(device).has_value()) return absl::OkStatus();
  const absl::string_view shown = device.substr(0, kShownMax);
  return Invalid("InvalidParameterValue", absl::StrCat("Value (", shown, ") for parameter device is invalid. ", shown,
                                                       " is not a valid EBS device name."));
}

bool IsSameDevice(absl::string_view a, absl::string_view b) {
  const std::optional<std::string> place = PlaceOf(a);
  return a == b || (place.has_value() && place == PlaceOf(b));
}

std::string LinuxDeviceName(absl::string_view device) {
  if (const std::optional<std::string> place = PlaceOf(device); place.has_value()) return absl::StrCat("xvd", *place);
  absl::ConsumePrefix(&device, "/dev/");
  return std::string(device);
}

std::optional<std::string> FirstFreeDevice(const std::vector<std::string>& devices) {
  for (char letter = 'f'; letter <= 'p'; ++letter) {
    std::string device = absl::StrCat("/dev/sd", std::string(1, letter));
    const bool taken = std::any_of(devices.begin(), devices.end(),
                                   [&](const std::string& other) { return IsSameDevice(other, device); });
    if (!taken) return device;
  }
  return std::nullopt;
}

absl::Status ValidateVolumeId(absl::string_view id) {
  const absl::string_view digits = absl::StartsWith(id, "vol-") ? id.substr(4) : "";
  const bool hex = std::all_of(digits.begin(), digits.end(), [](char c) {
    return absl::ascii_isdigit(static_cast<unsigned char>(c)) || (c >= 'a' && c <= 'f');
  });
  if (hex && (digits.size() == 8 || digits.size() == 17)) return absl::OkStatus();
  return Invalid("InvalidVolumeID.Malformed",
                 absl::StrCat("Invalid id: \"", id.substr(0, kShownMax), "\" (expecting \"vol-...\")"));
}

absl::Status VolumeNotFound(absl::string_view id) {
  return base::WithErrorCode(absl::NotFoundError(absl::StrCat("The volume '", id, "' does not exist.")),
                             "InvalidVolume.NotFound");
}

absl::Status ValidateVolumeSize(absl::string_view type, int64_t size_gib) {
  const auto* found = std::find_if(std::begin(kTypes), std::end(kTypes),
                                   [&](const VolumeType& candidate) { return candidate.name == type; });
  if (found == std::end(kTypes)) {
    return Invalid("UnknownVolumeType",
                   absl::StrCat("Unsupported volume type '", type.substr(0, kShownMax), "' for volume creation."));
  }
  if (size_gib >= found->min_gib && size_gib <= found->max_gib) return absl::OkStatus();
  return Invalid(
      "InvalidParameterValue",
      absl::StrCat("Volume of ", size_gib, "GiB is ", size_gib < found->min_gib ? "smaller" : "larger",
                   " than what the volume type ", type, " has: ", found->min_gib, " to ", found->max_gib, "GiB"));
}

absl::Status ValidateVolumeKind(const VolumeKind& kind) {
  if (!kind.size_gib.has_value()) {
    return Invalid("MissingParameter", "The request must contain the parameter size: there are no snapshots here");
  }
  NUBO_RETURN_IF_ERROR(ValidateVolumeSize(kind.type, *kind.size_gib));
  const bool provisioned = kind.type == "io1" || kind.type == "io2";
  if (provisioned && !kind.iops.has_value()) {
    return Invalid("MissingParameter",
                   absl::StrCat("The parameter iops must be specified for ", kind.type, " volumes."));
  }
  const bool has_iops = provisioned || kind.type == "gp3";
  if (kind.iops.has_value() && !has_iops) {
    return Invalid("InvalidParameterCombination",
                   absl::StrCat("The parameter iops is not supported for ", kind.type, " volumes."));
  }
  if (kind.throughput.has_value() && kind.type != "gp3") {
    return Invalid("InvalidParameterCombination",
                   absl::StrCat("The parameter throughput is not supported for ", kind.type, " volumes."));
  }
  return absl::OkStatus();
}

}  // namespace nubo::ec2
