// The resource part of docs/template-reference.md, out of the schema tables.
//
// Example:
//   std::cout << ResourceReference();
//
// Thread safety: pure function.
#ifndef NUBO_TESTS_STACK_REFERENCE_H_
#define NUBO_TESTS_STACK_REFERENCE_H_

#include <string>

namespace nubo::stack {

std::string ResourceReference();

}  // namespace nubo::stack

#endif  // NUBO_TESTS_STACK_REFERENCE_H_
