#include "nubo/region/network/elastic_addresses.h"

#include <google/protobuf/struct.pb.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/net/ip_address.h"
#include "nubo/region/network/addresses.h"
#include "nubo/region/resources/ids.h"
#include "nubo/region/state/instance_facts.h"
#include "nubo/stack/schema.h"
#include "nubo/vpc/cidr_pool.h"

namespace nubo::region {
namespace {

using stack::Progress;
using stack::ResourceContext;
using stack::Value;

constexpr char kType[] = "AWS::EC2::EIP";
// The record of the block that all of them are in; it is there as long as any is.
constexpr char kPool[] = "elastic-addresses";
constexpr char kPoolBlock[] = "198.18.0.0/24";
constexpr int kWholeAddress = 32;

std::string Attribute(const v1::PlainState& record, const char* name) {
  const auto found = record.attributes().find(name);
  return found == record.attributes().end() ? "" : found->second;
}

void Set(v1::PlainState& record, const char* name, const std::string& value) {
  (*record.mutable_attributes())[name] = value;
}

absl::StatusOr<const v1::PlainState*> Find(const Model& model, const std::string& allocation_id) {
  const v1::PlainState* record = model.plain.Find(allocation_id);
  if (record != nullptr && record->type() == kType) return record;
  return base::WithErrorCode(
      absl::NotFoundError(absl::StrCat("The allocation ID '", allocation_id, "' does not exist")),
      "InvalidAllocationID.NotFound");
}

size_t CountAddresses(const Model& model) {
  size_t count = 0;
  for (const auto& [id, record] : model.plain) count += record.type() == kType ? 1 : 0;
  return count;
}

absl::StatusOr<net::Prefix> PoolBlock(Context& context) {
  if (const v1::PlainState* pool = context.model.plain.Find(kPool)) return net::Prefix::Parse(pool->loopback_cidr());
  NUBO_ASSIGN_OR_RETURN(const net::Prefix block, net::Prefix::Parse(kPoolBlock));
  NUBO_ASSIGN_OR_RETURN(const net::Prefix place, Place(context, block));
  v1::PlainState record;
  record.set_id(kPool);
  record.set_type("nubo::ElasticAddresses");
  record.set_loopback_cidr(place.ToString());
  context.model.plain.Put(kPool, std::move(record));
  return place;
}

// The lowest that nobody has; neither the first nor the last of the block, which look like a network's.
absl::StatusOr<net::IpAddress> FreeAddress(const Context& context, const net::Prefix& block) {
  vpc::CidrPool pool(block);
  const auto take = [&](const net::IpAddress& address) -> absl::Status {
    NUBO_ASSIGN_OR_RETURN(const net::Prefix whole, net::Prefix::Make(address, kWholeAddress));
    return pool.AllocateExact(whole);
  };
  NUBO_RETURN_IF_ERROR(take(block.first()));
  NUBO_RETURN_IF_ERROR(take(block.last()));
  for (const auto& [id, record] : context.model.plain) {
    if (record.type() != kType) continue;
    NUBO_ASSIGN_OR_RETURN(const net::IpAddress taken, net::IpAddress::Parse(Attribute(record, "PublicIp")));
    NUBO_RETURN_IF_ERROR(take(taken));
  }
  NUBO_ASSIGN_OR_RETURN(const net::Prefix free, pool.Allocate(kWholeAddress));
  return free.first();
}

}  // namespace

absl::StatusOr<std::string> AllocateAddress(Context& context, const v1::Owner& owner) {
  if (CountAddresses(context.model) >= kElasticAddressesMax) {
    return base::WithErrorCode(
        absl::ResourceExhaustedError(absl::StrCat("there are ", kElasticAddressesMax, " elastic addresses already")),
        "AddressLimitExceeded");
  }
  NUBO_ASSIGN_OR_RETURN(const net::Prefix block, PoolBlock(context));
  NUBO_ASSIGN_OR_RETURN(const net::IpAddress address, FreeAddress(context, block));
  v1::PlainState record;
  const std::string id = context.ids.NewId("eipalloc");
  record.set_id(id);
  *record.mutable_owner() = owner;
  record.set_type(kType);
  Set(record, "PublicIp", address.ToString());
  context.model.plain.Put(id, std::move(record));
  return id;
}

std::string AllocationOf(const Model& model, const std::string& public_ip) {
  for (const auto& [id, record] : model.plain) {
    if (record.type() == kType && Attribute(record, "PublicIp") == public_ip) return id;
  }
  return "";
}

std::string AssociatedWith(const Model& model, const std::string& allocation_id) {
  const v1::PlainState* record = model.plain.Find(allocation_id);
  const std::string id = record == nullptr ? "" : Attribute(*record, "InstanceId");
  const v1::InstanceState* instance = model.instances.Find(id);
  return instance == nullptr || IsTerminated(*instance) ? "" : id;
}

absl::Status DisassociateAddress(Context& context, const std::string& allocation_id) {
  NUBO_ASSIGN_OR_RETURN(const v1::PlainState* record, Find(context.model, allocation_id));
  const std::string instance_id = AssociatedWith(context.model, allocation_id);
  const std::string former = Attribute(*record, "FormerPublicIp");
  if (!instance_id.empty()) {
    context.model.instances.Update(instance_id, [&](v1::InstanceState& instance) { instance.set_public_ip(former); });
    context.Tell(context.model.instances.Find(instance_id)->owner(), instance_id, kType, "disassociated",
                 absl::StrCat("no longer has ", Attribute(*record, "PublicIp")));
  }
  context.model.plain.Update(allocation_id, [](v1::PlainState& changed) {
    changed.mutable_attributes()->erase("InstanceId");
    changed.mutable_attributes()->erase("FormerPublicIp");
  });
  return absl::OkStatus();
}

absl::Status AssociateAddress(Context& context, const AssociateAddressRequest& request) {
  NUBO_ASSIGN_OR_RETURN(const v1::PlainState* record, Find(context.model, request.allocation_id));
  NUBO_RETURN_IF_ERROR(CheckId(*context.types, context.model, stack::IdKind::kInstance, request.instance_id));
  const v1::InstanceState* instance = context.model.instances.Find(request.instance_id);
  if (instance == nullptr || instance->drain_until() != 0) {
    return base::WithErrorCode(
        absl::FailedPreconditionError(absl::StrCat("The instance '", request.instance_id,
                                                   "' is not in a valid state for this operation: it is leaving, or "
                                                   "no instance")),
        "IncorrectInstanceState");
  }
  const std::string present = AssociatedWith(context.model, request.allocation_id);
  if (present == request.instance_id) return absl::OkStatus();
  if (!present.empty() && !request.allow_reassociation) {
    return base::WithErrorCode(
        absl::FailedPreconditionError(
            absl::StrCat("The address '", Attribute(*record, "PublicIp"), "' is already associated with ", present)),
        "Resource.AlreadyAssociated");
  }
  NUBO_RETURN_IF_ERROR(DisassociateAddress(context, request.allocation_id));
  const std::string another = AllocationOf(context.model, instance->public_ip());
  if (!another.empty()) NUBO_RETURN_IF_ERROR(DisassociateAddress(context, another));
  instance = context.model.instances.Find(request.instance_id);
  const std::string former = instance->public_ip();
  context.model.plain.Update(request.allocation_id, [&](v1::PlainState& changed) {
    Set(changed, "InstanceId", request.instance_id);
    Set(changed, "FormerPublicIp", former);
  });
  const std::string address = Attribute(*context.model.plain.Find(request.allocation_id), "PublicIp");
  context.model.instances.Update(request.instance_id,
                                 [&](v1::InstanceState& changed) { changed.set_public_ip(address); });
  context.Tell(context.model.instances.Find(request.instance_id)->owner(), request.instance_id, kType, "associated",
               absl::StrCat("has ", address));
  return absl::OkStatus();
}

absl::Status ReleaseElasticAddress(Context& context, const std::string& allocation_id) {
  NUBO_ASSIGN_OR_RETURN(const v1::PlainState* record, Find(context.model, allocation_id));
  if (const std::string user = AssociatedWith(context.model, allocation_id); !user.empty()) {
    return base::WithErrorCode(absl::FailedPreconditionError(absl::StrCat("Address '", Attribute(*record, "PublicIp"),
                                                                          "' is in use: ", user, " has it")),
                               "InvalidIPAddress.InUse");
  }
  context.model.plain.Erase(allocation_id);
  if (CountAddresses(context.model) == 0) context.model.plain.Erase(kPool);
  return absl::OkStatus();
}

namespace {

// A template's address is known by itself: AWS's Ref gives the address.
absl::StatusOr<std::string> Create(Context& context, const ResourceContext& resource, const Value& properties) {
  NUBO_ASSIGN_OR_RETURN(const std::string id, AllocateAddress(context, OwnerOf(resource)));
  const std::string address = Attribute(*context.model.plain.Find(id), "PublicIp");
  const std::string& instance = properties.Get("InstanceId").text();
  if (instance.empty()) return address;
  const absl::Status status = AssociateAddress(context, {.allocation_id = id, .instance_id = instance});
  if (status.ok()) return address;
  NUBO_RETURN_IF_ERROR(ReleaseElasticAddress(context, id));
  return status;
}

absl::Status Update(Context& context, const ResourceContext&, const std::string& address, const Value& properties) {
  const std::string id = AllocationOf(context.model, address);
  const std::string& instance = properties.Get("InstanceId").text();
  if (instance.empty()) return DisassociateAddress(context, id);
  return AssociateAddress(context, {.allocation_id = id, .instance_id = instance});
}

absl::Status Remove(Context& context, const ResourceContext&, const std::string& address) {
  const std::string id = AllocationOf(context.model, address);
  if (id.empty()) return absl::OkStatus();
  NUBO_RETURN_IF_ERROR(DisassociateAddress(context, id));
  return ReleaseElasticAddress(context, id);
}

}  // namespace

void AddElasticAddressTypes(ResourceTypes& types) {
  ResourceType& type = types.Add(kType);
  type.create = Create;
  type.update = Update;
  type.remove = Remove;
  type.poll = [](Context& context, const std::string& address) -> absl::StatusOr<Progress> {
    const std::string id = AllocationOf(context.model, address);
    if (id.empty()) return Progress::Failed("the address is gone");
    return Progress::Complete({{"AllocationId", Value::String(id)}, {"PublicIp", Value::String(address)}});
  };
  type.disown = [](Model& model, const std::string& address) { Disown(model.plain, AllocationOf(model, address)); };
  type.find = [](const Context& context, const std::string& id) -> std::string {
    const v1::PlainState* record = context.model.plain.Find(id);
    return record == nullptr || record->type() != kType ? "" : Attribute(*record, "PublicIp");
  };
  type.show = [](const Context& context, const std::string& address, google::protobuf::Struct* shown) {
    const std::string id = AllocationOf(context.model, address);
    if (id.empty()) return false;
    const v1::Owner& owner = context.model.plain.Find(id)->owner();
    const auto set = [&](const char* name, const std::string& value) {
      (*shown->mutable_fields())[name].set_string_value(value);
    };
    const std::string instance = AssociatedWith(context.model, id);
    set("allocationId", id);
    set("publicIp", address);
    set("instanceId", instance);
    set("state", instance.empty() ? "allocated" : "associated");
    set("stackName", owner.stack_name());
    set("logicalId", owner.logical_id());
    return true;
  };
}

}  // namespace nubo::region
