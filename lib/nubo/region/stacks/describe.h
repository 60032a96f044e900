// Stacks and their resources as the region's lists show them.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_STACKS_DESCRIBE_H_
#define NUBO_REGION_STACKS_DESCRIBE_H_

#include "absl/status/status.h"
#include "nubo/cloudformation/v1/cloudformation.pb.h"
#include "nubo/region/state/context.h"
#include "nubo/region/v1/state.pb.h"

namespace nubo::region {

// Each: the page that `request` asks for. INVALID_ARGUMENT: as ListPage::Of. NOT_FOUND (ValidationError): no such
// stack.
absl::Status Describe(const Context& context, const cloudformation::v1::DescribeStacksRequest& request,
                      cloudformation::v1::DescribeStacksResponse& response);
absl::Status Describe(const Context& context, const cloudformation::v1::DescribeStackResourcesRequest& request,
                      cloudformation::v1::DescribeStackResourcesResponse& response);

}  // namespace nubo::region

#endif  // NUBO_REGION_STACKS_DESCRIBE_H_
