// Instances as machines: what they boot with, what of their user data is refused or told, and how they are protected,
// monitored and checked.
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "nubo/base/status.h"
#include "nubo/ec2/instance_types.h"
#include "nubo/ec2/lifecycle.h"
#include "nubo/ec2/v1/ec2.pb.h"
#include "nubo/process/driver.h"
#include "nubo/region/compute/describe.h"
#include "nubo/region/compute/instances.h"
#include "nubo/region/compute/operations.h"
#include "nubo/region/network/operations.h"
#include "nubo/region/state/effect.h"
#include "nubo/testing/status_matchers.h"
#include "tests/region/world.h"

namespace nubo::region {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

// Writes down what it is told.
class Orders final : public process::Driver {
 public:
  absl::Status Launch(process::Spec spec) override {
    specs.push_back(std::move(spec));
    return absl::OkStatus();
  }
  void Reboot(absl::string_view, absl::Duration) override {}
  void Terminate(absl::string_view, absl::Duration grace) override { graces.push_back(grace); }
  void Adopt(const std::vector<std::string>&) override {}
  void Forget(absl::string_view) override {}

  std::vector<process::Spec> specs;
  std::vector<absl::Duration> graces;
};

struct Machines : World {
  Machines()
      : subnet(*CreateSubnet(context, {},
                             {.vpc_id = *CreateVpc(context, {}, {.cidr_block = "10.0.0.0/16"}),
                              .cidr_block = "10.0.1.0/24",
                              .availability_zone = "us-east-1a"})) {}

  // Launched with these, and not yet running.
  absl::StatusOr<std::string> Launch(const std::string& user_data, RunInstancesRequest request = {}) {
    (void)context.model.transaction.TakeEffects();
    request.image_id = "web";
    request.subnet_id = subnet;
    request.user_data = absl::Base64Escape(user_data);
    return RunInstances(context, {}, request);
  }
  std::string Run(const RunInstancesRequest& request = {}) {
    const auto id = Launch("", request);
    BOOST_REQUIRE(IsOk(id));
    Runs(*id);
    return *id;
  }
  Orders TakeOrders() {
    Orders orders;
    for (const Effect& effect : context.model.transaction.TakeEffects()) effect(orders);
    return orders;
  }
  process::Spec SpecOf(const std::string& user_data) {
    BOOST_REQUIRE(IsOk(Launch(user_data)));
    const Orders orders = TakeOrders();
    BOOST_REQUIRE_EQUAL(orders.specs.size(), 1u);
    return orders.specs[0];
  }
  ec2::v1::Instance Shown(const std::string& id) {
    ec2::v1::Instance shown;
    ShowInstance(context, Record(id), &shown);
    return shown;
  }
  const v1::InstanceState& Record(const std::string& id) const { return *context.model.instances.Find(id); }
  std::string State(const std::string& id) const {
    return std::string(ec2::StateName(*ec2::StateFromCode(Record(id).state_code())));
  }

  const std::string subnet;
};

bool Refused(const absl::Status& status, absl::string_view code) { return base::ErrorCode(status) == code; }

BOOST_AUTO_TEST_SUITE(machines)

BOOST_FIXTURE_TEST_CASE(a_script_is_what_it_boots_with_and_nothing_later, Machines) {
  const process::Spec spec = SpecOf("#!/bin/sh\nexec web\n");
  BOOST_TEST(spec.script == "#!/bin/sh\nexec web\n");
  BOOST_TEST(spec.later_script == "");
  BOOST_TEST(spec.argv.empty());
  BOOST_TEST(spec.outlives_main);
  BOOST_TEST(spec.hostname == "ip-10-0-1-4");
}

BOOST_FIXTURE_TEST_CASE(without_user_data_it_runs_nothing_and_goes_on, Machines) {
  const process::Spec spec = SpecOf("");
  BOOST_TEST(spec.script == "");
  BOOST_TEST(spec.later_script == "");
  BOOST_TEST(spec.argv.empty());
  BOOST_TEST(spec.outlives_main);
}

BOOST_FIXTURE_TEST_CASE(a_script_has_lines_of_unix, Machines) {
  BOOST_TEST(SpecOf("#!/bin/sh\r\nexec web\r\n").script == "#!/bin/sh\nexec web\n");
}

BOOST_FIXTURE_TEST_CASE(a_cloud_config_is_done_once_but_for_what_each_boot_does, Machines) {
  const process::Spec spec = SpecOf(
      "#cloud-config\nhostname: shop\nbootcmd: [date]\nwrite_files: [{path: /a, content: b}]\nruncmd: [uptime]\n");
  BOOST_TEST(spec.hostname == "shop");
  BOOST_TEST(absl::StrContains(spec.script, "uptime"));
  BOOST_TEST(absl::StrContains(spec.script, "date"));
  BOOST_TEST(absl::StrContains(spec.later_script, "date"));
  BOOST_TEST(!absl::StrContains(spec.later_script, "uptime"));
  BOOST_TEST(!absl::StrContains(spec.later_script, "/a"));
}

BOOST_FIXTURE_TEST_CASE(secrets_are_resolved_before_the_plan_is_made, Machines) {
  v1::SecretState secret;
  secret.set_password("hunter2");
  context.model.secrets.Put("s", secret);
  const std::string reference = "{{resolve:secretsmanager:s:SecretString:password}}";
  BOOST_TEST(absl::StrContains(SpecOf(absl::StrCat("#cloud-config\nruncmd:\n  - echo \"", reference, "\"\n")).script,
                               "echo \"hunter2\""));
  // 16 KB are counted with what stands there.
  secret.set_password(std::string(16 << 10, 'x'));
  context.model.secrets.Put("s", secret);
  const auto available = context.addresses.Find(subnet)->available();
  const absl::Status large = Launch(absl::StrCat("#!/bin/sh\necho ", reference, "\n")).status();
  BOOST_TEST(Refused(large, "InvalidUserData.Malformed"), large);
  BOOST_TEST(context.addresses.Find(subnet)->available() == available);
}

BOOST_FIXTURE_TEST_CASE(what_an_instance_may_not_do_is_refused, Machines) {
  for (const char* user_data : {"#cloud-config\nusers: [ubuntu]\n", "#include\nhttp://example.com/a\n",
                                "#cloud-config\nruncmd: {a: b}\n", "\x1f\x8b\x08 damaged"}) {
    const absl::Status status = Launch(user_data).status();
    BOOST_TEST(StatusIs(status, absl::StatusCode::kInvalidArgument, "user data: "));
    BOOST_TEST(Refused(status, "UnsupportedOperation"), status);
    BOOST_TEST(
        Refused(CreateLaunchTemplate(context, {}, {"small", {.user_data = absl::Base64Escape(user_data)}}).status(),
                "UnsupportedOperation"));
  }
  BOOST_TEST(IsOk(Launch("#cloud-config\npackages: [nginx]\n")));
  BOOST_TEST(IsOk(Launch("echo this is no script\n")));
}

BOOST_FIXTURE_TEST_CASE(what_is_left_out_of_user_data_is_told, World) {
  BOOST_REQUIRE(IsOk(Create(absl::StrCat(kNetwork, R"(
  Alone:
    Type: AWS::EC2::Instance
    Properties: {ImageId: web, SubnetId: !Ref SubnetA, UserData: !Base64 "#cloud-config\npackages: [nginx]\n"}
  Template:
    Type: AWS::EC2::LaunchTemplate
    Properties: {LaunchTemplateData: {ImageId: web, UserData: !Base64 "echo hello"}}
)"))));
  Settle();
  BOOST_REQUIRE_MESSAGE(StackStatus() == "CREATE_COMPLETE", Failure());
  BOOST_TEST(
      Told("accepted, but not enforced: user data: packages: nothing is installed from the net; put it into the "
           "image (line 2)"));
  BOOST_TEST(Told("accepted, but not enforced: user data: it is neither a script"));
  std::vector<std::string> kept;
  for (const auto& resource : context.model.stacks.Find("shop")->resources()) {
    if (resource.logical_id() != "Alone" && resource.logical_id() != "Template") continue;
    kept.insert(kept.end(), resource.not_enforced().begin(), resource.not_enforced().end());
  }
  BOOST_TEST(kept.size() == 2u);
}

BOOST_FIXTURE_TEST_CASE(a_template_with_what_is_refused_makes_nothing, World) {
  const auto made = Create(absl::StrCat(kNetwork, R"(
  Alone:
    Type: AWS::EC2::Instance
    Properties: {ImageId: web, SubnetId: !Ref SubnetA, UserData: !Base64 "#cloud-config\nusers: [ubuntu]\n"}
)"));
  BOOST_TEST(StatusIs(made, absl::StatusCode::kInvalidArgument, "UserData line 2: users: "));
}

BOOST_FIXTURE_TEST_CASE(an_instance_whose_script_fails_has_failed, Machines) {
  const std::string id = *Launch("#!/bin/sh\nexit 3\n");
  Runs(id);
  Exits(id, process::End::Exited(3));
  BOOST_TEST(State(id) == "terminated");
  BOOST_TEST(Record(id).reason_code() == "Client.InstanceInitiatedShutdown");
  BOOST_TEST(absl::StrContains(Record(id).reason_message(), "exited with status 3"));
  BOOST_TEST(Shown(id).state_transition_reason() == "");
}

BOOST_FIXTURE_TEST_CASE(stop_protection_is_from_stops_and_terminations, Machines) {
  const std::string id = Run({.disable_api_stop = true});
  const absl::Status stop = StopInstances(context, {id}).status();
  BOOST_TEST(StatusIs(stop, absl::StatusCode::kFailedPrecondition, "Modify its 'disableApiStop' instance attribute"));
  BOOST_TEST(Refused(stop, "OperationNotPermitted"));
  BOOST_TEST(Refused(TerminateInstances(context, {id}).status(), "OperationNotPermitted"));
  BOOST_TEST(IsOk(RebootInstances(context, {id})));
  BOOST_TEST(Shown(id).disable_api_stop());
  BOOST_TEST(IsOk(ModifyInstanceAttribute(context, {.instance_id = id, .disable_api_stop = false})));
  BOOST_TEST(IsOk(StopInstances(context, {id})));
}

BOOST_FIXTURE_TEST_CASE(what_a_launch_template_protects_an_instance_may_leave_open, Machines) {
  BOOST_REQUIRE(IsOk(CreateLaunchTemplate(context, {}, {"small", {.image_id = "web", .disable_api_stop = true}})));
  RunInstancesRequest request = {.launch_template = {{.launch_template_name = "small"}}};
  BOOST_TEST(Refused(StopInstances(context, {Run(request)}).status(), "OperationNotPermitted"));
  request.disable_api_stop = false;
  BOOST_TEST(IsOk(StopInstances(context, {Run(request)})));
}

BOOST_FIXTURE_TEST_CASE(a_group_ends_what_is_protected, Machines) {
  const std::string id = Run({.disable_api_stop = true});
  DrainAndTerminate(context, id);
  TickInstances(context);
  BOOST_TEST(State(id) == "shutting-down");
}

BOOST_FIXTURE_TEST_CASE(a_stop_by_force_waits_for_nothing, Machines) {
  const std::string id = Run();
  (void)TakeOrders();
  BOOST_TEST(IsOk(StopInstances(context, {id})));
  const Orders asked = TakeOrders();
  BOOST_REQUIRE_EQUAL(asked.graces.size(), 1u);
  BOOST_TEST((asked.graces[0] > absl::ZeroDuration()));
  BOOST_TEST(IsOk(StopInstances(context, {id})));
  BOOST_TEST(TakeOrders().graces.empty(), "it stops already");
  BOOST_TEST(IsOk(StopInstances(context, {id}, {.force = true})));
  const Orders forced = TakeOrders();
  BOOST_REQUIRE_EQUAL(forced.graces.size(), 1u);
  BOOST_TEST((forced.graces[0] == absl::ZeroDuration()));
  BOOST_TEST(IsOk(StopInstances(context, {id}, {.force = true})));
  BOOST_TEST(TakeOrders().graces.empty());
  Exits(id, process::End::Signaled(9));
  BOOST_TEST(State(id) == "stopped");
  BOOST_TEST(!Record(id).forced());
}

BOOST_FIXTURE_TEST_CASE(nothing_hibernates, Machines) {
  const std::string id = Run();
  BOOST_TEST(
      Refused(StopInstances(context, {id}, {.hibernate = true}).status(), "UnsupportedHibernationConfiguration"));
  BOOST_TEST(State(id) == "running");
}

BOOST_FIXTURE_TEST_CASE(why_it_came_to_its_state_has_a_date, Machines) {
  const std::string id = Run();
  BOOST_TEST(Shown(id).state_transition_reason() == "");
  BOOST_REQUIRE(IsOk(StopInstances(context, {id})));
  BOOST_TEST(absl::StartsWith(Shown(id).state_transition_reason(), "User initiated ("));
  BOOST_TEST(absl::EndsWith(Shown(id).state_transition_reason(), " GMT)"));
}

BOOST_FIXTURE_TEST_CASE(monitoring_is_recorded, Machines) {
  const std::string id = Run(), monitored = Run({.monitoring = true});
  BOOST_TEST(Shown(id).monitoring() == "disabled");
  BOOST_TEST(Shown(monitored).monitoring() == "pending");
  const auto on = MonitorInstances(context, {id});
  BOOST_REQUIRE(IsOk(on));
  BOOST_TEST((on->at(0).monitoring == ec2::Monitoring::kPending));
  TickInstances(context);
  BOOST_TEST(Shown(id).monitoring() == "enabled");
  BOOST_TEST(Shown(monitored).monitoring() == "enabled");
  BOOST_REQUIRE(IsOk(UnmonitorInstances(context, {id, monitored})));
  BOOST_TEST(Shown(id).monitoring() == "disabling");
  TickInstances(context);
  BOOST_TEST(Shown(monitored).monitoring() == "disabled");
  BOOST_TEST(Refused(MonitorInstances(context, {id, "i-0123456789abcdef0"}).status(), "InvalidInstanceID.NotFound"));
  BOOST_TEST(Shown(id).monitoring() == "disabled");
}

BOOST_FIXTURE_TEST_CASE(status_checks_pass_after_a_minute, Machines) {
  const std::string id = *Launch("");
  BOOST_TEST(Shown(id).system_status() == "not-applicable");
  Runs(id);
  BOOST_TEST(Shown(id).system_status() == "initializing");
  BOOST_TEST(Shown(id).instance_status() == "initializing");
  clock.Advance(absl::Seconds(61));
  BOOST_TEST(Shown(id).system_status() == "ok");
  BOOST_TEST(Shown(id).instance_status() == "ok");
  // Another process: it has been rebooted.
  Hear({.id = id, .kind = process::Event::Kind::kRunning, .pid = 4712, .isolated = true});
  BOOST_TEST(Shown(id).system_status() == "ok");
  BOOST_TEST(Shown(id).instance_status() == "initializing");
  clock.Advance(absl::Seconds(61));
  BOOST_TEST(Shown(id).instance_status() == "ok");
  BOOST_REQUIRE(IsOk(StopInstances(context, {id})));
  BOOST_TEST(Shown(id).instance_status() == "not-applicable");
}

BOOST_FIXTURE_TEST_CASE(types_are_recorded_and_unknown_ones_refused, Machines) {
  const std::string id = Run({.instance_type = "t3.micro"});
  BOOST_TEST(Shown(id).instance_type() == "t3.micro");
  BOOST_TEST(Shown(Run()).instance_type() == ec2::kDefaultInstanceType);
  const absl::Status unknown = Launch("", {.instance_type = "t3.mirco"}).status();
  BOOST_TEST(StatusIs(unknown, absl::StatusCode::kInvalidArgument, "t3.micro"));
  BOOST_TEST(Refused(unknown, "InvalidParameterValue"));
  BOOST_TEST(Refused(CreateLaunchTemplate(context, {}, {"small", {.instance_type = "huge"}}).status(),
                     "InvalidParameterValue"));
  BOOST_TEST(Refused(ModifyInstanceAttribute(context, {.instance_id = id, .instance_type = "t3.small"}),
                     "IncorrectInstanceState"));
  BOOST_REQUIRE(IsOk(StopInstances(context, {id})));
  Exits(id, process::End::Exited(0));
  BOOST_TEST(Refused(ModifyInstanceAttribute(context, {.instance_id = id, .instance_type = "t3.smal"}),
                     "InvalidParameterValue"));
  BOOST_TEST(IsOk(ModifyInstanceAttribute(context, {.instance_id = id, .instance_type = "t3.small"})));
  BOOST_TEST(Shown(id).instance_type() == "t3.small");
}

BOOST_FIXTURE_TEST_CASE(the_shutdown_behaviour_is_recorded, Machines) {
  const std::string id = Run({.instance_initiated_shutdown_behavior = "terminate"});
  BOOST_TEST(Shown(id).instance_initiated_shutdown_behavior() == "terminate");
  BOOST_TEST(IsOk(ModifyInstanceAttribute(
      context, {.instance_id = id, .instance_initiated_shutdown_behavior = std::string("stop")})));
  BOOST_TEST(Shown(id).instance_initiated_shutdown_behavior() == "stop");
  BOOST_TEST(Refused(Launch("", {.instance_initiated_shutdown_behavior = "sleep"}).status(), "InvalidParameterValue"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::region
