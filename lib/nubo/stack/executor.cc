#include "nubo/stack/executor.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nubo/base/status.h"
#include "nubo/stack/executor_states.h"

namespace nubo::stack {
namespace {

constexpr char kStackType[] = "AWS::CloudFormation::Stack";

}  // namespace

Executor::Executor(StackState state) : state_(std::move(state)) {}

absl::StatusOr<StackState> Executor::NewStack(const Template& parsed, const Bindings& bindings, OnFailure on_failure) {
  NUBO_ASSIGN_OR_RETURN(Graph graph, BuildGraph(parsed, bindings));
  StackState state;
  state.stack_name = bindings.context.stack_name;
  state.stack_id = bindings.context.stack_id;
  state.on_failure = on_failure;
  for (auto& [id, needs] : graph.dependencies) {
    const Resource* resource = parsed.FindResource(id);
    ResourceState& made = state.resources[id];
    made.logical_id = id;
    made.type = resource->type;
    made.dependencies = std::move(needs);
    made.deletion_policy = resource->deletion_policy;
    made.update_replace_policy = resource->update_replace_policy;
  }
  return state;
}

bool Executor::Done() const {
  return state_.status != StackStatus::kCreateInProgress && !IsRemoving(state_.status) && !IsUpdating(state_.status);
}

const ResourceState* FindResource(const StackState& state, absl::string_view id) {
  const auto found = state.resources.find(id);
  if (found != state.resources.end()) return &found->second;
  const auto leftover = state.leftovers.find(id);
  return leftover == state.leftovers.end() ? nullptr : &leftover->second;
}

ResourceState* Executor::Find(absl::string_view id) { return const_cast<ResourceState*>(FindResource(state_, id)); }

void Executor::SetStatus(ResourceState& resource, ResourceStatus status, absl::string_view reason, absl::Time now) {
  resource.status = status;
  resource.reason = std::string(reason);
  resource.since = now;
  events_.push_back({now, resource.logical_id, resource.physical_id, resource.type, std::string(StatusName(status)),
                     resource.reason});
}

void Executor::SetStackStatus(StackStatus status, absl::string_view reason, absl::Time now) {
  state_.status = status;
  state_.reason = std::string(reason);
  events_.push_back(
      {now, state_.stack_name, state_.stack_id, kStackType, std::string(StatusName(status)), state_.reason});
}

Work Executor::Step(absl::Time now) {
  // The first step of a new stack: its own event comes before any other. That step begins at least one resource.
  const bool untouched = std::all_of(state_.resources.begin(), state_.resources.end(),
                                     [](const auto& entry) { return entry.second.status == ResourceStatus::kPending; });
  if (state_.status == StackStatus::kCreateInProgress && untouched) {
    SetStackStatus(StackStatus::kCreateInProgress, "User Initiated", now);
  }
  CheckTimeouts(now);
  if (state_.status == StackStatus::kCreateInProgress) StepCreate(now);
  if (IsMovingOver(state_.status)) StepUpdate(now);
  if (IsUpdating(state_.status) && !IsMovingOver(state_.status)) StepCleanup(now);
  if (IsRemoving(state_.status)) StepRemove(now);
  return UnderWay();
}

void Executor::CheckTimeouts(absl::Time now) {
  for (auto* all : {&state_.resources, &state_.leftovers}) {
    for (auto& [id, resource] : *all) {
      if (!IsUnderWay(resource.status) || now - resource.since < state_.resource_timeout) continue;
      OnFailed(id, absl::StrCat("it was not done within ", absl::FormatDuration(state_.resource_timeout)), now);
    }
  }
}

void Executor::StepCreate(absl::Time now) {
  std::vector<std::string> failed;
  for (const auto& [id, resource] : state_.resources) {
    if (resource.status == ResourceStatus::kCreateFailed) failed.push_back(id);
  }
  if (!failed.empty()) return StopCreating(failed, now);
  bool all_complete = true;
  for (auto& [id, resource] : state_.resources) {
    if (resource.status == ResourceStatus::kPending) {
      const bool ready =
          std::all_of(resource.dependencies.begin(), resource.dependencies.end(), [&](const std::string& need) {
            const ResourceState* needed = Find(need);
            return needed == nullptr || needed->status == ResourceStatus::kCreateComplete;
          });
      if (ready) SetStatus(resource, ResourceStatus::kCreateInProgress, "", now);
    }
    all_complete = all_complete && resource.status == ResourceStatus::kCreateComplete;
  }
  if (all_complete) SetStackStatus(StackStatus::kCreateComplete, "", now);
}

void Executor::StopCreating(const std::vector<std::string>& failed, absl::Time now) {
  CancelUnderWay(now);
  const std::string reason =
      absl::StrCat("The following resource(s) failed to create: [", absl::StrJoin(failed, ", "), "].");
  switch (state_.on_failure) {
    case OnFailure::kRollback:
      return SetStackStatus(StackStatus::kRollbackInProgress, absl::StrCat(reason, " Rollback requested by user."),
                            now);
    case OnFailure::kDelete:
      return SetStackStatus(StackStatus::kDeleteInProgress, absl::StrCat(reason, " Delete requested by user."), now);
    case OnFailure::kDoNothing:
      return SetStackStatus(StackStatus::kCreateFailed, reason, now);
  }
}

void Executor::StartRemoving(ResourceState& resource, absl::Time now) {
  const bool undoing_creation = state_.status == StackStatus::kRollbackInProgress;
  if (resource.deletion_policy == RemovalPolicy::kRetain ||
      (resource.deletion_policy == RemovalPolicy::kRetainExceptOnCreate && !undoing_creation)) {
    if (!resource.physical_id.empty()) return SetStatus(resource, ResourceStatus::kDeleteSkipped, "", now);
  }
  // What was made a moment ago holds no data worth keeping.
  if (undoing_creation && resource.deletion_policy == RemovalPolicy::kSnapshot) {
    resource.deletion_policy = RemovalPolicy::kDelete;
  }
  resource.delete_accepted = false;
  SetStatus(resource, ResourceStatus::kDeleteInProgress, "", now);
}

void Executor::StepRemove(absl::Time now) {
  std::set<std::string> needed;
  bool under_way = false;
  std::vector<std::string> failed;
  for (const auto* all : {&state_.resources, &state_.leftovers}) {
    for (const auto& [id, resource] : *all) {
      under_way = under_way || IsUnderWay(resource.status);
      if (resource.status == ResourceStatus::kDeleteFailed) failed.push_back(resource.logical_id);
      // What stays, or could not go, does not hold what it needs: but a failed one does, for it still uses it.
      if (!IsGone(resource.status)) needed.insert(resource.dependencies.begin(), resource.dependencies.end());
    }
  }
  bool began = false;
  for (auto* all : {&state_.resources, &state_.leftovers}) {
    for (auto& [id, resource] : *all) {
      if (!IsRemovable(resource.status) || needed.count(resource.logical_id) != 0) continue;
      StartRemoving(resource, now);
      began = true;
    }
  }
  if (under_way || began) {
    // A resource that is kept may have made room for others at once.
    if (began && UnderWay().empty()) StepRemove(now);
    return;
  }
  const bool rollback = state_.status == StackStatus::kRollbackInProgress;
  if (failed.empty()) {
    return SetStackStatus(rollback ? StackStatus::kRollbackComplete : StackStatus::kDeleteComplete, "", now);
  }
  SetStackStatus(rollback ? StackStatus::kRollbackFailed : StackStatus::kDeleteFailed,
                 absl::StrCat("The following resource(s) failed to delete: [", absl::StrJoin(failed, ", "), "]."), now);
}

Work Executor::UnderWay() const {
  Work work;
  for (const auto* all : {&state_.resources, &state_.leftovers}) {
    for (const auto& [id, resource] : *all) {
      const bool updating = resource.status == ResourceStatus::kUpdateInProgress;
      if (resource.status == ResourceStatus::kCreateInProgress || (updating && resource.replacing)) {
        (resource.physical_id.empty() ? work.create : work.await_create).push_back(id);
      } else if (updating) {
        (resource.update_accepted ? work.await_update : work.update).push_back(id);
      } else if (resource.status == ResourceStatus::kDeleteInProgress) {
        (resource.delete_accepted ? work.await_remove : work.remove).push_back(id);
      } else if (IsMovingOver(state_.status) && HasItsTurn(resource)) {
        work.update.push_back(id);
      }
    }
  }
  return work;
}

void Executor::OnAccepted(absl::string_view logical_id, absl::string_view physical_id, absl::Time now) {
  ResourceState* resource = Find(logical_id);
  if (resource == nullptr) return;
  if (resource->status == ResourceStatus::kDeleteInProgress) {
    resource->delete_accepted = true;
    return;
  }
  const bool replacing = resource->status == ResourceStatus::kUpdateInProgress && resource->replacing;
  if (resource->status == ResourceStatus::kUpdateInProgress && !replacing) resource->update_accepted = true;
  if ((resource->status != ResourceStatus::kCreateInProgress && !replacing) || physical_id.empty()) return;
  resource->physical_id = std::string(physical_id);
  const absl::Time since = resource->since;
  SetStatus(*resource, resource->status, "Resource creation Initiated", now);
  resource->since = since;
}

void Executor::OnComplete(absl::string_view logical_id, Attributes attributes, absl::Time now) {
  ResourceState* resource = Find(logical_id);
  if (resource == nullptr) return;
  if (resource->status == ResourceStatus::kCreateInProgress) {
    resource->attributes = std::move(attributes);
    resource->settled = true;
    SetStatus(*resource, ResourceStatus::kCreateComplete, "", now);
  } else if (resource->status == ResourceStatus::kUpdateInProgress) {
    resource->attributes = std::move(attributes);
    resource->settled = true;
    resource->replacing = false;
    resource->update_accepted = false;
    SetStatus(*resource, ResourceStatus::kUpdateComplete, "", now);
  } else if (resource->status == ResourceStatus::kDeleteInProgress) {
    SetStatus(*resource, ResourceStatus::kDeleteComplete, "", now);
  }
}

void Executor::OnAttributes(absl::string_view physical_id, const Attributes& attributes) {
  for (auto& [id, resource] : state_.resources) {
    if (!resource.physical_id.empty() && resource.physical_id == physical_id) resource.attributes = attributes;
  }
}

void Executor::OnFailed(absl::string_view logical_id, absl::string_view reason, absl::Time now) {
  ResourceState* resource = Find(logical_id);
  if (resource == nullptr) return;
  if (resource->status == ResourceStatus::kCreateInProgress) {
    SetStatus(*resource, ResourceStatus::kCreateFailed, reason, now);
  } else if (resource->status == ResourceStatus::kUpdateInProgress || HasItsTurn(*resource)) {
    SetStatus(*resource, ResourceStatus::kUpdateFailed, reason, now);
  } else if (resource->status == ResourceStatus::kDeleteInProgress) {
    SetStatus(*resource, ResourceStatus::kDeleteFailed, reason, now);
  }
}

void Executor::Delete(const std::vector<std::string>& retain, absl::Time now) {
  if (state_.status == StackStatus::kDeleteComplete) return;
  for (const std::string& id : retain) {
    if (ResourceState* resource = Find(id)) resource->deletion_policy = RemovalPolicy::kRetain;
  }
  CancelUnderWay(now);
  for (auto* all : {&state_.resources, &state_.leftovers}) {
    for (auto& [id, resource] : *all) {
      resource.removing = false;
      // Tried again by StepRemove; the former attempt has its event.
      if (resource.status == ResourceStatus::kDeleteFailed) resource.status = ResourceStatus::kCreateComplete;
    }
  }
  if (state_.status != StackStatus::kDeleteInProgress) {
    SetStackStatus(StackStatus::kDeleteInProgress, "User Initiated", now);
  }
}

void Executor::Note(absl::string_view logical_id, absl::string_view reason, absl::Time now) {
  const ResourceState* resource = Find(logical_id);
  if (resource == nullptr) return;
  events_.push_back({now, resource->logical_id, resource->physical_id, resource->type,
                     std::string(StatusName(resource->status)), std::string(reason)});
}

std::vector<Event> Executor::TakeEvents() { return std::exchange(events_, {}); }

absl::StatusOr<std::string> StateLookup::Ref(absl::string_view logical_id) const {
  const auto found = state_.resources.find(std::string(logical_id));
  if (found == state_.resources.end() || found->second.physical_id.empty()) {
    return absl::NotFoundError(absl::StrCat("resource ", logical_id, " is not created yet"));
  }
  return found->second.physical_id;
}

absl::StatusOr<Value> StateLookup::GetAtt(absl::string_view logical_id, absl::string_view attribute) const {
  const auto found = state_.resources.find(std::string(logical_id));
  const bool complete = found != state_.resources.end() && (found->second.status == ResourceStatus::kCreateComplete ||
                                                            found->second.status == ResourceStatus::kUpdateComplete);
  if (!complete) {
    return absl::NotFoundError(absl::StrCat("resource ", logical_id, " is not created yet"));
  }
  const auto value = found->second.attributes.find(std::string(attribute));
  if (value == found->second.attributes.end()) {
    return absl::NotFoundError(absl::StrCat("resource ", logical_id, " has no attribute ", attribute));
  }
  return value->second;
}

}  // namespace nubo::stack
