// Instances that outlive what they boot with: real processes.
#include <sys/stat.h>
#include <sys/wait.h>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/drivers/shim_machine.h"
#include "nubo/ec2/boot_plan.h"
#include "nubo/testing/status_matchers.h"
#include "tests/drivers/driver_fixture.h"

namespace nubo::drivers {
namespace {

namespace fs = std::filesystem;
using ::nubo::testing::IsOk;

// From within, as soon as the script is gone.
const std::string kShutDown = "sh -c 'while kill -0 $0 2>/dev/null; do sleep 0.01; done; kill -TERM 1' $$ & ";

struct MachineFixture : DriverFixture {
  process::Spec Machine(const std::string& body) {
    process::Spec spec = Script(body);
    spec.outlives_main = true;
    return spec;
  }
  bool Done() const { return fs::exists(root + "/instances/i-1/user-data.done"); }
  // Awaits what process 1 does once the script's last process has said that it ends.
  void AwaitDone() const {
    for (int i = 0; i < kPatienceMs / 10 && !Done(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    BOOST_REQUIRE(Done());
  }
  static std::vector<int> ChildrenOf(int pid) {
    std::ifstream list(absl::StrCat("/proc/", pid, "/task/", pid, "/children"));
    return {std::istream_iterator<int>(list), std::istream_iterator<int>()};
  }
  // Whether it still answers, so that nothing has been told of its end.
  bool GoesOn() {
    const int out = open("/dev/null", O_WRONLY | O_CLOEXEC);
    const bool answers = Enter(out, {"/bin/true"}) == 0;
    close(out);
    return answers && Told().empty();
  }
};

BOOST_FIXTURE_TEST_SUITE(machine, MachineFixture)

BOOST_AUTO_TEST_CASE(goes_on_when_its_script_has_ended_well) {
  Doorbell up(root + "/bells/up"), go(root + "/bells/go");
  Run(Machine("sh -c 'read line < " + go.path() + "; echo > " + up.path() + "; exec sleep 600' & exit 0"));
  AwaitDone();
  BOOST_TEST(GoesOn());
  // What it has started in the background lives.
  go.Ring();
  BOOST_TEST(up.Rung());
  driver->Terminate("i-1", absl::Seconds(30));
  BOOST_TEST(End() == "exited with status 0");
}

BOOST_AUTO_TEST_CASE(goes_on_with_nothing_running) {
  const process::Event running = Run(Machine("exit 0"));
  AwaitDone();
  BOOST_TEST(GoesOn());
  BOOST_TEST(kill(running.pid, SIGKILL) == 0);
  BOOST_TEST(End() == "was killed by signal 9");
}

BOOST_AUTO_TEST_CASE(runs_without_any_program) {
  process::Spec spec = Machine("");
  spec.script.clear();
  BOOST_TEST(Run(spec).isolated);
  BOOST_TEST(GoesOn());
  BOOST_TEST(!Done());
  driver->Terminate("i-1", absl::Seconds(30));
  BOOST_TEST(End() == "exited with status 0");
}

struct Ending {
  std::string name;
  std::string script;
  std::string end;
};

std::ostream& operator<<(std::ostream& out, const Ending& ending) { return out << ending.name; }

const std::vector<Ending> kFailing = {
    {"status", "#!/bin/sh\nsleep 600 &\nexit 7\n", "exited with status 7"},
    {"set -e", "#!/bin/bash -e\nsleep 600 &\nfalse\necho never\n", "exited with status 1"},
    {"signal", "#!/bin/sh\nsleep 600 &\nkill -KILL $$\n", "was killed by signal 9"},
    {"exec of a program", "#!/bin/sh\nsleep 600 &\nexec sleep 0\n", "exited with status 0"},
    {"exec of a program that fails", "#!/bin/sh\nexec sh -c 'exit 4'\n", "exited with status 4"},
    {"exec of a shell", "#!/bin/sh\nexec sh -c 'true; exit 0'\n", "exited with status 0"},
    {"exec of the same shell", "#!/bin/bash\nexec bash -c 'true; exit 0'\n", "exited with status 0"},
    {"exec of a script", "#!/bin/sh\nprintf '#!/bin/sh\\nexit 0\\n' > server; chmod +x server; exec ./server\n",
     "exited with status 0"},
    {"exec under env", "#!/usr/bin/env bash\nexec sleep 0\n", "exited with status 0"},
    {"exec by another language", "#!/usr/bin/perl\nexec 'sleep', '0';\n", "exited with status 0"},
    {"a name of its own", "#!/usr/bin/perl\n$0 = 'server'; exit 0;\n", "exited with status 0"},
};

BOOST_DATA_TEST_CASE(ends_at_once_when_its_script_fails_or_its_server_ends, kFailing) {
  process::Spec spec = Machine("");
  spec.script = sample.script;
  BOOST_TEST(IsOk(Launch(spec)));
  BOOST_TEST(End() == sample.end);
  BOOST_TEST(!Done());
}

const std::vector<Ending> kLasting = {
    {"another shell", "#!/bin/bash -x\ntrue\n", ""},
    {"env", "#!/usr/bin/env bash\ntrue\n", ""},
    {"env with options", "#!/usr/bin/env -S A=1 bash -e\ntrue\n", ""},
    {"a last command", "#!/bin/sh\n/bin/true\n", ""},
    {"a subshell that execs", "#!/bin/sh\n(exec sleep 0)\n", ""},
    {"the script again", "#!/bin/sh\n[ -n \"$1\" ] && exit 0\nexec \"$0\" again\n", ""},
    {"another language", "#!/usr/bin/perl\nexit 0;\n", ""},
    {"CRLF", "#!/bin/sh\r\ntrue\r\n", ""},
    {"a background process that ends", "#!/bin/sh\nfalse &\nwait\nexit 0\n", ""},
};

BOOST_DATA_TEST_CASE(goes_on_after_every_kind_of_script, kLasting) {
  process::Spec spec = Machine("");
  spec.script = sample.script;
  Run(spec);
  AwaitDone();
  BOOST_TEST(GoesOn());
}

// Of user data in several parts the last takes the place of the whole (ec2::ToScript).
ec2::BootPlan InTwoParts(const std::string& last) {
  ec2::BootPlan plan;
  plan.bootcmd = {"echo booting"};
  plan.scripts = {{.name = "a", .text = "#!/bin/sh\necho a\n"}, {.name = "b", .text = "#!/bin/bash\n" + last + "\n"}};
  return plan;
}

BOOST_AUTO_TEST_CASE(goes_on_after_a_script_in_parts) {
  process::Spec spec = Machine("");
  spec.script = ec2::ToScript(InTwoParts("echo b"), ec2::Boot::kFirst);
  spec.later_script = ec2::ToScript(InTwoParts("echo b"), ec2::Boot::kLater);
  Run(spec);
  AwaitDone();
  BOOST_TEST(GoesOn());
  driver->Reboot("i-1", absl::Seconds(30));
  BOOST_REQUIRE(WaitFor(Kind::kRunning).has_value());
  driver->Terminate("i-1", absl::Seconds(30));
  BOOST_REQUIRE(WaitFor(Kind::kExited).has_value());
  BOOST_TEST(absl::StartsWith(Slurp(root + "/i-1.log"),
                              "nubo: bootcmd begins\nbooting\nnubo: script/a begins\na\nnubo: script/b begins\nb\n"));
}

BOOST_AUTO_TEST_CASE(ends_with_the_server_that_the_last_part_became) {
  process::Spec spec = Machine("");
  spec.script = ec2::ToScript(InTwoParts("exec bash -c 'true; exit 0'"), ec2::Boot::kFirst);
  BOOST_TEST(IsOk(Launch(spec)));
  BOOST_TEST(End() == "exited with status 0");
  BOOST_TEST(!Done());
}

BOOST_AUTO_TEST_CASE(asks_all_that_is_left_to_end_and_waits_for_it) {
  Doorbell up(root + "/bells/up");
  Run(Machine("sh -c 'trap \"echo bye; exit 0\" TERM; echo > " + up.path() +
              "; while :; do sleep 0.01; done' & sh -c 'kill -STOP $$; exit 0' & exit 0"));
  BOOST_REQUIRE(up.Rung());
  AwaitDone();
  driver->Terminate("i-1", absl::Seconds(30));
  BOOST_TEST(End() == "exited with status 0");
  BOOST_TEST(absl::StrContains(Slurp(root + "/i-1.log"), "bye\n"));
}

BOOST_AUTO_TEST_CASE(kills_what_does_not_end_when_its_grace_is_over) {
  Doorbell up(root + "/bells/up");
  Run(Machine("sh -c 'trap \"\" TERM; echo > " + up.path() + "; while :; do sleep 1; done' & exit 0"));
  BOOST_REQUIRE(up.Rung());
  AwaitDone();
  driver->Terminate("i-1", absl::Milliseconds(20));
  BOOST_TEST(End() == "was killed by signal 9");
}

BOOST_AUTO_TEST_CASE(asks_its_server_first_and_then_the_others) {
  Doorbell up(root + "/bells/up");
  Run(Machine("sh -c 'trap \"echo other; exit 0\" TERM; echo > " + up.path() +
              "; while :; do sleep 0.01; done' & exec sleep 600"));
  BOOST_REQUIRE(up.Rung());
  driver->Terminate("i-1", absl::Seconds(30));
  BOOST_TEST(End() == "was killed by signal 15");
  BOOST_TEST(absl::StrContains(Slurp(root + "/i-1.log"), "other\n"));
}

BOOST_AUTO_TEST_CASE(ends_when_it_is_shut_down_from_within) {
  Run(Machine(kShutDown + "exit 0"));
  BOOST_TEST(End() == "exited with status 0");
}

BOOST_AUTO_TEST_CASE(orphans_are_reaped) {
  Doorbell up(root + "/bells/up");
  const process::Event running =
      Run(Machine("for i in 1 2 3 4 5; do (sleep 0 &) ; done; (sleep 0.05; echo > " + up.path() + ") & exit 0"));
  BOOST_REQUIRE(up.Rung());
  AwaitDone();
  // All but the one that does nothing.
  for (int i = 0; i < kPatienceMs / 10 && ChildrenOf(running.pid).size() > 1; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  BOOST_TEST(ChildrenOf(running.pid).size() == 1u);
}

BOOST_AUTO_TEST_CASE(can_be_entered_also_after_all_of_it_was_killed) {
  const process::Event running = Run(Machine("exit 0"));
  AwaitDone();
  const std::vector<int> before = ChildrenOf(running.pid);
  BOOST_REQUIRE(before.size() == 1u);
  BOOST_TEST(kill(before[0], SIGKILL) == 0);
  const auto another = [&] {
    const std::vector<int> now = ChildrenOf(running.pid);
    return now.size() == 1 && now != before &&
           absl::StartsWith(Slurp(absl::StrCat("/proc/", now[0], "/cmdline")), kIdleName);
  };
  for (int i = 0; i < kPatienceMs / 10 && !another(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  BOOST_TEST(GoesOn());
}

BOOST_AUTO_TEST_CASE(what_enters_it_finds_its_environment_and_directory) {
  process::Spec spec = Machine("");
  spec.script.clear();
  Run(spec);
  const int out = open((root + "/output").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  BOOST_TEST(Enter(out, {"sh", "-c", "echo $GREETING from $(pwd); id -u | grep -q '^0$' || echo nobody"}) == 0);
  close(out);
  BOOST_TEST(Slurp(root + "/output") == "hello there from " + root + "/instances/i-1\nnobody\n");
}

BOOST_AUTO_TEST_CASE(a_script_that_ended_well_is_not_run_again) {
  Doorbell up(root + "/bells/up");
  process::Spec spec = Machine("echo first; exit 0");
  spec.later_script = "#!/bin/sh\necho later; echo > " + up.path() + "\n";
  const process::Event first = Run(spec);
  AwaitDone();
  driver->Reboot("i-1", absl::Seconds(30));
  const auto second = WaitFor(Kind::kRunning);
  BOOST_REQUIRE(second.has_value());
  BOOST_TEST(second->pid != first.pid);
  BOOST_REQUIRE(up.Rung());
  driver->Terminate("i-1", absl::Seconds(30));
  BOOST_REQUIRE(WaitFor(Kind::kExited).has_value());
  driver->Forget("i-1");
  // Stopped and started.
  Run(spec);
  BOOST_REQUIRE(up.Rung());
  driver->Terminate("i-1", absl::Seconds(30));
  BOOST_REQUIRE(WaitFor(Kind::kExited).has_value());
  BOOST_TEST(Slurp(root + "/i-1.log") == "first\nlater\nlater\n");
}

BOOST_AUTO_TEST_CASE(a_machine_without_later_script_boots_with_nothing) {
  Run(Machine("echo first; exit 0"));
  AwaitDone();
  driver->Reboot("i-1", absl::Seconds(30));
  BOOST_REQUIRE(WaitFor(Kind::kRunning).has_value());
  BOOST_TEST(GoesOn());
  BOOST_TEST(Slurp(root + "/i-1.log") == "first\n");
}

BOOST_AUTO_TEST_CASE(a_server_is_back_after_a_reboot) {
  Doorbell up(root + "/bells/up");
  Run(Machine("echo > " + up.path() + "; exec sleep 600"));
  BOOST_REQUIRE(up.Rung());
  driver->Reboot("i-1", absl::Seconds(30));
  BOOST_REQUIRE(WaitFor(Kind::kRunning).has_value());
  BOOST_TEST(up.Rung());
  BOOST_TEST(!Done());
}

BOOST_AUTO_TEST_CASE(a_script_that_was_interrupted_is_run_again) {
  Doorbell up(root + "/bells/up");
  Run(Machine("trap 'exit 0' TERM; echo > " + up.path() + "; while :; do sleep 0.01; done"));
  BOOST_REQUIRE(up.Rung());
  driver->Reboot("i-1", absl::Seconds(30));
  BOOST_REQUIRE(WaitFor(Kind::kRunning).has_value());
  BOOST_TEST(up.Rung());
}

BOOST_AUTO_TEST_CASE(a_later_script_that_fails_ends_it) {
  process::Spec spec = Machine("exit 0");
  spec.later_script = "#!/bin/sh\nexit 3\n";
  Run(spec);
  AwaitDone();
  driver->Reboot("i-1", absl::Seconds(30));
  BOOST_TEST(End() == "exited with status 3");
}

BOOST_AUTO_TEST_CASE(the_marker_follows_no_link) {
  Run(Machine("ln -s " + root + "/instances/i-1/elsewhere user-data.done; " + kShutDown + "exit 0"));
  BOOST_TEST(End() == "exited with status 0");
  BOOST_TEST(!fs::exists(root + "/instances/i-1/elsewhere"));
}

BOOST_AUTO_TEST_CASE(a_new_driver_adopts_one_whose_script_has_ended) {
  const process::Event running = Run(Machine("exit 0"));
  AwaitDone();
  Restart();
  driver->Adopt({"i-1"});
  const auto adopted = WaitFor(Kind::kRunning);
  BOOST_REQUIRE(adopted.has_value());
  BOOST_TEST(adopted->pid == running.pid);
}

BOOST_AUTO_TEST_CASE(a_script_as_well_as_a_program_is_refused) {
  process::Spec spec = Machine("exit 0");
  spec.argv = {"/bin/true"};
  BOOST_TEST(testing::StatusIs(driver->Launch(spec), absl::StatusCode::kInvalidArgument, "either a program"));
  spec.argv.clear();
  spec.later_script = "echo";
  BOOST_TEST(testing::StatusIs(driver->Launch(spec), absl::StatusCode::kInvalidArgument, "#!"));
}

BOOST_AUTO_TEST_CASE(names_are_those_of_the_file_and_of_what_env_runs) {
  const std::string path = root + "/a-script-with-a-long-name";
  const auto names = [&](const std::string& text) {
    std::ofstream(path) << text;
    std::string all;
    for (const std::string& name : NamesOf(path)) absl::StrAppend(&all, name, " ");
    return all;
  };
  BOOST_TEST(names("#!/bin/sh\n") == "a-script-with-a ");
  BOOST_TEST(names("\x7f"
                   "ELF") == "a-script-with-a ");
  BOOST_TEST(names("") == "a-script-with-a ");
  BOOST_TEST(names("#!/usr/bin/env") == "a-script-with-a ");
  BOOST_TEST(names("#!/usr/bin/env bash\nenv python") == "a-script-with-a bash ");
  BOOST_TEST(names("#! /bin/env -S A=b /opt/bin/python3 -u\n") == "a-script-with-a python3 ");
  BOOST_TEST(names("#!" + std::string(1000, ' ')) == "a-script-with-a ");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::drivers
