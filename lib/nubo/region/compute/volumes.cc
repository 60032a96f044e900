#include "nubo/region/compute/volumes.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "nubo/base/status.h"
#include "nubo/ec2/lifecycle.h"
#include "nubo/ec2/volume.h"
#include "nubo/region/compute/volume_files.h"
#include "nubo/region/network/plain_records.h"
#include "nubo/region/state/instance_facts.h"
#include "nubo/stack/runner.h"
#include "nubo/stack/schema.h"
#include "nubo/stack/value.h"

namespace nubo::region {
namespace {

using stack::IdKind;
using stack::Progress;
using stack::ResourceContext;
using stack::Value;

constexpr char kVolumeAttachmentType[] = "AWS::EC2::VolumeAttachment";
constexpr char kTrue[] = "true";

absl::Status Invalid(absl::string_view code, const std::string& message) {
  return base::WithErrorCode(absl::InvalidArgumentError(message), code);
}

absl::Status CheckVolumeId(const Context& context, const std::string& id) {
  // AWS's code of these is another than what its NotFound begins with.
  if (!absl::StartsWith(id, "vol-")) return ec2::ValidateVolumeId(id);
  return CheckExists(context, IdKind::kVolume, id);
}

// The two directions between a record and the states of nubo/ec2/volume.h.
ec2::Volume VolumeOf(const v1::PlainState& record) {
  const std::string instance = Attribute(record, "InstanceId");
  std::optional<ec2::Attachment> attachment;
  if (!instance.empty()) {
    attachment = ec2::Attachment{.instance_id = instance,
                                 .device = Attribute(record, "Device"),
                                 .state = ec2::AttachmentState::kAttached,
                                 .attach_time = absl::InfinitePast(),
                                 .delete_on_termination = Attribute(record, "DeleteOnTermination") == kTrue};
  }
  return {record.id(), Attribute(record, "AvailabilityZone"),
          instance.empty() ? ec2::VolumeState::kAvailable : ec2::VolumeState::kInUse, attachment};
}

void Save(const ec2::Volume& volume, v1::PlainState& record) {
  SetAttribute(record, "State", std::string(ec2::VolumeStateName(volume.state())));
  const bool attached = volume.state() == ec2::VolumeState::kInUse && volume.attachment().has_value();
  SetAttribute(record, "InstanceId", attached ? volume.attachment()->instance_id : "");
  SetAttribute(record, "Device", attached ? volume.attachment()->device : "");
  SetAttribute(record, "DeleteOnTermination", attached && volume.attachment()->delete_on_termination ? kTrue : "");
}

ec2::InstanceState StateOf(const v1::InstanceState& record) {
  if (record.drain_until() != 0 && !IsTerminated(record)) return ec2::InstanceState::kShuttingDown;
  return ec2::StateFromCode(record.state_code()).value_or(ec2::InstanceState::kTerminated);
}

VolumePlace PlaceOf(const v1::PlainState& record) {
  VolumePlace place{record.id(), Attribute(record, "InstanceId")};
  const std::string device = Attribute(record, "Device");
  if (device.empty()) return place;
  place.names = {ec2::LinuxDeviceName(device)};
  const std::vector<std::string> parts = absl::StrSplit(device, '/');
  if (parts.back() != place.names[0]) place.names.push_back(parts.back());
  return place;
}

// The disk follows the record. What the disk refuses is tried again by the next control plane.
void Place(Context& context, const v1::PlainState& record) {
  context.model.transaction.Do(
      [data = context.paths.Data(), place = PlaceOf(record)](process::Driver&) { (void)PlaceVolume(data, place); });
}

// Of an instance that is gone.
void Forget(Context& context, const std::string& instance_id) {
  context.model.transaction.Do({Effect::Kind::kEnd, "", [data = context.paths.Data(), instance_id](process::Driver&) {
                                  (void)ForgetVolumes(data, instance_id);
                                }});
}

absl::Status CheckZone(const std::string& zone) {
  const std::vector<std::string> zones = absl::StrSplit(stack::kAvailabilityZones, ',');
  if (std::find(zones.begin(), zones.end(), zone) != zones.end()) return absl::OkStatus();
  return Invalid("InvalidParameterValue",
                 absl::StrCat("Value (", zone.substr(0, 64), ") for parameter availabilityZone is invalid."));
}

absl::Status CheckKind(const CreateVolumeRequest& request) {
  return ec2::ValidateVolumeKind(
      {.type = request.volume_type, .size_gib = request.size, .iops = request.iops, .throughput = request.throughput});
}

std::optional<int64_t> NumberOf(const v1::PlainState& record, const char* name) {
  int64_t number = 0;
  return absl::SimpleAtoi(Attribute(record, name), &number) ? std::optional<int64_t>(number) : std::nullopt;
}

void SetNumber(v1::PlainState& record, const char* name, const std::optional<int64_t>& number) {
  SetAttribute(record, name, number.has_value() ? absl::StrCat(*number) : "");
}

void SaveKind(const CreateVolumeRequest& kind, v1::PlainState& record) {
  SetNumber(record, "Size", kind.size);
  SetAttribute(record, "VolumeType", kind.volume_type);
  SetNumber(record, "Iops", kind.iops);
  SetNumber(record, "Throughput", kind.throughput);
}

std::string WhereItIs(const v1::PlainState& record) {
  return absl::StrCat("volumes/", ec2::LinuxDeviceName(Attribute(record, "Device")), " of ",
                      Attribute(record, "InstanceId"));
}

}  // namespace

absl::StatusOr<std::string> CreateVolume(Context& context, const v1::Owner& owner, const CreateVolumeRequest& request) {
  NUBO_RETURN_IF_ERROR(CheckZone(request.availability_zone));
  NUBO_RETURN_IF_ERROR(CheckKind(request));
  v1::PlainState record;
  SetAttribute(record, "AvailabilityZone", request.availability_zone);
  SaveKind(request, record);
  SetAttribute(record, "Encrypted", request.encrypted ? kTrue : "");
  ec2::Volume volume("", request.availability_zone);
  volume.OnCreated();
  Save(volume, record);
  const std::string id = PutPlain(context, owner, kVolumeType, "vol", std::move(record));
  Place(context, *context.model.plain.Find(id));
  return id;
}

absl::Status ModifyVolume(Context& context, const ModifyVolumeRequest& request) {
  NUBO_RETURN_IF_ERROR(CheckVolumeId(context, request.volume_id));
  const v1::PlainState& record = *FindPlain(context.model, request.volume_id, kVolumeType);
  const std::optional<int64_t> size = NumberOf(record, "Size");
  CreateVolumeRequest kind{.availability_zone = {},
                           .size = request.size.has_value() ? request.size : size,
                           .volume_type = request.volume_type.value_or(Attribute(record, "VolumeType")),
                           .iops = request.iops.has_value() ? request.iops : NumberOf(record, "Iops"),
                           .throughput = request.throughput};
  if (!kind.throughput.has_value() && kind.volume_type == "gp3") kind.throughput = NumberOf(record, "Throughput");
  if (kind.size < size) {
    return Invalid("InvalidParameterValue",
                   absl::StrCat("New size cannot be smaller than existing size: ", *kind.size, " GiB of ", *size));
  }
  NUBO_RETURN_IF_ERROR(CheckKind(kind));
  context.model.plain.Update(request.volume_id, [&](v1::PlainState& changed) { SaveKind(kind, changed); });
  return absl::OkStatus();
}

absl::Status DeleteVolume(Context& context, const std::string& volume_id, bool keep_data) {
  const v1::PlainState* record = FindPlain(context.model, volume_id, kVolumeType);
  if (record == nullptr) return absl::OkStatus();
  ec2::Volume volume = VolumeOf(*record);
  NUBO_RETURN_IF_ERROR(volume.Delete());
  const std::string home = VolumeHome(context.paths.Data(), volume_id);
  if (keep_data) {
    context.Tell(record->owner(), volume_id, kVolumeType, "kept", absl::StrCat("what is in it stays, in ", home));
  } else {
    context.RemoveTree(home);
  }
  context.model.plain.Erase(volume_id);
  return absl::OkStatus();
}

namespace {

// `at_launch`: the instance is being made, and has it from the beginning.
absl::Status Attach(Context& context, const AttachVolumeRequest& request, bool at_launch) {
  NUBO_RETURN_IF_ERROR(CheckVolumeId(context, request.volume_id));
  NUBO_RETURN_IF_ERROR(ec2::ValidateInstanceId(request.instance_id));
  const v1::InstanceState* instance = context.model.instances.Find(request.instance_id);
  if (instance == nullptr) return ec2::InstanceNotFound(request.instance_id);
  ec2::AttachTarget target{.instance_id = request.instance_id,
                           .availability_zone = instance->availability_zone(),
                           .state = StateOf(*instance)};
  for (const v1::PlainState* other : VolumesOf(context.model, request.instance_id)) {
    target.devices.push_back(Attribute(*other, "Device"));
  }
  const std::string device =
      request.device.empty() ? ec2::FirstFreeDevice(target.devices).value_or("") : request.device;
  if (device.empty()) {
    return base::WithErrorCode(absl::ResourceExhaustedError(absl::StrCat(
                                   request.instance_id, " has a volume at each of /dev/sdf to /dev/sdp already")),
                               "AttachmentLimitExceeded");
  }
  ec2::Volume volume = VolumeOf(*FindPlain(context.model, request.volume_id, kVolumeType));
  NUBO_RETURN_IF_ERROR(
      at_launch ? volume.AttachAtLaunch(target, device, /*root=*/false, request.delete_on_termination, context.now())
                : volume.Attach(target, device, context.now()));
  volume.OnAttached();
  if (request.delete_on_termination) NUBO_RETURN_IF_ERROR(volume.SetDeleteOnTermination(true));
  context.model.plain.Update(request.volume_id, [&](v1::PlainState& changed) { Save(volume, changed); });
  const v1::PlainState& record = *FindPlain(context.model, request.volume_id, kVolumeType);
  Place(context, record);
  context.Tell(record.owner(), record.id(), kVolumeType, "in-use", absl::StrCat("attached: ", WhereItIs(record)));
  return absl::OkStatus();
}

}  // namespace

absl::Status AttachVolume(Context& context, const AttachVolumeRequest& request) {
  return Attach(context, request, /*at_launch=*/false);
}

absl::Status DetachVolume(Context& context, const DetachVolumeRequest& request) {
  NUBO_RETURN_IF_ERROR(CheckVolumeId(context, request.volume_id));
  const v1::PlainState& record = *FindPlain(context.model, request.volume_id, kVolumeType);
  ec2::Volume volume = VolumeOf(record);
  const v1::InstanceState* instance = context.model.instances.Find(Attribute(record, "InstanceId"));
  const auto state = instance == nullptr ? ec2::InstanceState::kStopped : StateOf(*instance);
  NUBO_RETURN_IF_ERROR(volume.Detach(
      {.instance_id = request.instance_id, .device = request.device, .force = true, .instance_state = state}));
  volume.OnDetached();
  const std::string former = WhereItIs(record);
  context.model.plain.Update(request.volume_id, [&](v1::PlainState& changed) { Save(volume, changed); });
  Place(context, record);
  context.Tell(record.owner(), record.id(), kVolumeType, "available", absl::StrCat("detached: no more ", former));
  return absl::OkStatus();
}

std::vector<const v1::PlainState*> VolumesOf(const Model& model, const std::string& instance_id) {
  std::vector<const v1::PlainState*> volumes;
  for (const auto& [id, record] : model.plain) {
    if (record.type() == kVolumeType && Attribute(record, "InstanceId") == instance_id) volumes.push_back(&record);
  }
  return volumes;
}

namespace {

CreateVolumeRequest RequestOf(const v1::InstanceSettings::BlockDevice& device) {
  constexpr int64_t kSizeDefault = 8;
  CreateVolumeRequest request{.availability_zone = {},
                              .size = device.volume_size() == 0 ? kSizeDefault : device.volume_size(),
                              .encrypted = device.encrypted()};
  if (!device.volume_type().empty()) request.volume_type = device.volume_type();
  // What it is, is recorded alone: that it has a number is asked of whoever makes a volume by itself.
  if (request.volume_type == "io1" || request.volume_type == "io2") request.iops = 100;
  return request;
}

}  // namespace

absl::Status CheckBlockDevices(const v1::InstanceSettings& settings) {
  std::vector<std::string> names;
  for (const v1::InstanceSettings::BlockDevice& device : settings.block_devices()) {
    NUBO_RETURN_IF_ERROR(ec2::ValidateDeviceName(device.device_name()));
    NUBO_RETURN_IF_ERROR(CheckKind(RequestOf(device)));
    const std::string name = ec2::LinuxDeviceName(device.device_name());
    if (std::find(names.begin(), names.end(), name) != names.end()) {
      return Invalid("InvalidBlockDeviceMapping", absl::StrCat("The device '", device.device_name(),
                                                               "' is used in more than one block-device "
                                                               "mapping"));
    }
    names.push_back(name);
  }
  return absl::OkStatus();
}

void MakeBlockDevices(Context& context, const v1::InstanceState& record) {
  for (const v1::InstanceSettings::BlockDevice& device : record.settings().block_devices()) {
    CreateVolumeRequest request = RequestOf(device);
    request.availability_zone = record.availability_zone();
    const absl::StatusOr<std::string> id = CreateVolume(context, {}, request);
    if (!id.ok()) continue;
    (void)Attach(context,
                 {.volume_id = *id,
                  .instance_id = record.id(),
                  .device = device.device_name(),
                  .delete_on_termination = !device.keep_on_termination()},
                 /*at_launch=*/true);
  }
}

void AddVolumes(const Context& context, const v1::InstanceState& record, process::Spec& spec) {
  const std::string directory = context.paths.VolumesOf(record.id());
  spec.writable_dirs.push_back(directory);
  spec.environment.push_back({"NUBO_VOLUMES", directory});
  for (const v1::PlainState* volume : VolumesOf(context.model, record.id())) {
    const std::string path = absl::StrCat(directory, "/", volume->id());
    spec.writable_dirs.push_back(path);
    const std::string name = absl::AsciiStrToUpper(ec2::LinuxDeviceName(Attribute(*volume, "Device")));
    spec.environment.push_back({absl::StrCat("NUBO_VOLUME_", name), path});
  }
}

std::function<absl::Status()> VolumePreparation(const Context& context, const v1::InstanceState& record) {
  std::vector<VolumePlace> places;
  for (const v1::PlainState* volume : VolumesOf(context.model, record.id())) places.push_back(PlaceOf(*volume));
  return [data = context.paths.Data(), id = record.id(), directory = context.paths.Instance(record.id()), places] {
    NUBO_RETURN_IF_ERROR(PrepareVolumes(data, id, directory));
    for (const VolumePlace& place : places) NUBO_RETURN_IF_ERROR(PlaceVolume(data, place));
    return absl::OkStatus();
  };
}

void ReleaseVolumes(Context& context, const std::string& instance_id) {
  std::vector<std::string> ids;
  for (const v1::PlainState* record : VolumesOf(context.model, instance_id)) ids.push_back(record->id());
  for (const std::string& id : ids) {
    const v1::PlainState& record = *context.model.plain.Find(id);
    ec2::Volume volume = VolumeOf(record);
    volume.OnInstanceTerminated();
    const bool goes = volume.state() == ec2::VolumeState::kDeleting;
    const std::string former = WhereItIs(record);
    context.model.plain.Update(id, [&](v1::PlainState& changed) { Save(volume, changed); });
    Place(context, record);
    if (!goes) {
      context.Tell(record.owner(), id, kVolumeType, "available", absl::StrCat("detached: no more ", former));
      continue;
    }
    context.RemoveTree(VolumeHome(context.paths.Data(), id));
    context.model.plain.Erase(id);
  }
  Forget(context, instance_id);
}

void RecoverVolumes(Context& context) {
  for (const auto& [id, record] : context.model.plain) {
    if (record.type() == kVolumeType) Place(context, record);
  }
  for (const std::string& id : VolumeHolders(context.paths.Data())) {
    const v1::InstanceState* instance = context.model.instances.Find(id);
    if (instance == nullptr || IsTerminated(*instance)) Forget(context, id);
  }
}

namespace {

CreateVolumeRequest ReadVolume(const Value& properties) {
  CreateVolumeRequest request{.availability_zone = properties.Get("AvailabilityZone").text(),
                              .size = properties.Get("Size").AsInteger(),
                              .iops = properties.Get("Iops").AsInteger(),
                              .throughput = properties.Get("Throughput").AsInteger(),
                              .encrypted = properties.Get("Encrypted").AsBool().value_or(false)};
  const std::string& type = properties.Get("VolumeType").text();
  if (!type.empty()) request.volume_type = type;
  return request;
}

absl::Status UpdateVolume(Context& context, const ResourceContext& resource, const std::string& id,
                          const Value& properties) {
  const v1::PlainState* record = FindPlain(context.model, id, kVolumeType);
  if (record == nullptr) return ec2::VolumeNotFound(id);
  const CreateVolumeRequest wanted = ReadVolume(properties);
  const bool encrypted = Attribute(*record, "Encrypted") == kTrue;
  if (wanted.availability_zone != Attribute(*record, "AvailabilityZone") || wanted.encrypted != encrypted) {
    return base::WithErrorCode(
        absl::InvalidArgumentError("Updates of AvailabilityZone and Encrypted of AWS::EC2::Volume are not supported: "
                                   "give the new volume a logical id of its own"),
        "ValidationError");
  }
  ModifyVolumeRequest change{.volume_id = id,
                             .size = wanted.size,
                             .volume_type = wanted.volume_type,
                             .iops = wanted.iops,
                             .throughput = wanted.throughput};
  // As CloudFormation, which does not try to make it smaller again.
  const bool rollback = resource.stack_status == stack::StackStatus::kUpdateRollbackInProgress;
  if (rollback && change.size < NumberOf(*record, "Size")) change.size.reset();
  return ModifyVolume(context, change);
}

void AddVolume(ResourceTypes& types) {
  ResourceType& type = AddPlainType(types, kVolumeType, OwnId("VolumeId"));
  type.create = [](Context& context, const ResourceContext& resource, const Value& properties) {
    return CreateVolume(context, OwnerOf(resource), ReadVolume(properties));
  };
  type.update = UpdateVolume;
  type.remove = [](Context& context, const ResourceContext& resource, const std::string& id) {
    return DeleteVolume(context, id, resource.deletion_policy == stack::RemovalPolicy::kSnapshot);
  };
  AddPlainId(types, IdKind::kVolume, "vol-", "volume", "InvalidVolume.NotFound", kVolumeType);
}

// Of "vol-…|i-…"; null: there is none such.
const v1::PlainState* FindAttachment(const Model& model, const std::string& id) {
  const std::vector<std::string> parts = absl::StrSplit(id, '|');
  const v1::PlainState* record = FindPlain(model, parts[0], kVolumeType);
  const bool is_it = record != nullptr && parts.size() == 2 && Attribute(*record, "InstanceId") == parts[1];
  return is_it ? record : nullptr;
}

// The instance that has it is on its way out, and leaves it behind.
bool Leaves(const Model& model, const v1::PlainState& volume) {
  const v1::InstanceState* instance = model.instances.Find(Attribute(volume, "InstanceId"));
  return instance != nullptr && StateOf(*instance) == ec2::InstanceState::kShuttingDown;
}

void AddVolumeAttachment(ResourceTypes& types) {
  ResourceType& type = types.Add(kVolumeAttachmentType);
  type.create = [](Context& context, const ResourceContext&, const Value& properties) -> absl::StatusOr<std::string> {
    const AttachVolumeRequest request{.volume_id = properties.Get("VolumeId").text(),
                                      .instance_id = properties.Get("InstanceId").text(),
                                      .device = properties.Get("Device").text()};
    NUBO_RETURN_IF_ERROR(AttachVolume(context, request));
    return absl::StrCat(request.volume_id, "|", request.instance_id);
  };
  type.poll = [](Context& context, const std::string& id) -> absl::StatusOr<Progress> {
    if (FindAttachment(context.model, id) == nullptr) return Progress::Failed("the volume is not attached any more");
    return Progress::Complete();
  };
  type.update = NothingToChange;
  type.remove = [](Context& context, const ResourceContext&, const std::string& id) {
    const v1::PlainState* record = FindAttachment(context.model, id);
    if (record == nullptr || Leaves(context.model, *record)) return absl::OkStatus();
    return DetachVolume(context, {.volume_id = record->id(), .instance_id = Attribute(*record, "InstanceId")});
  };
  type.poll_delete = [](Context& context, const std::string& id) -> absl::StatusOr<Progress> {
    return FindAttachment(context.model, id) == nullptr ? Progress::Complete() : Progress::InProgress();
  };
  // It belongs to its volume.
  type.disown = [](Model&, const std::string&) {};
}

}  // namespace

void AddVolumeTypes(ResourceTypes& types) {
  AddVolume(types);
  AddVolumeAttachment(types);
}

}  // namespace nubo::region
