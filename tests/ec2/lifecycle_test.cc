#include "nubo/ec2/lifecycle.h"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "nubo/base/status.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::ec2 {
namespace {

using absl::StatusCode;
using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

constexpr char kId[] = "i-0123456789abcdef0";
const absl::Time kNow = absl::FromCivil(absl::CivilSecond(2026, 1, 15, 1, 30, 45), absl::UTCTimeZone());
constexpr InstanceState kStates[] = {InstanceState::kPending,    InstanceState::kRunning,  InstanceState::kShuttingDown,
                                     InstanceState::kTerminated, InstanceState::kStopping, InstanceState::kStopped};

std::string Name(InstanceState state) { return std::string(StateName(state)); }

// What a call makes of each state: the state that follows, or "!" and AWS's error code.
struct CallRow {
  std::string name;
  Call call;
  CallOptions options;
  bool termination_protected;
  bool stop_protected;
  std::string pending, running, shutting_down, terminated, stopping, stopped;
};
std::ostream& operator<<(std::ostream& out, const CallRow& row) { return out << row.name; }

const std::string kNo = "!IncorrectInstanceState";
const std::string kProtected = "!OperationNotPermitted";
const std::string kVolume = "!IncorrectState";
const std::string kAddress = "!InvalidInstanceID";
const std::string kHibernate = "!UnsupportedHibernationConfiguration";

const std::vector<CallRow> kCalls = {
    {"start", Call::kStart, {}, false, false, "pending", "running", kNo, kNo, kNo, "pending"},
    {"start, protected", Call::kStart, {}, true, true, "pending", "running", kNo, kNo, kNo, "pending"},
    {"stop", Call::kStop, {}, false, false, kNo, "stopping", kNo, kNo, "stopping", "stopped"},
    {"stop, forced", Call::kStop, {.force = true}, false, false, kNo, "stopping", kNo, kNo, "stopping", "stopped"},
    {"stop, hibernate",
     Call::kStop,
     {.hibernate = true},
     false,
     false,
     kHibernate,
     kHibernate,
     kHibernate,
     kHibernate,
     kHibernate,
     kHibernate},
    {"stop, stop protected", Call::kStop, {}, false, true, kNo, kProtected, kNo, kNo, "stopping", "stopped"},
    {"stop, termination protected", Call::kStop, {}, true, false, kNo, "stopping", kNo, kNo, "stopping", "stopped"},
    {"stop, forced, stop protected",
     Call::kStop,
     {.force = true},
     false,
     true,
     kNo,
     kProtected,
     kNo,
     kNo,
     "stopping",
     "stopped"},
    {"reboot", Call::kReboot, {}, false, false, kNo, "running", kNo, kNo, kNo, kNo},
    {"reboot, protected", Call::kReboot, {}, true, true, kNo, "running", kNo, kNo, kNo, kNo},
    {"terminate",
     Call::kTerminate,
     {},
     false,
     false,
     "shutting-down",
     "shutting-down",
     "shutting-down",
     "terminated",
     "shutting-down",
     "terminated"},
    {"terminate, termination protected",
     Call::kTerminate,
     {},
     true,
     false,
     kProtected,
     kProtected,
     "shutting-down",
     "terminated",
     kProtected,
     kProtected},
    {"terminate, stop protected",
     Call::kTerminate,
     {},
     false,
     true,
     kProtected,
     kProtected,
     "shutting-down",
     "terminated",
     kProtected,
     kProtected},
    {"monitor", Call::kMonitor, {}, false, false, "pending", "running", kNo, kNo, "stopping", "stopped"},
    {"unmonitor", Call::kUnmonitor, {}, false, false, "pending", "running", kNo, kNo, "stopping", "stopped"},
    {"console output",
     Call::kGetConsoleOutput,
     {},
     false,
     false,
     "pending",
     "running",
     "shutting-down",
     "terminated",
     "stopping",
     "stopped"},
    {"attach a volume",
     Call::kAttachVolume,
     {},
     false,
     false,
     kVolume,
     "running",
     kVolume,
     kVolume,
     kVolume,
     "stopped"},
    {"detach a volume",
     Call::kDetachVolume,
     {},
     false,
     false,
     kVolume,
     "running",
     kVolume,
     kVolume,
     kVolume,
     "stopped"},
    {"associate an address",
     Call::kAssociateAddress,
     {},
     false,
     false,
     kAddress,
     "running",
     kAddress,
     kAddress,
     "stopping",
     "stopped"},
};

BOOST_DATA_TEST_CASE(a_call_leads_where_aws_says, boost::unit_test::data::make(kCalls), row) {
  const std::string expected[] = {row.pending,    row.running,  row.shutting_down,
                                  row.terminated, row.stopping, row.stopped};
  for (size_t i = 0; i < std::size(kStates); ++i) {
    Lifecycle life(kStates[i], {"Code", "message"});
    life.set_termination_protection(row.termination_protected);
    life.set_stop_protection(row.stop_protected);
    const absl::Status status = life.Apply(row.call, row.options, kId, kNow);
    BOOST_TEST_INFO(Name(kStates[i]));
    if (expected[i][0] == '!') {
      BOOST_TEST(StatusIs(status, StatusCode::kFailedPrecondition, kId));
      BOOST_TEST(base::ErrorCode(status) == expected[i].substr(1));
      BOOST_TEST(Name(life.state()) == Name(kStates[i]));
      BOOST_TEST(life.reason().code == "Code");
      BOOST_TEST(!life.record().forced);
    } else {
      BOOST_TEST(IsOk(status));
      BOOST_TEST(Name(life.state()) == expected[i]);
    }
  }
}

// What may be changed: "1" in the states pending, running, shutting-down, terminated, stopping, stopped.
struct AttributeRow {
  std::string name;
  std::string allowed;
};
std::ostream& operator<<(std::ostream& out, const AttributeRow& row) { return out << row.name; }

const std::vector<AttributeRow> kAttributes = {
    {"blockDeviceMapping", "110011"},
    {"disableApiStop", "110011"},
    {"disableApiTermination", "110011"},
    {"ebsOptimized", "000001"},
    {"enaSupport", "000001"},
    {"groupSet", "110011"},
    {"instanceInitiatedShutdownBehavior", "110011"},
    {"instanceType", "000001"},
    {"kernel", "000001"},
    {"ramdisk", "000001"},
    {"sourceDestCheck", "110011"},
    {"sriovNetSupport", "000001"},
    {"userData", "000001"},
};

BOOST_DATA_TEST_CASE(an_attribute_changes_in_its_states, boost::unit_test::data::make(kAttributes), row) {
  const Attribute attribute = ParseAttribute(row.name).value();
  for (size_t i = 0; i < std::size(kStates); ++i) {
    const absl::Status status = Lifecycle(kStates[i], {}).CheckModify(attribute, kId);
    BOOST_TEST_INFO(Name(kStates[i]));
    if (row.allowed[i] == '1') {
      BOOST_TEST(IsOk(status));
    } else {
      BOOST_TEST(StatusIs(status, StatusCode::kFailedPrecondition, kId));
      BOOST_TEST(base::ErrorCode(status) == "IncorrectInstanceState");
    }
  }
}

BOOST_AUTO_TEST_CASE(an_attribute_that_is_none_is_told_with_those_there_are) {
  const absl::Status bad = ParseAttribute("InstanceType").status();
  BOOST_TEST(StatusIs(bad, StatusCode::kInvalidArgument, "Value (InstanceType) for parameter attribute is invalid"));
  BOOST_TEST(StatusIs(bad, StatusCode::kInvalidArgument, "sriovNetSupport, userData."));
  BOOST_TEST(base::ErrorCode(bad) == "InvalidParameterValue");
}

BOOST_AUTO_TEST_CASE(refusals_have_awss_words) {
  const auto why = [](InstanceState state, Call call, CallOptions options = {}) {
    Lifecycle life(state, {});
    life.set_stop_protection(true);
    return std::string(life.Apply(call, options, kId, kNow).message());
  };
  BOOST_TEST(
      why(InstanceState::kRunning, Call::kStop) ==
      "The instance 'i-0123456789abcdef0' may not be stopped. Modify its 'disableApiStop' instance attribute and "
      "try again.");
  BOOST_TEST(why(InstanceState::kRunning, Call::kStop, {.hibernate = true}) ==
             "The instance can't be hibernated because it was not configured at launch for hibernation: "
             "i-0123456789abcdef0");
  BOOST_TEST(why(InstanceState::kPending, Call::kAssociateAddress) ==
             "The pending instance 'i-0123456789abcdef0' is not in a valid state for this operation.");
  BOOST_TEST(why(InstanceState::kPending, Call::kAttachVolume) == "Instance 'i-0123456789abcdef0' is not 'running'.");
  BOOST_TEST(Lifecycle(InstanceState::kRunning, {}).CheckModify(Attribute::kInstanceType, kId).message() ==
             "The instance 'i-0123456789abcdef0' is not in the 'stopped' state.");
}

BOOST_AUTO_TEST_CASE(a_start_is_a_launch_and_a_reboot_is_none) {
  Lifecycle life = Lifecycle::Launch(kNow);
  BOOST_TEST(Name(life.state()) == "pending");
  BOOST_TEST((life.record().launch_time == kNow));
  life.OnStarted();
  BOOST_TEST(IsOk(life.Apply(Call::kReboot, {}, kId, kNow + absl::Hours(1))));
  BOOST_TEST((life.record().launch_time == kNow));
  BOOST_TEST((life.Uptime(kNow + absl::Hours(2)) == absl::Hours(2)));
  BOOST_TEST((life.Uptime(kNow - absl::Hours(2)) == absl::ZeroDuration()));
  BOOST_TEST(IsOk(life.Apply(Call::kStart, {}, kId, kNow + absl::Hours(1))));
  BOOST_TEST((life.record().launch_time == kNow));
  BOOST_TEST(IsOk(life.Apply(Call::kStop, {}, kId, kNow)));
  life.OnEnded("exited with status 0");
  BOOST_TEST((life.Uptime(kNow + absl::Hours(2)) == absl::ZeroDuration()));
  BOOST_TEST(IsOk(life.Apply(Call::kStart, {}, kId, kNow + absl::Hours(3))));
  BOOST_TEST((life.record().launch_time == kNow + absl::Hours(3)));
  // Without a date it stays.
  life.OnStartFailed("no memory");
  BOOST_TEST(IsOk(life.Apply(Call::kStart, kId)));
  BOOST_TEST((life.record().launch_time == kNow + absl::Hours(3)));
}

BOOST_AUTO_TEST_CASE(transitions_say_why_and_when) {
  Lifecycle life = Lifecycle::Launch(kNow);
  life.OnStarted();
  BOOST_TEST(life.record().transition_reason == "");
  BOOST_TEST(IsOk(life.Apply(Call::kStop, {}, kId, kNow)));
  BOOST_TEST(life.record().transition_reason == "User initiated (2026-01-15 01:30:45 GMT)");
  // The first one counts.
  BOOST_TEST(IsOk(life.Apply(Call::kStop, {.force = true}, kId, kNow + absl::Seconds(5))));
  BOOST_TEST(life.record().transition_reason == "User initiated (2026-01-15 01:30:45 GMT)");
  life.OnEnded("was killed by signal 15");
  BOOST_TEST(life.reason().message == "Client.UserInitiatedShutdown: User initiated shutdown");
  BOOST_TEST(IsOk(life.Apply(Call::kStart, {}, kId, kNow)));
  BOOST_TEST(life.record().transition_reason == "");
  life.OnStartFailed(MakeStateReason(Reason::kServerInsufficientInstanceCapacity));
  BOOST_TEST(life.record().transition_reason == "Server.InsufficientInstanceCapacity");
  BOOST_TEST(life.reason().message ==
             "Server.InsufficientInstanceCapacity: Insufficient capacity to satisfy instance request");
  BOOST_TEST(IsOk(life.Apply(Call::kTerminate, kId)));
  BOOST_TEST(life.record().transition_reason == "User initiated");
}

BOOST_AUTO_TEST_CASE(a_forced_stop_waits_for_nothing_until_it_is_over) {
  Lifecycle life(InstanceState::kRunning, {});
  BOOST_TEST(IsOk(life.Apply(Call::kStop, {}, kId, kNow)));
  BOOST_TEST(!life.record().forced);
  BOOST_TEST(IsOk(life.Apply(Call::kStop, {.force = true}, kId, kNow)));
  BOOST_TEST(life.record().forced);
  life.OnEnded("was killed by signal 9");
  BOOST_TEST(!life.record().forced);
  BOOST_TEST(IsOk(life.Apply(Call::kStop, {.force = true}, kId, kNow)));
  BOOST_TEST(!life.record().forced);
}

BOOST_AUTO_TEST_CASE(a_machine_that_shuts_itself_down_goes_as_its_behaviour_says) {
  for (InstanceState state : kStates) {
    for (ShutdownBehavior behavior : {ShutdownBehavior::kStop, ShutdownBehavior::kTerminate}) {
      Lifecycle life(state, {"Code", "message"});
      life.set_shutdown_behavior(behavior);
      // Protection is from calls.
      life.set_stop_protection(true);
      life.set_termination_protection(true);
      life.OnShutdown();
      const bool up = state == InstanceState::kPending || state == InstanceState::kRunning;
      const bool stops = behavior == ShutdownBehavior::kStop;
      BOOST_TEST_INFO(Name(state) << " " << std::string(ShutdownBehaviorName(behavior)));
      BOOST_TEST(Name(life.state()) == (up ? (stops ? "stopping" : "shutting-down") : Name(state)));
      if (!up) continue;
      life.OnEnded("exited with status 0");
      BOOST_TEST(Name(life.state()) == (stops ? "stopped" : "terminated"));
      BOOST_TEST(life.reason().message == "Client.InstanceInitiatedShutdown: Instance initiated shutdown");
      BOOST_TEST(life.record().transition_reason == "");
    }
  }
  BOOST_TEST((ParseShutdownBehavior("terminate").value() == ShutdownBehavior::kTerminate));
  BOOST_TEST(base::ErrorCode(ParseShutdownBehavior("hibernate").status()) == "InvalidParameterValue");
}

BOOST_AUTO_TEST_CASE(monitoring_is_asked_for_and_then_so) {
  const auto name = [](const Lifecycle& life) { return std::string(MonitoringName(life.record().monitoring)); };
  BOOST_TEST(name(Lifecycle::Launch(kNow)) == "disabled");
  Lifecycle life = Lifecycle::Launch(kNow, /*monitored=*/true);
  BOOST_TEST(name(life) == "pending");
  life.OnMonitoringChanged();
  BOOST_TEST(name(life) == "enabled");
  BOOST_TEST(IsOk(life.Apply(Call::kMonitor, kId)));
  BOOST_TEST(name(life) == "enabled");
  BOOST_TEST(IsOk(life.Apply(Call::kUnmonitor, kId)));
  BOOST_TEST(name(life) == "disabling");
  BOOST_TEST(IsOk(life.Apply(Call::kMonitor, kId)));
  BOOST_TEST(name(life) == "pending");
  BOOST_TEST(IsOk(life.Apply(Call::kUnmonitor, kId)));
  life.OnMonitoringChanged();
  BOOST_TEST(name(life) == "disabled");
  BOOST_TEST(IsOk(life.Apply(Call::kUnmonitor, kId)));
  BOOST_TEST(name(life) == "disabled");
}

BOOST_AUTO_TEST_CASE(every_reason_begins_with_its_code) {
  for (int i = 0; i <= static_cast<int>(Reason::kServerSpotInstanceTermination); ++i) {
    const StateReason own = MakeStateReason(static_cast<Reason>(i));
    BOOST_TEST(own.message.substr(0, own.code.size() + 2) == own.code + ": ");
    BOOST_TEST(own.message.size() > own.code.size() + 2);
    BOOST_TEST(MakeStateReason(static_cast<Reason>(i), "why").message == own.code + ": why");
  }
}

BOOST_AUTO_TEST_CASE(one_that_is_protected_keeps_its_zone) {
  Lifecycle running(InstanceState::kRunning, {});
  Lifecycle held = running;
  held.set_termination_protection(true);
  const TerminationPlan plan = PlanTermination(
      {{"i-1", "us-east-1a", running}, {"i-2", "us-east-1a", held}, {"i-3", "us-east-1b", running}}, kNow);
  BOOST_TEST(plan.terminate == std::vector<size_t>{2}, boost::test_tools::per_element());
  BOOST_TEST(StatusIs(plan.refusal, StatusCode::kFailedPrecondition, "'i-2' may not be terminated"));
  const TerminationPlan all = PlanTermination({{"i-1", "us-east-1a", running}, {"i-3", "us-east-1b", running}}, kNow);
  BOOST_TEST(all.terminate == (std::vector<size_t>{0, 1}), boost::test_tools::per_element());
  BOOST_TEST(IsOk(all.refusal));
}

BOOST_AUTO_TEST_CASE(states_have_awss_codes) {
  for (InstanceState state : kStates) {
    BOOST_TEST((StateFromCode(static_cast<int>(state)).value() == state));
    // "Ignore the high byte."
    BOOST_TEST((StateFromCode(0x4200 + static_cast<int>(state)).value() == state));
  }
  BOOST_TEST(static_cast<int>(InstanceState::kShuttingDown) == 32);
  BOOST_TEST(StatusIs(StateFromCode(17), StatusCode::kInvalidArgument, "17"));
}

BOOST_AUTO_TEST_CASE(an_instance_runs_stops_starts_and_ends) {
  Lifecycle life;
  life.OnStarted();
  BOOST_TEST(Name(life.state()) == "running");
  BOOST_TEST(IsOk(life.Apply(Call::kStop, kId)));
  BOOST_TEST(life.reason().code == "Client.UserInitiatedShutdown");
  life.OnEnded("was killed by signal 15");
  BOOST_TEST(Name(life.state()) == "stopped");
  BOOST_TEST(IsOk(life.Apply(Call::kStart, kId)));
  BOOST_TEST(life.reason().code == "");
  life.OnStarted();
  BOOST_TEST(IsOk(life.Apply(Call::kTerminate, kId)));
  life.OnEnded("was killed by signal 15");
  BOOST_TEST(Name(life.state()) == "terminated");
  BOOST_TEST(life.reason().code == "Client.UserInitiatedShutdown");
}

BOOST_AUTO_TEST_CASE(one_that_ends_by_itself_says_how) {
  Lifecycle life;
  life.OnStarted();
  life.OnEnded("exited with status 1");
  BOOST_TEST(Name(life.state()) == "terminated");
  BOOST_TEST(life.reason().code == "Client.InstanceInitiatedShutdown");
  BOOST_TEST(life.reason().message ==
             "Client.InstanceInitiatedShutdown: the instance's main process exited with status 1");
}

BOOST_AUTO_TEST_CASE(one_that_cannot_be_launched_is_the_servers_fault) {
  Lifecycle life;
  life.OnLaunchFailed("could not be started: no memory");
  BOOST_TEST(Name(life.state()) == "terminated");
  BOOST_TEST(life.reason().code == "Server.InternalError");
  BOOST_TEST(life.reason().message == "Server.InternalError: could not be started: no memory");
}

BOOST_AUTO_TEST_CASE(one_that_cannot_be_started_again_stays_stopped) {
  Lifecycle life(InstanceState::kStopped, {});
  BOOST_TEST(IsOk(life.Apply(Call::kStart, kId)));
  life.OnStartFailed("could not be started: no memory");
  BOOST_TEST(Name(life.state()) == "stopped");
  BOOST_TEST(life.reason().message == "Server.InternalError: could not be started: no memory");
}

BOOST_AUTO_TEST_CASE(observations_that_come_late_change_nothing) {
  for (InstanceState state : kStates) {
    Lifecycle started(state, {"Code", "message"});
    started.OnStarted();
    const bool pending = state == InstanceState::kPending;
    BOOST_TEST(Name(started.state()) == (pending ? "running" : Name(state)));
    Lifecycle failed(state, {"Code", "message"});
    failed.OnLaunchFailed("why");
    BOOST_TEST(Name(failed.state()) == (pending ? "terminated" : Name(state)));
    Lifecycle not_started(state, {"Code", "message"});
    not_started.OnStartFailed("why");
    BOOST_TEST(Name(not_started.state()) == (pending ? "stopped" : Name(state)));
  }
  for (InstanceState over : {InstanceState::kTerminated, InstanceState::kStopped}) {
    Lifecycle life(over, {"Code", "message"});
    life.OnEnded("exited with status 1");
    BOOST_TEST(Name(life.state()) == Name(over));
    BOOST_TEST(life.reason().code == "Code");
  }
}

BOOST_AUTO_TEST_CASE(a_protected_instance_is_not_terminated) {
  Lifecycle life;
  life.OnStarted();
  life.set_termination_protection(true);
  const absl::Status refused = life.Apply(Call::kTerminate, kId);
  BOOST_TEST(StatusIs(refused, StatusCode::kFailedPrecondition, "disableApiTermination"));
  BOOST_TEST(base::ErrorCode(refused) == "OperationNotPermitted");
  BOOST_TEST(Name(life.state()) == "running");
  // Protection is from the call, not from its own end.
  life.OnEnded("exited with status 0");
  BOOST_TEST(Name(life.state()) == "terminated");
  BOOST_TEST(IsOk(life.Apply(Call::kTerminate, kId)));
}

BOOST_AUTO_TEST_CASE(ids_are_checked_before_they_are_looked_up) {
  BOOST_TEST(IsOk(ValidateInstanceId("i-0123456789abcdef0")));
  BOOST_TEST(IsOk(ValidateInstanceId("i-1234abcd")));
  for (const std::string& id :
       {std::string(), std::string("i-"), std::string("i-123"), std::string("I-1234abcd"), std::string("i-1234ABCD"),
        std::string("j-1234abcd"), std::string("i-1234abcg"), "i-" + std::string(100000, 'a')}) {
    const absl::Status bad = ValidateInstanceId(id);
    BOOST_TEST(StatusIs(bad, StatusCode::kInvalidArgument, "expecting \"i-...\""));
    BOOST_TEST(base::ErrorCode(bad) == "InvalidInstanceID.Malformed");
    BOOST_TEST(bad.message().size() < 200u);
  }
  BOOST_TEST(
      StatusIs(InstanceNotFound(kId), StatusCode::kNotFound, "The instance ID 'i-0123456789abcdef0' does not exist"));
  BOOST_TEST(base::ErrorCode(InstanceNotFound(kId)) == "InvalidInstanceID.NotFound");
}

BOOST_AUTO_TEST_CASE(names_are_made_of_addresses) {
  const net::IpAddress address = *net::IpAddress::Parse("10.0.1.5");
  BOOST_TEST(PrivateDnsName(address, "us-east-1") == "ip-10-0-1-5.ec2.internal");
  BOOST_TEST(PrivateDnsName(address, "eu-west-3") == "ip-10-0-1-5.eu-west-3.compute.internal");
  BOOST_TEST(PublicDnsName(address, "us-east-1", "amazonaws.com") == "ec2-10-0-1-5.compute-1.amazonaws.com");
  BOOST_TEST(PublicDnsName(address, "eu-west-3", "localhost") == "ec2-10-0-1-5.eu-west-3.compute.localhost");
}

BOOST_AUTO_TEST_CASE(user_data_is_base64_of_at_most_16_kb) {
  const auto decode = [](const std::string& script) { return DecodeUserData(absl::Base64Escape(script)); };
  BOOST_TEST(decode("#!/bin/sh\nexec server\n").value() == "#!/bin/sh\nexec server\n");
  const std::string largest = "#!" + std::string((16 << 10) - 2, 'x');
  BOOST_TEST(IsOk(decode(largest)));
  BOOST_TEST(StatusIs(decode(largest + "x"), StatusCode::kInvalidArgument, "16385 bytes"));
  const std::string gzip("\x1f\x8b\x08\0", 4);
  BOOST_TEST(decode(gzip).value() == gzip, "what they mean is another matter");
  BOOST_TEST(DecodeUserData("").value() == "");
  BOOST_TEST(StatusIs(DecodeUserData("#!/bin/sh"), StatusCode::kInvalidArgument, "base64"));
  BOOST_TEST(base::ErrorCode(DecodeUserData("#!/bin/sh").status()) == "InvalidUserData.Malformed");
}

}  // namespace
}  // namespace nubo::ec2
