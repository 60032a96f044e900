// What is known of intrinsic functions without evaluating them.
//
// A function is an object with one member: "Ref", "Condition" or "Fn::…".
//
// Example:
//   if (const Member* call = AsFunction(value)) Evaluate(call->key, call->value);
//
// Thread safety: pure functions.
#ifndef NUBO_STACK_FUNCTIONS_H_
#define NUBO_STACK_FUNCTIONS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "nubo/stack/diagnostic.h"
#include "nubo/stack/value.h"

namespace nubo::stack {

// What a function gives, as far as its name tells.
enum class FunctionResult { kAnything, kString, kList, kBool };

struct FunctionSpec {
  const char* name;
  FunctionResult result;
  // Only usable where a condition is.
  bool condition_only = false;
  // Known to CloudFormation, not to us: why, and what to do instead.
  const char* unsupported = nullptr;
};

// nullptr: no such function. `name` is the long form, "Fn::Sub".
const FunctionSpec* FindFunction(absl::string_view name);

// The long form of a YAML tag's name ("Sub" -> "Fn::Sub", "Ref" -> "Ref"), "" if there is none.
std::string LongForm(absl::string_view short_name);

// "!And, !Base64, …"
std::string ShortFormNames();

// The only member of `value` if that is a function call, or an attempt at one (any "Fn::" name); else nullptr. An
// object
// {"Condition": x} counts only where `in_condition`.
const Member* AsFunction(const Value& value, bool in_condition = false);

// One piece of an Fn::Sub string: literal text, or a name between ${ and }.
struct SubPiece {
  bool is_reference = false;
  std::string text;
};

// INVALID_ARGUMENT: "${" without "}", or a name that cannot be one. "${!Literal}" is the literal "${Literal}".
absl::StatusOr<std::vector<SubPiece>> SplitSub(absl::string_view text);

// Adds every function in `value` that is not known, or has arguments of another shape than it takes.
void CheckFunctions(const Value& value, bool in_condition, std::vector<Diagnostic>& problems);

// A name that a function uses.
struct Reference {
  enum class Kind { kRef, kGetAtt, kCondition, kMap };
  Kind kind = Kind::kRef;
  std::string name;
  // Of Fn::GetAtt, "" if it is itself a function.
  std::string attribute;
  Location location;
};

// Which branch of an Fn::If counts: true the first, false the second, nothing neither.
using BranchDecider = absl::FunctionRef<std::optional<bool>(absl::string_view condition)>;

// Calls `visit` for every name used in `value`; calls that CheckFunctions() refuses are passed over. Without `decide`
// both branches count.
void ForEachReference(const Value& value, bool in_condition, absl::FunctionRef<void(const Reference&)> visit,
                      const BranchDecider* decide = nullptr);

// "AWS::Region" and its like.
absl::Span<const char* const> PseudoParameters();
bool IsPseudoParameter(absl::string_view name);

}  // namespace nubo::stack

#endif  // NUBO_STACK_FUNCTIONS_H_
