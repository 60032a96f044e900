// Every property that the reference calls enforced is read by the code that makes the resource, and, where a change of
// it is said to alter the resource in place, by the code that changes it.
//
// One stack asks for everything there is. The handlers get properties that note what they are asked for; whatever the
// schema marks as enforced and nobody asked for fails the test by its path. What is not acted on must say so in the
// schema: Silent (told as not enforced), or Label (kept and shown, with nothing to act on).
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/types/span.h"
#include "nubo/region/resources/handlers.h"
#include "nubo/stack/schema.h"
#include "nubo/stack/value.h"
#include "tests/region/world.h"

namespace nubo::region {
namespace {

using Fields = absl::Span<const stack::PropertySpec>;
using Paths_ = std::set<std::string>;

// What has fields or keys has to be given, so that they can be asked for; all else may as well be absent.
constexpr char kEverything[] = R"(
Resources:
  Vpc:
    Type: AWS::EC2::VPC
    Properties: {CidrBlock: 10.0.0.0/16}
  SubnetA:
    Type: AWS::EC2::Subnet
    Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24, AvailabilityZone: us-east-1a}
  SubnetB:
    Type: AWS::EC2::Subnet
    Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.2.0/24, AvailabilityZone: us-east-1b}
  Gateway: {Type: AWS::EC2::InternetGateway}
  Attachment:
    Type: AWS::EC2::VPCGatewayAttachment
    Properties: {VpcId: !Ref Vpc, InternetGatewayId: !Ref Gateway}
  Routes: {Type: AWS::EC2::RouteTable, Properties: {VpcId: !Ref Vpc}}
  Route:
    Type: AWS::EC2::Route
    Properties: {RouteTableId: !Ref Routes, DestinationCidrBlock: 0.0.0.0/0, GatewayId: !Ref Gateway}
  Association:
    Type: AWS::EC2::SubnetRouteTableAssociation
    Properties: {RouteTableId: !Ref Routes, SubnetId: !Ref SubnetA}
  Firewall:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: all
      VpcId: !Ref Vpc
      SecurityGroupIngress: [{IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 0.0.0.0/0}]
      SecurityGroupEgress: [{IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 0.0.0.0/0}]
  Template:
    Type: AWS::EC2::LaunchTemplate
    Properties:
      LaunchTemplateData:
        ImageId: web
        Placement: {AvailabilityZone: us-east-1a, GroupName: !Ref Near}
        BlockDeviceMappings: [{DeviceName: /dev/sdf, Ebs: {VolumeSize: 8}}]
        TagSpecifications: [{ResourceType: instance, Tags: [{Key: Name, Value: web}]}]
        MetadataOptions: {HttpTokens: required}
        NetworkInterfaces: [{DeviceIndex: 0, SubnetId: !Ref SubnetA, Groups: [!Ref Firewall]}]
        UserData: {"Fn::Base64": "#!/bin/sh\nexec web\n"}
  Launched:
    Type: AWS::EC2::Instance
    Properties: {LaunchTemplate: {LaunchTemplateId: !Ref Template, Version: !GetAtt Template.LatestVersionNumber}}
  Alone:
    Type: AWS::EC2::Instance
    Properties:
      ImageId: web
      BlockDeviceMappings: [{DeviceName: /dev/sdg, Ebs: {VolumeSize: 8}}]
      MetadataOptions: {HttpTokens: required}
      NetworkInterfaces: [{DeviceIndex: "0", SubnetId: !Ref SubnetA, GroupSet: [!Ref Firewall]}]
  Near: {Type: AWS::EC2::PlacementGroup}
  Key:
    Type: AWS::EC2::KeyPair
    Properties: {KeyName: mine, PublicKeyMaterial: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAOB3CtwIdFIOARvQb8KXF+EG/V5gf5LbJnpSR8RhzIN me}
  Volume: {Type: AWS::EC2::Volume, Properties: {AvailabilityZone: us-east-1a, Size: 8}}
  Kept:
    Type: AWS::EC2::VolumeAttachment
    Properties: {VolumeId: !Ref Volume, InstanceId: !Ref Alone}
  Elastic: {Type: AWS::EC2::EIP, Properties: {InstanceId: !Ref Alone}}
  Movable: {Type: AWS::EC2::EIP}
  Moved:
    Type: AWS::EC2::EIPAssociation
    Properties: {AllocationId: !GetAtt Movable.AllocationId, NetworkInterfaceId: !Ref Interface}
  Translated: {Type: AWS::EC2::EIP}
  Nat:
    Type: AWS::EC2::NatGateway
    Properties: {SubnetId: !Ref SubnetA, AllocationId: !GetAtt Translated.AllocationId}
  EgressOnly: {Type: AWS::EC2::EgressOnlyInternetGateway, Properties: {VpcId: !Ref Vpc}}
  Acl: {Type: AWS::EC2::NetworkAcl, Properties: {VpcId: !Ref Vpc}}
  Entry:
    Type: AWS::EC2::NetworkAclEntry
    Properties:
      {NetworkAclId: !Ref Acl, RuleNumber: 1, Protocol: 6, RuleAction: allow, CidrBlock: 0.0.0.0/0,
       PortRange: {From: 80, To: 80}}
  Edge:
    Type: AWS::EC2::SubnetNetworkAclAssociation
    Properties: {SubnetId: !Ref SubnetA, NetworkAclId: !Ref Acl}
  In:
    Type: AWS::EC2::SecurityGroupIngress
    Properties: {GroupId: !Ref Firewall, IpProtocol: tcp, FromPort: 81, ToPort: 81, CidrIp: 0.0.0.0/0}
  Out:
    Type: AWS::EC2::SecurityGroupEgress
    Properties: {GroupId: !Ref Firewall, IpProtocol: tcp, FromPort: 81, ToPort: 81, CidrIp: 0.0.0.0/0}
  Interface: {Type: AWS::EC2::NetworkInterface, Properties: {SubnetId: !Ref SubnetA}}
  Plugged:
    Type: AWS::EC2::NetworkInterfaceAttachment
    Properties: {NetworkInterfaceId: !Ref Interface, InstanceId: !Ref Alone, DeviceIndex: "1"}
  Ipam: {Type: AWS::EC2::IPAM}
  Scope: {Type: AWS::EC2::IPAMScope, Properties: {IpamId: !Ref Ipam}}
  Pool:
    Type: AWS::EC2::IPAMPool
    Properties: {IpamScopeId: !Ref Scope, AddressFamily: ipv4, ProvisionedCidrs: [{Cidr: 10.128.0.0/12}]}
  PoolBlock: {Type: AWS::EC2::IPAMPoolCidr, Properties: {IpamPoolId: !Ref Pool, Cidr: 10.64.0.0/12}}
  Allocation: {Type: AWS::EC2::IPAMAllocation, Properties: {IpamPoolId: !Ref Pool, NetmaskLength: 16}}
  OtherVpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.1.0.0/16}}
  Peering: {Type: AWS::EC2::VPCPeeringConnection, Properties: {VpcId: !Ref Vpc, PeerVpcId: !Ref OtherVpc}}
  Endpoint:
    Type: AWS::EC2::VPCEndpoint
    Properties: {VpcId: !Ref Vpc, ServiceName: com.amazonaws.us-east-1.s3, RouteTableIds: [!Ref Routes]}
  Secondary: {Type: AWS::EC2::VPCCidrBlock, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.2.0.0/16}}
  Ipv6: {Type: AWS::EC2::VPCCidrBlock, Properties: {VpcId: !Ref OtherVpc, AmazonProvidedIpv6CidrBlock: true}}
  OtherSubnet: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref OtherVpc, CidrBlock: 10.1.1.0/24}}
  Dual:
    Type: AWS::EC2::SubnetCidrBlock
    DependsOn: Ipv6
    Properties:
      SubnetId: !Ref OtherSubnet
      Ipv6CidrBlock: !Select [0, !Cidr [!Select [0, !GetAtt OtherVpc.Ipv6CidrBlocks], 4, 64]]
  Options: {Type: AWS::EC2::DHCPOptions, Properties: {DomainName: shop.internal}}
  Told: {Type: AWS::EC2::VPCDHCPOptionsAssociation, Properties: {VpcId: !Ref Vpc, DhcpOptionsId: !Ref Options}}
  List:
    Type: AWS::EC2::PrefixList
    Properties: {PrefixListName: l, AddressFamily: IPv4, MaxEntries: 1, Entries: [{Cidr: 192.0.2.0/24}]}
  Log:
    Type: AWS::EC2::FlowLog
    Properties: {ResourceId: !Ref Vpc, ResourceType: VPC, LogGroupName: flows}
  Group:
    Type: AWS::AutoScaling::AutoScalingGroup
    Properties:
      MinSize: 1
      MaxSize: 1
      VPCZoneIdentifier: [!Ref SubnetA]
      LaunchTemplate: {LaunchTemplateId: !Ref Template, Version: !GetAtt Template.LatestVersionNumber}
      TargetGroupARNs: [!Ref Targets]
      Tags: [{Key: a, Value: b, PropagateAtLaunch: true}]
  Balancer:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties:
      Subnets: [!Ref SubnetA, !Ref SubnetB]
      LoadBalancerAttributes: [{Key: idle_timeout.timeout_seconds, Value: "60"}]
  Mapped:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties:
      SubnetMappings: [{SubnetId: !Ref SubnetA}, {SubnetId: !Ref SubnetB}]
  Targets:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties:
      VpcId: !Ref Vpc
      Protocol: HTTP
      Port: 8080
      Matcher: {HttpCode: "200"}
      Targets: [{Id: !Ref Alone, Port: 8081}]
      TargetGroupAttributes: [{Key: slow_start.duration_seconds, Value: "0"}]
  Rpcs:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties: {VpcId: !Ref Vpc, Protocol: HTTP, Port: 8080, ProtocolVersion: GRPC, Matcher: {GrpcCode: "0"}}
  Listener:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !Ref Balancer
      Port: 80
      Protocol: HTTP
      DefaultActions:
        - Type: forward
          ForwardConfig:
            TargetGroups: [{TargetGroupArn: !Ref Targets, Weight: 1}]
            TargetGroupStickinessConfig: {Enabled: true, DurationSeconds: 60}
  Elsewhere:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !Ref Balancer
      Port: 81
      Protocol: HTTP
      DefaultActions: [{Type: redirect, RedirectConfig: {StatusCode: HTTP_301, Path: /elsewhere}}]
  Fixed:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !Ref Balancer
      Port: 82
      Protocol: HTTP
      DefaultActions: [{Type: fixed-response, FixedResponseConfig: {StatusCode: "404"}}]
  ForwardRule:
    Type: AWS::ElasticLoadBalancingV2::ListenerRule
    Properties:
      ListenerArn: !Ref Listener
      Priority: 1
      Conditions: [{Field: path-pattern, PathPatternConfig: {Values: [/a]}}]
      Actions:
        - Type: forward
          ForwardConfig:
            TargetGroups: [{TargetGroupArn: !Ref Targets, Weight: 1}]
            TargetGroupStickinessConfig: {Enabled: true, DurationSeconds: 60}
  RedirectRule:
    Type: AWS::ElasticLoadBalancingV2::ListenerRule
    Properties:
      ListenerArn: !Ref Listener
      Priority: 2
      Conditions: [{Field: host-header, HostHeaderConfig: {Values: [a.example]}}]
      Actions: [{Type: redirect, RedirectConfig: {StatusCode: HTTP_301, Path: /elsewhere}}]
  FixedRule:
    Type: AWS::ElasticLoadBalancingV2::ListenerRule
    Properties:
      ListenerArn: !Ref Listener
      Priority: 3
      Conditions:
        - {Field: path-pattern, Values: [/b]}
        - {Field: http-header, HttpHeaderConfig: {HttpHeaderName: x-a, Values: [b]}}
        - {Field: query-string, QueryStringConfig: {Values: [{Key: a, Value: b}]}}
        - {Field: http-request-method, HttpRequestMethodConfig: {Values: [GET]}}
        - {Field: source-ip, SourceIpConfig: {Values: [10.0.0.0/8]}}
      Actions: [{Type: fixed-response, FixedResponseConfig: {StatusCode: "404"}}]
  Zone: {Type: AWS::Route53::HostedZone, Properties: {Name: shop.localhost}}
  Record:
    Type: AWS::Route53::RecordSet
    Properties: {HostedZoneId: !Ref Zone, Name: a.shop.localhost, Type: A, TTL: 60, ResourceRecords: [10.0.0.9]}
  Alias:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneName: shop.localhost.
      Name: www.shop.localhost
      Type: A
      AliasTarget: {DNSName: !GetAtt Balancer.DNSName, HostedZoneId: !GetAtt Balancer.CanonicalHostedZoneID}
    DependsOn: Zone
  Database:
    Type: AWS::RDS::DBInstance
    DependsOn: [SubnetA, SubnetB]
    Properties: {Engine: mysql, MasterUsername: admin, ManageMasterUserPassword: true}
)";

// Asked for together with a routing policy alone, each of which is refused; tried below.
const std::set<std::string> kRefused = {"AWS::Route53::RecordSet SetIdentifier"};

constexpr const char* kRefusals[] = {
    R"(
  Other:
    Type: AWS::Route53::RecordSet
    Properties: {HostedZoneId: !Ref Zone, Name: b.shop.localhost, Type: A, TTL: 60, ResourceRecords: [10.0.0.9],
      SetIdentifier: a, GeoLocation: {CountryCode: DE}}
)",
    R"(
  Other: {Type: AWS::ElasticLoadBalancingV2::LoadBalancer, Properties: {Type: network, Subnets: [!Ref SubnetA, !Ref SubnetB]}}
)",
    R"(
  Other: {Type: AWS::ElasticLoadBalancingV2::LoadBalancer, Properties: {Type: gateway, Subnets: [!Ref SubnetA, !Ref SubnetB]}}
)",
};

// Of the choices the schema takes one only: there is nothing to choose by.
bool OfOneChoice(const stack::PropertySpec& spec) {
  return spec.offered != nullptr && !absl::StrContains(spec.offered, ',');
}

// The paths that somebody has to ask for; `in_place`: of those alone that change in place.
void Wanted(Fields fields, const std::string& path, bool in_place, Paths_& wanted) {
  for (const stack::PropertySpec& spec : fields) {
    const std::string here = absl::StrCat(path, spec.name);
    if (in_place && spec.replaces) continue;
    if (!spec.enforced || spec.label || spec.refused != nullptr || OfOneChoice(spec) || kRefused.count(here) > 0)
      continue;
    wanted.insert(here);
    if (spec.keys.empty()) Wanted(spec.fields, absl::StrCat(here, "."), in_place, wanted);
    for (const stack::PropertySpec& key : spec.keys) {
      if (key.enforced) wanted.insert(absl::StrCat(here, ".", key.name));
    }
  }
}

// The paths that were asked for.
void Collect(Fields fields, const stack::Value& object, const std::string& path, Paths_& read) {
  for (const std::string& name : object.Read()) read.insert(path + name);
  for (const stack::Member& member : object.members()) {
    const stack::PropertySpec* spec = stack::FindProperty(fields, member.key);
    if (spec == nullptr) continue;
    const std::string here = absl::StrCat(path, member.key, ".");
    Collect(spec->fields, member.value, here, read);
    for (const stack::Value& item : member.value.items()) Collect(spec->fields, item, here, read);
  }
}

// A World whose handlers note what they read of the properties they are given.
struct Observed : World {
  // From here on.
  void Observe() {
    for (const stack::Schema& schema : stack::AllSchemas()) {
      if (types.Find(schema.type) == nullptr) continue;
      ResourceType& type = types.Add(schema.type);
      type.create = [this, &schema, create = type.create](Context& context_, const stack::ResourceContext& resource,
                                                          const stack::Value& given) {
        stack::Value noted = given;
        noted.NoteReads();
        auto id = create(context_, resource, noted);
        Collect(schema.properties, noted, absl::StrCat(schema.type, " "), read);
        if (id.ok()) made.push_back({&schema, resource, *id, given});
        return id;
      };
    }
  }

  // Changes all that was made to what it is, and notes what is read for that alone.
  void ChangeEverything() {
    read.clear();
    for (const Made& one : made) {
      const ResourceType& type = *types.Find(one.schema->type);
      if (!type.update) continue;
      stack::Value noted = one.given;
      noted.NoteReads();
      stack::ResourceContext resource = one.resource;
      resource.stack_status = stack::StackStatus::kUpdateInProgress;
      BOOST_TEST(testing::IsOk(type.update(context, resource, one.id, noted)), one.schema->type);
      Collect(one.schema->properties, noted, absl::StrCat(one.schema->type, " "), read);
    }
  }

  // Of what is told as a whole not to be enforced nothing has to be read.
  std::set<std::string> ToldAsAWhole() const {
    std::set<std::string> told;
    for (const auto& [name, type] : types) {
      if (type.asks_for.has_value() && !fabric->WhyNotEnforced(*type.asks_for).empty()) told.insert(name);
    }
    return told;
  }

  void MakeEverything() {
    BOOST_REQUIRE(testing::IsOk(Create(kEverything)));
    Settle();
    BOOST_REQUIRE_MESSAGE(StackStatus() == "CREATE_COMPLETE", Failure());
  }

  std::vector<std::string> Unread(bool in_place = false) {
    const std::set<std::string> told = ToldAsAWhole();
    std::vector<std::string> unread;
    for (const stack::Schema& schema : stack::AllSchemas()) {
      if (told.count(schema.type) > 0) continue;
      Paths_ wanted;
      Wanted(schema.properties, absl::StrCat(schema.type, " "), in_place, wanted);
      for (const std::string& path : wanted) {
        if (read.count(path) == 0) unread.push_back(path);
      }
    }
    return unread;
  }

  struct Made {
    const stack::Schema* schema;
    stack::ResourceContext resource;
    std::string id;
    stack::Value given;
  };
  Paths_ read;
  std::vector<Made> made;
};

BOOST_FIXTURE_TEST_SUITE(unread_properties, Observed)

BOOST_AUTO_TEST_CASE(what_is_marked_enforced_is_read) {
  Observe();
  MakeEverything();
  const std::vector<std::string> unread = Unread();
  BOOST_TEST(unread.empty(), "marked enforced, and read by nobody; mark it Silent or Label, or act on it:\n  "
                                 << absl::StrJoin(unread, "\n  "));
}

BOOST_AUTO_TEST_CASE(a_handler_that_stops_reading_is_found) {
  ResourceType& subnet = types.Add("AWS::EC2::Subnet");
  subnet.create = [create = subnet.create](Context& context_, const stack::ResourceContext& resource,
                                           const stack::Value& given) {
    stack::Value apart = given;
    apart.NoteReads();  // notes of its own: for those of `given` nobody reads anything
    return create(context_, resource, apart);
  };
  Observe();
  MakeEverything();
  const std::vector<std::string> unread = Unread();
  BOOST_TEST(absl::StrContains(absl::StrJoin(unread, " "), "AWS::EC2::Subnet CidrBlock"));
}

BOOST_AUTO_TEST_CASE(what_changes_in_place_is_read_for_a_change) {
  Observe();
  MakeEverything();
  ChangeEverything();
  const std::vector<std::string> unread = Unread(/*in_place=*/true);
  BOOST_TEST(unread.empty(),
             "marked enforced and as changing in place, and read by no change; mark it as replacing, or "
             "act on it:\n  "
                 << absl::StrJoin(unread, "\n  "));
}

// What is excused from being read, because it is refused.
BOOST_DATA_TEST_CASE(what_is_refused_is_refused, boost::unit_test::data::make(kRefusals), refusal) {
  const absl::StatusOr<StackAnswer> answer = Create(absl::StrCat(kEverything, refusal));
  Settle();
  BOOST_TEST((!answer.ok() || StackStatus() != "CREATE_COMPLETE"), refusal);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::region
