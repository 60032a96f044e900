// Stacks and their resources as the region's lists show them.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_STACKS_DESCRIBE_H_
#define NUBO_REGION_STACKS_DESCRIBE_H_

#include "nubo/cloudformation/v1/cloudformation.pb.h"
#include "nubo/region/state/context.h"
#include "nubo/region/v1/state.pb.h"

namespace nubo::region {

// One of them.
cloudformation::v1::Stack ShowStack(const Context& context, const v1::StackState& record);
void Describe(const Context& context, cloudformation::v1::DescribeStacksResponse& out);
void Describe(const Context& context, cloudformation::v1::DescribeStackResourcesResponse& out);

}  // namespace nubo::region

#endif  // NUBO_REGION_STACKS_DESCRIBE_H_
