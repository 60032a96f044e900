// Makes, changes and unmakes a stack's resources, in order, and rolls back: a state machine without I/O.
//
// The state is a plain struct that the caller stores. Step() says what should be under way now, whatever happened
// before; results go in through On…(). The loop, which survives a crash at any line:
//
//   Executor executor(LoadState());
//   while (!executor.Done()) {
//     Work work = executor.Step(clock.Now());
//     Store(executor.state(), executor.TakeEvents());
//     for (id : work.create)        executor.OnAccepted(id, *handler.Create(…), now);   // idempotent by token
//     for (id : work.await_create)  if finished: executor.OnComplete(id, attributes, now) or OnFailed(id, reason, now)
//     for (id : work.update)        executor.OnUnchanged(…), OnReplacing(…), or OnUpdating(…) and handler.Update(…)
//     for (id : work.await_update)  if finished: executor.OnComplete(…) or OnFailed(…)
//     for (id : work.remove)        handler.Delete(…); executor.OnAccepted(id, "", now);
//     for (id : work.await_remove)  if finished: executor.OnComplete(id, {}, now) or OnFailed(id, reason, now)
//   }
//
// runner.h is this loop, over ResourceHandlers.
//
// An update is the same loop. Each resource of the new template has its turn once those it needs have had theirs; then
// whoever has the template says what differs. What is replaced gets its successor first: the old one is put aside
// among the leftovers, and goes, as everything that is no longer in the template, in the cleanup at the end. So nothing
// is lost before the update has succeeded, and a rollback is an update to the former template that finds all of it.
// (AWS: "Update behaviors of stack resources".)
//
// Thread safety: thread-compatible.
#ifndef NUBO_STACK_EXECUTOR_H_
#define NUBO_STACK_EXECUTOR_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nubo/stack/evaluate.h"
#include "nubo/stack/graph.h"
#include "nubo/stack/statuses.h"
#include "nubo/stack/template.h"
#include "nubo/stack/value.h"

namespace nubo::stack {

// What becomes of what was made when something else fails.
enum class OnFailure { kRollback, kDelete, kDoNothing };

using Attributes = std::map<std::string, Value, std::less<>>;

// What an update found, for its rollback.
struct FormerResource {
  ResourceStatus status = ResourceStatus::kCreateComplete;
  std::string physical_id;
  Attributes attributes;
  Value properties;
  std::vector<std::string> dependencies;
  RemovalPolicy deletion_policy = RemovalPolicy::kDelete;
  RemovalPolicy update_replace_policy = RemovalPolicy::kDelete;
  int made_in_update = 0;
};

struct ResourceState {
  std::string logical_id;
  std::string type;
  ResourceStatus status = ResourceStatus::kPending;
  // "" until the handler has accepted the creation.
  std::string physical_id;
  // What Fn::GetAtt gives, once it is complete.
  Attributes attributes;
  // Why it failed.
  std::string reason;
  // The handler has begun the deletion.
  bool delete_accepted = false;
  // When it came into `status`.
  absl::Time since;
  // From the template, so that deletion needs none.
  std::vector<std::string> dependencies;
  RemovalPolicy deletion_policy = RemovalPolicy::kDelete;
  RemovalPolicy update_replace_policy = RemovalPolicy::kDelete;
  // Evaluated, as the handler was last given them.
  Value properties;
  // The update (0: the creation) of the stack that this physical resource was made in.
  int made_in_update = 0;

  // Only while the stack is updated:
  // The update has nothing more to do here.
  bool settled = true;
  // The handler has begun the change in place.
  bool update_accepted = false;
  // kUpdateInProgress is the creation of a successor.
  bool replacing = false;
  // In the cleanup it goes.
  bool removing = false;
  // The update had changed it, or tried to, before it was rolled back.
  bool undone = false;
  // None: the update adds it.
  std::optional<FormerResource> former;
};

struct StackState {
  std::string stack_name;
  std::string stack_id;
  StackStatus status = StackStatus::kCreateInProgress;
  std::string reason;
  OnFailure on_failure = OnFailure::kRollback;
  // How long one resource may be under way.
  absl::Duration resource_timeout = absl::Minutes(30);
  // By logical id.
  std::map<std::string, ResourceState, std::less<>> resources;
  // Physical resources that an update has put another in the place of, by logical and physical id ("Vpc/vpc-1"). Those
  // that could not be deleted stay until the next cleanup, or the deletion of the stack.
  std::map<std::string, ResourceState, std::less<>> leftovers;
  // How many updates have begun.
  int updates = 0;
  // Of a deletion: what resources hold goes with them, as DeletionPolicy permits.
  bool delete_data = false;
};

// A stack with as many leftovers as a template has resources is not updated before some of them can be deleted.
inline constexpr size_t kLeftoversMax = 500;

// The resource or leftover of that id; nullptr: none.
const ResourceState* FindResource(const StackState& state, absl::string_view id);

// Being updated, cleaned up after that, or rolled back from it; or at rest after one.
bool IsUpdate(StackStatus status);
// Going back, or gone back, to what it was before an update.
bool IsUpdateRollback(StackStatus status);

// In the making, or on its way: an update has to wait.
bool CanUpdate(StackStatus status);

// A step that was taken, in CloudFormation's words. The stack's own have its name as logical id, its id as physical id
// and "AWS::CloudFormation::Stack" as type.
struct Event {
  absl::Time time;
  std::string logical_id;
  std::string physical_id;
  std::string type;
  std::string status;
  std::string reason;

  friend bool operator==(const Event& a, const Event& b) = default;
};

// Logical ids, or those of leftovers, sorted; every resource under way is in one of them at every step.
struct Work {
  std::vector<std::string> create;
  std::vector<std::string> await_create;
  // It is their turn: to be looked at, or to be changed if OnUpdating() was called already.
  std::vector<std::string> update;
  std::vector<std::string> await_update;
  std::vector<std::string> remove;
  std::vector<std::string> await_remove;

  bool empty() const {
    return create.empty() && await_create.empty() && update.empty() && await_update.empty() && remove.empty() &&
           await_remove.empty();
  }
};

class Executor {
 public:
  // Goes on from a stored state.
  explicit Executor(StackState state);

  // The state of a stack of which nothing is made yet. INVALID_ARGUMENT: what BuildGraph() refuses.
  static absl::StatusOr<StackState> NewStack(const Template& parsed, const Bindings& bindings,
                                             OnFailure on_failure = OnFailure::kRollback);

  const StackState& state() const { return state_; }
  // Neither creating, updating, cleaning up, rolling back nor deleting.
  bool Done() const;

  // Begins what can begin, and says all that is under way. Nothing is in `create` that needs something unfinished,
  // nothing in `remove` that something else still needs.
  Work Step(absl::Time now);

  // Begins an update to this template. FAILED_PRECONDITION (ValidationError): the stack is in a state that cannot be
  // updated. RESOURCE_EXHAUSTED (LimitExceededException): it has kLeftoversMax leftovers. INVALID_ARGUMENT: what
  // BuildGraph() refuses.
  absl::Status Update(const Template& parsed, const Bindings& bindings, absl::Time now);
  // Nothing differs.
  void OnUnchanged(absl::string_view logical_id, absl::Time now);
  // It is to be changed in place; `properties` are what it is to have.
  void OnUpdating(absl::string_view logical_id, Value properties, absl::Time now);
  // The handler has refused to change it in place, and nothing has changed.
  void OnRefused(absl::string_view logical_id, absl::string_view reason, absl::Time now);
  // It has to be made anew.
  void OnReplacing(absl::string_view logical_id, absl::Time now);
  // What it is about to be created with.
  void OnCreating(absl::string_view logical_id, Value properties);

  // The handler has begun to create (`physical_id` not empty), to change or to delete it.
  void OnAccepted(absl::string_view logical_id, absl::string_view physical_id, absl::Time now);
  // What was under way has succeeded.
  void OnComplete(absl::string_view logical_id, Attributes attributes, absl::Time now);
  // What Fn::GetAtt gives of the resource with that physical id has changed. Without effect if the stack has none.
  void OnAttributes(absl::string_view physical_id, const Attributes& attributes);
  // What was under way has failed for good.
  void OnFailed(absl::string_view logical_id, absl::string_view reason, absl::Time now);

  // Deletes the stack, in whatever state it is; what is being created is cancelled. Deleting again tries again what
  // failed. `retain` names resources to keep.
  void Delete(const std::vector<std::string>& retain, absl::Time now);

  // Something worth telling about a resource that changes nothing: "CreditSpecification is accepted but not enforced".
  void Note(absl::string_view logical_id, absl::string_view reason, absl::Time now);

  // The steps since the last call.
  std::vector<Event> TakeEvents();

 private:
  ResourceState* Find(absl::string_view logical_id);
  void SetStatus(ResourceState& resource, ResourceStatus status, absl::string_view reason, absl::Time now);
  void SetStackStatus(StackStatus status, absl::string_view reason, absl::Time now);
  void StepCreate(absl::Time now);
  // Cancels what is under way and decides what becomes of the stack.
  void StopCreating(const std::vector<std::string>& failed, absl::Time now);
  void StepRemove(absl::Time now);
  void StepUpdate(absl::Time now);
  void RollBackUpdate(const std::string& reason, absl::Time now);
  void PutAside(const ResourceState& resource, RemovalPolicy policy);
  void StepCleanup(absl::Time now);
  void EndUpdate(bool all_gone, absl::Time now);
  bool HasItsTurn(const ResourceState& resource) const;
  void CancelUnderWay(absl::Time now);
  void StartRemoving(ResourceState& resource, absl::Time now);
  void CheckTimeouts(absl::Time now);
  Work UnderWay() const;

  StackState state_;
  std::vector<Event> events_;
};

// Ref and GetAtt out of a stack's state. `state` must outlive it.
class StateLookup final : public Lookup {
 public:
  explicit StateLookup(const StackState& state) : state_(state) {}
  absl::StatusOr<std::string> Ref(absl::string_view logical_id) const override;
  absl::StatusOr<Value> GetAtt(absl::string_view logical_id, absl::string_view attribute) const override;

 private:
  const StackState& state_;
};

}  // namespace nubo::stack

#endif  // NUBO_STACK_EXECUTOR_H_
