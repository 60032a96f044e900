// Parameter values, conditions and intrinsic functions.
//
// Bind() gives a template its parameter values and decides its conditions. ResolveProperties() then evaluates one
// resource's properties, given the physical ids and attributes of the resources it refers to.
//
// Example:
//   auto bindings = Bind(parsed, {{"KeyName", "alice"}}, {.stack_name = "todo", .stack_id = arn});
//   auto properties = ResolveProperties(parsed, *bindings, "Subnet", lookup);
//
// Thread safety: values and pure functions.
#ifndef NUBO_STACK_EVALUATE_H_
#define NUBO_STACK_EVALUATE_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/stack/bindings.h"
#include "nubo/stack/template.h"
#include "nubo/stack/value.h"

namespace nubo::stack {

// INVALID_ARGUMENT: a value is missing, unknown, or not what its parameter allows; a condition cannot be decided.
absl::StatusOr<Bindings> Bind(const Template& parsed, const std::map<std::string, std::string>& parameters,
                              const StackContext& context);

// The values as they may be shown: parameters with NoEcho are "****".
std::map<std::string, std::string> ShownParameters(const Template& parsed, const Bindings& bindings);

// The resource's properties with every function evaluated, AWS::NoValue removed, and scalars in the kinds that its
// schema names. `{{resolve:…}}` stays as it is (dynamic_reference.h).
// INVALID_ARGUMENT with the place: a function cannot be evaluated, or a property is not what its type takes.
// NOT_FOUND: there is no such resource in the template.
absl::StatusOr<Value> ResolveProperties(const Template& parsed, const Bindings& bindings, absl::string_view logical_id,
                                        const Lookup& lookup);

// Any value of the template, evaluated the same way, without a schema.
absl::StatusOr<Value> ResolveValue(const Template& parsed, const Bindings& bindings, const Value& value,
                                   const Lookup& lookup);

struct ResolvedOutput {
  std::string name;
  std::string value;
  std::string description;
  // "" without one.
  std::string export_name;
};

// Outputs whose condition holds, in the order of the file.
absl::StatusOr<std::vector<ResolvedOutput>> ResolveOutputs(const Template& parsed, const Bindings& bindings,
                                                           const Lookup& lookup);

}  // namespace nubo::stack

#endif  // NUBO_STACK_EVALUATE_H_
