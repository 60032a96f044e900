// After a start: what the former control plane meant to do and had no time for, and what nobody knows any more.
//
// A control plane can be killed between storing what it means to do and doing it. What was to be launched is launched,
// what was to end is told so again, and processes, directories, logs and images without a record go.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_LOOP_RECOVERY_H_
#define NUBO_REGION_LOOP_RECOVERY_H_

#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "nubo/drivers/process_driver.h"
#include "nubo/region/state/context.h"
#include "nubo/region/state/table.h"
#include "nubo/region/supervisor/service_kind.h"
#include "nubo/store/store.h"

namespace nubo::region {

// The ids of the shims that have left something in the state directory: they run, or have a last word to tell.
std::set<std::string> ShimsIn(const Paths& paths);

// Looks at the model and at the state directory, and adds what is to be done to the effects. The ids of which the
// driver has to find out more: Adopt them. `damage`: as Model::Load() found it; what lost records were about is not
// thrown away where it may still be used. `shims`: as ShimsIn().
std::vector<std::string> Recover(Context& context, const Damage& damage, const std::set<std::string>& shims);

// Removes the copies of programs that neither this control plane uses (`current`, paths below the state directory) nor
// a process that a former one has started: its shim starts it again from there.
void RemoveOldPrograms(const Paths& paths, store::Store& store, const ServiceKinds& kinds,
                       const std::set<std::string>& current);

// The ids of processes that run below the state directory; for a store that knows of none.
std::vector<std::string> LiveStrays(const Paths& paths);

// Ends every process below the state directory, for a store that knows of none: it has been moved away, say. Blocks.
// DEADLINE_EXCEEDED: some have not ended.
absl::Status EndStrays(const Paths& paths, const drivers::ProcessDriver::Options& options, absl::Duration timeout);

// Takes in an event of a process that no live record names: it is ended, and then what it left is removed.
void OnStrayEvent(Context& context, const process::Event& event);

}  // namespace nubo::region

#endif  // NUBO_REGION_LOOP_RECOVERY_H_
