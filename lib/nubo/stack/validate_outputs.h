// What a template exports, and whether its outputs can be. Private to the stack module and the region.
//
// Rules: CloudFormation user guide, "Outputs section".
//
// Thread safety: pure functions.
#ifndef NUBO_STACK_VALIDATE_OUTPUTS_H_
#define NUBO_STACK_VALIDATE_OUTPUTS_H_

#include <string>
#include <vector>

#include "nubo/stack/diagnostic.h"
#include "nubo/stack/evaluate.h"
#include "nubo/stack/template.h"

namespace nubo::stack {

struct NamedExport {
  std::string name;
  std::string output;
  Location location;
};

// Of the outputs whose condition holds, in the order of the file; those whose names cannot be are left out.
std::vector<NamedExport> NamedExports(const Template& parsed, const Bindings& bindings);

// Adds what is wrong: export names that cannot be, or that are given twice.
void CheckOutputs(const Template& parsed, const Bindings& bindings, std::vector<Diagnostic>& problems);

}  // namespace nubo::stack

#endif  // NUBO_STACK_VALIDATE_OUTPUTS_H_
