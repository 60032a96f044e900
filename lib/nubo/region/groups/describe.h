// Scaling groups as the region's lists show them.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_GROUPS_DESCRIBE_H_
#define NUBO_REGION_GROUPS_DESCRIBE_H_

#include "nubo/autoscaling/v1/autoscaling.pb.h"
#include "nubo/region/state/context.h"

namespace nubo::region {

void Describe(const Context& context, autoscaling::v1::DescribeAutoScalingGroupsResponse& out);

}  // namespace nubo::region

#endif  // NUBO_REGION_GROUPS_DESCRIBE_H_
