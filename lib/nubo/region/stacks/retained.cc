#include "nubo/region/stacks/retained.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nubo/base/status.h"
#include "nubo/region/resources/resource_types.h"

namespace nubo::region {
namespace {

constexpr size_t kNamedMax = 5;

// Two things of different types may have one id: users choose those of groups and databases.
std::string KeyOf(const std::string& type, const std::string& id) { return absl::StrCat(id, " ", type); }
std::string KeyOf(const v1::RetainedState& record) { return KeyOf(record.type(), record.id()); }

stack::ResourceContext ContextOf(const v1::RetainedState& record) {
  stack::ResourceContext context;
  context.stack_name = record.owner().stack_name();
  context.logical_id = record.owner().logical_id();
  context.type = record.type();
  context.stack_status = stack::StackStatus::kDeleteComplete;
  return context;
}

void Gone(Context& context, const v1::RetainedState& record) {
  context.Tell(record.owner(), record.id(), record.type(), "DELETE_COMPLETE", "");
  context.model.retained.Erase(KeyOf(record));
}

// Something else that is on its way out may stand in its way.
bool OthersAreLeaving(const Context& context, const std::string& key) {
  for (const auto& [other_key, other] : context.model.retained) {
    if (other_key != key && other.deleting() && other.reason().empty()) return true;
  }
  return false;
}

// True if it is another step further.
bool Step(Context& context, const Handlers& handlers, const v1::RetainedState& record) {
  stack::ResourceHandler* handler = handlers.registry().Find(record.type());
  if (handler == nullptr) return false;
  if (!record.delete_accepted()) {
    const absl::Status status = handler->Delete(ContextOf(record), record.id());
    if (absl::IsNotFound(status)) {
      Gone(context, record);
      return true;
    }
    if (absl::IsUnavailable(status)) return false;
    if (status.ok()) {
      context.model.retained.Update(KeyOf(record), [](v1::RetainedState& changed) {
        changed.set_delete_accepted(true);
        changed.clear_reason();
      });
      return true;
    }
    const std::string reason(status.message());
    if (record.reason() != reason) {
      context.model.retained.Update(KeyOf(record), [&](v1::RetainedState& changed) { changed.set_reason(reason); });
      return true;
    }
    if (OthersAreLeaving(context, KeyOf(record))) return false;
    context.model.retained.Update(KeyOf(record), [](v1::RetainedState& changed) { changed.set_deleting(false); });
    context.Tell(record.owner(), record.id(), record.type(), "DELETE_FAILED", reason);
    return true;
  }
  const absl::StatusOr<stack::Progress> progress = handler->PollDelete(ContextOf(record), record.id());
  const bool complete = progress.ok() && progress->state == stack::Progress::State::kComplete;
  if (!complete && !absl::IsNotFound(progress.status())) return false;
  Gone(context, record);
  return true;
}

}  // namespace

void KeepRetained(Context& context, const std::string& stack_name, const std::vector<stack::Event>& events) {
  for (const stack::Event& event : events) {
    if (event.status != "DELETE_SKIPPED" || event.physical_id.empty()) continue;
    v1::RetainedState record;
    record.set_id(event.physical_id);
    record.mutable_owner()->set_stack_name(stack_name);
    record.mutable_owner()->set_logical_id(event.logical_id);
    record.set_type(event.type);
    record.set_since(ToMicros(context.now()));
    const ResourceType* type = context.types->Find(record.type());
    if (type != nullptr && type->disown) type->disown(context.model, record.id());
    context.model.retained.Put(KeyOf(event.type, event.physical_id), std::move(record));
  }
}

absl::StatusOr<std::vector<std::string>> DeleteRetained(Context& context, const std::string& id) {
  std::vector<std::string> found, ids;
  for (const auto& [key, record] : context.model.retained) {
    const std::string path = absl::StrCat(record.owner().stack_name(), "/", record.owner().logical_id());
    if (!id.empty() && record.id() != id && path != id) continue;
    found.push_back(key);
    ids.push_back(record.id());
  }
  if (found.empty() && !id.empty()) {
    return base::WithErrorCode(
        absl::NotFoundError(absl::StrCat("no stack has left behind anything called ", id,
                                         context.model.retained.empty() ? "" : "; there is ", NameRetained(context))),
        "ValidationError");
  }
  for (const std::string& one : found) {
    context.model.retained.Update(one, [](v1::RetainedState& record) {
      record.set_deleting(true);
      record.clear_reason();
    });
  }
  return ids;
}

bool TickRetained(Context& context, const Handlers& handlers) {
  std::vector<std::string> keys;
  for (const auto& [key, record] : context.model.retained) {
    if (record.deleting()) keys.push_back(key);
  }
  bool changed = false;
  for (const std::string& key : keys) {
    const v1::RetainedState record = *context.model.retained.Find(key);
    changed = Step(context, handlers, record) || changed;
  }
  return changed;
}

std::string NameRetained(const Context& context) {
  std::vector<std::string> names;
  for (const auto& [key, record] : context.model.retained) {
    if (names.size() < kNamedMax) names.push_back(absl::StrCat(record.id(), " of stack ", record.owner().stack_name()));
  }
  const size_t more = context.model.retained.size() - names.size();
  return absl::StrCat(absl::StrJoin(names, ", "), more == 0 ? "" : absl::StrCat(" and ", more, " more"));
}

}  // namespace nubo::region
