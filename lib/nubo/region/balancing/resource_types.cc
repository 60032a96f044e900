// Load balancers and target groups as templates have them. What they may be operations say.
#include <string>
#include <vector>

#include "absl/strings/strip.h"
#include "nubo/base/status.h"
#include "nubo/lb/balancer_rules.h"
#include "nubo/region/balancing/attributes.h"
#include "nubo/region/balancing/balancer_service.h"
#include "nubo/region/balancing/describe.h"
#include "nubo/region/balancing/listener_types.h"
#include "nubo/region/balancing/operations.h"
#include "nubo/region/balancing/registration.h"
#include "nubo/region/balancing/resource_types.h"
#include "nubo/region/balancing/target_group_operations.h"
#include "nubo/region/resources/shown.h"
#include "nubo/region/state/names.h"

namespace nubo::region {
namespace {

using stack::Progress;
using stack::Value;

Value Text(absl::string_view text) { return Value::String(text); }

int Number(const Value& value, int fallback) { return static_cast<int>(value.AsInteger().value_or(fallback)); }

std::string TextOr(const Value& value, const std::string& fallback) {
  return value.is_null() ? fallback : value.text();
}

// What a template does not name has its default, also after it was named.
Attributes AttributesFrom(const Value& list, const Attributes& defaults) {
  Attributes attributes = defaults;
  for (auto& [key, value] : attributes) value = TextOr(list.GetPair(key), value);
  return attributes;
}

CreateLoadBalancerRequest LoadBalancerFrom(const Value& properties) {
  CreateLoadBalancerRequest request;
  request.name = properties.Get("Name").text();
  request.scheme = TextOr(properties.Get("Scheme"), request.scheme);
  for (const std::string& subnet : properties.Get("Subnets").ItemTexts()) request.subnet_mappings.push_back({subnet});
  for (const Value& mapping : properties.Get("SubnetMappings").items()) {
    request.subnet_mappings.push_back({mapping.Get("SubnetId").text(), mapping.Get("PrivateIPv4Address").text()});
  }
  request.security_groups = properties.Get("SecurityGroups").ItemTexts();
  request.attributes = AttributesFrom(properties.Get("LoadBalancerAttributes"), DefaultLoadBalancerAttributes());
  return request;
}

absl::StatusOr<std::string> Create(Context& context, const v1::Owner& owner, CreateLoadBalancerRequest request) {
  if (request.name.empty()) {
    // A stack's name may begin so, a load balancer's not.
    const std::string name = GeneratedName(context, owner, lb::kNameSizeMax);
    request.name = std::string(absl::StripPrefix(name, lb::kInternalPrefix));
  }
  return CreateLoadBalancer(context, owner, request);
}

// "" if none is called so.
template <typename Record>
std::string ArnOfName(const Table<Record>& table, const std::string& name) {
  for (const auto& [arn, record] : table) {
    if (record.name() == name) return arn;
  }
  return "";
}

void AddBalancer(ResourceTypes& types) {
  ResourceType& type = types.Add("AWS::ElasticLoadBalancingV2::LoadBalancer");
  type.create = [](Context& context, const stack::ResourceContext& resource, const Value& properties) {
    return Create(context, OwnerOf(resource), LoadBalancerFrom(properties));
  };
  type.update = [](Context& context, const stack::ResourceContext&, const std::string& arn, const Value& properties) {
    const CreateLoadBalancerRequest wanted = LoadBalancerFrom(properties);
    return ModifyLoadBalancer(context, {.load_balancer_arn = arn,
                                        .subnet_mappings = wanted.subnet_mappings,
                                        .security_groups = wanted.security_groups,
                                        .attributes = wanted.attributes});
  };
  // AWS's is "active" once its nodes run: here once its process has spoken.
  type.poll = [](Context& context, const std::string& arn) -> absl::StatusOr<Progress> {
    const v1::LoadBalancerState* record = context.model.load_balancers.Find(arn);
    if (record == nullptr) return Progress::Failed("the load balancer is gone");
    NUBO_ASSIGN_OR_RETURN(const bool applied, HasApplied(context, record->arn()));
    if (!applied) return Progress::InProgress();
    const std::string& full = record->arn();
    return Progress::Complete(
        {{"LoadBalancerArn", Text(full)},
         {"LoadBalancerName", Text(record->name())},
         {"LoadBalancerFullName", Text(full.substr(full.find("app/")))},
         {"DNSName", Text(record->dns_name())},
         {"SecurityGroups", Value::Strings({record->security_group_ids().begin(), record->security_group_ids().end()})},
         {"CanonicalHostedZoneID", Text(kBalancerZoneId)}});
  };
  type.remove = [](Context& context, const stack::ResourceContext&, const std::string& arn) {
    return DeleteLoadBalancer(context, arn);
  };
  type.poll_delete = [](Context& context, const std::string& arn) -> absl::StatusOr<Progress> {
    return context.model.services.Find(BalancerServiceId(arn)) == nullptr ? Progress::Complete()
                                                                          : Progress::InProgress();
  };
  type.check_name = [](const Model& model, const v1::Owner& owner, const Value& properties) {
    return CheckLoadBalancerNameFree(model, owner, properties.Get("Name").text());
  };
  type.disown = [](Model& model, const std::string& arn) { Disown(model.load_balancers, arn); };
  type.show = [](const Context& context, const std::string& arn, google::protobuf::Struct* shown) {
    if (context.model.load_balancers.Find(arn) == nullptr) return false;
    return ShowFromList<elbv2::v1::DescribeLoadBalancersResponse>(
        context, [](const auto& response) { return response.load_balancers(); },
        [&](const auto& balancer) { return balancer.load_balancer_arn() == arn; }, shown);
  };
  type.find = [](const Context& context, const std::string& name) {
    return ArnOfName(context.model.load_balancers, name);
  };
  type.process = [](const Context& context, const std::string& arn) {
    return context.model.load_balancers.Find(arn) == nullptr ? "" : BalancerServiceId(arn);
  };
  type.protect = [](Context& context, const std::string& arn, bool on) -> absl::StatusOr<bool> {
    const v1::LoadBalancerState* record = context.model.load_balancers.Find(arn);
    if (record == nullptr) return absl::NotFoundError("no load balancer is called so");
    const bool former = record->deletion_protection();
    NUBO_RETURN_IF_ERROR(ModifyLoadBalancer(
        context, {.load_balancer_arn = arn, .attributes = {{"deletion_protection.enabled", on ? "true" : "false"}}}));
    return former;
  };
}

CreateTargetGroupRequest TargetGroupFrom(const Value& properties) {
  CreateTargetGroupRequest request;
  request.name = properties.Get("Name").text();
  request.protocol = properties.Get("Protocol").text();
  request.protocol_version = TextOr(properties.Get("ProtocolVersion"), request.protocol_version);
  request.port = Number(properties.Get("Port"), request.port);
  request.vpc_id = properties.Get("VpcId").text();
  request.target_type = TextOr(properties.Get("TargetType"), request.target_type);
  request.health_check_enabled = properties.Get("HealthCheckEnabled").AsBool().value_or(request.health_check_enabled);
  request.health_check_protocol = TextOr(properties.Get("HealthCheckProtocol"), request.health_check_protocol);
  request.health_check_path = properties.Get("HealthCheckPath").text();
  request.health_check_port = TextOr(properties.Get("HealthCheckPort"), request.health_check_port);
  request.health_check_interval_seconds =
      Number(properties.Get("HealthCheckIntervalSeconds"), request.health_check_interval_seconds);
  request.health_check_timeout_seconds =
      Number(properties.Get("HealthCheckTimeoutSeconds"), request.health_check_timeout_seconds);
  request.healthy_threshold_count = Number(properties.Get("HealthyThresholdCount"), request.healthy_threshold_count);
  request.unhealthy_threshold_count =
      Number(properties.Get("UnhealthyThresholdCount"), request.unhealthy_threshold_count);
  const char* codes = request.protocol_version == "GRPC" ? "GrpcCode" : "HttpCode";
  request.matcher = properties.Get("Matcher").Get(codes).text();
  request.attributes = AttributesFrom(properties.Get("TargetGroupAttributes"), DefaultTargetGroupAttributes());
  for (const Value& target : properties.Get("Targets").items()) {
    request.targets.push_back({target.Get("Id").text(), Number(target.Get("Port"), 0)});
  }
  return request;
}

ModifyTargetGroupRequest ChangeTo(const CreateTargetGroupRequest& wanted, const std::string& arn) {
  return {.target_group_arn = arn,
          .health_check_enabled = wanted.health_check_enabled,
          .health_check_protocol = wanted.health_check_protocol,
          .health_check_path = wanted.health_check_path,
          .health_check_port = wanted.health_check_port,
          .health_check_interval_seconds = wanted.health_check_interval_seconds,
          .health_check_timeout_seconds = wanted.health_check_timeout_seconds,
          .healthy_threshold_count = wanted.healthy_threshold_count,
          .unhealthy_threshold_count = wanted.unhealthy_threshold_count,
          .matcher = wanted.matcher,
          .attributes = wanted.attributes,
          .targets = wanted.targets};
}

void AddTargetGroup(ResourceTypes& types) {
  ResourceType& type = types.Add("AWS::ElasticLoadBalancingV2::TargetGroup");
  type.create = [](Context& context, const stack::ResourceContext& resource, const Value& properties) {
    CreateTargetGroupRequest request = TargetGroupFrom(properties);
    if (request.name.empty()) request.name = GeneratedName(context, OwnerOf(resource), lb::kNameSizeMax);
    return CreateTargetGroup(context, OwnerOf(resource), request);
  };
  type.update = [](Context& context, const stack::ResourceContext&, const std::string& arn, const Value& properties) {
    return ModifyTargetGroup(context, ChangeTo(TargetGroupFrom(properties), arn));
  };
  type.poll = [](Context& context, const std::string& arn) -> absl::StatusOr<Progress> {
    const v1::TargetGroupState* record = context.model.target_groups.Find(arn);
    if (record == nullptr) return Progress::Failed("the target group is gone");
    for (const std::string& balancer : BalancersOf(context, record->arn())) {
      NUBO_ASSIGN_OR_RETURN(const bool applied, HasApplied(context, balancer));
      if (!applied) return Progress::InProgress();
    }
    const std::string& full = record->arn();
    return Progress::Complete({{"TargetGroupArn", Text(full)},
                               {"TargetGroupName", Text(record->name())},
                               {"TargetGroupFullName", Text(full.substr(full.find("targetgroup/")))},
                               {"LoadBalancerArns", Value::Strings({})}});
  };
  type.remove = [](Context& context, const stack::ResourceContext&, const std::string& arn) {
    return DeleteTargetGroup(context, arn);
  };
  type.check_name = [](const Model& model, const v1::Owner& owner, const Value& properties) {
    return CheckTargetGroupNameFree(model, owner, properties.Get("Name").text());
  };
  type.disown = [](Model& model, const std::string& arn) { Disown(model.target_groups, arn); };
  type.show = [](const Context& context, const std::string& arn, google::protobuf::Struct* shown) {
    if (context.model.target_groups.Find(arn) == nullptr) return false;
    return ShowFromList<elbv2::v1::DescribeTargetGroupsResponse>(
        context, [](const auto& response) { return response.target_groups(); },
        [&](const auto& group) { return group.target_group_arn() == arn; }, shown);
  };
  type.find = [](const Context& context, const std::string& name) {
    return ArnOfName(context.model.target_groups, name);
  };
}

void AddIds(ResourceTypes& types) {
  types.AddId({stack::IdKind::kLoadBalancer, "", "load balancer", "LoadBalancerNotFound",
               [](const Model& model, const std::string& id) { return model.load_balancers.Find(id) != nullptr; }});
  types.AddId({stack::IdKind::kTargetGroup, "", "target group", "TargetGroupNotFound",
               [](const Model& model, const std::string& id) { return model.target_groups.Find(id) != nullptr; }});
  types.AddId({stack::IdKind::kListener, "", "listener", "ListenerNotFound",
               [](const Model& model, const std::string& id) { return model.listeners.Find(id) != nullptr; }});
}

}  // namespace

void AddBalancingTypes(ResourceTypes& types) {
  AddBalancer(types);
  AddTargetGroup(types);
  AddListenerTypes(types);
  AddIds(types);
}

}  // namespace nubo::region
