#include "nubo/region/stacks/stack_records.h"

#include <map>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/region/state/context.h"
#include "nubo/stack/parse.h"
#include "nubo/stack/reader.h"

namespace nubo::region {
namespace {

stack::StackContext ContextOf(const v1::StackState& record) {
  stack::StackContext context;
  context.stack_name = record.stack_name();
  context.stack_id = record.stack_id();
  context.account_id = kAccountId;
  context.region = kRegionName;
  return context;
}

stack::Value ReadStored(const std::string& json) {
  return json.empty() ? stack::Value() : stack::ReadJson(json, "store").value_or(stack::Value());
}

// What a resource and its former self have alike: a record's part and the executor's struct.
template <typename Out>
void ReadCommon(const v1::StackResourceState& record, Out& out) {
  out.status = stack::ParseResourceStatus(record.status()).value_or(stack::ResourceStatus::kPending);
  out.physical_id = record.physical_id();
  for (const auto& [name, json] : record.attributes()) out.attributes[name] = ReadStored(json);
  out.properties = ReadStored(record.properties());
  out.dependencies.assign(record.dependencies().begin(), record.dependencies().end());
  out.deletion_policy = static_cast<stack::RemovalPolicy>(record.deletion_policy());
  out.update_replace_policy = static_cast<stack::RemovalPolicy>(record.update_replace_policy());
  out.made_in_update = record.made_in_update();
}

template <typename In>
void WriteCommon(const In& in, v1::StackResourceState& record) {
  record.set_status(std::string(stack::StatusName(in.status)));
  record.set_physical_id(in.physical_id);
  record.clear_attributes();
  for (const auto& [name, value] : in.attributes) (*record.mutable_attributes())[name] = stack::ToJson(value);
  record.set_properties(in.properties.is_null() ? "" : stack::ToJson(in.properties));
  record.clear_dependencies();
  for (const std::string& dependency : in.dependencies) record.add_dependencies(dependency);
  record.set_deletion_policy(static_cast<int>(in.deletion_policy));
  record.set_update_replace_policy(static_cast<int>(in.update_replace_policy));
  record.set_made_in_update(in.made_in_update);
}

stack::ResourceState ReadResource(const v1::StackResourceState& record) {
  stack::ResourceState out;
  ReadCommon(record, out);
  out.logical_id = record.logical_id();
  out.type = record.type();
  out.reason = record.reason();
  out.delete_accepted = record.delete_accepted();
  out.since = FromMicros(record.since());
  out.settled = !record.unsettled();
  out.update_accepted = record.update_accepted();
  out.replacing = record.replacing();
  out.removing = record.removing();
  out.undone = record.undone();
  if (record.has_former()) ReadCommon(record.former(), out.former.emplace());
  return out;
}

void WriteResource(const stack::ResourceState& in, v1::StackResourceState& record) {
  WriteCommon(in, record);
  record.set_logical_id(in.logical_id);
  record.set_type(in.type);
  record.set_reason(in.reason);
  record.set_delete_accepted(in.delete_accepted);
  record.set_since(ToMicros(in.since));
  record.set_unsettled(!in.settled);
  record.set_update_accepted(in.update_accepted);
  record.set_replacing(in.replacing);
  record.set_removing(in.removing);
  record.set_undone(in.undone);
  record.clear_former();
  if (in.former.has_value()) WriteCommon(*in.former, *record.mutable_former());
}

absl::StatusOr<Prepared> Read(const v1::StackState& record, bool check_properties) {
  Prepared prepared;
  stack::ParseOptions options;
  // What a former release took may be refused by now; the stack that was made of it is there all the same.
  options.check_properties = check_properties;
  NUBO_ASSIGN_OR_RETURN(prepared.parsed, stack::Parse(record.template_body(), record.template_name(), options));
  const std::map<std::string, std::string> values(record.parameters().begin(), record.parameters().end());
  NUBO_ASSIGN_OR_RETURN(prepared.bindings, stack::Bind(prepared.parsed, values, ContextOf(record)));
  return prepared;
}

}  // namespace

absl::StatusOr<Prepared> Prepare(const v1::StackState& record) { return Read(record, /*check_properties=*/false); }

absl::StatusOr<Prepared> PrepareNew(const v1::StackState& record) { return Read(record, /*check_properties=*/true); }

void ForgetFormer(v1::StackState& record) {
  record.set_has_former(false);
  record.clear_former_template_body();
  record.clear_former_template_name();
  record.clear_former_template_path();
  record.clear_former_parameters();
}

RecordLookup::RecordLookup(const v1::StackState& record) {
  for (const v1::StackResourceState& resource : record.resources()) resources_[resource.logical_id()] = &resource;
}

absl::StatusOr<std::string> RecordLookup::Ref(absl::string_view logical_id) const {
  const auto found = resources_.find(logical_id);
  if (found == resources_.end() || found->second->physical_id().empty()) {
    return absl::NotFoundError(absl::StrCat("resource ", logical_id, " is not created yet"));
  }
  return found->second->physical_id();
}

absl::StatusOr<stack::Value> RecordLookup::GetAtt(absl::string_view logical_id, absl::string_view attribute) const {
  const auto found = resources_.find(logical_id);
  const bool complete = found != resources_.end() &&
                        (found->second->status() == "CREATE_COMPLETE" || found->second->status() == "UPDATE_COMPLETE");
  if (!complete) return absl::NotFoundError(absl::StrCat("resource ", logical_id, " is not created yet"));
  const auto value = found->second->attributes().find(std::string(attribute));
  if (value == found->second->attributes().end()) {
    return absl::NotFoundError(absl::StrCat("resource ", logical_id, " has no attribute ", attribute));
  }
  return ReadStored(value->second);
}

stack::StackState FromRecord(const v1::StackState& record) {
  stack::StackState state;
  state.stack_name = record.stack_name();
  state.stack_id = record.stack_id();
  state.status = stack::ParseStackStatus(record.status()).value_or(stack::StackStatus::kCreateFailed);
  state.reason = record.reason();
  state.on_failure = static_cast<stack::OnFailure>(record.on_failure());
  state.updates = record.updates();
  state.delete_data = record.delete_data();
  for (const auto& resource : record.resources()) state.resources[resource.logical_id()] = ReadResource(resource);
  for (const auto& leftover : record.leftovers()) {
    state.leftovers[absl::StrCat(leftover.logical_id(), "/", leftover.physical_id())] = ReadResource(leftover);
  }
  return state;
}

void ToRecord(const stack::StackState& state, v1::StackState& record) {
  std::map<std::string, v1::StackResourceState> former;
  for (const v1::StackResourceState& resource : record.resources()) former[resource.logical_id()] = resource;
  record.set_status(std::string(stack::StatusName(state.status)));
  record.set_reason(state.reason);
  record.set_on_failure(static_cast<int>(state.on_failure));
  record.set_updates(state.updates);
  record.clear_resources();
  for (const auto& [id, resource] : state.resources) {
    v1::StackResourceState* out = record.add_resources();
    *out = former[id];
    WriteResource(resource, *out);
  }
  record.clear_leftovers();
  for (const auto& [id, leftover] : state.leftovers) WriteResource(leftover, *record.add_leftovers());
}

bool IsWhole(const v1::StackState& record) {
  return record.status() == "CREATE_COMPLETE" || record.status() == "UPDATE_COMPLETE" ||
         record.status() == "UPDATE_ROLLBACK_COMPLETE";
}

void TellEvents(Context& context, const std::string& stack_name, std::vector<stack::Event> events) {
  for (const stack::Event& event : events) {
    context.events.Add({event.physical_id.empty() ? event.logical_id : event.physical_id, event.type, event.status,
                        event.reason, stack_name, event.logical_id},
                       context.model.transaction);
  }
}

}  // namespace nubo::region
