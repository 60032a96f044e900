// Load balancers, target groups and their targets as the region's lists show them.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_BALANCING_DESCRIBE_H_
#define NUBO_REGION_BALANCING_DESCRIBE_H_

#include "absl/status/status.h"
#include "nubo/elbv2/v1/elbv2.pb.h"
#include "nubo/region/state/context.h"

namespace nubo::region {

// Each: the page that `request` asks for. INVALID_ARGUMENT: as ListPage::Of. NOT_FOUND, with AWS's code: an ARN or a
// name of nothing.
absl::Status Describe(const Context& context, const elbv2::v1::DescribeLoadBalancersRequest& request,
                      elbv2::v1::DescribeLoadBalancersResponse& response);
absl::Status Describe(const Context& context, const elbv2::v1::DescribeTargetGroupsRequest& request,
                      elbv2::v1::DescribeTargetGroupsResponse& response);
absl::Status Describe(const Context& context, const elbv2::v1::DescribeTargetHealthRequest& request,
                      elbv2::v1::DescribeTargetHealthResponse& response);

// All of them: for ShowFromList, which looks for one.
void Describe(const Context& context, elbv2::v1::DescribeLoadBalancersResponse& out);
void Describe(const Context& context, elbv2::v1::DescribeTargetGroupsResponse& out);

}  // namespace nubo::region

#endif  // NUBO_REGION_BALANCING_DESCRIBE_H_
