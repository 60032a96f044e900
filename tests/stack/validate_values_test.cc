// What a template's parts demand of each other: addresses and zones of subnets, policies, exports.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <ostream>
#include <string>

#include "absl/strings/str_cat.h"
#include "nubo/stack/parse.h"
#include "nubo/stack/validate.h"
#include "nubo/stack/validate_outputs.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::stack {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

constexpr char kNetwork[] =
    "Conditions: {Never: !Equals [a, b]}\n"
    "Resources:\n"
    "  V: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}\n"
    "  S: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref V, CidrBlock: 10.0.1.0/24, AvailabilityZone: us-east-1a}}\n"
    "  O: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref V, CidrBlock: 10.0.2.0/24}}\n"
    "  G: {Type: AWS::EC2::InternetGateway}\n"
    "  H: {Type: AWS::EC2::InternetGateway}\n";

std::string ProblemsOf(absl::string_view rest) {
  const auto parsed = Parse(absl::StrCat(kNetwork, rest), "t");
  BOOST_REQUIRE(IsOk(parsed));
  const auto bindings = Bind(*parsed, {}, {.stack_name = "shop"});
  BOOST_REQUIRE(IsOk(bindings));
  return std::string(ToStatus("t", Validate(*parsed, *bindings)).message());
}

struct Case {
  const char* name;
  const char* rest;
  // "" if nothing is wrong; else what all that is told has in it.
  const char* problems;
};
std::ostream& operator<<(std::ostream& out, const Case& test) { return out << test.name; }

#define INSTANCE(id, rest) "  " id ": {Type: AWS::EC2::Instance, Properties: {ImageId: i, " rest "}}\n"
#define TEMPLATE(rest) \
  "  L: {Type: AWS::EC2::LaunchTemplate, Properties: {LaunchTemplateData: {ImageId: i, " rest "}}}\n"
#define BALANCER(mappings) \
  "  B: {Type: AWS::ElasticLoadBalancingV2::LoadBalancer, Properties: {SubnetMappings: [" mappings "]}}\n"
#define GROUP(policy, rest)                                                                                            \
  "  A: {Type: AWS::AutoScaling::AutoScalingGroup, " policy                                                            \
  " Properties: {MinSize: 0, MaxSize: 2, VPCZoneIdentifier: [!Ref S], LaunchTemplate: {LaunchTemplateId: l, Version: " \
  "1}" rest "}}\n"
#define ROLLING(rest) GROUP("UpdatePolicy: {AutoScalingRollingUpdate: {" rest "}},", "")
#define SIGNAL(rest) GROUP("CreationPolicy: {ResourceSignal: {" rest "}},", "")
#define TARGETS(ip)                                                                                              \
  "  T: {Type: AWS::ElasticLoadBalancingV2::TargetGroup, Properties: {VpcId: !Ref V, Protocol: HTTP, Port: 80, " \
  "TargetType: ip, Targets: [{Id: " ip "}]}}\n"
#define ATTACHMENT(id, vpc, gateway) \
  "  " id ": {Type: AWS::EC2::VPCGatewayAttachment, Properties: {VpcId: " vpc ", InternetGatewayId: " gateway "}}\n"

constexpr Case kCases[] = {
    {"an address of its subnet", INSTANCE("I", "SubnetId: !Ref S, PrivateIpAddress: 10.0.1.4"), ""},
    {"a reserved address", INSTANCE("I", "SubnetId: !Ref S, PrivateIpAddress: 10.0.1.3"),
     "t:8:94: Address 10.0.1.3 is in subnet's reserved address range: S has 10.0.1.0/24, of which the first four "
     "addresses and the last are reserved (InvalidParameterValue)"},
    {"the last address", INSTANCE("I", "SubnetId: !GetAtt S.SubnetId, PrivateIpAddress: 10.0.1.255"), "reserved"},
    {"an address outside", INSTANCE("I", "SubnetId: !Ref S, PrivateIpAddress: 10.0.2.9"),
     "Address 10.0.2.9 does not fall within the subnet's range: S has 10.0.1.0/24 (InvalidParameterValue)"},
    {"a boot script", INSTANCE("I", "SubnetId: !Ref S, UserData: !Base64 \"#!/bin/sh\\nexec web\\n\""), ""},
    {"user data that are no script", INSTANCE("I", "SubnetId: !Ref S, UserData: !Base64 hello"), ""},
    {"packages in user data",
     INSTANCE("I", "SubnetId: !Ref S, UserData: !Base64 \"#cloud-config\\npackages: [nginx]\\n\""), ""},
    {"users in user data", INSTANCE("I", "SubnetId: !Ref S, UserData: !Base64 \"#cloud-config\\nusers: [ubuntu]\\n\""),
     "UserData line 2: users: an instance has one user, its own"},
    {"an include in user data of a template", TEMPLATE("UserData: !Base64 \"#include\\nhttp://a/b\\n\""),
     "UserData line 1: #include: what stands at other addresses is not fetched"},
    {"a secret in user data",
     INSTANCE("I",
              "SubnetId: !Ref S, UserData: !Base64 \"#cloud-config\\nruncmd: "
              "[{{resolve:secretsmanager:s:SecretString:password}}]\\n\""),
     ""},
    {"an instance type", INSTANCE("I", "SubnetId: !Ref S, InstanceType: t3.micro"), ""},
    {"an instance type of another family", INSTANCE("I", "SubnetId: !Ref S, InstanceType: i4i.large"), ""},
    {"an unknown instance type", INSTANCE("I", "SubnetId: !Ref S, InstanceType: !Sub t3.mirco"),
     "Invalid value 't3.mirco' for InstanceType. Near it: t3.micro, t2.micro, t3a.micro (InvalidParameterValue)"},
    {"an unknown instance type of a template", TEMPLATE("InstanceType: !Sub large"), "Invalid value 'large'"},
    {"no address", INSTANCE("I", "SubnetId: subnet-1, PrivateIpAddress: 10.0.1"), "it is no IPv4 address"},
    {"an address of an interface",
     INSTANCE("I",
              "NetworkInterfaces: [{DeviceIndex: 0, SubnetId: !Ref S, "
              "PrivateIpAddress: 10.0.2.9}]"),
     "Address 10.0.2.9 does not fall"},
    {"an address of a template's interface",
     TEMPLATE("NetworkInterfaces: [{SubnetId: !Ref S, PrivateIpAddress: "
              "10.0.1.1}]"),
     "Address 10.0.1.1 is in subnet's reserved"},
    {"an address of a load balancer",
     BALANCER("{SubnetId: !Ref S, PrivateIPv4Address: 10.0.1.9}, {SubnetId: !Ref O, PrivateIPv4Address: 10.0.1.10}"),
     "Address 10.0.1.10 does not fall within the subnet's range: O"},
    {"an address for two",
     INSTANCE("I", "SubnetId: !Ref S, PrivateIpAddress: 10.0.1.9")
         INSTANCE("J", "SubnetId: !Ref S, PrivateIpAddress: 10.0.1.9"),
     "t:9:94: Address 10.0.1.9 is in use in subnet S (InvalidIPAddress.InUse)"},
    {"another zone", INSTANCE("I", "SubnetId: !Ref S, AvailabilityZone: us-east-1b"),
     "t:8:94: The availability zone 'us-east-1b' does not match that of subnet S, which is us-east-1a "
     "(InvalidParameterValue)"},
    {"another zone of a template",
     TEMPLATE("Placement: {AvailabilityZone: us-east-1b}, NetworkInterfaces: [{SubnetId: !Ref S}]"),
     "does not match that of subnet S"},
    {"a zone that is not known", INSTANCE("I", "SubnetId: !Ref O, AvailabilityZone: us-east-1b"), ""},
    {"a group's zones", GROUP("", ", AvailabilityZones: [us-east-1b, us-east-1a]"), ""},
    {"a group's other zones", GROUP("", ", AvailabilityZones: [us-east-1c]"),
     "do not match: subnet S is in us-east-1a (ValidationError)"},
    {"a target of the VPC", TARGETS("10.0.9.9"), ""},
    {"a target of the world", TARGETS("8.8.8.8"),
     "The IP address '8.8.8.8' is not in the block 10.0.0.0/16 of its VPC (InvalidTarget)"},

    {"two gateways of one VPC", ATTACHMENT("X", "!Ref V", "!Ref G") ATTACHMENT("Y", "!GetAtt V.VpcId", "!Ref H"),
     "X and Y attach two internet gateways to one VPC, which has at most one (InvalidParameterValue)"},
    {"a gateway each", ATTACHMENT("X", "!Ref V", "!Ref G") ATTACHMENT("Y", "vpc-1", "!Ref H"), ""},

    {"a rolling update",
     ROLLING("MaxBatchSize: '1', MinInstancesInService: 1, PauseTime: PT1M30S, SuspendProcesses: [AZRebalance], "
             "WaitOnResourceSignals: false, MinSuccessfulInstancesPercent: 50"),
     ""},
    {"batches of none", ROLLING("MaxBatchSize: 0"),
     "AutoScalingRollingUpdate MaxBatchSize must be a whole number of at least 1, not \"0\" (ValidationError)"},
    {"as many in service as there may be", ROLLING("MinInstancesInService: 2"),
     "MinInstancesInService must be less than the autoscaling group's MaxSize; they are 2 and 2 (ValidationError)"},
    {"a percentage beyond all", ROLLING("MinSuccessfulInstancesPercent: 101"), "from 0 to 100, not \"101\""},
    {"a pause that is none", ROLLING("PauseTime: 5m"), "must be a duration as PT#H#M#S, of at most PT1H, not \"5m\""},
    {"a pause that is too long", ROLLING("PauseTime: PT1H1S"), "of at most PT1H"},
    {"a process nobody knows", ROLLING("SuspendProcesses: [Sleep]"), "must be a list of processes"},
    {"a misspelt setting", ROLLING("MaxBatchsize: 1"), "did you mean \"MaxBatchSize\"?"},
    {"a signal", SIGNAL("Count: 1, Timeout: PT12H"), ""},
    {"no count", SIGNAL("Count: x"), "ResourceSignal Count must be a whole number of at least 0, not \"x\""},
    {"a bare number of minutes", SIGNAL("Timeout: 5"), "of at most PT12H, not \"5\" (ValidationError)"},
    {"a replacing update", GROUP("UpdatePolicy: {AutoScalingReplacingUpdate: {WillReplace: maybe}},", ""),
     "WillReplace must be true or false"},

    {"exports", "Outputs: {A: {Value: a, Export: {Name: !Sub '${AWS::StackName}:a-1'}}, B: {Value: a}}\n", ""},
    {"an export twice", "Outputs: {A: {Value: a, Export: {Name: x}}, B: {Value: b, Export: {Name: !Join ['', [x]]}}}\n",
     "t:8:74: Template format error: Outputs A and B export the same name x; export names are unique"},
    {"an export that is not there",
     "Outputs: {A: {Value: a, Export: {Name: x}}, B: {Condition: Never, Value: b, Export: {Name: x}}}\n", ""},
    {"an empty export", "Outputs: {A: {Value: a, Export: {Name: ''}}}\n",
     "t:8:40: Template format error: Output A is malformed. The Name field of every Export member must be specified "
     "and consist only of alphanumeric characters, colons, or hyphens."},
    {"an export with a blank", "Outputs: {A: {Value: a, Export: {Name: a b}}}\n", "alphanumeric characters, colons"},
    {"an export with a dot", "Outputs: {A: {Value: a, Export: {Name: a.b}}}\n", "alphanumeric characters, colons"},
    {"an export of a resource", "Outputs: {A: {Value: a, Export: {Name: !Sub '${V}-x'}}}\n",
     "The Name field of Export must not depend on any resources"},
};

BOOST_DATA_TEST_CASE(values_are_checked_against_each_other, kCases) {
  const std::string problems = ProblemsOf(sample.rest);
  if (std::string(sample.problems).empty()) {
    BOOST_TEST(problems == "");
    return;
  }
  BOOST_TEST(problems.find(sample.problems) != std::string::npos, problems);
  BOOST_TEST(problems.find('\n') == std::string::npos, problems);
}

BOOST_AUTO_TEST_CASE(a_description_of_an_output_has_a_bound) {
  const auto with = [](size_t size) {
    return Parse(absl::StrCat(kNetwork, "Outputs: {A: {Value: a, Description: ", std::string(size, 'd'), "}}"), "t")
        .status();
  };
  BOOST_TEST(IsOk(with(1024)));
  BOOST_TEST(StatusIs(with(1025), absl::StatusCode::kInvalidArgument,
                      "t:8:38: Template format error: the Description of output A must have at most 1024 bytes"));
}

}  // namespace
}  // namespace nubo::stack
