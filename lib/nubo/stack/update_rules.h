// Whether a resource has to be changed, and whether that is possible in place.
//
// Rules: each property's "Update requires" on its type's page of the CloudFormation user guide
// (PropertySpec::replaces), and the UpdatePolicy attribute's.
//
// Example:
//   switch (DecideUpdate(resource.type, before, after, update_policy).kind) { … }
//
// Thread safety: pure functions.
#ifndef NUBO_STACK_UPDATE_RULES_H_
#define NUBO_STACK_UPDATE_RULES_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "nubo/stack/value.h"

namespace nubo::stack {

enum class UpdateKind { kNone, kInPlace, kReplace };

struct UpdateDecision {
  UpdateKind kind = UpdateKind::kNone;
  // Properties that differ, sorted.
  std::vector<std::string> changed;
  // Those of them that need a new resource.
  std::vector<std::string> replacing;
  // When not empty: it must be replaced and cannot be, in CloudFormation's words.
  std::string refusal;
};

// `before` and `after` are evaluated properties, `update_policy` an evaluated UpdatePolicy or null. A property that is
// absent counts as what AWS takes then.
UpdateDecision DecideUpdate(absl::string_view type, const Value& before, const Value& after,
                            const Value& update_policy);

// The members of an UpdatePolicy that change nothing: all of it, unless it is a scaling group's.
std::vector<std::string> UnenforcedUpdatePolicy(absl::string_view type, const Value& update_policy);

}  // namespace nubo::stack

#endif  // NUBO_STACK_UPDATE_RULES_H_
