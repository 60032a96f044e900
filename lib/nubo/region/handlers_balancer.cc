// Load balancers, target groups, listeners, rules.
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "nubo/base/status.h"
#include "nubo/lb/group_health.h"
#include "nubo/lb/policies.h"
#include "nubo/lb/slow_start.h"
#include "nubo/region/dns_config.h"
#include "nubo/region/handlers.h"
#include "nubo/region/network.h"
#include "nubo/region/services.h"

namespace nubo::region {
namespace {

using stack::Progress;
using stack::Value;

// Names of load balancers and target groups have at most 32 characters.
constexpr size_t kNameMax = 32;
constexpr char kCanonicalZone[] = "Z35SXDOTRQ7X7K";
constexpr int kIdDigits = 16;

Value Text(absl::string_view text) { return Value::String(text); }

int Number(const Value& value, int fallback) { return static_cast<int>(value.AsInteger().value_or(fallback)); }

// The value of one of the Key/Value pairs of an attribute list, or "".
std::string AttributeOf(const Value& list, absl::string_view key) {
  for (const Value& pair : list.items()) {
    if (pair.Get("Key").text() == key) return pair.Get("Value").text();
  }
  return "";
}

int AttributeNumber(const Value& list, absl::string_view key, int fallback) {
  int number = 0;
  return absl::SimpleAtoi(AttributeOf(list, key), &number) ? number : fallback;
}

std::string NameOf(Context& context, const v1::Owner& owner, const Value& properties) {
  const std::string& name = properties.Get("Name").text();
  return name.empty() ? GeneratedName(context, owner, kNameMax) : name;
}

absl::StatusOr<std::string> CreateBalancer(Context& context, const v1::Owner& owner, const Value& properties) {
  if (properties.Get("Type").text() == "network") {
    return absl::UnimplementedError(
        "load balancers of Type network are not offered yet; leave Type out, or use application");
  }
  v1::LoadBalancerState record;
  *record.mutable_owner() = owner;
  record.set_name(NameOf(context, owner, properties));
  const std::string id = context.ids.NewHex(kIdDigits);
  record.set_arn(Arn("elasticloadbalancing", absl::StrCat("loadbalancer/app/", record.name(), "/", id)));
  const std::string& scheme = properties.Get("Scheme").text();
  record.set_scheme(scheme.empty() ? "internet-facing" : scheme);
  const absl::string_view prefix = record.scheme() == "internal" ? "internal-" : "";
  record.set_dns_name(
      absl::AsciiStrToLower(absl::StrCat(prefix, record.name(), "-", id.substr(0, 10), ".", kBalancerZone)));
  record.set_idle_timeout_s(
      AttributeNumber(properties.Get("LoadBalancerAttributes"), "idle_timeout.timeout_seconds", 60));
  std::vector<std::pair<std::string, std::string>> subnets;
  for (const std::string& subnet : properties.Get("Subnets").ItemTexts()) subnets.push_back({subnet, ""});
  for (const Value& mapping : properties.Get("SubnetMappings").items()) {
    subnets.push_back({mapping.Get("SubnetId").text(), mapping.Get("PrivateIPv4Address").text()});
  }
  for (const auto& [subnet_id, wanted] : subnets) {
    absl::StatusOr<Address> address = TakeAddress(context, subnet_id, wanted);
    if (!address.ok()) {
      for (int i = 0; i < record.subnet_ids_size(); ++i)
        ReleaseAddress(context, record.subnet_ids(i), record.private_ips(i));
      return address.status();
    }
    record.add_subnet_ids(subnet_id);
    record.add_private_ips(address->private_ip);
    record.add_loopback_ips(address->loopback_ip);
    record.set_vpc_id(context.model.subnets.Find(subnet_id)->vpc_id());
  }
  const std::string arn = record.arn();
  context.model.load_balancers.Put(arn, std::move(record));
  return arn;
}

void AddBalancer(Handlers& handlers, Context& context) {
  FunctionHandler& handler = handlers.Add("AWS::ElasticLoadBalancingV2::LoadBalancer");
  handler.create = [&context](const v1::Owner& owner, const Value& properties) {
    return CreateBalancer(context, owner, properties);
  };
  // AWS's is "active" once its nodes run: here once its process has spoken.
  handler.poll = [&context](absl::string_view arn) -> absl::StatusOr<Progress> {
    const v1::LoadBalancerState* record = context.model.load_balancers.Find(arn);
    if (record == nullptr) return Progress::Failed("the load balancer is gone");
    if (context.proxy_status.count(BalancerServiceId(record->arn())) == 0) return Progress::InProgress();
    const std::string& full = record->arn();
    return Progress::Complete({{"LoadBalancerArn", Text(full)},
                               {"LoadBalancerName", Text(record->name())},
                               {"LoadBalancerFullName", Text(full.substr(full.find("app/")))},
                               {"DNSName", Text(record->dns_name())},
                               {"SecurityGroups", Value::Strings({})},
                               {"CanonicalHostedZoneID", Text(kCanonicalZone)}});
  };
  handler.remove = [&context](absl::string_view arn) {
    if (const v1::LoadBalancerState* record = context.model.load_balancers.Find(arn)) {
      for (int i = 0; i < record->subnet_ids_size(); ++i) {
        ReleaseAddress(context, record->subnet_ids(i), record->private_ips(i));
      }
    }
    context.model.load_balancers.Erase(arn);
    return absl::OkStatus();
  };
  handler.poll_delete = [&context](absl::string_view arn) -> absl::StatusOr<Progress> {
    return context.model.services.Find(BalancerServiceId(std::string(arn))) == nullptr ? Progress::Complete()
                                                                                       : Progress::InProgress();
  };
}

// What the load balancer would refuse is refused before there is anything to refuse.
absl::Status CheckAttributes(const v1::TargetGroupState& group) {
  constexpr size_t kTargetsMax = 1000;
  const lb::SlowStart slow_start = {.window = absl::Seconds(group.slow_start_s())};
  lb::GroupHealthRequirements required;
  required.unhealthy_state_routing = {.count = group.healthy_count_min(), .percentage = group.healthy_percentage_min()};
  required.dns_failover = {.count = 0};
  absl::Status status = lb::CheckSlowStart(slow_start);
  status.Update(lb::CheckGroupHealth(required, kTargetsMax));
  if (slow_start.enabled() && group.algorithm() == lb::kLeastOutstandingRequests) {
    status.Update(
        absl::InvalidArgumentError("least_outstanding_requests cannot have a slow start; set "
                                   "slow_start.duration_seconds to 0 or choose round_robin"));
  }
  return base::WithErrorCode(status, "InvalidConfigurationRequest");
}

absl::StatusOr<std::string> CreateTargetGroup(Context& context, const v1::Owner& owner, const Value& properties) {
  v1::TargetGroupState record;
  *record.mutable_owner() = owner;
  record.set_name(NameOf(context, owner, properties));
  record.set_arn(
      Arn("elasticloadbalancing", absl::StrCat("targetgroup/", record.name(), "/", context.ids.NewHex(kIdDigits))));
  record.set_protocol(properties.Get("Protocol").text());
  if (record.protocol() != "HTTP") {
    return absl::UnimplementedError(
        absl::StrCat("target groups of Protocol ", record.protocol(), " are not offered yet; use HTTP"));
  }
  const std::string& version = properties.Get("ProtocolVersion").text();
  record.set_protocol_version(version.empty() ? "HTTP1" : version);
  record.set_port(Number(properties.Get("Port"), 80));
  record.set_vpc_id(properties.Get("VpcId").text());
  record.set_health_path(properties.Get("HealthCheckPath").text());
  record.set_health_port(properties.Get("HealthCheckPort").text());
  record.set_health_interval_s(Number(properties.Get("HealthCheckIntervalSeconds"), 30));
  record.set_health_timeout_s(Number(properties.Get("HealthCheckTimeoutSeconds"), 5));
  record.set_healthy_threshold(Number(properties.Get("HealthyThresholdCount"), 5));
  record.set_unhealthy_threshold(Number(properties.Get("UnhealthyThresholdCount"), 2));
  const Value& matcher = properties.Get("Matcher");
  record.set_matcher(version == "GRPC" ? matcher.Get("GrpcCode").text() : matcher.Get("HttpCode").text());
  const Value& attributes = properties.Get("TargetGroupAttributes");
  record.set_deregistration_delay_s(AttributeNumber(attributes, "deregistration_delay.timeout_seconds", 300));
  record.set_algorithm(AttributeOf(attributes, "load_balancing.algorithm.type"));
  record.set_slow_start_s(AttributeNumber(attributes, "slow_start.duration_seconds", 0));
  record.set_anomaly_mitigation(AttributeOf(attributes, "load_balancing.algorithm.anomaly_mitigation") == "on");
  const std::string routing = "target_group_health.unhealthy_state_routing.minimum_healthy_targets.";
  record.set_healthy_count_min(AttributeNumber(attributes, routing + "count", 1));
  record.set_healthy_percentage_min(AttributeNumber(attributes, routing + "percentage", 0));
  NUBO_RETURN_IF_ERROR(CheckAttributes(record));
  for (const Value& target : properties.Get("Targets").items()) record.add_static_targets(target.Get("Id").text());
  const std::string arn = record.arn();
  context.model.target_groups.Put(arn, std::move(record));
  return arn;
}

void AddTargetGroup(Handlers& handlers, Context& context) {
  FunctionHandler& handler = handlers.Add("AWS::ElasticLoadBalancingV2::TargetGroup");
  handler.create = [&context](const v1::Owner& owner, const Value& properties) {
    return CreateTargetGroup(context, owner, properties);
  };
  handler.poll = [&context](absl::string_view arn) -> absl::StatusOr<Progress> {
    const v1::TargetGroupState* record = context.model.target_groups.Find(arn);
    if (record == nullptr) return Progress::Failed("the target group is gone");
    const std::string& full = record->arn();
    return Progress::Complete({{"TargetGroupArn", Text(full)},
                               {"TargetGroupName", Text(record->name())},
                               {"TargetGroupFullName", Text(full.substr(full.find("targetgroup/")))},
                               {"LoadBalancerArns", Value::Strings({})}});
  };
  handler.remove = [&context](absl::string_view arn) {
    context.model.target_groups.Erase(arn);
    return absl::OkStatus();
  };
}

absl::StatusOr<v1::Action> MakeAction(const Context& context, const Value& actions) {
  v1::Action action;
  if (actions.items().size() != 1) {
    return absl::UnimplementedError("one action, a forward, a redirect or a fixed response, is what a listener takes");
  }
  const Value& given = actions.items()[0];
  action.set_type(given.Get("Type").text());
  if (!given.Get("TargetGroupArn").is_null()) {
    action.add_groups()->set_target_group_arn(given.Get("TargetGroupArn").text());
  }
  for (const Value& group : given.Get("ForwardConfig").Get("TargetGroups").items()) {
    v1::Action::WeightedGroup* added = action.add_groups();
    added->set_target_group_arn(group.Get("TargetGroupArn").text());
    added->set_weight(Number(group.Get("Weight"), 1));
  }
  for (const v1::Action::WeightedGroup& group : action.groups()) {
    if (context.model.target_groups.Find(group.target_group_arn()) != nullptr) continue;
    return base::WithErrorCode(absl::NotFoundError(absl::StrCat("there is no target group ", group.target_group_arn())),
                               "TargetGroupNotFound");
  }
  const Value& fixed = given.Get("FixedResponseConfig");
  const Value& redirect = given.Get("RedirectConfig");
  action.set_status_code(fixed.is_null() ? redirect.Get("StatusCode").text() : fixed.Get("StatusCode").text());
  action.set_content_type(fixed.Get("ContentType").text());
  action.set_message_body(fixed.Get("MessageBody").text());
  action.set_redirect_protocol(redirect.Get("Protocol").text());
  action.set_redirect_host(redirect.Get("Host").text());
  action.set_redirect_port(redirect.Get("Port").text());
  action.set_redirect_path(redirect.Get("Path").text());
  action.set_redirect_query(redirect.Get("Query").text());
  return action;
}

absl::StatusOr<std::string> CreateListener(Context& context, const v1::Owner& owner, const Value& properties) {
  v1::ListenerState record;
  *record.mutable_owner() = owner;
  record.set_load_balancer_arn(properties.Get("LoadBalancerArn").text());
  record.set_protocol(properties.Get("Protocol").text());
  record.set_port(Number(properties.Get("Port"), 0));
  record.set_local_port(LocalPort(context, record.port()));
  if (record.protocol() != "HTTP") {
    return absl::UnimplementedError(
        absl::StrCat("listeners of Protocol ", record.protocol(), " are not offered yet; use HTTP"));
  }
  if (record.port() == 0) return absl::InvalidArgumentError("a listener needs Port");
  const v1::LoadBalancerState* balancer = context.model.load_balancers.Find(record.load_balancer_arn());
  if (balancer == nullptr) {
    return base::WithErrorCode(
        absl::NotFoundError(absl::StrCat("there is no load balancer ", record.load_balancer_arn())),
        "LoadBalancerNotFound");
  }
  for (const auto& [arn, other] : context.model.listeners) {
    if (other.load_balancer_arn() != record.load_balancer_arn() || other.local_port() != record.local_port()) continue;
    return base::WithErrorCode(
        absl::AlreadyExistsError(
            absl::StrCat("load balancer ", balancer->name(), " has a listener on port ", record.port(), " already")),
        "DuplicateListener");
  }
  NUBO_ASSIGN_OR_RETURN(*record.mutable_default_action(), MakeAction(context, properties.Get("DefaultActions")));
  const std::string arn =
      absl::StrCat(absl::StrReplaceAll(record.load_balancer_arn(), {{":loadbalancer/", ":listener/"}}), "/",
                   context.ids.NewHex(kIdDigits));
  record.set_arn(arn);
  context.model.listeners.Put(arn, std::move(record));
  return arn;
}

void AddListener(Handlers& handlers, Context& context) {
  FunctionHandler& handler = handlers.Add("AWS::ElasticLoadBalancingV2::Listener");
  handler.create = [&context](const v1::Owner& owner, const Value& properties) {
    return CreateListener(context, owner, properties);
  };
  // Complete once the load balancer has bound it, failed if it could not.
  handler.poll = [&context](absl::string_view arn) -> absl::StatusOr<Progress> {
    const v1::ListenerState* record = context.model.listeners.Find(arn);
    if (record == nullptr) return Progress::Failed("the listener is gone");
    const auto status = context.proxy_status.find(BalancerServiceId(record->load_balancer_arn()));
    if (status == context.proxy_status.end()) return Progress::InProgress();
    if (!status->second.error().empty()) return Progress::Failed(status->second.error());
    for (const proxy::v1::ListenerStatus& listener : status->second.listeners()) {
      if (listener.id() != arn) continue;
      if (!listener.error().empty()) return Progress::Failed(listener.error());
      return Progress::Complete({{"ListenerArn", Text(arn)}});
    }
    return Progress::InProgress();
  };
  handler.remove = [&context](absl::string_view arn) {
    context.model.listeners.Erase(arn);
    return absl::OkStatus();
  };
}

absl::StatusOr<std::string> CreateRule(Context& context, const v1::Owner& owner, const Value& properties) {
  v1::ListenerRuleState record;
  *record.mutable_owner() = owner;
  record.set_listener_arn(properties.Get("ListenerArn").text());
  record.set_priority(Number(properties.Get("Priority"), 0));
  if (context.model.listeners.Find(record.listener_arn()) == nullptr) {
    return base::WithErrorCode(absl::NotFoundError(absl::StrCat("there is no listener ", record.listener_arn())),
                               "ListenerNotFound");
  }
  for (const auto& [arn, other] : context.model.rules) {
    if (other.listener_arn() == record.listener_arn() && other.priority() == record.priority()) {
      return base::WithErrorCode(
          absl::AlreadyExistsError(absl::StrCat("priority ", record.priority(), " is taken by ", arn)),
          "PriorityInUse");
    }
  }
  for (const Value& condition : properties.Get("Conditions").items()) {
    const std::string& field = condition.Get("Field").text();
    const Value& config = condition.Get(field == "host-header" ? "HostHeaderConfig" : "PathPatternConfig");
    const std::vector<std::string> values =
        config.is_null() ? condition.Get("Values").ItemTexts() : config.Get("Values").ItemTexts();
    if (field == "host-header") {
      for (const std::string& value : values) record.add_hosts(value);
    } else if (field == "path-pattern") {
      for (const std::string& value : values) record.add_paths(value);
    } else {
      return absl::UnimplementedError(
          absl::StrCat("conditions on ", field, " are not offered yet; use host-header or path-pattern"));
    }
  }
  NUBO_ASSIGN_OR_RETURN(*record.mutable_action(), MakeAction(context, properties.Get("Actions")));
  const std::string arn = absl::StrCat(absl::StrReplaceAll(record.listener_arn(), {{":listener/", ":listener-rule/"}}),
                                       "/", context.ids.NewHex(kIdDigits));
  record.set_arn(arn);
  context.model.rules.Put(arn, std::move(record));
  return arn;
}

void AddRule(Handlers& handlers, Context& context) {
  FunctionHandler& handler = handlers.Add("AWS::ElasticLoadBalancingV2::ListenerRule");
  handler.create = [&context](const v1::Owner& owner, const Value& properties) {
    return CreateRule(context, owner, properties);
  };
  handler.poll = [](absl::string_view arn) -> absl::StatusOr<Progress> {
    return Progress::Complete({{"RuleArn", Text(arn)}, {"IsDefault", Text("false")}});
  };
  handler.remove = [&context](absl::string_view arn) {
    context.model.rules.Erase(arn);
    return absl::OkStatus();
  };
}

}  // namespace

void AddBalancerHandlers(Handlers& handlers, Context& context) {
  AddBalancer(handlers, context);
  AddTargetGroup(handlers, context);
  AddListener(handlers, context);
  AddRule(handlers, context);
}

}  // namespace nubo::region
