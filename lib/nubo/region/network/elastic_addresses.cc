#include "nubo/region/network/elastic_addresses.h"

#include <google/protobuf/struct.pb.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/net/ip_address.h"
#include "nubo/region/network/addresses.h"
#include "nubo/region/network/interfaces.h"
#include "nubo/region/network/plain_records.h"
#include "nubo/region/state/instance_facts.h"
#include "nubo/stack/schema.h"
#include "nubo/vpc/cidr_pool.h"

namespace nubo::region {
namespace {

using stack::Progress;
using stack::ResourceContext;
using stack::Value;

// The record of the block that all of them are in; it is there as long as any is.
constexpr char kPool[] = "elastic-addresses";
constexpr char kPoolBlock[] = "198.18.0.0/24";
constexpr int kWholeAddress = 32;

absl::StatusOr<const v1::PlainState*> Find(const Model& model, const std::string& allocation_id) {
  const v1::PlainState* record = model.plain.Find(allocation_id);
  if (record != nullptr && record->type() == kAddressType) return record;
  return base::WithErrorCode(
      absl::NotFoundError(absl::StrCat("The allocation ID '", allocation_id, "' does not exist")),
      "InvalidAllocationID.NotFound");
}

size_t CountAddresses(const Model& model) {
  size_t count = 0;
  for (const auto& [id, record] : model.plain) count += record.type() == kAddressType ? 1 : 0;
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

// Neither the first nor the last of the block is given, which look like a network's.
absl::StatusOr<vpc::CidrPool> PoolOf(const Model& model, const net::Prefix& block) {
  vpc::CidrPool pool(block);
  const auto whole = [](const net::IpAddress& address) { return *net::Prefix::Make(address, address.bits()); };
  NUBO_RETURN_IF_ERROR(pool.Reserve(whole(block.first())));
  NUBO_RETURN_IF_ERROR(pool.Reserve(whole(block.last())));
  for (const auto& [id, record] : model.plain) {
    if (record.type() != kAddressType) continue;
    NUBO_ASSIGN_OR_RETURN(const net::IpAddress taken, net::IpAddress::Parse(Attribute(record, "PublicIp")));
    NUBO_RETURN_IF_ERROR(pool.AllocateExact(whole(taken)));
    vpc::CidrPool::Details details = {.owner = id, .tags = {}};
    if (const std::string user = UserOfAddress(model, id); !user.empty()) details.tags["of"] = user;
    NUBO_RETURN_IF_ERROR(pool.SetDetails(whole(taken), std::move(details)));
  }
  return pool;
}

// The lowest that nobody has.
absl::StatusOr<net::IpAddress> FreeAddress(const Context& context, const net::Prefix& block) {
  NUBO_ASSIGN_OR_RETURN(vpc::CidrPool pool, PoolOf(context.model, block));
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
  record.set_type(kAddressType);
  SetAttribute(record, "PublicIp", address.ToString());
  context.model.plain.Put(id, std::move(record));
  return id;
}

std::string AllocationOf(const Model& model, const std::string& public_ip) {
  for (const auto& [id, record] : model.plain) {
    if (record.type() == kAddressType && Attribute(record, "PublicIp") == public_ip) return id;
  }
  return "";
}

std::string AllocationOfAssociation(const Model& model, const std::string& association_id) {
  const v1::PlainState* record = FirstPlain(model, kAddressType, [&](const v1::PlainState& other) {
    return !association_id.empty() && Attribute(other, "AssociationId") == association_id;
  });
  return record == nullptr ? "" : record->id();
}

std::string AssociatedWith(const Model& model, const std::string& allocation_id) {
  const v1::PlainState* record = model.plain.Find(allocation_id);
  const std::string id = record == nullptr ? "" : Attribute(*record, "InstanceId");
  const v1::InstanceState* instance = model.instances.Find(id);
  return instance == nullptr || IsTerminated(*instance) ? "" : id;
}

std::string UserOfAddress(const Model& model, const std::string& allocation_id) {
  if (std::string instance = AssociatedWith(model, allocation_id); !instance.empty()) return instance;
  const v1::PlainState* record = model.plain.Find(allocation_id);
  const std::string interface = record == nullptr ? "" : Attribute(*record, "NetworkInterfaceId");
  if (FindPlain(model, interface, kInterfaceType) != nullptr) return interface;
  const v1::PlainState* gateway = FirstPlain(model, kNatGatewayType, [&](const v1::PlainState& other) {
    return Attribute(other, "AllocationId") == allocation_id;
  });
  return gateway == nullptr ? "" : gateway->id();
}

absl::Status CheckFree(const Model& model, const std::string& allocation_id) {
  const std::string user = UserOfAddress(model, allocation_id);
  if (user.empty()) return absl::OkStatus();
  return base::WithErrorCode(absl::FailedPreconditionError(
                                 absl::StrCat("The address '", Attribute(*model.plain.Find(allocation_id), "PublicIp"),
                                              "' is already associated with ", user)),
                             "Resource.AlreadyAssociated");
}

absl::Status DisassociateAddress(Context& context, const std::string& allocation_id) {
  NUBO_ASSIGN_OR_RETURN(const v1::PlainState* record, Find(context.model, allocation_id));
  const std::string instance_id = AssociatedWith(context.model, allocation_id);
  const std::string former = Attribute(*record, "FormerPublicIp");
  if (!instance_id.empty()) {
    context.model.instances.Update(instance_id, [&](v1::InstanceState& instance) { instance.set_public_ip(former); });
    context.Tell(context.model.instances.Find(instance_id)->owner(), instance_id, kAddressType, "disassociated",
                 absl::StrCat("no longer has ", Attribute(*record, "PublicIp")));
  }
  context.model.plain.Update(allocation_id, [](v1::PlainState& changed) {
    for (const char* name :
         {"AssociationId", "InstanceId", "NetworkInterfaceId", "PrivateIpAddress", "FormerPublicIp"}) {
      SetAttribute(changed, name, "");
    }
  });
  return absl::OkStatus();
}

namespace {

// Whom a request means: an instance, or an interface that is no instance's own.
struct AddressUser {
  std::string instance_id;
  std::string interface_id;
  std::string private_ip;
};

absl::Status CheckLives(const Context& context, const std::string& instance_id) {
  const v1::InstanceState* instance = context.model.instances.Find(instance_id);
  if (instance != nullptr && instance->drain_until() == 0) return absl::OkStatus();
  return base::WithErrorCode(
      absl::FailedPreconditionError(absl::StrCat("The instance '", instance_id,
                                                 "' is not in a valid state for this operation: it is leaving, or "
                                                 "no instance")),
      "IncorrectInstanceState");
}

absl::StatusOr<AddressUser> ReadUser(const Context& context, const AssociateAddressRequest& request) {
  if (request.instance_id.empty() == request.network_interface_id.empty()) {
    return base::WithErrorCode(
        absl::InvalidArgumentError("an address is associated with one of an instance and a network interface"),
        "InvalidParameterCombination");
  }
  AddressUser user{request.instance_id, "", ""};
  if (!request.network_interface_id.empty()) {
    NUBO_RETURN_IF_ERROR(CheckExists(context, stack::IdKind::kNetworkInterface, request.network_interface_id));
    user.instance_id = InstanceOfInterface(context.model, request.network_interface_id);
  }
  std::vector<std::string> addresses;
  if (user.instance_id.empty()) {
    user.interface_id = request.network_interface_id;
    addresses = AddressesOf(*FindPlain(context.model, user.interface_id, kInterfaceType));
  } else {
    NUBO_RETURN_IF_ERROR(CheckExists(context, stack::IdKind::kInstance, user.instance_id));
    NUBO_RETURN_IF_ERROR(CheckLives(context, user.instance_id));
    addresses = {context.model.instances.Find(user.instance_id)->private_ip()};
  }
  const std::string& wanted = request.private_ip_address;
  user.private_ip = wanted.empty() ? addresses.front() : wanted;
  if (std::find(addresses.begin(), addresses.end(), user.private_ip) != addresses.end()) return user;
  return base::WithErrorCode(
      absl::InvalidArgumentError(absl::StrCat("The private IP address '", wanted.substr(0, 64), "' is none of ",
                                              user.instance_id, user.interface_id)),
      "InvalidParameterValue");
}

bool HasAlready(const v1::PlainState& record, const AddressUser& user) {
  return user.instance_id.empty() ? Attribute(record, "NetworkInterfaceId") == user.interface_id &&
                                        Attribute(record, "PrivateIpAddress") == user.private_ip
                                  : Attribute(record, "InstanceId") == user.instance_id;
}

// An instance, and each private address of an interface, has one at most.
std::string FormerAddressOf(const Model& model, const AddressUser& user) {
  if (!user.instance_id.empty()) return AllocationOf(model, model.instances.Find(user.instance_id)->public_ip());
  const v1::PlainState* record = FirstPlain(model, kAddressType, [&](const v1::PlainState& other) {
    return Attribute(other, "InstanceId").empty() && HasAlready(other, user);
  });
  return record == nullptr ? "" : record->id();
}

void GiveToInstance(Context& context, const std::string& instance_id, const std::string& address) {
  context.model.instances.Update(instance_id, [&](v1::InstanceState& changed) { changed.set_public_ip(address); });
  context.Tell(context.model.instances.Find(instance_id)->owner(), instance_id, kAddressType, "associated",
               absl::StrCat("has ", address));
}

}  // namespace

absl::StatusOr<std::string> AssociateAddress(Context& context, const AssociateAddressRequest& request) {
  NUBO_ASSIGN_OR_RETURN(const v1::PlainState* record, Find(context.model, request.allocation_id));
  NUBO_ASSIGN_OR_RETURN(const AddressUser user, ReadUser(context, request));
  const std::string present = UserOfAddress(context.model, request.allocation_id);
  const bool is_gateways = FindPlain(context.model, present, kNatGatewayType) != nullptr;
  const bool same = !present.empty() && HasAlready(*record, user);
  if (same && !Attribute(*record, "AssociationId").empty()) return Attribute(*record, "AssociationId");
  if (!same && (is_gateways || !request.allow_reassociation)) {
    NUBO_RETURN_IF_ERROR(CheckFree(context.model, request.allocation_id));
  }
  NUBO_RETURN_IF_ERROR(DisassociateAddress(context, request.allocation_id));
  const std::string another = FormerAddressOf(context.model, user);
  if (!another.empty()) NUBO_RETURN_IF_ERROR(DisassociateAddress(context, another));
  const std::string association_id = context.ids.NewId("eipassoc");
  context.model.plain.Update(request.allocation_id, [&](v1::PlainState& changed) {
    SetAttribute(changed, "AssociationId", association_id);
    SetAttribute(changed, "InstanceId", user.instance_id);
    SetAttribute(changed, "NetworkInterfaceId", user.interface_id);
    SetAttribute(changed, "PrivateIpAddress", user.private_ip);
    if (user.instance_id.empty()) return;
    SetAttribute(changed, "FormerPublicIp", context.model.instances.Find(user.instance_id)->public_ip());
  });
  if (!user.instance_id.empty()) {
    GiveToInstance(context, user.instance_id, Attribute(*context.model.plain.Find(request.allocation_id), "PublicIp"));
  }
  return association_id;
}

absl::Status ReleaseElasticAddress(Context& context, const std::string& allocation_id) {
  NUBO_ASSIGN_OR_RETURN(const v1::PlainState* record, Find(context.model, allocation_id));
  if (const std::string user = UserOfAddress(context.model, allocation_id); !user.empty()) {
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
  const absl::Status status = AssociateAddress(context, {.allocation_id = id, .instance_id = instance}).status();
  if (status.ok()) return address;
  NUBO_RETURN_IF_ERROR(ReleaseElasticAddress(context, id));
  return status;
}

absl::Status Update(Context& context, const ResourceContext&, const std::string& address, const Value& properties) {
  const std::string id = AllocationOf(context.model, address);
  const std::string& instance = properties.Get("InstanceId").text();
  if (instance.empty()) return DisassociateAddress(context, id);
  return AssociateAddress(context, {.allocation_id = id, .instance_id = instance}).status();
}

absl::Status Remove(Context& context, const ResourceContext&, const std::string& address) {
  const std::string id = AllocationOf(context.model, address);
  if (id.empty()) return absl::OkStatus();
  NUBO_RETURN_IF_ERROR(DisassociateAddress(context, id));
  return ReleaseElasticAddress(context, id);
}

// By its allocation, or by the address itself.
absl::StatusOr<std::string> CreateAssociation(Context& context, const ResourceContext&, const Value& properties) {
  const std::string& allocation = properties.Get("AllocationId").text();
  const std::string& address = properties.Get("EIP").text();
  std::string id = allocation;
  if (id.empty()) id = AllocationOf(context.model, address);
  if (id.empty()) id = address;
  return AssociateAddress(context, {.allocation_id = id,
                                    .instance_id = properties.Get("InstanceId").text(),
                                    .network_interface_id = properties.Get("NetworkInterfaceId").text(),
                                    .private_ip_address = properties.Get("PrivateIpAddress").text()});
}

void AddAssociation(ResourceTypes& types) {
  ResourceType& type = types.Add("AWS::EC2::EIPAssociation");
  type.asks_also = [](const Value& properties) -> std::vector<fabrics::Feature> {
    if (!properties.Has("NetworkInterfaceId")) return {};
    return {fabrics::Feature::kInterfaces};
  };
  type.create = CreateAssociation;
  type.update = NothingToChange;
  type.poll = [](Context& context, const std::string& id) -> absl::StatusOr<Progress> {
    if (AllocationOfAssociation(context.model, id).empty()) return Progress::Failed("the association is gone");
    return Progress::Complete({{"Id", Value::String(id)}});
  };
  // The address may be associated anew by now, or released.
  type.remove = [](Context& context, const ResourceContext&, const std::string& id) {
    const std::string allocation = AllocationOfAssociation(context.model, id);
    return allocation.empty() ? absl::OkStatus() : DisassociateAddress(context, allocation);
  };
  // It belongs to its address.
  type.disown = [](Model&, const std::string&) {};
}

}  // namespace

std::optional<vpc::CidrPool> ElasticAddressPool(const Model& model) {
  const v1::PlainState* record = model.plain.Find(kPool);
  if (record == nullptr) return std::nullopt;
  auto pool = PoolOf(model, BlockOf(record->loopback_cidr()));
  return pool.ok() ? std::optional<vpc::CidrPool>(*std::move(pool)) : std::nullopt;
}

void AddElasticAddressTypes(ResourceTypes& types) {
  AddAssociation(types);
  types.AddId(
      {stack::IdKind::kAllocation, "eipalloc-", "allocation ID", "InvalidAllocationID.NotFound",
       [](const Model& model, const std::string& id) { return FindPlain(model, id, kAddressType) != nullptr; }});
  ResourceType& type = types.Add(kAddressType);
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
    return record == nullptr || record->type() != kAddressType ? "" : Attribute(*record, "PublicIp");
  };
  type.show = [](const Context& context, const std::string& address, google::protobuf::Struct* shown) {
    const std::string id = AllocationOf(context.model, address);
    if (id.empty()) return false;
    const v1::Owner& owner = context.model.plain.Find(id)->owner();
    const auto set = [&](const char* name, const std::string& value) {
      (*shown->mutable_fields())[name].set_string_value(value);
    };
    const std::string user = UserOfAddress(context.model, id);
    const std::string instance = AssociatedWith(context.model, id);
    set("allocationId", id);
    set("publicIp", address);
    set("instanceId", instance);
    if (instance.empty() && !user.empty()) set("associatedWith", user);
    if (!user.empty()) set("associationId", Attribute(*context.model.plain.Find(id), "AssociationId"));
    set("state", user.empty() ? "allocated" : "associated");
    set("stackName", owner.stack_name());
    set("logicalId", owner.logical_id());
    return true;
  };
}

}  // namespace nubo::region
