// VPCs and subnets as the region's lists show them.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_NETWORK_DESCRIBE_H_
#define NUBO_REGION_NETWORK_DESCRIBE_H_

#include "nubo/region/state/context.h"
#include "nubo/vpc/v1/vpc.pb.h"

namespace nubo::region {

void Describe(const Context& context, vpc::v1::DescribeVpcsResponse& out);
void Describe(const Context& context, vpc::v1::DescribeSubnetsResponse& out);

}  // namespace nubo::region

#endif  // NUBO_REGION_NETWORK_DESCRIBE_H_
