// Everything that can be known to be wrong before anything is made.
//
// Parse() has checked shapes and names. With parameter values more is known: CIDR blocks that overlap or lie outside
// their VPC, a group's minimum above its maximum, two rules of one priority.
//
// Example:
//   absl::Status status = ToStatus(parsed.file, Validate(parsed, bindings));  // diagnostic.h
//
// Thread safety: pure functions.
#ifndef NUBO_STACK_VALIDATE_H_
#define NUBO_STACK_VALIDATE_H_

#include <vector>

#include "nubo/stack/diagnostic.h"
#include "nubo/stack/evaluate.h"
#include "nubo/stack/known_resources.h"
#include "nubo/stack/template.h"

namespace nubo::stack {

// All problems, in the order of the file; empty: none. Properties that depend on other resources are looked at as far
// as they are known (known_resources.h).
std::vector<Diagnostic> Validate(const Template& parsed, const Bindings& bindings);

}  // namespace nubo::stack

#endif  // NUBO_STACK_VALIDATE_H_
