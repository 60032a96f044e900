// Whether a resource's CreationPolicy and UpdatePolicy can be. Private to the validate target.
//
// Rules: CloudFormation user guide, "CreationPolicy attribute" and "UpdatePolicy attribute".
//
// Thread safety: pure functions.
#ifndef NUBO_STACK_VALIDATE_POLICIES_H_
#define NUBO_STACK_VALIDATE_POLICIES_H_

#include <string>
#include <vector>

#include "nubo/stack/diagnostic.h"
#include "nubo/stack/value.h"

namespace nubo::stack {

// Each evaluated as far as it is known, or null.
void CheckCreationPolicy(const Value& policy, std::vector<Diagnostic>& problems);
// `properties`: of the resource that has it.
void CheckUpdatePolicy(const Value& policy, const Value& properties, std::vector<Diagnostic>& problems);

}  // namespace nubo::stack

#endif  // NUBO_STACK_VALIDATE_POLICIES_H_
