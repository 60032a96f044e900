#include "nubo/region/network/network_acls.h"

#include <google/protobuf/struct.pb.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
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

constexpr char kEntryType[] = "AWS::EC2::NetworkAclEntry";

v1::NetworkAclEntry RecordOf(const vpc::NetworkAclEntry& entry, bool egress) {
  v1::NetworkAclEntry record;
  record.set_number(entry.number);
  record.set_egress(egress);
  record.set_allow(entry.allow);
  record.set_protocol(entry.protocol);
  record.set_cidr(entry.block.ToString());
  record.set_from_port(entry.from_port);
  record.set_to_port(entry.to_port);
  return record;
}

std::string VpcOfDefaultAcl(const Model& model, const std::string& acl_id) {
  if (!absl::StartsWith(acl_id, "acl-")) return "";
  const std::string vpc_id = absl::StrCat("vpc-", DigitsOf(acl_id));
  return model.vpcs.Find(vpc_id) == nullptr ? "" : vpc_id;
}

v1::PlainState DefaultAcl(const std::string& acl_id, const std::string& vpc_id) {
  v1::PlainState record;
  record.set_id(acl_id);
  record.set_type(kNetworkAclType);
  record.set_vpc_id(vpc_id);
  for (const bool egress : {false, true}) {
    *record.add_entries() = RecordOf({.number = vpc::kDefaultAclNumber, .allow = true, .block = net::Prefix()}, egress);
  }
  return record;
}

const v1::PlainState* AssociationRecord(const Model& model, const std::string& subnet_id) {
  return FirstPlain(model, kAclAssociationType,
                    [&](const v1::PlainState& other) { return Attribute(other, "SubnetId") == subnet_id; });
}

std::vector<vpc::NetworkAclEntry> EntriesOf(const v1::PlainState& acl, bool egress) {
  std::vector<vpc::NetworkAclEntry> entries;
  for (const v1::NetworkAclEntry& entry : acl.entries()) {
    if (entry.egress() == egress) entries.push_back(AclEntryOf(entry));
  }
  return entries;
}

absl::StatusOr<v1::PlainState> Known(const Context& context, const std::string& acl_id) {
  NUBO_RETURN_IF_ERROR(CheckExists(context, IdKind::kNetworkAcl, acl_id));
  return *FindNetworkAcl(context.model, acl_id);
}

absl::StatusOr<v1::NetworkAclEntry*> FindEntry(v1::PlainState& acl, bool egress, int64_t number) {
  for (v1::NetworkAclEntry& entry : *acl.mutable_entries()) {
    if (entry.egress() == egress && entry.number() == number) return &entry;
  }
  return base::WithErrorCode(
      absl::NotFoundError(absl::StrCat("the network ACL ", acl.id(), " has no ", egress ? "egress" : "ingress",
                                       " entry with the number ", number)),
      "InvalidNetworkAclEntry.NotFound");
}

struct Place {
  std::string acl_id;
  int index = 0;
};

// Of an entry by its own id.
std::optional<Place> FindEntryById(const Model& model, const std::string& id) {
  if (id.empty()) return std::nullopt;
  for (const auto& [acl_id, acl] : model.plain) {
    for (int i = 0; i < acl.entries_size(); ++i) {
      if (acl.entries(i).id() == id) return Place{acl_id, i};
    }
  }
  return std::nullopt;
}

}  // namespace

std::string DefaultNetworkAcl(const std::string& vpc_id) { return absl::StrCat("acl-", DigitsOf(vpc_id)); }

std::optional<v1::PlainState> FindNetworkAcl(const Model& model, const std::string& acl_id) {
  if (const v1::PlainState* record = FindPlain(model, acl_id, kNetworkAclType)) return *record;
  const std::string vpc_id = VpcOfDefaultAcl(model, acl_id);
  if (vpc_id.empty()) return std::nullopt;
  return DefaultAcl(acl_id, vpc_id);
}

std::string NetworkAclOf(const Model& model, const std::string& subnet_id) {
  const v1::SubnetState* subnet = model.subnets.Find(subnet_id);
  if (subnet == nullptr) return "";
  const v1::PlainState* association = AssociationRecord(model, subnet_id);
  return association == nullptr ? DefaultNetworkAcl(subnet->vpc_id()) : Attribute(*association, "NetworkAclId");
}

std::string AclAssociationOf(const Model& model, const std::string& subnet_id) {
  const v1::PlainState* association = AssociationRecord(model, subnet_id);
  return association == nullptr ? absl::StrCat("aclassoc-", DigitsOf(subnet_id)) : association->id();
}

vpc::NetworkAclEntry AclEntryOf(const v1::NetworkAclEntry& record) {
  return {.number = record.number(),
          .allow = record.allow(),
          .protocol = record.protocol(),
          .block = BlockOf(record.cidr()),
          .from_port = record.from_port(),
          .to_port = record.to_port()};
}

absl::StatusOr<std::string> CreateNetworkAcl(Context& context, const v1::Owner& owner, const std::string& vpc_id) {
  NUBO_RETURN_IF_ERROR(CheckExists(context, IdKind::kVpc, vpc_id));
  const size_t present =
      CountPlain(context.model, kNetworkAclType, [&](const v1::PlainState& other) { return other.vpc_id() == vpc_id; });
  if (present >= kNetworkAclsMax) {
    return base::WithErrorCode(
        absl::ResourceExhaustedError(absl::StrCat(vpc_id, " has ", kNetworkAclsMax, " network ACLs already")),
        "NetworkAclLimitExceeded");
  }
  v1::PlainState record;
  record.set_vpc_id(vpc_id);
  return PutPlain(context, owner, kNetworkAclType, "acl", std::move(record));
}

absl::Status DeleteNetworkAcl(Context& context, const std::string& acl_id) {
  if (!VpcOfDefaultAcl(context.model, acl_id).empty()) {
    return base::WithErrorCode(
        absl::InvalidArgumentError(absl::StrCat("cannot delete the default network ACL ", acl_id)),
        "InvalidParameterValue");
  }
  const v1::PlainState* user = FirstPlain(context.model, kAclAssociationType, [&](const v1::PlainState& other) {
    return Attribute(other, "NetworkAclId") == acl_id;
  });
  if (user != nullptr) {
    return HasDependencies("network ACL", acl_id, absl::StrCat(Attribute(*user, "SubnetId"), " has it"));
  }
  context.model.plain.Erase(acl_id);
  return absl::OkStatus();
}

absl::StatusOr<std::string> CreateNetworkAclEntry(Context& context, const v1::Owner& owner,
                                                  const NetworkAclEntryRequest& request) {
  NUBO_ASSIGN_OR_RETURN(v1::PlainState acl, Known(context, request.network_acl_id));
  NUBO_ASSIGN_OR_RETURN(const vpc::NetworkAclEntry entry, vpc::ParseAclEntry(request.entry));
  NUBO_RETURN_IF_ERROR(vpc::CheckAclEntry(EntriesOf(acl, request.egress), entry));
  v1::NetworkAclEntry record = RecordOf(entry, request.egress);
  const std::string id = context.ids.NewId("aclentry");
  record.set_id(id);
  *record.mutable_owner() = owner;
  *acl.add_entries() = std::move(record);
  context.model.plain.Put(request.network_acl_id, std::move(acl));
  return id;
}

absl::Status ReplaceNetworkAclEntry(Context& context, const NetworkAclEntryRequest& request) {
  NUBO_ASSIGN_OR_RETURN(v1::PlainState acl, Known(context, request.network_acl_id));
  NUBO_ASSIGN_OR_RETURN(const vpc::NetworkAclEntry entry, vpc::ParseAclEntry(request.entry));
  NUBO_ASSIGN_OR_RETURN(v1::NetworkAclEntry * present, FindEntry(acl, request.egress, entry.number));
  v1::NetworkAclEntry record = RecordOf(entry, request.egress);
  record.set_id(present->id());
  *record.mutable_owner() = present->owner();
  *present = std::move(record);
  context.model.plain.Put(request.network_acl_id, std::move(acl));
  return absl::OkStatus();
}

absl::Status DeleteNetworkAclEntry(Context& context, const std::string& acl_id, bool egress, int number) {
  NUBO_ASSIGN_OR_RETURN(v1::PlainState acl, Known(context, acl_id));
  NUBO_RETURN_IF_ERROR(FindEntry(acl, egress, number).status());
  auto* entries = acl.mutable_entries();
  entries->erase(std::remove_if(entries->begin(), entries->end(),
                                [&](const v1::NetworkAclEntry& entry) {
                                  return entry.egress() == egress && entry.number() == number;
                                }),
                 entries->end());
  context.model.plain.Put(acl_id, std::move(acl));
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReplaceNetworkAclAssociation(Context& context, const v1::Owner& owner,
                                                         const std::string& acl_id, const std::string& subnet_id) {
  NUBO_ASSIGN_OR_RETURN(const v1::PlainState acl, Known(context, acl_id));
  NUBO_RETURN_IF_ERROR(CheckExists(context, IdKind::kSubnet, subnet_id));
  if (context.model.subnets.Find(subnet_id)->vpc_id() != acl.vpc_id()) {
    return base::WithErrorCode(absl::InvalidArgumentError(absl::StrCat("network acl ", acl_id, " and subnet ",
                                                                       subnet_id, " belong to different networks")),
                               "InvalidParameterValue");
  }
  if (const v1::PlainState* former = AssociationRecord(context.model, subnet_id)) {
    context.model.plain.Erase(std::string(former->id()));
  }
  v1::PlainState record;
  record.set_vpc_id(acl.vpc_id());
  SetAttribute(record, "NetworkAclId", acl_id);
  SetAttribute(record, "SubnetId", subnet_id);
  return PutPlain(context, owner, kAclAssociationType, "aclassoc", std::move(record));
}

void ReturnToDefaultAcl(Context& context, const std::string& association_id) {
  if (FindPlain(context.model, association_id, kAclAssociationType) == nullptr) return;
  context.model.plain.Erase(association_id);
}

namespace {

void ShowEntry(const v1::NetworkAclEntry& entry, google::protobuf::Struct* shown) {
  const auto number = [&](const char* name, int value) { (*shown->mutable_fields())[name].set_number_value(value); };
  number("ruleNumber", entry.number());
  number("protocol", entry.protocol());
  (*shown->mutable_fields())["egress"].set_bool_value(entry.egress());
  (*shown->mutable_fields())["ruleAction"].set_string_value(entry.allow() ? "allow" : "deny");
  (*shown->mutable_fields())["cidrBlock"].set_string_value(entry.cidr());
  number("fromPort", entry.from_port());
  number("toPort", entry.to_port());
}

void AddAcl(ResourceTypes& types) {
  ResourceType& type = AddPlainType(types, kNetworkAclType, OwnId("Id"));
  type.asks_for = fabrics::Feature::kNetworkAcls;
  type.create = [](Context& context, const ResourceContext& resource, const Value& properties) {
    return CreateNetworkAcl(context, OwnerOf(resource), properties.Get("VpcId").text());
  };
  type.update = NothingToChange;
  type.remove = [](Context& context, const ResourceContext&, const std::string& id) {
    return DeleteNetworkAcl(context, id);
  };
  type.show = [](const Context& context, const std::string& id, google::protobuf::Struct* shown) {
    const std::optional<v1::PlainState> acl = FindNetworkAcl(context.model, id);
    if (!acl.has_value()) return false;
    ShowPlain(*acl, shown);
    google::protobuf::ListValue* entries = (*shown->mutable_fields())["entries"].mutable_list_value();
    for (const v1::NetworkAclEntry& entry : acl->entries()) {
      ShowEntry(entry, entries->add_values()->mutable_struct_value());
    }
    return true;
  };
  types.AddId({IdKind::kNetworkAcl, "acl-", "network acl ID", "InvalidNetworkAclID.NotFound",
               [](const Model& model, const std::string& id) { return FindNetworkAcl(model, id).has_value(); }});
}

NetworkAclEntryRequest EntryRequest(const Value& properties) {
  NetworkAclEntryRequest request;
  request.network_acl_id = properties.Get("NetworkAclId").text();
  request.egress = properties.Get("Egress").AsBool().value_or(false);
  request.entry.number = properties.Get("RuleNumber").AsInteger().value_or(0);
  request.entry.action = properties.Get("RuleAction").text();
  request.entry.protocol = properties.Get("Protocol").AsInteger().value_or(-1);
  const Value& v4 = properties.Get("CidrBlock");
  const Value& v6 = properties.Get("Ipv6CidrBlock");
  request.entry.cidr = v4.is_null() ? v6.text() : v4.text();
  request.entry.from_port = properties.Get("PortRange").Get("From").AsInteger();
  request.entry.to_port = properties.Get("PortRange").Get("To").AsInteger();
  request.entry.icmp_type = properties.Get("Icmp").Get("Type").AsInteger();
  request.entry.icmp_code = properties.Get("Icmp").Get("Code").AsInteger();
  return request;
}

void AddEntry(ResourceTypes& types) {
  ResourceType& type = types.Add(kEntryType);
  type.asks_for = fabrics::Feature::kNetworkAcls;
  type.create = [](Context& context, const ResourceContext& resource, const Value& properties) {
    return CreateNetworkAclEntry(context, OwnerOf(resource), EntryRequest(properties));
  };
  type.poll = [](Context& context, const std::string& id) -> absl::StatusOr<Progress> {
    if (!FindEntryById(context.model, id).has_value()) return Progress::Failed("the entry is gone");
    return Progress::Complete({{"Id", Value::String(id)}});
  };
  type.update = [](Context& context, const ResourceContext&, const std::string&, const Value& properties) {
    return ReplaceNetworkAclEntry(context, EntryRequest(properties));
  };
  type.remove = [](Context& context, const ResourceContext&, const std::string& id) -> absl::Status {
    const std::optional<Place> place = FindEntryById(context.model, id);
    if (!place.has_value()) return absl::OkStatus();
    const v1::NetworkAclEntry entry = context.model.plain.Find(place->acl_id)->entries(place->index);
    return DeleteNetworkAclEntry(context, place->acl_id, entry.egress(), entry.number());
  };
  type.disown = [](Model& model, const std::string& id) {
    const std::optional<Place> place = FindEntryById(model, id);
    if (!place.has_value()) return;
    model.plain.Update(place->acl_id, [&](v1::PlainState& acl) { acl.mutable_entries(place->index)->clear_owner(); });
  };
  type.show = [](const Context& context, const std::string& id, google::protobuf::Struct* shown) {
    const std::optional<Place> place = FindEntryById(context.model, id);
    if (!place.has_value()) return false;
    (*shown->mutable_fields())["networkAclId"].set_string_value(place->acl_id);
    ShowEntry(context.model.plain.Find(place->acl_id)->entries(place->index), shown);
    return true;
  };
}

void AddAssociation(ResourceTypes& types) {
  ResourceType& type = AddPlainType(types, kAclAssociationType, OwnId("AssociationId"));
  IsPartOf(type, "AWS::EC2::Subnet", [](const v1::PlainState& record) { return Attribute(record, "SubnetId"); });
  type.asks_for = fabrics::Feature::kNetworkAcls;
  type.create = [](Context& context, const ResourceContext& resource, const Value& properties) {
    return ReplaceNetworkAclAssociation(context, OwnerOf(resource), properties.Get("NetworkAclId").text(),
                                        properties.Get("SubnetId").text());
  };
  type.update = NothingToChange;
  type.remove = [](Context& context, const ResourceContext&, const std::string& id) {
    ReturnToDefaultAcl(context, id);
    return absl::OkStatus();
  };
}

}  // namespace

void AddNetworkAclTypes(ResourceTypes& types) {
  AddAcl(types);
  AddEntry(types);
  AddAssociation(types);
}

}  // namespace nubo::region
