#include "nubo/region/reach/reach.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nubo/region/network/elastic_addresses.h"
#include "nubo/region/network/interfaces.h"
#include "nubo/region/network/nat_gateways.h"
#include "nubo/region/network/network_acls.h"
#include "nubo/region/network/operations.h"
#include "nubo/region/network/security_group_rules.h"
#include "nubo/testing/status_matchers.h"
#include "tests/region/world.h"

namespace nubo::region {
namespace {

using absl::StatusCode;
using testing::IsOk;
using testing::StatusIs;

struct Reached : Shop {
  absl::StatusOr<vpc::v1::ReachResponse> Ask(const std::string& from, const std::string& to, const std::string& port) {
    vpc::v1::ReachRequest request;
    request.set_from(from);
    request.set_to(to);
    request.set_port(port);
    return Reach(context, request);
  }
  absl::StatusOr<std::string> Told(const std::string& id) {
    vpc::v1::ExplainRequest request;
    request.set_id(id);
    NUBO_ASSIGN_OR_RETURN(const vpc::v1::ExplainResponse answer, ExplainNetwork(context, request));
    return absl::StrCat(absl::StrJoin(answer.text(), "\n"), "\n", answer.findings_size());
  }
  std::string IdOf(const std::string& logical_id) {
    for (const v1::StackResourceState& resource : context.model.stacks.Find("shop")->resources()) {
      if (resource.logical_id() == logical_id) return resource.physical_id();
    }
    return "";
  }
};

BOOST_FIXTURE_TEST_SUITE(reach, Reached)

BOOST_AUTO_TEST_CASE(instances_of_one_default_group_reach_each_other) {
  const auto answer = Ask(Alive()[0], Alive()[1], "tcp:8080");
  BOOST_REQUIRE(IsOk(answer));
  BOOST_TEST(answer->reachable(), absl::StrJoin(answer->text(), "\n"));
  BOOST_TEST(answer->from() == OwnInterfaceOf(Alive()[0]));
  BOOST_TEST(answer->traffic() == "tcp 8080");
  BOOST_TEST(!answer->hops().empty());
  BOOST_TEST(answer->ways() == 1);
}

BOOST_AUTO_TEST_CASE(what_does_not_enforce_it_is_named) {
  const auto answer = Ask(Alive()[0], Alive()[1], "");
  BOOST_REQUIRE(IsOk(answer));
  BOOST_TEST(!answer->enforced());
  BOOST_TEST(answer->text().rbegin()[0] == "not enforced: on the loopback fabric everybody may connect to everybody");
}

BOOST_AUTO_TEST_CASE(every_node_of_a_load_balancer_is_a_way) {
  for (const char* name : {"shop/Balancer", "Balancer"}) {
    const auto answer = Ask(name, Alive()[0], "8080");
    BOOST_REQUIRE(IsOk(answer));
    BOOST_TEST(answer->reachable(), absl::StrJoin(answer->text(), "\n"));
    BOOST_TEST(answer->ways() == 2);
    BOOST_TEST(answer->ways_reachable() == 2);
  }
}

BOOST_AUTO_TEST_CASE(a_node_that_does_not_reach_it_is_told) {
  const std::string vpc = IdOf("Vpc");
  BOOST_REQUIRE(IsOk(ReplaceNetworkAclAssociation(context, {}, *CreateNetworkAcl(context, {}, vpc), IdOf("SubnetB"))));
  // One that is in the other subnet.
  std::string instance;
  for (const std::string& id : Alive()) {
    if (context.model.instances.Find(id)->subnet_id() == IdOf("SubnetA")) instance = id;
  }
  const auto answer = Ask("shop/Balancer", instance, "8080");
  BOOST_REQUIRE(IsOk(answer));
  BOOST_TEST(!answer->reachable());
  BOOST_TEST(answer->ways() == 2);
  BOOST_TEST(answer->ways_reachable() == 1);
  BOOST_TEST(absl::StartsWith(answer->stopped_by(), "acl-"), answer->stopped_by());
  BOOST_TEST(absl::StrContains(absl::StrJoin(answer->text(), "\n"), "1 of 2 ways work, and this one does not"));
}

BOOST_AUTO_TEST_CASE(what_stops_it_is_told) {
  const auto answer = Ask("internet", Alive()[0], "80");
  BOOST_REQUIRE(IsOk(answer));
  BOOST_TEST(!answer->reachable());
  BOOST_TEST(!answer->stopped_by().empty());
  BOOST_TEST(!answer->why().empty());
}

BOOST_AUTO_TEST_CASE(a_database_is_an_end) {
  const std::string id = IdOf("SubnetA");
  v1::DatabaseState database;
  database.set_id("shop-db");
  database.set_subnet_id(id);
  database.set_private_ip("10.0.1.200");
  context.model.databases.Put("shop-db", database);
  const auto answer = Ask(Alive()[0], "shop-db", "3306");
  BOOST_REQUIRE(IsOk(answer));
  BOOST_TEST(absl::StrContains(answer->text(0), "(shop-db) by tcp 3306"), answer->text(0));
}

BOOST_AUTO_TEST_CASE(ends_and_ports_that_are_none_are_refused) {
  BOOST_TEST(StatusIs(Ask("nobody", Alive()[0], "80"), StatusCode::kNotFound, "nothing here is called nobody"));
  BOOST_TEST(StatusIs(Ask("shop/Vpc", Alive()[0], "80"), StatusCode::kNotFound, "shop/Vpc has no address"));
  BOOST_TEST(StatusIs(Ask("internet", Alive()[0], "http"), StatusCode::kInvalidArgument, "is not a port"));
}

BOOST_AUTO_TEST_CASE(parts_are_explained_by_any_name) {
  const std::string vpc = IdOf("Vpc");
  const auto group = Told(DefaultSecurityGroup(vpc));
  BOOST_REQUIRE(IsOk(group));
  BOOST_TEST(absl::StrContains(*group, "security group"), *group);
  const auto acl = Told(DefaultNetworkAcl(vpc));
  BOOST_REQUIRE(IsOk(acl));
  BOOST_TEST(absl::StrContains(*acl, "network ACL"), *acl);
  const auto instance = Told(Alive()[0]);
  BOOST_REQUIRE(IsOk(instance));
  BOOST_TEST(absl::StrContains(*instance, absl::StrCat("interface ", OwnInterfaceOf(Alive()[0]))), *instance);
  const auto balancer = Told("shop/Balancer");
  BOOST_REQUIRE(IsOk(balancer));
  BOOST_TEST(absl::StrContains(*balancer, "interface eni-"), *balancer);
  BOOST_TEST(StatusIs(Told("shop/SubnetA"), StatusCode::kNotFound, "has neither rules nor an interface"));
}

BOOST_AUTO_TEST_CASE(of_a_vpc_it_is_told_what_is_wrong) {
  const auto sound = Told("shop/Vpc");
  BOOST_REQUIRE(IsOk(sound));
  BOOST_TEST(absl::StrContains(*sound, "nothing in it breaks a rule\n0"), *sound);
  // A NAT gateway is no fault.
  const std::string gateway = CreateInternetGateway(context, {});
  const std::string attachment = *AttachInternetGateway(context, {}, gateway, IdOf("Vpc"));
  const std::string address = *AllocateAddress(context, {});
  BOOST_REQUIRE(IsOk(CreateNatGateway(context, {}, {.subnet_id = IdOf("SubnetA"), .allocation_id = address})));
  BOOST_TEST(*Told("shop/Vpc") == *sound);
  const std::string table = *CreateRouteTable(context, {}, IdOf("Vpc"));
  BOOST_REQUIRE(IsOk(CreateRoute(context, {},
                                 {.route_table_id = table,
                                  .destination_cidr_block = "0.0.0.0/0",
                                  .target = {.kind = "GatewayId", .id = gateway}})));
  DeleteNetworkResource(context, attachment);
  const auto broken = Told("shop/Vpc");
  BOOST_REQUIRE(IsOk(broken));
  BOOST_TEST(absl::StrContains(*broken, "is a blackhole"), *broken);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::region
