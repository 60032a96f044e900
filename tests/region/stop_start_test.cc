// Instances that are stopped, started and rebooted.
#include <boost/test/unit_test.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/ec2/lifecycle.h"
#include "nubo/region/balancing/target_health.h"
#include "nubo/region/compute/instances.h"
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
  Balancer:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties: {Subnets: [!Ref SubnetA, !Ref SubnetB]}
  Targets:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties: {VpcId: !Ref Vpc, Protocol: HTTP, Port: 8080, Targets: [{Id: !Ref Alone}]}
  Listener:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !Ref Balancer
      Port: 80
      Protocol: HTTP
      DefaultActions: [{Type: forward, TargetGroupArn: !Ref Targets}]
)";

// A stack with one instance of no group, which is a target.
struct Alone : World {
  Alone() {
    BOOST_REQUIRE(IsOk(Create(absl::StrCat(kNetwork, kAlone))));
    Settle();
    BOOST_REQUIRE_MESSAGE(StackStatus() == "CREATE_COMPLETE", Failure());
    id = Alive().at(0);
  }
  const v1::InstanceState& Record() const { return *context.model.instances.Find(id); }
  std::string State() const { return std::string(ec2::StateName(*ec2::StateFromCode(Record().state_code()))); }
  TargetView Target() const { return ViewOf(context, context.model.target_groups.begin()->first, id); }
  int Configured() const {
    const auto config = BalancerConfig(context, context.model.load_balancers.begin()->second);
    return config.target_groups(0).targets_size();
  }
  void Stop() {
    StopInstance(context, id);
    Settle();
    BOOST_REQUIRE_EQUAL(State(), "stopped");
  }

  std::string id;
};

BOOST_FIXTURE_TEST_CASE(a_stopped_instance_keeps_its_address_and_has_no_process, Alone) {
  const std::string ip = Record().private_ip();
  StopInstance(context, id);
  BOOST_TEST(State() == "stopping");
  Settle();
  BOOST_TEST(State() == "stopped");
  BOOST_TEST(Record().pid() == 0);
  BOOST_TEST(Record().reason_code() == "Client.UserInitiatedShutdown");
  BOOST_TEST(Record().private_ip() == ip);
  BOOST_TEST(Record().terminated_time() == 0);
}

BOOST_FIXTURE_TEST_CASE(a_stopped_instance_is_no_target_until_it_is_started, Alone) {
  BOOST_TEST(Target().state == "healthy");
  Stop();
  BOOST_TEST(Target().state == "unused");
  BOOST_TEST(Target().reason == "Target.InvalidState");
  BOOST_TEST(Configured() == 0);
  StartInstance(context, id);
  BOOST_TEST(State() == "pending");
  Settle();
  BOOST_TEST(State() == "running");
  BOOST_TEST(Target().state == "healthy");
  BOOST_TEST(Configured() == 1);
}

BOOST_FIXTURE_TEST_CASE(a_stack_is_ready_without_what_was_stopped, Alone) {
  Stop();
  for (const std::string& what : WaitingFor(context, *context.model.stacks.Find("shop"))) {
    BOOST_TEST(what.find("instance") == std::string::npos, what);
    BOOST_TEST(what.find("target") == std::string::npos, what);
  }
  BOOST_TEST(WhatFails(context, *context.model.stacks.Find("shop")).what == "");
}

BOOST_FIXTURE_TEST_CASE(what_is_so_already_is_no_error_and_changes_nothing, Alone) {
  BOOST_TEST(IsOk(CheckCall(context, id, ec2::Call::kStart)));
  StartInstance(context, id);
  BOOST_TEST(State() == "running");
  Stop();
  (void)context.model.transaction.TakeEffects();
  BOOST_TEST(IsOk(CheckCall(context, id, ec2::Call::kStop)));
  StopInstance(context, id);
  BOOST_TEST(State() == "stopped");
  BOOST_TEST(context.model.transaction.effects().empty());
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_is_refused_with_awss_codes, Alone) {
  const auto refused = [&](const std::string& which, ec2::Call call, absl::StatusCode code, const std::string& aws,
                           const std::string& words) {
    const absl::Status status = CheckCall(context, which, call);
    BOOST_TEST(StatusIs(status, code, words));
    BOOST_TEST(base::ErrorCode(status) == aws);
  };
  const auto kWrong = absl::StatusCode::kFailedPrecondition;
  refused("i-0123456789abcdef0", ec2::Call::kStop, absl::StatusCode::kNotFound, "InvalidInstanceID.NotFound",
          "does not exist");
  refused("web", ec2::Call::kStop, absl::StatusCode::kInvalidArgument, "InvalidInstanceID.Malformed", "web");
  StopInstance(context, id);
  refused(id, ec2::Call::kStart, kWrong, "IncorrectInstanceState", "it is stopping, not stopped");
  Settle();
  refused(id, ec2::Call::kReboot, kWrong, "IncorrectInstanceState", "it is stopped, not running");
  DrainAndTerminate(context, id);
  refused(id, ec2::Call::kStart, kWrong, "IncorrectInstanceState", "it is shutting-down, not stopped");
  Settle();
  for (const ec2::Call call : {ec2::Call::kStop, ec2::Call::kStart, ec2::Call::kReboot}) {
    refused(id, call, kWrong, "IncorrectInstanceState", "it is terminated");
  }
}

BOOST_FIXTURE_TEST_CASE(one_that_drains_can_neither_be_stopped_nor_rebooted, Alone) {
  in_flight = 1;
  PlayDataPlane();
  DrainAndTerminate(context, id);
  Settle();
  BOOST_TEST(StatusIs(CheckCall(context, id, ec2::Call::kStop), absl::StatusCode::kFailedPrecondition,
                      "it is shutting-down, not running"));
  BOOST_TEST(StatusIs(CheckCall(context, id, ec2::Call::kReboot), absl::StatusCode::kFailedPrecondition,
                      "it is shutting-down, not running"));
}

BOOST_FIXTURE_TEST_CASE(a_stopped_instance_is_terminated_at_once_and_its_address_is_free, Alone) {
  const std::string subnet = Record().subnet_id();
  const auto available = [&] { return context.addresses.Find(subnet)->available(); };
  Stop();
  const auto before = available();
  DrainAndTerminate(context, id);
  TickInstances(context);
  BOOST_TEST(State() == "terminated");
  BOOST_TEST(available() == before + 1);
}

BOOST_FIXTURE_TEST_CASE(a_stopped_instance_goes_with_its_stack, Alone) {
  Stop();
  context.model.instances.Update(id, [](v1::InstanceState& record) { record.set_disable_api_termination(false); });
  BOOST_REQUIRE(IsOk(DeleteStack(context, "shop", false)));
  Settle();
  BOOST_TEST(StackStatus() == "");
  BOOST_TEST(context.model.instances.empty());
}

BOOST_FIXTURE_TEST_CASE(one_that_cannot_be_started_is_stopped_again, Alone) {
  Stop();
  hold.insert(id);
  StartInstance(context, id);
  Exits(id, process::End::NotStarted("no memory"));
  BOOST_TEST(State() == "stopped");
  BOOST_TEST(Record().reason_message() == "Server.InternalError: could not be started: no memory");
  hold.clear();
  StartInstance(context, id);
  Settle();
  BOOST_TEST(State() == "running");
  BOOST_TEST(Record().reason_message() == "");
}

BOOST_FIXTURE_TEST_CASE(one_that_ends_by_itself_after_a_start_is_terminated, Alone) {
  Stop();
  StartInstance(context, id);
  Settle();
  Exits(id, process::End::Exited(3));
  BOOST_TEST(State() == "terminated");
}

BOOST_FIXTURE_TEST_CASE(a_last_word_that_comes_twice_changes_nothing, Alone) {
  Stop();
  Exits(id, process::End::Signaled(15));
  BOOST_TEST(State() == "stopped");
}

BOOST_FIXTURE_TEST_CASE(a_rebooted_instance_is_the_same_with_another_process, Alone) {
  (void)context.model.transaction.TakeEffects();
  BOOST_TEST(IsOk(CheckCall(context, id, ec2::Call::kReboot)));
  RebootInstance(context, id);
  BOOST_TEST(context.model.transaction.effects().size() == 1u);
  BOOST_TEST(State() == "running");
  BOOST_REQUIRE(
      OnInstanceEvent(context, {.id = id, .kind = process::Event::Kind::kRunning, .pid = 4712, .isolated = true}));
  BOOST_TEST(State() == "running");
  BOOST_TEST(Record().pid() == 4712);
}

BOOST_FIXTURE_TEST_CASE(a_group_replaces_a_member_that_is_stopped, Shop) {
  const std::string victim = Alive().at(0);
  StopInstance(context, victim);
  TickGroups(context);
  BOOST_TEST(Alive().size() == 3u);
  Settle();
  BOOST_TEST(IsTerminated(*context.model.instances.Find(victim)));
  BOOST_TEST(InService(context, Group().name()) == 2);
  BOOST_TEST(Group().failed_launches() == 0);
  BOOST_TEST(Told("an EC2 health check indicating it has been terminated or stopped"));
}

}  // namespace
}  // namespace nubo::region
