// Resource handlers (the extension point: how a type is made, changed and unmade), and the loop that drives them.
//
// A handler never waits: Create() begins and returns the physical id, Poll…() looks. RunOnce() is called by a control
// loop whenever something may have changed, and at least every second or so; it does all that can be done now.
//
// Example:
//   HandlerRegistry handlers;
//   handlers.Register("AWS::EC2::VPC", &vpc_handler);
//   Executor executor(*Executor::NewStack(parsed, bindings));
//   RunOnce(executor, parsed, bindings, handlers, clock.Now());
//   Store(executor.state(), executor.TakeEvents());
//
// Thread safety: thread-compatible; RunOnce calls handlers on the caller's thread.
#ifndef NUBO_STACK_RUNNER_H_
#define NUBO_STACK_RUNNER_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nubo/stack/evaluate.h"
#include "nubo/stack/executor.h"
#include "nubo/stack/template.h"
#include "nubo/stack/value.h"

namespace nubo::stack {

// Whose resource is meant.
struct ResourceContext {
  std::string stack_name;
  std::string stack_id;
  std::string logical_id;
  std::string type;
  // The same for every attempt to create this resource, different for any other: what AWS calls a client token.
  std::string token;
  // Of a deletion: kSnapshot means that the resource goes and its data stay.
  RemovalPolicy deletion_policy = RemovalPolicy::kDelete;
  // Of a change in place: the template's UpdatePolicy, evaluated; null without one.
  Value update_policy;
  // What its stack is about.
  StackStatus stack_status = StackStatus::kCreateInProgress;
  // As StackState has it.
  bool delete_data = false;
  // Of a creation or a change in place: what is asked for and nobody acts on, as Unenforced() tells it.
  std::vector<std::string> not_enforced = {};
};

struct Progress {
  enum class State { kInProgress, kComplete, kFailed };
  State state = State::kInProgress;
  // When complete: what Fn::GetAtt gives.
  Attributes attributes;
  // When failed.
  std::string reason;
  // When complete: what Fn::GetAtt gives from now on of others that it is a part of, by their physical ids. A block
  // that is associated with a VPC is among the VPC's.
  std::map<std::string, Attributes> others = {};

  static Progress InProgress() { return {}; }
  static Progress Complete(Attributes attributes = {}) { return {State::kComplete, std::move(attributes), "", {}}; }
  static Progress Failed(absl::string_view reason) { return {State::kFailed, {}, std::string(reason), {}}; }
};

// An error with code UNAVAILABLE from any of these means "ask again at the next pass"; any other fails the resource.
// Deletions that AWS's DependencyViolation or HostedZoneNotEmpty refuses are tried again as long as others of the stack
// are under way, which may be what stands in the way.
class ResourceHandler {
 public:
  virtual ~ResourceHandler() = default;

  // Begins to create and returns the physical id. Called again with the same token (after a crash, or UNAVAILABLE) it
  // must give what it gave, or go on where it stopped. `properties` are evaluated and normalised.
  virtual absl::StatusOr<std::string> Create(const ResourceContext& context, const Value& properties) = 0;
  // Begins to change it in place into what Create() would make of `properties`; of what its schema says a change of
  // makes a new resource, nothing differs. All or nothing: a failure changes nothing. Called again with the same, it
  // goes on, or does nothing. The default refuses (UNIMPLEMENTED).
  virtual absl::Status Update(const ResourceContext& context, absl::string_view physical_id, const Value& properties);
  // How far the creation, or the change, is.
  virtual absl::StatusOr<Progress> Poll(const ResourceContext& context, absl::string_view physical_id) = 0;
  // Begins to delete. Idempotent; NOT_FOUND counts as gone. `physical_id` may be that of a half-made resource.
  virtual absl::Status Delete(const ResourceContext& context, absl::string_view physical_id) = 0;
  // How far the deletion is. NOT_FOUND counts as complete.
  virtual absl::StatusOr<Progress> PollDelete(const ResourceContext& context, absl::string_view physical_id) = 0;
  // Called when a creation was accepted by nobody known (the daemon died between Create and storing its id) and must be
  // rolled back: removes whatever Create() with this token made. The default does nothing.
  virtual absl::Status Abandon(const ResourceContext& context) { return absl::OkStatus(); }
};

// Which handler makes which type. Does not own the handlers.
class HandlerRegistry {
 public:
  // Replaces a former one of that type.
  void Register(absl::string_view type, ResourceHandler* handler);
  // nullptr: none.
  ResourceHandler* Find(absl::string_view type) const;

 private:
  std::map<std::string, ResourceHandler*, std::less<>> handlers_;
};

// What `resource` asks for and nobody acts on: paths of properties, and policies. RunOnce() tells each as an event.
std::vector<std::string> Unenforced(const Resource& resource, const Value& properties);

// Steps, calls handlers and hands in their results until nothing more can happen now. Returns true if anything changed.
// Deletion needs no template: `parsed` and `bindings` are read only while something is created or changed. Returns
// early when an update begins to be rolled back: from then on the former template counts.
bool RunOnce(Executor& executor, const Template& parsed, const Bindings& bindings, const HandlerRegistry& handlers,
             absl::Time now);

}  // namespace nubo::stack

#endif  // NUBO_STACK_RUNNER_H_
