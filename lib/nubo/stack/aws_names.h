// What AWS has by name, so that what is not offered here is called that, and not taken for a misspelling.
//
// Example:
//   std::string why = WhyNotOffered("AWS::EC2::TransitGateway");  // "AWS has it; it is not offered here yet"
//
// Thread safety: constant data and pure functions.
#ifndef NUBO_STACK_AWS_NAMES_H_
#define NUBO_STACK_AWS_NAMES_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace nubo::stack {

// Every resource type of the services of our field (EC2, Auto Scaling, load balancing, Route 53, RDS, Beanstalk and
// what stands around them), those that there are here among them; sorted.
absl::Span<const absl::string_view> AwsResourceTypes();

// Why a type that is none here is one all the same: AWS's own, a custom resource, another publisher's. "": it is
// nobody's that is known.
std::string WhyNotOffered(absl::string_view resource_type);

}  // namespace nubo::stack

#endif  // NUBO_STACK_AWS_NAMES_H_
