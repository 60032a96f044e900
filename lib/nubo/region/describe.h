// The region's model as the edge shows it.
//
// Thread safety: pure functions of the context; guarded by the region's lock.
#ifndef NUBO_REGION_DESCRIBE_H_
#define NUBO_REGION_DESCRIBE_H_

#include "absl/status/statusor.h"
#include "nubo/autoscaling/v1/autoscaling.pb.h"
#include "nubo/cloudformation/v1/cloudformation.pb.h"
#include "nubo/ec2/v1/ec2.pb.h"
#include "nubo/elbv2/v1/elbv2.pb.h"
#include "nubo/rds/v1/rds.pb.h"
#include "nubo/region/context.h"
#include "nubo/region/v1/region.pb.h"
#include "nubo/route53/v1/route53.pb.h"
#include "nubo/vpc/v1/vpc.pb.h"

namespace nubo::region {

void Describe(const Context& context, ec2::v1::DescribeInstancesResponse& out);
void Describe(const Context& context, ec2::v1::DescribeImagesResponse& out);
void Describe(const Context& context, vpc::v1::DescribeVpcsResponse& out);
void Describe(const Context& context, vpc::v1::DescribeSubnetsResponse& out);
void Describe(const Context& context, autoscaling::v1::DescribeAutoScalingGroupsResponse& out);
void Describe(const Context& context, elbv2::v1::DescribeLoadBalancersResponse& out);
void Describe(const Context& context, elbv2::v1::DescribeTargetGroupsResponse& out);
void Describe(const Context& context, elbv2::v1::DescribeTargetHealthResponse& out);
void Describe(const Context& context, route53::v1::ListHostedZonesResponse& out);
void Describe(const Context& context, route53::v1::ListResourceRecordSetsResponse& out);
void Describe(const Context& context, rds::v1::DescribeDbInstancesResponse& out);
void Describe(const Context& context, cloudformation::v1::DescribeStacksResponse& out);
void Describe(const Context& context, cloudformation::v1::DescribeStackResourcesResponse& out);

// Anything by its physical id, by STACK/LOGICAL-ID, or by a logical id or name that only one has. NOT_FOUND: nothing
// has it. INVALID_ARGUMENT: several have it.
absl::StatusOr<v1::DescribeResponse> DescribeOne(const Context& context, const std::string& id);

ec2::v1::Image ShowImage(const v1::ImageState& image);

}  // namespace nubo::region

#endif  // NUBO_REGION_DESCRIBE_H_
