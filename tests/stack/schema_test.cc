#include "nubo/stack/schema.h"

#include <algorithm>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <ostream>
#include <set>
#include <string>

#include "nubo/stack/reader.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::stack {
namespace {

std::vector<Diagnostic> Check(absl::string_view type, absl::string_view properties) {
  const Schema* schema = FindSchema(type);
  BOOST_REQUIRE(schema != nullptr);
  const auto value = ReadText(properties, "t");
  BOOST_REQUIRE(testing::IsOk(value));
  std::vector<Diagnostic> problems;
  CheckProperties(*schema, *value, problems);
  return problems;
}

struct Case {
  const char* name;
  const char* type;
  const char* properties;
  // "" if nothing is wrong.
  const char* message;
};
std::ostream& operator<<(std::ostream& out, const Case& test) { return out << test.name; }

#define RULE "{GroupDescription: d, SecurityGroupIngress: ["
#define TARGETS "{Port: 80, Protocol: HTTP, VpcId: v, "
#define LISTENER "{LoadBalancerArn: a, Port: 80, Protocol: HTTP, DefaultActions: "
#define LISTENER_RULE "{ListenerArn: a, Priority: 1, Actions: [{Type: forward, TargetGroupArn: t}], Conditions: "
#define GROUP "{VPCZoneIdentifier: [s], LaunchTemplate: {LaunchTemplateId: l, Version: '1'}, "
#define RECORD "{HostedZoneId: z, Name: n, Type: A, "

constexpr Case kCases[] = {
    {"a good VPC", "AWS::EC2::VPC", "{CidrBlock: 10.0.0.0/16, EnableDnsSupport: 'true', Tags: [{Key: a, Value: 1}]}",
     ""},
    {"a misspelt attribute", "AWS::ElasticLoadBalancingV2::TargetGroup",
     TARGETS "TargetGroupAttributes: [{Key: stickines.enabled, Value: 'true'}]}",
     "TargetGroupAttributes has no Key \"stickines.enabled\"; did you mean \"stickiness.enabled\"?"},
    {"an attribute out of range", "AWS::ElasticLoadBalancingV2::TargetGroup",
     TARGETS "TargetGroupAttributes: [{Key: deregistration_delay.timeout_seconds, Value: 3601}]}",
     "deregistration_delay.timeout_seconds must be from 0 to 3600, not 3601"},
    {"an attribute of another kind", "AWS::ElasticLoadBalancingV2::LoadBalancer",
     "{Subnets: [a, b], LoadBalancerAttributes: [{Key: deletion_protection.enabled, Value: maybe}]}",
     "LoadBalancerAttributes.deletion_protection.enabled must be true or false, not \"maybe\""},
    {"an attribute twice", "AWS::ElasticLoadBalancingV2::LoadBalancer",
     "{Subnets: [a, b], LoadBalancerAttributes: [{Key: idle_timeout.timeout_seconds, Value: 5},"
     " {Key: idle_timeout.timeout_seconds, Value: 6}]}",
     "has the Key \"idle_timeout.timeout_seconds\" twice"},
    {"an attribute that is off", "AWS::ElasticLoadBalancingV2::TargetGroup",
     TARGETS "TargetGroupAttributes: [{Key: "
             "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage, Value: 'off'}]}",
     ""},
    {"a slow start that is too short", "AWS::ElasticLoadBalancingV2::TargetGroup",
     TARGETS "TargetGroupAttributes: [{Key: slow_start.duration_seconds, Value: 29}]}",
     "slow_start.duration_seconds must be 0, or from 30 to 900, not 29"},
    {"stickiness without its cookie", "AWS::ElasticLoadBalancingV2::TargetGroup",
     TARGETS "TargetGroupAttributes: [{Key: stickiness.enabled, Value: 'true'}, {Key: stickiness.type, Value: "
             "app_cookie}]}",
     "needs stickiness.app_cookie.cookie_name"},
    {"health checks switched off", "AWS::ElasticLoadBalancingV2::TargetGroup", TARGETS "HealthCheckEnabled: false}",
     "HealthCheckEnabled must be true"},
    {"a health check at no port", "AWS::ElasticLoadBalancingV2::TargetGroup", TARGETS "HealthCheckPort: traffic}",
     "HealthCheckPort must be traffic-port or from 1 to 65535"},
    {"an unknown property", "AWS::EC2::Subnet", "{VpcId: v, CidrBlock: 10.0.0.0/24, CidrBlok: x}",
     "AWS::EC2::Subnet has no property \"CidrBlok\"; did you mean \"CidrBlock\"?"},
    {"a property of another case", "AWS::EC2::VPC", "{cidrBlock: 10.0.0.0/16, CidrBlock: 10.0.0.0/16}",
     "did you mean \"CidrBlock\"?"},
    {"a property like no other", "AWS::EC2::RouteTable", "{VpcId: v, Colour: x}",
     "has no property \"Colour\"; there are Tags, VpcId"},
    {"an unknown property of a property", "AWS::EC2::VPC",
     "{CidrBlock: 10.0.0.0/16, Tags: [{Key: a, Valu: b, Value: c}]}",
     "AWS::EC2::VPC Tags has no property \"Valu\"; did you mean \"Value\"?"},
    {"a missing property", "AWS::EC2::VPC", "{}", "AWS::EC2::VPC needs the property \"CidrBlock\""},
    {"a required property without a value", "AWS::EC2::VPC", "{CidrBlock: !Ref AWS::NoValue}",
     "needs the property \"CidrBlock\""},
    {"a missing property of a property", "AWS::EC2::VPC", "{CidrBlock: 10.0.0.0/16, Tags: [{Key: a}]}",
     "AWS::EC2::VPC Tags needs the property \"Value\""},
    {"a string for a list", "AWS::EC2::VPC", "{CidrBlock: 10.0.0.0/16, Tags: a}",
     "AWS::EC2::VPC Tags must be a list, not \"a\""},
    {"a string for an object", "AWS::EC2::VPC", "{CidrBlock: 10.0.0.0/16, Tags: [a]}",
     "AWS::EC2::VPC Tags must be an object, not \"a\""},
    {"a list for a string", "AWS::EC2::Subnet", "{CidrBlock: 10.0.0.0/24, VpcId: [v]}",
     "AWS::EC2::Subnet VpcId must be a string, not a list"},
    {"not a boolean", "AWS::EC2::VPC", "{CidrBlock: 10.0.0.0/16, EnableDnsSupport: yes}",
     "EnableDnsSupport must be true or false, not \"yes\""},
    {"not a number", "AWS::AutoScaling::AutoScalingGroup", GROUP "MinSize: one, MaxSize: 2}",
     "MinSize must be a whole number, not \"one\""},
    {"not a choice", "AWS::EC2::VPC", "{CidrBlock: 10.0.0.0/16, InstanceTenancy: dedicate}",
     "InstanceTenancy must be one of default, dedicated, host, not \"dedicate\"; did you mean \"dedicated\"?"},
    {"a function for a string", "AWS::EC2::VPC", "{CidrBlock: !Select [0, !Cidr [10.0.0.0/8, 1, 16]]}", ""},
    {"a list function for a string", "AWS::EC2::VPC", "{CidrBlock: !Cidr [10.0.0.0/8, 1, 16]}",
     "CidrBlock must be a CIDR block such as 10.0.0.0/16, but Fn::Cidr gives a list"},
    {"a string function for a list", "AWS::EC2::VPC", "{CidrBlock: 10.0.0.0/16, Tags: !Sub x}",
     "Tags must be a list, but Fn::Sub gives a string"},
    {"both branches are looked at", "AWS::EC2::VPC", "{CidrBlock: !If [C, 10.0.0.0/16, wide]}", "not \"wide\""},
    {"a VPC too large", "AWS::EC2::VPC", "{CidrBlock: 10.0.0.0/15}",
     "CidrBlock must be an IPv4 block from /16 to /28, not 10.0.0.0/15"},
    {"a subnet too small", "AWS::EC2::Subnet", "{VpcId: v, CidrBlock: 10.0.0.0/29}", "from /16 to /28"},
    {"an IPv6 VPC", "AWS::EC2::VPC", "{CidrBlock: '2001:db8::/56'}", "from /16 to /28"},

    {"a good route", "AWS::EC2::Route", "{RouteTableId: r, DestinationCidrBlock: 0.0.0.0/0, GatewayId: g}", ""},
    {"a route to nowhere", "AWS::EC2::Route", "{RouteTableId: r, DestinationCidrBlock: 0.0.0.0/0}",
     "AWS::EC2::Route needs exactly one of GatewayId, InstanceId, NatGatewayId, NetworkInterfaceId, "
     "VpcPeeringConnectionId; it "
     "has none"},
    {"a route for nothing", "AWS::EC2::Route", "{RouteTableId: r, GatewayId: g}",
     "exactly one of DestinationCidrBlock"},
    {"a route with two targets", "AWS::EC2::Route",
     "{RouteTableId: r, DestinationCidrBlock: 0.0.0.0/0, GatewayId: g, NatGatewayId: n}",
     "it has GatewayId and NatGatewayId"},
    {"a route with a conditional target", "AWS::EC2::Route",
     "{RouteTableId: r, DestinationCidrBlock: 0.0.0.0/0, GatewayId: !If [C, g, !Ref AWS::NoValue], "
     "NatGatewayId: !If [C, !Ref AWS::NoValue, n]}",
     ""},

    {"a good rule", "AWS::EC2::SecurityGroup", RULE "{IpProtocol: tcp, FromPort: 80, ToPort: 81, CidrIp: 0.0.0.0/0}]}",
     ""},
    {"a rule of all traffic", "AWS::EC2::SecurityGroup", RULE "{IpProtocol: -1, CidrIp: 0.0.0.0/0}]}", ""},
    {"a rule of pings", "AWS::EC2::SecurityGroup",
     RULE "{IpProtocol: icmp, FromPort: 8, ToPort: -1, CidrIp: 0.0.0.0/0}]}", ""},
    {"a rule without ports", "AWS::EC2::SecurityGroup", RULE "{IpProtocol: udp, CidrIp: 0.0.0.0/0}]}",
     "SecurityGroupIngress of udp needs FromPort and ToPort"},
    {"a rule with ports crossed", "AWS::EC2::SecurityGroup",
     RULE "{IpProtocol: tcp, FromPort: 81, ToPort: 80, CidrIp: 0.0.0.0/0}]}",
     "SecurityGroupIngress FromPort 81 is above ToPort 80"},
    {"a rule with a port too high", "AWS::EC2::SecurityGroup",
     RULE "{IpProtocol: tcp, FromPort: 1, ToPort: 65536, CidrIp: 0.0.0.0/0}]}",
     "SecurityGroupIngress.ToPort must be from -1 to 65535, not 65536"},
    {"a rule of no protocol", "AWS::EC2::SecurityGroup", RULE "{IpProtocol: http, CidrIp: 0.0.0.0/0}]}",
     "IpProtocol must be tcp, udp, icmp, icmpv6, -1 or a protocol's number, not \"http\""},
    {"a rule from nowhere", "AWS::EC2::SecurityGroup", RULE "{IpProtocol: tcp, FromPort: 1, ToPort: 1}]}",
     "SecurityGroupIngress needs exactly one of CidrIp"},
    {"a rule from everywhere twice", "AWS::EC2::SecurityGroup",
     RULE "{IpProtocol: tcp, FromPort: 1, ToPort: 1, CidrIp: 0.0.0.0/0, SourceSecurityGroupId: g}]}",
     "it has CidrIp and SourceSecurityGroupId"},
    {"a rule to nowhere", "AWS::EC2::SecurityGroup", "{GroupDescription: d, SecurityGroupEgress: [{IpProtocol: -1}]}",
     "SecurityGroupEgress needs exactly one of"},

    {"an instance of nothing", "AWS::EC2::Instance", "{SubnetId: s}", "AWS::EC2::Instance needs ImageId"},
    {"an instance of an image", "AWS::EC2::Instance", "{ImageId: i}", ""},
    {"an instance of a template", "AWS::EC2::Instance", "{LaunchTemplate: {LaunchTemplateId: l, Version: 1}}", ""},
    {"a template without a name", "AWS::EC2::Instance", "{LaunchTemplate: {Version: 1}}",
     "LaunchTemplate needs exactly one of LaunchTemplateId"},
    {"a template without a version", "AWS::EC2::Instance", "{LaunchTemplate: {LaunchTemplateId: l}}",
     "LaunchTemplate needs the property \"Version\""},
    {"a launch template", "AWS::EC2::LaunchTemplate",
     "{LaunchTemplateData: {ImageId: i, UserData: !Base64 x, IamInstanceProfile: {Name: n}}}", ""},
    {"a launch template of nothing", "AWS::EC2::LaunchTemplate", "{}", "needs the property \"LaunchTemplateData\""},

    {"a good group", "AWS::AutoScaling::AutoScalingGroup", GROUP "MinSize: 1, MaxSize: '3', DesiredCapacity: 2}", ""},
    {"a group with sizes crossed", "AWS::AutoScaling::AutoScalingGroup", GROUP "MinSize: 3, MaxSize: 2}",
     "MinSize 3 is above MaxSize 2"},
    {"a group that wants too many", "AWS::AutoScaling::AutoScalingGroup",
     GROUP "MinSize: 1, MaxSize: 2, DesiredCapacity: 3}", "DesiredCapacity 3 must be from MinSize to MaxSize (1 to 2)"},
    {"a group that wants too few", "AWS::AutoScaling::AutoScalingGroup",
     GROUP "MinSize: 1, MaxSize: 2, DesiredCapacity: 0}", "DesiredCapacity 0 must be from MinSize to MaxSize (1 to 2)"},
    {"a negative group", "AWS::AutoScaling::AutoScalingGroup", GROUP "MinSize: -1, MaxSize: 2}",
     "MinSize must be at least 0, not -1"},
    {"a group of nothing", "AWS::AutoScaling::AutoScalingGroup", "{VPCZoneIdentifier: [s], MinSize: 1, MaxSize: 2}",
     "needs a LaunchTemplate"},
    {"a group nowhere", "AWS::AutoScaling::AutoScalingGroup",
     "{LaunchTemplate: {LaunchTemplateName: l, Version: 1}, MinSize: 1, MaxSize: 2}", "needs VPCZoneIdentifier"},
    {"a group's tags", "AWS::AutoScaling::AutoScalingGroup",
     GROUP "MinSize: 1, MaxSize: 2, Tags: [{Key: a, Value: b}]}", "Tags needs the property \"PropagateAtLaunch\""},

    {"a good load balancer", "AWS::ElasticLoadBalancingV2::LoadBalancer", "{Subnets: [a, b], Scheme: internal}", ""},
    {"a load balancer in one zone", "AWS::ElasticLoadBalancingV2::LoadBalancer", "{Subnets: [a]}",
     "an application load balancer needs subnets in at least two Availability Zones, not 1"},
    {"a network load balancer in one zone", "AWS::ElasticLoadBalancingV2::LoadBalancer",
     "{Subnets: [a], Type: network}", ""},
    {"a load balancer nowhere", "AWS::ElasticLoadBalancingV2::LoadBalancer", "{}",
     "needs exactly one of Subnets, SubnetMappings; it has none"},
    {"a load balancer for all", "AWS::ElasticLoadBalancingV2::LoadBalancer", "{Subnets: [a, b], Scheme: public}",
     "Scheme must be one of internet-facing, internal, not \"public\""},

    {"a good target group", "AWS::ElasticLoadBalancingV2::TargetGroup", TARGETS "HealthCheckPath: /healthy}", ""},
    {"a gRPC target group", "AWS::ElasticLoadBalancingV2::TargetGroup",
     TARGETS "ProtocolVersion: GRPC, Matcher: {GrpcCode: 0-99}}", ""},
    {"a target group without a port", "AWS::ElasticLoadBalancingV2::TargetGroup", "{Protocol: HTTP, VpcId: v}",
     "needs the property \"Port\""},
    {"a target group with port 0", "AWS::ElasticLoadBalancingV2::TargetGroup", "{Protocol: HTTP, VpcId: v, Port: 0}",
     "Port must be from 1 to 65535, not 0"},
    {"checks slower than their interval", "AWS::ElasticLoadBalancingV2::TargetGroup",
     TARGETS "HealthCheckIntervalSeconds: 5, HealthCheckTimeoutSeconds: 6}",
     "HealthCheckTimeoutSeconds 6 is above HealthCheckIntervalSeconds 5"},
    {"checks too often", "AWS::ElasticLoadBalancingV2::TargetGroup", TARGETS "HealthCheckIntervalSeconds: 4}",
     "must be from 5 to 300, not 4"},
    {"a threshold too low", "AWS::ElasticLoadBalancingV2::TargetGroup", TARGETS "UnhealthyThresholdCount: 1}",
     "must be from 2 to 10, not 1"},
    {"an HTTP code of gRPC", "AWS::ElasticLoadBalancingV2::TargetGroup",
     TARGETS "ProtocolVersion: GRPC, Matcher: {HttpCode: 200}}",
     "Matcher takes GrpcCode if ProtocolVersion is GRPC, else HttpCode"},
    {"both codes", "AWS::ElasticLoadBalancingV2::TargetGroup", TARGETS "Matcher: {HttpCode: 200, GrpcCode: 0}}",
     "Matcher needs exactly one of HttpCode, GrpcCode"},
    {"a version of TCP", "AWS::ElasticLoadBalancingV2::TargetGroup",
     "{Port: 80, Protocol: TCP, VpcId: v, ProtocolVersion: HTTP2}",
     "ProtocolVersion goes with Protocol HTTP or HTTPS only, not TCP"},

    {"a good listener", "AWS::ElasticLoadBalancingV2::Listener", LISTENER "[{Type: forward, TargetGroupArn: t}]}", ""},
    {"a listener that redirects", "AWS::ElasticLoadBalancingV2::Listener",
     LISTENER "[{Type: redirect, RedirectConfig: {Protocol: HTTPS, StatusCode: HTTP_301}}]}", ""},
    {"a listener that redirects nowhere", "AWS::ElasticLoadBalancingV2::Listener", LISTENER "[{Type: redirect}]}",
     "of Type redirect needs RedirectConfig"},
    {"a listener that answers nothing", "AWS::ElasticLoadBalancingV2::Listener", LISTENER "[{Type: fixed-response}]}",
     "needs FixedResponseConfig"},
    {"a listener that forwards nowhere", "AWS::ElasticLoadBalancingV2::Listener", LISTENER "[{Type: forward}]}",
     "an action of Type forward needs exactly one of TargetGroupArn, ForwardConfig"},
    {"a listener without actions", "AWS::ElasticLoadBalancingV2::Listener", LISTENER "[]}",
     "a list of actions must not be empty"},
    {"a listener that forwards to many", "AWS::ElasticLoadBalancingV2::Listener",
     LISTENER
     "[{Type: forward, ForwardConfig: {TargetGroups: [{TargetGroupArn: a}, {TargetGroupArn: a}, {TargetGroupArn: a}, "
     "{TargetGroupArn: a}, {TargetGroupArn: a}, {TargetGroupArn: a}]}}]}",
     "forwards to at most 5 target groups, not 6"},
    {"a listener on port 65536", "AWS::ElasticLoadBalancingV2::Listener",
     "{LoadBalancerArn: a, Port: 65536, Protocol: HTTP, DefaultActions: [{Type: forward, TargetGroupArn: t}]}",
     "Port must be from 1 to 65535, not 65536"},
    {"a secure listener without certificate", "AWS::ElasticLoadBalancingV2::Listener",
     "{LoadBalancerArn: a, Port: 443, Protocol: HTTPS, DefaultActions: [{Type: forward, TargetGroupArn: t}]}",
     "needs Certificates"},
    {"a listener without a port", "AWS::ElasticLoadBalancingV2::Listener",
     "{LoadBalancerArn: a, Protocol: HTTP, DefaultActions: [{Type: forward, TargetGroupArn: t}]}",
     "needs the property \"Port\""},

    {"a good listener rule", "AWS::ElasticLoadBalancingV2::ListenerRule",
     LISTENER_RULE "[{Field: path-pattern, Values: [/api/*]}]}", ""},
    {"a rule without conditions", "AWS::ElasticLoadBalancingV2::ListenerRule", LISTENER_RULE "[]}",
     "a rule has 1 to 5 conditions, not 0"},
    {"a rule of an empty condition", "AWS::ElasticLoadBalancingV2::ListenerRule", LISTENER_RULE "[{Values: [a]}]}",
     "a condition needs Field"},
    {"a rule of priority 0", "AWS::ElasticLoadBalancingV2::ListenerRule",
     "{ListenerArn: a, Priority: 0, Actions: [{Type: forward, TargetGroupArn: t}], Conditions: [{Field: "
     "path-pattern}]}",
     "Priority must be from 1 to 50000, not 0"},

    {"a good zone", "AWS::Route53::HostedZone", "{Name: a.example, VPCs: [{VPCId: v, VPCRegion: r}]}", ""},
    {"a good alias", "AWS::Route53::RecordSet", RECORD "AliasTarget: {DNSName: d, HostedZoneId: z}}", ""},
    {"a good record", "AWS::Route53::RecordSet", RECORD "TTL: 60, ResourceRecords: [10.0.0.1]}", ""},
    {"a record of nothing", "AWS::Route53::RecordSet", RECORD "TTL: 60}",
     "needs exactly one of AliasTarget, ResourceRecords"},
    {"a record without TTL", "AWS::Route53::RecordSet", RECORD "ResourceRecords: [10.0.0.1]}",
     "with ResourceRecords needs TTL"},
    {"an alias with TTL", "AWS::Route53::RecordSet", RECORD "TTL: 1, AliasTarget: {DNSName: d, HostedZoneId: z}}",
     "with AliasTarget takes no TTL"},
    {"a record of no zone", "AWS::Route53::RecordSet", "{Name: n, Type: A, TTL: 1, ResourceRecords: [a]}",
     "needs exactly one of HostedZoneId, HostedZoneName"},
    {"a record of no type", "AWS::Route53::RecordSet",
     "{HostedZoneId: z, Name: n, Type: B, TTL: 1, ResourceRecords: [a]}", "Type must be one of A, AAAA"},
    {"a weight without identifier", "AWS::Route53::RecordSet", RECORD "TTL: 60, ResourceRecords: [a], Weight: 1}",
     "with Weight needs SetIdentifier"},
    {"an identifier without policy", "AWS::Route53::RecordSet",
     RECORD "TTL: 60, ResourceRecords: [a], SetIdentifier: s}", "needs a routing policy"},
    {"a weight too large", "AWS::Route53::RecordSet",
     RECORD "TTL: 60, ResourceRecords: [a], SetIdentifier: s, Weight: 256}", "Weight must be from 0 to 255"},

    {"a good database", "AWS::RDS::DBInstance", "{Engine: mysql, MasterUsername: u, ManageMasterUserPassword: true}",
     ""},
    {"a database with two passwords", "AWS::RDS::DBInstance",
     "{Engine: mysql, MasterUsername: u, ManageMasterUserPassword: true, MasterUserPassword: p}", "and not both"},
    {"a database without a password", "AWS::RDS::DBInstance", "{Engine: mysql, MasterUsername: u}",
     "needs either MasterUserPassword"},
    {"a database of another kind", "AWS::RDS::DBInstance",
     "{Engine: postgres, MasterUsername: u, MasterUserPassword: p}",
     "Engine must be one of mysql, mariadb, not \"postgres\""},
};

BOOST_DATA_TEST_CASE(properties_are_checked, kCases) {
  const std::vector<Diagnostic> problems = Check(sample.type, sample.properties);
  if (std::string(sample.message).empty()) {
    for (const Diagnostic& problem : problems) BOOST_ERROR(problem.message);
    return;
  }
  BOOST_REQUIRE(problems.size() == 1u);
  BOOST_TEST(problems[0].message.find(sample.message) != std::string::npos, problems[0].message);
}

BOOST_AUTO_TEST_CASE(there_are_all_the_types) {
  const std::set<std::string> expected = {"AWS::AutoScaling::AutoScalingGroup",
                                          "AWS::EC2::Instance",
                                          "AWS::EC2::InternetGateway",
                                          "AWS::EC2::LaunchTemplate",
                                          "AWS::EC2::Route",
                                          "AWS::EC2::RouteTable",
                                          "AWS::EC2::SecurityGroup",
                                          "AWS::EC2::Subnet",
                                          "AWS::EC2::SubnetRouteTableAssociation",
                                          "AWS::EC2::VPC",
                                          "AWS::EC2::VPCGatewayAttachment",
                                          "AWS::ElasticLoadBalancingV2::Listener",
                                          "AWS::ElasticLoadBalancingV2::ListenerRule",
                                          "AWS::ElasticLoadBalancingV2::LoadBalancer",
                                          "AWS::ElasticLoadBalancingV2::TargetGroup",
                                          "AWS::RDS::DBInstance",
                                          "AWS::Route53::HostedZone",
                                          "AWS::Route53::RecordSet"};
  std::set<std::string> found;
  for (const Schema& schema : AllSchemas()) found.insert(schema.type);
  BOOST_TEST(found == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(tables_are_sorted_and_name_nothing_twice) {
  for (const Schema& schema : AllSchemas()) {
    std::vector<std::string> names;
    for (const PropertySpec& property : schema.properties) names.push_back(property.name);
    BOOST_TEST(std::is_sorted(names.begin(), names.end()), schema.type);
    BOOST_TEST((std::adjacent_find(names.begin(), names.end()) == names.end()), schema.type);
  }
}

BOOST_AUTO_TEST_CASE(unenforced_properties_are_listed_once) {
  const auto value = ReadText(
      "{LaunchTemplateData: {KeyName: k, ImageId: i, NetworkInterfaces: [{DeviceIndex: 0, SubnetId: s}, {DeviceIndex: "
      "1}], "
      "CreditSpecification: {CpuCredits: unlimited}}}",
      "t");
  const std::vector<std::string> expected = {"LaunchTemplateData.KeyName",
                                             "LaunchTemplateData.NetworkInterfaces.DeviceIndex",
                                             "LaunchTemplateData.CreditSpecification"};
  BOOST_TEST(UnenforcedProperties(*FindSchema("AWS::EC2::LaunchTemplate"), *value) == expected,
             boost::test_tools::per_element());
}

}  // namespace
}  // namespace nubo::stack
