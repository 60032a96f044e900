#include "nubo/region/balancing/describe.h"

#include <google/protobuf/repeated_ptr_field.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/region/balancing/balancer_service.h"
#include "nubo/region/balancing/proxy_config.h"
#include "nubo/region/balancing/registration.h"
#include "nubo/region/balancing/target_health.h"
#include "nubo/region/resources/ids.h"
#include "nubo/region/resources/list_page.h"
#include "nubo/region/resources/shown.h"
#include "nubo/region/state/instance_facts.h"
#include "nubo/region/state/table.h"
#include "nubo/region/state/view.h"
#include "nubo/stack/schema.h"

namespace nubo::region {
namespace {

// Of a load balancer its own; of a target group those that forward to it.
constexpr char kBalancerFilter[] = "load-balancer-arn";

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

void ShowBalancer(const Context& context, const std::string& arn, const v1::LoadBalancerState& record,
                  elbv2::v1::LoadBalancer* shown) {
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

void ShowTargetGroup(const Context& context, const std::string& arn, const v1::TargetGroupState& record,
                     elbv2::v1::TargetGroup* shown) {
  shown->set_target_group_arn(arn);
  shown->set_target_group_name(record.name());
  shown->set_protocol(record.protocol());
  shown->set_protocol_version(record.protocol_version());
  shown->set_port(record.port());
  CountTargets(context, arn, shown);
  for (const std::string& balancer : BalancersOf(context, arn)) shown->add_load_balancer_arns(balancer);
  SetOwner(record.owner(), shown);
}

// A target of one group, on one port.
struct TargetEntry {
  const v1::TargetGroupState& group;
  RegisteredTarget target;
};

void ShowTarget(const Context& context, const std::string& arn, const TargetEntry& entry, elbv2::v1::Target* shown) {
  const TargetView view = ViewOf(context, arn, entry.target.id, /*one_port=*/true);
  shown->set_target_group_arn(arn);
  shown->set_target_group_name(entry.group.name());
  shown->set_target_id(entry.target.instance_or_ip);
  shown->set_address(entry.target.loopback_ip);
  shown->set_port(entry.target.port);
  shown->set_availability_zone(entry.target.zone);
  shown->set_state(view.state);
  shown->set_reason(view.reason);
  shown->set_description(view.description);
  shown->set_requests_in_flight(view.in_flight);
  shown->set_requests(view.requests);
  shown->set_errors(view.errors);
  shown->set_latency_us(view.latency_us);
}

// AWS's calls have no filters: these are called after what they answer, in EC2's spelling.
FilterFields<v1::LoadBalancerState> BalancerFilters(const Context& context) {
  using Record = v1::LoadBalancerState;
  return WithOwner<Record>({
      {"dns-name", [](const Record& record) -> Words { return {record.dns_name()}; }},
      {kBalancerFilter, [](const Record& record) -> Words { return {record.arn()}; }},
      {"load-balancer-name", [](const Record& record) -> Words { return {record.name()}; }},
      {"scheme", [](const Record& record) -> Words { return {record.scheme()}; }},
      {"state", [&context](const Record& record) -> Words { return {StateOf(context, record.arn())}; }},
      {"subnet-id",
       [](const Record& record) -> Words { return {record.subnet_ids().begin(), record.subnet_ids().end()}; }},
      {"vpc-id", [](const Record& record) -> Words { return {record.vpc_id()}; }},
      {kLoopbackAddressFilter,
       [](const Record& record) -> Words { return {record.loopback_ips().begin(), record.loopback_ips().end()}; }},
  });
}

FilterFields<v1::TargetGroupState> TargetGroupFilters(const Context& context) {
  using Record = v1::TargetGroupState;
  return WithOwner<Record>({
      {kBalancerFilter, [&context](const Record& record) -> Words { return BalancersOf(context, record.arn()); }},
      {"port", [](const Record& record) -> Words { return {absl::StrCat(record.port())}; }},
      {"protocol", [](const Record& record) -> Words { return {record.protocol()}; }},
      {"protocol-version", [](const Record& record) -> Words { return {record.protocol_version()}; }},
      {"target-group-arn", [](const Record& record) -> Words { return {record.arn()}; }},
      {"target-group-name", [](const Record& record) -> Words { return {record.name()}; }},
      {"vpc-id", [](const Record& record) -> Words { return {record.vpc_id()}; }},
  });
}

FilterFields<TargetEntry> TargetFilters(const Context& context) {
  return {
      {"availability-zone", [](const TargetEntry& entry) -> Words { return {entry.target.zone}; }},
      {"port", [](const TargetEntry& entry) -> Words { return {absl::StrCat(entry.target.port)}; }},
      {"target-group-arn", [](const TargetEntry& entry) -> Words { return {entry.group.arn()}; }},
      {"target-group-name", [](const TargetEntry& entry) -> Words { return {entry.group.name()}; }},
      {"target-id", [](const TargetEntry& entry) -> Words { return {entry.target.instance_or_ip}; }},
      {kLoopbackAddressFilter, [](const TargetEntry& entry) -> Words { return {entry.target.loopback_ip}; }},
      {"state",
       [&context](const TargetEntry& entry) -> Words {
         return {ViewOf(context, entry.group.arn(), entry.target.id, /*one_port=*/true).state};
       }},
  };
}

// The ARNs that a request gives, by themselves or by name; none: it wants all.
template <typename Record>
absl::StatusOr<std::set<std::string>> AskedArns(const Context& context, stack::IdKind kind, const Table<Record>& table,
                                                const google::protobuf::RepeatedPtrField<std::string>& asked_arns,
                                                const google::protobuf::RepeatedPtrField<std::string>& asked_names) {
  NUBO_ASSIGN_OR_RETURN(std::set<std::string> arns, ReadIds(asked_arns));
  NUBO_ASSIGN_OR_RETURN(std::set<std::string> names, ReadIds(asked_names));
  if (!names.empty()) {
    for (const auto& [arn, record] : table) {
      if (names.erase(record.name()) > 0) arns.insert(arn);
    }
  }
  // What is left of them is the name of nothing, and refused as an ARN of nothing is.
  arns.merge(names);
  NUBO_RETURN_IF_ERROR(CheckIds(*context.types, context.model, kind, arns));
  return arns;
}

}  // namespace

absl::Status Describe(const Context& context, const elbv2::v1::DescribeLoadBalancersRequest& request,
                      elbv2::v1::DescribeLoadBalancersResponse& response) {
  NUBO_ASSIGN_OR_RETURN(ListPage<v1::LoadBalancerState> page,
                        ListPage<v1::LoadBalancerState>::Of(request, BalancerFilters(context)));
  NUBO_ASSIGN_OR_RETURN(const std::set<std::string> arns,
                        AskedArns(context, stack::IdKind::kLoadBalancer, context.model.load_balancers,
                                  request.load_balancer_arns(), request.names()));
  AddFromTable(context.model.load_balancers, arns, page,
               [&](const std::string& arn, const v1::LoadBalancerState& record) {
                 ShowBalancer(context, arn, record, response.add_load_balancers());
               });
  page.End(response);
  return absl::OkStatus();
}

absl::Status Describe(const Context& context, const elbv2::v1::DescribeTargetGroupsRequest& request,
                      elbv2::v1::DescribeTargetGroupsResponse& response) {
  elbv2::v1::DescribeTargetGroupsRequest filtered = request;
  if (const std::string& balancer = request.load_balancer_arn(); !balancer.empty()) {
    NUBO_RETURN_IF_ERROR(CheckId(*context.types, context.model, stack::IdKind::kLoadBalancer, balancer));
    v1::Filter* forwards = filtered.add_filters();
    forwards->set_name(kBalancerFilter);
    forwards->add_values(balancer);
  }
  NUBO_ASSIGN_OR_RETURN(ListPage<v1::TargetGroupState> page,
                        ListPage<v1::TargetGroupState>::Of(filtered, TargetGroupFilters(context)));
  NUBO_ASSIGN_OR_RETURN(const std::set<std::string> arns,
                        AskedArns(context, stack::IdKind::kTargetGroup, context.model.target_groups,
                                  request.target_group_arns(), request.names()));
  AddFromTable(context.model.target_groups, arns, page,
               [&](const std::string& arn, const v1::TargetGroupState& record) {
                 ShowTargetGroup(context, arn, record, response.add_target_groups());
               });
  page.End(response);
  return absl::OkStatus();
}

absl::Status Describe(const Context& context, const elbv2::v1::DescribeTargetHealthRequest& request,
                      elbv2::v1::DescribeTargetHealthResponse& response) {
  NUBO_ASSIGN_OR_RETURN(ListPage<TargetEntry> page, ListPage<TargetEntry>::Of(request, TargetFilters(context)));
  const std::string& asked = request.target_group_arn();
  if (!asked.empty()) {
    NUBO_RETURN_IF_ERROR(CheckId(*context.types, context.model, stack::IdKind::kTargetGroup, asked));
  }
  for (const auto& [arn, group] : context.model.target_groups) {
    if (page.full()) break;
    if ((!asked.empty() && arn != asked) || page.IsPast(arn)) continue;
    std::vector<RegisteredTarget> targets = TargetsOf(context, group);
    std::sort(targets.begin(), targets.end(), [](const auto& one, const auto& other) { return one.id < other.id; });
    for (RegisteredTarget& target : targets) {
      const std::string key = PageKey(arn, target.id);
      const TargetEntry entry = {group, std::move(target)};
      if (page.Takes(key, entry)) ShowTarget(context, arn, entry, response.add_targets());
    }
  }
  page.End(response);
  return absl::OkStatus();
}

void Describe(const Context& context, elbv2::v1::DescribeLoadBalancersResponse& out) {
  for (const auto& [arn, record] : context.model.load_balancers) {
    ShowBalancer(context, arn, record, out.add_load_balancers());
  }
}

void Describe(const Context& context, elbv2::v1::DescribeTargetGroupsResponse& out) {
  for (const auto& [arn, record] : context.model.target_groups) {
    ShowTargetGroup(context, arn, record, out.add_target_groups());
  }
}

}  // namespace nubo::region
