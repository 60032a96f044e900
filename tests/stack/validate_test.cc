#include "nubo/stack/validate.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <ostream>
#include <string>

#include "absl/strings/str_cat.h"
#include "nubo/stack/parse.h"
#include "nubo/testing/status_matchers.h"
#include "tests/stack/todo_template.h"

namespace nubo::stack {
namespace {

using ::nubo::testing::IsOk;

// All that Validate() says about `text`, one problem a line.
std::string ProblemsOf(absl::string_view text, const std::map<std::string, std::string>& parameters = {}) {
  const auto parsed = Parse(text, "t");
  BOOST_REQUIRE(IsOk(parsed));
  const auto bindings = Bind(*parsed, parameters, {});
  BOOST_REQUIRE(IsOk(bindings));
  return std::string(ToStatus("t", Validate(*parsed, *bindings)).message());
}

struct Case {
  const char* name;
  const char* resources;
  const char* problems;
};
std::ostream& operator<<(std::ostream& out, const Case& test) { return out << test.name; }

#define VPC "  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}\n"
#define SUBNET(id, vpc, block) \
  "  " id ": {Type: AWS::EC2::Subnet, Properties: {VpcId: " vpc ", CidrBlock: " block "}}\n"
#define LISTENER(id, port)                                                                                         \
  "  " id                                                                                                          \
  ": {Type: AWS::ElasticLoadBalancingV2::Listener, Properties: {LoadBalancerArn: arn, Protocol: HTTP, Port: " port \
  ", DefaultActions: [{Type: forward, TargetGroupArn: t}]}}\n"
#define RULE(id, listener, priority)                                                             \
  "  " id ": {Type: AWS::ElasticLoadBalancingV2::ListenerRule, Properties: {Priority: " priority \
  ", ListenerArn: " listener                                                                     \
  ", Actions: [{Type: forward, TargetGroupArn: t}], Conditions: [{Field: path-pattern, Values: [/]}]}}\n"
#define RECORD(id, rest)                                                                                        \
  "  " id                                                                                                       \
  ": {Type: AWS::Route53::RecordSet, Properties: {HostedZoneId: z, Name: n, Type: A, TTL: 1, ResourceRecords: " \
  "[10.0.0.1]" rest "}}\n"

#define ZONE(name) "  Zone: {Type: AWS::Route53::HostedZone, Properties: {Name: " name "}}\n"
#define IN_ZONE(id, zone, name, type, value)                                                                     \
  "  " id ": {Type: AWS::Route53::RecordSet, Properties: {HostedZoneId: " zone ", Name: '" name "', Type: " type \
  ", TTL: 1, ResourceRecords: [" value "]}}\n"

#define ZONED(id, zone)                                         \
  "  " id ": {Type: AWS::EC2::Subnet, Properties: {VpcId: v" id \
  ", CidrBlock: 10.0.0.0/24, AvailabilityZone: "                \
  "us-east-1" zone "}}\n"
#define BALANCER(subnets) \
  "  L: {Type: AWS::ElasticLoadBalancingV2::LoadBalancer, Properties: {Subnets: [" subnets "]}}\n"
#define DATABASE(password)                                                                                         \
  "  D: {Type: AWS::RDS::DBInstance, Properties: {Engine: mysql, MasterUsername: u, MasterUserPassword: " password \
  "}}\n"

constexpr Case kCases[] = {
    {"subnets side by side", VPC SUBNET("A", "!Ref Vpc", "10.0.0.0/24") SUBNET("B", "!Ref Vpc", "10.0.1.0/24"), ""},
    {"overlapping subnets", VPC SUBNET("A", "!Ref Vpc", "10.0.0.0/23") SUBNET("B", "!GetAtt Vpc.VpcId", "10.0.1.0/24"),
     "t:4:81: subnets A (10.0.0.0/23) and B (10.0.1.0/24) of one VPC overlap"},
    {"equal subnets of two VPCs", SUBNET("A", "vpc-1", "10.0.0.0/24") SUBNET("B", "vpc-2", "10.0.0.0/24"), ""},
    {"equal subnets of a VPC elsewhere", SUBNET("A", "vpc-1", "10.0.0.0/24") SUBNET("B", "vpc-1", "10.0.0.0/24"),
     "t:3:69: subnets A (10.0.0.0/24) and B (10.0.0.0/24) of one VPC overlap"},
    {"a subnet outside", VPC SUBNET("A", "!Ref Vpc", "10.1.0.0/24"),
     "t:3:72: subnet A has the block 10.1.0.0/24, which is not inside 10.0.0.0/16 of its VPC Vpc"},
    {"a subnet made by a function", VPC SUBNET("A", "!Ref Vpc", "!Select [0, !Cidr [10.1.0.0/16, 1, 8]]"),
     "t:3:72: subnet A has the block 10.1.0.0/24, which is not inside 10.0.0.0/16 of its VPC Vpc"},
    {"a subnet that is not known yet", VPC SUBNET("A", "!Ref Vpc", "!Select [0, !Cidr [!GetAtt Vpc.CidrBlock, 1, 8]]"),
     ""},
    {"a function that cannot be evaluated", VPC SUBNET("A", "!Ref Vpc", "!Select [5, [a]]"),
     "t:3:72: Template error: Fn::Select cannot select nonexistent value at index 5; the list has 1 values"},
    {"listeners on two ports", LISTENER("A", "80") LISTENER("B", "81"), ""},
    {"listeners on one port", LISTENER("A", "80") LISTENER("B", "'80'"), "t:3:109: A and B listen on the same port"},
    {"priorities of two listeners", RULE("A", "x", "1") RULE("B", "y", "1"), ""},
    {"priorities of one listener", RULE("A", "x", "1") RULE("B", "x", "1"), "t:3:79: A and B have the same priority"},
    {"routes to one destination",
     "  A: {Type: AWS::EC2::Route, Properties: {RouteTableId: r, DestinationCidrBlock: 0.0.0.0/0, GatewayId: g}}\n"
     "  B: {Type: AWS::EC2::Route, Properties: {RouteTableId: r, DestinationCidrBlock: 0.0.0.0/0, GatewayId: h}}\n",
     "t:3:82: A and B have the same destination"},
    {"one simple record", RECORD("A", ""), ""},
    {"a record outside of its zone", ZONE("Shop.test.") IN_ZONE("A", "!Ref Zone", "www.other.test", "A", "10.0.0.1"),
     "t:3:82: RRSet with DNS name www.other.test. is not permitted in zone shop.test."},
    {"a record in its zone", ZONE("Shop.test.") IN_ZONE("A", "!GetAtt Zone.Id", "WWW.shop.test", "A", "10.0.0.1"), ""},
    {"a CNAME at the apex", ZONE("shop.test") IN_ZONE("A", "!Ref Zone", "shop.test.", "CNAME", "a.test"),
     "t:3:82: RRSet of type CNAME with DNS name shop.test. is not permitted at apex in zone shop.test.; use an alias"},
    {"a CNAME beside an address",
     ZONE("shop.test") IN_ZONE("A", "!Ref Zone", "www.shop.test", "A", "10.0.0.1")
         IN_ZONE("B", "!Ref Zone", "WWW.shop.test.", "CNAME", "a.test"),
     "t:4:82: RRSet of type CNAME with DNS name www.shop.test. is not permitted as it conflicts with other records "
     "with the "
     "same DNS name in zone shop.test."},
    {"an address beside a CNAME",
     IN_ZONE("B", "z", "www.shop.test.", "CNAME", "a.test") IN_ZONE("A", "z", "www.shop.test", "A", "10.0.0.1"),
     "t:3:74: RRSet of type A with DNS name www.shop.test. is not permitted because a conflicting RRSet of type CNAME "
     "with the "
     "same DNS name already exists"},
    {"one name written in two ways",
     IN_ZONE("B", "z", "\\052.shop.test.", "A", "10.0.0.2") IN_ZONE("A", "z", "*.shop.test", "A", "10.0.0.1"),
     "t:3:74: B and A are records of the same name and type; give each a routing policy and a SetIdentifier of its "
     "own"},
    {"one name in two zones",
     IN_ZONE("B", "y", "www.shop.test.", "CNAME", "a.test") IN_ZONE("A", "z", "www.shop.test", "A", "10.0.0.1"), ""},
    {"two simple records", RECORD("A", "") RECORD("B", ""),
     "t:3:74: A and B are records of the same name and type; give each a routing policy and a SetIdentifier of its "
     "own"},
    {"a VPC where a subnet is wanted",
     VPC "  A: {Type: AWS::EC2::SubnetRouteTableAssociation, Properties: {SubnetId: !Ref "
         "Vpc, RouteTableId: r}}\n",
     "t:3:75: AWS::EC2::SubnetRouteTableAssociation SubnetId must be the subnet's id (subnet-…), but Ref Vpc gives the "
     "VPC's id (vpc-…) (AWS::EC2::VPC)"},
    {"two subnets of one zone", ZONED("A", "a") ZONED("B", "a") BALANCER("!Ref A, !Ref B"),
     "t:4:87: A load balancer cannot be attached to multiple subnets in the same Availability Zone (us-east-1a); that "
     "of "
     "L is named a second time here (InvalidConfigurationRequest)"},
    {"two subnets of two zones", ZONED("A", "a") ZONED("B", "b") BALANCER("!Ref A, !Ref B"), ""},
    {"one subnet twice", SUBNET("A", "v", "10.0.0.0/24") BALANCER("!Ref A, !Ref A"),
     "t:3:87: A load balancer cannot be attached to multiple subnets in the same Availability Zone; that of L is named "
     "a "
     "second time here (InvalidConfigurationRequest)"},
    {"a database nowhere", DATABASE("password1"),
     "t:2:35: AWS::RDS::DBInstance needs VPCSecurityGroups of a VPC that has a subnet, or a subnet in its stack: there "
     "is "
     "no default VPC here"},
    {"a secret of nobody as a password",
     SUBNET("A", "v", "10.0.0.0/24") DATABASE("'{{resolve:secretsmanager:No:SecretString:password}}'"),
     "t:3:102: the dynamic reference {{resolve:secretsmanager:No:SecretString:password}} cannot be resolved: secrets "
     "are "
     "resolved in UserData only; pass the value as a parameter with NoEcho, or let the database manage its own with "
     "ManageMasterUserPassword: true"},
    {"a parameter of the store",
     "  A: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16, Tags: [{Key: a, Value: "
     "!Sub 'x{{resolve:ssm:/a:1}}'}]}}\n",
     "t:2:88: the dynamic reference {{resolve:ssm:/a:1}} cannot be resolved: AWS has it, and there is no parameter "
     "store "
     "here yet; pass the value as a parameter"},
};

BOOST_DATA_TEST_CASE(resources_are_checked_against_each_other, kCases) {
  BOOST_TEST(ProblemsOf(absl::StrCat("Resources:\n", sample.resources)) == sample.problems);
}

BOOST_AUTO_TEST_CASE(a_whole_application_is_fine) { BOOST_TEST(ProblemsOf(kTodoTemplate) == ""); }

constexpr char kSized[] = R"(Parameters: {Min: {Type: Number}, Block: {Type: String, Default: 10.0.0.0/16}}
Conditions: {Never: !Equals [a, b]}
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: !Ref Block}}
  Wrong: {Type: AWS::EC2::VPC, Condition: Never, Properties: {CidrBlock: !Select [9, []]}}
  Group:
    Type: AWS::AutoScaling::AutoScalingGroup
    Properties:
      MinSize: !Ref Min
      MaxSize: 3
      VPCZoneIdentifier: [s]
      LaunchTemplate: {LaunchTemplateId: l, Version: 1}
)";

BOOST_AUTO_TEST_CASE(parameters_are_filled_in_first) {
  BOOST_TEST(ProblemsOf(kSized, {{"Min", "3"}}) == "");
  BOOST_TEST(ProblemsOf(kSized, {{"Min", "4"}}) == "t:9:16: MinSize 4 is above MaxSize 3");
}

BOOST_AUTO_TEST_CASE(all_problems_are_told_in_order) {
  BOOST_TEST(ProblemsOf(kSized, {{"Min", "4"}, {"Block", "10.0.0.0/30"}}) ==
             "t:4:54: CidrBlock: the VPC block 10.0.0.0/30 is not between /16 and /28\n"
             "t:9:16: MinSize 4 is above MaxSize 3");
}

}  // namespace
}  // namespace nubo::stack
