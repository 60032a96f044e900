// Network ACLs, rules of security groups by themselves, and the defaults of a VPC.
#include "nubo/region/network/network_acls.h"

#include <boost/test/unit_test.hpp>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "nubo/base/status.h"
#include "nubo/region/lookup/describe_one.h"
#include "nubo/region/network/operations.h"
#include "nubo/region/network/public_port.h"
#include "nubo/region/network/security_group_rules.h"
#include "nubo/testing/status_matchers.h"
#include "tests/region/world.h"

namespace nubo::region {
namespace {

using testing::IsOk;

struct Rules : World {
  Rules()
      : vpc(*CreateVpc(context, {}, {.cidr_block = "10.0.0.0/16"})),
        subnet(*CreateSubnet(context, {}, {.vpc_id = vpc, .cidr_block = "10.0.1.0/24"})) {}

  static bool Refused(const absl::Status& status, absl::string_view code) { return base::ErrorCode(status) == code; }
  static NetworkAclEntryRequest Entry(const std::string& acl, int number, bool egress = false) {
    return {.network_acl_id = acl,
            .egress = egress,
            .entry = {.number = number, .action = "allow", .protocol = -1, .cidr = "0.0.0.0/0"}};
  }
  static vpc::RuleText Port(int port) {
    return {.protocol = "tcp", .from_port = port, .to_port = port, .cidr = "0.0.0.0/0"};
  }

  const std::string vpc, subnet;
};

BOOST_FIXTURE_TEST_SUITE(network_acls, Rules)

BOOST_AUTO_TEST_CASE(a_subnet_has_the_default_acl_until_it_has_another) {
  BOOST_TEST(NetworkAclOf(context.model, subnet) == DefaultNetworkAcl(vpc));
  const std::string acl = *CreateNetworkAcl(context, {}, vpc);
  const auto association = ReplaceNetworkAclAssociation(context, {}, acl, subnet);
  BOOST_REQUIRE(IsOk(association));
  BOOST_TEST(NetworkAclOf(context.model, subnet) == acl);
  BOOST_TEST(AclAssociationOf(context.model, subnet) == *association);
  BOOST_TEST(Refused(DeleteNetworkAcl(context, acl), "DependencyViolation"));
  const std::string other = *CreateNetworkAcl(context, {}, vpc);
  BOOST_TEST(IsOk(ReplaceNetworkAclAssociation(context, {}, other, subnet)));
  BOOST_TEST(IsOk(DeleteNetworkAcl(context, acl)));
  ReturnToDefaultAcl(context, *association);
  BOOST_TEST(NetworkAclOf(context.model, subnet) == other, "an association that was replaced takes nothing along");
  ReturnToDefaultAcl(context, AclAssociationOf(context.model, subnet));
  BOOST_TEST(NetworkAclOf(context.model, subnet) == DefaultNetworkAcl(vpc));
}

BOOST_AUTO_TEST_CASE(an_acl_of_another_network_is_refused) {
  const std::string elsewhere = *CreateVpc(context, {}, {.cidr_block = "10.1.0.0/16"});
  const std::string acl = *CreateNetworkAcl(context, {}, elsewhere);
  BOOST_TEST(Refused(ReplaceNetworkAclAssociation(context, {}, acl, subnet).status(), "InvalidParameterValue"));
}

BOOST_AUTO_TEST_CASE(entries_are_known_by_direction_and_number) {
  const std::string acl = *CreateNetworkAcl(context, {}, vpc);
  BOOST_TEST(IsOk(CreateNetworkAclEntry(context, {}, Entry(acl, 100))));
  BOOST_TEST(IsOk(CreateNetworkAclEntry(context, {}, Entry(acl, 100, true))));
  BOOST_TEST(Refused(CreateNetworkAclEntry(context, {}, Entry(acl, 100)).status(), "NetworkAclEntryAlreadyExists"));
  NetworkAclEntryRequest denied = Entry(acl, 100);
  denied.entry.action = "deny";
  BOOST_TEST(IsOk(ReplaceNetworkAclEntry(context, denied)));
  BOOST_TEST(!FindNetworkAcl(context.model, acl)->entries(0).allow());
  BOOST_TEST(Refused(ReplaceNetworkAclEntry(context, Entry(acl, 7)), "InvalidNetworkAclEntry.NotFound"));
  BOOST_TEST(IsOk(DeleteNetworkAclEntry(context, acl, false, 100)));
  BOOST_TEST(Refused(DeleteNetworkAclEntry(context, acl, false, 100), "InvalidNetworkAclEntry.NotFound"));
  BOOST_TEST(FindNetworkAcl(context.model, acl)->entries_size() == 1);
}

BOOST_AUTO_TEST_CASE(a_direction_has_twenty_entries) {
  const std::string acl = *CreateNetworkAcl(context, {}, vpc);
  for (size_t i = 0; i < vpc::kAclEntriesMax; ++i) {
    BOOST_REQUIRE(IsOk(CreateNetworkAclEntry(context, {}, Entry(acl, static_cast<int>(i) + 1))));
  }
  BOOST_TEST(Refused(CreateNetworkAclEntry(context, {}, Entry(acl, 99)).status(), "NetworkAclEntryLimitExceeded"));
  BOOST_TEST(IsOk(CreateNetworkAclEntry(context, {}, Entry(acl, 99, true))));
}

BOOST_AUTO_TEST_CASE(the_default_acl_lets_everything_pass_and_can_be_changed) {
  const std::string acl = DefaultNetworkAcl(vpc);
  BOOST_TEST(FindNetworkAcl(context.model, acl)->entries_size() == 2);
  BOOST_TEST(Refused(DeleteNetworkAcl(context, acl), "InvalidParameterValue"));
  BOOST_TEST(Refused(CreateNetworkAclEntry(context, {}, Entry(acl, 100)).status(), "NetworkAclEntryAlreadyExists"));
  BOOST_TEST(IsOk(CreateNetworkAclEntry(context, {}, Entry(acl, 90))));
  BOOST_TEST(FindNetworkAcl(context.model, acl)->entries_size() == 3);
  BOOST_TEST(IsOk(DeleteSubnet(context, subnet)));
  BOOST_TEST(IsOk(DeleteVpc(context, vpc)), "it goes with its VPC");
  BOOST_TEST(context.model.plain.empty());
}

BOOST_AUTO_TEST_CASE(a_rule_by_itself_stays_when_its_group_is_changed) {
  const std::string group = *CreateSecurityGroup(context, {}, {.group_name = "web", .vpc_id = vpc});
  const auto rule = AuthorizeSecurityGroupIngress(context, {}, {.group_id = group, .rule = Port(443)});
  BOOST_REQUIRE(IsOk(rule));
  BOOST_TEST(Refused(AuthorizeSecurityGroupIngress(context, {}, {.group_id = group, .rule = Port(443)}).status(),
                     "InvalidPermission.Duplicate"));
  v1::InstanceState instance;
  instance.add_security_group_ids(group);
  BOOST_TEST(PublicPort(context, instance) == 443);
  BOOST_TEST(IsOk(SetSecurityGroupRules(context, group, {.ingress = {Port(80)}})));
  BOOST_TEST(context.model.plain.Find(group)->ingress_size() == 2);
  BOOST_TEST(Refused(SetSecurityGroupRules(context, group, {.ingress = {Port(443)}}), "InvalidPermission.Duplicate"));
  BOOST_TEST(IsOk(UpdateSecurityGroupRuleDescription(context, *rule, "tls")));
  BOOST_TEST(context.model.plain.Find(group)->ingress(1).description() == "tls");
  BOOST_TEST(IsOk(RevokeSecurityGroupRule(context, *rule)));
  BOOST_TEST(Refused(RevokeSecurityGroupRule(context, *rule), "InvalidSecurityGroupRuleId.NotFound"));
  BOOST_TEST(context.model.plain.Find(group)->ingress_size() == 1);
}

BOOST_AUTO_TEST_CASE(a_group_has_sixty_rules_however_they_came) {
  const std::string group = *CreateSecurityGroup(context, {}, {.group_name = "web", .vpc_id = vpc});
  for (int i = 0; i < 60; ++i) {
    BOOST_REQUIRE(IsOk(AuthorizeSecurityGroupIngress(context, {}, {.group_id = group, .rule = Port(1000 + i)})));
  }
  BOOST_TEST(Refused(AuthorizeSecurityGroupIngress(context, {}, {.group_id = group, .rule = Port(80)}).status(),
                     "RulesPerSecurityGroupLimitExceeded"));
}

BOOST_AUTO_TEST_CASE(the_default_group_has_its_members_and_rules_of_its_own) {
  const std::string group = DefaultSecurityGroup(vpc);
  BOOST_TEST(VpcOfDefaultGroup(context.model, group) == vpc);
  BOOST_TEST(FindSecurityGroup(context.model, group)->ingress(0).group_id() == group);
  BOOST_TEST(context.model.plain.Find(group) == nullptr, "no record until it is changed");
  BOOST_TEST(IsOk(AuthorizeSecurityGroupIngress(context, {}, {.group_id = group, .rule = Port(22)})));
  BOOST_TEST(context.model.plain.Find(group)->ingress_size() == 2);
  BOOST_TEST(Refused(AuthorizeSecurityGroupIngress(context, {}, {.group_id = "sg-0", .rule = Port(22)}).status(),
                     "InvalidGroup.NotFound"));
}

BOOST_AUTO_TEST_SUITE_END()

constexpr char kApart[] = R"(
  Web: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: web, VpcId: !Ref Vpc}}
  Database: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: data, VpcId: !Ref Vpc}}
  FromWeb:
    Type: AWS::EC2::SecurityGroupIngress
    Properties: {GroupId: !Ref Database, IpProtocol: TCP, FromPort: 3306, ToPort: 3306, SourceSecurityGroupId: !Ref Web}
  ToDatabase:
    Type: AWS::EC2::SecurityGroupEgress
    Properties:
      {GroupId: !Ref Web, IpProtocol: tcp, FromPort: 3306, ToPort: 3306, DestinationSecurityGroupId: !Ref Database}
  Acl: {Type: AWS::EC2::NetworkAcl, Properties: {VpcId: !Ref Vpc}}
  In:
    Type: AWS::EC2::NetworkAclEntry
    Properties:
      {NetworkAclId: !Ref Acl, RuleNumber: 100, Protocol: 6, RuleAction: allow, CidrBlock: 0.0.0.0/0,
       PortRange: {From: 80, To: 80}}
  Edge:
    Type: AWS::EC2::SubnetNetworkAclAssociation
    Properties: {SubnetId: !Ref SubnetA, NetworkAclId: !Ref Acl}
)";

BOOST_FIXTURE_TEST_CASE(rules_and_acls_of_a_template, World) {
  BOOST_REQUIRE(IsOk(Create(absl::StrCat(kNetwork, kApart))));
  Settle();
  BOOST_REQUIRE_MESSAGE(StackStatus() == "CREATE_COMPLETE", Failure());
  std::map<std::string, std::string> ids;
  for (const v1::StackResourceState& resource : context.model.stacks.Find("shop")->resources()) {
    ids[resource.logical_id()] = resource.physical_id();
  }
  const v1::PlainState& web = *context.model.plain.Find(ids["Web"]);
  BOOST_REQUIRE_EQUAL(web.egress_size(), 1);
  BOOST_TEST(web.egress(0).group_id() == ids["Database"], "the rule that lets everything out is gone");
  BOOST_TEST(NetworkAclOf(context.model, ids["SubnetA"]) == ids["Acl"]);
  for (const char* name : {"FromWeb", "Acl", "In", "Edge"}) BOOST_TEST(IsOk(DescribeOne(context, ids[name])), name);
  BOOST_TEST(Told("nothing is stopped at a subnet's edge"));
  BOOST_REQUIRE(IsOk(Update(absl::StrReplaceAll(absl::StrCat(kNetwork, kApart), {{"80, To: 80", "80, To: 81"}}))));
  BOOST_TEST(StackStatus() == "UPDATE_COMPLETE", Failure());
  BOOST_TEST(FindNetworkAcl(context.model, ids["Acl"])->entries(0).to_port() == 81);
  BOOST_REQUIRE(IsOk(DeleteStack(context, "shop", false)));
  Settle(absl::Seconds(30));
  BOOST_TEST(context.model.stacks.empty());
  BOOST_TEST(context.model.plain.empty());
}

}  // namespace
}  // namespace nubo::region
