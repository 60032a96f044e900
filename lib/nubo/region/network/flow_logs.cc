#include "nubo/region/network/flow_logs.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/region/network/plain_records.h"
#include "nubo/region/state/model.h"
#include "nubo/stack/runner.h"
#include "nubo/stack/schema.h"
#include "nubo/stack/value.h"

namespace nubo::region {
namespace {

using stack::IdKind;
using stack::ResourceContext;
using stack::Value;

absl::Status Refuse(std::string message) {
  return base::WithErrorCode(absl::InvalidArgumentError(std::move(message)), "InvalidParameter");
}

struct Kind {
  const char* name;
  IdKind id;
};
constexpr Kind kKinds[] = {
    {"NetworkInterface", IdKind::kNetworkInterface}, {"Subnet", IdKind::kSubnet}, {"VPC", IdKind::kVpc}};

absl::Status CheckResource(const Context& context, const FlowLogRequest& request) {
  for (const Kind& kind : kKinds) {
    if (request.resource_type == kind.name) return CheckExists(context, kind.id, request.resource_id);
  }
  return Refuse(absl::StrCat("there are flow logs of VPC, Subnet and NetworkInterface, and none of ",
                             request.resource_type.substr(0, 64)));
}

std::string DestinationOf(const FlowLogRequest& request) {
  return request.log_destination.empty() ? request.log_group_name : request.log_destination;
}

// "": it is of no VPC that is there.
std::string VpcOf(const Model& model, const FlowLogRequest& request) {
  if (request.resource_type == "VPC") return request.resource_id;
  if (const v1::SubnetState* subnet = model.subnets.Find(request.resource_id)) return subnet->vpc_id();
  const v1::PlainState* interface = model.plain.Find(request.resource_id);
  return interface == nullptr ? "" : interface->vpc_id();
}

}  // namespace

absl::StatusOr<std::string> CreateFlowLogs(Context& context, const v1::Owner& owner, const FlowLogRequest& request) {
  NUBO_RETURN_IF_ERROR(CheckResource(context, request));
  if (request.max_aggregation_interval_s != 60 && request.max_aggregation_interval_s != 600) {
    return Refuse(
        absl::StrCat("MaxAggregationInterval is 60 or 600 seconds, not ", request.max_aggregation_interval_s));
  }
  const std::string destination = DestinationOf(request);
  if (destination.empty()) return Refuse("a flow log needs LogGroupName or LogDestination");
  const v1::PlainState* other = FirstPlain(context.model, kFlowLogType, [&](const v1::PlainState& present) {
    return Attribute(present, "ResourceId") == request.resource_id &&
           Attribute(present, "TrafficType") == request.traffic_type &&
           Attribute(present, "LogDestination") == destination;
  });
  if (other != nullptr) {
    return base::WithErrorCode(
        absl::AlreadyExistsError(absl::StrCat(
            "There is an existing Flow Log with the same configuration and log destination: ", other->id())),
        "FlowLogAlreadyExists");
  }
  v1::PlainState record;
  record.set_vpc_id(VpcOf(context.model, request));
  SetAttribute(record, "LogDestination", destination);
  SetAttribute(record, "LogDestinationType", request.log_destination_type);
  SetAttribute(record, "LogFormat", request.log_format);
  SetAttribute(record, "MaxAggregationInterval", absl::StrCat(request.max_aggregation_interval_s));
  SetAttribute(record, "ResourceId", request.resource_id);
  SetAttribute(record, "ResourceType", request.resource_type);
  SetAttribute(record, "TrafficType", request.traffic_type);
  return PutPlain(context, owner, kFlowLogType, "fl", std::move(record));
}

void DeleteFlowLogs(Context& context, const std::string& flow_log_id) {
  if (FindPlain(context.model, flow_log_id, kFlowLogType) == nullptr) return;
  context.model.plain.Erase(flow_log_id);
}

void AddFlowLogTypes(ResourceTypes& types) {
  ResourceType& type = AddPlainType(types, kFlowLogType, OwnId("Id"));
  type.asks_for = fabrics::Feature::kFlowLogs;
  type.create = [](Context& context, const ResourceContext& resource, const Value& properties) {
    FlowLogRequest request{.resource_id = properties.Get("ResourceId").text(),
                           .resource_type = properties.Get("ResourceType").text(),
                           .log_destination = properties.Get("LogDestination").text(),
                           .log_group_name = properties.Get("LogGroupName").text(),
                           .log_format = properties.Get("LogFormat").text()};
    const std::string& traffic = properties.Get("TrafficType").text();
    if (!traffic.empty()) request.traffic_type = traffic;
    const std::string& destination = properties.Get("LogDestinationType").text();
    if (!destination.empty()) request.log_destination_type = destination;
    request.max_aggregation_interval_s =
        properties.Get("MaxAggregationInterval").AsInteger().value_or(request.max_aggregation_interval_s);
    return CreateFlowLogs(context, OwnerOf(resource), request);
  };
  type.update = NothingToChange;
  type.remove = [](Context& context, const ResourceContext&, const std::string& id) {
    DeleteFlowLogs(context, id);
    return absl::OkStatus();
  };
}

}  // namespace nubo::region
