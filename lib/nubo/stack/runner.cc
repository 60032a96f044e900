#include "nubo/stack/runner.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/stack/schema.h"
#include "nubo/stack/update_rules.h"

namespace nubo::stack {
namespace {

// How often one call steps: a stack of n resources in a row needs n steps up and n down.
constexpr int kStepsMax = 2000;

// AWS's codes of deletions that something else stands in the way of.
constexpr absl::string_view kInTheWay[] = {"DependencyViolation", "HostedZoneNotEmpty"};

bool IsInTheWay(const absl::Status& status) {
  const std::string code = base::ErrorCode(status);
  return std::find(std::begin(kInTheWay), std::end(kInTheWay), code) != std::end(kInTheWay);
}

class Pass {
 public:
  Pass(Executor& executor, const Template& parsed, const Bindings& bindings, const HandlerRegistry& handlers,
       absl::Time now)
      : executor_(executor), template_(parsed), bindings_(bindings), handlers_(handlers), now_(now) {}

  // Returns true if a result came in, so that more may be possible.
  bool Run(const Work& work) {
    bool changed = false;
    for (const std::string& id : work.create) changed |= Create(id);
    for (const std::string& id : work.await_create) changed |= Poll(id);
    for (const std::string& id : work.update) changed |= Update(id);
    for (const std::string& id : work.await_update) changed |= Poll(id);
    for (const std::string& id : work.remove) changed |= Remove(id);
    for (const std::string& id : work.await_remove) changed |= PollRemove(id);
    return changed;
  }

 private:
  const ResourceState& State(const std::string& id) const { return *FindResource(executor_.state(), id); }

  ResourceContext Context(const std::string& id) const {
    const StackState& stack = executor_.state();
    const ResourceState& resource = State(id);
    const std::string& logical_id = resource.logical_id;
    std::string token = absl::StrCat(stack.stack_id, "/", logical_id);
    if (resource.made_in_update > 0) absl::StrAppend(&token, "/", resource.made_in_update);
    return {.stack_name = stack.stack_name,
            .stack_id = stack.stack_id,
            .logical_id = logical_id,
            .type = resource.type,
            .token = token,
            .deletion_policy = resource.deletion_policy,
            .stack_status = stack.status,
            .delete_data = stack.delete_data};
  }

  bool Fail(const std::string& id, absl::string_view reason) {
    executor_.OnFailed(id, reason, now_);
    return true;
  }

  // UNAVAILABLE asks for patience; everything else is final.
  bool FailUnlessUnavailable(const std::string& id, const absl::Status& status) {
    return absl::IsUnavailable(status) ? false : Fail(id, status.message());
  }

  bool OthersAreGoing(const std::string& id) const {
    const auto goes = [&](const auto& entry) {
      return entry.first != id && entry.second.status == ResourceStatus::kDeleteInProgress;
    };
    const StackState& stack = executor_.state();
    return std::any_of(stack.resources.begin(), stack.resources.end(), goes) ||
           std::any_of(stack.leftovers.begin(), stack.leftovers.end(), goes);
  }

  ResourceHandler* HandlerOf(const std::string& id) const { return handlers_.Find(State(id).type); }

  bool NoHandler(const std::string& id) { return Fail(id, absl::StrCat("nothing here makes ", State(id).type)); }

  bool Create(const std::string& id) {
    ResourceHandler* handler = HandlerOf(id);
    if (handler == nullptr) return NoHandler(id);
    absl::StatusOr<Value> properties = ResolveProperties(template_, bindings_, id, StateLookup(executor_.state()));
    if (!properties.ok()) return Fail(id, properties.status().message());
    executor_.OnCreating(id, *properties);
    ResourceContext context = Context(id);
    context.not_enforced = Unenforced(*template_.FindResource(id), *properties);
    absl::StatusOr<std::string> physical_id = handler->Create(context, *properties);
    if (!physical_id.ok()) return FailUnlessUnavailable(id, physical_id.status());
    if (physical_id->empty()) return Fail(id, absl::StrCat("the handler of ", State(id).type, " gave no physical id"));
    executor_.OnAccepted(id, *physical_id, now_);
    NoteUnenforced(id, *properties);
    return true;
  }

  // Its turn in an update: looks whether anything differs, and how that is changed.
  bool Update(const std::string& id) {
    ResourceHandler* handler = HandlerOf(id);
    if (handler == nullptr) return NoHandler(id);
    const StateLookup lookup(executor_.state());
    absl::StatusOr<Value> properties = ResolveProperties(template_, bindings_, id, lookup);
    if (!properties.ok()) return Fail(id, properties.status().message());
    const Resource& wanted = *template_.FindResource(id);
    absl::StatusOr<Value> policy = ResolveValue(template_, bindings_, wanted.update_policy, lookup);
    if (!policy.ok()) return Fail(id, policy.status().message());
    if (State(id).status == ResourceStatus::kUpdateInProgress) return ChangeInPlace(id, *handler, *properties, *policy);
    // A rollback has all it replaced at hand; nothing needs to be made anew for a policy's sake.
    const bool forward = executor_.state().status == StackStatus::kUpdateInProgress;
    const UpdateDecision decision =
        DecideUpdate(wanted.type, State(id).properties, *properties, forward ? *policy : Value());
    if (!decision.refusal.empty()) return Fail(id, decision.refusal);
    switch (decision.kind) {
      case UpdateKind::kNone:
        executor_.OnUnchanged(id, now_);
        return true;
      case UpdateKind::kReplace:
        executor_.OnReplacing(id, now_);
        return true;
      case UpdateKind::kInPlace:
        executor_.OnUpdating(id, *properties, now_);
        (void)ChangeInPlace(id, *handler, *properties, *policy);
        return true;
    }
    return false;
  }

  bool ChangeInPlace(const std::string& id, ResourceHandler& handler, const Value& properties, const Value& policy) {
    ResourceContext context = Context(id);
    context.update_policy = policy;
    context.not_enforced = Unenforced(*template_.FindResource(id), properties);
    const absl::Status status = handler.Update(context, State(id).physical_id, properties);
    if (absl::IsUnavailable(status)) return false;
    if (!status.ok()) {
      executor_.OnRefused(id, status.message(), now_);
      return true;
    }
    executor_.OnAccepted(id, "", now_);
    NoteUnenforced(id, properties);
    return true;
  }

  void NoteUnenforced(const std::string& id, const Value& properties) {
    for (const std::string& what : Unenforced(*template_.FindResource(id), properties)) {
      executor_.Note(id, absl::StrCat(what, " is accepted but not enforced"), now_);
    }
  }

  bool Poll(const std::string& id) {
    ResourceHandler* handler = HandlerOf(id);
    if (handler == nullptr) return NoHandler(id);
    absl::StatusOr<Progress> progress = handler->Poll(Context(id), State(id).physical_id);
    return progress.ok() ? Take(id, *std::move(progress)) : FailUnlessUnavailable(id, progress.status());
  }

  bool Take(const std::string& id, Progress progress) {
    switch (progress.state) {
      case Progress::State::kInProgress:
        return false;
      case Progress::State::kComplete:
        executor_.OnComplete(id, std::move(progress.attributes), now_);
        for (const auto& [other, attributes] : progress.others) executor_.OnAttributes(other, attributes);
        return true;
      case Progress::State::kFailed:
        return Fail(id, progress.reason);
    }
    return false;
  }

  bool Remove(const std::string& id) {
    ResourceHandler* handler = HandlerOf(id);
    const std::string& physical_id = State(id).physical_id;
    if (handler == nullptr && physical_id.empty()) {
      executor_.OnComplete(id, {}, now_);
      return true;
    }
    if (handler == nullptr) return NoHandler(id);
    const absl::Status status =
        physical_id.empty() ? handler->Abandon(Context(id)) : handler->Delete(Context(id), physical_id);
    if (absl::IsNotFound(status) || (status.ok() && physical_id.empty())) {
      executor_.OnComplete(id, {}, now_);
      return true;
    }
    if (IsInTheWay(status) && OthersAreGoing(id)) return false;
    if (!status.ok()) return FailUnlessUnavailable(id, status);
    executor_.OnAccepted(id, "", now_);
    return true;
  }

  bool PollRemove(const std::string& id) {
    ResourceHandler* handler = HandlerOf(id);
    if (handler == nullptr) return NoHandler(id);
    absl::StatusOr<Progress> progress = handler->PollDelete(Context(id), State(id).physical_id);
    if (progress.ok()) return Take(id, *std::move(progress));
    if (!absl::IsNotFound(progress.status())) return FailUnlessUnavailable(id, progress.status());
    executor_.OnComplete(id, {}, now_);
    return true;
  }

  Executor& executor_;
  const Template& template_;
  const Bindings& bindings_;
  const HandlerRegistry& handlers_;
  const absl::Time now_;
};

}  // namespace

void HandlerRegistry::Register(absl::string_view type, ResourceHandler* handler) {
  handlers_[std::string(type)] = handler;
}

ResourceHandler* HandlerRegistry::Find(absl::string_view type) const {
  const auto found = handlers_.find(std::string(type));
  return found == handlers_.end() ? nullptr : found->second;
}

absl::Status ResourceHandler::Update(const ResourceContext& context, absl::string_view, const Value&) {
  return absl::UnimplementedError(absl::StrCat("a resource of type ", context.type,
                                               " cannot be changed in place here; give it another logical id, which "
                                               "makes a new one"));
}

std::vector<std::string> Unenforced(const Resource& resource, const Value& properties) {
  std::vector<std::string> found;
  if (const Schema* schema = FindSchema(resource.type)) found = UnenforcedProperties(*schema, properties);
  if (!resource.creation_policy.is_null()) found.push_back("CreationPolicy");
  // What helper scripts at AWS act on; other metadata only describe.
  for (const char* name : {"AWS::CloudFormation::Init", "AWS::CloudFormation::Authentication"}) {
    if (resource.metadata.Has(name)) found.push_back(absl::StrCat("Metadata.", name));
  }
  for (const std::string& path : UnenforcedUpdatePolicy(resource.type, resource.update_policy)) found.push_back(path);
  return found;
}

bool RunOnce(Executor& executor, const Template& parsed, const Bindings& bindings, const HandlerRegistry& handlers,
             absl::Time now) {
  Pass pass(executor, parsed, bindings, handlers, now);
  bool changed = false;
  for (int step = 0; step < kStepsMax && !executor.Done(); ++step) {
    const StackStatus before = executor.state().status;
    const Work work = executor.Step(now);
    if (before == StackStatus::kUpdateInProgress && executor.state().status == StackStatus::kUpdateRollbackInProgress) {
      return true;
    }
    const bool progressed = pass.Run(work);
    changed = changed || progressed || executor.Done();
    if (!progressed) break;
  }
  return changed;
}

}  // namespace nubo::stack
