// Scaling groups as the region's lists show them.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_GROUPS_DESCRIBE_H_
#define NUBO_REGION_GROUPS_DESCRIBE_H_

#include "absl/status/status.h"
#include "nubo/autoscaling/v1/autoscaling.pb.h"
#include "nubo/region/state/context.h"

namespace nubo::region {

// The page that `request` asks for. INVALID_ARGUMENT: as ListPage::Of.
absl::Status Describe(const Context& context, const autoscaling::v1::DescribeAutoScalingGroupsRequest& request,
                      autoscaling::v1::DescribeAutoScalingGroupsResponse& response);

// All of them: for ShowFromList, which looks for one.
void Describe(const Context& context, autoscaling::v1::DescribeAutoScalingGroupsResponse& out);

}  // namespace nubo::region

#endif  // NUBO_REGION_GROUPS_DESCRIBE_H_
