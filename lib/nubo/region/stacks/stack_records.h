// Stacks as they are stored, and as stack::Executor sees them.
//
// Example:
//   stack::Executor executor(FromRecord(record));
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_STACKS_STACK_RECORDS_H_
#define NUBO_REGION_STACKS_STACK_RECORDS_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/region/state/context.h"
#include "nubo/region/v1/state.pb.h"
#include "nubo/stack/evaluate.h"
#include "nubo/stack/executor.h"
#include "nubo/stack/template.h"
#include "nubo/stack/value.h"

namespace nubo::region {

// A template with its parameters, read and decided.
struct Prepared {
  stack::Template parsed;
  stack::Bindings bindings;
};

// The stack's template, which was found right when it came. While an update is under way: the new one. Whoever has
// asked before is answered sooner by PreparedTemplates.
absl::StatusOr<Prepared> Prepare(const v1::StackState& record);
// A template that nobody has looked at yet. INVALID_ARGUMENT: all that is wrong with it, one a line.
absl::StatusOr<Prepared> PrepareNew(const v1::StackState& record);
// Of an update: what it goes back to if it fails.
void ForgetFormer(v1::StackState& record);

// What a stored stack's resources are called, and say of themselves. Nothing is read that nobody asks for.
class RecordLookup final : public stack::Lookup {
 public:
  // It outlives the lookup.
  explicit RecordLookup(const v1::StackState& record);
  absl::StatusOr<std::string> Ref(absl::string_view logical_id) const override;
  absl::StatusOr<stack::Value> GetAtt(absl::string_view logical_id, absl::string_view attribute) const override;

 private:
  std::map<absl::string_view, const v1::StackResourceState*> resources_;
};

stack::StackState FromRecord(const v1::StackState& record);
// Writes the executor's state over the record, keeping what only the record knows.
void ToRecord(const stack::StackState& state, v1::StackState& record);

// At rest, with all its resources there.
bool IsWhole(const v1::StackState& record);

// The executor's events, as the region's.
void TellEvents(Context& context, const std::string& stack_name, std::vector<stack::Event> events);

}  // namespace nubo::region

#endif  // NUBO_REGION_STACKS_STACK_RECORDS_H_
