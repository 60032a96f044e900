// What an update would do: the difference between two templates with their parameters.
//
// Example:
//   auto changes = Compare({before, before_bindings}, {after, after_bindings});
//   for (const Change& change : *changes) Print(change.action, change.logical_id, change.replacement);
//
// Thread safety: pure functions.
#ifndef NUBO_STACK_CHANGE_SET_H_
#define NUBO_STACK_CHANGE_SET_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/stack/evaluate.h"
#include "nubo/stack/template.h"

namespace nubo::stack {

enum class ChangeAction { kAdd, kModify, kRemove };

// Whether a new resource takes the old one's place. kConditional: it depends on values that are known only then.
enum class Replacement { kFalse, kTrue, kConditional };

// "Add", "Modify", "Remove"; "False", "True", "Conditional".
absl::string_view ChangeActionName(ChangeAction action);
absl::string_view ReplacementName(Replacement replacement);

struct Change {
  ChangeAction action = ChangeAction::kAdd;
  std::string logical_id;
  std::string type;
  Replacement replacement = Replacement::kFalse;
  // Of a modification: the properties and policies that differ, sorted.
  std::vector<std::string> scope;

  friend bool operator==(const Change& a, const Change& b) = default;
};

// A template and its inputs. Neither is owned.
struct BoundTemplate {
  const Template& parsed;
  const Bindings& bindings;
};

// Changes and additions in the order in which they would be made, then removals in theirs; empty: nothing to do. A
// resource whose property comes from one that is replaced, or from an attribute of one that is modified, is modified
// too. INVALID_ARGUMENT: a resource changes its type, or what BuildGraph() refuses.
absl::StatusOr<std::vector<Change>> Compare(const BoundTemplate& before, const BoundTemplate& after);

}  // namespace nubo::stack

#endif  // NUBO_STACK_CHANGE_SET_H_
