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

#define RULE "{GroupDescription: d, VpcId: v, SecurityGroupIngress: ["
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
    {"a cookie name that is none", "AWS::ElasticLoadBalancingV2::TargetGroup",
     TARGETS "TargetGroupAttributes: [{Key: stickiness.app_cookie.cookie_name, Value: 'a;b'}]}",
     "stickiness.app_cookie.cookie_name: the application cookie \"a;b\" of the stickiness is no cookie name"},
    {"a cookie name of the balancer's", "AWS::ElasticLoadBalancingV2::TargetGroup",
     TARGETS "TargetGroupAttributes: [{Key: stickiness.app_cookie.cookie_name, Value: awsalbX}]}",
     "begins with AWSALB"},
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
     "CidrBlock: the VPC block 10.0.0.0/15 is not between /16 and /28"},
    {"a subnet too small", "AWS::EC2::Subnet", "{VpcId: v, CidrBlock: 10.0.0.0/29}", "between /16 and /28"},
    {"an IPv6 VPC", "AWS::EC2::VPC", "{CidrBlock: '2001:db8::/56'}", "is not an IPv4 CIDR block"},
    {"a VPC of loopback addresses", "AWS::EC2::VPC", "{CidrBlock: 127.1.0.0/16}", "is within 127.0.0.0/8"},

    {"a good route", "AWS::EC2::Route", "{RouteTableId: r, DestinationCidrBlock: 0.0.0.0/0, GatewayId: g}", ""},
    {"a route to nowhere", "AWS::EC2::Route", "{RouteTableId: r, DestinationCidrBlock: 0.0.0.0/0}",
     "AWS::EC2::Route needs exactly one of EgressOnlyInternetGatewayId, GatewayId, InstanceId, NatGatewayId, "
     "NetworkInterfaceId, VpcEndpointId, VpcPeeringConnectionId; it has none"},
    {"a route for nothing", "AWS::EC2::Route", "{RouteTableId: r, GatewayId: g}",
     "exactly one of DestinationCidrBlock"},
    {"a route with two targets", "AWS::EC2::Route",
     "{RouteTableId: r, DestinationCidrBlock: 0.0.0.0/0, GatewayId: g, NatGatewayId: n}",
     "it has GatewayId and NatGatewayId"},
    {"a route with a conditional target", "AWS::EC2::Route",
     "{RouteTableId: r, DestinationCidrBlock: 0.0.0.0/0, GatewayId: !If [C, g, !Ref AWS::NoValue], "
     "NatGatewayId: !If [C, !Ref AWS::NoValue, n]}",
     ""},

    {"a route of IPv4 out for IPv6 alone", "AWS::EC2::Route",
     "{RouteTableId: r, DestinationCidrBlock: 0.0.0.0/0, EgressOnlyInternetGatewayId: e}",
     "an egress-only internet gateway takes IPv6"},
    {"a transit gateway", "AWS::EC2::Route", "{RouteTableId: r, DestinationCidrBlock: 0.0.0.0/0, TransitGatewayId: t}",
     "TransitGatewayId is not offered yet; peer the VPCs"},

    {"a VPC out of a pool", "AWS::EC2::VPC", "{Ipv4IpamPoolId: p, Ipv4NetmaskLength: 24}", ""},
    {"a VPC with a block and a length", "AWS::EC2::VPC",
     "{CidrBlock: 10.0.0.0/16, Ipv4IpamPoolId: p, Ipv4NetmaskLength: 24}", "it has CidrBlock and Ipv4NetmaskLength"},
    {"a block of a pool in two ways", "AWS::EC2::IPAMPoolCidr", "{IpamPoolId: p, Cidr: 10.0.0.0/8, NetmaskLength: 8}",
     "AWS::EC2::IPAMPoolCidr needs exactly one of Cidr, NetmaskLength"},
    {"a good volume", "AWS::EC2::Volume", "{AvailabilityZone: us-east-1a, Size: 8}", ""},
    {"a volume without a size", "AWS::EC2::Volume", "{AvailabilityZone: us-east-1a}", "parameter size"},
    {"a volume whose size its type does not have", "AWS::EC2::Volume",
     "{AvailabilityZone: us-east-1a, Size: 8, VolumeType: st1}", "InvalidParameterValue"},
    {"a volume with throughput that its type has not", "AWS::EC2::Volume",
     "{AvailabilityZone: us-east-1a, Size: 8, Throughput: 125}", "InvalidParameterCombination"},
    {"a volume of a snapshot", "AWS::EC2::Volume", "{AvailabilityZone: us-east-1a, SnapshotId: snap-1}",
     "there are no snapshots"},
    {"a volume whose size is known later", "AWS::EC2::Volume", "{AvailabilityZone: us-east-1a, Size: !Ref S}", ""},
    {"a device that is none", "AWS::EC2::VolumeAttachment", "{VolumeId: v, InstanceId: i, Device: /dev/null}",
     "not a valid EBS device name"},
    {"a key pair without its public half", "AWS::EC2::KeyPair", "{KeyName: k}", "give PublicKeyMaterial"},
    {"a key pair that is none", "AWS::EC2::KeyPair", "{KeyName: k, PublicKeyMaterial: ssh-rsa}", "InvalidKey.Format"},
    {"a good placement group", "AWS::EC2::PlacementGroup", "{Strategy: partition, PartitionCount: 3}", ""},
    {"a cluster with partitions", "AWS::EC2::PlacementGroup", "{PartitionCount: 3}", "InvalidParameterCombination"},
    {"a good NAT gateway", "AWS::EC2::NatGateway", "{SubnetId: s, AllocationId: a}", ""},
    {"a NAT gateway without an address", "AWS::EC2::NatGateway", "{SubnetId: s}", "needs AllocationId"},
    {"a private NAT gateway", "AWS::EC2::NatGateway", "{SubnetId: s, ConnectivityType: private}", ""},
    {"a private NAT gateway with an address", "AWS::EC2::NatGateway",
     "{SubnetId: s, ConnectivityType: private, AllocationId: a}", "takes no AllocationId"},
    {"an association with nothing", "AWS::EC2::EIPAssociation", "{AllocationId: a}",
     "needs exactly one of InstanceId, NetworkInterfaceId"},
    {"a good entry", "AWS::EC2::NetworkAclEntry",
     "{NetworkAclId: a, RuleNumber: 100, Protocol: 6, RuleAction: allow, CidrBlock: 0.0.0.0/0, "
     "PortRange: {From: 80, To: 80}}",
     ""},
    {"an entry without ports", "AWS::EC2::NetworkAclEntry",
     "{NetworkAclId: a, RuleNumber: 100, Protocol: 17, RuleAction: allow, CidrBlock: 0.0.0.0/0}",
     "needs a PortRange with From and To (MissingParameter)"},
    {"an entry with ports crossed", "AWS::EC2::NetworkAclEntry",
     "{NetworkAclId: a, RuleNumber: 100, Protocol: 6, RuleAction: deny, CidrBlock: 0.0.0.0/0, "
     "PortRange: {From: 81, To: 80}}",
     "the ports 81 to 80 are not a range"},
    {"an entry of no number", "AWS::EC2::NetworkAclEntry",
     "{NetworkAclId: a, RuleNumber: 32767, Protocol: -1, RuleAction: deny, CidrBlock: 0.0.0.0/0}",
     "RuleNumber must be from 1 to 32766, not 32767"},
    {"an entry of pings without their kind", "AWS::EC2::NetworkAclEntry",
     "{NetworkAclId: a, RuleNumber: 1, Protocol: 1, RuleAction: deny, CidrBlock: 0.0.0.0/0}", "needs Icmp"},
    {"a rule of a group by its name", "AWS::EC2::SecurityGroupIngress",
     "{GroupName: g, IpProtocol: -1, CidrIp: 0.0.0.0/0}", "GroupName is not offered yet; use GroupId"},
    {"a rule of no group", "AWS::EC2::SecurityGroupIngress", "{IpProtocol: -1, CidrIp: 0.0.0.0/0}",
     "needs the property \"GroupId\""},
    {"a rule by itself without ports", "AWS::EC2::SecurityGroupEgress",
     "{GroupId: g, IpProtocol: tcp, CidrIp: 0.0.0.0/0}", "a rule for tcp needs FromPort and ToPort"},
    {"a block of two kinds", "AWS::EC2::VPCCidrBlock",
     "{VpcId: v, CidrBlock: 10.0.0.0/16, AmazonProvidedIpv6CidrBlock: true}", "needs exactly one of"},
    {"a subnet's block of IPv4", "AWS::EC2::SubnetCidrBlock", "{SubnetId: s, Ipv6CidrBlock: 10.0.0.0/24}",
     "is not an IPv6 CIDR block"},
    {"options without any", "AWS::EC2::DHCPOptions", "{}", "needs at least one option"},
    {"a gateway endpoint in subnets", "AWS::EC2::VPCEndpoint",
     "{VpcId: v, ServiceName: com.amazonaws.us-east-1.s3, SubnetIds: [s]}", "has RouteTableIds, and no SubnetIds"},
    {"an endpoint of nobody", "AWS::EC2::VPCEndpoint", "{VpcId: v, ServiceName: mine}", "InvalidServiceName"},
    {"a flow log to nowhere", "AWS::EC2::FlowLog", "{ResourceId: v, ResourceType: VPC}", "needs LogGroupName"},
    {"a prefix list of the other family", "AWS::EC2::PrefixList",
     "{PrefixListName: l, AddressFamily: IPv6, MaxEntries: 1, Entries: [{Cidr: 10.0.0.0/8}]}", "is no block of IPv6"},
    {"names without their resolver", "AWS::EC2::VPC",
     "{CidrBlock: 10.0.0.0/16, EnableDnsSupport: false, EnableDnsHostnames: true}", "EnableDnsHostnames goes with"},

    {"a good rule", "AWS::EC2::SecurityGroup", RULE "{IpProtocol: tcp, FromPort: 80, ToPort: 81, CidrIp: 0.0.0.0/0}]}",
     ""},
    {"a rule of all traffic", "AWS::EC2::SecurityGroup", RULE "{IpProtocol: -1, CidrIp: 0.0.0.0/0}]}", ""},
    {"a rule of pings", "AWS::EC2::SecurityGroup",
     RULE "{IpProtocol: icmp, FromPort: 8, ToPort: -1, CidrIp: 0.0.0.0/0}]}", ""},
    {"a rule without ports", "AWS::EC2::SecurityGroup", RULE "{IpProtocol: udp, CidrIp: 0.0.0.0/0}]}",
     "SecurityGroupIngress: a rule for udp needs FromPort and ToPort"},
    {"a rule with ports crossed", "AWS::EC2::SecurityGroup",
     RULE "{IpProtocol: tcp, FromPort: 81, ToPort: 80, CidrIp: 0.0.0.0/0}]}",
     "SecurityGroupIngress: the ports 81 to 80 are not a range within 0 to 65535"},
    {"a rule with a port too high", "AWS::EC2::SecurityGroup",
     RULE "{IpProtocol: tcp, FromPort: 1, ToPort: 65536, CidrIp: 0.0.0.0/0}]}",
     "SecurityGroupIngress.ToPort must be from -1 to 65535, not 65536"},
    {"a rule of no protocol", "AWS::EC2::SecurityGroup", RULE "{IpProtocol: http, CidrIp: 0.0.0.0/0}]}",
     "SecurityGroupIngress: the protocol \"http\" is not tcp, udp, icmp, icmpv6, -1 or a number up to 255"},
    {"a rule from nowhere", "AWS::EC2::SecurityGroup", RULE "{IpProtocol: tcp, FromPort: 1, ToPort: 1}]}",
     "SecurityGroupIngress needs exactly one of CidrIp"},
    {"a rule from everywhere twice", "AWS::EC2::SecurityGroup",
     RULE "{IpProtocol: tcp, FromPort: 1, ToPort: 1, CidrIp: 0.0.0.0/0, SourceSecurityGroupId: g}]}",
     "it has CidrIp and SourceSecurityGroupId"},
    {"a rule to nowhere", "AWS::EC2::SecurityGroup",
     "{GroupDescription: d, VpcId: v, SecurityGroupEgress: [{IpProtocol: -1}]}",
     "SecurityGroupEgress needs exactly one of"},

    {"an instance of nothing", "AWS::EC2::Instance", "{SubnetId: s}", "AWS::EC2::Instance needs ImageId"},
    {"an instance of an image", "AWS::EC2::Instance", "{ImageId: i, SubnetId: s}", ""},
    {"an instance of a type", "AWS::EC2::Instance", "{ImageId: i, SubnetId: s, InstanceType: t3.micro}", ""},
    {"an instance of no type", "AWS::EC2::Instance", "{ImageId: i, SubnetId: s, InstanceType: t3.mirco}",
     "Invalid value 't3.mirco' for InstanceType. Near it: t3.micro"},
    {"an instance in no subnet", "AWS::EC2::Instance", "{ImageId: i}", "needs SubnetId: there is no default VPC here"},
    {"an instance with an interface", "AWS::EC2::Instance",
     "{ImageId: i, NetworkInterfaces: [{DeviceIndex: 0, SubnetId: s}]}", ""},
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
     "MinSize must be from 0 to 10000, not -1"},
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
     "{Subnets: [a], Type: network}", "LoadBalancer Type network is not offered yet; use application"},
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
     "HealthCheckIntervalSeconds must be greater than HealthCheckTimeoutSeconds; they are 5 and 6"},
    {"checks as slow as their interval", "AWS::ElasticLoadBalancingV2::TargetGroup",
     TARGETS "HealthCheckIntervalSeconds: 60, HealthCheckTimeoutSeconds: 60}", "they are 60 and 60"},
    {"checks as slow as their interval by default", "AWS::ElasticLoadBalancingV2::TargetGroup",
     TARGETS "HealthCheckIntervalSeconds: 5}", "they are 5 and 5"},
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
     "TargetGroup Protocol TCP is not offered yet; use HTTP"},

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
     "Listener Protocol HTTPS is not offered yet; use HTTP"},
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
    {"a record of no zone", "AWS::Route53::RecordSet", "{Name: n, Type: A, TTL: 1, ResourceRecords: [10.0.0.1]}",
     "needs exactly one of HostedZoneId, HostedZoneName"},
    {"a record of no type", "AWS::Route53::RecordSet",
     "{HostedZoneId: z, Name: n, Type: B, TTL: 1, ResourceRecords: [a]}", "Type must be one of A, AAAA"},
    {"a weight without identifier", "AWS::Route53::RecordSet",
     RECORD "TTL: 60, ResourceRecords: [10.0.0.1], Weight: 1}", "Weight is not offered yet; use simple routing"},
    {"an identifier without policy", "AWS::Route53::RecordSet",
     RECORD "TTL: 60, ResourceRecords: [10.0.0.1], SetIdentifier: s}", "needs a routing policy"},
    {"a weight too large", "AWS::Route53::RecordSet",
     RECORD "TTL: 60, ResourceRecords: [10.0.0.1], SetIdentifier: s, Weight: 256}", "Weight is not offered yet"},
    {"a weight that may not be there", "AWS::Route53::RecordSet",
     RECORD "TTL: 60, ResourceRecords: [10.0.0.1], SetIdentifier: s, Weight: !If [C, 1, !Ref AWS::NoValue]}", ""},

    {"a zone of no name", "AWS::Route53::HostedZone", "{Name: a..example}", "it has an empty label"},
    {"a zone in another script", "AWS::Route53::HostedZone", "{Name: exämple.com}", "UnsupportedCharacter"},
    {"a zone in Punycode", "AWS::Route53::HostedZone", "{Name: xn--exmple-cua.com}", ""},
    {"a long label", "AWS::Route53::RecordSet",
     "{HostedZoneId: z, Type: A, TTL: 1, ResourceRecords: [10.0.0.1], Name: "
     "a123456789a123456789a123456789a123456789a123456789a123456789abcd.example}",
     "more than 63 bytes"},
    {"an octal wildcard", "AWS::Route53::RecordSet",
     "{HostedZoneId: z, Type: A, TTL: 1, ResourceRecords: [10.0.0.1], Name: '\\052.example'}", ""},
    {"a decimal escape", "AWS::Route53::RecordSet",
     "{HostedZoneId: z, Type: A, TTL: 1, ResourceRecords: [10.0.0.1], Name: '\\982.example'}", "three octal digits"},
    {"an address that is none", "AWS::Route53::RecordSet", RECORD "TTL: 60, ResourceRecords: [10.0.0]}",
     "ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address) encountered with '10.0.0'"},
    {"an address twice", "AWS::Route53::RecordSet", RECORD "TTL: 60, ResourceRecords: [10.0.0.1, 10.0.0.1]}",
     "Duplicate Resource Record: '10.0.0.1'"},
    {"an address to come", "AWS::Route53::RecordSet", RECORD "TTL: 60, ResourceRecords: [!GetAtt Ip.PublicIp]}", ""},
    {"a mail exchange without preference", "AWS::Route53::RecordSet",
     "{HostedZoneId: z, Name: n, Type: MX, TTL: 1, ResourceRecords: [mail.example]}",
     "expected a preference from 0 to 65535 and a domain name"},
    {"bare text", "AWS::Route53::RecordSet", "{HostedZoneId: z, Name: n, Type: TXT, TTL: 1, ResourceRecords: [v=spf1]}",
     "Value should be enclosed in quotation marks"},
    {"a CAA record", "AWS::Route53::RecordSet",
     "{HostedZoneId: z, Name: n, Type: CAA, TTL: 1, ResourceRecords: ['0 issue \"ca.example\"']}", ""},
    {"a wrong CAA record", "AWS::Route53::RecordSet",
     "{HostedZoneId: z, Name: n, Type: CAA, TTL: 1, ResourceRecords: ['issue \"ca.example\"']}",
     "expected flags from 0"},
    {"a wrong HTTPS record", "AWS::Route53::RecordSet",
     "{HostedZoneId: z, Name: n, Type: HTTPS, TTL: 1, ResourceRecords: ['1 . port=x']}", "'x' is no value for port"},
    {"two names for one", "AWS::Route53::RecordSet",
     "{HostedZoneId: z, Name: n, Type: CNAME, TTL: 1, ResourceRecords: [a.example, b.example]}",
     "has one value, not 2"},
    {"an alias for text", "AWS::Route53::RecordSet",
     "{HostedZoneId: z, Name: n, Type: TXT, AliasTarget: {DNSName: d, HostedZoneId: z}}", "has Type A or AAAA here"},
    {"an alias for no name", "AWS::Route53::RecordSet", RECORD "AliasTarget: {DNSName: a..b, HostedZoneId: z}}",
     "empty label"},

    {"a good database", "AWS::RDS::DBInstance", "{Engine: mysql, MasterUsername: u, ManageMasterUserPassword: true}",
     ""},
    {"a database with two passwords", "AWS::RDS::DBInstance",
     "{Engine: mysql, MasterUsername: u, ManageMasterUserPassword: true, MasterUserPassword: password1}",
     "and not both"},
    {"a database without a password", "AWS::RDS::DBInstance", "{Engine: mysql, MasterUsername: u}",
     "needs either MasterUserPassword"},
    {"a protocol in any case", "AWS::EC2::SecurityGroup",
     RULE "{IpProtocol: TCP, FromPort: 80, ToPort: 81, CidrIp: 0.0.0.0/0}]}", ""},
    {"a protocol's number", "AWS::EC2::SecurityGroup", RULE "{IpProtocol: 50, CidrIp: 0.0.0.0/0}]}", ""},
    {"a group in no VPC", "AWS::EC2::SecurityGroup", "{GroupDescription: d}",
     "needs VpcId: there is no default VPC here"},
    {"a group's description", "AWS::EC2::SecurityGroup", "{GroupDescription: it's, VpcId: v}",
     "GroupDescription must have 1 to 255 characters"},
    {"a third zone", "AWS::EC2::Subnet", "{VpcId: v, CidrBlock: 10.0.0.0/24, AvailabilityZone: us-east-1c}", ""},
    {"a zone elsewhere", "AWS::EC2::Subnet", "{VpcId: v, CidrBlock: 10.0.0.0/24, AvailabilityZone: eu-west-1a}",
     "AvailabilityZone must be one of us-east-1a"},
    {"a large group", "AWS::AutoScaling::AutoScalingGroup", GROUP "MinSize: 1, MaxSize: 100000}",
     "MaxSize must be from 0 to 10000, not 100000"},
    {"an unknown termination policy", "AWS::AutoScaling::AutoScalingGroup",
     GROUP "MinSize: 1, MaxSize: 2, TerminationPolicies: [OldestInstanc]}", "did you mean \"OldestInstance\"?"},
    {"an unknown health check", "AWS::AutoScaling::AutoScalingGroup",
     GROUP "MinSize: 1, MaxSize: 2, HealthCheckType: 'EC2,ELP'}",
     "HealthCheckType: there are no health checks of type"},
    {"a health check that is not offered", "AWS::AutoScaling::AutoScalingGroup",
     GROUP "MinSize: 1, MaxSize: 2, HealthCheckType: 'ELB,EBS'}",
     "HealthCheckType: health checks of type EBS are not offered yet"},
    {"health checks of a kind each", "AWS::AutoScaling::AutoScalingGroup",
     GROUP "MinSize: 1, MaxSize: 2, HealthCheckType: 'EC2,ELB'}", ""},
    {"a group's name with a blank", "AWS::AutoScaling::AutoScalingGroup",
     GROUP "MinSize: 1, MaxSize: 2, AutoScalingGroupName: a b}", "visible ASCII characters"},
    {"a maintenance policy with one side", "AWS::AutoScaling::AutoScalingGroup",
     GROUP "MinSize: 1, MaxSize: 2, InstanceMaintenancePolicy: {MinHealthyPercentage: 50}}", "needs both"},
    {"a maintenance policy too wide", "AWS::AutoScaling::AutoScalingGroup",
     GROUP "MinSize: 1, MaxSize: 2, InstanceMaintenancePolicy: {MinHealthyPercentage: 50, MaxHealthyPercentage: 151}}",
     "at most 100 above"},
    {"a short template name", "AWS::EC2::LaunchTemplate", "{LaunchTemplateName: ab, LaunchTemplateData: {ImageId: i}}",
     "LaunchTemplateName must have 3 to 128 characters"},
    {"user data that are no base64", "AWS::EC2::LaunchTemplate", "{LaunchTemplateData: {ImageId: i, UserData: '#!'}}",
     "UserData: "},
    {"a name with a blank", "AWS::ElasticLoadBalancingV2::LoadBalancer", "{Subnets: [a, b], Name: my lb}",
     "Name must have 1 to 32 letters, digits and hyphens"},
    {"a name with a dot", "AWS::ElasticLoadBalancingV2::TargetGroup", TARGETS "Name: a.b}", "Name must have 1 to 32"},
    {"a long name", "AWS::ElasticLoadBalancingV2::LoadBalancer",
     "{Subnets: [a, b], Name: abcdefghijabcdefghijabcdefghijabc}", "Name must have 1 to 32"},
    {"a name for internal ones", "AWS::ElasticLoadBalancingV2::LoadBalancer", "{Subnets: [a, b], Name: internal-a}",
     "Name must not begin with internal-"},

    {"a redirect to itself", "AWS::ElasticLoadBalancingV2::Listener",
     LISTENER "[{Type: redirect, RedirectConfig: {Protocol: '#{protocol}', Host: '#{host}', Port: '#{port}', Path: "
              "'/#{path}', Query: '#{query}', StatusCode: HTTP_301}}]}",
     "InvalidLoadBalancerAction: the redirect creates a loop"},
    {"a redirect that says nothing", "AWS::ElasticLoadBalancingV2::Listener",
     LISTENER "[{Type: redirect, RedirectConfig: {StatusCode: HTTP_301}}]}", "creates a loop"},
    {"a redirect to the listener itself", "AWS::ElasticLoadBalancingV2::Listener",
     LISTENER "[{Type: redirect, RedirectConfig: {Protocol: HTTP, Port: '80', StatusCode: HTTP_301}}]}",
     "creates a loop"},
    {"a redirect to another path", "AWS::ElasticLoadBalancingV2::Listener",
     LISTENER "[{Type: redirect, RedirectConfig: {Path: '/new/#{path}', StatusCode: HTTP_302}}]}", ""},
    {"a redirect to a bad port", "AWS::ElasticLoadBalancingV2::Listener",
     LISTENER "[{Type: redirect, RedirectConfig: {Port: '65536', StatusCode: HTTP_302}}]}",
     "Port must be from 1 to 65535"},
    {"a redirect to half a path", "AWS::ElasticLoadBalancingV2::Listener",
     LISTENER "[{Type: redirect, RedirectConfig: {Path: new, StatusCode: HTTP_302}}]}", "Path must begin with /"},
    {"a fixed response of a redirect", "AWS::ElasticLoadBalancingV2::Listener",
     LISTENER "[{Type: fixed-response, FixedResponseConfig: {StatusCode: 301}}]}",
     "StatusCode must be 2XX, 4XX or 5XX, not \"301\""},
    {"a fixed response of another type", "AWS::ElasticLoadBalancingV2::Listener",
     LISTENER "[{Type: fixed-response, FixedResponseConfig: {StatusCode: 200, ContentType: image/png}}]}",
     "ContentType must be one of text/plain"},
    {"two actions", "AWS::ElasticLoadBalancingV2::Listener",
     LISTENER "[{Type: forward, TargetGroupArn: t}, {Type: forward, TargetGroupArn: u}]}", "exactly one forward"},
    {"a login before", "AWS::ElasticLoadBalancingV2::Listener", LISTENER "[{Type: authenticate-oidc}]}",
     "Type authenticate-oidc is not offered yet"},
    {"one group said twice", "AWS::ElasticLoadBalancingV2::Listener",
     LISTENER "[{Type: forward, TargetGroupArn: t, ForwardConfig: {TargetGroups: [{TargetGroupArn: t}]}}]}", ""},
    {"two groups said twice", "AWS::ElasticLoadBalancingV2::Listener",
     LISTENER "[{Type: forward, TargetGroupArn: t, ForwardConfig: {TargetGroups: [{TargetGroupArn: u}]}}]}",
     "names the same one target group in both"},

    {"a condition without a field", "AWS::ElasticLoadBalancingV2::ListenerRule",
     LISTENER_RULE "[{PathPatternConfig: {Values: [/a]}}, {HttpHeaderConfig: {HttpHeaderName: x-a, Values: [b]}}, "
                   "{HttpRequestMethodConfig: {Values: [GET]}}, {SourceIpConfig: {Values: [10.0.0.0/8]}}, "
                   "{QueryStringConfig: {Values: [{Value: v}]}}]}",
     ""},
    {"two conditions on paths", "AWS::ElasticLoadBalancingV2::ListenerRule",
     LISTENER_RULE "[{Field: path-pattern, Values: [/a]}, {PathPatternConfig: {Values: [/b]}}]}",
     "a rule has at most one condition on path-pattern"},
    {"two conditions on header fields", "AWS::ElasticLoadBalancingV2::ListenerRule",
     LISTENER_RULE "[{HttpHeaderConfig: {HttpHeaderName: x-a, Values: [b]}}, "
                   "{HttpHeaderConfig: {HttpHeaderName: x-b, Values: [c]}}]}",
     ""},
    {"six values", "AWS::ElasticLoadBalancingV2::ListenerRule",
     LISTENER_RULE "[{Field: path-pattern, Values: [/a, /b, /c]}, {Field: host-header, Values: [a.b, b.b, c.b]}]}",
     "at most 5 values in all, not 6"},
    {"values twice", "AWS::ElasticLoadBalancingV2::ListenerRule",
     LISTENER_RULE "[{Field: path-pattern, Values: [/a], PathPatternConfig: {Values: [/b]}}]}",
     "has its values in PathPatternConfig, not in Values as well"},
    {"a field and another's values", "AWS::ElasticLoadBalancingV2::ListenerRule",
     LISTENER_RULE "[{Field: path-pattern, HostHeaderConfig: {Values: [a.b]}}]}",
     "a condition on path-pattern takes PathPatternConfig, not HostHeaderConfig"},
    {"a header field without a name", "AWS::ElasticLoadBalancingV2::ListenerRule",
     LISTENER_RULE "[{Field: http-header, HttpHeaderConfig: {Values: [a]}}]}", "needs the property \"HttpHeaderName\""},
    {"the host as a header field", "AWS::ElasticLoadBalancingV2::ListenerRule",
     LISTENER_RULE "[{HttpHeaderConfig: {HttpHeaderName: Host, Values: [a]}}]}", "use a condition on host-header"},
    {"a method in lower case", "AWS::ElasticLoadBalancingV2::ListenerRule",
     LISTENER_RULE "[{HttpRequestMethodConfig: {Values: [get]}}]}", "upper case letters"},
    {"an address that is no block", "AWS::ElasticLoadBalancingV2::ListenerRule",
     LISTENER_RULE "[{SourceIpConfig: {Values: [10.0.0.1]}}]}", "is a CIDR block"},
    {"a method beside Field", "AWS::ElasticLoadBalancingV2::ListenerRule",
     LISTENER_RULE "[{Field: http-request-method, Values: [GET]}]}", "needs HttpRequestMethodConfig"},
    {"a database of another kind", "AWS::RDS::DBInstance",
     "{Engine: postgres, MasterUsername: u, MasterUserPassword: p}",
     "Engine postgres is not offered yet; use mysql or mariadb"},
    {"a database in another case", "AWS::RDS::DBInstance",
     "{Engine: MySQL, MasterUsername: u, MasterUserPassword: password1}", ""},
    {"a short password", "AWS::RDS::DBInstance", "{Engine: mysql, MasterUsername: u, MasterUserPassword: secret1}",
     "MasterUserPassword must have 8 to 41 visible ASCII characters"},
    {"a database with a blank", "AWS::RDS::DBInstance",
     "{Engine: mysql, MasterUsername: u, MasterUserPassword: password1, DBInstanceIdentifier: my db}",
     "DBInstanceIdentifier must have 1 to 63 letters"},
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

BOOST_AUTO_TEST_CASE(what_names_an_id_is_known) {
  const auto value = ReadText(
      "{LoadBalancerArn: a, DefaultActions: [{ForwardConfig: {TargetGroups: [{TargetGroupArn: !Ref T}, "
      "{TargetGroupArn: t}]}}]}",
      "t");
  const std::vector<NamedId> ids = NamedIds(*FindSchema("AWS::ElasticLoadBalancingV2::Listener"), *value);
  BOOST_REQUIRE(ids.size() == 3u);
  BOOST_TEST((ids[0].kind == IdKind::kLoadBalancer));
  BOOST_TEST(ids[0].path == "LoadBalancerArn");
  BOOST_TEST((ids[1].kind == IdKind::kTargetGroup));
  BOOST_TEST(ids[2].path == "DefaultActions.ForwardConfig.TargetGroups.TargetGroupArn");
  BOOST_TEST(ids[2].value->text() == "t");
}

BOOST_AUTO_TEST_CASE(what_aws_takes_in_any_case_becomes_lower_case) {
  const auto value = ReadText("{Engine: MySQL, MasterUsername: u, MasterUserPassword: password1}", "t");
  std::vector<Diagnostic> problems;
  BOOST_TEST(Normalize(*FindSchema("AWS::RDS::DBInstance"), *value, problems).Get("Engine").text() == "mysql");
  BOOST_TEST(problems.empty());
}

BOOST_AUTO_TEST_CASE(there_are_all_the_types) {
  const std::set<std::string> expected = {"AWS::AutoScaling::AutoScalingGroup",
                                          "AWS::EC2::DHCPOptions",
                                          "AWS::EC2::EIP",
                                          "AWS::EC2::EIPAssociation",
                                          "AWS::EC2::EgressOnlyInternetGateway",
                                          "AWS::EC2::FlowLog",
                                          "AWS::EC2::IPAM",
                                          "AWS::EC2::IPAMAllocation",
                                          "AWS::EC2::IPAMPool",
                                          "AWS::EC2::IPAMPoolCidr",
                                          "AWS::EC2::IPAMScope",
                                          "AWS::EC2::Instance",
                                          "AWS::EC2::InternetGateway",
                                          "AWS::EC2::KeyPair",
                                          "AWS::EC2::LaunchTemplate",
                                          "AWS::EC2::NatGateway",
                                          "AWS::EC2::NetworkAcl",
                                          "AWS::EC2::NetworkAclEntry",
                                          "AWS::EC2::NetworkInterface",
                                          "AWS::EC2::NetworkInterfaceAttachment",
                                          "AWS::EC2::PlacementGroup",
                                          "AWS::EC2::PrefixList",
                                          "AWS::EC2::Route",
                                          "AWS::EC2::RouteTable",
                                          "AWS::EC2::SecurityGroup",
                                          "AWS::EC2::SecurityGroupEgress",
                                          "AWS::EC2::SecurityGroupIngress",
                                          "AWS::EC2::Subnet",
                                          "AWS::EC2::SubnetCidrBlock",
                                          "AWS::EC2::SubnetNetworkAclAssociation",
                                          "AWS::EC2::SubnetRouteTableAssociation",
                                          "AWS::EC2::VPC",
                                          "AWS::EC2::VPCCidrBlock",
                                          "AWS::EC2::VPCDHCPOptionsAssociation",
                                          "AWS::EC2::VPCEndpoint",
                                          "AWS::EC2::VPCGatewayAttachment",
                                          "AWS::EC2::VPCPeeringConnection",
                                          "AWS::EC2::Volume",
                                          "AWS::EC2::VolumeAttachment",
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
      "{LaunchTemplateData: {KernelId: k, ImageId: i, NetworkInterfaces: [{DeviceIndex: 0, SubnetId: s}, {DeviceIndex: "
      "1}], "
      "CreditSpecification: {CpuCredits: unlimited}}}",
      "t");
  const std::vector<std::string> expected = {"LaunchTemplateData.KernelId",
                                             "LaunchTemplateData.NetworkInterfaces.DeviceIndex",
                                             "LaunchTemplateData.CreditSpecification"};
  BOOST_TEST(UnenforcedProperties(*FindSchema("AWS::EC2::LaunchTemplate"), *value) == expected,
             boost::test_tools::per_element());
}

}  // namespace
}  // namespace nubo::stack
