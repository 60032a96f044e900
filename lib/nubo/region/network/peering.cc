#include "nubo/region/network/peering.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/region/network/address_blocks.h"
#include "nubo/region/network/plain_records.h"
#include "nubo/region/state/model.h"
#include "nubo/stack/runner.h"
#include "nubo/stack/schema.h"
#include "nubo/stack/value.h"
#include "nubo/vpc/validate.h"

namespace nubo::region {
namespace {

constexpr char kPeer[] = "PeerVpcId";

absl::Status BadValue(std::string message) {
  return base::WithErrorCode(absl::InvalidArgumentError(std::move(message)), "InvalidParameterValue");
}

}  // namespace

absl::StatusOr<std::string> CreateVpcPeeringConnection(Context& context, const v1::Owner& owner,
                                                       const CreateVpcPeeringConnectionRequest& request) {
  NUBO_RETURN_IF_ERROR(CheckExists(context, stack::IdKind::kVpc, request.vpc_id));
  if (!request.peer_owner_id.empty() && request.peer_owner_id != kAccountId) {
    return BadValue(absl::StrCat("there is one account, ", kAccountId, ", and no ", request.peer_owner_id));
  }
  if (!request.peer_region.empty() && request.peer_region != kRegionName) {
    return BadValue(absl::StrCat("there is one region, ", kRegionName, ", and no ", request.peer_region));
  }
  NUBO_RETURN_IF_ERROR(CheckExists(context, stack::IdKind::kVpc, request.peer_vpc_id));
  const v1::PlainState* present = FirstPlain(context.model, kPeeringType, [&](const v1::PlainState& other) {
    return other.vpc_id() == request.vpc_id && Attribute(other, kPeer) == request.peer_vpc_id;
  });
  if (present != nullptr) return present->id();
  NUBO_RETURN_IF_ERROR(
      vpc::CheckPeering(BlocksOfVpc(context.model, request.vpc_id), BlocksOfVpc(context.model, request.peer_vpc_id)));
  v1::PlainState record;
  record.set_vpc_id(request.vpc_id);
  SetAttribute(record, kPeer, request.peer_vpc_id);
  SetAttribute(record, "Status", "active");
  return PutPlain(context, owner, kPeeringType, "pcx", std::move(record));
}

void DeleteVpcPeeringConnection(Context& context, const std::string& peering_connection_id) {
  if (FindPlain(context.model, peering_connection_id, kPeeringType) == nullptr) return;
  context.model.plain.Erase(peering_connection_id);
}

void AddPeeringTypes(ResourceTypes& types) {
  ResourceType& type = AddPlainType(types, kPeeringType, OwnId("Id"));
  type.asks_for = fabrics::Feature::kPeering;
  type.create = [](Context& context, const stack::ResourceContext& resource, const stack::Value& properties) {
    return CreateVpcPeeringConnection(context, OwnerOf(resource),
                                      {.vpc_id = properties.Get("VpcId").text(),
                                       .peer_vpc_id = properties.Get(kPeer).text(),
                                       .peer_owner_id = properties.Get("PeerOwnerId").text(),
                                       .peer_region = properties.Get("PeerRegion").text()});
  };
  type.update = NothingToChange;
  type.remove = [](Context& context, const stack::ResourceContext&, const std::string& id) {
    DeleteVpcPeeringConnection(context, id);
    return absl::OkStatus();
  };
  AddPlainId(types, stack::IdKind::kPeeringConnection, "pcx-", "vpcPeeringConnection ID",
             "InvalidVpcPeeringConnectionID.NotFound", kPeeringType);
}

}  // namespace nubo::region
