// Instances and images as the region's lists show them.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_COMPUTE_DESCRIBE_H_
#define NUBO_REGION_COMPUTE_DESCRIBE_H_

#include <string>

#include "absl/status/status.h"
#include "nubo/ec2/v1/ec2.pb.h"
#include "nubo/region/state/context.h"

namespace nubo::region {

// Each: the page that `request` asks for. INVALID_ARGUMENT: as ListPage::Of. NOT_FOUND, with AWS's code: an id of
// nothing.
absl::Status Describe(const Context& context, const ec2::v1::DescribeInstancesRequest& request,
                      ec2::v1::DescribeInstancesResponse& response);
absl::Status Describe(const Context& context, const ec2::v1::DescribeImagesRequest& request,
                      ec2::v1::DescribeImagesResponse& response);

void ShowInstance(const Context& context, const v1::InstanceState& record, ec2::v1::Instance* out);
ec2::v1::Image ShowImage(const v1::ImageState& image);

// "Healthy" or "Unhealthy", as Auto Scaling has it; "": of one that is stopped and of no group, neither.
std::string HealthStatus(const Context& context, const v1::InstanceState& record);

}  // namespace nubo::region

#endif  // NUBO_REGION_COMPUTE_DESCRIBE_H_
