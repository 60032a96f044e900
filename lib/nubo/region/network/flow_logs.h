// Flow logs: that what passes a VPC, a subnet or an interface is to be written down. They are recorded; who writes is
// the fabric. (EC2 API reference, CreateFlowLogs.)
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(const std::string id,
//                         CreateFlowLogs(context, {}, {.resource_id = vpc, .resource_type = "VPC",
//                                                      .log_group_name = "flows"}));
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_NETWORK_FLOW_LOGS_H_
#define NUBO_REGION_NETWORK_FLOW_LOGS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nubo/region/resources/resource_types.h"
#include "nubo/region/state/context.h"

namespace nubo::region {

struct FlowLogRequest {
  std::string resource_id;
  // "VPC", "Subnet" or "NetworkInterface".
  std::string resource_type;
  // "ACCEPT", "REJECT" or "ALL".
  std::string traffic_type = "ALL";
  // "cloud-watch-logs", "s3" or "kinesis-data-firehose".
  std::string log_destination_type = "cloud-watch-logs";
  std::string log_destination = {};
  std::string log_group_name = {};
  // "": AWS's.
  std::string log_format = {};
  // 60 or 600 seconds.
  int64_t max_aggregation_interval_s = 600;
};
// Its id (fl-…). NOT_FOUND: as the kind of resource has it. INVALID_ARGUMENT (InvalidParameter): another interval, or
// no destination. ALREADY_EXISTS (FlowLogAlreadyExists): the resource has one to the same destination.
absl::StatusOr<std::string> CreateFlowLogs(Context& context, const v1::Owner& owner, const FlowLogRequest& request);
// Without effect on one that is not there.
void DeleteFlowLogs(Context& context, const std::string& flow_log_id);

// AWS::EC2::FlowLog.
void AddFlowLogTypes(ResourceTypes& types);

}  // namespace nubo::region

#endif  // NUBO_REGION_NETWORK_FLOW_LOGS_H_
