// Load balancers, target groups and their targets as the region's lists show them.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_BALANCING_DESCRIBE_H_
#define NUBO_REGION_BALANCING_DESCRIBE_H_

#include "nubo/elbv2/v1/elbv2.pb.h"
#include "nubo/region/state/context.h"

namespace nubo::region {

void Describe(const Context& context, elbv2::v1::DescribeLoadBalancersResponse& out);
void Describe(const Context& context, elbv2::v1::DescribeTargetGroupsResponse& out);
void Describe(const Context& context, elbv2::v1::DescribeTargetHealthResponse& out);

}  // namespace nubo::region

#endif  // NUBO_REGION_BALANCING_DESCRIBE_H_
