// What the region answers, as rows of a table: one function a kind.
//
// Thread safety: pure functions.
#ifndef NUBO_CLI_OUTPUT_ROWS_H_
#define NUBO_CLI_OUTPUT_ROWS_H_

#include "nubo/autoscaling/v1/autoscaling.pb.h"
#include "nubo/cli/output/table.h"
#include "nubo/cloudformation/v1/cloudformation.pb.h"
#include "nubo/ec2/v1/ec2.pb.h"
#include "nubo/elbv2/v1/elbv2.pb.h"
#include "nubo/rds/v1/rds.pb.h"
#include "nubo/region/v1/region.pb.h"
#include "nubo/route53/v1/route53.pb.h"
#include "nubo/vpc/v1/vpc.pb.h"

namespace nubo::cli {

Table Rows(const cloudformation::v1::DescribeStacksResponse& answer);
Table Rows(const cloudformation::v1::DescribeStackResourcesResponse& answer);
Table Rows(const ec2::v1::DescribeInstancesResponse& answer);
Table Rows(const ec2::v1::DescribeImagesResponse& answer);
Table Rows(const autoscaling::v1::DescribeAutoScalingGroupsResponse& answer);
Table Rows(const elbv2::v1::DescribeLoadBalancersResponse& answer);
Table Rows(const elbv2::v1::DescribeTargetGroupsResponse& answer);
Table Rows(const elbv2::v1::DescribeTargetHealthResponse& answer);
Table Rows(const route53::v1::ListHostedZonesResponse& answer);
Table Rows(const route53::v1::ListResourceRecordSetsResponse& answer);
Table Rows(const vpc::v1::DescribeVpcsResponse& answer);
Table Rows(const vpc::v1::DescribeSubnetsResponse& answer);
Table Rows(const rds::v1::DescribeDbInstancesResponse& answer);
Table Rows(const region::v1::DescribeEventsResponse& answer);

}  // namespace nubo::cli

#endif  // NUBO_CLI_OUTPUT_ROWS_H_
