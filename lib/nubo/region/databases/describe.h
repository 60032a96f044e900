// DB instances as the region's lists show them.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_DATABASES_DESCRIBE_H_
#define NUBO_REGION_DATABASES_DESCRIBE_H_

#include "absl/status/status.h"
#include "nubo/rds/v1/rds.pb.h"
#include "nubo/region/state/context.h"

namespace nubo::region {

// The page that `request` asks for. INVALID_ARGUMENT: as ListPage::Of. NOT_FOUND (DBInstanceNotFound).
absl::Status Describe(const Context& context, const rds::v1::DescribeDbInstancesRequest& request,
                      rds::v1::DescribeDbInstancesResponse& response);

// All of them: for ShowFromList, which looks for one.
void Describe(const Context& context, rds::v1::DescribeDbInstancesResponse& out);

}  // namespace nubo::region

#endif  // NUBO_REGION_DATABASES_DESCRIBE_H_
