#include "nubo/region/network/nat_gateways.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/region/network/addresses.h"
#include "nubo/region/network/elastic_addresses.h"
#include "nubo/region/network/plain_records.h"
#include "nubo/stack/runner.h"
#include "nubo/stack/schema.h"
#include "nubo/stack/value.h"

namespace nubo::region {
namespace {

using stack::IdKind;
using stack::ResourceContext;
using stack::Value;

constexpr char kPublic[] = "public";

absl::Status CheckKind(const CreateNatGatewayRequest& request) {
  const bool is_public = request.connectivity_type == kPublic;
  if (!is_public && request.connectivity_type != "private") {
    return base::WithErrorCode(
        absl::InvalidArgumentError(absl::StrCat("the connectivity type \"", request.connectivity_type.substr(0, 64),
                                                "\" is neither public nor private")),
        "InvalidParameterValue");
  }
  if (is_public && request.allocation_id.empty()) {
    return base::WithErrorCode(absl::InvalidArgumentError("a public NAT gateway needs AllocationId, the allocation id "
                                                          "of an elastic IP address"),
                               "MissingParameter");
  }
  if (!is_public && !request.allocation_id.empty()) {
    return base::WithErrorCode(absl::InvalidArgumentError("a private NAT gateway takes no AllocationId"),
                               "InvalidParameterCombination");
  }
  return absl::OkStatus();
}

absl::Status CheckWayOut(const Context& context, const std::string& vpc_id) {
  const v1::PlainState* attachment = FirstPlain(context.model, kAttachmentType, [&](const v1::PlainState& other) {
    return other.vpc_id() == vpc_id && !Attribute(other, "InternetGatewayId").empty();
  });
  if (attachment != nullptr) return absl::OkStatus();
  return base::WithErrorCode(
      absl::FailedPreconditionError(absl::StrCat("Network ", vpc_id, " has no Internet gateway attached")),
      "Gateway.NotAttached");
}

absl::Status CheckCount(const Context& context, const v1::SubnetState& subnet) {
  const size_t present = CountPlain(context.model, kNatGatewayType, [&](const v1::PlainState& other) {
    const v1::SubnetState* its = context.model.subnets.Find(Attribute(other, "SubnetId"));
    return its != nullptr && its->availability_zone() == subnet.availability_zone();
  });
  if (present < kNatGatewaysMax) return absl::OkStatus();
  return base::WithErrorCode(
      absl::ResourceExhaustedError(
          absl::StrCat("there are ", kNatGatewaysMax, " NAT gateways in ", subnet.availability_zone(), " already")),
      "NatGatewayLimitExceeded");
}

}  // namespace

absl::StatusOr<std::string> CreateNatGateway(Context& context, const v1::Owner& owner,
                                             const CreateNatGatewayRequest& request) {
  NUBO_RETURN_IF_ERROR(CheckExists(context, IdKind::kSubnet, request.subnet_id));
  NUBO_RETURN_IF_ERROR(CheckKind(request));
  const v1::SubnetState& subnet = *context.model.subnets.Find(request.subnet_id);
  NUBO_RETURN_IF_ERROR(CheckCount(context, subnet));
  v1::PlainState record;
  record.set_vpc_id(subnet.vpc_id());
  if (request.connectivity_type == kPublic) {
    NUBO_RETURN_IF_ERROR(CheckExists(context, IdKind::kAllocation, request.allocation_id));
    NUBO_RETURN_IF_ERROR(CheckWayOut(context, subnet.vpc_id()));
    NUBO_RETURN_IF_ERROR(CheckFree(context.model, request.allocation_id));
    SetAttribute(record, "AllocationId", request.allocation_id);
    SetAttribute(record, "PublicIp",
                 Attribute(*FindPlain(context.model, request.allocation_id, kAddressType), "PublicIp"));
  }
  NUBO_ASSIGN_OR_RETURN(const Address address, TakeAddress(context, request.subnet_id, request.private_ip_address));
  SetAttribute(record, "ConnectivityType", request.connectivity_type);
  SetAttribute(record, "PrivateIpAddress", address.private_ip);
  SetAttribute(record, "State", "available");
  SetAttribute(record, "SubnetId", request.subnet_id);
  return PutPlain(context, owner, kNatGatewayType, "nat", std::move(record));
}

void DeleteNatGateway(Context& context, const std::string& nat_gateway_id) {
  const v1::PlainState* record = FindPlain(context.model, nat_gateway_id, kNatGatewayType);
  if (record == nullptr) return;
  ReleaseAddress(context, Attribute(*record, "SubnetId"), Attribute(*record, "PrivateIpAddress"));
  context.model.plain.Erase(nat_gateway_id);
}

void AddNatGatewayTypes(ResourceTypes& types) {
  ResourceType& type = AddPlainType(types, kNatGatewayType, OwnId("NatGatewayId"));
  type.asks_for = fabrics::Feature::kNat;
  type.create = [](Context& context, const ResourceContext& resource, const Value& properties) {
    CreateNatGatewayRequest request{.subnet_id = properties.Get("SubnetId").text(),
                                    .allocation_id = properties.Get("AllocationId").text(),
                                    .private_ip_address = properties.Get("PrivateIpAddress").text()};
    const std::string& kind = properties.Get("ConnectivityType").text();
    if (!kind.empty()) request.connectivity_type = kind;
    return CreateNatGateway(context, OwnerOf(resource), request);
  };
  type.update = NothingToChange;
  type.remove = [](Context& context, const ResourceContext&, const std::string& id) {
    DeleteNatGateway(context, id);
    return absl::OkStatus();
  };
  AddPlainId(types, IdKind::kNatGateway, "nat-", "natGateway ID", "InvalidNatGatewayID.NotFound", kNatGatewayType);
}

}  // namespace nubo::region
