// What stacks left behind: resources whose DeletionPolicy, or UpdateReplacePolicy, says Retain.
//
// They belong to no stack any more, and go on: an instance runs, a scaling group replaces its own. They stay on record
// until somebody deletes them, and the region does not end while there are any.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_STACKS_RETAINED_H_
#define NUBO_REGION_STACKS_RETAINED_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "nubo/region/resources/handlers.h"
#include "nubo/region/state/context.h"
#include "nubo/stack/executor.h"

namespace nubo::region {

// Puts on record what `events` of the stack say that was kept (DELETE_SKIPPED).
void KeepRetained(Context& context, const std::string& stack_name, const std::vector<stack::Event>& events);

// Begins to delete it: by its id, or STACK/LOGICAL-ID; "" is all there is. The ids. NOT_FOUND: no stack has left it
// behind. Idempotent.
absl::StatusOr<std::vector<std::string>> DeleteRetained(Context& context, const std::string& id);

// Goes on with what is being deleted. True if anything changed.
bool TickRetained(Context& context, const Handlers& handlers);

// "instance i-0123 of stack shop": what the region still keeps, for messages. At most a few, and how many more.
std::string NameRetained(const Context& context);

}  // namespace nubo::region

#endif  // NUBO_REGION_STACKS_RETAINED_H_
