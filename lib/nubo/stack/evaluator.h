// Evaluates intrinsic functions. For the stack module itself; others use evaluate.h.
//
// With a Lookup everything must come out; without one, calls that need a resource's id or attribute stay as they
// are, with whatever could be evaluated inside them evaluated.
//
// Thread safety: thread-compatible.
#ifndef NUBO_STACK_EVALUATOR_H_
#define NUBO_STACK_EVALUATOR_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/stack/bindings.h"
#include "nubo/stack/template.h"
#include "nubo/stack/value.h"

namespace nubo::stack {

class Evaluator {
 public:
  // All must outlive it; `lookup` may be nullptr.
  Evaluator(const Template& parsed, const Bindings& bindings, const Lookup* lookup)
      : template_(parsed), bindings_(bindings), lookup_(lookup) {}

  // AWS::NoValue is a null at the root, and gone anywhere below it.
  absl::StatusOr<Value> Evaluate(const Value& value) const;
  // An expression of the Conditions section. The conditions it names must be in the bindings.
  absl::StatusOr<bool> EvaluateCondition(const Value& expression) const;

 private:
  absl::Status Error(Location at, absl::string_view message) const;
  absl::StatusOr<Value> Call(const Value& value, const Member& call) const;
  // The argument, evaluated; `open` says whether a call that must stay is inside.
  absl::StatusOr<Value> Argument(const Member& call, bool& open) const;

  absl::StatusOr<Value> Ref(const Value& value, const std::string& name) const;
  absl::StatusOr<Value> PseudoParameter(absl::string_view name, Location at) const;
  absl::StatusOr<Value> GetAtt(const Value& value, const Value& argument) const;
  absl::StatusOr<Value> Attribute(const Value& value, absl::string_view logical_id, absl::string_view attribute) const;
  absl::StatusOr<Value> Sub(const Value& value, const Value& argument) const;
  absl::StatusOr<Value> If(const Value& value, const Value& argument) const;
  absl::StatusOr<Value> Join(Location at, const Value& argument) const;
  absl::StatusOr<Value> Split(Location at, const Value& argument) const;
  absl::StatusOr<Value> Select(Location at, const Value& argument) const;
  absl::StatusOr<Value> Base64(Location at, const Value& argument) const;
  absl::StatusOr<Value> FindInMap(Location at, const Value& argument) const;
  absl::StatusOr<Value> Cidr(Location at, const Value& argument) const;
  absl::StatusOr<Value> GetAZs(Location at, const Value& argument) const;

  const Template& template_;
  const Bindings& bindings_;
  const Lookup* const lookup_;
};

// Whether a function call is anywhere in `value`.
bool HasCalls(const Value& value);

}  // namespace nubo::stack

#endif  // NUBO_STACK_EVALUATOR_H_
