// The executor's half that updates stacks.
#include "nubo/stack/executor.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nubo/base/status.h"
#include "nubo/stack/executor_states.h"

namespace nubo::stack {
namespace {

constexpr char kNotAllGone[] = "One or more resources could not be deleted.";

FormerResource Snapshot(const ResourceState& resource) {
  return {resource.status,
          resource.physical_id,
          resource.attributes,
          resource.properties,
          resource.dependencies,
          resource.deletion_policy,
          resource.update_replace_policy,
          resource.made_in_update};
}

bool IsComplete(ResourceStatus status) {
  return status == ResourceStatus::kCreateComplete || status == ResourceStatus::kUpdateComplete;
}

// "The following resource(s) failed to create: [A, B]. ", or nothing.
std::string Failed(absl::string_view what, const std::vector<std::string>& ids) {
  if (ids.empty()) return "";
  return absl::StrCat("The following resource(s) failed to ", what, ": [", absl::StrJoin(ids, ", "), "]. ");
}

// Takes a resource that the update changed, or began to change, back to what the update found.
void Restore(ResourceState& resource) {
  const FormerResource& former = *resource.former;
  resource.undone = !IsComplete(resource.status) || resource.physical_id != former.physical_id ||
                    resource.properties != former.properties;
  if (resource.physical_id != former.physical_id) {
    resource.physical_id = former.physical_id;
    resource.properties = former.properties;
  }
  // Those of one changed in place come anew once it is changed back.
  resource.attributes = former.attributes;
  resource.status = former.status;
  resource.dependencies = former.dependencies;
  resource.deletion_policy = former.deletion_policy;
  resource.update_replace_policy = former.update_replace_policy;
  resource.made_in_update = former.made_in_update;
  resource.update_accepted = false;
  resource.replacing = false;
  resource.removing = false;
  resource.settled = false;
}

}  // namespace

bool IsUpdate(StackStatus status) { return absl::StartsWith(StatusName(status), "UPDATE_"); }

bool IsUpdateRollback(StackStatus status) { return absl::StartsWith(StatusName(status), "UPDATE_ROLLBACK_"); }

bool CanUpdate(StackStatus status) {
  return status == StackStatus::kCreateComplete || status == StackStatus::kUpdateComplete ||
         status == StackStatus::kUpdateRollbackComplete;
}

absl::Status Executor::Update(const Template& parsed, const Bindings& bindings, absl::Time now) {
  if (!CanUpdate(state_.status)) {
    return base::WithErrorCode(
        absl::FailedPreconditionError(absl::StrCat("Stack:", state_.stack_id, " is in ", StatusName(state_.status),
                                                   " state and can not be updated.")),
        "ValidationError");
  }
  if (state_.leftovers.size() >= kLeftoversMax) {
    return base::WithErrorCode(
        absl::ResourceExhaustedError(absl::StrCat("stack ", state_.stack_name, " has ", state_.leftovers.size(),
                                                  " replaced resources, ", state_.leftovers.begin()->first,
                                                  " among them, that could not be deleted; its events say why")),
        "LimitExceededException");
  }
  NUBO_ASSIGN_OR_RETURN(Graph graph, BuildGraph(parsed, bindings));
  for (auto& [id, resource] : state_.resources) {
    resource.former = Snapshot(resource);
    resource.removing = graph.dependencies.count(id) == 0;
    resource.undone = false;
  }
  for (auto& [id, needs] : graph.dependencies) {
    const Resource& wanted = *parsed.FindResource(id);
    ResourceState& resource = state_.resources[id];
    resource.logical_id = id;
    resource.type = wanted.type;
    resource.dependencies = std::move(needs);
    resource.deletion_policy = wanted.deletion_policy;
    resource.update_replace_policy = wanted.update_replace_policy;
    resource.settled = false;
  }
  // What an earlier cleanup could not delete is tried again by this one's.
  for (auto& [id, leftover] : state_.leftovers) {
    if (leftover.status == ResourceStatus::kDeleteFailed) leftover.status = ResourceStatus::kCreateComplete;
  }
  ++state_.updates;
  SetStackStatus(StackStatus::kUpdateInProgress, "User Initiated", now);
  return absl::OkStatus();
}

// All that it needs is as the template says.
bool Executor::HasItsTurn(const ResourceState& resource) const {
  if (resource.settled || resource.removing) return false;
  if (!IsComplete(resource.status) && resource.status != ResourceStatus::kPending) return false;
  return std::all_of(resource.dependencies.begin(), resource.dependencies.end(), [&](const std::string& need) {
    const ResourceState* needed = FindResource(state_, need);
    return needed == nullptr || needed->settled;
  });
}

void Executor::CancelUnderWay(absl::Time now) {
  for (auto& [id, resource] : state_.resources) {
    if (resource.status == ResourceStatus::kCreateInProgress) {
      SetStatus(resource, ResourceStatus::kCreateFailed, "Resource creation cancelled", now);
    } else if (resource.status == ResourceStatus::kUpdateInProgress) {
      SetStatus(resource, ResourceStatus::kUpdateFailed, "Resource update cancelled", now);
    }
  }
}

void Executor::StepUpdate(absl::Time now) {
  std::vector<std::string> not_created, not_updated;
  for (const auto& [id, resource] : state_.resources) {
    if (resource.settled || resource.removing) continue;
    if (resource.status == ResourceStatus::kCreateFailed) not_created.push_back(id);
    if (resource.status == ResourceStatus::kUpdateFailed) not_updated.push_back(id);
  }
  if (!not_created.empty() || !not_updated.empty()) {
    std::string reason = absl::StrCat(Failed("create", not_created), Failed("update", not_updated));
    reason.pop_back();
    return RollBackUpdate(reason, now);
  }
  bool all_settled = true;
  for (auto& [id, resource] : state_.resources) {
    if (resource.status == ResourceStatus::kPending && HasItsTurn(resource)) {
      resource.made_in_update = state_.updates;
      SetStatus(resource, ResourceStatus::kCreateInProgress, "", now);
    }
    all_settled = all_settled && (resource.settled || resource.removing);
  }
  if (!all_settled) return;
  const bool forward = state_.status == StackStatus::kUpdateInProgress;
  SetStackStatus(
      forward ? StackStatus::kUpdateCompleteCleanupInProgress : StackStatus::kUpdateRollbackCompleteCleanupInProgress,
      "", now);
}

void Executor::RollBackUpdate(const std::string& reason, absl::Time now) {
  CancelUnderWay(now);
  if (state_.status == StackStatus::kUpdateRollbackInProgress) {
    return SetStackStatus(StackStatus::kUpdateRollbackFailed, reason, now);
  }
  SetStackStatus(StackStatus::kUpdateRollbackInProgress, reason, now);
  for (auto& [id, resource] : state_.resources) {
    if (!resource.former.has_value()) {
      // The update's own: it goes, once nothing uses it any more.
      resource.removing = true;
      continue;
    }
    if (resource.physical_id != resource.former->physical_id) {
      PutAside(resource, RemovalPolicy::kDelete);
      state_.leftovers.erase(absl::StrCat(id, "/", resource.former->physical_id));
    }
    Restore(resource);
  }
}

void Executor::PutAside(const ResourceState& resource, RemovalPolicy policy) {
  ResourceState& leftover = state_.leftovers[absl::StrCat(resource.logical_id, "/", resource.physical_id)];
  leftover = resource;
  leftover.status = IsComplete(resource.status) ? resource.status : ResourceStatus::kCreateFailed;
  leftover.deletion_policy = policy;
  leftover.settled = true;
  leftover.former.reset();
}

void Executor::StepCleanup(absl::Time now) {
  std::vector<ResourceState*> leaving;
  for (auto& [id, leftover] : state_.leftovers) leaving.push_back(&leftover);
  for (auto& [id, resource] : state_.resources) {
    if (resource.removing) leaving.push_back(&resource);
  }
  std::set<std::string> needed;
  bool under_way = false;
  bool all_gone = true;
  for (const ResourceState* resource : leaving) {
    under_way = under_way || IsUnderWay(resource->status);
    if (IsGone(resource->status)) continue;
    all_gone = false;
    needed.insert(resource->dependencies.begin(), resource->dependencies.end());
  }
  bool began = false;
  for (ResourceState* resource : leaving) {
    if (!IsRemovable(resource->status) || needed.count(resource->logical_id) != 0) continue;
    StartRemoving(*resource, now);
    began = true;
  }
  if (!under_way && !began) return EndUpdate(all_gone, now);
  // One that is kept may have made room for others at once.
  if (began && UnderWay().empty()) StepCleanup(now);
}

// A resource that could not be deleted does not fail the update; it is kept in mind.
void Executor::EndUpdate(bool all_gone, absl::Time now) {
  for (auto it = state_.resources.begin(); it != state_.resources.end();) {
    ResourceState& resource = it->second;
    resource.former.reset();
    resource.undone = false;
    if (!resource.removing) {
      ++it;
      continue;
    }
    resource.removing = false;
    if (!IsGone(resource.status)) {
      state_.leftovers[absl::StrCat(resource.logical_id, "/", resource.physical_id)] = resource;
    }
    it = state_.resources.erase(it);
  }
  for (auto it = state_.leftovers.begin(); it != state_.leftovers.end();) {
    it = IsGone(it->second.status) ? state_.leftovers.erase(it) : std::next(it);
  }
  const bool forward = state_.status == StackStatus::kUpdateCompleteCleanupInProgress;
  SetStackStatus(forward ? StackStatus::kUpdateComplete : StackStatus::kUpdateRollbackComplete,
                 all_gone ? "" : absl::StrCat(forward ? "Update successful. " : "", kNotAllGone), now);
}

void Executor::OnUnchanged(absl::string_view logical_id, absl::Time now) {
  ResourceState* resource = Find(logical_id);
  if (resource == nullptr || !HasItsTurn(*resource)) return;
  resource->settled = true;
  if (resource->undone) SetStatus(*resource, ResourceStatus::kUpdateComplete, "", now);
}

void Executor::OnUpdating(absl::string_view logical_id, Value properties, absl::Time now) {
  ResourceState* resource = Find(logical_id);
  if (resource == nullptr || !HasItsTurn(*resource)) return;
  resource->properties = std::move(properties);
  resource->update_accepted = false;
  SetStatus(*resource, ResourceStatus::kUpdateInProgress, "", now);
}

void Executor::OnRefused(absl::string_view logical_id, absl::string_view reason, absl::Time now) {
  ResourceState* resource = Find(logical_id);
  const bool forward = state_.status == StackStatus::kUpdateInProgress;
  if (resource != nullptr && resource->former.has_value() && forward) {
    resource->properties = resource->former->properties;
  }
  OnFailed(logical_id, reason, now);
}

void Executor::OnReplacing(absl::string_view logical_id, absl::Time now) {
  ResourceState* resource = Find(logical_id);
  if (resource == nullptr || !HasItsTurn(*resource)) return;
  ResourceState old_one = *resource;
  if (old_one.former.has_value()) old_one.dependencies = old_one.former->dependencies;
  PutAside(old_one, resource->update_replace_policy);
  SetStatus(*resource, ResourceStatus::kUpdateInProgress,
            "Requested update requires the creation of a new physical resource; hence creating one.", now);
  resource->physical_id.clear();
  resource->attributes.clear();
  resource->replacing = true;
  resource->made_in_update = state_.updates;
}

void Executor::OnCreating(absl::string_view logical_id, Value properties) {
  if (ResourceState* resource = Find(logical_id)) resource->properties = std::move(properties);
}

}  // namespace nubo::stack
