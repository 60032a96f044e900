// Instances and images as the region's lists show them.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_COMPUTE_DESCRIBE_H_
#define NUBO_REGION_COMPUTE_DESCRIBE_H_

#include "nubo/ec2/v1/ec2.pb.h"
#include "nubo/region/state/context.h"

namespace nubo::region {

void Describe(const Context& context, ec2::v1::DescribeInstancesResponse& out);
void Describe(const Context& context, ec2::v1::DescribeImagesResponse& out);

void ShowInstance(const Context& context, const v1::InstanceState& record, ec2::v1::Instance* out);
ec2::v1::Image ShowImage(const v1::ImageState& image);

// "Healthy" or "Unhealthy", as Auto Scaling has it; "": of one that is stopped and of no group, neither.
std::string HealthStatus(const Context& context, const v1::InstanceState& record);

}  // namespace nubo::region

#endif  // NUBO_REGION_COMPUTE_DESCRIBE_H_
