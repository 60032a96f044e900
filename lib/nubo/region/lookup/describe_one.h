// Anything the region has, by whatever it is called.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_LOOKUP_DESCRIBE_ONE_H_
#define NUBO_REGION_LOOKUP_DESCRIBE_ONE_H_

#include <string>

#include "absl/status/statusor.h"
#include "nubo/region/state/context.h"
#include "nubo/region/v1/region.pb.h"

namespace nubo::region {

// By its physical id, by STACK/LOGICAL-ID, or by a logical id or name that only one has. NOT_FOUND: nothing has it.
// INVALID_ARGUMENT: several have it.
absl::StatusOr<v1::DescribeResponse> DescribeOne(const Context& context, const std::string& name);

// The id of what people call by another name; what is called by none is given back.
std::string FullId(const Context& context, const std::string& name);
// The id of the process that a resource is; of what is none, its own.
std::string ProcessOf(const Context& context, const std::string& id);

}  // namespace nubo::region

#endif  // NUBO_REGION_LOOKUP_DESCRIBE_ONE_H_
