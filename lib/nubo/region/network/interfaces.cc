#include "nubo/region/network/interfaces.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/net/ip_address.h"
#include "nubo/region/network/address_blocks.h"
#include "nubo/region/network/addresses.h"
#include "nubo/region/network/plain_records.h"
#include "nubo/region/network/security_group_rules.h"
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

constexpr char kSecondary[] = "SecondaryPrivateIpAddresses";
constexpr char kIpv6[] = "Ipv6Addresses";
constexpr char kGroups[] = "Groups";

absl::Status BadValue(std::string message) {
  return base::WithErrorCode(absl::InvalidArgumentError(std::move(message)), "InvalidParameterValue");
}

bool HasIpv6(const Model& model, const std::string& address) {
  return FirstPlain(model, kInterfaceType, [&](const v1::PlainState& other) {
           const std::vector<std::string> all = ListOf(other, kIpv6);
           return std::find(all.begin(), all.end(), address) != all.end();
         }) != nullptr;
}

// Those that are asked for by name, and as many more, the lowest that are free; the first four of a subnet are AWS's.
absl::StatusOr<std::vector<std::string>> ChooseIpv6(const Context& context,
                                                    const CreateNetworkInterfaceRequest& request) {
  std::vector<std::string> chosen;
  if (request.ipv6_addresses.empty() && request.ipv6_address_count == 0) return chosen;
  const auto block = Ipv6BlockOf(context.model, request.subnet_id);
  if (!block.has_value()) {
    return BadValue(absl::StrCat("the subnet ", request.subnet_id, " has no IPv6 block"));
  }
  for (const std::string& wanted : request.ipv6_addresses) {
    const auto address = net::IpAddress::Parse(wanted);
    if (!address.ok() || !block->Contains(*address)) {
      return BadValue(absl::StrCat("\"", wanted.substr(0, 64), "\" is no address of ", block->ToString()));
    }
    if (HasIpv6(context.model, address->ToString())) {
      return base::WithErrorCode(absl::AlreadyExistsError(absl::StrCat("Address ", wanted, " is in use")),
                                 "InvalidIPAddress.InUse");
    }
    chosen.push_back(address->ToString());
  }
  constexpr int kReserved = 4;
  absl::uint128 next = block->first().value() + kReserved;
  for (int i = 0; i < request.ipv6_address_count; ++next) {
    const std::string address = net::IpAddress::V6(next).ToString();
    if (HasIpv6(context.model, address) || std::find(chosen.begin(), chosen.end(), address) != chosen.end()) continue;
    chosen.push_back(address);
    ++i;
  }
  return chosen;
}

// IPv4 addresses of one subnet, all or none.
class Taken {
 public:
  Taken(Context& context, std::string subnet_id) : context_(context), subnet_id_(std::move(subnet_id)) {}
  ~Taken() {
    if (kept_) return;
    for (const std::string& address : addresses_) ReleaseAddress(context_, subnet_id_, address);
  }
  Taken(const Taken&) = delete;
  Taken& operator=(const Taken&) = delete;

  absl::Status Take(const std::string& wanted) {
    NUBO_ASSIGN_OR_RETURN(const Address address, TakeAddress(context_, subnet_id_, wanted));
    addresses_.push_back(address.private_ip);
    return absl::OkStatus();
  }
  const std::vector<std::string>& addresses() const { return addresses_; }
  void Keep() { kept_ = true; }

 private:
  Context& context_;
  const std::string subnet_id_;
  std::vector<std::string> addresses_;
  bool kept_ = false;
};

absl::Status CheckAddressCount(size_t count) {
  if (count <= kAddressesOfInterfaceMax) return absl::OkStatus();
  return base::WithErrorCode(absl::ResourceExhaustedError(absl::StrCat("a network interface has at most ",
                                                                       kAddressesOfInterfaceMax, " private addresses")),
                             "PrivateIpAddressLimitExceeded");
}

const v1::PlainState* FindAttachment(const Model& model, const std::string& attachment_id) {
  return FirstPlain(model, kInterfaceType, [&](const v1::PlainState& other) {
    return !attachment_id.empty() && Attribute(other, "AttachmentId") == attachment_id &&
           !AttachedTo(model, other).empty();
  });
}

}  // namespace

std::string OwnInterfaceOf(const std::string& id) { return absl::StrCat("eni-", DigitsOf(id)); }

std::string InstanceOfInterface(const Model& model, const std::string& interface_id) {
  if (!absl::StartsWith(interface_id, "eni-") || FindPlain(model, interface_id, kInterfaceType) != nullptr) return "";
  const std::string id = absl::StrCat("i-", DigitsOf(interface_id));
  const v1::InstanceState* instance = model.instances.Find(id);
  return instance == nullptr || IsTerminated(*instance) ? "" : id;
}

std::string AttachedTo(const Model& model, const v1::PlainState& interface) {
  const std::string endpoint = Attribute(interface, "VpcEndpointId");
  if (FindPlain(model, endpoint, kEndpointType) != nullptr) return endpoint;
  const std::string instance_id = Attribute(interface, "InstanceId");
  const v1::InstanceState* instance = model.instances.Find(instance_id);
  return instance == nullptr || IsTerminated(*instance) ? "" : instance_id;
}

std::vector<std::string> AddressesOf(const v1::PlainState& interface) {
  std::vector<std::string> addresses = ListOf(interface, kSecondary);
  addresses.insert(addresses.begin(), Attribute(interface, "PrivateIpAddress"));
  return addresses;
}

absl::Status CheckGroupsOf(const Context& context, const std::string& vpc_id, const std::vector<std::string>& groups) {
  if (groups.size() > kGroupsOfInterfaceMax) {
    return base::WithErrorCode(absl::ResourceExhaustedError(absl::StrCat("a network interface is in at most ",
                                                                         kGroupsOfInterfaceMax, " security groups")),
                               "SecurityGroupsPerInterfaceLimitExceeded");
  }
  for (const std::string& id : groups) {
    NUBO_RETURN_IF_ERROR(CheckExists(context, IdKind::kSecurityGroup, id));
    if (FindSecurityGroup(context.model, id)->vpc_id() != vpc_id) {
      return BadValue(absl::StrCat("the security group ", id, " belongs to another network than ", vpc_id));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> CreateNetworkInterface(Context& context, const v1::Owner& owner,
                                                   const CreateNetworkInterfaceRequest& request) {
  NUBO_RETURN_IF_ERROR(CheckExists(context, IdKind::kSubnet, request.subnet_id));
  const std::string vpc_id = context.model.subnets.Find(request.subnet_id)->vpc_id();
  NUBO_RETURN_IF_ERROR(CheckGroupsOf(context, vpc_id, request.groups));
  const int more = std::max(0, request.secondary_private_ip_address_count);
  NUBO_RETURN_IF_ERROR(
      CheckAddressCount(1 + request.secondary_private_ip_addresses.size() + static_cast<size_t>(more)));
  NUBO_RETURN_IF_ERROR(CheckAddressCount(static_cast<size_t>(std::max(0, request.ipv6_address_count))));
  NUBO_ASSIGN_OR_RETURN(const std::vector<std::string> ipv6, ChooseIpv6(context, request));
  Taken taken(context, request.subnet_id);
  NUBO_RETURN_IF_ERROR(taken.Take(request.private_ip_address));
  for (const std::string& wanted : request.secondary_private_ip_addresses) NUBO_RETURN_IF_ERROR(taken.Take(wanted));
  for (int i = 0; i < more; ++i) NUBO_RETURN_IF_ERROR(taken.Take(""));
  taken.Keep();
  v1::PlainState record;
  record.set_vpc_id(vpc_id);
  SetAttribute(record, "Description", request.description);
  SetAttribute(record, "PrivateIpAddress", taken.addresses().front());
  SetAttribute(record, "SourceDestCheck", request.source_dest_check ? "true" : "false");
  SetAttribute(record, "SubnetId", request.subnet_id);
  SetList(record, kSecondary, {taken.addresses().begin() + 1, taken.addresses().end()});
  SetList(record, kIpv6, ipv6);
  SetList(record, kGroups,
          request.groups.empty() ? std::vector<std::string>{DefaultSecurityGroup(vpc_id)} : request.groups);
  return PutPlain(context, owner, kInterfaceType, "eni", std::move(record));
}

absl::Status ModifyNetworkInterfaceAttribute(Context& context, const ModifyNetworkInterfaceRequest& request) {
  const v1::PlainState* record = FindPlain(context.model, request.network_interface_id, kInterfaceType);
  if (record == nullptr) return CheckExists(context, IdKind::kNetworkInterface, request.network_interface_id);
  const std::string vpc_id = record->vpc_id();
  if (request.groups.has_value()) NUBO_RETURN_IF_ERROR(CheckGroupsOf(context, vpc_id, *request.groups));
  context.model.plain.Update(request.network_interface_id, [&](v1::PlainState& changed) {
    if (request.description.has_value()) SetAttribute(changed, "Description", *request.description);
    if (request.source_dest_check.has_value()) {
      SetAttribute(changed, "SourceDestCheck", *request.source_dest_check ? "true" : "false");
    }
    if (!request.groups.has_value()) return;
    SetList(changed, kGroups,
            request.groups->empty() ? std::vector<std::string>{DefaultSecurityGroup(vpc_id)} : *request.groups);
  });
  return absl::OkStatus();
}

absl::Status SetSecondaryAddresses(Context& context, const std::string& interface_id, int count) {
  const v1::PlainState* record = FindPlain(context.model, interface_id, kInterfaceType);
  if (record == nullptr) return CheckExists(context, IdKind::kNetworkInterface, interface_id);
  NUBO_RETURN_IF_ERROR(CheckAddressCount(static_cast<size_t>(std::max(0, count)) + 1));
  const std::string subnet_id = Attribute(*record, "SubnetId");
  std::vector<std::string> addresses = ListOf(*record, kSecondary);
  Taken taken(context, subnet_id);
  for (size_t i = addresses.size(); i < static_cast<size_t>(std::max(0, count)); ++i) {
    NUBO_RETURN_IF_ERROR(taken.Take(""));
  }
  taken.Keep();
  while (addresses.size() > static_cast<size_t>(std::max(0, count))) {
    ReleaseAddress(context, subnet_id, addresses.back());
    addresses.pop_back();
  }
  addresses.insert(addresses.end(), taken.addresses().begin(), taken.addresses().end());
  context.model.plain.Update(interface_id, [&](v1::PlainState& changed) { SetList(changed, kSecondary, addresses); });
  return absl::OkStatus();
}

absl::Status DeleteNetworkInterface(Context& context, const std::string& interface_id) {
  const v1::PlainState* record = FindPlain(context.model, interface_id, kInterfaceType);
  if (record == nullptr) return absl::OkStatus();
  if (const std::string user = AttachedTo(context.model, *record); !user.empty()) {
    return base::WithErrorCode(absl::FailedPreconditionError(absl::StrCat("Network interface '", interface_id,
                                                                          "' is currently in use: ", user, " has it")),
                               "InvalidNetworkInterface.InUse");
  }
  for (const std::string& address : AddressesOf(*record)) {
    ReleaseAddress(context, Attribute(*record, "SubnetId"), address);
  }
  context.model.plain.Erase(interface_id);
  return absl::OkStatus();
}

namespace {

absl::Status CheckAttachable(const Context& context, const AttachNetworkInterfaceRequest& request) {
  const v1::PlainState& record = *FindPlain(context.model, request.network_interface_id, kInterfaceType);
  if (const std::string user = AttachedTo(context.model, record); !user.empty()) {
    return base::WithErrorCode(absl::FailedPreconditionError(absl::StrCat("Interface: ", request.network_interface_id,
                                                                          " in use: ", user, " has it")),
                               "InvalidNetworkInterface.InUse");
  }
  const v1::InstanceState* instance = context.model.instances.Find(request.instance_id);
  if (instance == nullptr || IsTerminated(*instance) || instance->drain_until() != 0) {
    return base::WithErrorCode(absl::FailedPreconditionError(
                                   absl::StrCat("The instance '", request.instance_id, "' is leaving, or no instance")),
                               "IncorrectInstanceState");
  }
  const v1::SubnetState* subnet = context.model.subnets.Find(Attribute(record, "SubnetId"));
  if (subnet == nullptr || subnet->availability_zone() != instance->availability_zone()) {
    return base::WithErrorCode(
        absl::InvalidArgumentError(absl::StrCat("You may not attach a network interface to an instance if they are "
                                                "not in the same availability zone: ",
                                                request.instance_id, " is in ", instance->availability_zone())),
        "InvalidParameterCombination");
  }
  const bool taken =
      request.device_index <= 0 || FirstPlain(context.model, kInterfaceType, [&](const v1::PlainState& other) {
                                     return AttachedTo(context.model, other) == request.instance_id &&
                                            Attribute(other, "DeviceIndex") == absl::StrCat(request.device_index);
                                   }) != nullptr;
  if (!taken) return absl::OkStatus();
  return BadValue(absl::StrCat("Instance ", request.instance_id, " already has an interface attached at device index '",
                               request.device_index, "'"));
}

}  // namespace

absl::StatusOr<std::string> AttachNetworkInterface(Context& context, const AttachNetworkInterfaceRequest& request) {
  NUBO_RETURN_IF_ERROR(CheckExists(context, IdKind::kNetworkInterface, request.network_interface_id));
  NUBO_RETURN_IF_ERROR(CheckExists(context, IdKind::kInstance, request.instance_id));
  if (const std::string own = InstanceOfInterface(context.model, request.network_interface_id); !own.empty()) {
    return base::WithErrorCode(absl::FailedPreconditionError(absl::StrCat("Interface: ", request.network_interface_id,
                                                                          " in use: ", own, " has it")),
                               "InvalidNetworkInterface.InUse");
  }
  NUBO_RETURN_IF_ERROR(CheckAttachable(context, request));
  const std::string attachment_id = context.ids.NewId("eni-attach");
  context.model.plain.Update(request.network_interface_id, [&](v1::PlainState& changed) {
    SetAttribute(changed, "AttachmentId", attachment_id);
    SetAttribute(changed, "DeleteOnTermination", request.delete_on_termination ? "true" : "false");
    SetAttribute(changed, "DeviceIndex", absl::StrCat(request.device_index));
    SetAttribute(changed, "InstanceId", request.instance_id);
  });
  return attachment_id;
}

void DetachNetworkInterface(Context& context, const std::string& attachment_id) {
  const v1::PlainState* record = FirstPlain(context.model, kInterfaceType, [&](const v1::PlainState& other) {
    return !attachment_id.empty() && Attribute(other, "AttachmentId") == attachment_id;
  });
  if (record == nullptr) return;
  context.model.plain.Update(std::string(record->id()), [](v1::PlainState& changed) {
    for (const char* name : {"AttachmentId", "DeleteOnTermination", "DeviceIndex", "InstanceId"}) {
      SetAttribute(changed, name, "");
    }
  });
}

namespace {

// The primary address among those listed, and the others.
void ReadAddresses(const Value& properties, CreateNetworkInterfaceRequest& request) {
  request.private_ip_address = properties.Get("PrivateIpAddress").text();
  for (const Value& item : properties.Get("PrivateIpAddresses").items()) {
    const std::string& address = item.Get("PrivateIpAddress").text();
    if (item.Get("Primary").AsBool().value_or(false)) {
      request.private_ip_address = address;
    } else {
      request.secondary_private_ip_addresses.push_back(address);
    }
  }
  const auto count = [&](const char* name) { return static_cast<int>(properties.Get(name).AsInteger().value_or(0)); };
  request.secondary_private_ip_address_count = count("SecondaryPrivateIpAddressCount");
  request.ipv6_address_count = count("Ipv6AddressCount");
  for (const Value& item : properties.Get("Ipv6Addresses").items()) {
    request.ipv6_addresses.push_back(item.Get("Ipv6Address").text());
  }
}

absl::StatusOr<std::string> CreateInterface(Context& context, const ResourceContext& resource,
                                            const Value& properties) {
  CreateNetworkInterfaceRequest request{.subnet_id = properties.Get("SubnetId").text(),
                                        .description = properties.Get("Description").text(),
                                        .groups = properties.Get("GroupSet").ItemTexts(),
                                        .source_dest_check = properties.Get("SourceDestCheck").AsBool().value_or(true)};
  ReadAddresses(properties, request);
  return CreateNetworkInterface(context, OwnerOf(resource), request);
}

absl::Status UpdateInterface(Context& context, const ResourceContext&, const std::string& id, const Value& properties) {
  NUBO_RETURN_IF_ERROR(ModifyNetworkInterfaceAttribute(
      context, {.network_interface_id = id,
                .description = properties.Get("Description").text(),
                .groups = properties.Get("GroupSet").ItemTexts(),
                .source_dest_check = properties.Get("SourceDestCheck").AsBool().value_or(true)}));
  const std::optional<int64_t> count = properties.Get("SecondaryPrivateIpAddressCount").AsInteger();
  if (!count.has_value()) return absl::OkStatus();
  return SetSecondaryAddresses(context, id, static_cast<int>(*count));
}

stack::Attributes InterfaceAttributes(const Context&, const v1::PlainState& record) {
  const std::vector<std::string> ipv6 = ListOf(record, kIpv6);
  return {{"Id", Value::String(record.id())},
          {"PrimaryIpv6Address", Value::String(ipv6.empty() ? "" : ipv6.front())},
          {"PrimaryPrivateIpAddress", Value::String(Attribute(record, "PrivateIpAddress"))},
          {"SecondaryPrivateIpAddresses", Value::Strings(ListOf(record, kSecondary))},
          {"VpcId", Value::String(record.vpc_id())}};
}

void AddInterface(ResourceTypes& types) {
  ResourceType& type = AddPlainType(types, kInterfaceType, InterfaceAttributes);
  type.asks_for = fabrics::Feature::kInterfaces;
  type.create = CreateInterface;
  type.update = UpdateInterface;
  type.remove = [](Context& context, const ResourceContext&, const std::string& id) {
    return DeleteNetworkInterface(context, id);
  };
  types.AddId({IdKind::kNetworkInterface, "eni-", "network interface ID", "InvalidNetworkInterfaceID.NotFound",
               [](const Model& model, const std::string& id) {
                 return FindPlain(model, id, kInterfaceType) != nullptr || !InstanceOfInterface(model, id).empty();
               }});
}

void AddInterfaceAttachment(ResourceTypes& types) {
  ResourceType& type = types.Add("AWS::EC2::NetworkInterfaceAttachment");
  type.asks_for = fabrics::Feature::kInterfaces;
  type.create = [](Context& context, const ResourceContext&, const Value& properties) -> absl::StatusOr<std::string> {
    AttachNetworkInterfaceRequest request{
        .network_interface_id = properties.Get("NetworkInterfaceId").text(),
        .instance_id = properties.Get("InstanceId").text(),
        .device_index = 0,
        .delete_on_termination = properties.Get("DeleteOnTermination").AsBool().value_or(true)};
    if (!absl::SimpleAtoi(properties.Get("DeviceIndex").text(), &request.device_index)) {
      return BadValue(
          absl::StrCat("the device index \"", properties.Get("DeviceIndex").text().substr(0, 64), "\" is no number"));
    }
    return AttachNetworkInterface(context, request);
  };
  type.poll = [](Context& context, const std::string& id) -> absl::StatusOr<Progress> {
    if (FindAttachment(context.model, id) == nullptr) return Progress::Failed("the attachment is gone");
    return Progress::Complete({{"AttachmentId", Value::String(id)}});
  };
  type.update = [](Context& context, const ResourceContext&, const std::string& id, const Value& properties) {
    const v1::PlainState* record = FindAttachment(context.model, id);
    if (record == nullptr) return absl::OkStatus();
    const bool on = properties.Get("DeleteOnTermination").AsBool().value_or(true);
    context.model.plain.Update(std::string(record->id()), [&](v1::PlainState& changed) {
      SetAttribute(changed, "DeleteOnTermination", on ? "true" : "false");
    });
    return absl::OkStatus();
  };
  type.remove = [](Context& context, const ResourceContext&, const std::string& id) {
    DetachNetworkInterface(context, id);
    return absl::OkStatus();
  };
  // It belongs to its interface.
  type.disown = [](Model&, const std::string&) {};
}

}  // namespace

void AddInterfaceTypes(ResourceTypes& types) {
  AddInterface(types);
  AddInterfaceAttachment(types);
}

}  // namespace nubo::region
