// A change set as text: like a diff, one resource a paragraph.
//
// Example:
//   context.out << PlanText(answer, context.style);
//   //   ~ Vpc (AWS::EC2::VPC, vpc-0123456789abcdef0)
//   //       EnableDnsHostnames: false -> true
//
// Thread safety: pure functions.
#ifndef NUBO_CLI_OUTPUT_PLAN_TEXT_H_
#define NUBO_CLI_OUTPUT_PLAN_TEXT_H_

#include <string>

#include "nubo/cli/output/progress.h"
#include "nubo/cloudformation/v1/cloudformation.pb.h"

namespace nubo::cli {

// Code points of a value that are shown, and lines of a script; `-o json` has them all.
inline constexpr int kValueShownMax = 120;
inline constexpr int kLinesShownMax = 20;

// "No updates are to be performed." if that is so.
std::string PlanText(const cloudformation::v1::DescribeChangeSetResponse& changes, const LineStyle& style);

}  // namespace nubo::cli

#endif  // NUBO_CLI_OUTPUT_PLAN_TEXT_H_
