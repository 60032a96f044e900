#include "nubo/region/network/dhcp_options.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/net/ip_address.h"
#include "nubo/region/network/plain_records.h"
#include "nubo/stack/runner.h"
#include "nubo/stack/schema.h"
#include "nubo/stack/value.h"

namespace nubo::region {
namespace {

using stack::IdKind;
using stack::ResourceContext;
using stack::Value;

constexpr char kDefault[] = "default";
constexpr char kOptions[] = "DhcpOptionsId";
constexpr size_t kServersMax = 4;

absl::Status BadValue(std::string message) {
  return base::WithErrorCode(absl::InvalidArgumentError(std::move(message)), "InvalidParameterValue");
}

absl::Status CheckServers(const char* name, const std::vector<std::string>& servers) {
  if (servers.size() > kServersMax) return BadValue(absl::StrCat(name, " has more than ", kServersMax, " servers"));
  for (const std::string& server : servers) {
    const bool provided = server == "AmazonProvidedDNS" || server == "AmazonProvidedDNS6";
    if (provided || net::IpAddress::Parse(server).ok()) continue;
    return BadValue(absl::StrCat("\"", server.substr(0, 64), "\" of ", name, " is no IP address"));
  }
  return absl::OkStatus();
}

const v1::PlainState* AssociationOf(const Model& model, const std::string& vpc_id) {
  return FirstPlain(model, kDhcpAssociationType, [&](const v1::PlainState& other) { return other.vpc_id() == vpc_id; });
}

}  // namespace

absl::StatusOr<std::string> CreateDhcpOptions(Context& context, const v1::Owner& owner, const DhcpOptions& options) {
  const bool empty = options.domain_name.empty() && options.domain_name_servers.empty() &&
                     options.ntp_servers.empty() && options.netbios_name_servers.empty() &&
                     options.netbios_node_type.empty();
  if (empty) {
    return base::WithErrorCode(absl::InvalidArgumentError("a set of DHCP options needs at least one option"),
                               "MissingParameter");
  }
  NUBO_RETURN_IF_ERROR(CheckServers("DomainNameServers", options.domain_name_servers));
  NUBO_RETURN_IF_ERROR(CheckServers("NtpServers", options.ntp_servers));
  NUBO_RETURN_IF_ERROR(CheckServers("NetbiosNameServers", options.netbios_name_servers));
  v1::PlainState record;
  SetAttribute(record, "DomainName", options.domain_name);
  SetAttribute(record, "NetbiosNodeType", options.netbios_node_type);
  SetList(record, "DomainNameServers", options.domain_name_servers);
  SetList(record, "NetbiosNameServers", options.netbios_name_servers);
  SetList(record, "NtpServers", options.ntp_servers);
  return PutPlain(context, owner, kDhcpOptionsType, "dopt", std::move(record));
}

absl::Status DeleteDhcpOptions(Context& context, const std::string& dhcp_options_id) {
  if (FindPlain(context.model, dhcp_options_id, kDhcpOptionsType) == nullptr) return absl::OkStatus();
  const v1::PlainState* user = FirstPlain(context.model, kDhcpAssociationType, [&](const v1::PlainState& other) {
    return Attribute(other, kOptions) == dhcp_options_id;
  });
  if (user != nullptr) {
    return HasDependencies("dhcpOptions", dhcp_options_id, absl::StrCat(user->vpc_id(), " has them"));
  }
  context.model.plain.Erase(dhcp_options_id);
  return absl::OkStatus();
}

absl::StatusOr<std::string> AssociateDhcpOptions(Context& context, const v1::Owner& owner,
                                                 const std::string& dhcp_options_id, const std::string& vpc_id) {
  if (dhcp_options_id != kDefault) {
    NUBO_RETURN_IF_ERROR(CheckExists(context, IdKind::kDhcpOptions, dhcp_options_id));
  }
  NUBO_RETURN_IF_ERROR(CheckExists(context, IdKind::kVpc, vpc_id));
  if (const v1::PlainState* former = AssociationOf(context.model, vpc_id)) {
    context.model.plain.Erase(std::string(former->id()));
  }
  v1::PlainState record;
  const std::string id = absl::StrCat(dhcp_options_id, "|", vpc_id);
  record.set_id(id);
  record.set_type(kDhcpAssociationType);
  record.set_vpc_id(vpc_id);
  *record.mutable_owner() = owner;
  SetAttribute(record, kOptions, dhcp_options_id);
  context.model.plain.Put(id, std::move(record));
  return id;
}

void ReturnToDefaultDhcpOptions(Context& context, const std::string& association_id) {
  if (FindPlain(context.model, association_id, kDhcpAssociationType) == nullptr) return;
  context.model.plain.Erase(association_id);
}

std::string DhcpOptionsOf(const Model& model, const std::string& vpc_id) {
  const v1::PlainState* association = AssociationOf(model, vpc_id);
  const std::string id = association == nullptr ? "" : Attribute(*association, kOptions);
  return id == kDefault ? "" : id;
}

void AddDhcpOptionsTypes(ResourceTypes& types) {
  ResourceType& options = AddPlainType(types, kDhcpOptionsType, OwnId(kOptions));
  options.asks_for = fabrics::Feature::kVpcNames;
  options.create = [](Context& context, const ResourceContext& resource, const Value& properties) {
    return CreateDhcpOptions(context, OwnerOf(resource),
                             {.domain_name = properties.Get("DomainName").text(),
                              .domain_name_servers = properties.Get("DomainNameServers").ItemTexts(),
                              .ntp_servers = properties.Get("NtpServers").ItemTexts(),
                              .netbios_name_servers = properties.Get("NetbiosNameServers").ItemTexts(),
                              .netbios_node_type = properties.Get("NetbiosNodeType").text()});
  };
  options.update = NothingToChange;
  options.remove = [](Context& context, const ResourceContext&, const std::string& id) {
    return DeleteDhcpOptions(context, id);
  };
  types.AddId({IdKind::kDhcpOptions, "dopt-", "dhcpOption ID", "InvalidDhcpOptionsID.NotFound",
               [](const Model& model, const std::string& id) {
                 return id == kDefault || FindPlain(model, id, kDhcpOptionsType) != nullptr;
               }});
  ResourceType& association = AddPlainType(types, kDhcpAssociationType, OwnId("Id"));
  association.asks_for = fabrics::Feature::kVpcNames;
  association.create = [](Context& context, const ResourceContext& resource, const Value& properties) {
    return AssociateDhcpOptions(context, OwnerOf(resource), properties.Get(kOptions).text(),
                                properties.Get("VpcId").text());
  };
  association.update = NothingToChange;
  association.remove = [](Context& context, const ResourceContext&, const std::string& id) {
    ReturnToDefaultDhcpOptions(context, id);
    return absl::OkStatus();
  };
}

}  // namespace nubo::region
