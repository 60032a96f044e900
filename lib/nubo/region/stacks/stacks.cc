#include "nubo/region/stacks/stacks.h"

#include <memory>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/region/balancing/balancer_service.h"
#include "nubo/region/balancing/proxy_config.h"
#include "nubo/region/balancing/registration.h"
#include "nubo/region/balancing/target_health.h"
#include "nubo/region/dns/aliases.h"
#include "nubo/region/groups/groups.h"
#include "nubo/region/stacks/prepared_templates.h"
#include "nubo/region/stacks/retained.h"
#include "nubo/region/stacks/stack_records.h"
#include "nubo/region/state/instance_facts.h"
#include "nubo/region/state/names.h"
#include "nubo/region/state/view.h"
#include "nubo/region/supervisor/services.h"
#include "nubo/stack/evaluate.h"
#include "nubo/stack/executor.h"
#include "nubo/stack/runner.h"

namespace nubo::region {
namespace {

constexpr int kHttpPort = 80;

// Once all is as the new template says there is no way back; rolled back, the former one is the stack's again.
void SettleTemplate(stack::StackStatus status, v1::StackState& record) {
  const bool back = status == stack::StackStatus::kUpdateRollbackCompleteCleanupInProgress ||
                    status == stack::StackStatus::kUpdateRollbackComplete;
  const bool through =
      status == stack::StackStatus::kUpdateCompleteCleanupInProgress || status == stack::StackStatus::kUpdateComplete;
  if (!record.has_former() || (!back && !through)) return;
  if (back) {
    record.set_template_body(record.former_template_body());
    record.set_template_name(record.former_template_name());
    record.set_template_path(record.former_template_path());
    *record.mutable_parameters() = record.former_parameters();
  }
  ForgetFormer(record);
}

// What was asked for and is not enforced goes into the resource's record, and into an event.
void RecordCreated(Context& context, const std::vector<Handlers::Created>& created) {
  for (const Handlers::Created& one : created) {
    context.model.stacks.Update(one.stack_name, [&](v1::StackState& record) {
      for (v1::StackResourceState& resource : *record.mutable_resources()) {
        if (resource.logical_id() != one.logical_id) continue;
        resource.clear_not_enforced();
        for (const std::string& what : one.not_enforced) resource.add_not_enforced(what);
        for (const std::string& why : one.why_not_enforced) {
          resource.add_not_enforced(why);
          context.events.Add({resource.physical_id(), resource.type(), "not-enforced",
                              absl::StrCat("accepted, but not enforced: ", why), one.stack_name, one.logical_id},
                             context.model.transaction);
        }
      }
    });
  }
}

bool TickStack(Context& context, Handlers& handlers, const std::string& name) {
  if (!absl::EndsWith(context.model.stacks.Find(name)->status(), "_IN_PROGRESS")) return false;
  const v1::StackState before = *context.model.stacks.Find(name);
  stack::Executor executor(FromRecord(before));
  if (executor.Done()) return false;
  const bool rolling_back = executor.state().status == stack::StackStatus::kUpdateRollbackInProgress;
  const auto read = rolling_back ? context.templates->FormerOf(before) : context.templates->Of(before);
  // It was read when the stack was created; deletion needs none.
  const auto prepared = read.ok() ? *read : std::make_shared<const Prepared>();
  const bool changed =
      stack::RunOnce(executor, prepared->parsed, prepared->bindings, handlers.registry(), context.now());
  if (!changed) return false;
  context.model.stacks.Update(name, [&](v1::StackState& record) {
    ToRecord(executor.state(), record);
    SettleTemplate(executor.state().status, record);
  });
  const std::vector<stack::Event> events = executor.TakeEvents();
  KeepRetained(context, name, events);
  TellEvents(context, name, events);
  RecordCreated(context, handlers.TakeCreated());
  return true;
}

// A deleted stack leaves nothing but events.
void Bury(Context& context, const std::string& name) {
  std::vector<std::string> instances;
  for (const auto& [id, instance] : View(context.model).InstancesOfStack(name)) {
    if (IsTerminated(instance)) instances.push_back(id);
  }
  for (const std::string& id : instances) {
    context.model.instances.Erase(id);
    context.RemoveLog(id);
  }
  context.model.stacks.Erase(name);
}

void WaitForTarget(const std::string& id, const std::string& group, const TargetView& target,
                   std::vector<std::string>& waiting) {
  if (target.state == "healthy" || target.state == "unused") return;
  waiting.push_back(absl::StrCat("target ", id, " of ", group, ", which is ", target.state,
                                 target.description.empty() ? "" : absl::StrCat(" (", target.description, ")")));
}

void WaitForServices(const Context& context, const v1::StackState& stack, std::vector<std::string>& waiting) {
  for (const auto& [arn, listener] : View(context.model).ListenersOfStack(stack.stack_name())) {
    if (!HasApplied(context, listener.load_balancer_arn()).value_or(false)) {
      waiting.push_back(absl::StrCat("load balancer of listener ", listener.owner().logical_id()));
    }
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
    if (target.state() != "initial") continue;
    const v1::LoadBalancerState* balancer = context.model.load_balancers.Find(target.target_group_id());
    if (balancer == nullptr || balancer->owner().stack_name() != stack.stack_name()) continue;
    waiting.push_back(absl::StrCat("the shared listener to reach ", balancer->name()));
  }
}

}  // namespace

bool TickStacks(Context& context, Handlers& handlers) {
  std::vector<std::string> names;
  for (const auto& [name, record] : context.model.stacks) names.push_back(name);
  bool changed = false;
  for (const std::string& name : names) {
    changed = TickStack(context, handlers, name) || changed;
    const v1::StackState* record = context.model.stacks.Find(name);
    if (record->status() == "DELETE_COMPLETE") Bury(context, name);
  }
  return TickRetained(context, handlers) || changed;
}

std::vector<std::string> WaitingFor(const Context& context, const v1::StackState& stack) {
  std::vector<std::string> waiting;
  if (!IsWhole(stack)) return {absl::StrCat("stack ", stack.stack_name(), ", which is ", stack.status())};
  const View view(context.model);
  for (const auto& [name, group] : view.GroupsOfStack(stack.stack_name())) {
    const int in_service = Steady(context, name);
    if (in_service >= group.desired()) continue;
    const std::string why = WaitingReason(context, group);
    waiting.push_back(absl::StrCat(group.owner().logical_id(), ": ", in_service, " of ", group.desired(), " in service",
                                   why.empty() ? "" : absl::StrCat(" (", why, ")")));
  }
  for (const auto& [id, instance] : view.InstancesOfStack(stack.stack_name())) {
    if (IsTerminated(instance) || instance.drain_until() != 0) continue;
    for (const std::string& arn : TargetGroupsOf(context, instance)) {
      const v1::TargetGroupState* group = context.model.target_groups.Find(arn);
      WaitForTarget(id, group == nullptr ? arn : group->name(), ViewOf(context, arn, id), waiting);
    }
  }
  for (const v1::StackResourceState& resource : stack.resources()) {
    if (resource.type() != "AWS::EC2::Instance") continue;
    const v1::InstanceState* instance = context.model.instances.Find(resource.physical_id());
    if (instance == nullptr || IsTerminated(*instance)) {
      waiting.push_back(absl::StrCat("instance ", resource.logical_id(), ", which is gone"));
    } else if (!IsHalted(*instance) && !IsSteady(context, *instance)) {
      waiting.push_back(absl::StrCat("instance ", resource.logical_id(), " to stay up"));
    }
  }
  for (const auto& [arn, group] : view.TargetGroupsOfStack(stack.stack_name())) {
    if (group.target_type() != "ip") continue;
    for (const RegisteredTarget& target : TargetsOf(context, group)) {
      WaitForTarget(target.id, group.name(), ViewOf(context, arn, target.id, /*one_port=*/true), waiting);
    }
  }
  for (const auto& [id, database] : view.DatabasesOfStack(stack.stack_name())) {
    if (database.status() == "available") continue;
    waiting.push_back(absl::StrCat("database ", id, ", which is ", database.status()));
  }
  WaitForServices(context, stack, waiting);
  return waiting;
}

Failing WhatFails(const Context& context, const v1::StackState& stack) {
  constexpr int kTries = 3;
  if (!IsWhole(stack)) return {};
  for (const v1::StackResourceState& resource : stack.resources()) {
    if (resource.type() != "AWS::EC2::Instance") continue;
    const v1::InstanceState* instance = context.model.instances.Find(resource.physical_id());
    if (instance != nullptr && !IsTerminated(*instance)) continue;
    return {absl::StrCat(resource.logical_id(), ": instance ", resource.physical_id(), " is gone",
                         instance == nullptr ? "" : absl::StrCat(" (", instance->reason_message(), ")"),
                         ", and nobody replaces an instance of no group"),
            instance == nullptr ? "" : instance->id()};
  }
  for (const auto& [name, group] : View(context.model).GroupsOfStack(stack.stack_name())) {
    if (group.failed_launches() < kTries) continue;
    if (Steady(context, name) >= group.desired()) continue;
    return {absl::StrCat(group.owner().logical_id(), ": ", group.failed_launches(),
                         " launches in a row came to nothing: ", group.last_failure_reason()),
            LastEnded(context, name)};
  }
  return {};
}

std::vector<std::string> UrlsOf(const Context& context, const v1::StackState& stack) {
  std::set<std::string> urls;
  for (const auto& [id, record] : View(context.model).RecordsOfStack(stack.stack_name())) {
    const v1::LoadBalancerState* balancer = BalancerByDnsName(context.model, record.alias_name());
    if (balancer == nullptr) continue;
    const v1::ListenerState* listener = FirstListener(context, balancer->arn());
    if (listener == nullptr) continue;
    const int port = IsLocalhostName(record.name()) ? context.http_address.port : listener->local_port();
    urls.insert(absl::StrCat("http://", record.name(), port == kHttpPort ? "" : absl::StrCat(":", port), "/"));
  }
  return {urls.begin(), urls.end()};
}

std::vector<ShownOutput> OutputsOf(const Context& context, const v1::StackState& record) {
  if (!IsWhole(record)) return {};
  const auto prepared = context.templates->Of(record);
  if (!prepared.ok()) return {};
  const auto outputs = stack::ResolveOutputs((*prepared)->parsed, (*prepared)->bindings, RecordLookup(record));
  std::vector<ShownOutput> shown;
  if (!outputs.ok()) return shown;
  for (const stack::ResolvedOutput& output : *outputs) shown.push_back({output.name, output.value, output.description});
  return shown;
}

std::map<std::string, std::string> ParametersOf(const Context& context, const v1::StackState& record) {
  const auto prepared = context.templates->Of(record);
  if (!prepared.ok()) return {};
  return stack::ShownParameters((*prepared)->parsed, (*prepared)->bindings);
}

}  // namespace nubo::region
