// What a template names and the region does not have, and the other way round.
#include "nubo/region/stacks/references.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <ostream>
#include <string>

#include "absl/strings/str_replace.h"
#include "nubo/region/loop/catalog.h"
#include "tests/region/world.h"

namespace nubo::region {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;
constexpr auto kBad = absl::StatusCode::kInvalidArgument;

struct Case {
  const char* name;
  const char* resource;
  const char* message;
};
std::ostream& operator<<(std::ostream& out, const Case& test) { return out << test.name; }

#define ID "0123456789abcdef0"
#define GROUP(rest) \
  "{Type: AWS::AutoScaling::AutoScalingGroup, Properties: {MinSize: 0, MaxSize: 0, LaunchTemplate: {Version: 1, " rest

constexpr Case kUnknown[] = {
    {"a VPC of a group", "{Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: x, VpcId: vpc-" ID "}}",
     "shop.yaml:12:79: The vpc ID 'vpc-" ID "' does not exist (InvalidVpcID.NotFound)"},
    {"a VPC of a table", "{Type: AWS::EC2::RouteTable, Properties: {VpcId: vpc-" ID "}}", "InvalidVpcID.NotFound"},
    {"a VPC of a subnet", "{Type: AWS::EC2::Subnet, Properties: {CidrBlock: 10.0.9.0/24, VpcId: nonsense}}",
     "Invalid id: \"nonsense\" (expecting \"vpc-...\") (InvalidVpcID.Malformed)"},
    {"a VPC of a target group",
     "{Type: AWS::ElasticLoadBalancingV2::TargetGroup, Properties: {Port: 1, Protocol: HTTP, VpcId: vpc-" ID "}}",
     "InvalidVpcID.NotFound"},
    {"a table and a gateway of a route",
     "{Type: AWS::EC2::Route, Properties: {RouteTableId: rtb-" ID
     ", DestinationCidrBlock: 0.0.0.0/0, GatewayId: igw-" ID "}}",
     "The internetGateway ID 'igw-" ID "' does not exist (InvalidInternetGatewayID.NotFound)"},
    {"a table of an association",
     "{Type: AWS::EC2::SubnetRouteTableAssociation, Properties: {RouteTableId: nonsense, SubnetId: !Ref SubnetA}}",
     "InvalidRouteTableID.Malformed"},
    {"a subnet of an association",
     "{Type: AWS::EC2::SubnetRouteTableAssociation, Properties: {RouteTableId: rtb-" ID ", SubnetId: subnet-" ID "}}",
     "InvalidSubnetID.NotFound"},
    {"a gateway of an attachment",
     "{Type: AWS::EC2::VPCGatewayAttachment, Properties: {InternetGatewayId: igw-" ID ", VpcId: !Ref Vpc}}",
     "InvalidInternetGatewayID.NotFound"},
    {"a group of a rule",
     "{Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: x, VpcId: !Ref Vpc, SecurityGroupIngress: "
     "[{IpProtocol: -1, SourceSecurityGroupId: sg-" ID "}]}}",
     "The security group 'sg-" ID "' does not exist (InvalidGroup.NotFound)"},
    {"an image", "{Type: AWS::EC2::Instance, Properties: {SubnetId: !Ref SubnetA, ImageId: gone}}",
     "The image id 'gone' does not exist; register a directory under that name: nubo image import gone DIRECTORY "
     "(InvalidAMIID.NotFound)"},
    {"an image of a template", "{Type: AWS::EC2::LaunchTemplate, Properties: {LaunchTemplateData: {ImageId: gone}}}",
     "InvalidAMIID.NotFound"},
    {"a group of an instance",
     "{Type: AWS::EC2::Instance, Properties: {SubnetId: !Ref SubnetA, ImageId: web, SecurityGroupIds: [sg-" ID "]}}",
     "InvalidGroup.NotFound"},
    {"a subnet of a group", GROUP("LaunchTemplateName: x}, VPCZoneIdentifier: [subnet-" ID "]}}"),
     "InvalidSubnetID.NotFound"},
    {"a template of a group", GROUP("LaunchTemplateId: lt-" ID "}, VPCZoneIdentifier: [!Ref SubnetA]}}"),
     "InvalidLaunchTemplateId.NotFound"},
    {"a template's name", GROUP("LaunchTemplateName: nobody}, VPCZoneIdentifier: [!Ref SubnetA]}}"),
     "InvalidLaunchTemplateName.NotFoundException"},
    {"a load balancer",
     "{Type: AWS::ElasticLoadBalancingV2::Listener, Properties: {LoadBalancerArn: arn, Port: 80, Protocol: HTTP, "
     "DefaultActions: [{Type: fixed-response, FixedResponseConfig: {StatusCode: 200}}]}}",
     "LoadBalancerNotFound"},
    {"a listener and a target group",
     "{Type: AWS::ElasticLoadBalancingV2::ListenerRule, Properties: {ListenerArn: arn, Priority: 1, Actions: [{Type: "
     "forward, TargetGroupArn: arn}], Conditions: [{Field: path-pattern, Values: [/a]}]}}",
     "The target group 'arn' does not exist (TargetGroupNotFound)"},
    {"a zone",
     "{Type: AWS::Route53::RecordSet, Properties: {HostedZoneId: Z1, Name: a.test, Type: A, TTL: 1, ResourceRecords: "
     "[10.0.0.1]}}",
     "NoSuchHostedZone"},
    {"an instance of a target group",
     "{Type: AWS::ElasticLoadBalancingV2::TargetGroup, Properties: {Port: 1, Protocol: HTTP, VpcId: !Ref Vpc, Targets: "
     "[{Id: i-" ID "}]}}",
     "InvalidInstanceID.NotFound"},
    {"a secret",
     "{Type: AWS::EC2::Instance, Properties: {SubnetId: !Ref SubnetA, ImageId: web, UserData: {'Fn::Base64': "
     "'{{resolve:secretsmanager:gone:SecretString:password}}'}}}",
     "Secrets Manager can't find the specified secret, gone (ResourceNotFoundException)"},
    {"a zone of ours", "{Type: AWS::Route53::HostedZone, Properties: {Name: EC2.internal.}}",
     "HostedZoneAlreadyExists"},
};

#undef GROUP
#undef ID

BOOST_DATA_TEST_CASE_F(World, what_does_not_exist_is_refused_and_nothing_made, kUnknown) {
  const std::string body = absl::StrCat(kNetwork, "  X: ", sample.resource, "\n");
  BOOST_TEST(StatusIs(Create(body), kBad, sample.message));
  BOOST_TEST(StatusIs(DescribeChangeSet(context, {"shop", body, "shop.yaml", {}}), kBad, sample.message));
  BOOST_TEST(context.model.stacks.empty());
  BOOST_TEST(context.model.vpcs.empty());
}

// What is given by a parameter is known as well as what stands there.
BOOST_FIXTURE_TEST_CASE(an_id_in_a_parameter_is_looked_up, World) {
  const std::string body =
      "Parameters: {Vpc: {Type: 'AWS::EC2::VPC::Id'}}\n"
      "Resources: {T: {Type: AWS::EC2::RouteTable, Properties: {VpcId: !Ref Vpc}}}";
  const auto created = CreateStack(context, {"shop", body, "shop.yaml", {{"Vpc", "vpc-0123456789abcdef0"}}});
  BOOST_TEST(StatusIs(created, kBad, "InvalidVpcID.NotFound"));
}

BOOST_FIXTURE_TEST_CASE(what_another_stack_made_may_be_named, Shop) {
  const std::string vpc = context.model.vpcs.begin()->first;
  const std::string body = absl::StrCat("Resources: {T: {Type: AWS::EC2::RouteTable, Properties: {VpcId: ", vpc, "}}}");
  BOOST_TEST(IsOk(Create(body, "other")));
}

BOOST_FIXTURE_TEST_CASE(an_image_that_will_be_registered_is_one_for_a_plan, World) {
  const std::string body =
      absl::StrCat(kNetwork, "  I: {Type: AWS::EC2::Instance, Properties: {SubnetId: !Ref SubnetA, ImageId: new}}\n");
  StackRequest request{"shop", body, "shop.yaml", {}};
  BOOST_TEST(StatusIs(DescribeCreation(AllResourceTypes(), request), kBad, "InvalidAMIID.NotFound"));
  request.images.insert("new");
  BOOST_TEST(IsOk(DescribeCreation(AllResourceTypes(), request)));
  BOOST_TEST(IsOk(DescribeChangeSet(context, request)));
}

constexpr char kNamed[] = R"(
  Balancer: {Type: AWS::ElasticLoadBalancingV2::LoadBalancer, Properties: {Name: front, Subnets: [!Ref SubnetA, !Ref SubnetB]}}
  Targets: {Type: AWS::ElasticLoadBalancingV2::TargetGroup, Properties: {Name: web, VpcId: !Ref Vpc, Protocol: HTTP, Port: 80}}
  Template: {Type: AWS::EC2::LaunchTemplate, Properties: {LaunchTemplateName: small, LaunchTemplateData: {ImageId: web}}}
  Group:
    Type: AWS::AutoScaling::AutoScalingGroup
    Properties:
      AutoScalingGroupName: workers
      MinSize: 0
      MaxSize: 0
      LaunchTemplate: {LaunchTemplateName: small, Version: 1}
      VPCZoneIdentifier: [!Ref SubnetA]
    DependsOn: Template
  Zone: {Type: AWS::Route53::HostedZone, Properties: {Name: shop.test}}
)";

BOOST_FIXTURE_TEST_CASE(names_in_use_are_refused_before_anything_is_made, World) {
  const std::string body = absl::StrCat(kNetwork, kNamed);
  BOOST_REQUIRE(IsOk(Create(body)));
  Settle();
  BOOST_REQUIRE_EQUAL(StackStatus(), "CREATE_COMPLETE");
  const auto again = Create(body, "other");
  for (const char* code : {"DuplicateLoadBalancerName", "DuplicateTargetGroupName", "AlreadyExists",
                           "InvalidLaunchTemplateName.AlreadyExistsException", "HostedZoneAlreadyExists"}) {
    BOOST_TEST(StatusIs(again, kBad, code), code);
  }
  BOOST_TEST(context.model.stacks.size() == 1u);
  // Its own are its own.
  BOOST_TEST(IsOk(Update(absl::StrReplaceAll(body, {{"MaxSize: 0", "MaxSize: 1"}}))));
}

BOOST_FIXTURE_TEST_CASE(subnets_that_name_no_zone_are_in_zones_of_their_own, World) {
  const std::string body = absl::StrCat(
      absl::StrReplaceAll(kNetwork, {{", AvailabilityZone: us-east-1a", ""}, {", AvailabilityZone: us-east-1b", ""}}),
      "  L: {Type: AWS::ElasticLoadBalancingV2::LoadBalancer, Properties: {Subnets: [!Ref SubnetA, !Ref SubnetB]}}\n");
  BOOST_REQUIRE(IsOk(Create(body)));
  Settle();
  BOOST_TEST(StackStatus() == "CREATE_COMPLETE", Failure());
}

constexpr char kRule[] = R"(
  Rule:
    Type: AWS::ElasticLoadBalancingV2::ListenerRule
    Properties:
      ListenerArn: !Ref Listener
      Priority: 7
      Actions: [{Type: fixed-response, FixedResponseConfig: {StatusCode: 200}}]
      Conditions:
        - {HostHeaderConfig: {Values: [a.test]}}
        - {HttpHeaderConfig: {HttpHeaderName: X-A, Values: ['b*']}}
        - {HttpRequestMethodConfig: {Values: [GET]}}
        - {QueryStringConfig: {Values: [{Key: k, Value: v}]}}
        - {SourceIpConfig: {Values: [127.0.0.0/8]}}
)";

BOOST_FIXTURE_TEST_CASE(all_kinds_of_conditions_reach_the_load_balancer, World) {
  BOOST_REQUIRE(IsOk(Create(absl::StrCat(kNetwork, kService, kRule))));
  Settle();
  BOOST_REQUIRE_EQUAL(StackStatus(), "CREATE_COMPLETE");
  const proxy::v1::Configuration config = BalancerConfig(context, context.model.load_balancers.begin()->second);
  BOOST_REQUIRE(config.listeners(0).rules_size() == 1);
  const proxy::v1::Rule& rule = config.listeners(0).rules(0);
  BOOST_TEST(rule.host_patterns(0) == "a.test");
  BOOST_TEST(rule.headers(0).name() == "X-A");
  BOOST_TEST(rule.headers(0).patterns(0) == "b*");
  BOOST_TEST(rule.methods(0) == "GET");
  BOOST_TEST(rule.queries(0).patterns(0).key() == "k");
  BOOST_TEST(rule.queries(0).patterns(0).value() == "v");
  BOOST_TEST(rule.source_cidrs(0) == "127.0.0.0/8");
}

BOOST_FIXTURE_TEST_CASE(metadata_that_would_act_are_told_and_described, World) {
  BOOST_REQUIRE(IsOk(Create(absl::StrCat(
      kNetwork,
      "  I:\n    Type: AWS::EC2::Instance\n    Metadata: {AWS::CloudFormation::Init: {config: {}}, Comment: a}\n"
      "    Properties: {SubnetId: !Ref SubnetA, ImageId: web}\n"))));
  Settle();
  BOOST_TEST(Told("Metadata.AWS::CloudFormation::Init is accepted but not enforced"));
  for (const v1::StackResourceState& resource : context.model.stacks.Find("shop")->resources()) {
    if (resource.logical_id() != "I") continue;
    BOOST_REQUIRE(resource.not_enforced_size() == 1);
    BOOST_TEST(resource.not_enforced(0) == "Metadata.AWS::CloudFormation::Init");
  }
}

}  // namespace
}  // namespace nubo::region
