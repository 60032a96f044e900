#include "nubo/stack/schema_checks.h"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nubo/net/ip_address.h"
#include "nubo/stack/functions.h"

namespace nubo::stack::tables {
namespace {

using Problems = std::vector<Diagnostic>;
using Names = std::initializer_list<const char*>;

bool IsFunction(const Value& value) { return AsFunction(value) != nullptr; }

// The whole number that `name` literally is.
std::optional<int64_t> Literal(const Value& object, absl::string_view name) { return object.Get(name).AsInteger(); }

// The string that `name` literally is, `fallback` if it is absent, nothing if it is a function.
std::optional<std::string> LiteralText(const Value& object, absl::string_view name, absl::string_view fallback) {
  const Value& value = object.Get(name);
  if (value.is_scalar()) return value.text();
  return value.is_null() ? std::optional<std::string>(fallback) : std::nullopt;
}

void Add(Problems& problems, const Value& where, std::string message) {
  problems.push_back({where.location(), std::move(message)});
}

std::vector<std::string> Given(const Value& object, Names names) {
  std::vector<std::string> given;
  for (const char* name : names) {
    if (object.Has(name)) given.push_back(name);
  }
  return given;
}

// Exactly one of `names` must be there. One that is a function may turn out to be AWS::NoValue, so then nothing is
// said.
void ExactlyOne(const Value& object, absl::string_view whose, Names names, Problems& problems) {
  const std::vector<std::string> given = Given(object, names);
  for (const std::string& name : given) {
    const Member* call = AsFunction(object.Get(name));
    if (call != nullptr && (call->key == "Fn::If" || call->value.text() == "AWS::NoValue")) return;
  }
  if (given.size() == 1) return;
  Add(problems, object,
      absl::StrCat(whose, " needs exactly one of ", absl::StrJoin(names, ", "), "; it has ",
                   given.empty() ? "none" : absl::StrJoin(given, " and ")));
}

void CheckRulePorts(const Value& rule, absl::string_view whose, Problems& problems) {
  const auto protocol = LiteralText(rule, "IpProtocol", "");
  if (!protocol.has_value()) return;
  int number = 0;
  const bool numeric = absl::SimpleAtoi(*protocol, &number) && number >= -1 && number <= 255;
  static constexpr absl::string_view kNames[] = {"tcp", "udp", "icmp", "icmpv6"};
  if (!numeric && std::find(std::begin(kNames), std::end(kNames), *protocol) == std::end(kNames)) {
    Add(problems, rule.Get("IpProtocol"),
        absl::StrCat(whose, " IpProtocol must be tcp, udp, icmp, icmpv6, -1 or a protocol's number, not \"", *protocol,
                     "\""));
    return;
  }
  const bool has_ports = *protocol == "tcp" || *protocol == "udp" || *protocol == "6" || *protocol == "17";
  if (!has_ports) return;
  if (!rule.Has("FromPort") || !rule.Has("ToPort")) {
    Add(problems, rule, absl::StrCat(whose, " of ", *protocol, " needs FromPort and ToPort"));
    return;
  }
  const auto from = Literal(rule, "FromPort");
  const auto to = Literal(rule, "ToPort");
  if (from.has_value() && to.has_value() && *from > *to) {
    Add(problems, rule.Get("FromPort"), absl::StrCat(whose, " FromPort ", *from, " is above ToPort ", *to));
  }
}

void CheckHealthCheckPort(const Value& port, Problems& problems) {
  if (!port.is_scalar() || port.text() == "traffic-port") return;
  const auto number = port.AsInteger();
  if (number.has_value() && *number >= 1 && *number <= 65535) return;
  Add(problems, port,
      absl::StrCat("HealthCheckPort must be traffic-port or from 1 to 65535, not \"", port.text(), "\""));
}

// What the Keys of a target group's attributes demand of each other.
void CheckTargetGroupSettings(const Value& settings, Problems& problems) {
  constexpr int kSlowStartMin = 30;
  const Value& slow_start = settings.GetPair("slow_start.duration_seconds");
  const int64_t slow_start_s = slow_start.AsInteger().value_or(0);
  if (slow_start_s != 0 && slow_start_s < kSlowStartMin) {
    Add(problems, slow_start,
        absl::StrCat("slow_start.duration_seconds must be 0, or from ", kSlowStartMin, " to 900, not ", slow_start_s));
  }
  const bool on = settings.GetPair("stickiness.enabled").AsBool().value_or(false);
  const Value& type = settings.GetPair("stickiness.type");
  const Value& name = settings.GetPair("stickiness.app_cookie.cookie_name");
  if (on && type.text() == "app_cookie" && name.is_null()) {
    Add(problems, type, "stickiness.type app_cookie needs stickiness.app_cookie.cookie_name");
  }
  if (absl::StartsWithIgnoreCase(name.text(), "AWSALB")) {
    Add(problems, name,
        "stickiness.app_cookie.cookie_name must not begin with AWSALB, which is the load balancer's own");
  }
}

void CheckActions(const Value& actions, Problems& problems) {
  static constexpr absl::string_view kWhose = "an action";
  if (!actions.is_list()) return;
  if (actions.items().empty()) Add(problems, actions, "a list of actions must not be empty");
  for (const Value& action : actions.items()) {
    const auto type = LiteralText(action, "Type", "");
    if (type == "forward")
      ExactlyOne(action, absl::StrCat(kWhose, " of Type forward"), {"TargetGroupArn", "ForwardConfig"}, problems);
    if (type == "redirect" && !action.Has("RedirectConfig")) {
      Add(problems, action, absl::StrCat(kWhose, " of Type redirect needs RedirectConfig"));
    }
    if (type == "fixed-response" && !action.Has("FixedResponseConfig")) {
      Add(problems, action, absl::StrCat(kWhose, " of Type fixed-response needs FixedResponseConfig"));
    }
    const Value& sticky = action.Get("ForwardConfig").Get("TargetGroupStickinessConfig");
    if (sticky.Get("Enabled").AsBool().value_or(false) && !sticky.Has("DurationSeconds")) {
      Add(problems, sticky, "TargetGroupStickinessConfig with Enabled: true needs DurationSeconds");
    }
    constexpr size_t kGroupsMax = 5;
    const Value& groups = action.Get("ForwardConfig").Get("TargetGroups");
    if (groups.items().size() > kGroupsMax) {
      Add(problems, groups,
          absl::StrCat(kWhose, " forwards to at most ", kGroupsMax, " target groups, not ", groups.items().size()));
    }
  }
}

}  // namespace

void CheckBlockSize(const Value& properties, Problems& problems) {
  constexpr int kLengthMin = 16;
  constexpr int kLengthMax = 28;
  const Value& block = properties.Get("CidrBlock");
  const auto prefix = net::Prefix::Parse(block.text());
  if (!prefix.ok()) return;
  if (!prefix->is_v4() || prefix->length() < kLengthMin || prefix->length() > kLengthMax) {
    Add(problems, block, absl::StrCat("CidrBlock must be an IPv4 block from /16 to /28, not ", block.text()));
  }
}

void CheckRoute(const Value& properties, Problems& problems) {
  constexpr absl::string_view kWhose = "AWS::EC2::Route";
  ExactlyOne(properties, kWhose, {"DestinationCidrBlock", "DestinationIpv6CidrBlock"}, problems);
  ExactlyOne(properties, kWhose,
             {"GatewayId", "InstanceId", "NatGatewayId", "NetworkInterfaceId", "VpcPeeringConnectionId"}, problems);
}

void CheckSecurityGroup(const Value& properties, Problems& problems) {
  for (const Value& rule : properties.Get("SecurityGroupIngress").items()) {
    if (IsFunction(rule)) continue;
    CheckRulePorts(rule, "SecurityGroupIngress", problems);
    ExactlyOne(rule, "SecurityGroupIngress",
               {"CidrIp", "CidrIpv6", "SourcePrefixListId", "SourceSecurityGroupId", "SourceSecurityGroupName"},
               problems);
  }
  for (const Value& rule : properties.Get("SecurityGroupEgress").items()) {
    if (IsFunction(rule)) continue;
    CheckRulePorts(rule, "SecurityGroupEgress", problems);
    ExactlyOne(rule, "SecurityGroupEgress",
               {"CidrIp", "CidrIpv6", "DestinationPrefixListId", "DestinationSecurityGroupId"}, problems);
  }
}

void CheckInstance(const Value& properties, Problems& problems) {
  if (!properties.Has("ImageId") && !properties.Has("LaunchTemplate")) {
    Add(problems, properties, "AWS::EC2::Instance needs ImageId, or a LaunchTemplate that has one");
  }
  const Value& reference = properties.Get("LaunchTemplate");
  if (reference.is_object() && !IsFunction(reference)) {
    ExactlyOne(reference, "LaunchTemplate", {"LaunchTemplateId", "LaunchTemplateName"}, problems);
  }
}

void CheckAutoScalingGroup(const Value& properties, Problems& problems) {
  const auto min = Literal(properties, "MinSize");
  const auto max = Literal(properties, "MaxSize");
  const auto desired = Literal(properties, "DesiredCapacity");
  if (min.has_value() && max.has_value() && *min > *max) {
    Add(problems, properties.Get("MinSize"), absl::StrCat("MinSize ", *min, " is above MaxSize ", *max));
  } else if (desired.has_value() && ((min.has_value() && *desired < *min) || (max.has_value() && *desired > *max))) {
    Add(problems, properties.Get("DesiredCapacity"),
        absl::StrCat("DesiredCapacity ", *desired, " must be from MinSize to MaxSize (",
                     min.has_value() ? absl::StrCat(*min) : "?", " to ", max.has_value() ? absl::StrCat(*max) : "?",
                     ")"));
  }
  if (!properties.Has("LaunchTemplate") && !properties.Has("InstanceId")) {
    Add(problems, properties, "AWS::AutoScaling::AutoScalingGroup needs a LaunchTemplate");
  }
  const Value& reference = properties.Get("LaunchTemplate");
  if (reference.is_object() && !IsFunction(reference)) {
    ExactlyOne(reference, "LaunchTemplate", {"LaunchTemplateId", "LaunchTemplateName"}, problems);
  }
  if (!properties.Has("VPCZoneIdentifier") && !properties.Has("AvailabilityZones")) {
    Add(problems, properties, "AWS::AutoScaling::AutoScalingGroup needs VPCZoneIdentifier, the subnets to launch in");
  }
}

void CheckLoadBalancer(const Value& properties, Problems& problems) {
  constexpr size_t kApplicationSubnetsMin = 2;
  ExactlyOne(properties, "AWS::ElasticLoadBalancingV2::LoadBalancer", {"Subnets", "SubnetMappings"}, problems);
  const Value& subnets = properties.Get("Subnets");
  if (LiteralText(properties, "Type", "application") == "application" && subnets.is_list() &&
      subnets.items().size() < kApplicationSubnetsMin) {
    Add(problems, subnets,
        absl::StrCat("an application load balancer needs subnets in at least two Availability Zones, not ",
                     subnets.items().size()));
  }
}

void CheckTargetGroup(const Value& properties, Problems& problems) {
  for (const char* name : {"Port", "Protocol", "VpcId"}) {
    if (!properties.Has(name)) {
      Add(problems, properties,
          absl::StrCat("AWS::ElasticLoadBalancingV2::TargetGroup needs the property \"", name, "\""));
    }
  }
  const int64_t interval = Literal(properties, "HealthCheckIntervalSeconds").value_or(30);
  const int64_t timeout = Literal(properties, "HealthCheckTimeoutSeconds").value_or(5);
  if (!IsFunction(properties.Get("HealthCheckIntervalSeconds")) &&
      !IsFunction(properties.Get("HealthCheckTimeoutSeconds")) && timeout > interval) {
    const Value& given = properties.Get("HealthCheckTimeoutSeconds");
    Add(problems, given.is_null() ? properties : given,
        absl::StrCat("HealthCheckTimeoutSeconds ", timeout, " is above HealthCheckIntervalSeconds ", interval));
  }
  // As AWS has it of all but Lambda functions.
  if (properties.Get("HealthCheckEnabled").AsBool() == false) {
    Add(problems, properties.Get("HealthCheckEnabled"),
        "HealthCheckEnabled must be true: targets that are instances or addresses are always checked");
  }
  CheckHealthCheckPort(properties.Get("HealthCheckPort"), problems);
  CheckTargetGroupSettings(properties.Get("TargetGroupAttributes"), problems);
  const auto version = LiteralText(properties, "ProtocolVersion", "");
  const auto protocol = LiteralText(properties, "Protocol", "");
  if (version.has_value() && !version->empty() && protocol.has_value() && *protocol != "HTTP" && *protocol != "HTTPS") {
    Add(problems, properties.Get("ProtocolVersion"),
        absl::StrCat("ProtocolVersion goes with Protocol HTTP or HTTPS only, not ", *protocol));
  }
  const Value& matcher = properties.Get("Matcher");
  if (matcher.is_object() && !IsFunction(matcher)) {
    ExactlyOne(matcher, "Matcher", {"HttpCode", "GrpcCode"}, problems);
    const bool is_grpc = version == "GRPC";
    if (version.has_value() && is_grpc != matcher.Has("GrpcCode") && matcher.members().size() == 1) {
      Add(problems, matcher, "Matcher takes GrpcCode if ProtocolVersion is GRPC, else HttpCode");
    }
  }
}

void CheckListener(const Value& properties, Problems& problems) {
  for (const char* name : {"Port", "Protocol"}) {
    if (!properties.Has(name)) {
      Add(problems, properties,
          absl::StrCat("AWS::ElasticLoadBalancingV2::Listener needs the property \"", name, "\""));
    }
  }
  const auto protocol = LiteralText(properties, "Protocol", "");
  if ((protocol == "HTTPS" || protocol == "TLS") && !properties.Has("Certificates")) {
    Add(problems, properties.Get("Protocol"),
        absl::StrCat("a listener with Protocol ", *protocol, " needs Certificates"));
  }
  CheckActions(properties.Get("DefaultActions"), problems);
}

void CheckListenerRule(const Value& properties, Problems& problems) {
  constexpr size_t kConditionsMax = 5;
  const Value& conditions = properties.Get("Conditions");
  if (conditions.is_list() && (conditions.items().empty() || conditions.items().size() > kConditionsMax)) {
    Add(problems, conditions,
        absl::StrCat("a rule has 1 to ", kConditionsMax, " conditions, not ", conditions.items().size()));
  }
  for (const Value& condition : conditions.items()) {
    if (IsFunction(condition)) continue;
    if (Given(condition, {"Field", "HostHeaderConfig", "HttpHeaderConfig", "HttpRequestMethodConfig",
                          "PathPatternConfig", "QueryStringConfig", "SourceIpConfig"})
            .empty()) {
      Add(problems, condition, "a condition needs Field, or one of the …Config properties");
    }
  }
  CheckActions(properties.Get("Actions"), problems);
}

void CheckRecordSet(const Value& properties, Problems& problems) {
  constexpr absl::string_view kWhose = "AWS::Route53::RecordSet";
  ExactlyOne(properties, kWhose, {"HostedZoneId", "HostedZoneName"}, problems);
  ExactlyOne(properties, kWhose, {"AliasTarget", "ResourceRecords"}, problems);
  if (properties.Has("AliasTarget") && properties.Has("TTL")) {
    Add(problems, properties.Get("TTL"),
        absl::StrCat(kWhose, " with AliasTarget takes no TTL; an alias has its target's"));
  }
  if (properties.Has("ResourceRecords") && !properties.Has("TTL")) {
    Add(problems, properties, absl::StrCat(kWhose, " with ResourceRecords needs TTL"));
  }
  const std::vector<std::string> routing = Given(
      properties,
      {"Weight", "Region", "Failover", "GeoLocation", "MultiValueAnswer", "CidrRoutingConfig", "GeoProximityLocation"});
  if (!routing.empty() && !properties.Has("SetIdentifier")) {
    Add(problems, properties, absl::StrCat(kWhose, " with ", routing[0], " needs SetIdentifier"));
  }
  if (routing.empty() && properties.Has("SetIdentifier")) {
    Add(problems, properties.Get("SetIdentifier"),
        absl::StrCat(
            kWhose,
            " with SetIdentifier needs a routing policy: Weight, Region, Failover, GeoLocation or MultiValueAnswer"));
  }
}

void CheckDbInstance(const Value& properties, Problems& problems) {
  constexpr absl::string_view kWhose = "AWS::RDS::DBInstance";
  if (!properties.Has("Engine")) Add(problems, properties, absl::StrCat(kWhose, " needs the property \"Engine\""));
  if (!properties.Has("MasterUsername")) {
    Add(problems, properties, absl::StrCat(kWhose, " needs the property \"MasterUsername\""));
  }
  const Value& managed = properties.Get("ManageMasterUserPassword");
  if (IsFunction(managed)) return;
  const bool is_managed = managed.AsBool().value_or(false);
  if (is_managed == properties.Has("MasterUserPassword")) {
    Add(problems, properties,
        absl::StrCat(kWhose, " needs either MasterUserPassword or ManageMasterUserPassword: true, and not both"));
  }
}

}  // namespace nubo::stack::tables
