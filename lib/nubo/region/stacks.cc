#include "nubo/region/stacks.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/region/groups.h"
#include "nubo/region/instances.h"
#include "nubo/region/proxy_config.h"
#include "nubo/region/services.h"
#include "nubo/region/target_health.h"
#include "nubo/stack/evaluate.h"
#include "nubo/stack/executor.h"
#include "nubo/stack/parse.h"
#include "nubo/stack/reader.h"
#include "nubo/stack/template.h"
#include "nubo/stack/validate.h"

namespace nubo::region {
namespace {

constexpr size_t kStacksMax = 200;
constexpr size_t kStackNameMax = 128;
constexpr int kHttpPort = 80;

absl::Status ValidateName(const std::string& name) {
  const bool shaped =
      !name.empty() && name.size() <= kStackNameMax && absl::ascii_isalpha(static_cast<unsigned char>(name[0])) &&
      std::all_of(name.begin(), name.end(),
                  [](char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-'; });
  if (shaped) return absl::OkStatus();
  return base::WithErrorCode(
      absl::InvalidArgumentError(absl::StrCat(
          "stack name \"", name.substr(0, kStackNameMax),
          "\" must begin with a letter and have only letters, digits and hyphens, at most ", kStackNameMax)),
      "ValidationError");
}

stack::StackContext ContextOf(const v1::StackState& record) {
  stack::StackContext context;
  context.stack_name = record.stack_name();
  context.stack_id = record.stack_id();
  context.account_id = kAccountId;
  context.region = kRegionName;
  return context;
}

struct Prepared {
  stack::Template parsed;
  stack::Bindings bindings;
};

absl::StatusOr<Prepared> Prepare(const v1::StackState& record) {
  Prepared prepared;
  NUBO_ASSIGN_OR_RETURN(prepared.parsed, stack::Parse(record.template_body(), record.template_name()));
  const std::map<std::string, std::string> parameters(record.parameters().begin(), record.parameters().end());
  NUBO_ASSIGN_OR_RETURN(prepared.bindings, stack::Bind(prepared.parsed, parameters, ContextOf(record)));
  return prepared;
}

stack::StackState FromRecord(const v1::StackState& record) {
  stack::StackState state;
  state.stack_name = record.stack_name();
  state.stack_id = record.stack_id();
  state.status = stack::ParseStackStatus(record.status()).value_or(stack::StackStatus::kCreateFailed);
  state.reason = record.reason();
  state.on_failure = static_cast<stack::OnFailure>(record.on_failure());
  for (const v1::StackResourceState& resource : record.resources()) {
    stack::ResourceState& out = state.resources[resource.logical_id()];
    out.logical_id = resource.logical_id();
    out.type = resource.type();
    out.status = stack::ParseResourceStatus(resource.status()).value_or(stack::ResourceStatus::kPending);
    out.physical_id = resource.physical_id();
    for (const auto& [name, json] : resource.attributes()) {
      out.attributes[name] = stack::ReadJson(json, "store").value_or(stack::Value());
    }
    out.reason = resource.reason();
    out.delete_accepted = resource.delete_accepted();
    out.since = FromMicros(resource.since());
    out.dependencies.assign(resource.dependencies().begin(), resource.dependencies().end());
    out.deletion_policy = static_cast<stack::RemovalPolicy>(resource.deletion_policy());
  }
  return state;
}

// Writes the executor's state over the record, keeping what only the record knows.
void ToRecord(const stack::StackState& state, v1::StackState& record) {
  std::map<std::string, v1::StackResourceState> former;
  for (const v1::StackResourceState& resource : record.resources()) former[resource.logical_id()] = resource;
  record.set_status(std::string(stack::StatusName(state.status)));
  record.set_reason(state.reason);
  record.set_on_failure(static_cast<int>(state.on_failure));
  record.clear_resources();
  for (const auto& [id, resource] : state.resources) {
    v1::StackResourceState* out = record.add_resources();
    *out = former[id];
    out->set_logical_id(id);
    out->set_type(resource.type);
    out->set_status(std::string(stack::StatusName(resource.status)));
    out->set_physical_id(resource.physical_id);
    out->clear_attributes();
    for (const auto& [name, value] : resource.attributes) (*out->mutable_attributes())[name] = stack::ToJson(value);
    out->set_reason(resource.reason);
    out->set_delete_accepted(resource.delete_accepted);
    out->set_since(ToMicros(resource.since));
    out->clear_dependencies();
    for (const std::string& dependency : resource.dependencies) out->add_dependencies(dependency);
    out->set_deletion_policy(static_cast<int>(resource.deletion_policy));
  }
}

void TellEvents(Context& context, const std::string& stack_name, std::vector<stack::Event> events) {
  for (const stack::Event& event : events) {
    context.events.Add({event.physical_id.empty() ? event.logical_id : event.physical_id, event.type, event.status,
                        event.reason, stack_name, event.logical_id},
                       context.model.batch);
  }
}

// What was asked for and is not enforced goes into the resource's record, and into an event.
void RecordCreated(Context& context, const std::vector<Handlers::Created>& created) {
  for (const Handlers::Created& one : created) {
    context.model.stacks.Update(one.stack_name, [&](v1::StackState& record) {
      for (v1::StackResourceState& resource : *record.mutable_resources()) {
        if (resource.logical_id() != one.logical_id) continue;
        resource.set_properties(one.properties);
        resource.clear_not_enforced();
        for (const std::string& what : one.not_enforced) resource.add_not_enforced(what);
        if (one.why_not_enforced.empty()) continue;
        resource.add_not_enforced(one.why_not_enforced);
        context.events.Add(
            {resource.physical_id(), resource.type(), "not-enforced",
             absl::StrCat("accepted, but not enforced: ", one.why_not_enforced), one.stack_name, one.logical_id},
            context.model.batch);
      }
    });
  }
}

bool TickStack(Context& context, Handlers& handlers, const std::string& name) {
  const v1::StackState before = *context.model.stacks.Find(name);
  stack::Executor executor(FromRecord(before));
  if (executor.Done()) return false;
  absl::StatusOr<Prepared> prepared = Prepare(before);
  // It was read when the stack was created; deletion needs none.
  if (!prepared.ok()) prepared = Prepared();
  const bool changed =
      stack::RunOnce(executor, prepared->parsed, prepared->bindings, handlers.registry(), context.now());
  if (!changed) return false;
  context.model.stacks.Update(name, [&](v1::StackState& record) { ToRecord(executor.state(), record); });
  TellEvents(context, name, executor.TakeEvents());
  RecordCreated(context, handlers.TakeCreated());
  return true;
}

// A deleted stack leaves nothing but events.
void Bury(Context& context, const std::string& name) {
  std::vector<std::string> instances;
  for (const auto& [id, instance] : context.model.instances) {
    if (instance.owner().stack_name() == name && IsTerminated(instance)) instances.push_back(id);
  }
  for (const std::string& id : instances) {
    context.model.instances.Erase(id);
    context.RemoveLog(id);
  }
  context.model.stacks.Erase(name);
}

bool SameParameters(const v1::StackState& record, const std::map<std::string, std::string>& parameters) {
  return std::map<std::string, std::string>(record.parameters().begin(), record.parameters().end()) == parameters;
}

void WaitForServices(const Context& context, const v1::StackState& stack, std::vector<std::string>& waiting) {
  for (const auto& [arn, listener] : context.model.listeners) {
    if (listener.owner().stack_name() != stack.stack_name()) continue;
    const std::string service = BalancerServiceId(listener.load_balancer_arn());
    const auto status = context.proxy_status.find(service);
    const auto sent = context.proxy_sent.find(service);
    const bool applied = status != context.proxy_status.end() && sent != context.proxy_sent.end() &&
                         status->second.revision() >= sent->second.revision();
    if (!applied) waiting.push_back(absl::StrCat("load balancer of listener ", listener.owner().logical_id()));
  }
  const auto edge = context.proxy_status.find(kEdgeService);
  const auto sent = context.proxy_sent.find(kEdgeService);
  if (edge == context.proxy_status.end() || sent == context.proxy_sent.end() ||
      edge->second.revision() < sent->second.revision()) {
    waiting.push_back(absl::StrCat("the shared listener on ", context.http_address.ToString()));
    return;
  }
  for (const proxy::v1::ListenerStatus& listener : edge->second.listeners()) {
    if (!listener.error().empty()) waiting.push_back(listener.error());
  }
  for (const proxy::v1::TargetStatus& target : edge->second.targets()) {
    const v1::LoadBalancerState* balancer = context.model.load_balancers.Find(target.target_group_id());
    if (balancer == nullptr || balancer->owner().stack_name() != stack.stack_name()) continue;
    if (target.state() == "initial") waiting.push_back(absl::StrCat("the shared listener to reach ", balancer->name()));
  }
}

}  // namespace

absl::StatusOr<StackAnswer> CreateStack(Context& context, const StackRequest& request) {
  NUBO_RETURN_IF_ERROR(ValidateName(request.name));
  if (const v1::StackState* existing = context.model.stacks.Find(request.name)) {
    const bool same = existing->template_body() == request.body && SameParameters(*existing, request.parameters);
    if (same && existing->status() != "DELETE_IN_PROGRESS") return StackAnswer{existing->stack_id(), true};
    if (existing->status() == "DELETE_IN_PROGRESS") {
      return absl::FailedPreconditionError(
          absl::StrCat("stack ", request.name, " is being deleted; try again when it is gone"));
    }
    return base::WithErrorCode(absl::FailedPreconditionError(
                                   absl::StrCat("stack ", request.name,
                                                " exists with another template or other parameters, and "
                                                "stacks cannot be updated yet; take it down first: nubo down --name ",
                                                request.name)),
                               "AlreadyExistsException");
  }
  if (context.model.stacks.size() >= kStacksMax) {
    return base::WithErrorCode(absl::ResourceExhaustedError(absl::StrCat("there are ", kStacksMax, " stacks already")),
                               "LimitExceededException");
  }
  v1::StackState record;
  record.set_stack_name(request.name);
  record.set_stack_id(Arn("cloudformation", absl::StrCat("stack/", request.name, "/", context.ids.NewHex(32))));
  record.set_template_body(request.body);
  record.set_template_name(request.template_name);
  record.mutable_parameters()->insert(request.parameters.begin(), request.parameters.end());
  record.set_creation_time(ToMicros(context.now()));
  NUBO_ASSIGN_OR_RETURN(const Prepared prepared, Prepare(record));
  NUBO_RETURN_IF_ERROR(stack::ToStatus(prepared.parsed.file, stack::Validate(prepared.parsed, prepared.bindings)));
  NUBO_ASSIGN_OR_RETURN(const stack::StackState state, stack::Executor::NewStack(prepared.parsed, prepared.bindings));
  ToRecord(state, record);
  const StackAnswer answer{record.stack_id(), false};
  context.model.stacks.Put(request.name, std::move(record));
  return answer;
}

absl::Status DeleteStack(Context& context, const std::string& name, bool delete_data) {
  const v1::StackState* record = context.model.stacks.Find(name);
  if (record == nullptr) {
    return base::WithErrorCode(absl::NotFoundError(absl::StrCat("Stack with id ", name, " does not exist")),
                               "ValidationError");
  }
  stack::Executor executor(FromRecord(*record));
  executor.Delete({}, context.now());
  context.model.stacks.Update(name, [&](v1::StackState& changed) {
    ToRecord(executor.state(), changed);
    changed.set_delete_data(changed.delete_data() || delete_data);
  });
  TellEvents(context, name, executor.TakeEvents());
  return absl::OkStatus();
}

bool TickStacks(Context& context, Handlers& handlers) {
  std::vector<std::string> names;
  for (const auto& [name, record] : context.model.stacks) names.push_back(name);
  bool changed = false;
  for (const std::string& name : names) {
    changed = TickStack(context, handlers, name) || changed;
    const v1::StackState* record = context.model.stacks.Find(name);
    if (record->status() == "DELETE_COMPLETE") Bury(context, name);
  }
  return changed;
}

std::vector<std::string> WaitingFor(const Context& context, const v1::StackState& stack) {
  std::vector<std::string> waiting;
  if (stack.status() != "CREATE_COMPLETE")
    return {absl::StrCat("stack ", stack.stack_name(), ", which is ", stack.status())};
  for (const auto& [name, group] : context.model.groups) {
    if (group.owner().stack_name() != stack.stack_name()) continue;
    const int in_service = InService(context, name);
    if (in_service >= group.desired()) continue;
    const std::string why = WaitingReason(context, group);
    waiting.push_back(absl::StrCat(group.owner().logical_id(), ": ", in_service, " of ", group.desired(), " in service",
                                   why.empty() ? "" : absl::StrCat(" (", why, ")")));
  }
  for (const auto& [id, instance] : context.model.instances) {
    if (instance.owner().stack_name() != stack.stack_name() || IsTerminated(instance) || instance.drain_until() != 0)
      continue;
    for (const std::string& arn : TargetGroupsOf(context, instance)) {
      const TargetView view = ViewOf(context, arn, id);
      if (view.state == "healthy" || view.state == "unused") continue;
      waiting.push_back(absl::StrCat("target ", id, " of ", context.model.target_groups.Find(arn)->name(),
                                     ", which is ", view.state,
                                     view.description.empty() ? "" : absl::StrCat(" (", view.description, ")")));
    }
  }
  for (const auto& [id, database] : context.model.databases) {
    if (database.owner().stack_name() == stack.stack_name() && database.status() != "available") {
      waiting.push_back(absl::StrCat("database ", id, ", which is ", database.status()));
    }
  }
  WaitForServices(context, stack, waiting);
  return waiting;
}

std::vector<std::string> UrlsOf(const Context& context, const v1::StackState& stack) {
  std::set<std::string> urls;
  for (const auto& [id, record] : context.model.records) {
    const v1::LoadBalancerState* balancer = BalancerByDnsName(context, record.alias_name());
    if (record.owner().stack_name() != stack.stack_name() || balancer == nullptr) continue;
    const v1::ListenerState* listener = FirstListener(context, balancer->arn());
    if (listener == nullptr) continue;
    const int port = IsLocalhostName(record.name()) ? context.http_address.port : listener->local_port();
    urls.insert(absl::StrCat("http://", record.name(), port == kHttpPort ? "" : absl::StrCat(":", port), "/"));
  }
  return {urls.begin(), urls.end()};
}

std::vector<ShownOutput> OutputsOf(const v1::StackState& record) {
  if (record.status() != "CREATE_COMPLETE") return {};
  const absl::StatusOr<Prepared> prepared = Prepare(record);
  if (!prepared.ok()) return {};
  const stack::StackState state = FromRecord(record);
  const auto outputs = stack::ResolveOutputs(prepared->parsed, prepared->bindings, stack::StateLookup(state));
  std::vector<ShownOutput> shown;
  if (!outputs.ok()) return shown;
  for (const stack::ResolvedOutput& output : *outputs) shown.push_back({output.name, output.value, output.description});
  return shown;
}

std::map<std::string, std::string> ParametersOf(const v1::StackState& record) {
  const absl::StatusOr<Prepared> prepared = Prepare(record);
  if (!prepared.ok()) return {};
  return stack::ShownParameters(prepared->parsed, prepared->bindings);
}

}  // namespace nubo::region
