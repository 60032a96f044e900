#include "nubo/region/balancing/target_health.h"

#include <algorithm>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/region/balancing/balancer_service.h"
#include "nubo/region/balancing/registration.h"
#include "nubo/region/network/addresses.h"
#include "nubo/region/state/instance_facts.h"
#include "nubo/region/state/view.h"

namespace nubo::region {
namespace {

// How it fares on each of its ports.
std::vector<const proxy::v1::TargetStatus*> FindTargets(const proxy::v1::Status& status, const std::string& group,
                                                        const std::string& target, bool one_port = false) {
  const std::string with_port = target + ":";
  std::vector<const proxy::v1::TargetStatus*> found;
  for (const proxy::v1::TargetStatus& candidate : status.targets()) {
    const std::string& id = candidate.target_id();
    const bool same = id == target || (!one_port && absl::StartsWith(id, with_port));
    if (same && candidate.target_group_id() == group) found.push_back(&candidate);
  }
  return found;
}

// How bad a state is, for the worst of several.
int Badness(const std::string& state) {
  if (state == "unhealthy") return 4;
  if (state == "initial") return 3;
  if (state == "draining") return 2;
  if (state == "healthy") return 1;
  return 0;
}

TargetView Together(const std::vector<const proxy::v1::TargetStatus*>& targets) {
  TargetView all;
  for (const proxy::v1::TargetStatus* target : targets) {
    if (all.state.empty() || Badness(target->state()) > Badness(all.state)) {
      all.state = target->state();
      all.reason = target->reason();
      all.description = target->description();
    }
    all.in_flight += target->requests_in_flight();
    all.requests += target->requests();
    all.errors += target->errors();
    all.latency_us = std::max(all.latency_us, target->latency_us());
  }
  return all;
}

}  // namespace

TargetView ViewOf(const Context& context, const std::string& target_group_arn, const std::string& target_id,
                  bool one_port) {
  const std::string instance_id = target_id.substr(0, target_id.find(':'));
  const v1::InstanceState* instance = context.model.instances.Find(instance_id);
  if (instance != nullptr && IsHalted(*instance)) {
    return {"unused", "Target.InvalidState", "Target is in the stopped state"};
  }
  TargetView worst{"unused", "Target.NotInUse",
                   "Target group is not configured to receive traffic from a load balancer"};
  for (const std::string& balancer : BalancersOf(context, target_group_arn)) {
    TargetView view{"initial", "Elb.RegistrationInProgress", "Target registration is in progress"};
    const auto status = context.proxy_status.find(BalancerServiceId(balancer));
    if (status != context.proxy_status.end()) {
      const auto targets = FindTargets(status->second, target_group_arn, target_id, one_port);
      if (!targets.empty()) view = Together(targets);
    }
    view.in_flight += worst.in_flight;
    view.requests += worst.requests;
    view.errors += worst.errors;
    view.latency_us = std::max(view.latency_us, worst.latency_us);
    if (Badness(view.state) < Badness(worst.state)) {
      view.state = worst.state;
      view.reason = worst.reason;
      view.description = worst.description;
    }
    worst = view;
  }
  return worst;
}

std::vector<RegisteredTarget> TargetsOf(const Context& context, const v1::TargetGroupState& group) {
  std::vector<RegisteredTarget> targets;
  const auto add = [&](const std::string& id, const std::string& loopback_ip, const std::string& zone) {
    bool more = false;
    for (const int port : PortsOf(group, id)) {
      targets.push_back({more ? absl::StrCat(id, ":", port) : id, id, loopback_ip, port, zone});
      more = true;
    }
  };
  for (const v1::InstanceState* instance : View(context.model).InstancesOfTargetGroup(group.arn())) {
    if (!IsTerminated(*instance)) {
      add(instance->id(), FoundAt(context, instance->private_ip(), instance->loopback_ip()),
          instance->availability_zone());
    }
  }
  if (group.target_type() != "ip") return targets;
  for (const std::string& ip : std::set<std::string>(group.static_targets().begin(), group.static_targets().end())) {
    const absl::StatusOr<std::string> loopback = LoopbackOf(context, group.vpc_id(), ip);
    if (loopback.ok()) add(ip, FoundAt(context, ip, *loopback), "");
  }
  return targets;
}

scaling::ElbHealth ElbHealthOf(const Context& context, const v1::InstanceState& instance, std::string& reason) {
  scaling::ElbHealth health = scaling::ElbHealth::kNone;
  for (const std::string& arn : TargetGroupsOf(context, instance)) {
    const TargetView view = ViewOf(context, arn, instance.id());
    if (view.state == "unhealthy") {
      reason = view.description;
      return scaling::ElbHealth::kUnhealthy;
    }
    if (view.state == "unused") continue;
    const bool healthy = view.state == "healthy" && health != scaling::ElbHealth::kInitial;
    health = healthy ? scaling::ElbHealth::kHealthy : scaling::ElbHealth::kInitial;
  }
  return health;
}

bool Drained(const Context& context, const v1::InstanceState& instance) {
  for (const std::string& arn : RegisteredIn(context, instance)) {
    for (const std::string& balancer : BalancersOf(context, arn)) {
      const std::string service = BalancerServiceId(balancer);
      const auto status = context.proxy_status.find(service);
      const auto sent = context.proxy_sent.find(service);
      if (status == context.proxy_status.end() || sent == context.proxy_sent.end()) {
        // One that is down sends nothing; of one that has not spoken yet nobody can say.
        const v1::ServiceState* process = context.model.services.Find(service);
        if (process != nullptr && process->pid() != 0) return false;
        continue;
      }
      const auto targets = FindTargets(status->second, arn, instance.id());
      if (targets.empty() && status->second.revision() < sent->second.revision()) return false;
      for (const proxy::v1::TargetStatus* target : targets) {
        const bool idle = target->state() == "draining" && target->requests_in_flight() == 0;
        if (!idle && target->state() != "unused") return false;
      }
    }
  }
  return true;
}

}  // namespace nubo::region
