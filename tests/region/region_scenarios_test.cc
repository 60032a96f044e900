// The region's model and reconcilers, without processes: the test plays the driver and the load balancers.
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <set>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "nubo/base/id_source.h"
#include "nubo/base/status.h"
#include "nubo/region/balancing/proxy_config.h"
#include "nubo/region/compute/instance_users.h"
#include "nubo/region/compute/instances.h"
#include "nubo/region/databases/databases.h"
#include "nubo/region/dns/dns_config.h"
#include "nubo/region/groups/groups.h"
#include "nubo/region/lookup/describe_one.h"
#include "nubo/region/network/addresses.h"
#include "nubo/region/resources/handlers.h"
#include "nubo/region/stacks/stacks.h"
#include "nubo/region/state/context.h"
#include "nubo/region/supervisor/services.h"
#include "nubo/store/memory_store.h"
#include "nubo/store/sqlite_store.h"
#include "nubo/testing/simulated_clock.h"
#include "nubo/testing/status_matchers.h"
#include "tests/region/world.h"

namespace nubo::region {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

BOOST_AUTO_TEST_SUITE(region_scenarios)

BOOST_FIXTURE_TEST_CASE(a_stack_comes_up_whole, Shop) {
  BOOST_TEST(InService(context, Group().name()) == 2);
  std::set<std::string> zones, loopbacks;
  for (const std::string& id : Alive()) {
    const v1::InstanceState& instance = *context.model.instances.Find(id);
    zones.insert(instance.availability_zone());
    loopbacks.insert(instance.loopback_ip());
    BOOST_TEST(absl::StartsWith(instance.private_ip(), "10.0."));
    BOOST_TEST(absl::StartsWith(instance.loopback_ip(), "127."));
    // One to one: the last two bytes are the same.
    const auto tail = [](const std::string& ip) { return ip.substr(ip.find('.', ip.find('.') + 1)); };
    BOOST_TEST(tail(instance.private_ip()) == tail(instance.loopback_ip()));
  }
  BOOST_TEST(zones.size() == 2u);
  BOOST_TEST(loopbacks.size() == 2u);
  const v1::StackState& stack = *context.model.stacks.Find("shop");
  BOOST_TEST(WaitingFor(context, stack).empty());
  BOOST_REQUIRE_EQUAL(UrlsOf(context, stack).size(), 1u);
  BOOST_TEST(UrlsOf(context, stack)[0] == "http://www.shop.localhost:8080/");
}

BOOST_FIXTURE_TEST_CASE(a_dead_instance_is_replaced_at_once, Shop) {
  const std::string victim = Alive()[0];
  Exits(victim, process::End::Signaled(9));
  TickGroups(context);
  BOOST_TEST(Alive().size() == 2u);
  Settle();
  BOOST_TEST(InService(context, Group().name()) == 2);
  BOOST_TEST(Told("was killed by signal 9"));
  BOOST_TEST(Group().failed_launches() == 0);
}

BOOST_FIXTURE_TEST_CASE(a_group_whose_instances_die_young_backs_off_and_says_why, World) {
  BOOST_REQUIRE(IsOk(Create(absl::StrCat(kNetwork, kService))));
  for (int i = 0; i < 10 && context.model.groups.empty(); ++i) {
    TickStacks(context, handlers);
    TickServices(context);
    PlayProcesses();
    PlayDataPlane();
  }
  TickGroups(context);
  BOOST_REQUIRE(Alive().size() == 2u);
  for (const std::string& id : Alive()) Exits(id, process::End::Exited(1));
  for (int i = 0; i < 5; ++i) TickGroups(context);
  BOOST_TEST(Alive().empty());
  BOOST_TEST(Group().failed_launches() == 2);
  BOOST_TEST(absl::StrContains(WaitingReason(context, Group()), "exited with status 1"));
  clock.Advance(absl::Seconds(2));
  TickGroups(context);
  BOOST_TEST(Alive().size() == 2u);
  Settle();
  // In service is not enough: the last ones may have been, too, for a moment.
  BOOST_TEST(Group().failed_launches() == 2);
  clock.Advance(absl::Seconds(10));
  Settle();
  BOOST_TEST(Group().failed_launches() == 0);
}

BOOST_FIXTURE_TEST_CASE(ending_by_itself_right_after_being_in_service_counts_as_a_failure, Shop) {
  const std::string victim = Alive()[0];
  clock.Advance(absl::Seconds(1));
  Exits(victim, process::End::Exited(3));
  TickGroups(context);
  BOOST_TEST(Group().failed_launches() == 1);
  BOOST_TEST(Alive().size() == 1u);
  clock.Advance(absl::Seconds(1));
  Settle();
  BOOST_TEST(Alive().size() == 2u);
}

BOOST_FIXTURE_TEST_CASE(terminating_drains_first_and_replaces_meanwhile, Shop) {
  in_flight = 3;
  PlayDataPlane();
  const std::string victim = Alive()[0];
  DrainAndTerminate(context, victim);
  Settle();
  // Still answering three requests: it gets no others, and its successor is there.
  BOOST_TEST(!IsTerminated(*context.model.instances.Find(victim)));
  BOOST_TEST(!IsTarget(*context.model.instances.Find(victim)));
  BOOST_TEST(InService(context, Group().name()) == 2);
  BOOST_TEST(Alive().size() == 3u);
  in_flight = 0;
  Settle();
  BOOST_TEST(IsTerminated(*context.model.instances.Find(victim)));
  BOOST_TEST(context.model.instances.Find(victim)->reason_code() == "Client.UserInitiatedShutdown");
}

BOOST_FIXTURE_TEST_CASE(draining_ends_with_the_deregistration_delay, Shop) {
  in_flight = 1;
  const std::string victim = Alive()[0];
  DrainAndTerminate(context, victim);
  Settle();
  BOOST_TEST(!IsTerminated(*context.model.instances.Find(victim)));
  clock.Advance(absl::Seconds(300));
  Settle();
  BOOST_TEST(IsTerminated(*context.model.instances.Find(victim)));
}

// The service, with attributes for its target group.
std::string WithAttributes(const std::string& attributes) {
  const std::string plain = "{VpcId: !Ref Vpc, Protocol: HTTP, Port: 8080}";
  const std::string given =
      "{VpcId: !Ref Vpc, Protocol: HTTP, Port: 8080, TargetGroupAttributes: [" + attributes + "]}";
  return absl::StrCat(kNetwork, absl::StrReplaceAll(kService, {{plain, given}}));
}

BOOST_FIXTURE_TEST_CASE(attributes_of_a_target_group_reach_its_load_balancer, World) {
  BOOST_REQUIRE(IsOk(Create(WithAttributes(
      "{Key: slow_start.duration_seconds, Value: '60'},"
      "{Key: load_balancing.algorithm.type, Value: peak_ewma},"
      "{Key: load_balancing.algorithm.anomaly_mitigation, Value: 'on'},"
      "{Key: target_group_health.unhealthy_state_routing.minimum_healthy_targets.count, Value: '2'},"
      "{Key: target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage, Value: 'off'}"))));
  Settle();
  BOOST_REQUIRE_EQUAL(StackStatus(), "CREATE_COMPLETE");
  const proxy::v1::Configuration config = BalancerConfig(context, context.model.load_balancers.begin()->second);
  BOOST_REQUIRE_EQUAL(config.target_groups_size(), 1);
  BOOST_TEST(config.target_groups(0).slow_start_ms() == 60000);
  BOOST_TEST(config.target_groups(0).outlier_detection());
  BOOST_TEST(config.target_groups(0).healthy_count_min() == 2);
  BOOST_TEST(config.target_groups(0).healthy_percentage_min() == 0);
}

BOOST_FIXTURE_TEST_CASE(attributes_that_cannot_be_are_refused, World) {
  const auto answer =
      Create(WithAttributes("{Key: slow_start.duration_seconds, Value: '60'},"
                            "{Key: load_balancing.algorithm.type, Value: least_outstanding_requests}"));
  BOOST_TEST(
      StatusIs(answer, absl::StatusCode::kInvalidArgument, "least_outstanding_requests cannot have a slow start"));
}

BOOST_FIXTURE_TEST_CASE(what_the_load_balancer_holds_for_unhealthy_is_replaced, Shop) {
  const std::string victim = Alive()[0];
  unhealthy.insert(victim);
  Settle();
  BOOST_TEST(IsTerminated(*context.model.instances.Find(victim)));
  BOOST_TEST(InService(context, Group().name()) == 2);
}

BOOST_FIXTURE_TEST_CASE(deleting_leaves_nothing, Shop) {
  BOOST_REQUIRE(IsOk(DeleteStack(context, "shop", false)));
  Settle();
  BOOST_TEST(StackStatus() == "");
  BOOST_TEST(context.model.instances.empty());
  BOOST_TEST(context.model.groups.empty());
  BOOST_TEST(context.model.load_balancers.empty());
  BOOST_TEST(context.model.vpcs.empty());
  BOOST_TEST(context.model.records.empty());
  BOOST_TEST(context.addresses.empty());
  BOOST_TEST(context.model.services.size() == 2u);  // dns and the shared listener
  BOOST_TEST(StatusIs(DeleteStack(context, "shop", false), absl::StatusCode::kNotFound, "shop"));
}

BOOST_FIXTURE_TEST_CASE(a_failed_creation_is_rolled_back, World) {
  const std::string bad = absl::StrCat(kNetwork, R"(
  Template: {Type: AWS::EC2::LaunchTemplate, Properties: {LaunchTemplateData: {ImageId: web}}}
  Instance:
    Type: AWS::EC2::Instance
    Properties: {SubnetId: !Ref SubnetA, LaunchTemplate: {LaunchTemplateId: !Ref Template, Version: 7}}
)");
  BOOST_REQUIRE(IsOk(Create(bad)));
  Settle();
  BOOST_TEST(StackStatus() == "ROLLBACK_COMPLETE");
  BOOST_TEST(context.model.vpcs.empty());
  BOOST_TEST(context.model.subnets.empty());
  BOOST_TEST(Told("Could not find version '7' of launch template"));
}

BOOST_FIXTURE_TEST_CASE(an_instance_of_its_own_runs_and_is_an_address, World) {
  const std::string single = absl::StrCat(kNetwork, R"(
  Instance:
    Type: AWS::EC2::Instance
    Properties: {ImageId: web, SubnetId: !Ref SubnetA, PrivateIpAddress: 10.0.1.77, UserData: {"Fn::Base64": "#!/bin/sh\nexec web"}}
)");
  BOOST_REQUIRE(IsOk(Create(single)));
  Settle();
  BOOST_REQUIRE_EQUAL(StackStatus(), "CREATE_COMPLETE");
  BOOST_TEST(context.model.instances.Find(Alive()[0])->private_ip() == "10.0.1.77");
  const dns::v1::Config config = DnsConfig(context);
  BOOST_TEST(absl::StrContains(config.DebugString(), "ip-10-0-1-77.ec2.internal"));
}

BOOST_FIXTURE_TEST_CASE(the_same_stack_twice_changes_nothing_and_another_is_refused, Shop) {
  const auto again = Create(absl::StrCat(kNetwork, kService));
  BOOST_REQUIRE(IsOk(again));
  BOOST_TEST(again->unchanged);
  BOOST_TEST(StatusIs(Create(kNetwork), absl::StatusCode::kFailedPrecondition,
                      "already exists, and is CREATE_COMPLETE; update it"));
  BOOST_TEST(StatusIs(Create(kNetwork, "9lives"), absl::StatusCode::kInvalidArgument, "must begin with a letter"));
}

BOOST_FIXTURE_TEST_CASE(bad_templates_are_refused_with_their_place, World) {
  BOOST_TEST(StatusIs(Create("Resources:\n  A:\n    Type: AWS::EC2::Vpc\n"), absl::StatusCode::kInvalidArgument,
                      "shop.yaml:3:"));
  BOOST_TEST(StatusIs(Create(absl::StrCat(kNetwork,
                                          "  C:\n    Type: AWS::EC2::Subnet\n    Properties: {VpcId: !Ref Vpc, "
                                          "CidrBlock: 10.0.2.128/25}\n")),
                      absl::StatusCode::kInvalidArgument, "overlap"));
  BOOST_TEST(context.model.stacks.empty());
}

BOOST_FIXTURE_TEST_CASE(what_is_not_enforced_is_told_and_described, World) {
  const std::string body = absl::StrCat(kNetwork, R"(
  Firewall:
    Type: AWS::EC2::SecurityGroup
    Properties: {GroupDescription: all, VpcId: !Ref Vpc}
)");
  BOOST_REQUIRE(IsOk(Create(body)));
  Settle();
  BOOST_TEST(Told("not enforced"));
  const auto described = DescribeOne(context, "Firewall");
  BOOST_REQUIRE(IsOk(described));
  BOOST_TEST(!described->enforced());
  BOOST_TEST(described->not_enforced_size() == 1);
  BOOST_TEST(described->properties().fields().at("GroupDescription").string_value() == "all");
  BOOST_TEST(StatusIs(DescribeOne(context, "nobody"), absl::StatusCode::kNotFound, "nobody"));
}

BOOST_FIXTURE_TEST_CASE(values_of_no_echo_parameters_are_never_shown, World) {
  const std::string body = absl::StrCat(R"(
Parameters:
  Password: {Type: String, NoEcho: true, Default: sword fish}
  Names: {Type: CommaDelimitedList, NoEcho: true, Default: 'lovelace, babbage'}
)",
                                        kNetwork, R"(
  Web:
    Type: AWS::EC2::Instance
    Properties:
      ImageId: web
      SubnetId: !Ref SubnetA
      UserData: {"Fn::Base64": !Sub "#!/bin/sh\nexec web '${Password}'\n"}
      Tags: [{Key: !Join ['-', !Ref Names], Value: !Sub "its ${Password}"}, {Key: shown, Value: as it is}]
  Db:
    Type: AWS::RDS::DBInstance
    Properties: {Engine: mysql, DBInstanceClass: db.t3.micro, AllocatedStorage: '20', MasterUsername: shop, MasterUserPassword: plain-secret}
)");
  BOOST_REQUIRE(IsOk(Create(body)));
  Settle();
  const std::string web = DescribeOne(context, "Web")->ShortDebugString();
  BOOST_TEST(!absl::StrContains(web, "sword fish"), web);
  BOOST_TEST(!absl::StrContains(web, absl::Base64Escape("#!/bin/sh\nexec web 'sword fish'\n")), web);
  BOOST_TEST(absl::StrContains(web, absl::Base64Escape("#!/bin/sh\nexec web '****'\n")), web);
  BOOST_TEST(!absl::StrContains(web, "lovelace"), web);
  BOOST_TEST(absl::StrContains(web, "its ****"), web);
  BOOST_TEST(absl::StrContains(web, "as it is"), web);
  BOOST_TEST(!absl::StrContains(DescribeOne(context, "Db")->ShortDebugString(), "plain-secret"));
  // The instance has it all the same.
  BOOST_TEST(absl::StrContains(context.model.instances.begin()->second.user_data(), "sword fish"));
}

BOOST_FIXTURE_TEST_CASE(an_instance_without_user_data_runs_until_it_is_stopped, World) {
  const std::string body = absl::StrCat(kNetwork, R"(
  Idle:
    Type: AWS::EC2::Instance
    Properties: {ImageId: web, SubnetId: !Ref SubnetA}
)");
  BOOST_REQUIRE(IsOk(Create(body)));
  Settle();
  BOOST_TEST_INFO(Failure());
  BOOST_TEST(StackStatus() == "CREATE_COMPLETE");
  BOOST_TEST(context.model.instances.begin()->second.user_data() == "");
}

BOOST_FIXTURE_TEST_CASE(each_instance_is_another_user, Shop) {
  std::set<uint32_t> users;
  for (const std::string& id : Alive()) users.insert(InstanceUser(id));
  BOOST_TEST(users.size() == Alive().size());
}

BOOST_FIXTURE_TEST_CASE(a_database_is_a_process_with_a_secret_and_data_that_stay, World) {
  const std::string body = absl::StrCat(kNetwork, R"(
  Db:
    Type: AWS::RDS::DBInstance
    Properties: {Engine: mysql, DBInstanceClass: db.t3.micro, AllocatedStorage: '20', DBName: shop, MasterUsername: shop, ManageMasterUserPassword: true}
)");
  BOOST_REQUIRE(IsOk(Create(body)));
  Settle();
  BOOST_TEST_INFO(Failure());
  BOOST_REQUIRE_EQUAL(StackStatus(), "CREATE_COMPLETE");
  const v1::DatabaseState& database = context.model.databases.begin()->second;
  const process::Spec spec = DatabaseSpec(context, DatabaseServiceId(database.id()));
  const std::string& password = context.model.secrets.begin()->second.password();
  BOOST_TEST(password.size() == 40u);
  BOOST_TEST(absl::StrContains(spec.private_files[0].second, password));
  BOOST_TEST(!absl::StrContains(DescribeOne(context, "Db")->ShortDebugString(), password));
  Exits(DatabaseServiceId(database.id()), process::End::Signaled(9));
  BOOST_TEST(context.model.databases.begin()->second.status() == "rebooting");
  clock.Advance(absl::Seconds(1));
  Settle();
  BOOST_TEST(context.model.databases.begin()->second.status() == "available");
  BOOST_TEST(context.model.databases.begin()->second.restarts() == 1);
  BOOST_REQUIRE(IsOk(DeleteStack(context, "shop", false)));
  Settle();
  BOOST_TEST(context.model.databases.empty());
  BOOST_TEST(context.model.secrets.empty());
}

BOOST_FIXTURE_TEST_CASE(the_store_brings_everything_back, Shop) {
  // What a new control plane reads is what this one wrote.
  char pattern[] = "/tmp/nubo-region-XXXXXX";
  const std::string dir = mkdtemp(pattern);
  {
    auto store = store::SqliteStore::Open(dir + "/state.db");
    BOOST_REQUIRE(IsOk((*store)->Apply(context.model.transaction.batch())));
    Context other(context.paths, clock, ids, *fabric, types, kinds, templates);
    other.http_address = context.http_address;
    Damage damage;
    BOOST_REQUIRE(IsOk(other.model.Load(**store, damage)));
    RebuildAddresses(other);
    BOOST_TEST(other.model.instances.size() == context.model.instances.size());
    BOOST_TEST(other.model.stacks.Find("shop")->DebugString() == context.model.stacks.Find("shop")->DebugString());
    for (const auto& [id, addresses] : context.addresses) {
      BOOST_TEST(other.addresses.Find(id)->available() == addresses.available());
    }
    BOOST_TEST(EdgeConfig(other).SerializeAsString() == EdgeConfig(context).SerializeAsString());
  }
  std::filesystem::remove_all(dir);
}

BOOST_FIXTURE_TEST_CASE(whichever_record_is_lost_the_region_goes_on_and_can_be_taken_down, Shop) {
  const store::Batch records = context.model.transaction.batch();
  for (const auto& [lost, value] : records.changes()) {
    if (!value || absl::StartsWith(lost, "events/")) continue;
    BOOST_TEST_CONTEXT(lost) {
      World other;
      // Past those that the records have.
      for (int i = 0; i < 10000; ++i) other.ids.NewHex(1);
      store::MemoryStore store;
      BOOST_REQUIRE(IsOk(store.Apply(records)));
      BOOST_REQUIRE(IsOk(store.Damage(lost, "\xff")));
      Damage damage;
      BOOST_REQUIRE(IsOk(other.context.model.Load(store, damage)));
      BOOST_TEST(damage.lost == std::vector<std::string>{lost}, boost::test_tools::per_element());
      RebuildAddresses(other.context);
      other.Settle();
      for (const auto& [id, instance] : other.context.model.instances) (void)DescribeOne(other.context, id);
      const absl::Status deleted = DeleteStack(other.context, "shop", true);
      other.Settle();
      // What was of a stack that is not known any more ends with the region.
      BOOST_TEST(deleted.ok() == (lost != "stacks/shop"));
      BOOST_TEST(other.context.model.stacks.empty());
    }
  }
}

BOOST_FIXTURE_TEST_CASE(low_ports_move_up_where_they_may_not_be_taken, World) {
  context.low_ports = false;
  BOOST_TEST(LocalPort(context, 80) == 8080);
  BOOST_TEST(LocalPort(context, 8080) == 8080);
  context.low_ports = true;
  BOOST_TEST(LocalPort(context, 80) == 80);
}

BOOST_FIXTURE_TEST_CASE(a_service_that_keeps_dying_is_started_ever_more_rarely, World) {
  Settle();
  Exits(kDnsService, process::End::Signaled(9));
  BOOST_TEST(!context.model.services.Find(kDnsService)->launched());
  TickServices(context);
  BOOST_TEST(!context.model.services.Find(kDnsService)->launched());
  clock.Advance(absl::Milliseconds(100));
  TickServices(context);
  BOOST_TEST(context.model.services.Find(kDnsService)->launched());
  // One that has run for a while is restarted at once.
  clock.Advance(absl::Seconds(60));
  Exits(kDnsService, process::End::Signaled(9));
  TickServices(context);
  BOOST_TEST(context.model.services.Find(kDnsService)->launched());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::region
