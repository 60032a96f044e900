#include "nubo/region/network/operations.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "nubo/base/status.h"
#include "nubo/region/network/nat_gateways.h"
#include "nubo/region/network/public_port.h"
#include "nubo/testing/status_matchers.h"
#include "tests/region/world.h"

namespace nubo::region {
namespace {

using testing::IsOk;
using testing::StatusIs;

// Everything here belongs to no stack.
struct Network : World {
  Network() : vpc(*CreateVpc(context, {}, {.cidr_block = "10.0.0.0/16"})) {}

  std::string MakeSubnet(const std::string& block, const std::string& zone = "") {
    const auto id = CreateSubnet(context, {}, {.vpc_id = vpc, .cidr_block = block, .availability_zone = zone});
    BOOST_REQUIRE(IsOk(id));
    return *id;
  }
  static bool Refused(const absl::Status& status, absl::string_view code) { return base::ErrorCode(status) == code; }

  const std::string vpc;
};

BOOST_FIXTURE_TEST_SUITE(network_operations, Network)

BOOST_AUTO_TEST_CASE(a_network_needs_no_stack) {
  const std::string subnet = MakeSubnet("10.0.1.0/24");
  BOOST_TEST(context.model.subnets.Find(subnet)->owner().stack_name().empty());
  BOOST_TEST(IsOk(ModifySubnetAttribute(context, subnet, {.map_public_ip_on_launch = true})));
  BOOST_TEST(context.model.subnets.Find(subnet)->map_public_ip());
  BOOST_TEST(Refused(DeleteVpc(context, vpc), "DependencyViolation"));
  BOOST_TEST(IsOk(DeleteSubnet(context, subnet)));
  BOOST_TEST(IsOk(DeleteSubnet(context, subnet)), "twice is once");
  BOOST_TEST(IsOk(DeleteVpc(context, vpc)));
  BOOST_TEST(context.model.vpcs.empty());
}

BOOST_AUTO_TEST_CASE(a_vpcs_block_is_one_that_aws_takes) {
  for (const char* block : {"10.0.0.0/8", "127.0.0.0/16", "10.0.0.0", "::/64", ""}) {
    BOOST_TEST(!CreateVpc(context, {}, {.cidr_block = block}).ok(), block);
  }
  BOOST_TEST(context.model.vpcs.size() == 1u);
}

BOOST_AUTO_TEST_CASE(subnets_go_where_there_are_fewest_and_do_not_overlap) {
  MakeSubnet("10.0.1.0/24", "us-east-1a");
  const std::string second = MakeSubnet("10.0.2.0/24");
  BOOST_TEST(context.model.subnets.Find(second)->availability_zone() == "us-east-1b");
  BOOST_TEST(Refused(CreateSubnet(context, {}, {.vpc_id = vpc, .cidr_block = "10.0.2.128/25"}).status(),
                     "InvalidSubnet.Conflict"));
  BOOST_TEST(Refused(CreateSubnet(context, {}, {.vpc_id = "vpc-0", .cidr_block = "10.0.3.0/24"}).status(),
                     "InvalidVpcID.NotFound"));
  BOOST_TEST(context.model.subnets.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_vpc_has_one_internet_gateway) {
  const std::string first = CreateInternetGateway(context, {}), second = CreateInternetGateway(context, {});
  BOOST_TEST(Refused(AttachInternetGateway(context, {}, "igw-0", vpc).status(), "InvalidInternetGatewayID.NotFound"));
  const auto attachment = AttachInternetGateway(context, {}, first, vpc);
  BOOST_REQUIRE(IsOk(attachment));
  BOOST_TEST(StatusIs(AttachInternetGateway(context, {}, second, vpc), absl::StatusCode::kAlreadyExists));
  BOOST_TEST(IsOk(ReplaceInternetGateway(context, *attachment, second)));
  DeleteNetworkResource(context, *attachment);
  BOOST_TEST(IsOk(AttachInternetGateway(context, {}, first, vpc)));
}

BOOST_AUTO_TEST_CASE(routes_are_those_that_a_route_table_can_have) {
  const std::string subnet = MakeSubnet("10.0.1.0/24");
  const std::string gateway = CreateInternetGateway(context, {});
  const std::string table = *CreateRouteTable(context, {}, vpc);
  const auto route = [&](const std::string& destination, const std::string& to) {
    return CreateRoute(
        context, {},
        {.route_table_id = table, .destination_cidr_block = destination, .target = {.kind = "GatewayId", .id = to}});
  };
  BOOST_TEST(Refused(route("0.0.0.0/0", "igw-0").status(), "InvalidInternetGatewayID.NotFound"));
  const auto everywhere = route("0.0.0.0/0", gateway);
  BOOST_REQUIRE(IsOk(everywhere));
  BOOST_TEST(Refused(route("0.0.0.0/0", gateway).status(), "RouteAlreadyExists"));
  BOOST_TEST(Refused(route("10.0.9.0/24", gateway).status(), "InvalidParameterValue"), "within the VPC, no subnet's");
  BOOST_TEST(IsOk(route("10.0.1.0/24", gateway)), "a whole subnet");
  const auto nat = CreateNatGateway(context, {}, {.subnet_id = subnet, .connectivity_type = "private"});
  BOOST_REQUIRE(IsOk(nat));
  BOOST_TEST(IsOk(ReplaceRoute(context, *everywhere, {.kind = "NatGatewayId", .id = *nat})));
  BOOST_TEST(context.model.plain.Find(*everywhere)->attributes().at("TargetId") == *nat);
  BOOST_TEST(Refused(ReplaceRoute(context, *everywhere, {.kind = "NatGatewayId", .id = "nat-0"}),
                     "InvalidNatGatewayID.NotFound"));
  BOOST_TEST(Refused(ReplaceRoute(context, "r-0", {}), "InvalidRoute.NotFound"));
  for (int i = 0; i < 48; ++i) BOOST_REQUIRE(IsOk(route(absl::StrCat("11.", i, ".0.0/16"), gateway)));
  BOOST_TEST(Refused(route("12.0.0.0/16", gateway).status(), "RouteLimitExceeded"));
}

BOOST_AUTO_TEST_CASE(a_subnet_has_one_route_table) {
  const std::string subnet = MakeSubnet("10.0.1.0/24");
  const std::string first = *CreateRouteTable(context, {}, vpc), second = *CreateRouteTable(context, {}, vpc);
  const auto association = AssociateRouteTable(context, {}, first, subnet);
  BOOST_REQUIRE(IsOk(association));
  BOOST_TEST(Refused(AssociateRouteTable(context, {}, second, subnet).status(), "Resource.AlreadyAssociated"));
  BOOST_TEST(IsOk(ReplaceRouteTableAssociation(context, *association, second)));
  BOOST_TEST(Refused(ReplaceRouteTableAssociation(context, "rtbassoc-0", second), "InvalidAssociationID.NotFound"));
}

BOOST_AUTO_TEST_CASE(all_rules_of_a_security_group_are_kept) {
  const std::string peers = *CreateSecurityGroup(context, {}, {.group_name = "peers", .vpc_id = vpc});
  SecurityGroupRules rules;
  rules.ingress = {{.protocol = "tcp", .from_port = 8080, .to_port = 8090, .cidr = "0.0.0.0/0"},
                   {.protocol = "tcp", .from_port = 22, .to_port = 22, .group_id = peers, .description = "ssh"},
                   {.protocol = "icmp", .from_port = -1, .to_port = -1, .cidr = "10.0.0.0/8"}};
  const auto group = CreateSecurityGroup(context, {}, {.group_name = "web", .vpc_id = vpc, .rules = rules});
  BOOST_REQUIRE(IsOk(group));
  const v1::PlainState* record = context.model.plain.Find(*group);
  BOOST_REQUIRE_EQUAL(record->ingress_size(), 3);
  BOOST_TEST(record->ingress(1).group_id() == peers);
  BOOST_TEST(record->ingress(1).description() == "ssh");
  BOOST_REQUIRE_EQUAL(record->egress_size(), 1);
  BOOST_TEST(record->egress(0).protocol() == -1);

  v1::InstanceState instance;
  instance.add_security_group_ids(peers);
  BOOST_TEST(PublicPort(context, instance) == 0);
  instance.add_security_group_ids(*group);
  BOOST_TEST(PublicPort(context, instance) == 8080);

  rules.ingress = {};
  rules.egress = {{.protocol = "-1", .cidr = "10.0.0.0/16"}};
  BOOST_TEST(IsOk(SetSecurityGroupRules(context, *group, rules)));
  record = context.model.plain.Find(*group);
  BOOST_TEST(record->ingress_size() == 0);
  BOOST_REQUIRE_EQUAL(record->egress_size(), 1);
  BOOST_TEST(record->egress(0).cidr() == "10.0.0.0/16");
  BOOST_TEST(PublicPort(context, instance) == 0);
}

BOOST_AUTO_TEST_CASE(a_rule_that_is_wrong_changes_nothing) {
  const std::string group = *CreateSecurityGroup(context, {}, {.group_name = "web", .vpc_id = vpc});
  const std::string before = context.model.plain.Find(group)->SerializeAsString();
  const vpc::RuleText good{.protocol = "tcp", .from_port = 80, .to_port = 80, .cidr = "0.0.0.0/0"};
  BOOST_TEST(Refused(SetSecurityGroupRules(context, group, {.ingress = {good, good}}), "InvalidPermission.Duplicate"));
  BOOST_TEST(Refused(
      SetSecurityGroupRules(context, group,
                            {.ingress = {good, {.protocol = "tcp", .from_port = 1, .to_port = 1, .group_id = "sg-0"}}}),
      "InvalidGroup.NotFound"));
  BOOST_TEST(Refused(SetSecurityGroupRules(context, group, {.ingress = {{.protocol = "tcp", .cidr = "0.0.0.0/0"}}}),
                     "InvalidPermission.Malformed"));
  BOOST_TEST(context.model.plain.Find(group)->SerializeAsString() == before);
  BOOST_TEST(Refused(SetSecurityGroupRules(context, "sg-0", {}), "InvalidGroup.NotFound"));
  BOOST_TEST(Refused(CreateSecurityGroup(context, {}, {.group_name = "web", .vpc_id = vpc}).status(),
                     "InvalidGroup.Duplicate"));
}

BOOST_AUTO_TEST_CASE(a_group_of_a_former_version_opens_what_it_opened) {
  v1::PlainState record;
  record.set_type("AWS::EC2::SecurityGroup");
  record.set_public_port(8443);
  context.model.plain.Put("sg-former", record);
  v1::InstanceState instance;
  instance.add_security_group_ids("sg-former");
  BOOST_TEST(PublicPort(context, instance) == 8443);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::region
