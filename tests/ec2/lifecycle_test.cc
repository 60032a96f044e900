#include "nubo/ec2/lifecycle.h"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::ec2 {
namespace {

using absl::StatusCode;
using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

constexpr char kId[] = "i-0123456789abcdef0";
constexpr InstanceState kStates[] = {InstanceState::kPending,    InstanceState::kRunning,  InstanceState::kShuttingDown,
                                     InstanceState::kTerminated, InstanceState::kStopping, InstanceState::kStopped};

std::string Name(InstanceState state) { return std::string(StateName(state)); }

// What a call makes of each state; "" stands for IncorrectInstanceState.
struct CallRow {
  std::string name;
  Call call;
  std::string pending, running, shutting_down, terminated, stopping, stopped;
};
std::ostream& operator<<(std::ostream& out, const CallRow& row) { return out << row.name; }

const std::vector<CallRow> kCalls = {
    {"start", Call::kStart, "pending", "running", "", "", "", "pending"},
    {"stop", Call::kStop, "", "stopping", "", "", "stopping", "stopped"},
    {"reboot", Call::kReboot, "", "running", "", "", "", ""},
    {"terminate", Call::kTerminate, "shutting-down", "shutting-down", "shutting-down", "terminated", "shutting-down",
     "terminated"},
};

BOOST_DATA_TEST_CASE(a_call_leads_where_aws_says, boost::unit_test::data::make(kCalls), row) {
  const std::string expected[] = {row.pending,    row.running,  row.shutting_down,
                                  row.terminated, row.stopping, row.stopped};
  for (size_t i = 0; i < std::size(kStates); ++i) {
    Lifecycle life(kStates[i], {});
    const absl::Status status = life.Apply(row.call, kId);
    BOOST_TEST_INFO(Name(kStates[i]));
    if (expected[i].empty()) {
      BOOST_TEST(StatusIs(status, StatusCode::kFailedPrecondition, kId));
      BOOST_TEST(base::ErrorCode(status) == "IncorrectInstanceState");
      BOOST_TEST(Name(life.state()) == Name(kStates[i]));
    } else {
      BOOST_TEST(IsOk(status));
      BOOST_TEST(Name(life.state()) == expected[i]);
    }
  }
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

BOOST_AUTO_TEST_CASE(user_data_is_a_script_of_at_most_16_kb) {
  const auto decode = [](const std::string& script) { return DecodeUserData(absl::Base64Escape(script)); };
  BOOST_TEST(decode("#!/bin/sh\nexec server\n").value() == "#!/bin/sh\nexec server\n");
  const std::string largest = "#!" + std::string((16 << 10) - 2, 'x');
  BOOST_TEST(IsOk(decode(largest)));
  BOOST_TEST(StatusIs(decode(largest + "x"), StatusCode::kInvalidArgument, "16385 bytes"));
  BOOST_TEST(StatusIs(decode("echo hello"), StatusCode::kInvalidArgument, "#!"));
  BOOST_TEST(DecodeUserData("").value() == "");
  BOOST_TEST(StatusIs(DecodeUserData("#!/bin/sh"), StatusCode::kInvalidArgument, "base64"));
  BOOST_TEST(base::ErrorCode(DecodeUserData("#!/bin/sh").status()) == "InvalidUserData.Malformed");
}

}  // namespace
}  // namespace nubo::ec2
