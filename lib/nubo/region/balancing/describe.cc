#include "nubo/region/balancing/describe.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "nubo/region/balancing/balancer_service.h"
#include "nubo/region/balancing/proxy_config.h"
#include "nubo/region/balancing/registration.h"
#include "nubo/region/balancing/target_health.h"
#include "nubo/region/resources/shown.h"
#include "nubo/region/state/instance_facts.h"
#include "nubo/region/state/view.h"

namespace nubo::region {
namespace {

// In AWS's words. One that refuses what it is told goes on by what it was told before, if anything.
std::string StateOf(const Context& context, const std::string& balancer_arn) {
  const auto status = context.proxy_status.find(BalancerServiceId(balancer_arn));
  if (status == context.proxy_status.end()) return "provisioning";
  if (HasApplied(context, balancer_arn).ok()) return "active";
  return status->second.revision() == 0 ? "failed" : "active_impaired";
}

void ShowListener(const Context& context, const v1::ListenerState& listener, elbv2::v1::Listener* out) {
  out->set_listener_arn(listener.arn());
  out->set_port(listener.port());
  out->set_local_port(listener.local_port());
  out->set_protocol(listener.protocol());
  out->set_error(WhatIsClosed(context, listener));
  const auto status = context.proxy_status.find(BalancerServiceId(listener.load_balancer_arn()));
  if (status == context.proxy_status.end()) return;
  const absl::Status applied = HasApplied(context, listener.load_balancer_arn()).status();
  if (!applied.ok()) out->set_error(absl::StrCat("not in force: ", applied.message()));
  for (const proxy::v1::ListenerStatus& bound : status->second.listeners()) {
    if (bound.id() == listener.arn() && !bound.error().empty()) out->set_error(bound.error());
  }
}

void CountTargets(const Context& context, const std::string& arn, elbv2::v1::TargetGroup* out) {
  for (const RegisteredTarget& target : TargetsOf(context, *context.model.target_groups.Find(arn))) {
    const v1::InstanceState* instance = context.model.instances.Find(target.instance_or_ip);
    if (instance != nullptr && !IsTarget(*instance)) continue;
    const std::string state = ViewOf(context, arn, target.id, /*one_port=*/true).state;
    out->set_total(out->total() + 1);
    if (state == "healthy") out->set_healthy(out->healthy() + 1);
    if (state == "unhealthy") out->set_unhealthy(out->unhealthy() + 1);
  }
}

}  // namespace

void Describe(const Context& context, elbv2::v1::DescribeLoadBalancersResponse& out) {
  for (const auto& [arn, record] : context.model.load_balancers) {
    elbv2::v1::LoadBalancer* shown = out.add_load_balancers();
    shown->set_load_balancer_arn(arn);
    shown->set_load_balancer_name(record.name());
    shown->set_dns_name(record.dns_name());
    shown->set_scheme(record.scheme());
    shown->set_state(StateOf(context, arn));
    shown->set_vpc_id(record.vpc_id());
    *shown->mutable_loopback_addresses() = record.loopback_ips();
    for (const auto& [listener_arn, listener] : View(context.model).ListenersOf(arn)) {
      ShowListener(context, listener, shown->add_listeners());
    }
    shown->set_pid(PidOf(context, BalancerServiceId(arn)));
    SetOwner(record.owner(), shown);
  }
}

void Describe(const Context& context, elbv2::v1::DescribeTargetGroupsResponse& out) {
  for (const auto& [arn, record] : context.model.target_groups) {
    elbv2::v1::TargetGroup* shown = out.add_target_groups();
    shown->set_target_group_arn(arn);
    shown->set_target_group_name(record.name());
    shown->set_protocol(record.protocol());
    shown->set_protocol_version(record.protocol_version());
    shown->set_port(record.port());
    CountTargets(context, arn, shown);
    for (const std::string& balancer : BalancersOf(context, arn)) shown->add_load_balancer_arns(balancer);
    SetOwner(record.owner(), shown);
  }
}

void Describe(const Context& context, elbv2::v1::DescribeTargetHealthResponse& out) {
  for (const auto& [arn, record] : context.model.target_groups) {
    for (const RegisteredTarget& target : TargetsOf(context, record)) {
      const TargetView view = ViewOf(context, arn, target.id, /*one_port=*/true);
      elbv2::v1::Target* shown = out.add_targets();
      shown->set_target_group_arn(arn);
      shown->set_target_group_name(record.name());
      shown->set_target_id(target.instance_or_ip);
      shown->set_address(target.loopback_ip);
      shown->set_port(target.port);
      shown->set_availability_zone(target.zone);
      shown->set_state(view.state);
      shown->set_reason(view.reason);
      shown->set_description(view.description);
      shown->set_requests_in_flight(view.in_flight);
      shown->set_requests(view.requests);
      shown->set_errors(view.errors);
      shown->set_latency_us(view.latency_us);
    }
  }
}

}  // namespace nubo::region
