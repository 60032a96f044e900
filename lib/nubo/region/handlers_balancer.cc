// Load balancers and target groups.
#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/lb/group_health.h"
#include "nubo/lb/policies.h"
#include "nubo/lb/slow_start.h"
#include "nubo/lb/stickiness.h"
#include "nubo/region/aliases.h"
#include "nubo/region/dns_config.h"
#include "nubo/region/handlers.h"
#include "nubo/region/network.h"
#include "nubo/region/proxy_config.h"
#include "nubo/region/services.h"
#include "nubo/region/target_health.h"

namespace nubo::region {
namespace {

using stack::Progress;
using stack::Value;

// Names of load balancers and target groups have at most 32 characters.
constexpr size_t kNameMax = 32;
constexpr int kIdDigits = 16;
constexpr int kKeyDigits = 32;

Value Text(absl::string_view text) { return Value::String(text); }

int Number(const Value& value, int fallback) { return static_cast<int>(value.AsInteger().value_or(fallback)); }

// Of the Key/Value pairs of an attribute list.
std::string AttributeOf(const Value& list, absl::string_view key) { return list.GetPair(key).text(); }
int AttributeNumber(const Value& list, absl::string_view key, int fallback) {
  return Number(list.GetPair(key), fallback);
}
bool AttributeFlag(const Value& list, absl::string_view key) { return list.GetPair(key).AsBool().value_or(false); }

std::string NameOf(Context& context, const v1::Owner& owner, const Value& properties) {
  const std::string& name = properties.Get("Name").text();
  return name.empty() ? GeneratedName(context, owner, kNameMax) : name;
}

// Where a load balancer listens: a subnet, and the address in it that is asked for, or "" for any.
using Places = std::vector<std::pair<std::string, std::string>>;

Places PlacesOf(const Value& properties) {
  Places places;
  for (const std::string& subnet : properties.Get("Subnets").ItemTexts()) places.push_back({subnet, ""});
  for (const Value& mapping : properties.Get("SubnetMappings").items()) {
    places.push_back({mapping.Get("SubnetId").text(), mapping.Get("PrivateIPv4Address").text()});
  }
  return places;
}

// One place in each zone, all in one VPC. Subnets that are not there are told by whoever looks for them.
absl::Status CheckPlaces(const Context& context, const Places& places) {
  std::set<std::string> zones;
  std::string vpc;
  for (const auto& [subnet_id, wanted] : places) {
    const v1::SubnetState* subnet = context.model.subnets.Find(subnet_id);
    if (subnet == nullptr) continue;
    if (!zones.insert(subnet->availability_zone()).second) {
      return base::WithErrorCode(
          absl::InvalidArgumentError(
              absl::StrCat("A load balancer cannot be attached to multiple subnets in the same Availability Zone; ",
                           subnet_id, " is in ", subnet->availability_zone(), ", as another one is")),
          "InvalidConfigurationRequest");
    }
    if (!vpc.empty() && vpc != subnet->vpc_id()) {
      return base::WithErrorCode(
          absl::InvalidArgumentError(absl::StrCat("All subnets must belong to the same VPC; ", subnet_id, " is in ",
                                                  subnet->vpc_id(), ", another one in ", vpc)),
          "InvalidConfigurationRequest");
    }
    vpc = subnet->vpc_id();
  }
  return absl::OkStatus();
}

// Takes an address in each of `places`, or none.
absl::Status TakePlaces(Context& context, const Places& places, v1::LoadBalancerState& record) {
  const int had = record.subnet_ids_size();
  for (const auto& [subnet_id, wanted] : places) {
    absl::StatusOr<Address> address = TakeAddress(context, subnet_id, wanted);
    if (!address.ok()) {
      for (int i = had; i < record.subnet_ids_size(); ++i)
        ReleaseAddress(context, record.subnet_ids(i), record.private_ips(i));
      return address.status();
    }
    record.add_subnet_ids(subnet_id);
    record.add_private_ips(address->private_ip);
    record.add_loopback_ips(address->loopback_ip);
    record.set_vpc_id(context.model.subnets.Find(subnet_id)->vpc_id());
  }
  return absl::OkStatus();
}

// What of a load balancer may change while it serves, its places apart.
void FillBalancer(const Value& properties, v1::LoadBalancerState& record) {
  const Value& attributes = properties.Get("LoadBalancerAttributes");
  record.set_idle_timeout_s(AttributeNumber(attributes, "idle_timeout.timeout_seconds", 60));
  record.set_deletion_protection(AttributeFlag(attributes, "deletion_protection.enabled"));
  record.set_drop_invalid_header_fields(AttributeFlag(attributes, "routing.http.drop_invalid_header_fields.enabled"));
  record.set_xff_client_port(AttributeFlag(attributes, "routing.http.xff_client_port.enabled"));
  record.set_xff_mode(AttributeOf(attributes, "routing.http.xff_header_processing.mode"));
  record.clear_security_group_ids();
  for (const std::string& id : properties.Get("SecurityGroups").ItemTexts()) record.add_security_group_ids(id);
}

absl::StatusOr<std::string> CreateBalancer(Context& context, const v1::Owner& owner, const Value& properties) {
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
  FillBalancer(properties, record);
  const Places places = PlacesOf(properties);
  NUBO_RETURN_IF_ERROR(CheckPlaces(context, places));
  NUBO_RETURN_IF_ERROR(TakePlaces(context, places, record));
  const std::string arn = record.arn();
  context.model.load_balancers.Put(arn, std::move(record));
  return arn;
}

// Addresses in subnets that it keeps stay; the others are given back once the new ones are taken.
absl::Status UpdateBalancer(Context& context, absl::string_view arn, const Value& properties) {
  const v1::LoadBalancerState* former = context.model.load_balancers.Find(arn);
  if (former == nullptr) return absl::NotFoundError(absl::StrCat("there is no load balancer ", arn));
  v1::LoadBalancerState record = *former;
  record.clear_subnet_ids();
  record.clear_private_ips();
  record.clear_loopback_ips();
  Places added = PlacesOf(properties);
  NUBO_RETURN_IF_ERROR(CheckPlaces(context, added));
  std::vector<int> left;
  for (int i = 0; i < former->subnet_ids_size(); ++i) {
    const auto kept = std::find_if(added.begin(), added.end(), [&](const auto& place) {
      return place.first == former->subnet_ids(i) && (place.second.empty() || place.second == former->private_ips(i));
    });
    if (kept == added.end()) {
      left.push_back(i);
      continue;
    }
    record.add_subnet_ids(former->subnet_ids(i));
    record.add_private_ips(former->private_ips(i));
    record.add_loopback_ips(former->loopback_ips(i));
    added.erase(kept);
  }
  for (const auto& [subnet_id, wanted] : added) {
    const v1::SubnetState* subnet = context.model.subnets.Find(subnet_id);
    if (subnet == nullptr || subnet->vpc_id() == former->vpc_id()) continue;
    return base::WithErrorCode(absl::InvalidArgumentError(absl::StrCat(
                                   "subnet ", subnet_id, " is in ", subnet->vpc_id(), ", and load balancer ",
                                   former->name(), " in ", former->vpc_id(), "; a load balancer stays in its VPC")),
                               "InvalidSubnet");
  }
  NUBO_RETURN_IF_ERROR(TakePlaces(context, added, record));
  for (const int i : left) ReleaseAddress(context, former->subnet_ids(i), former->private_ips(i));
  FillBalancer(properties, record);
  context.model.load_balancers.Put(arn, std::move(record));
  AwaitApplied(context, std::string(arn));
  return absl::OkStatus();
}

void AddBalancer(Handlers& handlers, Context& context) {
  FunctionHandler& handler = handlers.Add("AWS::ElasticLoadBalancingV2::LoadBalancer");
  handler.create = [&context](const v1::Owner& owner, const Value& properties) {
    return CreateBalancer(context, owner, properties);
  };
  handler.update = [&context](const stack::ResourceContext&, absl::string_view arn, const Value& properties) {
    return UpdateBalancer(context, arn, properties);
  };
  // AWS's is "active" once its nodes run: here once its process has spoken.
  handler.poll = [&context](absl::string_view arn) -> absl::StatusOr<Progress> {
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
  handler.remove = [&context](absl::string_view arn) -> absl::Status {
    if (const v1::LoadBalancerState* record = context.model.load_balancers.Find(arn)) {
      if (record->deletion_protection()) {
        return base::WithErrorCode(
            absl::FailedPreconditionError(
                absl::StrCat("Load balancer '", arn, "' cannot be deleted because deletion protection is enabled")),
            "OperationNotPermitted");
      }
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

// Targets of a load balancer's group are always checked, over HTTP.
absl::Status CheckHealthCheck(const Value& properties) {
  if (!properties.Get("HealthCheckEnabled").AsBool().value_or(true)) {
    return base::WithErrorCode(
        absl::InvalidArgumentError("Health check enabled must be true for target groups with target type 'instance' or "
                                   "'ip'"),
        "InvalidConfigurationRequest");
  }
  const std::string& protocol = properties.Get("HealthCheckProtocol").text();
  if (protocol.empty() || absl::AsciiStrToUpper(protocol) == "HTTP") return absl::OkStatus();
  return base::WithErrorCode(
      absl::InvalidArgumentError(absl::StrCat("Health check protocol '", protocol, "' must be 'HTTP'")),
      "InvalidConfigurationRequest");
}

absl::Status FillStickiness(const Value& attributes, v1::TargetGroupState& record) {
  const std::string type = AttributeOf(attributes, "stickiness.type");
  const bool app = type == "app_cookie";
  const int lb_s = AttributeNumber(attributes, "stickiness.lb_cookie.duration_seconds", 86400);
  const int app_s = AttributeNumber(attributes, "stickiness.app_cookie.duration_seconds", 86400);
  record.set_stickiness_duration_s(app ? app_s : lb_s);
  record.set_app_cookie_name(AttributeOf(attributes, "stickiness.app_cookie.cookie_name"));
  const bool on = AttributeFlag(attributes, "stickiness.enabled");
  record.set_stickiness_type(!on ? "" : app ? "app_cookie" : "lb_cookie");
  lb::Stickiness stickiness;
  if (on) stickiness.type = app ? lb::StickinessType::kAppCookie : lb::StickinessType::kLbCookie;
  stickiness.duration = absl::Seconds(record.stickiness_duration_s());
  stickiness.app_cookie_name = record.app_cookie_name();
  return base::WithErrorCode(lb::CheckStickiness(stickiness), "InvalidConfigurationRequest");
}

// Instances may come later, as they do when a target group is made with the instances of another stack; an address is
// one of the VPC's, or none.
absl::Status FillTargets(const Context& context, const Value& targets, v1::TargetGroupState& record) {
  record.clear_static_targets();
  record.clear_static_ports();
  std::set<std::pair<std::string, int>> known;
  for (const Value& target : targets.items()) {
    const std::string& id = target.Get("Id").text();
    const int port = Number(target.Get("Port"), 0);
    if (record.target_type() == "ip") {
      NUBO_RETURN_IF_ERROR(base::WithErrorCode(LoopbackOf(context, record.vpc_id(), id).status(), "InvalidTarget"));
    }
    // Twice the same is once.
    if (!known.insert({id, port == 0 ? record.port() : port}).second) continue;
    record.add_static_targets(id);
    record.add_static_ports(port);
  }
  return absl::OkStatus();
}

// What of a target group may change while it serves.
absl::Status FillTargetGroup(Context& context, const Value& properties, v1::TargetGroupState& record) {
  NUBO_RETURN_IF_ERROR(CheckHealthCheck(properties));
  record.set_health_path(properties.Get("HealthCheckPath").text());
  record.set_health_port(properties.Get("HealthCheckPort").text());
  record.set_health_interval_s(Number(properties.Get("HealthCheckIntervalSeconds"), 30));
  record.set_health_timeout_s(Number(properties.Get("HealthCheckTimeoutSeconds"), 5));
  record.set_healthy_threshold(Number(properties.Get("HealthyThresholdCount"), 5));
  record.set_unhealthy_threshold(Number(properties.Get("UnhealthyThresholdCount"), 2));
  const Value& matcher = properties.Get("Matcher");
  record.set_matcher(record.protocol_version() == "GRPC" ? matcher.Get("GrpcCode").text()
                                                         : matcher.Get("HttpCode").text());
  const Value& attributes = properties.Get("TargetGroupAttributes");
  record.set_deregistration_delay_s(AttributeNumber(attributes, "deregistration_delay.timeout_seconds", 300));
  record.set_algorithm(AttributeOf(attributes, "load_balancing.algorithm.type"));
  record.set_slow_start_s(AttributeNumber(attributes, "slow_start.duration_seconds", 0));
  record.set_anomaly_mitigation(AttributeOf(attributes, "load_balancing.algorithm.anomaly_mitigation") == "on");
  const std::string routing = "target_group_health.unhealthy_state_routing.minimum_healthy_targets.";
  record.set_healthy_count_min(AttributeNumber(attributes, routing + "count", 1));
  record.set_healthy_percentage_min(AttributeNumber(attributes, routing + "percentage", 0));
  NUBO_RETURN_IF_ERROR(FillStickiness(attributes, record));
  NUBO_RETURN_IF_ERROR(FillTargets(context, properties.Get("Targets"), record));
  NUBO_RETURN_IF_ERROR(CheckAttributes(record));
  return base::WithErrorCode(WhyClosed(context, record), "ValidationError");
}

absl::StatusOr<std::string> CreateTargetGroup(Context& context, const v1::Owner& owner, const Value& properties) {
  v1::TargetGroupState record;
  *record.mutable_owner() = owner;
  record.set_name(NameOf(context, owner, properties));
  record.set_arn(
      Arn("elasticloadbalancing", absl::StrCat("targetgroup/", record.name(), "/", context.ids.NewHex(kIdDigits))));
  record.set_protocol(properties.Get("Protocol").text());
  const std::string& version = properties.Get("ProtocolVersion").text();
  record.set_protocol_version(version.empty() ? "HTTP1" : version);
  record.set_port(Number(properties.Get("Port"), 80));
  record.set_vpc_id(properties.Get("VpcId").text());
  record.set_target_type(properties.Get("TargetType").text());
  record.set_stickiness_key(context.ids.NewHex(kKeyDigits));
  NUBO_RETURN_IF_ERROR(FillTargetGroup(context, properties, record));
  const std::string arn = record.arn();
  context.model.target_groups.Put(arn, std::move(record));
  return arn;
}

absl::Status UpdateTargetGroup(Context& context, const std::string& arn, const Value& properties) {
  const v1::TargetGroupState* former = context.model.target_groups.Find(arn);
  if (former == nullptr) return absl::NotFoundError(absl::StrCat("there is no target group ", arn));
  v1::TargetGroupState record = *former;
  if (record.stickiness_key().empty()) record.set_stickiness_key(context.ids.NewHex(kKeyDigits));
  NUBO_RETURN_IF_ERROR(FillTargetGroup(context, properties, record));
  context.model.target_groups.Put(arn, std::move(record));
  for (const std::string& balancer : BalancersOf(context, arn)) AwaitApplied(context, balancer);
  return absl::OkStatus();
}

void AddTargetGroup(Handlers& handlers, Context& context) {
  FunctionHandler& handler = handlers.Add("AWS::ElasticLoadBalancingV2::TargetGroup");
  handler.create = [&context](const v1::Owner& owner, const Value& properties) {
    return CreateTargetGroup(context, owner, properties);
  };
  handler.update = [&context](const stack::ResourceContext&, absl::string_view arn, const Value& properties) {
    return UpdateTargetGroup(context, std::string(arn), properties);
  };
  handler.poll = [&context](absl::string_view arn) -> absl::StatusOr<Progress> {
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
  handler.remove = [&context](absl::string_view arn) {
    context.model.target_groups.Erase(arn);
    return absl::OkStatus();
  };
}

}  // namespace

void AddBalancerHandlers(Handlers& handlers, Context& context) {
  AddBalancer(handlers, context);
  AddTargetGroup(handlers, context);
}

}  // namespace nubo::region
