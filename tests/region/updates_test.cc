// What each type does when a template changes it.
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "nubo/region/dns/dns_config.h"
#include "nubo/region/lookup/describe_one.h"
#include "nubo/stack/schema.h"
#include "nubo/testing/status_matchers.h"
#include "tests/region/world.h"

namespace nubo::region {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

std::string With(absl::string_view from, absl::string_view to, std::string text = absl::StrCat(kNetwork, kService)) {
  const std::string changed = absl::StrReplaceAll(text, {{from, to}});
  BOOST_REQUIRE(changed != text);
  return changed;
}

struct Updated : Shop {
  // Every one of its instances, in the order of their ids.
  std::string Members() const { return absl::StrJoin(Alive(), " "); }
  const v1::TargetGroupState& Targets() const { return context.model.target_groups.begin()->second; }
  const v1::ListenerState& Listener() const { return context.model.listeners.begin()->second; }
  const v1::LoadBalancerState& Balancer() const { return context.model.load_balancers.begin()->second; }
  int FreeAddresses() const {
    int count = 0;
    for (const auto& [id, addresses] : context.addresses) count += static_cast<int>(addresses.available());
    return count;
  }
};

constexpr char kPolicy[] =
    "    UpdatePolicy: {AutoScalingRollingUpdate: {MaxBatchSize: 1, MinInstancesInService: 2}}\n";
std::string Rolling(const std::string& text = absl::StrCat(kNetwork, kService)) {
  return With("    DependsOn: Listener\n", absl::StrCat("    DependsOn: Listener\n", kPolicy), text);
}

BOOST_AUTO_TEST_SUITE(updates)

BOOST_FIXTURE_TEST_CASE(nothing_differs_nothing_happens, Updated) {
  const auto answer = UpdateStack(context, {"shop", absl::StrCat(kNetwork, kService, "\n# more\n"), "shop.yaml", {}});
  BOOST_REQUIRE(IsOk(answer));
  BOOST_TEST(answer->unchanged);
  BOOST_TEST(StackStatus() == "CREATE_COMPLETE");
}

// A flipped bit, say. The template that is asked for has nothing wrong with it.
BOOST_FIXTURE_TEST_CASE(a_stored_template_that_is_damaged_is_not_taken_for_the_one_asked_for, Updated) {
  context.model.stacks.Update("shop", [](v1::StackState& stack) { stack.set_template_body("Resources: ["); });
  const auto answer = UpdateStack(context, {"shop", absl::StrCat(kNetwork, kService), "shop.yaml", {}});
  BOOST_TEST(StatusIs(answer, absl::StatusCode::kDataLoss, "what the region keeps of stack shop is damaged"));
  BOOST_TEST(StackStatus() == "CREATE_COMPLETE");
}

constexpr char kLeftToTheRegion[] = R"(
Metadata:
  Nubo::Defaults:
    Port: HttpPort
Parameters:
  Port: {Type: Number, Default: 80}
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
Outputs:
  URL: {Value: !Sub "http://shop.localhost:${Port}/"}
)";

struct LeftToTheRegion : World {
  std::string Url() {
    Settle();
    const std::vector<ShownOutput> outputs = OutputsOf(context, *context.model.stacks.Find("shop"));
    return outputs.size() == 1 ? outputs[0].value : absl::StrCat(outputs.size(), " outputs");
  }
};

BOOST_FIXTURE_TEST_CASE(a_parameter_that_is_left_to_the_region_has_its_port, LeftToTheRegion) {
  BOOST_REQUIRE(IsOk(Create(kLeftToTheRegion)));
  BOOST_TEST(Url() == "http://shop.localhost:8080/");
  const auto again = UpdateStack(context, {"shop", kLeftToTheRegion, "shop.yaml", {}});
  BOOST_REQUIRE(IsOk(again));
  BOOST_TEST(again->unchanged);
}

BOOST_FIXTURE_TEST_CASE(a_parameter_that_is_given_is_not_left_to_the_region, LeftToTheRegion) {
  BOOST_REQUIRE(IsOk(CreateStack(context, {"shop", kLeftToTheRegion, "shop.yaml", {{"Port", "81"}}})));
  BOOST_TEST(Url() == "http://shop.localhost:81/");
}

BOOST_FIXTURE_TEST_CASE(a_stack_follows_a_region_that_has_another_port, LeftToTheRegion) {
  BOOST_REQUIRE(IsOk(Create(kLeftToTheRegion)));
  BOOST_TEST(Url() == "http://shop.localhost:8080/");
  context.http_address.port = 80;
  BOOST_REQUIRE(IsOk(Update(kLeftToTheRegion)));
  BOOST_TEST(Url() == "http://shop.localhost:80/");
  BOOST_TEST(context.model.stacks.Find("shop")->parameters().empty());
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_left_to_the_region_is_refused_with_its_place, World) {
  const auto kInvalid = absl::StatusCode::kInvalidArgument;
  BOOST_TEST(StatusIs(Create(With("    Port: HttpPort", "    Prot: HttpPort", kLeftToTheRegion)), kInvalid,
                      "shop.yaml:4:5: Metadata: Nubo::Defaults: there is no parameter Prot"));
  BOOST_TEST(StatusIs(Create(With("    Port: HttpPort", "    Port: 8080", kLeftToTheRegion)), kInvalid,
                      "shop.yaml:4:11: Metadata: Nubo::Defaults: Port can only be HttpPort"));
  BOOST_TEST(StatusIs(Create(With("Nubo::Defaults:\n    Port: HttpPort", "Nubo::Defaults: Port", kLeftToTheRegion)),
                      kInvalid, "Nubo::Defaults is an object of parameters"));
}

BOOST_FIXTURE_TEST_CASE(sizes_change_in_place, Updated) {
  const std::string before = Members();
  BOOST_REQUIRE(IsOk(Update(With("MinSize: 2", "MinSize: 3"))));
  BOOST_TEST(StackStatus() == "UPDATE_COMPLETE", Failure());
  BOOST_TEST(absl::StartsWith(Members(), before));
  BOOST_TEST(InService(context, Group().name()) == 3);
  const v1::StackState& stack = *context.model.stacks.Find("shop");
  BOOST_TEST(WaitingFor(context, stack).empty());
  BOOST_REQUIRE(IsOk(Update(With("MaxSize: 4", "MaxSize: 4\n      DesiredCapacity: 4"))));
  BOOST_TEST(InService(context, Group().name()) == 4);
  // A template that is silent about it leaves the capacity alone.
  BOOST_REQUIRE(IsOk(Update(With("MaxSize: 4", "MaxSize: 3"))));
  BOOST_TEST(InService(context, Group().name()) == 3);
}

BOOST_FIXTURE_TEST_CASE(health_checks_and_attributes_of_a_target_group_change_in_place, Updated) {
  const std::string arn = Targets().arn();
  BOOST_REQUIRE(IsOk(Update(With("Port: 8080}",
                                 "Port: 8080, HealthCheckPath: /ready, UnhealthyThresholdCount: 4, Matcher: {HttpCode: "
                                 "'204'}, TargetGroupAttributes: [{Key: deregistration_delay.timeout_seconds, Value: "
                                 "'7'}, {Key: load_balancing.algorithm.type, Value: weighted_random}]}"))));
  BOOST_TEST(StackStatus() == "UPDATE_COMPLETE", Failure());
  BOOST_TEST(Targets().arn() == arn);
  const auto config = BalancerConfig(context, Balancer());
  BOOST_TEST(config.target_groups(0).health_check().path() == "/ready");
  BOOST_TEST(config.target_groups(0).health_check().unhealthy_threshold() == 4);
  BOOST_TEST(config.target_groups(0).health_check().matcher() == "204");
  BOOST_TEST(config.target_groups(0).deregistration_delay_ms() == 7000);
  BOOST_TEST(config.target_groups(0).policy() == "weighted_random");
}

BOOST_FIXTURE_TEST_CASE(another_port_of_a_target_group_makes_another_one, Updated) {
  const std::string arn = Targets().arn();
  const std::string before = Members();
  BOOST_REQUIRE(IsOk(Update(With("Port: 8080", "Port: 9090"))));
  BOOST_TEST(StackStatus() == "UPDATE_COMPLETE", Failure());
  BOOST_REQUIRE_EQUAL(context.model.target_groups.size(), 1u);
  BOOST_TEST(Targets().arn() != arn);
  BOOST_TEST(Group().target_group_arns(0) == Targets().arn());
  BOOST_TEST(Listener().default_action().groups(0).target_group_arn() == Targets().arn());
  BOOST_TEST(Members() == before);
}

BOOST_FIXTURE_TEST_CASE(a_new_target_group_has_its_targets_before_traffic_goes_over_to_it, Updated) {
  BOOST_REQUIRE(IsOk(UpdateStack(context, {"shop", With("Port: 8080", "Port: 8080, Name: web"), "shop.yaml", {}})));
  for (int i = 0; i < 60; ++i) {
    TickStacks(context, handlers);
    const proxy::v1::Configuration config = BalancerConfig(context, Balancer());
    for (const auto& group : config.target_groups()) BOOST_TEST(group.targets_size() == 2);
    TickGroups(context);
    PlayProcesses();
    PlayDataPlane();
  }
  BOOST_TEST(StackStatus() == "UPDATE_COMPLETE", Failure());
  BOOST_TEST(Targets().name() == "web");
}

BOOST_FIXTURE_TEST_CASE(a_listener_changes_its_port_and_actions_in_place, Updated) {
  const std::string arn = Listener().arn();
  BOOST_REQUIRE(IsOk(Update(With("Port: 80\n", "Port: 81\n",
                                 With("[{Type: forward, TargetGroupArn: !Ref Targets}]",
                                      "[{Type: fixed-response, FixedResponseConfig: {StatusCode: '503'}}]")))));
  BOOST_TEST(StackStatus() == "UPDATE_COMPLETE", Failure());
  BOOST_TEST(Listener().arn() == arn);
  BOOST_TEST(Listener().local_port() == 81);
  BOOST_TEST(Listener().default_action().type() == "fixed-response");
}

BOOST_FIXTURE_TEST_CASE(a_port_that_cannot_be_bound_takes_the_update_back, Updated) {
  port_in_use = 81;
  BOOST_REQUIRE(IsOk(Update(With("Port: 80\n", "Port: 81\n"))));
  BOOST_TEST(StackStatus() == "UPDATE_ROLLBACK_COMPLETE");
  BOOST_TEST(Listener().local_port() == 80);
  BOOST_TEST(Told("port in use"));
  const v1::StackState& stack = *context.model.stacks.Find("shop");
  BOOST_TEST(stack.template_body() == absl::StrCat(kNetwork, kService));
  BOOST_TEST(!stack.has_former());
  BOOST_TEST(WaitingFor(context, stack).empty());
  port_in_use = 0;
  BOOST_REQUIRE(IsOk(Update(With("Port: 80\n", "Port: 81\n"))));
  BOOST_TEST(StackStatus() == "UPDATE_COMPLETE");
}

constexpr char kRule[] = R"(
  Rule:
    Type: AWS::ElasticLoadBalancingV2::ListenerRule
    Properties:
      ListenerArn: !Ref Listener
      Priority: 10
      Conditions: [{Field: path-pattern, Values: [/old]}]
      Actions: [{Type: fixed-response, FixedResponseConfig: {StatusCode: '404'}}]
)";

BOOST_FIXTURE_TEST_CASE(a_rule_changes_in_place, Updated) {
  const std::string with_rule = absl::StrCat(kNetwork, kService, kRule);
  BOOST_REQUIRE(IsOk(Update(with_rule)));
  BOOST_REQUIRE_EQUAL(context.model.rules.size(), 1u);
  const std::string arn = context.model.rules.begin()->first;
  BOOST_REQUIRE(
      IsOk(Update(With("/old", "/new", With("Priority: 10", "Priority: 20", With("'404'", "'410'", with_rule))))));
  BOOST_TEST(StackStatus() == "UPDATE_COMPLETE", Failure());
  const v1::ListenerRuleState& rule = context.model.rules.begin()->second;
  BOOST_TEST(rule.arn() == arn);
  BOOST_TEST(rule.priority() == 20);
  BOOST_TEST(absl::StrJoin(rule.paths(), " ") == "/new");
  BOOST_TEST(rule.action().status_code() == "410");
  BOOST_REQUIRE(IsOk(Update(absl::StrCat(kNetwork, kService))));
  BOOST_TEST(context.model.rules.empty());
}

BOOST_FIXTURE_TEST_CASE(a_record_set_changes_in_place_also_in_type, Updated) {
  const std::string text =
      With("  Record:\n",
           "  Text:\n    Type: AWS::Route53::RecordSet\n    Properties: {HostedZoneId: !Ref Zone, "
           "Name: t.shop.localhost, Type: TXT, TTL: 60, ResourceRecords: ['\"one\"']}\n  Record:\n");
  BOOST_REQUIRE(IsOk(Update(text)));
  BOOST_REQUIRE(IsOk(Update(With("Type: TXT, TTL: 60, ResourceRecords: ['\"one\"']",
                                 "Type: CNAME, TTL: 5, ResourceRecords: [two.example]", text))));
  BOOST_TEST(StackStatus() == "UPDATE_COMPLETE", Failure());
  const dns::v1::Config config = DnsConfig(context);
  bool found = false;
  for (const auto& zone : config.zones()) {
    for (const auto& record : zone.records()) {
      if (record.name() != "t.shop.localhost") continue;
      BOOST_TEST(!found);
      found = true;
      BOOST_TEST(record.type() == "CNAME");
      BOOST_TEST(record.ttl() == 5);
      BOOST_TEST(record.values(0) == "two.example");
    }
  }
  BOOST_TEST(found);
}

BOOST_FIXTURE_TEST_CASE(without_a_policy_running_instances_stay_as_they_are, Updated) {
  const std::string before = Members();
  BOOST_REQUIRE(IsOk(Update(With("exec web", "exec web --new"))));
  BOOST_TEST(StackStatus() == "UPDATE_COMPLETE", Failure());
  BOOST_TEST(Members() == before);
  BOOST_TEST(Group().launch_template_version() == "2");
  DrainAndTerminate(context, Alive()[0]);
  Settle(absl::Seconds(1));
  int fresh = 0;
  for (const std::string& id : Alive()) {
    fresh += absl::StrContains(context.model.instances.Find(id)->user_data(), "--new") ? 1 : 0;
  }
  BOOST_TEST(fresh == 1);
}

BOOST_FIXTURE_TEST_CASE(with_a_policy_they_are_replaced_while_enough_serve, Updated) {
  BOOST_REQUIRE(IsOk(Update(Rolling())));
  const std::vector<std::string> before = Alive();
  const auto answer = UpdateStack(context, {"shop", With("exec web", "exec web --new", Rolling()), "shop.yaml", {}});
  BOOST_REQUIRE(IsOk(answer));
  for (int i = 0; i < 60; ++i) {
    TickStacks(context, handlers);
    TickGroups(context);
    BOOST_TEST(InService(context, Group().name()) >= 2);
    TickInstances(context);
    TickServices(context);
    (void)context.model.transaction.TakeEffects();
    PlayProcesses();
    PlayDataPlane();
    clock.Advance(absl::Seconds(1));
  }
  BOOST_TEST(StackStatus() == "UPDATE_COMPLETE", Failure());
  BOOST_TEST(Alive().size() == 2u);
  for (const std::string& id : Alive()) {
    BOOST_TEST(absl::StrContains(context.model.instances.Find(id)->user_data(), "--new"));
  }
  BOOST_TEST(!Group().rolling());
}

BOOST_FIXTURE_TEST_CASE(instances_that_do_not_come_up_take_the_update_back, Updated) {
  BOOST_REQUIRE(IsOk(Update(Rolling())));
  const std::string before = Members();
  BOOST_REQUIRE(IsOk(Update(With("exec web", "exec broken", Rolling()))));
  Settle(absl::Seconds(1));
  BOOST_TEST(StackStatus() == "UPDATE_ROLLBACK_COMPLETE");
  BOOST_TEST(Members() == before);
  BOOST_TEST(Told("launches in a row came to nothing"));
  BOOST_TEST(Group().launch_template_version() == "1");
  BOOST_TEST(context.model.launch_templates.begin()->second.version() == 1);
  BOOST_TEST(WaitingFor(context, *context.model.stacks.Find("shop")).empty());
}

BOOST_FIXTURE_TEST_CASE(another_name_makes_another_group_that_serves_before_the_old_one_goes, Updated) {
  BOOST_REQUIRE(IsOk(Update(With("      MinSize: 2\n", "      AutoScalingGroupName: fleet\n      MinSize: 2\n"))));
  BOOST_TEST(StackStatus() == "UPDATE_COMPLETE", Failure());
  BOOST_REQUIRE_EQUAL(context.model.groups.size(), 1u);
  BOOST_TEST(Group().name() == "fleet");
  BOOST_TEST(InService(context, "fleet") == 2);
  BOOST_TEST(Alive().size() == 2u);
}

BOOST_FIXTURE_TEST_CASE(a_group_that_an_update_adds_has_to_serve, Updated) {
  const std::string second = R"(
  Bad:
    Type: AWS::EC2::LaunchTemplate
    Properties: {LaunchTemplateData: {ImageId: web, UserData: {"Fn::Base64": "#!/bin/sh\nexec broken\n"}}}
  More:
    Type: AWS::AutoScaling::AutoScalingGroup
    Properties:
      MinSize: 1
      MaxSize: 1
      VPCZoneIdentifier: [!Ref SubnetA]
      LaunchTemplate: {LaunchTemplateId: !Ref Bad, Version: !GetAtt Bad.LatestVersionNumber}
)";
  BOOST_REQUIRE(IsOk(Update(absl::StrCat(kNetwork, kService, second))));
  Settle(absl::Seconds(1));
  BOOST_TEST(StackStatus() == "UPDATE_ROLLBACK_COMPLETE");
  BOOST_TEST(context.model.groups.size() == 1u);
  BOOST_TEST(context.model.launch_templates.size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_load_balancer_keeps_its_addresses_in_subnets_it_keeps, Updated) {
  const int free = FreeAddresses();
  const std::string kept = Balancer().private_ips(0);
  const std::string wider =
      With("Properties: {Subnets: [!Ref SubnetA, !Ref SubnetB]}", "Properties: {Subnets: [!Ref SubnetA, !Ref SubnetC]}",
           With("  Balancer:\n",
                "  SubnetC:\n    Type: AWS::EC2::Subnet\n    Properties: {VpcId: !Ref Vpc, "
                "CidrBlock: 10.0.3.0/24, AvailabilityZone: us-east-1b}\n  Balancer:\n"));
  BOOST_REQUIRE(IsOk(Update(wider)));
  BOOST_TEST(StackStatus() == "UPDATE_COMPLETE", Failure());
  BOOST_TEST(Balancer().private_ips(0) == kept);
  BOOST_TEST(absl::StartsWith(Balancer().private_ips(1), "10.0.3."));
  BOOST_TEST(Balancer().loopback_ips_size() == 2);
  BOOST_REQUIRE(IsOk(Update(absl::StrCat(kNetwork, kService))));
  BOOST_TEST(FreeAddresses() == free);
  BOOST_TEST(context.model.subnets.size() == 2u);
}

BOOST_FIXTURE_TEST_CASE(a_subnet_that_is_replaced_moves_its_instances_and_then_goes, Updated) {
  BOOST_REQUIRE(IsOk(Update(With("10.0.2.0/24", "10.0.5.0/24"))));
  Settle(absl::Seconds(1));
  BOOST_TEST(StackStatus() == "UPDATE_COMPLETE", Failure());
  BOOST_TEST(context.model.subnets.size() == 2u);
  BOOST_TEST(context.model.stacks.Find("shop")->leftovers().empty());
  BOOST_TEST(Alive().size() == 2u);
  for (const std::string& id : Alive()) {
    BOOST_TEST(!absl::StartsWith(context.model.instances.Find(id)->private_ip(), "10.0.2."));
  }
  for (const std::string& ip : Balancer().private_ips()) BOOST_TEST(!absl::StartsWith(ip, "10.0.2."));
}

constexpr char kDatabase[] = R"(
  Group2:
    Type: AWS::EC2::SecurityGroup
    Properties: {GroupDescription: db, VpcId: !Ref Vpc}
  Db:
    Type: AWS::RDS::DBInstance
    Properties: {Engine: mysql, MasterUsername: u, MasterUserPassword: swordfish, VPCSecurityGroups: [!GetAtt Group2.GroupId]}
)";

struct WithDatabase : World {
  WithDatabase() {
    BOOST_REQUIRE(IsOk(Create(text)));
    Settle();
    BOOST_REQUIRE_EQUAL(StackStatus(), "CREATE_COMPLETE");
  }
  const v1::DatabaseState& Db() const { return context.model.databases.begin()->second; }
  const std::string text = absl::StrCat(kNetwork, kDatabase);
};

BOOST_FIXTURE_TEST_CASE(a_database_learns_its_new_password_by_being_started_again, WithDatabase) {
  const std::string id = Db().id();
  BOOST_REQUIRE(IsOk(Update(With("swordfish", "tunafish", text))));
  BOOST_TEST(StackStatus() == "UPDATE_COMPLETE", Failure());
  BOOST_TEST(Db().id() == id);
  BOOST_TEST(Db().status() == "available");
  BOOST_TEST(!Db().restart_wanted());
  BOOST_TEST(Db().restarts() == 1);
  BOOST_TEST(context.model.secrets.Find(Db().secret_arn())->password() == "tunafish");
  const auto spec = DatabaseSpec(context, DatabaseServiceId(id));
  BOOST_TEST(absl::StrContains(spec.private_files.begin()->second, "tunafish"));
}

BOOST_FIXTURE_TEST_CASE(a_change_that_acts_on_nothing_does_not_start_a_database_again, WithDatabase) {
  BOOST_REQUIRE(IsOk(Update(With("Engine: mysql,", "Engine: mysql, MultiAZ: true,", text))));
  BOOST_TEST(StackStatus() == "UPDATE_COMPLETE");
  BOOST_TEST(Db().restarts() == 0);
  BOOST_TEST(Told("MultiAZ is accepted but not enforced"));
}

BOOST_FIXTURE_TEST_CASE(a_database_does_not_change_its_network, WithDatabase) {
  BOOST_REQUIRE(IsOk(Update(With("10.0.1.0/24", "10.1.1.0/24",
                                 With("10.0.2.0/24", "10.1.2.0/24", With("10.0.0.0/16", "10.1.0.0/16", text))))));
  BOOST_TEST(StackStatus() == "UPDATE_ROLLBACK_COMPLETE");
  BOOST_TEST(Told("cannot move to vpc-"));
  BOOST_TEST(context.model.vpcs.size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_replaced_database_has_a_data_directory_of_its_own, WithDatabase) {
  const std::string former = Db().data_directory();
  BOOST_REQUIRE(IsOk(Update(With("MasterUsername: u", "MasterUsername: v", text))));
  BOOST_TEST(StackStatus() == "UPDATE_COMPLETE", Failure());
  BOOST_REQUIRE_EQUAL(context.model.databases.size(), 1u);
  BOOST_TEST(Db().username() == "v");
  BOOST_TEST(Db().data_directory() != former);
}

BOOST_FIXTURE_TEST_CASE(the_plan_of_what_is_under_way_is_empty, Updated) {
  const std::string edited = With("MaxSize: 4", "MaxSize: 5");
  const StackRequest request{"shop", edited, "shop.yaml", {}};
  BOOST_REQUIRE(IsOk(UpdateStack(context, request)));
  BOOST_TEST(StackStatus() == "UPDATE_IN_PROGRESS");
  const auto plan = DescribeChangeSet(context, request);
  BOOST_REQUIRE(IsOk(plan));
  BOOST_TEST(plan->changes_size() == 0);
  // Of anything else it is not known what it would change.
  BOOST_TEST(StatusIs(DescribeChangeSet(context, {"shop", With("MaxSize: 4", "MaxSize: 6"), "shop.yaml", {}}).status(),
                      absl::StatusCode::kFailedPrecondition, "can not be updated"));
}

BOOST_FIXTURE_TEST_CASE(the_plan_is_what_then_happens, Updated) {
  const std::string edited = With("MaxSize: 4", "MaxSize: 5", With("Port: 8080", "Port: 9090"));
  const auto plan = DescribeChangeSet(context, {"shop", edited, "shop.yaml", {}});
  BOOST_REQUIRE(IsOk(plan));
  BOOST_TEST(plan->change_set_type() == "UPDATE");
  std::vector<std::string> shown;
  for (const auto& change : plan->changes()) {
    shown.push_back(absl::StrCat(change.action(), " ", change.logical_id(), " ", change.replacement()));
  }
  BOOST_TEST(absl::StrJoin(shown, "\n") == "Modify Targets True\nModify Listener False\nModify Group False");
  BOOST_TEST(StackStatus() == "CREATE_COMPLETE");
  // Its zone's name is taken.
  const std::string moved = absl::StrReplaceAll(edited, {{"shop.localhost", "other.localhost"}});
  const auto fresh = DescribeChangeSet(context, {"other", moved, "shop.yaml", {}});
  BOOST_REQUIRE(IsOk(fresh));
  BOOST_TEST(fresh->change_set_type() == "CREATE");
  BOOST_TEST(StatusIs(DescribeChangeSet(context, {"shop", "Resources: {}", "x.yaml", {}}).status(),
                      absl::StatusCode::kInvalidArgument, "x.yaml"));
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_updated_is_refused_and_changes_nothing, Updated) {
  BOOST_TEST(StatusIs(Update(With("CidrBlock: 10.0.1.0/24", "CidrBlock: 10.7.1.0/24")),
                      absl::StatusCode::kInvalidArgument, "shop.yaml:8:"));
  BOOST_TEST(StatusIs(UpdateStack(context, {"nobody", kNetwork, "shop.yaml", {}}).status(), absl::StatusCode::kNotFound,
                      "Stack with id nobody does not exist"));
  BOOST_REQUIRE(IsOk(DeleteStack(context, "shop", false)));
  BOOST_TEST(StatusIs(Update(kNetwork), absl::StatusCode::kFailedPrecondition,
                      "is in DELETE_IN_PROGRESS state and can not be updated."));
}

BOOST_FIXTURE_TEST_CASE(asked_again_while_it_is_under_way_it_goes_on, Updated) {
  const StackRequest request{"shop", With("Port: 8080", "Port: 9090"), "shop.yaml", {}};
  BOOST_REQUIRE(IsOk(UpdateStack(context, request)));
  const auto again = UpdateStack(context, request);
  BOOST_REQUIRE(IsOk(again));
  BOOST_TEST(again->unchanged);
  BOOST_TEST(StatusIs(UpdateStack(context, {"shop", kNetwork, "shop.yaml", {}}).status(),
                      absl::StatusCode::kFailedPrecondition, "is in UPDATE_IN_PROGRESS state and can not be updated."));
}

BOOST_FIXTURE_TEST_CASE(every_type_answers_an_update, World) {
  for (const stack::Schema& schema : stack::AllSchemas()) {
    stack::ResourceHandler* handler = handlers.registry().Find(schema.type);
    BOOST_REQUIRE(handler != nullptr);
    stack::ResourceContext resource;
    resource.type = schema.type;
    const absl::Status status = handler->Update(resource, "nobody", stack::Value::Object());
    BOOST_TEST(!absl::IsUnimplemented(status), schema.type);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::region
