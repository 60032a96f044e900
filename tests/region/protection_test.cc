// What a template protects from being ended, and how targets are registered.
#include <boost/test/unit_test.hpp>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "nubo/region/compute/instances.h"
#include "nubo/region/groups/groups.h"
#include "nubo/region/groups/operations.h"
#include "nubo/region/stacks/stacks.h"
#include "nubo/testing/status_matchers.h"
#include "tests/region/world.h"

namespace nubo::region {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

constexpr char kAlone[] = R"(
  Alone:
    Type: AWS::EC2::Instance
    Properties: {ImageId: web, SubnetId: !Ref SubnetA, DisableApiTermination: true}
)";

constexpr char kTargets[] = R"(
  Balancer:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties:
      Subnets: [!Ref SubnetA, !Ref SubnetB]
      LoadBalancerAttributes:
        - {Key: deletion_protection.enabled, Value: "true"}
        - {Key: routing.http.xff_header_processing.mode, Value: remove}
        - {Key: routing.http.xff_client_port.enabled, Value: true}
        - {Key: routing.http.drop_invalid_header_fields.enabled, Value: true}
  One:
    Type: AWS::EC2::Instance
    Properties: {ImageId: web, SubnetId: !Ref SubnetA}
  Targets:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties:
      VpcId: !Ref Vpc
      Protocol: HTTP
      Port: 8080
      Targets: [{Id: !Ref One, Port: 9100}, {Id: !Ref One, Port: 9200}]
      TargetGroupAttributes:
        - {Key: stickiness.enabled, Value: true}
        - {Key: stickiness.type, Value: app_cookie}
        - {Key: stickiness.app_cookie.cookie_name, Value: SESSION}
        - {Key: stickiness.app_cookie.duration_seconds, Value: 600}
  Addresses:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties:
      VpcId: !Ref Vpc
      Protocol: HTTP
      Port: 8080
      TargetType: ip
      Targets: [{Id: !GetAtt One.PrivateIp}]
  Listener:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !Ref Balancer
      Port: 80
      Protocol: HTTP
      DefaultActions:
        - Type: forward
          ForwardConfig:
            TargetGroups: [{TargetGroupArn: !Ref Targets, Weight: 1}, {TargetGroupArn: !Ref Addresses, Weight: 1}]
            TargetGroupStickinessConfig: {Enabled: true, DurationSeconds: 60}
)";

struct Region : World {
  void Up(const std::string& body) {
    BOOST_REQUIRE(IsOk(Create(body)));
    Settle();
    BOOST_REQUIRE_MESSAGE(StackStatus() == "CREATE_COMPLETE", Failure());
  }
  const proxy::v1::TargetGroup& ConfigOf(const std::string& logical_id) {
    config = BalancerConfig(context, context.model.load_balancers.begin()->second);
    for (const proxy::v1::TargetGroup& group : config.target_groups()) {
      if (context.model.target_groups.Find(group.id())->owner().logical_id() == logical_id) return group;
    }
    BOOST_FAIL("there is no target group " << logical_id);
    std::abort();
  }
  proxy::v1::Configuration config;
};

BOOST_FIXTURE_TEST_SUITE(protection, Region)

BOOST_AUTO_TEST_CASE(a_protected_instance_is_not_terminated_until_its_protection_is_taken_off) {
  Up(absl::StrCat(kNetwork, kAlone));
  const std::string id = Alive()[0];
  BOOST_TEST(StatusIs(CheckTerminable(context, id), absl::StatusCode::kFailedPrecondition, "may not be terminated"));
  BOOST_REQUIRE(IsOk(DeleteStack(context, "shop", false)));
  Settle();
  BOOST_TEST(StackStatus() == "DELETE_FAILED");
  BOOST_TEST(Alive().size() == 1u);
  BOOST_TEST(Told("may not be terminated"));
}

BOOST_AUTO_TEST_CASE(an_update_takes_the_protection_off) {
  Up(absl::StrCat(kNetwork, kAlone));
  BOOST_REQUIRE(IsOk(Update(absl::StrReplaceAll(absl::StrCat(kNetwork, kAlone), {{"true", "false"}}))));
  BOOST_TEST(IsOk(CheckTerminable(context, Alive()[0])));
  BOOST_REQUIRE(IsOk(DeleteStack(context, "shop", false)));
  Settle();
  BOOST_TEST(StackStatus() == "");
  BOOST_TEST(Alive().empty());
}

BOOST_AUTO_TEST_CASE(no_protected_instance_of_a_group_is_taken_by_scaling_in) {
  Up(absl::StrReplaceAll(absl::StrCat(kNetwork, kService), {{"MinSize: 2",
                                                             "MinSize: 1\n      DesiredCapacity: 2\n      "
                                                             "NewInstancesProtectedFromScaleIn: true"}}));
  BOOST_REQUIRE(IsOk(SetDesiredCapacity(context, {Group().name(), 1}).status()));
  Settle(absl::Seconds(1));
  BOOST_TEST(Alive().size() == 2u);
  BOOST_TEST(WaitingReason(context, Group()) == "every instance that could go is protected from scale-in");
  // A group that is deleted takes them all the same.
  BOOST_REQUIRE(IsOk(DeleteStack(context, "shop", false)));
  Settle(absl::Seconds(1));
  BOOST_TEST(StackStatus() == "");
}

BOOST_AUTO_TEST_CASE(a_group_goes_by_its_termination_policies) {
  Up(absl::StrReplaceAll(absl::StrCat(kNetwork, kService), {{"MinSize: 2",
                                                             "MinSize: 1\n      DesiredCapacity: 1\n      "
                                                             "TerminationPolicies: [NewestInstance]"},
                                                            {"[!Ref SubnetA, !Ref SubnetB]\n      LaunchTemplate",
                                                             "[!Ref SubnetA]\n      LaunchTemplate"}}));
  const std::string first = Alive()[0];
  BOOST_REQUIRE(IsOk(SetDesiredCapacity(context, {Group().name(), 2}).status()));
  Settle(absl::Seconds(1));
  BOOST_REQUIRE_EQUAL(Alive().size(), 2u);
  BOOST_REQUIRE(IsOk(SetDesiredCapacity(context, {Group().name(), 1}).status()));
  Settle(absl::Seconds(1));
  BOOST_REQUIRE_EQUAL(Alive().size(), 1u);
  BOOST_TEST(Alive()[0] == first);
}

BOOST_AUTO_TEST_CASE(a_protected_load_balancer_is_not_deleted) {
  Up(absl::StrCat(kNetwork, kTargets));
  BOOST_REQUIRE(IsOk(DeleteStack(context, "shop", false)));
  Settle();
  BOOST_TEST(StackStatus() == "DELETE_FAILED");
  BOOST_TEST(Told("cannot be deleted because deletion protection is enabled"));
  BOOST_TEST(context.model.load_balancers.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_protected_database_is_not_deleted) {
  Up(absl::StrCat(kNetwork, R"(
  Database:
    Type: AWS::RDS::DBInstance
    DependsOn: [SubnetA, SubnetB]
    Properties: {Engine: mysql, MasterUsername: admin, ManageMasterUserPassword: true, DeletionProtection: true}
)"));
  BOOST_REQUIRE(IsOk(DeleteStack(context, "shop", false)));
  Settle();
  BOOST_TEST(StackStatus() == "DELETE_FAILED");
  BOOST_TEST(Told("Cannot delete protected DB Instance"));
  BOOST_TEST(context.model.databases.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_target_has_its_own_ports) {
  Up(absl::StrCat(kNetwork, kTargets));
  const proxy::v1::TargetGroup& group = ConfigOf("Targets");
  BOOST_REQUIRE_EQUAL(group.targets_size(), 2);
  BOOST_TEST(group.targets(0).address().port() == 9100);
  BOOST_TEST(group.targets(1).address().port() == 9200);
  BOOST_TEST(group.targets(1).id() == absl::StrCat(Alive()[0], ":9200"));
}

BOOST_AUTO_TEST_CASE(an_address_is_a_target) {
  Up(absl::StrCat(kNetwork, kTargets));
  const proxy::v1::TargetGroup& group = ConfigOf("Addresses");
  const v1::InstanceState& instance = context.model.instances.begin()->second;
  BOOST_REQUIRE_EQUAL(group.targets_size(), 1);
  BOOST_TEST(group.targets(0).id() == instance.private_ip());
  BOOST_TEST(group.targets(0).address().ip() == instance.loopback_ip());
  BOOST_TEST(group.targets(0).address().port() == 8080);
}

BOOST_AUTO_TEST_CASE(an_address_outside_of_the_vpc_is_refused) {
  const std::string body =
      absl::StrReplaceAll(absl::StrCat(kNetwork, kTargets), {{"!GetAtt One.PrivateIp", "192.0.2.1"}});
  BOOST_TEST(StatusIs(Create(body), absl::StatusCode::kInvalidArgument,
                      "The IP address '192.0.2.1' is not in the block 10.0.0.0/16 of its VPC (InvalidTarget)"));
}

BOOST_AUTO_TEST_CASE(stickiness_and_header_rules_reach_the_load_balancer) {
  Up(absl::StrCat(kNetwork, kTargets));
  const proxy::v1::Stickiness stickiness = ConfigOf("Targets").stickiness();
  BOOST_TEST(stickiness.type() == "app_cookie");
  BOOST_TEST(stickiness.app_cookie_name() == "SESSION");
  BOOST_TEST(stickiness.duration_ms() == 600000);
  BOOST_TEST(stickiness.key().size() == 32u);
  BOOST_TEST(!ConfigOf("Addresses").has_stickiness());
  BOOST_TEST(config.headers().xff_mode() == "remove");
  BOOST_TEST(config.headers().xff_client_port());
  BOOST_TEST(config.headers().drop_invalid());
  const proxy::v1::Forward& forward = config.listeners(0).default_action().forward();
  BOOST_TEST(forward.stickiness_ms() == 60000);
  BOOST_TEST(forward.stickiness_key().size() == 32u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::region
