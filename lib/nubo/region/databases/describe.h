// DB instances as the region's lists show them.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_DATABASES_DESCRIBE_H_
#define NUBO_REGION_DATABASES_DESCRIBE_H_

#include "nubo/rds/v1/rds.pb.h"
#include "nubo/region/state/context.h"

namespace nubo::region {

void Describe(const Context& context, rds::v1::DescribeDbInstancesResponse& out);

}  // namespace nubo::region

#endif  // NUBO_REGION_DATABASES_DESCRIBE_H_
