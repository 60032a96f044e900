#include "nubo/region/balancing/proxy_config.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nubo/proxy/config.h"
#include "nubo/region/balancing/closing.h"
#include "nubo/region/balancing/registration.h"
#include "nubo/region/network/addresses.h"
#include "nubo/region/network/network_service.h"
#include "nubo/region/state/instance_facts.h"
#include "nubo/region/state/view.h"

namespace nubo::region {
namespace {

constexpr int kConnectionsMax = 16384;
constexpr int kPendingMax = 16384;
constexpr int kConnectionsPerTargetMax = 16384;

int StatusCode(const std::string& text) {
  int code = 0;
  const size_t digits = text.find_first_of("0123456789");
  return digits != std::string::npos && absl::SimpleAtoi(text.substr(digits), &code) ? code : 0;
}

void SetAction(const v1::Action& action, proxy::v1::Action* out) {
  if (action.type() == "fixed-response") {
    proxy::v1::FixedResponse* fixed = out->mutable_fixed_response();
    fixed->set_status_code(StatusCode(action.status_code()));
    fixed->set_content_type(action.content_type());
    fixed->set_message_body(action.message_body());
    return;
  }
  if (action.type() == "redirect") {
    proxy::v1::Redirect* redirect = out->mutable_redirect();
    redirect->set_protocol(action.redirect_protocol());
    redirect->set_host(action.redirect_host());
    redirect->set_port(action.redirect_port());
    redirect->set_path(action.redirect_path());
    redirect->set_query(action.redirect_query());
    redirect->set_status_code(StatusCode(action.status_code()));
    return;
  }
  for (const v1::Action::WeightedGroup& group : action.groups()) {
    proxy::v1::WeightedTargetGroup* added = out->mutable_forward()->add_target_groups();
    added->set_target_group_id(group.target_group_arn());
    added->set_weight(group.weight());
  }
  if (action.stickiness_duration_s() == 0) return;
  out->mutable_forward()->set_stickiness_ms(int64_t{action.stickiness_duration_s()} * 1000);
  out->mutable_forward()->set_stickiness_key(action.stickiness_key());
}

void SetConditions(const v1::ListenerRuleState& rule, proxy::v1::Rule* out) {
  *out->mutable_host_patterns() = rule.hosts();
  *out->mutable_path_patterns() = rule.paths();
  *out->mutable_methods() = rule.methods();
  *out->mutable_source_cidrs() = rule.source_cidrs();
  for (const auto& header : rule.headers()) {
    proxy::v1::HeaderCondition* added = out->add_headers();
    added->set_name(header.name());
    *added->mutable_patterns() = header.patterns();
  }
  for (const auto& query : rule.queries()) {
    proxy::v1::QueryCondition* added = out->add_queries();
    for (const auto& pattern : query.patterns()) {
      proxy::v1::QueryCondition::Pattern* one = added->add_patterns();
      one->set_key(pattern.key());
      one->set_value(pattern.value());
    }
  }
}

void CollectGroups(const v1::Action& action, std::set<std::string>& arns) {
  for (const v1::Action::WeightedGroup& group : action.groups()) arns.insert(group.target_group_arn());
}

void SetHealthCheck(const v1::TargetGroupState& group, proxy::v1::HealthCheck* check) {
  check->set_protocol(group.protocol_version() == "GRPC" ? "GRPC" : "HTTP");
  check->set_path(group.health_path());
  int port = 0;
  if (absl::SimpleAtoi(group.health_port(), &port)) check->set_port(port);
  check->set_interval_ms(group.health_interval_s() * 1000);
  check->set_timeout_ms(group.health_timeout_s() * 1000);
  check->set_healthy_threshold(group.healthy_threshold());
  check->set_unhealthy_threshold(group.unhealthy_threshold());
  check->set_matcher(group.matcher());
}

void SetAddressTargets(const Context& context, const v1::TargetGroupState& group, proxy::v1::TargetGroup* out) {
  for (const std::string& ip : std::set<std::string>(group.static_targets().begin(), group.static_targets().end())) {
    const absl::StatusOr<std::string> loopback = LoopbackOf(context, group.vpc_id(), ip);
    if (!loopback.ok()) continue;
    bool more = false;
    for (const int port : PortsOf(group, ip)) {
      proxy::v1::Target* target = out->add_targets();
      target->set_id(more ? absl::StrCat(ip, ":", port) : ip);
      SetAddress(FoundAt(context, ip, *loopback), port, target->mutable_address());
      more = true;
    }
  }
}

void SetTargetGroup(const Context& context, const v1::TargetGroupState& group, proxy::v1::TargetGroup* out) {
  out->set_id(group.arn());
  out->set_name(group.name());
  out->set_protocol_version(group.protocol_version() == "GRPC"    ? proxy::v1::GRPC
                            : group.protocol_version() == "HTTP2" ? proxy::v1::HTTP2
                                                                  : proxy::v1::HTTP1);
  out->set_policy(group.algorithm());
  SetHealthCheck(group, out->mutable_health_check());
  out->set_deregistration_delay_ms(group.deregistration_delay_s() * 1000);
  out->set_slow_start_ms(group.slow_start_s() * 1000);
  out->set_outlier_detection(group.anomaly_mitigation());
  out->set_healthy_count_min(group.healthy_count_min());
  out->set_healthy_percentage_min(group.healthy_percentage_min());
  if (!group.stickiness_type().empty()) {
    proxy::v1::Stickiness* stickiness = out->mutable_stickiness();
    stickiness->set_type(group.stickiness_type());
    stickiness->set_duration_ms(int64_t{group.stickiness_duration_s()} * 1000);
    stickiness->set_app_cookie_name(group.app_cookie_name());
    stickiness->set_key(group.stickiness_key());
  }
  for (const v1::InstanceState* instance : RegisteredInstances(context, group.arn())) {
    const bool draining = instance->drain_until() != 0 && !IsTerminated(*instance) && !IsHalted(*instance);
    if (!IsTarget(*instance) && !draining) continue;
    bool more = false;
    for (const int port : PortsOf(group, instance->id())) {
      proxy::v1::Target* target = out->add_targets();
      target->set_id(more ? absl::StrCat(instance->id(), ":", port) : instance->id());
      SetAddress(FoundAt(context, instance->private_ip(), instance->loopback_ip()), port, target->mutable_address());
      target->set_availability_zone(instance->availability_zone());
      target->set_draining(draining);
      more = true;
    }
  }
  if (group.target_type() == "ip") SetAddressTargets(context, group, out);
}

}  // namespace

void SetAddress(const std::string& ip, int port, proxy::v1::Address* address) {
  address->set_ip(ip);
  address->set_port(port);
}

void SetLimits(int idle_timeout_s, proxy::v1::Limits* limits) {
  limits->set_idle_timeout_ms(idle_timeout_s * 1000);
  limits->set_connections_max(kConnectionsMax);
  limits->set_pending_requests_max(kPendingMax);
  limits->set_connections_per_target_max(kConnectionsPerTargetMax);
}

const v1::ListenerState* FirstListener(const Context& context, const std::string& balancer_arn) {
  const v1::ListenerState* first = nullptr;
  for (const auto& [arn, listener] : View(context.model).ListenersOf(balancer_arn)) {
    if (first == nullptr || listener.port() < first->port()) first = &listener;
  }
  return first;
}

std::vector<std::string> OpenToHost(const Context& context, const v1::LoadBalancerState& balancer,
                                    const v1::ListenerState& listener) {
  std::vector<std::string> open(balancer.loopback_ips().begin(), balancer.loopback_ips().end());
  if (!context.has_networks()) return open;
  if (balancer.scheme() != "internet-facing") return {};
  const auto closed = [&](const std::string& ip) { return !IsOpenToTheWorld(context, ip, listener.port()); };
  open.erase(std::remove_if(open.begin(), open.end(), closed), open.end());
  return open;
}

proxy::v1::Configuration BalancerConfig(const Context& context, const v1::LoadBalancerState& balancer) {
  proxy::v1::Configuration config;
  const std::string& arn = balancer.arn();
  config.set_load_balancer_id(arn.substr(arn.find("loadbalancer/") + sizeof("loadbalancer/") - 1));
  config.set_access_log(true);
  SetLimits(balancer.idle_timeout_s(), config.mutable_limits());
  config.mutable_headers()->set_drop_invalid(balancer.drop_invalid_header_fields());
  config.mutable_headers()->set_xff_client_port(balancer.xff_client_port());
  config.mutable_headers()->set_xff_mode(balancer.xff_mode());
  std::set<std::string> used;
  const View view(context.model);
  for (const auto& [listener_arn, listener] : view.ListenersOf(arn)) {
    proxy::v1::Listener* out = config.add_listeners();
    out->set_id(listener_arn);
    out->set_public_port(listener.port());
    if (context.has_networks()) {
      for (const std::string& ip : balancer.private_ips()) SetAddress(ip, listener.port(), out->add_addresses());
    }
    for (const std::string& ip : OpenToHost(context, balancer, listener)) {
      SetAddress(ip, listener.local_port(), out->add_addresses());
    }
    SetAction(listener.default_action(), out->mutable_default_action());
    CollectGroups(listener.default_action(), used);
    for (const auto& [rule_arn, rule] : view.RulesOf(listener_arn)) {
      proxy::v1::Rule* added = out->add_rules();
      added->set_priority(rule.priority());
      SetConditions(rule, added);
      SetAction(rule.action(), added->mutable_action());
      CollectGroups(rule.action(), used);
    }
  }
  for (const std::string& group_arn : used) {
    if (const v1::TargetGroupState* group = context.model.target_groups.Find(group_arn)) {
      SetTargetGroup(context, *group, config.add_target_groups());
    }
  }
  CloseWhatIsWrong(config);
  return config;
}

absl::Status WhyClosed(const v1::Action& action) {
  proxy::v1::Action made;
  SetAction(action, &made);
  return proxy::CheckAction(made);
}

absl::Status WhyClosed(const v1::ListenerRuleState& rule) {
  proxy::v1::Rule made;
  made.set_priority(rule.priority());
  SetConditions(rule, &made);
  SetAction(rule.action(), made.mutable_action());
  return proxy::CheckRule(made);
}

absl::Status WhyClosed(const Context& context, const v1::TargetGroupState& group) {
  proxy::v1::TargetGroup made;
  SetTargetGroup(context, group, &made);
  return CheckProxyGroup(made);
}

std::string WhatIsClosed(const Context& context, const v1::ListenerState& listener) {
  std::vector<std::string> closed;
  std::set<std::string> groups;
  const auto note = [&](const std::string& what, const absl::Status& why) {
    if (!why.ok()) closed.push_back(absl::StrCat(what, " answers 503: ", why.message()));
  };
  note("its default action", WhyClosed(listener.default_action()));
  CollectGroups(listener.default_action(), groups);
  for (const auto& [arn, rule] : View(context.model).RulesOf(listener.arn())) {
    note(absl::StrCat("rule ", rule.priority()), WhyClosed(rule));
    CollectGroups(rule.action(), groups);
  }
  for (const std::string& arn : groups) {
    const v1::TargetGroupState* group = context.model.target_groups.Find(arn);
    const absl::Status gone = absl::NotFoundError("there is no such target group");
    note(absl::StrCat("what leads to ", group == nullptr ? arn : group->name()),
         group == nullptr ? gone : WhyClosed(context, *group));
  }
  return absl::StrJoin(closed, "; ");
}

}  // namespace nubo::region
