// What `-o wide` adds to a table: one function a kind that has more to tell.
//
// Thread safety: pure functions.
#ifndef NUBO_CLI_OUTPUT_WIDE_H_
#define NUBO_CLI_OUTPUT_WIDE_H_

#include "nubo/cli/output/rows.h"

namespace nubo::cli {

// Adds columns to what Rows() made of the same answer.
void Widen(const cloudformation::v1::DescribeStacksResponse& answer, Table& table);
void Widen(const ec2::v1::DescribeInstancesResponse& answer, Table& table);
void Widen(const autoscaling::v1::DescribeAutoScalingGroupsResponse& answer, Table& table);
void Widen(const elbv2::v1::DescribeLoadBalancersResponse& answer, Table& table);
void Widen(const elbv2::v1::DescribeTargetGroupsResponse& answer, Table& table);
void Widen(const elbv2::v1::DescribeTargetHealthResponse& answer, Table& table);
void Widen(const rds::v1::DescribeDbInstancesResponse& answer, Table& table);

// The other kinds show everything anyway.
template <typename Answer>
void Widen(const Answer&, Table&) {}

}  // namespace nubo::cli

#endif  // NUBO_CLI_OUTPUT_WIDE_H_
