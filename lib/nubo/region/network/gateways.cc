#include "nubo/region/network/gateways.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/region/network/plain_records.h"
#include "nubo/stack/runner.h"
#include "nubo/stack/schema.h"
#include "nubo/stack/value.h"

namespace nubo::region {

absl::StatusOr<std::string> CreateEgressOnlyInternetGateway(Context& context, const v1::Owner& owner,
                                                            const std::string& vpc_id) {
  NUBO_RETURN_IF_ERROR(CheckExists(context, stack::IdKind::kVpc, vpc_id));
  const size_t present = CountPlain(context.model, kEgressOnlyGatewayType, [](const v1::PlainState&) { return true; });
  if (present >= kEgressOnlyGatewaysMax) {
    return base::WithErrorCode(absl::ResourceExhaustedError(absl::StrCat("there are ", kEgressOnlyGatewaysMax,
                                                                         " egress-only internet gateways already")),
                               "EgressOnlyInternetGatewayLimitExceeded");
  }
  v1::PlainState record;
  record.set_vpc_id(vpc_id);
  return PutPlain(context, owner, kEgressOnlyGatewayType, "eigw", std::move(record));
}

void DeleteEgressOnlyInternetGateway(Context& context, const std::string& gateway_id) {
  if (FindPlain(context.model, gateway_id, kEgressOnlyGatewayType) == nullptr) return;
  context.model.plain.Erase(gateway_id);
}

void AddGatewayTypes(ResourceTypes& types) {
  ResourceType& type = AddPlainType(types, kEgressOnlyGatewayType, OwnId("Id"));
  type.asks_for = fabrics::Feature::kIpv6;
  type.create = [](Context& context, const stack::ResourceContext& resource, const stack::Value& properties) {
    return CreateEgressOnlyInternetGateway(context, OwnerOf(resource), properties.Get("VpcId").text());
  };
  type.update = NothingToChange;
  type.remove = [](Context& context, const stack::ResourceContext&, const std::string& id) {
    DeleteEgressOnlyInternetGateway(context, id);
    return absl::OkStatus();
  };
  AddPlainId(types, stack::IdKind::kEgressOnlyGateway, "eigw-", "eigw ID", "InvalidGatewayID.NotFound",
             kEgressOnlyGatewayType);
}

}  // namespace nubo::region
