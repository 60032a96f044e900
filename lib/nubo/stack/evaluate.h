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
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "nubo/stack/schema.h"
#include "nubo/stack/template.h"
#include "nubo/stack/value.h"

namespace nubo::stack {

// Pseudo parameters, and the zones that Fn::GetAZs gives.
struct StackContext {
  std::string stack_name;
  std::string stack_id;
  std::string account_id = "000000000000";
  std::string region = "us-east-1";
  std::string partition = "aws";
  std::string url_suffix = "amazonaws.com";
  std::vector<std::string> notification_arns;
  std::vector<std::string> availability_zones = absl::StrSplit(kAvailabilityZones, ',');
};

// A template's inputs, decided.
struct Bindings {
  StackContext context;
  // Parameter name -> string, or list of strings. Numbers are strings of their text.
  std::map<std::string, Value, std::less<>> parameters;
  std::map<std::string, bool, std::less<>> conditions;

  // False for a resource or output whose condition is false.
  bool Active(absl::string_view condition) const;
};

// INVALID_ARGUMENT: a value is missing, unknown, or not what its parameter allows; a condition cannot be decided.
absl::StatusOr<Bindings> Bind(const Template& parsed, const std::map<std::string, std::string>& parameters,
                              const StackContext& context);

// The values as they may be shown: parameters with NoEcho are "****".
std::map<std::string, std::string> ShownParameters(const Template& parsed, const Bindings& bindings);

// What is known about resources that exist by now.
class Lookup {
 public:
  virtual ~Lookup() = default;
  // The physical id. NOT_FOUND: not created yet.
  virtual absl::StatusOr<std::string> Ref(absl::string_view logical_id) const = 0;
  // NOT_FOUND: not created yet, or no such attribute.
  virtual absl::StatusOr<Value> GetAtt(absl::string_view logical_id, absl::string_view attribute) const = 0;
};

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
