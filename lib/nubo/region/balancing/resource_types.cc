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
#include "nubo/region/balancing/balancer_service.h"
#include "nubo/region/balancing/describe.h"
#include "nubo/region/balancing/listener_types.h"
#include "nubo/region/balancing/proxy_config.h"
#include "nubo/region/balancing/registration.h"
#include "nubo/region/balancing/resource_types.h"
#include "nubo/region/balancing/target_health.h"
#include "nubo/region/network/addresses.h"
#include "nubo/region/resources/shown.h"
#include "nubo/region/state/names.h"

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
absl::Status UpdateBalancer(Context& context, const std::string& arn, const Value& properties) {
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
  AwaitApplied(context, arn);
  return absl::OkStatus();
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
    return CreateBalancer(context, OwnerOf(resource), properties);
  };
  type.update = [](Context& context, const stack::ResourceContext&, const std::string& arn, const Value& properties) {
    return UpdateBalancer(context, arn, properties);
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
  type.remove = [](Context& context, const stack::ResourceContext&, const std::string& arn) -> absl::Status {
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
  type.poll_delete = [](Context& context, const std::string& arn) -> absl::StatusOr<Progress> {
    return context.model.services.Find(BalancerServiceId(arn)) == nullptr ? Progress::Complete()
                                                                          : Progress::InProgress();
  };
  type.check_name = [](const Model& model, const v1::Owner& owner, const Value& properties) {
    const std::string& name = properties.Get("Name").text();
    const bool taken =
        !name.empty() && IsTaken(model.load_balancers, owner, [&](const auto& other) { return other.name() == name; });
    return taken ? NameInUse("load balancer", name, "DuplicateLoadBalancerName") : absl::OkStatus();
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
    context.model.load_balancers.Update(arn,
                                        [&](v1::LoadBalancerState& changed) { changed.set_deletion_protection(on); });
    return former;
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

void AddTargetGroup(ResourceTypes& types) {
  ResourceType& type = types.Add("AWS::ElasticLoadBalancingV2::TargetGroup");
  type.create = [](Context& context, const stack::ResourceContext& resource, const Value& properties) {
    return CreateTargetGroup(context, OwnerOf(resource), properties);
  };
  type.update = [](Context& context, const stack::ResourceContext&, const std::string& arn, const Value& properties) {
    return UpdateTargetGroup(context, arn, properties);
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
    context.model.target_groups.Erase(arn);
    return absl::OkStatus();
  };
  type.check_name = [](const Model& model, const v1::Owner& owner, const Value& properties) {
    const std::string& name = properties.Get("Name").text();
    const bool taken =
        !name.empty() && IsTaken(model.target_groups, owner, [&](const auto& other) { return other.name() == name; });
    return taken ? NameInUse("target group", name, "DuplicateTargetGroupName") : absl::OkStatus();
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
