#include "nubo/region/metrics/region_metrics.h"

#include <map>

#include "nubo/base/metrics.h"
#include "nubo/dns_server/metrics.h"
#include "nubo/ec2/lifecycle.h"
#include "nubo/proxy/metrics.h"
#include "nubo/region/balancing/balancer_service.h"
#include "nubo/region/balancing/target_health.h"
#include "nubo/region/databases/databases.h"
#include "nubo/region/supervisor/services.h"

namespace nubo::region {
namespace {

using base::Metrics;
using ec2::InstanceState;

constexpr InstanceState kInstanceStates[] = {InstanceState::kPending,      InstanceState::kRunning,
                                             InstanceState::kStopping,     InstanceState::kStopped,
                                             InstanceState::kShuttingDown, InstanceState::kTerminated};
constexpr const char* kTargetStates[] = {"initial", "healthy", "unhealthy", "draining", "unused"};

// States are shown also of nothing, so that a sum over them, and an alert, is about what is there.
void ShowInstances(const Context& context, Metrics& metrics) {
  const auto show = [&](InstanceState state, int count) {
    ShowGauge(metrics, "nubo_instances",
              "Instances, by their EC2 state; terminated ones for as long as they are listed.",
              {{"state", std::string(ec2::StateName(state))}}, count);
  };
  for (const InstanceState state : kInstanceStates) show(state, 0);
  for (const auto& [id, instance] : context.model.instances) {
    show(ec2::StateFromCode(instance.state_code()).value_or(InstanceState::kTerminated), 1);
  }
}

void ShowTargets(const Context& context, Metrics& metrics) {
  for (const auto& [arn, group] : context.model.target_groups) {
    const auto show = [&, arn = arn](const std::string& state, int count) {
      ShowGauge(metrics, "nubo_targets", "Targets, by the worst state that a load balancer says they are in.",
                {{"target_group", arn}, {"state", state}}, count);
    };
    for (const char* state : kTargetStates) show(state, 0);
    for (const RegisteredTarget& target : TargetsOf(context, group)) {
      show(ViewOf(context, arn, target.id, /*one_port=*/true).state, 1);
    }
  }
}

void ShowStacks(const Context& context, Metrics& metrics) {
  for (const auto& [name, stack] : context.model.stacks) {
    ShowGauge(metrics, "nubo_stacks", "Stacks, by their status.", {{"status", stack.status()}}, 1);
  }
}

// As users call them; the id says which service is which.
std::map<std::string, std::string> ServiceNames(const Context& context) {
  std::map<std::string, std::string> names;
  for (const auto& [arn, balancer] : context.model.load_balancers) names[BalancerServiceId(arn)] = balancer.name();
  for (const auto& [id, database] : context.model.databases) names[DatabaseServiceId(id)] = id;
  return names;
}

void ShowServices(const Context& context, Metrics& metrics) {
  const std::map<std::string, std::string> names = ServiceNames(context);
  for (const auto& [id, service] : context.model.services) {
    const auto name = names.find(id);
    const base::MetricLabels labels = {
        {"service", id}, {"kind", service.kind()}, {"name", name == names.end() ? id : name->second}};
    const auto restarts = context.counts.restarts.find(id);
    ShowGauge(metrics, "nubo_service_up", "1 for a process of the region that runs.", labels,
              service.pid() != 0 ? 1 : 0);
    ShowCounter(metrics, "nubo_service_restarts_total", "How often its process has ended, to be started again.", labels,
                restarts == context.counts.restarts.end() ? 0 : restarts->second);
  }
  const v1::ServiceState* dns = context.model.services.Find(kDnsService);
  if (dns != nullptr && dns->pid() != 0) {
    dns_server::ShowStatus(context.dns_status, {{"service", kDnsService}}, metrics);
  }
  // Last, for there may be more targets than there is room for.
  for (const auto& [id, status] : context.proxy_status) proxy::ShowStatus(status, {{"service", id}}, metrics);
}

void ShowLoop(const Context& context, Metrics& metrics) {
  const Context::Counts& counts = context.counts;
  ShowCounter(metrics, "nubo_events_total", "Events since the region was made.", {},
              static_cast<uint64_t>(context.events.last_id()));
  ShowCounter(metrics, "nubo_store_commits_total", "Transactions that were stored.", {}, counts.commits);
  ShowCounter(metrics, "nubo_store_commit_failures_total", "Transactions that could not be stored.", {},
              counts.failed_commits);
  ShowTime(metrics, "nubo_store_commit_seconds_total", "Time that storing took, in vain or not.", {},
           counts.committing);
  ShowCounter(metrics, "nubo_control_loop_steps_total", "Steps of the control loop.", {}, counts.steps);
  ShowCounter(metrics, "nubo_control_loop_passes_total",
              "Passes over all that is wanted; a step has as many as it takes until nothing changes.", {},
              counts.passes);
  ShowTime(metrics, "nubo_control_loop_seconds_total", "Time that steps took, storing included.", {}, counts.stepping);
}

}  // namespace

std::string RegionMetrics(const Context& context) {
  Metrics metrics;
  base::ShowRefused(metrics);
  ShowLoop(context, metrics);
  ShowInstances(context, metrics);
  ShowStacks(context, metrics);
  ShowTargets(context, metrics);
  ShowServices(context, metrics);
  return metrics.Exposition();
}

}  // namespace nubo::region
