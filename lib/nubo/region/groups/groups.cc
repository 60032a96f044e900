#include "nubo/region/groups/groups.h"

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/ec2/lifecycle.h"
#include "nubo/region/balancing/target_health.h"
#include "nubo/region/compute/instances.h"
#include "nubo/region/compute/launch_templates.h"
#include "nubo/region/compute/metadata_options.h"
#include "nubo/region/state/index.h"
#include "nubo/region/state/instance_facts.h"
#include "nubo/region/state/view.h"
#include "nubo/scaling/reconcile.h"
#include "nubo/scaling/rolling_update.h"

namespace nubo::region {
namespace {

constexpr char kType[] = "AWS::AutoScaling::AutoScalingGroup";

scaling::Member MemberOf(const Context& context, const v1::InstanceState& record) {
  scaling::Member member;
  member.id = record.id();
  member.zone = record.availability_zone();
  member.lifecycle = record.lifecycle_state() == "InService" ? scaling::LifecycleState::kInService
                     : record.lifecycle_state() == "Pending" ? scaling::LifecycleState::kPending
                                                             : scaling::LifecycleState::kTerminating;
  const bool running = record.state_code() == static_cast<int>(ec2::InstanceState::kRunning);
  const bool pending = record.state_code() == static_cast<int>(ec2::InstanceState::kPending);
  member.ec2 = running   ? scaling::Ec2Health::kRunning
               : pending ? scaling::Ec2Health::kStarting
                         : scaling::Ec2Health::kGone;
  // One that is being terminated still runs for a moment.
  if (member.lifecycle == scaling::LifecycleState::kTerminating) member.ec2 = scaling::Ec2Health::kRunning;
  member.elb = ElbHealthOf(context, record, member.elb_reason);
  member.launch_time = FromMicros(record.launch_time());
  member.in_service_time = FromMicros(record.in_service_time());
  member.template_version = record.template_version();
  const v1::GroupState* group = context.model.groups.Find(record.group_name());
  // A group that is deleted takes all of its instances with it.
  member.protected_from_scale_in = record.protected_from_scale_in() && group != nullptr && !group->deleting();
  return member;
}

scaling::Observed Observe(const Context& context, const v1::GroupState& group) {
  scaling::Observed observed;
  observed.failed_launches = group.failed_launches();
  observed.last_failure = FromMicros(group.last_failure_time());
  observed.last_failure_reason = group.last_failure_reason();
  for (const auto& [id, record] : View(context.model).InstancesOfGroup(group.name())) {
    if (!IsTerminated(record)) observed.members.push_back(MemberOf(context, record));
  }
  return observed;
}

// Counts launches that came to nothing. An instance is counted once: then the flag is taken off it.
void CountFailures(Context& context, const std::string& name) {
  std::vector<std::string> failed;
  for (const auto& [id, record] : View(context.model).InstancesOfGroup(name)) {
    if (record.failed_launch()) failed.push_back(id);
  }
  for (const std::string& id : failed) {
    const v1::InstanceState record = *context.model.instances.Find(id);
    context.model.instances.Update(id, [](v1::InstanceState& changed) { changed.set_failed_launch(false); });
    const absl::Duration lived = FromMicros(record.terminated_time()) - FromMicros(record.launch_time());
    context.model.groups.Update(name, [&](v1::GroupState& group) {
      group.set_failed_launches(group.failed_launches() + 1);
      group.set_last_failure_time(record.terminated_time());
      group.set_last_failure_reason(absl::StrCat(id, ": ", record.reason_message(), " after ",
                                                 absl::FormatDuration(absl::Trunc(lived, absl::Milliseconds(1)))));
    });
    const v1::GroupState& group = *context.model.groups.Find(name);
    if (group.deleting()) continue;
    context.Tell(group.owner(), name, kType, "launch-failed",
                 absl::StrCat(group.last_failure_reason(), "; next try in ",
                              absl::FormatDuration(scaling::LaunchBackoff(group.failed_launches()))));
  }
}

std::optional<v1::LaunchTemplateState::Version> VersionOf(const Context& context, const v1::GroupState& group) {
  const v1::LaunchTemplateState* launch_template = context.model.launch_templates.Find(group.launch_template_id());
  if (launch_template == nullptr) return std::nullopt;
  return FindVersion(*launch_template, group.launch_template_version());
}

// Instances that the group would not launch any more as they are.
std::set<std::string> Obsolete(const Context& context, const v1::GroupState& group, bool subnets_only) {
  const auto version = VersionOf(context, group);
  const auto& subnets = group.subnet_ids();
  std::set<std::string> ids;
  for (const auto& [id, instance] : View(context.model).InstancesOfGroup(group.name())) {
    if (IsTerminated(instance)) continue;
    const bool inside = std::find(subnets.begin(), subnets.end(), instance.subnet_id()) != subnets.end();
    const bool alike = version.has_value() && instance.launch_data_digest() == version->data_digest();
    if (!inside || (!alike && !subnets_only)) ids.insert(id);
  }
  return ids;
}

// Ends what of a rolling update has its turn; the capacity that the group should have meanwhile.
int Roll(Context& context, const std::string& name) {
  const v1::GroupState group = *context.model.groups.Find(name);
  if (!group.rolling() || group.deleting()) return group.desired();
  const scaling::RollingUpdate update{group.max_batch_size(), group.min_instances_in_service()};
  const scaling::RollingStep step = scaling::Roll(SpecOf(context, group), update, Observe(context, group),
                                                  Obsolete(context, group, group.rolling_subnets_only()));
  for (const std::string& id : step.terminate) {
    context.Tell(group.owner(), name, kType, "Terminating",
                 absl::StrCat("Terminating ", id,
                              ": a rolling update replaces instances that differ from the group's "
                              "launch template or subnets"));
    DrainAndTerminate(context, id);
  }
  if (step.done) {
    context.model.groups.Update(name, [](v1::GroupState& changed) { changed.set_rolling(false); });
  }
  return step.desired;
}

void Launch(Context& context, const v1::GroupState& group, const scaling::Launch& launch) {
  const auto version = VersionOf(context, group);
  if (!version.has_value()) return;
  LaunchRequest request;
  request.owner = group.owner();
  request.subnet_id = launch.subnet_id;
  FillFromVersion(*version, request);
  for (const auto& [key, value] : TagsOf(group.instance_tags())) request.tags[key] = value;
  request.group_name = group.name();
  request.protected_from_scale_in = group.new_instances_protected();
  const absl::StatusOr<std::string> id = LaunchInstance(context, request);
  if (id.ok()) {
    context.Tell(group.owner(), group.name(), kType, "Successful", absl::StrCat("Launching ", *id, ": ", launch.cause));
    return;
  }
  // Counts as a launch that came to nothing, so that it is tried again, ever more rarely.
  const std::string name = group.name();
  context.model.groups.Update(name, [&](v1::GroupState& changed) {
    changed.set_failed_launches(changed.failed_launches() + 1);
    changed.set_last_failure_time(ToMicros(context.now()));
    changed.set_last_failure_reason(std::string(id.status().message()));
  });
  context.Tell(group.owner(), name, kType, "Failed", std::string(id.status().message()));
}

void Promote(Context& context, const std::string& group_name, const std::string& id) {
  context.model.instances.Update(id, [&](v1::InstanceState& record) {
    record.set_lifecycle_state("InService");
    record.set_in_service_time(ToMicros(context.now()));
  });
  const v1::GroupState& group = *context.model.groups.Find(group_name);
  context.Tell(group.owner(), id, "AWS::EC2::Instance", "InService", absl::StrCat("in group ", group_name));
}

// A launch that worked, and went on to work, ends a row of failures.
void ForgiveFailures(Context& context, const std::string& name) {
  const v1::GroupState& group = *context.model.groups.Find(name);
  if (group.failed_launches() == 0) return;
  for (const auto& [id, record] : View(context.model).InstancesOfGroup(name)) {
    const bool proof = record.lifecycle_state() == "InService" && !IsTerminated(record) &&
                       record.launch_time() > group.last_failure_time() &&
                       context.now() - FromMicros(record.launch_time()) >= kSettled;
    if (!proof) continue;
    context.model.groups.Update(name, [](v1::GroupState& changed) { changed.set_failed_launches(0); });
    return;
  }
}

// While a stack waits for the group, an instance that never became healthy tells as much as one that ended by itself.
void CountUseless(Context& context, const v1::GroupState& group) {
  if (!group.rolling() && !group.awaited()) return;
  context.model.groups.Update(group.name(), [&](v1::GroupState& changed) {
    changed.set_failed_launches(changed.failed_launches() + 1);
    changed.set_last_failure_time(ToMicros(context.now()));
    changed.set_last_failure_reason("an instance never became healthy");
  });
}

absl::Time TickGroup(Context& context, const std::string& name) {
  if (ForgetDeleted(context, name)) return absl::InfiniteFuture();
  CountFailures(context, name);
  ForgiveFailures(context, name);
  const int desired = Roll(context, name);
  const v1::GroupState group = *context.model.groups.Find(name);
  scaling::GroupSpec spec = SpecOf(context, group);
  if (!group.deleting()) spec.desired = desired;
  const scaling::Plan plan = scaling::Reconcile(spec, Observe(context, group), context.now());
  for (const std::string& id : plan.in_service) Promote(context, name, id);
  for (const scaling::Termination& termination : plan.terminations) {
    const v1::InstanceState* leaving = context.model.instances.Find(termination.instance_id);
    // Of those that are gone a stopped one is still there.
    if (termination.kind == scaling::Termination::Kind::kGone && !IsHalted(*leaving)) continue;
    context.Tell(group.owner(), name, kType, "Terminating",
                 absl::StrCat("Terminating ", termination.instance_id, ": ", termination.cause));
    DrainAndTerminate(context, termination.instance_id);
    const bool never_served = context.model.instances.Find(termination.instance_id)->in_service_time() == 0;
    if (termination.kind == scaling::Termination::Kind::kUnhealthy && never_served) CountUseless(context, group);
  }
  for (const scaling::Launch& launch : plan.launches) Launch(context, group, launch);
  return plan.next;
}

}  // namespace

absl::Time TickGroups(Context& context) {
  std::vector<std::string> names;
  for (const auto& [name, group] : context.model.groups) names.push_back(name);
  absl::Time next = absl::InfiniteFuture();
  for (const std::string& name : names) next = std::min(next, TickGroup(context, name));
  return next;
}

scaling::GroupSpec SpecOf(const Context& context, const v1::GroupState& group) {
  scaling::GroupSpec spec;
  spec.name = group.name();
  spec.min_size = group.deleting() ? 0 : group.min_size();
  spec.max_size = group.deleting() ? 0 : group.max_size();
  spec.desired = group.deleting() ? 0 : group.desired();
  for (const std::string& id : group.subnet_ids()) {
    if (const v1::SubnetState* subnet = context.model.subnets.Find(id)) {
      spec.subnets.push_back({id, subnet->availability_zone()});
    }
  }
  spec.health_check_type =
      group.health_check_type() == "ELB" ? scaling::HealthCheckType::kElb : scaling::HealthCheckType::kEc2;
  spec.grace_period = absl::Seconds(group.grace_period_s());
  for (const std::string& name : group.termination_policies()) {
    if (const auto policy = scaling::ParseTerminationPolicy(name); policy.ok()) {
      spec.termination_policies.push_back(*policy);
    }
  }
  return spec;
}

void BeginRolling(const Context& context, const std::optional<scaling::RollingUpdate>& policy, v1::GroupState& group) {
  const bool subnets_only = !policy.has_value();
  group.set_rolling_subnets_only(subnets_only);
  group.set_rolling(!Obsolete(context, group, subnets_only).empty());
  if (!group.rolling()) return;
  const scaling::RollingUpdate update =
      policy.value_or(scaling::RollingUpdate{.max_batch_size = 1, .min_in_service = group.desired()});
  group.set_max_batch_size(update.max_batch_size);
  group.set_min_instances_in_service(update.min_in_service);
  group.set_failed_launches(0);
}

bool HasInstances(const Context& context, const std::string& group_name) {
  return std::any_of(context.model.instances.begin(), context.model.instances.end(), [&](const auto& entry) {
    return entry.second.group_name() == group_name && !IsTerminated(entry.second);
  });
}

bool ForgetDeleted(Context& context, const std::string& group_name) {
  const v1::GroupState* group = context.model.groups.Find(group_name);
  if (group == nullptr) return true;
  if (!group->deleting() || HasInstances(context, group_name)) return false;
  context.model.groups.Erase(group_name);
  return true;
}

std::string WaitingReason(const Context& context, const v1::GroupState& group) {
  return scaling::Reconcile(SpecOf(context, group), Observe(context, group), context.now()).waiting;
}

int InService(const Context& context, const std::string& group_name) {
  const IndexRange<v1::InstanceState> members = View(context.model).InstancesOfGroup(group_name);
  return static_cast<int>(std::count_if(members.begin(), members.end(), [](const auto& entry) {
    return entry.second.lifecycle_state() == "InService" && !IsTerminated(entry.second);
  }));
}

bool IsSteady(const Context& context, const v1::InstanceState& instance) {
  if (instance.state_code() != static_cast<int>(ec2::InstanceState::kRunning)) return false;
  std::string reason;
  if (ElbHealthOf(context, instance, reason) == scaling::ElbHealth::kHealthy) return true;
  return context.now() - FromMicros(instance.running_time()) >= kSteadyAfter;
}

int Steady(const Context& context, const std::string& group_name) {
  int steady = 0;
  for (const auto& [id, instance] : View(context.model).InstancesOfGroup(group_name)) {
    if (instance.lifecycle_state() == "InService" && IsSteady(context, instance)) ++steady;
  }
  return steady;
}

std::string LastEnded(const Context& context, const std::string& group_name) {
  const v1::InstanceState* last = nullptr;
  for (const auto& [id, instance] : View(context.model).InstancesOfGroup(group_name)) {
    if (!IsTerminated(instance)) continue;
    if (last == nullptr || instance.terminated_time() > last->terminated_time()) last = &instance;
  }
  return last == nullptr ? "" : last->id();
}

}  // namespace nubo::region
