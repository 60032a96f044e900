#include "nubo/stack/schema_checks.h"

#include <algorithm>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "nubo/base/status.h"
#include "nubo/ec2/boot_plan.h"
#include "nubo/ec2/instance_types.h"
#include "nubo/ec2/launch.h"
#include "nubo/ec2/metadata.h"
#include "nubo/lb/balancer_rules.h"
#include "nubo/lb/slow_start.h"
#include "nubo/lb/stickiness.h"
#include "nubo/net/ip_address.h"
#include "nubo/scaling/reconcile.h"
#include "nubo/stack/names.h"
#include "nubo/stack/schema_literals.h"
#include "nubo/stack/user_data.h"
#include "nubo/vpc/security_group.h"
#include "nubo/vpc/validate.h"

namespace nubo::stack::tables {
namespace {

void CheckRuleCount(const Value& rules, absl::string_view name, Problems& problems) {
  if (IsFunction(rules) || rules.items().size() <= vpc::SecurityGroup::kRulesMax) return;
  Add(problems, rules,
      absl::StrCat(name, " has ", rules.items().size(), " rules, and a security group at most ",
                   vpc::SecurityGroup::kRulesMax, " (RulesPerSecurityGroupLimitExceeded)"));
}

bool HasSubnet(const Value& interfaces) {
  if (IsFunction(interfaces)) return true;
  return std::any_of(interfaces.items().begin(), interfaces.items().end(), [](const Value& interface) {
    return IsFunction(interface) || interface.Has("SubnetId") || interface.Has("NetworkInterfaceId");
  });
}

void CheckOneInterface(const Value& interfaces, Problems& problems) {
  AddStatus(problems, interfaces, "", ec2::ValidateInterfaceCount(interfaces.items().size()));
}

void CheckUserData(const Value& object, Problems& problems) {
  const Value& given = object.Get("UserData");
  if (!given.is_scalar()) return;
  const absl::StatusOr<ec2::BootPlan> plan = ReadUserData(given.text());
  if (!plan.ok()) return Add(problems, given, absl::StrCat("UserData: ", plan.status().message()));
  for (const ec2::UserDataFinding& finding : plan->findings) {
    if (finding.kind != ec2::UserDataFinding::Kind::kRefused) continue;
    // Its line is one of the user data, which may stand in the template in many ways.
    std::string where = finding.line > 0 ? absl::StrCat("UserData line ", finding.line) : "UserData";
    if (!finding.part.empty()) absl::StrAppend(&where, " (", finding.part, ")");
    Add(problems, given, absl::StrCat(where, ": ", finding.message));
  }
}

void CheckInstanceType(const Value& object, Problems& problems) {
  const Value& given = object.Get("InstanceType");
  if (!given.is_scalar()) return;
  const absl::Status status = ec2::InstanceTypes::Aws().Check(given.text());
  if (status.ok()) return;
  Add(problems, given, absl::StrCat(absl::StripSuffix(status.message(), "."), " (", base::ErrorCode(status), ")"));
}

// What the Keys of a target group's attributes demand of each other.
void CheckTargetGroupSettings(const Value& settings, Problems& problems) {
  const Value& slow_start = settings.GetPair("slow_start.duration_seconds");
  const int64_t slow_start_s = slow_start.AsInteger().value_or(0);
  if (slow_start_s != 0 && slow_start_s < lb::kSlowStartSecondsMin) {
    Add(problems, slow_start,
        absl::StrCat("slow_start.duration_seconds must be 0, or from ", lb::kSlowStartSecondsMin, " to ",
                     lb::kSlowStartSecondsMax, ", not ", slow_start_s));
  }
  const bool on = settings.GetPair("stickiness.enabled").AsBool().value_or(false);
  const Value& type = settings.GetPair("stickiness.type");
  const Value& name = settings.GetPair("stickiness.app_cookie.cookie_name");
  if (on && type.text() == "app_cookie" && name.is_null()) {
    Add(problems, type, "stickiness.type app_cookie needs stickiness.app_cookie.cookie_name");
  }
  // Its own rules hold whether it is in use or not.
  if (!name.is_scalar()) return;
  lb::Stickiness stickiness;
  stickiness.type = lb::StickinessType::kAppCookie;
  stickiness.app_cookie_name = name.text();
  AddStatus(problems, name, "stickiness.app_cookie.cookie_name: ", lb::CheckStickiness(stickiness));
}

}  // namespace

// Protocol and ports, as far as they are literal: where one is not, what surely passes stands in its place.
void CheckRulePorts(const Value& rule, absl::string_view whose, Problems& problems) {
  auto protocol = LiteralText(rule, "IpProtocol", "");
  if (!protocol.has_value()) return;
  absl::AsciiStrToLower(&*protocol);
  vpc::RuleText text{.protocol = *protocol};
  const auto port = [&](const char* name, std::optional<int64_t> other) -> std::optional<int> {
    if (!rule.Has(name)) return std::nullopt;
    const std::optional<int64_t> literal = Literal(rule, name);
    return static_cast<int>(literal.value_or(other.value_or(0)));
  };
  text.from_port = port("FromPort", Literal(rule, "ToPort"));
  text.to_port = port("ToPort", Literal(rule, "FromPort"));
  const absl::Status status = vpc::ParsePermission(text).status();
  if (status.ok()) return;
  const char* where = rule.Has("FromPort") && rule.Has("ToPort") ? "FromPort" : "IpProtocol";
  AddStatus(problems, rule.Get(where), absl::StrCat(whose, ": "), status);
}

void CheckVpcBlock(const Value& properties, Problems& problems) {
  const Value& block = properties.Get("CidrBlock");
  const bool absent = block.is_null() || (IsFunction(block) && block.members()[0].value.text() == "AWS::NoValue");
  if (absent && !properties.Has("Ipv4IpamPoolId")) {
    Add(problems, properties, "AWS::EC2::VPC needs the property \"CidrBlock\", or Ipv4IpamPoolId");
  }
  if (!absent && properties.Has("Ipv4NetmaskLength")) {
    ExactlyOne(properties, "AWS::EC2::VPC", {"CidrBlock", "Ipv4NetmaskLength"}, problems);
  }
  // That it is a block at all its type says.
  if (!net::Prefix::Parse(block.text()).ok()) return;
  AddStatus(problems, block, "CidrBlock: ", vpc::ParseVpcBlock(block.text()).status());
  if (properties.Get("EnableDnsSupport").AsBool() == false && properties.Get("EnableDnsHostnames").AsBool() == true) {
    Add(problems, properties.Get("EnableDnsHostnames"),
        "EnableDnsHostnames goes with EnableDnsSupport only (InvalidParameterCombination)");
  }
}

void CheckIpamPoolCidr(const Value& properties, Problems& problems) {
  ExactlyOne(properties, "AWS::EC2::IPAMPoolCidr", {"Cidr", "NetmaskLength"}, problems);
}

void CheckSubnetBlock(const Value& properties, Problems& problems) {
  const Value& block = properties.Get("CidrBlock");
  if (!net::Prefix::Parse(block.text()).ok()) return;
  AddStatus(problems, block, "CidrBlock: ", vpc::ParseSubnetBlock(block.text()).status());
  CheckSubnetIpv6Block(properties, problems);
}

void CheckRoute(const Value& properties, Problems& problems) {
  constexpr absl::string_view kWhose = "AWS::EC2::Route";
  ExactlyOne(properties, kWhose, {"DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"},
             problems);
  ExactlyOne(properties, kWhose,
             {"EgressOnlyInternetGatewayId", "GatewayId", "InstanceId", "NatGatewayId", "NetworkInterfaceId",
              "VpcEndpointId", "VpcPeeringConnectionId"},
             problems);
  if (properties.Has("EgressOnlyInternetGatewayId") && properties.Has("DestinationCidrBlock")) {
    Add(problems, properties.Get("EgressOnlyInternetGatewayId"),
        "an egress-only internet gateway takes IPv6: give DestinationIpv6CidrBlock (InvalidParameterValue)");
  }
}

void CheckSecurityGroup(const Value& properties, Problems& problems) {
  constexpr absl::string_view kWhose = "AWS::EC2::SecurityGroup";
  constexpr absl::string_view kOthers = " ._-:/()#,@[]+=&;{}!$*";
  CheckName(properties, "GroupDescription", 1, 255, kOthers, kWhose, problems);
  CheckName(properties, "GroupName", 1, 255, kOthers, kWhose, problems);
  const Value& name = properties.Get("GroupName");
  if (absl::StartsWith(name.text(), "sg-") || name.text() == "default") {
    Add(problems, name,
        absl::StrCat(kWhose, " GroupName must neither be default nor begin with sg-, not \"", name.text(), "\""));
  }
  if (!properties.Has("VpcId")) {
    Add(problems, properties, absl::StrCat(kWhose, " needs VpcId: there is no default VPC here (VPCIdNotSpecified)"));
  }
  for (const char* rules : {"SecurityGroupIngress", "SecurityGroupEgress"}) {
    CheckPermissionsDiffer(properties.Get(rules), problems);
    CheckRuleCount(properties.Get(rules), rules, problems);
  }
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

namespace {

// Of an instance whose tags are to be seen in its metadata; `tags`: those of the instance.
void CheckShownTags(const Value& options, const Value& tags, Problems& problems) {
  if (options.Get("InstanceMetadataTags").text() != "enabled") return;
  for (const Value& tag : tags.items()) {
    const Value& key = tag.Get("Key");
    if (key.is_scalar()) AddStatus(problems, key, "", ec2::CheckMetadataTagKey(key.text()));
  }
}

}  // namespace

void CheckInstance(const Value& properties, Problems& problems) {
  if (!properties.Has("ImageId") && !properties.Has("LaunchTemplate")) {
    Add(problems, properties, "AWS::EC2::Instance needs ImageId, or a LaunchTemplate that has one");
  }
  const Value& interfaces = properties.Get("NetworkInterfaces");
  if (!properties.Has("SubnetId") && !properties.Has("LaunchTemplate") && !HasSubnet(interfaces)) {
    Add(problems, properties, "AWS::EC2::Instance needs SubnetId: there is no default VPC here (VPCIdNotSpecified)");
  }
  CheckUserData(properties, problems);
  CheckInstanceType(properties, problems);
  CheckOneInterface(interfaces, problems);
  CheckInterfacesAlone(properties, problems);
  CheckShownTags(properties.Get("MetadataOptions"), properties.Get("Tags"), problems);
  const Value& reference = properties.Get("LaunchTemplate");
  if (reference.is_object() && !IsFunction(reference)) {
    ExactlyOne(reference, "LaunchTemplate", {"LaunchTemplateId", "LaunchTemplateName"}, problems);
  }
}

void CheckLaunchTemplate(const Value& properties, Problems& problems) {
  const Value& name = properties.Get("LaunchTemplateName");
  if (name.is_scalar()) {
    AddStatus(problems, name, "AWS::EC2::LaunchTemplate ", ec2::ValidateLaunchTemplateName(name.text()));
  }
  const Value& data = properties.Get("LaunchTemplateData");
  if (IsFunction(data)) return;
  CheckUserData(data, problems);
  CheckInstanceType(data, problems);
  CheckOneInterface(data.Get("NetworkInterfaces"), problems);
  for (const Value& specification : data.Get("TagSpecifications").items()) {
    if (specification.Get("ResourceType").text() != "instance") continue;
    CheckShownTags(data.Get("MetadataOptions"), specification.Get("Tags"), problems);
  }
}

namespace {

void CheckGroupName(const Value& properties, Problems& problems) {
  const Value& name = properties.Get("AutoScalingGroupName");
  if (name.is_scalar()) AddStatus(problems, name, "", scaling::ValidateGroupName(name.text()));
}

void CheckGroupWords(const Value& properties, Problems& problems) {
  constexpr absl::string_view kWhose = "AWS::AutoScaling::AutoScalingGroup";
  const Value& health = properties.Get("HealthCheckType");
  if (health.is_scalar()) {
    AddStatus(problems, health, absl::StrCat(kWhose, " HealthCheckType: "),
              scaling::ParseHealthCheckType(health.text()).status());
  }
  for (const Value& policy : properties.Get("TerminationPolicies").items()) {
    const absl::Status status = scaling::ParseTerminationPolicy(policy.text()).status();
    if (!policy.is_scalar() || status.ok()) continue;
    Add(problems, policy,
        absl::StrCat(kWhose, " TerminationPolicies: ", status.message(),
                     DidYouMean(policy.text(), scaling::TerminationPolicyNames())));
  }
}

// Both or neither, and at most 100 apart; -1 stands for neither.
void CheckMaintenancePolicy(const Value& policy, Problems& problems) {
  if (!policy.is_object() || IsFunction(policy)) return;
  const auto min = Literal(policy, "MinHealthyPercentage");
  const auto max = Literal(policy, "MaxHealthyPercentage");
  if (policy.Has("MinHealthyPercentage") != policy.Has("MaxHealthyPercentage") ||
      (min.has_value() && max.has_value() && (*min == -1) != (*max == -1))) {
    return Add(problems, policy,
               "InstanceMaintenancePolicy needs both MinHealthyPercentage and MaxHealthyPercentage, or -1 for both");
  }
  if (!min.has_value() || !max.has_value() || *min == -1) return;
  if (*max < 100 || *max - *min > 100) {
    Add(problems, policy,
        absl::StrCat("InstanceMaintenancePolicy must have a MaxHealthyPercentage from 100 to 200, at most 100 above "
                     "MinHealthyPercentage, not ",
                     *min, " and ", *max));
  }
}

void CheckLifetime(const Value& lifetime, Problems& problems) {
  constexpr int64_t kLifetimeMin = 86400;
  const auto seconds = lifetime.AsInteger();
  if (!seconds.has_value() || *seconds == 0 || *seconds >= kLifetimeMin) return;
  Add(problems, lifetime,
      absl::StrCat("MaxInstanceLifetime must be 0, or at least ", kLifetimeMin, " seconds, not ", *seconds,
                   " (ValidationError)"));
}

}  // namespace

void CheckAutoScalingGroup(const Value& properties, Problems& problems) {
  CheckGroupName(properties, problems);
  CheckGroupWords(properties, problems);
  CheckMaintenancePolicy(properties.Get("InstanceMaintenancePolicy"), problems);
  CheckLifetime(properties.Get("MaxInstanceLifetime"), problems);
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
  if (!properties.Has("LaunchTemplate")) {
    Add(problems, properties, "AWS::AutoScaling::AutoScalingGroup needs a LaunchTemplate");
  }
  const Value& reference = properties.Get("LaunchTemplate");
  if (reference.is_object() && !IsFunction(reference)) {
    ExactlyOne(reference, "LaunchTemplate", {"LaunchTemplateId", "LaunchTemplateName"}, problems);
  }
  const Value& subnets = properties.Get("VPCZoneIdentifier");
  if (subnets.is_null() || (subnets.is_list() && subnets.items().empty())) {
    Add(problems, properties,
        "AWS::AutoScaling::AutoScalingGroup needs VPCZoneIdentifier, the subnets to launch in: there is no default VPC "
        "here");
  }
}

namespace {

void CheckHealthCheck(const Value& properties, Problems& problems) {
  const int64_t interval = Literal(properties, "HealthCheckIntervalSeconds").value_or(30);
  const Value& given = properties.Get("HealthCheckTimeoutSeconds");
  const int64_t timeout = Literal(properties, "HealthCheckTimeoutSeconds").value_or(5);
  if (!IsFunction(properties.Get("HealthCheckIntervalSeconds")) && !IsFunction(given)) {
    AddStatus(problems, given.is_null() ? properties : given, "", lb::CheckHealthCheckTimes(interval, timeout));
  }
  const Value& port = properties.Get("HealthCheckPort");
  if (port.is_scalar()) AddStatus(problems, port, "", lb::CheckHealthCheckPort(port.text()));
  // As AWS has it of all but Lambda functions.
  if (properties.Get("HealthCheckEnabled").AsBool() == false) {
    Add(problems, properties.Get("HealthCheckEnabled"),
        "HealthCheckEnabled must be true: targets that are instances or addresses are always checked");
  }
}

}  // namespace

void CheckLoadBalancer(const Value& properties, Problems& problems) {
  constexpr absl::string_view kWhose = "AWS::ElasticLoadBalancingV2::LoadBalancer";
  const Value& name = properties.Get("Name");
  if (name.is_scalar()) {
    AddStatus(problems, name, absl::StrCat(kWhose, " "), lb::CheckLoadBalancerName(name.text()));
  }
  ExactlyOne(properties, "AWS::ElasticLoadBalancingV2::LoadBalancer", {"Subnets", "SubnetMappings"}, problems);
  for (const char* list : {"Subnets", "SubnetMappings"}) {
    const Value& subnets = properties.Get(list);
    if (subnets.is_list()) AddStatus(problems, subnets, "", lb::CheckSubnetCount(subnets.items().size()));
  }
}

void CheckTargetGroup(const Value& properties, Problems& problems) {
  constexpr absl::string_view kWhose = "AWS::ElasticLoadBalancingV2::TargetGroup";
  const Value& given = properties.Get("Name");
  if (given.is_scalar()) AddStatus(problems, given, absl::StrCat(kWhose, " "), lb::CheckName(given.text()));
  for (const char* name : {"Port", "Protocol", "VpcId"}) {
    if (!properties.Has(name)) {
      Add(problems, properties, absl::StrCat(kWhose, " needs the property \"", name, "\""));
    }
  }
  CheckHealthCheck(properties, problems);
  CheckTargetGroupValues(properties, problems);
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

}  // namespace nubo::stack::tables
