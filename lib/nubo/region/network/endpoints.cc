#include "nubo/region/network/endpoints.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "nubo/base/status.h"
#include "nubo/region/network/addresses.h"
#include "nubo/region/network/interfaces.h"
#include "nubo/region/network/plain_records.h"
#include "nubo/region/network/prefix_lists.h"
#include "nubo/stack/runner.h"
#include "nubo/stack/schema.h"
#include "nubo/stack/value.h"

namespace nubo::region {
namespace {

using stack::IdKind;
using stack::ResourceContext;
using stack::Value;

constexpr char kGateway[] = "Gateway";
constexpr char kInterface[] = "Interface";
constexpr char kService[] = "ServiceName";
constexpr char kTables[] = "RouteTableIds";
constexpr char kType[] = "VpcEndpointType";
constexpr char kOf[] = "VpcEndpointId";

absl::Status Refuse(std::string message, absl::string_view code = "InvalidParameter") {
  return base::WithErrorCode(absl::InvalidArgumentError(std::move(message)), code);
}

// "s3" of "com.amazonaws.us-east-1.s3"; "" of what is no service of AWS's in this region.
std::string ShortName(absl::string_view service) {
  if (!absl::ConsumePrefix(&service, "com.amazonaws.") && !absl::ConsumePrefix(&service, "aws.api.")) return "";
  if (!absl::ConsumePrefix(&service, absl::StrCat(kRegionName, "."))) return "";
  return std::string(service);
}

absl::Status CheckService(const VpcEndpointRequest& request) {
  const std::string service = ShortName(request.service_name);
  if (service.empty()) {
    return Refuse(absl::StrCat("The Vpc Endpoint Service '", request.service_name.substr(0, 128), "' does not exist"),
                  "InvalidServiceName");
  }
  if (request.type == kInterface) return absl::OkStatus();
  if (request.type != kGateway) {
    return Refuse(absl::StrCat("there are endpoints of type ", kGateway, " and ", kInterface, ", and no ",
                               request.type.substr(0, 64)));
  }
  // Of those two alone AWS has gateways.
  if (service == "s3" || service == "dynamodb") return absl::OkStatus();
  return Refuse(
      absl::StrCat("the service ", request.service_name, " has no gateway; use VpcEndpointType ", kInterface));
}

absl::Status CheckTables(const Context& context, const VpcEndpointRequest& request, const std::string& endpoint_id) {
  for (const std::string& table : request.route_table_ids) {
    NUBO_RETURN_IF_ERROR(CheckExists(context, IdKind::kRouteTable, table));
    if (context.model.plain.Find(table)->vpc_id() != request.vpc_id) {
      return Refuse(absl::StrCat("the route table ", table, " is of another network than ", request.vpc_id));
    }
    const v1::PlainState* other = FirstPlain(context.model, kEndpointType, [&](const v1::PlainState& present) {
      const std::vector<std::string> tables = ListOf(present, kTables);
      return present.id() != endpoint_id && Attribute(present, kService) == request.service_name &&
             std::find(tables.begin(), tables.end(), table) != tables.end();
    });
    if (other == nullptr) continue;
    return base::WithErrorCode(
        absl::AlreadyExistsError(absl::StrCat("route table ", table,
                                              " already has a route with destination-prefix-"
                                              "list-id ",
                                              AwsPrefixList(ShortName(request.service_name)), ": to ", other->id())),
        "RouteAlreadyExists");
  }
  return absl::OkStatus();
}

absl::Status CheckSubnets(const Context& context, const VpcEndpointRequest& request) {
  std::set<std::string> zones;
  for (const std::string& id : request.subnet_ids) {
    NUBO_RETURN_IF_ERROR(CheckExists(context, IdKind::kSubnet, id));
    const v1::SubnetState& subnet = *context.model.subnets.Find(id);
    if (subnet.vpc_id() != request.vpc_id) {
      return Refuse(absl::StrCat("the subnet ", id, " is of another network than ", request.vpc_id));
    }
    if (!zones.insert(subnet.availability_zone()).second) {
      return Refuse(absl::StrCat("Found another VPC endpoint subnet in the availability zone of ", id, ", ",
                                 subnet.availability_zone()),
                    "DuplicateSubnetsInSameZone");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckRequest(const Context& context, const VpcEndpointRequest& request, const std::string& endpoint_id) {
  NUBO_RETURN_IF_ERROR(CheckExists(context, IdKind::kVpc, request.vpc_id));
  NUBO_RETURN_IF_ERROR(CheckService(request));
  const bool has_interfaces = !request.subnet_ids.empty() || !request.security_group_ids.empty();
  if (request.type == kGateway && has_interfaces) {
    return Refuse("an endpoint of type Gateway has route tables, and neither subnets nor security groups");
  }
  if (request.type == kInterface && !request.route_table_ids.empty()) {
    return Refuse("an endpoint of type Interface has subnets, and no route tables");
  }
  NUBO_RETURN_IF_ERROR(CheckTables(context, request, endpoint_id));
  NUBO_RETURN_IF_ERROR(CheckSubnets(context, request));
  return CheckGroupsOf(context, request.vpc_id, request.security_group_ids);
}

void EraseInterface(Context& context, const std::string& interface_id) {
  const v1::PlainState& record = *context.model.plain.Find(interface_id);
  for (const std::string& address : AddressesOf(record)) {
    ReleaseAddress(context, Attribute(record, "SubnetId"), address);
  }
  context.model.plain.Erase(interface_id);
}

// One in each of the subnets, no other, all in these groups. Those that are there stay. Nothing is left of a failure.
absl::Status SetInterfaces(Context& context, const std::string& endpoint_id, const VpcEndpointRequest& request) {
  std::set<std::string> wanted(request.subnet_ids.begin(), request.subnet_ids.end());
  std::vector<std::string> leaving, made;
  for (const std::string& id : InterfacesOfEndpoint(context.model, endpoint_id)) {
    const bool stays = wanted.erase(Attribute(*context.model.plain.Find(id), "SubnetId")) > 0;
    if (!stays) leaving.push_back(id);
  }
  for (const std::string& subnet : wanted) {
    const auto id = CreateNetworkInterface(context, {},
                                           {.subnet_id = subnet,
                                            .description = absl::StrCat("VPC Endpoint Interface ", endpoint_id),
                                            .groups = request.security_group_ids});
    if (!id.ok()) {
      for (const std::string& one : made) EraseInterface(context, one);
      return id.status();
    }
    made.push_back(*id);
    context.model.plain.Update(*id, [&](v1::PlainState& record) { SetAttribute(record, kOf, endpoint_id); });
  }
  for (const std::string& id : leaving) EraseInterface(context, id);
  for (const std::string& id : InterfacesOfEndpoint(context.model, endpoint_id)) {
    NUBO_RETURN_IF_ERROR(
        ModifyNetworkInterfaceAttribute(context, {.network_interface_id = id, .groups = request.security_group_ids}));
  }
  return absl::OkStatus();
}

}  // namespace

std::vector<std::string> InterfacesOfEndpoint(const Model& model, const std::string& endpoint_id) {
  std::vector<std::string> ids;
  for (const auto& [id, record] : model.plain) {
    if (record.type() == kInterfaceType && Attribute(record, kOf) == endpoint_id) ids.push_back(id);
  }
  return ids;
}

absl::StatusOr<std::string> CreateVpcEndpoint(Context& context, const v1::Owner& owner,
                                              const VpcEndpointRequest& request) {
  NUBO_RETURN_IF_ERROR(CheckRequest(context, request, ""));
  v1::PlainState record;
  record.set_vpc_id(request.vpc_id);
  SetAttribute(record, kService, request.service_name);
  SetAttribute(record, kType, request.type);
  SetAttribute(record, "PrivateDnsEnabled", request.private_dns_enabled ? "true" : "false");
  SetAttribute(record, "State", "available");
  SetAttribute(record, "CreationTimestamp", TimeText(context.now()));
  SetList(record, kTables, request.route_table_ids);
  const std::string id = PutPlain(context, owner, kEndpointType, "vpce", std::move(record));
  const absl::Status status = SetInterfaces(context, id, request);
  if (status.ok()) return id;
  context.model.plain.Erase(id);
  return status;
}

absl::Status ModifyVpcEndpoint(Context& context, const std::string& endpoint_id, const VpcEndpointRequest& request) {
  const v1::PlainState* record = FindPlain(context.model, endpoint_id, kEndpointType);
  if (record == nullptr) return CheckExists(context, IdKind::kVpcEndpoint, endpoint_id);
  VpcEndpointRequest wanted = request;
  wanted.vpc_id = record->vpc_id();
  wanted.service_name = Attribute(*record, kService);
  wanted.type = Attribute(*record, kType);
  NUBO_RETURN_IF_ERROR(CheckRequest(context, wanted, endpoint_id));
  NUBO_RETURN_IF_ERROR(SetInterfaces(context, endpoint_id, wanted));
  context.model.plain.Update(endpoint_id, [&](v1::PlainState& changed) {
    SetAttribute(changed, "PrivateDnsEnabled", wanted.private_dns_enabled ? "true" : "false");
    SetList(changed, kTables, wanted.route_table_ids);
  });
  return absl::OkStatus();
}

void DeleteVpcEndpoint(Context& context, const std::string& endpoint_id) {
  if (FindPlain(context.model, endpoint_id, kEndpointType) == nullptr) return;
  for (const std::string& id : InterfacesOfEndpoint(context.model, endpoint_id)) EraseInterface(context, id);
  context.model.plain.Erase(endpoint_id);
}

namespace {

VpcEndpointRequest ReadRequest(const Value& properties) {
  VpcEndpointRequest request{.vpc_id = properties.Get("VpcId").text(),
                             .service_name = properties.Get(kService).text(),
                             .route_table_ids = properties.Get(kTables).ItemTexts(),
                             .subnet_ids = properties.Get("SubnetIds").ItemTexts(),
                             .security_group_ids = properties.Get("SecurityGroupIds").ItemTexts(),
                             .private_dns_enabled = properties.Get("PrivateDnsEnabled").AsBool().value_or(false)};
  const std::string& type = properties.Get(kType).text();
  if (!type.empty()) request.type = type;
  return request;
}

// "vpce-1.s3.us-east-1.vpce.amazonaws.com", behind its zone's id as at AWS.
std::vector<std::string> NamesOf(const v1::PlainState& record) {
  if (Attribute(record, kType) != kInterface) return {};
  return {absl::StrCat("Z7HUB22UULQXV:", record.id(), ".", ShortName(Attribute(record, kService)), ".", kRegionName,
                       ".vpce.amazonaws.com")};
}

stack::Attributes EndpointAttributes(const Context& context, const v1::PlainState& record) {
  return {{"CreationTimestamp", Value::String(Attribute(record, "CreationTimestamp"))},
          {"DnsEntries", Value::Strings(NamesOf(record))},
          {"Id", Value::String(record.id())},
          {"NetworkInterfaceIds", Value::Strings(InterfacesOfEndpoint(context.model, record.id()))}};
}

}  // namespace

void AddEndpointTypes(ResourceTypes& types) {
  ResourceType& type = AddPlainType(types, kEndpointType, EndpointAttributes);
  type.asks_for = fabrics::Feature::kEndpoints;
  type.create = [](Context& context, const ResourceContext& resource, const Value& properties) {
    return CreateVpcEndpoint(context, OwnerOf(resource), ReadRequest(properties));
  };
  type.update = [](Context& context, const ResourceContext&, const std::string& id, const Value& properties) {
    return ModifyVpcEndpoint(context, id, ReadRequest(properties));
  };
  type.remove = [](Context& context, const ResourceContext&, const std::string& id) {
    DeleteVpcEndpoint(context, id);
    return absl::OkStatus();
  };
  AddPlainId(types, IdKind::kVpcEndpoint, "vpce-", "Vpc Endpoint Id", "InvalidVpcEndpointId.NotFound", kEndpointType);
}

}  // namespace nubo::region
