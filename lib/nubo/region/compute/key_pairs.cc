#include "nubo/region/compute/key_pairs.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/ec2/key_pair.h"
#include "nubo/region/network/plain_records.h"
#include "nubo/stack/runner.h"
#include "nubo/stack/schema.h"
#include "nubo/stack/value.h"

namespace nubo::region {
namespace {

using stack::IdKind;
using stack::Progress;
using stack::ResourceContext;
using stack::Value;

constexpr char kKeyPairType[] = "AWS::EC2::KeyPair";

absl::Status CheckKeyName(const Model& model, const v1::Owner& owner, const std::string& name) {
  const bool taken = !name.empty() && IsTaken(model.plain, owner, [&](const v1::PlainState& other) {
    return other.type() == kKeyPairType && Attribute(other, "KeyName") == name;
  });
  return taken ? NameInUse("key pair", name, "InvalidKeyPair.Duplicate") : absl::OkStatus();
}

}  // namespace

const v1::PlainState* FindKeyPair(const Model& model, const std::string& key_name) {
  return FirstPlain(model, kKeyPairType,
                    [&](const v1::PlainState& other) { return Attribute(other, "KeyName") == key_name; });
}

absl::StatusOr<std::string> ImportKeyPair(Context& context, const v1::Owner& owner,
                                          const ImportKeyPairRequest& request) {
  NUBO_RETURN_IF_ERROR(ec2::ValidateKeyPairName(request.key_name));
  NUBO_ASSIGN_OR_RETURN(const ec2::PublicKey key, ec2::ParsePublicKey(request.public_key_material));
  NUBO_RETURN_IF_ERROR(CheckKeyName(context.model, {}, request.key_name));
  if (CountPlain(context.model, kKeyPairType, [](const v1::PlainState&) { return true; }) >= ec2::kKeyPairsMax) {
    return base::WithErrorCode(
        absl::ResourceExhaustedError(absl::StrCat("There are ", ec2::kKeyPairsMax, " key pairs, the most")),
        "KeyPairLimitExceeded");
  }
  v1::PlainState record;
  SetAttribute(record, "KeyName", request.key_name);
  SetAttribute(record, "KeyFingerprint", key.fingerprint);
  SetAttribute(record, "KeyType", key.type);
  SetAttribute(record, "PublicKey", request.public_key_material);
  return PutPlain(context, owner, kKeyPairType, "key", std::move(record));
}

void DeleteKeyPair(Context& context, const std::string& key_name) {
  const v1::PlainState* record = FindKeyPair(context.model, key_name);
  if (record != nullptr) context.model.plain.Erase(std::string(record->id()));
}

void AddKeyPairTypes(ResourceTypes& types) {
  ResourceType& type = types.Add(kKeyPairType);
  // What Ref gives, and what everything else calls it by, is its name.
  type.create = [](Context& context, const ResourceContext& resource,
                   const Value& properties) -> absl::StatusOr<std::string> {
    const std::string& name = properties.Get("KeyName").text();
    NUBO_RETURN_IF_ERROR(
        ImportKeyPair(context, OwnerOf(resource), {name, properties.Get("PublicKeyMaterial").text()}).status());
    return name;
  };
  type.poll = [](Context& context, const std::string& name) -> absl::StatusOr<Progress> {
    const v1::PlainState* record = FindKeyPair(context.model, name);
    if (record == nullptr) return Progress::Failed("the key pair is gone");
    return Progress::Complete({{"KeyFingerprint", Value::String(Attribute(*record, "KeyFingerprint"))},
                               {"KeyPairId", Value::String(record->id())}});
  };
  type.update = NothingToChange;
  type.remove = [](Context& context, const ResourceContext&, const std::string& name) {
    DeleteKeyPair(context, name);
    return absl::OkStatus();
  };
  type.check_name = [](const Model& model, const v1::Owner& owner, const Value& properties) {
    return CheckKeyName(model, owner, properties.Get("KeyName").text());
  };
  type.disown = [](Model& model, const std::string& name) {
    if (const v1::PlainState* record = FindKeyPair(model, name)) Disown(model.plain, std::string(record->id()));
  };
  type.show = [](const Context& context, const std::string& name, google::protobuf::Struct* shown) {
    const v1::PlainState* record = FindKeyPair(context.model, name);
    if (record != nullptr) ShowPlain(*record, shown);
    return record != nullptr;
  };
  types.AddId({IdKind::kKeyPair, "", "key pair", "InvalidKeyPair.NotFound",
               [](const Model& model, const std::string& name) { return FindKeyPair(model, name) != nullptr; },
               [](const std::string&) { return std::string("; a stack imports one with AWS::EC2::KeyPair"); }});
}

}  // namespace nubo::region
