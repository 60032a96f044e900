// What of volumes, key pairs and placement groups cannot be: the rules are those of nubo/ec2.
#include "nubo/stack/schema_checks.h"

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/ec2/key_pair.h"
#include "nubo/ec2/placement.h"
#include "nubo/ec2/volume.h"
#include "nubo/stack/schema_literals.h"

namespace nubo::stack::tables {
namespace {

void AddRefusal(Problems& problems, const Value& where, absl::string_view what, const absl::Status& status) {
  if (status.ok()) return;
  Add(problems, where, absl::StrCat(what, status.message(), " (", base::ErrorCode(status), ")"));
}

bool HasFunction(const Value& properties, Names names) {
  for (const char* name : names) {
    if (IsFunction(properties.Get(name))) return true;
  }
  return false;
}

}  // namespace

void CheckVolume(const Value& properties, Problems& problems) {
  if (HasFunction(properties, {"Iops", "Size", "SnapshotId", "Throughput", "VolumeType"})) return;
  // That as a whole is refused already.
  if (properties.Has("SnapshotId") || properties.Has("SourceVolumeId")) return;
  // Of what is no number its type says so.
  for (const char* name : {"Iops", "Size", "Throughput"}) {
    if (properties.Has(name) && !Literal(properties, name).has_value()) return;
  }
  const ec2::VolumeKind kind{.type = LiteralText(properties, "VolumeType", "gp2").value_or("gp2"),
                             .size_gib = Literal(properties, "Size"),
                             .iops = Literal(properties, "Iops"),
                             .throughput = Literal(properties, "Throughput")};
  const absl::Status status = ec2::ValidateVolumeKind(kind);
  // Another type than there are is told as such.
  if (base::ErrorCode(status) == "UnknownVolumeType") return;
  AddRefusal(problems, properties.Has("Size") ? properties.Get("Size") : properties, "AWS::EC2::Volume: ", status);
}

void CheckVolumeAttachment(const Value& properties, Problems& problems) {
  const Value& device = properties.Get("Device");
  if (device.is_scalar()) AddRefusal(problems, device, "", ec2::ValidateDeviceName(device.text()));
}

void CheckKeyPair(const Value& properties, Problems& problems) {
  constexpr absl::string_view kWhose = "AWS::EC2::KeyPair: ";
  const Value& name = properties.Get("KeyName");
  if (name.is_scalar()) AddRefusal(problems, name, kWhose, ec2::ValidateKeyPairName(name.text()));
  const Value& material = properties.Get("PublicKeyMaterial");
  if (material.is_null()) {
    return Add(problems, properties,
               absl::StrCat(kWhose,
                            "give PublicKeyMaterial, the public half of a pair of yours (ssh-keygen -t "
                            "ed25519): there is no parameter store here to keep a private key in"));
  }
  if (!material.is_scalar()) return;
  const absl::StatusOr<ec2::PublicKey> key = ec2::ParsePublicKey(material.text());
  AddRefusal(problems, material, kWhose, key.status());
}

void CheckPlacementGroup(const Value& properties, Problems& problems) {
  if (HasFunction(properties, {"GroupName", "PartitionCount", "SpreadLevel", "Strategy"})) return;
  const auto strategy = ec2::ParseStrategy(LiteralText(properties, "Strategy", "cluster").value_or(""));
  // What is no strategy, or no number, is told as such.
  if (!strategy.ok() || (properties.Has("PartitionCount") && !Literal(properties, "PartitionCount").has_value()))
    return;
  AddRefusal(problems, properties, "AWS::EC2::PlacementGroup: ",
             ec2::ValidatePlacementGroup(LiteralText(properties, "GroupName", "group").value_or("group"), *strategy,
                                         Literal(properties, "PartitionCount"),
                                         LiteralText(properties, "SpreadLevel", "").value_or(""))
                 .status());
}

}  // namespace nubo::stack::tables
