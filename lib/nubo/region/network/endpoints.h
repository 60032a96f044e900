// VPC endpoints: a service inside a VPC, without a way out. A gateway endpoint (of S3 and DynamoDB) is a target of
// routes; an interface endpoint has a network interface in each of its subnets. (EC2 API reference, CreateVpcEndpoint.)
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(const std::string id,
//                         CreateVpcEndpoint(context, {}, {.vpc_id = vpc, .service_name = "com.amazonaws.us-east-1.s3",
//                                                         .route_table_ids = {table}}));
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_NETWORK_ENDPOINTS_H_
#define NUBO_REGION_NETWORK_ENDPOINTS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nubo/region/resources/resource_types.h"
#include "nubo/region/state/context.h"
#include "nubo/region/state/model.h"

namespace nubo::region {

struct VpcEndpointRequest {
  std::string vpc_id;
  // "com.amazonaws.us-east-1.s3".
  std::string service_name;
  // "Gateway" or "Interface".
  std::string type = "Gateway";
  std::vector<std::string> route_table_ids = {};
  std::vector<std::string> subnet_ids = {};
  // None: the VPC's default group.
  std::vector<std::string> security_group_ids = {};
  bool private_dns_enabled = false;
};
// Its id (vpce-…). NOT_FOUND: of the VPC, the tables, subnets and groups as their kinds have it. INVALID_ARGUMENT: no
// service of this region (InvalidServiceName); what goes with the other type alone, tables or subnets of another VPC,
// or two subnets in one zone (InvalidParameter). ALREADY_EXISTS (RouteAlreadyExists): a table has one to the service.
absl::StatusOr<std::string> CreateVpcEndpoint(Context& context, const v1::Owner& owner,
                                              const VpcEndpointRequest& request);
// Its tables, or subnets and groups, from now on; neither VPC, service nor type can be others. NOT_FOUND
// (InvalidVpcEndpointId.NotFound); else as CreateVpcEndpoint().
absl::Status ModifyVpcEndpoint(Context& context, const std::string& endpoint_id, const VpcEndpointRequest& request);
// With its interfaces. Without effect on one that is not there.
void DeleteVpcEndpoint(Context& context, const std::string& endpoint_id);

// Ids of its interfaces.
std::vector<std::string> InterfacesOfEndpoint(const Model& model, const std::string& endpoint_id);

// AWS::EC2::VPCEndpoint.
void AddEndpointTypes(ResourceTypes& types);

}  // namespace nubo::region

#endif  // NUBO_REGION_NETWORK_ENDPOINTS_H_
