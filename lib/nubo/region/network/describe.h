// VPCs and subnets as the region's lists show them.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_NETWORK_DESCRIBE_H_
#define NUBO_REGION_NETWORK_DESCRIBE_H_

#include "absl/status/status.h"
#include "nubo/region/state/context.h"
#include "nubo/vpc/v1/vpc.pb.h"

namespace nubo::region {

// Each: the page that `request` asks for. INVALID_ARGUMENT: as ListPage::Of. NOT_FOUND, with AWS's code: an id of
// nothing.
absl::Status Describe(const Context& context, const vpc::v1::DescribeVpcsRequest& request,
                      vpc::v1::DescribeVpcsResponse& response);
absl::Status Describe(const Context& context, const vpc::v1::DescribeSubnetsRequest& request,
                      vpc::v1::DescribeSubnetsResponse& response);

}  // namespace nubo::region

#endif  // NUBO_REGION_NETWORK_DESCRIBE_H_
