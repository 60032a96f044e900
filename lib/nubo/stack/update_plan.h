// A change set with values: what an update would do to a stack as it stands, property by property.
//
// change_set.h compares templates; this looks at the physical resources too, so that a property whose text differs and
// whose value does not is no change, and what an update could not do is refused before it begins.
//
// Example:
//   auto plan = PlanUpdate(state, {former, former_bindings}, {edited, bindings});
//   for (const PlannedChange& change : *plan) Print(change);
//
// Thread safety: pure functions.
#ifndef NUBO_STACK_UPDATE_PLAN_H_
#define NUBO_STACK_UPDATE_PLAN_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "nubo/stack/change_set.h"
#include "nubo/stack/executor.h"
#include "nubo/stack/value.h"

namespace nubo::stack {

// Stands where a value comes from a resource that is yet to be made or changed.
inline constexpr char kKnownAfter[] = "(known after apply)";
// Stands for what a NoEcho parameter is part of.
inline constexpr char kHidden[] = "****";

struct PropertyChange {
  std::string name;
  // Null: it is not there.
  Value before;
  Value after;
  // It needs a new resource.
  bool replaces = false;
  // False: it is accepted, and nobody acts on it.
  bool enforced = true;
};

struct PlannedChange {
  Change change;
  // "" of one to be added.
  std::string physical_id;
  std::vector<PropertyChange> properties;
  // What becomes of the physical resource that goes, by removal or replacement.
  RemovalPolicy removal_policy = RemovalPolicy::kDelete;
};

// In the order of Compare(). `state` is that of a stack at rest. Errors as Compare(), and FAILED_PRECONDITION: a
// resource would have to be replaced and cannot be.
absl::StatusOr<std::vector<PlannedChange>> PlanUpdate(const StackState& state, const BoundTemplate& before,
                                                      const BoundTemplate& after);
// The same of a stack that is not there yet: everything is added.
absl::StatusOr<std::vector<PlannedChange>> PlanCreation(const BoundTemplate& after);

// Whether an output differs, as far as that can be known: an update that changes nothing else is one all the same.
bool OutputsDiffer(const BoundTemplate& before, const BoundTemplate& after);

}  // namespace nubo::stack

#endif  // NUBO_STACK_UPDATE_PLAN_H_
