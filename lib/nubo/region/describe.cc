#include "nubo/region/describe.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "nubo/ec2/lifecycle.h"
#include "nubo/region/dns_config.h"
#include "nubo/region/groups.h"
#include "nubo/region/instances.h"
#include "nubo/region/launch_templates.h"
#include "nubo/region/proxy_config.h"
#include "nubo/region/services.h"
#include "nubo/region/stacks.h"
#include "nubo/region/target_health.h"
#include "nubo/stack/template.h"

namespace nubo::region {
namespace {

template <typename Shown>
void SetOwner(const v1::Owner& owner, Shown* shown) {
  shown->set_stack_name(owner.stack_name());
  shown->set_logical_id(owner.logical_id());
}

std::string MicrosText(int64_t micros) { return TimeText(FromMicros(micros)); }

int PidOf(const Context& context, const std::string& service) {
  const v1::ServiceState* found = context.model.services.Find(service);
  return found == nullptr ? 0 : found->pid();
}

std::string HealthStatus(const Context& context, const v1::InstanceState& record) {
  if (IsTerminated(record)) return "Unhealthy";
  // A group replaces what is stopped; of no group, it is neither.
  if (IsHalted(record)) return record.group_name().empty() ? "" : "Unhealthy";
  std::string reason;
  return ElbHealthOf(context, record, reason) == scaling::ElbHealth::kUnhealthy ? "Unhealthy" : "Healthy";
}

void ShowInstance(const Context& context, const v1::InstanceState& record, ec2::v1::Instance* out) {
  out->set_instance_id(record.id());
  out->set_state(
      std::string(ec2::StateName(ec2::StateFromCode(record.state_code()).value_or(ec2::InstanceState::kTerminated))));
  out->set_private_ip_address(record.private_ip());
  out->set_loopback_address(record.loopback_ip());
  if (const auto ip = net::IpAddress::Parse(record.private_ip()); ip.ok()) {
    out->set_private_dns_name(ec2::PrivateDnsName(*ip, kRegionName));
  }
  out->set_public_ip_address(record.public_ip());
  out->set_public_dns_name(PublicName(record));
  out->set_availability_zone(record.availability_zone());
  out->set_subnet_id(record.subnet_id());
  out->set_vpc_id(record.vpc_id());
  out->set_pid(record.pid());
  out->set_image_id(record.image_id());
  out->set_launch_time(MicrosText(record.launch_time()));
  out->mutable_state_reason()->set_code(record.reason_code());
  out->mutable_state_reason()->set_message(record.reason_message());
  out->set_auto_scaling_group_name(record.group_name());
  out->set_lifecycle_state(record.lifecycle_state());
  out->set_health_status(HealthStatus(context, record));
  out->set_isolated(record.pid() != 0 && !record.not_isolated());
  out->set_isolation_reason(record.isolation_reason());
  SetOwner(record.owner(), out);
}

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

ec2::v1::Image ShowImage(const v1::ImageState& image) {
  ec2::v1::Image out;
  out.set_image_id(image.id());
  out.set_name(image.name());
  out.set_creation_date(MicrosText(image.creation_time()));
  out.set_files(image.files());
  return out;
}

void Describe(const Context& context, ec2::v1::DescribeInstancesResponse& out) {
  for (const auto& [id, record] : context.model.instances) ShowInstance(context, record, out.add_instances());
}

void Describe(const Context& context, ec2::v1::DescribeImagesResponse& out) {
  for (const auto& [id, image] : context.model.images) *out.add_images() = ShowImage(image);
}

void Describe(const Context& context, vpc::v1::DescribeVpcsResponse& out) {
  for (const auto& [id, record] : context.model.vpcs) {
    vpc::v1::Vpc* shown = out.add_vpcs();
    shown->set_vpc_id(id);
    shown->set_cidr_block(record.cidr());
    shown->set_loopback_cidr_block(record.loopback_cidr());
    shown->set_state("available");
    SetOwner(record.owner(), shown);
  }
}

void Describe(const Context& context, vpc::v1::DescribeSubnetsResponse& out) {
  for (const auto& [id, record] : context.model.subnets) {
    vpc::v1::Subnet* shown = out.add_subnets();
    shown->set_subnet_id(id);
    shown->set_vpc_id(record.vpc_id());
    shown->set_cidr_block(record.cidr());
    shown->set_availability_zone(record.availability_zone());
    const vpc::SubnetAddresses* addresses = context.addresses.Find(id);
    if (addresses != nullptr) shown->set_available_ip_address_count(addresses->available());
    shown->set_state("available");
    SetOwner(record.owner(), shown);
  }
}

void Describe(const Context& context, autoscaling::v1::DescribeAutoScalingGroupsResponse& out) {
  for (const auto& [name, record] : context.model.groups) {
    const v1::LaunchTemplateState* from = context.model.launch_templates.Find(record.launch_template_id());
    const auto version = from == nullptr ? std::nullopt : FindVersion(*from, record.launch_template_version());
    const std::string digest = version ? version->data_digest() : "";
    autoscaling::v1::Group* shown = out.add_groups();
    shown->set_auto_scaling_group_name(name);
    shown->set_min_size(record.min_size());
    shown->set_max_size(record.max_size());
    shown->set_desired_capacity(record.desired());
    shown->set_health_check_type(record.health_check_type());
    shown->set_health_check_grace_period(record.grace_period_s());
    for (const std::string& id : record.subnet_ids()) {
      const v1::SubnetState* subnet = context.model.subnets.Find(id);
      if (subnet != nullptr) shown->add_availability_zones(subnet->availability_zone());
    }
    *shown->mutable_target_group_arns() = record.target_group_arns();
    for (const auto& [id, instance] : context.model.instances) {
      if (instance.group_name() != name || IsTerminated(instance)) continue;
      autoscaling::v1::GroupInstance* member = shown->add_instances();
      member->set_instance_id(id);
      member->set_availability_zone(instance.availability_zone());
      member->set_lifecycle_state(instance.lifecycle_state());
      member->set_health_status(HealthStatus(context, instance));
      member->set_launched_otherwise(!digest.empty() && !instance.launch_data_digest().empty() &&
                                     instance.launch_data_digest() != digest);
    }
    shown->set_status_reason(record.deleting() ? "Delete in progress" : WaitingReason(context, record));
    SetOwner(record.owner(), shown);
  }
}

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
    for (const auto& [listener_arn, listener] : context.model.listeners) {
      if (listener.load_balancer_arn() == arn) ShowListener(context, listener, shown->add_listeners());
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

void Describe(const Context& context, route53::v1::ListHostedZonesResponse& out) {
  const dns::v1::Config config = DnsConfig(context);
  for (const dns::v1::Zone& zone : config.zones()) {
    route53::v1::HostedZone* shown = out.add_zones();
    shown->set_name(zone.name());
    // Those that ListResourceRecordSets knows, which has them from the same configuration.
    shown->set_resource_record_set_count(zone.records_size());
    shown->set_managed(true);
    for (const auto& [id, record] : context.model.zones) {
      if (record.name() != zone.name()) continue;
      shown->set_id(id);
      shown->set_managed(false);
      SetOwner(record.owner(), shown);
    }
  }
}

void Describe(const Context& context, route53::v1::ListResourceRecordSetsResponse& out) {
  for (const auto& [id, record] : context.model.records) {
    route53::v1::ResourceRecordSet* shown = out.add_records();
    shown->set_hosted_zone_id(record.zone_id());
    shown->set_name(record.name());
    shown->set_type(record.type());
    if (record.alias_name().empty()) {
      shown->set_ttl(record.ttl());
      *shown->mutable_resource_records() = record.values();
    } else {
      shown->mutable_alias_target()->set_dns_name(record.alias_name());
      shown->mutable_alias_target()->set_hosted_zone_id(record.alias_zone_id());
      shown->mutable_alias_target()->set_evaluate_target_health(record.evaluate_target_health());
    }
    SetOwner(record.owner(), shown);
  }
  // The region's own zones, as they are served.
  const dns::v1::Config config = DnsConfig(context);
  for (const dns::v1::Zone& zone : config.zones()) {
    if (!IsManagedZone(zone.name())) continue;
    for (const dns::v1::RecordSet& record : zone.records()) {
      route53::v1::ResourceRecordSet* shown = out.add_records();
      shown->set_name(record.name());
      shown->set_type(record.type());
      shown->set_ttl(static_cast<int>(record.ttl()));
      *shown->mutable_resource_records() = record.values();
    }
  }
}

namespace {

// Whether `text` has `name` in it, and not as a part of a longer one.
bool Names(absl::string_view text, absl::string_view name) {
  const auto in_name = [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == '_';
  };
  if (name.empty()) return false;
  for (size_t at = text.find(name); at != absl::string_view::npos; at = text.find(name, at + 1)) {
    const size_t end = at + name.size();
    // A dot may end a sentence, or the name itself.
    const bool goes_on = end < text.size() && text[end] != '.' && in_name(text[end]);
    if ((at == 0 || !in_name(text[at - 1])) && !goes_on) return true;
  }
  return false;
}

}  // namespace

void Describe(const Context& context, rds::v1::DescribeDbInstancesResponse& out) {
  for (const auto& [id, record] : context.model.databases) {
    rds::v1::DbInstance* shown = out.add_databases();
    shown->set_db_instance_identifier(id);
    shown->set_engine("mysql");
    shown->set_engine_version(record.engine_version());
    shown->set_db_instance_status(record.status());
    shown->mutable_endpoint()->set_address(record.endpoint_name());
    shown->mutable_endpoint()->set_port(record.port());
    shown->mutable_endpoint()->set_loopback_address(record.loopback_ip());
    shown->set_master_username(record.username());
    shown->set_master_user_secret_arn(record.secret_arn());
    shown->set_pid(PidOf(context, DatabaseServiceId(id)));
    shown->set_restarts(record.restarts());
    for (const auto& [instance_id, instance] : context.model.instances) {
      const std::string& told = instance.user_data();
      if (IsTerminated(instance) || !(Names(told, record.endpoint_name()) || Names(told, record.secret_arn())))
        continue;
      shown->add_named_by(instance_id);
    }
    SetOwner(record.owner(), shown);
  }
}

void Describe(const Context& context, cloudformation::v1::DescribeStacksResponse& out) {
  for (const auto& [name, record] : context.model.stacks) {
    cloudformation::v1::Stack* shown = out.add_stacks();
    shown->set_stack_id(record.stack_id());
    shown->set_stack_name(name);
    shown->set_stack_status(record.status());
    shown->set_stack_status_reason(record.reason());
    shown->set_creation_time(MicrosText(record.creation_time()));
    shown->set_template_path(record.template_path());
    if (record.last_updated_time() != 0) shown->set_last_updated_time(MicrosText(record.last_updated_time()));
    for (const auto& [key, value] : ParametersOf(record)) {
      cloudformation::v1::Parameter* parameter = shown->add_parameters();
      parameter->set_key(key);
      parameter->set_value(value);
    }
    for (const ShownOutput& output : OutputsOf(record)) {
      cloudformation::v1::Output* added = shown->add_outputs();
      added->set_key(output.key);
      added->set_value(output.value);
      added->set_description(output.description);
    }
    for (const std::string& what : WaitingFor(context, record)) shown->add_waiting_for(what);
    const Failing failing = WhatFails(context, record);
    shown->set_failing(failing.what);
    shown->set_failing_instance(failing.instance_id);
    shown->set_ready(shown->waiting_for().empty());
    for (const std::string& url : UrlsOf(context, record)) shown->add_urls(url);
  }
}

void Describe(const Context& context, cloudformation::v1::DescribeStackResourcesResponse& out) {
  for (const auto& [name, stack] : context.model.stacks) {
    for (const v1::StackResourceState& resource : stack.resources()) {
      if (resource.status().empty()) continue;
      cloudformation::v1::StackResource* shown = out.add_resources();
      shown->set_stack_name(name);
      shown->set_logical_id(resource.logical_id());
      shown->set_physical_id(resource.physical_id());
      shown->set_type(resource.type());
      shown->set_status(resource.status());
      shown->set_status_reason(resource.reason());
      shown->set_timestamp(MicrosText(resource.since()));
      shown->set_enforced(resource.not_enforced().empty());
      shown->set_deletion_policy(
          std::string(stack::RemovalPolicyName(static_cast<stack::RemovalPolicy>(resource.deletion_policy()))));
    }
  }
  // What stacks left behind is no stack's.
  for (const auto& [key, record] : context.model.retained) {
    cloudformation::v1::StackResource* shown = out.add_resources();
    shown->set_logical_id(record.owner().logical_id());
    shown->set_physical_id(record.id());
    shown->set_type(record.type());
    shown->set_status(record.deleting()         ? "DELETE_IN_PROGRESS"
                      : record.reason().empty() ? "DELETE_SKIPPED"
                                                : "DELETE_FAILED");
    shown->set_status_reason(absl::StrCat("retained by stack ", record.owner().stack_name(),
                                          record.reason().empty() ? "" : "; ", record.reason()));
    shown->set_timestamp(MicrosText(record.since()));
    shown->set_enforced(true);
  }
}

}  // namespace nubo::region
