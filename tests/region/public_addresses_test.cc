// Instances with public addresses: their names, and how the edge and the DNS server lead to them.
#include <boost/test/unit_test.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "nubo/region/compute/describe.h"
#include "nubo/region/dns/dns_config.h"
#include "nubo/region/edge/edge_config.h"
#include "nubo/region/network/public_port.h"
#include "nubo/testing/status_matchers.h"
#include "tests/region/world.h"

namespace nubo::region {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

constexpr char kPublic[] = R"(
Resources:
  Vpc:
    Type: AWS::EC2::VPC
    Properties: {CidrBlock: 10.0.0.0/16}
  SubnetA:
    Type: AWS::EC2::Subnet
    Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24, MapPublicIpOnLaunch: true}
  Open:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: open
      VpcId: !Ref Vpc
      SecurityGroupIngress:
        - {IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 10.0.0.0/8}
        - {IpProtocol: udp, FromPort: 53, ToPort: 53, CidrIp: 0.0.0.0/0}
        - {IpProtocol: tcp, FromPort: 9000, ToPort: 9000, CidrIp: 0.0.0.0/0}
        - {IpProtocol: tcp, FromPort: 8081, ToPort: 8081, CidrIp: 0.0.0.0/0}
  Instance:
    Type: AWS::EC2::Instance
    Properties:
      ImageId: web
      SubnetId: !Ref SubnetA
      SecurityGroupIds: [!GetAtt Open.GroupId]
      UserData: {"Fn::Base64": "#!/bin/sh\nexec web\n"}
  Zone:
    Type: AWS::Route53::HostedZone
    Properties: {Name: shop.localhost}
  Record:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneId: !Ref Zone
      Name: www.shop.localhost
      Type: A
      TTL: 60
      ResourceRecords: [!GetAtt Instance.PublicIp]
Outputs:
  Ip: {Value: !GetAtt Instance.PublicIp}
  Name: {Value: !GetAtt Instance.PublicDnsName}
)";

std::string With(absl::string_view from, absl::string_view to) {
  const std::string changed = absl::StrReplaceAll(kPublic, {{from, to}});
  BOOST_REQUIRE(changed != kPublic);
  return changed;
}

struct PublicWorld : World {
  void Up(const std::string& body = kPublic) {
    BOOST_REQUIRE(IsOk(Create(body)));
    Settle();
    BOOST_REQUIRE_EQUAL(StackStatus(), "CREATE_COMPLETE");
  }
  const v1::InstanceState& Instance() const { return context.model.instances.begin()->second; }

  // Where the edge sends requests for `host`: "IP:PORT ...", "STATUS" of a fixed answer, or "" for nowhere.
  std::string Route(const std::string& host) const {
    const proxy::v1::Configuration config = EdgeConfig(context);
    for (const proxy::v1::Rule& rule : config.listeners(0).rules()) {
      if (rule.host_patterns(0) != host) continue;
      if (rule.action().has_fixed_response()) return absl::StrCat(rule.action().fixed_response().status_code());
      std::string targets;
      for (const proxy::v1::TargetGroup& group : config.target_groups()) {
        if (group.id() != rule.action().forward().target_groups(0).target_group_id()) continue;
        for (const proxy::v1::Target& target : group.targets()) {
          absl::StrAppend(&targets, targets.empty() ? "" : " ", target.address().ip(), ":", target.address().port());
        }
      }
      return targets;
    }
    return "";
  }

  // The address that the DNS server is told of.
  std::string Address(const std::string& name) const {
    const dns::v1::Config config = DnsConfig(context);
    for (const dns::v1::Zone& zone : config.zones()) {
      for (const dns::v1::RecordSet& record : zone.records()) {
        if (record.name() == name && record.values_size() == 1) return record.values(0);
      }
    }
    return "";
  }
};

BOOST_FIXTURE_TEST_CASE(it_has_an_address_and_a_name_as_aws_has_them, PublicWorld) {
  Up();
  const std::string ip = Instance().public_ip();
  BOOST_TEST(ip == Instance().loopback_ip());
  const std::string name = PublicName(Instance());
  BOOST_TEST(name == absl::StrCat("ec2-", absl::StrReplaceAll(ip, {{".", "-"}}), ".compute-1.localhost"));
  BOOST_TEST(Address(name) == ip);
  ec2::v1::DescribeInstancesResponse shown;
  BOOST_REQUIRE(IsOk(Describe(context, ec2::v1::DescribeInstancesRequest(), shown)));
  BOOST_REQUIRE_EQUAL(shown.instances_size(), 1);
  BOOST_TEST(shown.instances(0).public_ip_address() == ip);
  BOOST_TEST(shown.instances(0).public_dns_name() == name);
}

BOOST_FIXTURE_TEST_CASE(names_lead_to_the_lowest_port_that_everybody_may_reach, PublicWorld) {
  Up();
  const std::string there = absl::StrCat(Instance().public_ip(), ":8081");
  BOOST_TEST(Route(PublicName(Instance())) == there);
  BOOST_TEST(Route("www.shop.localhost") == there);
}

BOOST_FIXTURE_TEST_CASE(a_port_for_some_is_not_for_everybody, PublicWorld) {
  Up(With("0.0.0.0/0", "192.0.2.0/24"));
  BOOST_TEST(PublicPort(context, Instance()) == 0);
  BOOST_TEST(Route(PublicName(Instance())) == "");
  BOOST_TEST(Route("www.shop.localhost") == "503");
}

BOOST_FIXTURE_TEST_CASE(without_a_public_address_there_is_no_public_name, PublicWorld) {
  const std::string without = With(", MapPublicIpOnLaunch: true", "");
  Up(without.substr(0, without.find("  Zone:\n")));
  BOOST_TEST(Instance().public_ip() == "");
  BOOST_TEST(PublicName(Instance()) == "");
  BOOST_TEST(EdgeConfig(context).listeners(0).rules_size() == 0);
}

BOOST_FIXTURE_TEST_CASE(a_network_interface_says_it_for_itself, PublicWorld) {
  const std::string interface =
      absl::StrReplaceAll(With(", MapPublicIpOnLaunch: true", ""),
                          {{"      SubnetId: !Ref SubnetA\n      SecurityGroupIds: [!GetAtt Open.GroupId]\n",
                            "      NetworkInterfaces:\n"
                            "        - {DeviceIndex: '0', SubnetId: !Ref SubnetA, AssociatePublicIpAddress: true,"
                            " GroupSet: [!GetAtt Open.GroupId]}\n"}});
  Up(interface);
  BOOST_TEST(Route("www.shop.localhost") == absl::StrCat(Instance().loopback_ip(), ":8081"));
}

BOOST_FIXTURE_TEST_CASE(a_dead_instances_names_lead_nowhere, PublicWorld) {
  Up();
  const std::string own = PublicName(Instance());
  Exits(Instance().id(), process::End::Signaled(9));
  Settle();
  BOOST_TEST(Address(own) == "");
  BOOST_TEST(Route(own) == "");
  // The record set still has the address, as it would at AWS.
  BOOST_TEST(Address("www.shop.localhost") == Instance().public_ip());
  BOOST_TEST(Route("www.shop.localhost") == "503");
}

BOOST_FIXTURE_TEST_CASE(a_security_group_that_changes_changes_the_port, PublicWorld) {
  Up();
  BOOST_REQUIRE(IsOk(Update(With("FromPort: 8081, ToPort: 8081", "FromPort: 8082, ToPort: 8082"))));
  Settle();
  BOOST_TEST(Route("www.shop.localhost") == absl::StrCat(Instance().public_ip(), ":8082"));
}

BOOST_FIXTURE_TEST_CASE(the_zone_of_public_names_is_not_for_sale, PublicWorld) {
  BOOST_TEST(StatusIs(Create(With("Name: shop.localhost", "Name: compute-1.localhost")),
                      absl::StatusCode::kInvalidArgument, "HostedZoneAlreadyExists"));
  BOOST_TEST(context.model.stacks.empty());
  BOOST_TEST((context.model.zones.begin() == context.model.zones.end()));
}

}  // namespace
}  // namespace nubo::region
