// Real processes: how they start, end, and are found again.
#include "nubo/drivers/process_driver.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/drivers/shim_hunt.h"
#include "nubo/testing/status_matchers.h"
#include "tests/drivers/driver_fixture.h"

namespace nubo::drivers {
namespace {

namespace fs = std::filesystem;
using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

sockaddr_un AddressOf(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

int ConnectTo(const std::string& path) {
  const sockaddr_un address = AddressOf(path);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  BOOST_REQUIRE(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  return fd;
}

// The parent of the reported process.
int ShimOf(const process::Event& running) {
  const std::string status = Slurp(absl::StrCat("/proc/", running.pid, "/status"));
  const size_t at = status.find("PPid:\t");
  BOOST_REQUIRE(at != std::string::npos);
  return std::atoi(status.c_str() + at + 6);
}

BOOST_FIXTURE_TEST_SUITE(process_driver, DriverFixture)

BOOST_AUTO_TEST_CASE(runs_a_script_and_tells_its_status) {
  BOOST_TEST(testing::IsOk(Launch(Script("echo \"$GREETING from $(pwd)\"; exit 7"))));
  BOOST_TEST(End() == "exited with status 7");
  BOOST_TEST(Slurp(root + "/i-1.log") == "hello there from " + root + "/instances/i-1\n");
}

BOOST_AUTO_TEST_CASE(runs_a_script_that_was_written_with_crlf) {
  process::Spec spec = Script("");
  spec.script = "#!/bin/sh\r\necho one\r\nexec echo two\r\n";
  BOOST_TEST(testing::IsOk(Launch(spec)));
  BOOST_TEST(End() == "exited with status 0");
  BOOST_TEST(Slurp(root + "/i-1.log") == "one\ntwo\n");
}

BOOST_AUTO_TEST_CASE(a_script_without_its_interpreter_says_which) {
  process::Spec spec = Script("");
  spec.script = "#! /opt/no/python -u\nprint()\n";
  BOOST_TEST(testing::IsOk(Launch(spec)));
  BOOST_TEST(End() == "could not be started: cannot run " + spec.directory +
                          "/user-data: its first line names /opt/no/python, which is not there");
}

BOOST_AUTO_TEST_CASE(runs_a_program_with_its_arguments) {
  process::Spec spec = Script("");
  spec.script.clear();
  spec.argv = {"/bin/sh", "-c", "echo \"[$0] [$1]\"; exit 3", "two words", ""};
  BOOST_TEST(testing::IsOk(Launch(spec)));
  BOOST_TEST(End() == "exited with status 3");
  BOOST_TEST(Slurp(root + "/i-1.log") == "[two words] []\n");
}

BOOST_AUTO_TEST_CASE(a_kill_of_the_reported_pid_is_told_at_once) {
  const process::Event running = Run(Script("exec sleep 600"));
  BOOST_TEST(kill(running.pid, SIGKILL) == 0);
  BOOST_TEST(End() == "was killed by signal 9");
}

// The process that writes the log of a shim's instance; it is there once something was printed.
int LogWriterOf(int shim) {
  for (int i = 0; i < kPatienceMs / 10; ++i) {
    std::istringstream children(Slurp(absl::StrCat("/proc/", shim, "/task/", shim, "/children")));
    int child = 0;
    while (children >> child) {
      if (Slurp(absl::StrCat("/proc/", child, "/comm")) == "nubo-log\n") return child;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return -1;
}

BOOST_AUTO_TEST_CASE(a_log_that_cannot_be_written_stops_neither_the_instance_nor_its_shim) {
  Doorbell up(root + "/bells/up"), go(root + "/bells/go");
  const process::Event running =
      Run(Script("echo first; echo > " + up.path() + "; read line < " + go.path() +
                 "; head -c 1000000 /dev/zero | tr '\\0' x; echo > " + up.path() + "; exec sleep 600"));
  BOOST_REQUIRE(up.Rung());
  const int writer = LogWriterOf(ShimOf(running));
  BOOST_REQUIRE(writer > 0);
  kill(writer, SIGSTOP);
  go.Ring();
  BOOST_TEST(up.Rung());
  driver->Terminate("i-1", absl::ZeroDuration());
  BOOST_TEST(End() == "was killed by signal 9");
  kill(writer, SIGCONT);
}

BOOST_AUTO_TEST_CASE(a_log_that_could_not_be_written_says_what_is_missing) {
  Doorbell up(root + "/bells/up"), go(root + "/bells/go");
  const process::Event running = Run(Script("echo first; echo > " + up.path() + "; read line < " + go.path() +
                                            "; head -c 1000000 /dev/zero | tr '\\0' x; echo > " + up.path() +
                                            "; read line < " + go.path() + "; echo last; exit 0"));
  BOOST_REQUIRE(up.Rung());
  const int writer = LogWriterOf(ShimOf(running));
  BOOST_REQUIRE(writer > 0);
  kill(writer, SIGSTOP);
  go.Ring();
  BOOST_REQUIRE(up.Rung());
  kill(writer, SIGCONT);
  // The pipe is empty again when a new writer could be asked.
  while (Slurp(absl::StrCat("/proc/", writer, "/wchan")).find("pipe_read") == std::string::npos) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  go.Ring();
  BOOST_TEST(End() == "exited with status 0");
  const std::string log = Slurp(root + "/i-1.log");
  BOOST_TEST(absl::StrContains(log, "bytes of output are missing here"));
  BOOST_TEST(absl::EndsWith(log, "last\n"));
}

BOOST_AUTO_TEST_CASE(a_socket_that_somebody_removes_is_there_again) {
  Run(Script("exec sleep 600"));
  driver.reset();
  BOOST_REQUIRE(fs::remove(root + "/run/i-1.sock"));
  for (int i = 0; i < kPatienceMs / 10 && !IsLive(root + "/run", "i-1"); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  Restart();
  driver->Adopt({"i-1"});
  BOOST_TEST(WaitFor(Kind::kRunning).has_value());
}

BOOST_AUTO_TEST_CASE(a_shim_that_was_stopped_ends_its_instance_when_it_is_told_to_go_on) {
  const process::Event running = Run(Script("exec sleep 600"));
  kill(ShimOf(running), SIGSTOP);
  driver->Terminate("i-1", absl::ZeroDuration());
  BOOST_TEST(End() == "was killed by signal 9");
}

// Whether nothing of it runs any more; an init that waits for nobody leaves it as a zombie.
bool HasEnded(pid_t pid) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/stat"));
  std::string stat;
  std::getline(file, stat);
  const size_t name_end = stat.rfind(") ");
  return name_end == std::string::npos || stat[name_end + 2] == 'Z' || stat[name_end + 2] == 'X';
}

// Stops it again and again, as a disk that hangs would.
BOOST_AUTO_TEST_CASE(a_shim_that_hangs_is_killed_with_its_instance) {
  const process::Event running = Run(Script("exec sleep 600"));
  const int shim = ShimOf(running);
  std::atomic<bool> over = false;
  std::thread stopping([&] {
    while (!over && kill(shim, SIGSTOP) == 0) std::this_thread::sleep_for(std::chrono::microseconds(100));
  });
  driver->Terminate("i-1", absl::ZeroDuration());
  const std::string how = End();
  over = true;
  stopping.join();
  // Between two stops it may have had time enough to do as it was told.
  BOOST_TEST((how == absl::StrCat("was killed together with its shim, process ", shim, ", which did not answer") ||
              how == "was killed by signal 9"),
             how);
  // It is told of as soon as the signal was sent.
  for (int i = 0; i < kPatienceMs / 10 && !HasEnded(running.pid); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  BOOST_TEST(HasEnded(running.pid));
}

BOOST_AUTO_TEST_CASE(a_driver_that_found_its_shim_stopped_ends_the_instance) {
  const process::Event running = Run(Script("exec sleep 600"));
  kill(ShimOf(running), SIGSTOP);
  Restart();
  driver->Adopt({"i-1"});
  driver->Terminate("i-1", absl::ZeroDuration());
  BOOST_TEST(End() == "was killed by signal 9");
}

BOOST_AUTO_TEST_CASE(a_shim_is_found_by_its_specification_and_a_number_alone_hits_nobody) {
  const process::Event running = Run(Script("sleep 600 & exec sleep 600"));
  const std::string spec = root + "/run/i-1.spec";
  const auto found = FindShims({spec, root + "/run/i-2.spec"});
  BOOST_REQUIRE(found.size() == 1u);
  const std::vector<Hunted>& hunted = found.at(spec);
  BOOST_TEST(hunted[0].pid == ShimOf(running));
  BOOST_TEST(hunted.size() >= 3u);
  Hunted other = hunted[0];
  other.started += 1;
  BOOST_TEST(!Signal(other, SIGKILL));
  BOOST_TEST(kill(hunted[0].pid, 0) == 0);
}

BOOST_AUTO_TEST_CASE(terminate_lets_it_finish) {
  Doorbell up(root + "/bells/up");
  Run(Script("trap 'echo bye; exit 0' TERM; echo > " + up.path() + "; while :; do sleep 0.01; done"));
  BOOST_REQUIRE(up.Rung());
  driver->Terminate("i-1", absl::Seconds(30));
  BOOST_TEST(End() == "exited with status 0");
  BOOST_TEST(absl::StrContains(Slurp(root + "/i-1.log"), "bye"));
}

BOOST_AUTO_TEST_CASE(terminate_right_after_the_start_is_heard) {
  // Nothing has come to a handler of its own yet; the signal must not get lost on the way to the program.
  Run(Script("exec sleep 600"));
  driver->Terminate("i-1", absl::Minutes(10));
  BOOST_TEST(End() == "was killed by signal 15");
}

BOOST_AUTO_TEST_CASE(terminate_kills_what_does_not_listen) {
  Doorbell up(root + "/bells/up");
  Run(Script("trap '' TERM; echo > " + up.path() + "; while :; do sleep 1; done"));
  BOOST_REQUIRE(up.Rung());
  driver->Terminate("i-1", absl::Milliseconds(20));
  BOOST_TEST(End() == "was killed by signal 9");
}

BOOST_AUTO_TEST_CASE(asking_again_gives_no_more_time) {
  Doorbell up(root + "/bells/up");
  Run(Script("trap '' TERM; echo > " + up.path() + "; while :; do sleep 1; done"));
  BOOST_REQUIRE(up.Rung());
  driver->Terminate("i-1", absl::Milliseconds(20));
  driver->Terminate("i-1", absl::Minutes(10));
  BOOST_TEST(End() == "was killed by signal 9");
}

BOOST_AUTO_TEST_CASE(descendants_end_with_it) {
  // The orphan would hold the lock for as long as it lives.
  Doorbell go(root + "/bells/go");
  Run(Script("mkfifo held; setsid flock lock sh -c 'echo > held; exec sleep 600' & read line < held; read line < " +
             go.path() + "; exit 3"));
  go.Ring();
  BOOST_TEST(End() == "exited with status 3");
  BOOST_TEST(std::system(absl::StrCat("flock -w 5 ", root, "/instances/i-1/lock true").c_str()) == 0);
}

BOOST_AUTO_TEST_CASE(a_flood_of_output_does_not_drown_a_command) {
  Run(Script("exec yes"));
  driver->Terminate("i-1", absl::Seconds(30));
  BOOST_TEST(End() == "was killed by signal 15");
}

BOOST_AUTO_TEST_CASE(reboot_ends_it_and_starts_it_again) {
  Doorbell up(root + "/bells/up");
  const process::Event first = Run(Script("echo run >> runs; echo > " + up.path() + "; exec sleep 600"));
  BOOST_REQUIRE(up.Rung());
  driver->Reboot("i-1", absl::Seconds(30));
  const auto second = WaitFor(Kind::kRunning);
  BOOST_REQUIRE(second.has_value());
  BOOST_TEST(second->pid != first.pid);
  BOOST_REQUIRE(up.Rung());
  BOOST_TEST(Slurp(root + "/instances/i-1/runs") == "run\nrun\n");
  driver->Terminate("i-1", absl::Seconds(30));
  BOOST_TEST(End() == "was killed by signal 15");
}

BOOST_AUTO_TEST_CASE(a_terminated_one_is_not_rebooted) {
  Doorbell up(root + "/bells/up");
  Run(Script("trap '' TERM; echo > " + up.path() + "; while :; do sleep 1; done"));
  BOOST_REQUIRE(up.Rung());
  driver->Terminate("i-1", absl::Milliseconds(50));
  driver->Reboot("i-1", absl::ZeroDuration());
  BOOST_TEST(End() == "was killed by signal 9");
}

BOOST_AUTO_TEST_CASE(a_new_driver_adopts_what_runs) {
  const process::Event running = Run(Script("exec sleep 600"));
  Restart();
  driver->Adopt({"i-1", "i-2"});
  const auto adopted = WaitFor(Kind::kRunning);
  BOOST_REQUIRE(adopted.has_value());
  BOOST_TEST(adopted->pid == running.pid);
  BOOST_TEST(adopted->isolated == running.isolated);
  const auto missing = WaitFor(Kind::kExited);
  BOOST_REQUIRE(missing.has_value());
  BOOST_TEST(missing->id == "i-2");
  BOOST_TEST((missing->end == process::End::Unknown("ended while nobody was watching")));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_asked_for_want_of_descriptors_is_not_given_up) {
  const process::Event running = Run(Script("exec sleep 600"));
  Restart();
  rlimit usual;
  BOOST_REQUIRE(getrlimit(RLIMIT_NOFILE, &usual) == 0);
  rlimit none = usual;
  none.rlim_cur = 3;
  BOOST_REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
  driver->Adopt({"i-1"});
  // Long enough for the driver to try; were it not, nothing would be tested, and nothing fail.
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  BOOST_REQUIRE(setrlimit(RLIMIT_NOFILE, &usual) == 0);
  const auto adopted = WaitFor(Kind::kRunning);
  BOOST_REQUIRE(adopted.has_value());
  BOOST_TEST(adopted->pid == running.pid);
  BOOST_TEST(fs::exists(root + "/run/i-1.sock"));
}

BOOST_AUTO_TEST_CASE(launching_what_runs_only_tells) {
  const process::Event running = Run(Script("exec sleep 600"));
  BOOST_TEST(Run(Script("exec sleep 600")).pid == running.pid);
  Restart();
  BOOST_TEST(Run(Script("exec sleep 600")).pid == running.pid);
}

BOOST_AUTO_TEST_CASE(an_end_while_nobody_watched_is_told_later) {
  const process::Event running = Run(Script("exec sleep 600"));
  driver.reset();
  kill(running.pid, SIGKILL);
  Restart();
  driver->Adopt({"i-1"});
  BOOST_TEST(End() == "was killed by signal 9");
}

BOOST_AUTO_TEST_CASE(an_instance_does_not_outlive_its_shim) {
  const process::Event running = Run(Script("exec flock lock sleep 600"));
  kill(ShimOf(running), SIGKILL);
  BOOST_TEST(End() == "ended because its shim was killed");
  BOOST_TEST(std::system(absl::StrCat("flock -w 5 ", root, "/instances/i-1/lock true").c_str()) == 0);
}

BOOST_AUTO_TEST_CASE(the_shim_asked_to_end_ends_its_instance) {
  const process::Event running = Run(Script("exec sleep 600"));
  kill(ShimOf(running), SIGTERM);
  BOOST_TEST(End() == "was killed by signal 15");
}

BOOST_AUTO_TEST_CASE(garbage_on_the_socket_is_ignored) {
  using std::string_literals::operator""s;
  Run(Script("exec sleep 600"));
  for (const std::string& garbage : {std::string(100000, 'x'), "\n\0\n quit\nquit\nterminate\nreboot\nterminat"s}) {
    const int fd = ConnectTo(root + "/run/i-1.sock");
    (void)!send(fd, garbage.data(), garbage.size(), MSG_NOSIGNAL);
    close(fd);
  }
  driver->Terminate("i-1", absl::Seconds(5));
  BOOST_TEST(End() == "was killed by signal 15");
}

BOOST_AUTO_TEST_CASE(a_lost_connection_is_made_again) {
  Run(Script("exec sleep 600"));
  // More than a shim listens to: the driver's own is pushed out.
  std::vector<int> others;
  for (int i = 0; i < 8; ++i) {
    others.push_back(ConnectTo(root + "/run/i-1.sock"));
    char line[64];
    BOOST_REQUIRE(recv(others.back(), line, sizeof line, 0) > 0);
  }
  driver->Terminate("i-1", absl::Seconds(5));
  // Where the command went into the connection that was lost, the next one goes into the new one.
  driver->Terminate("i-1", absl::Seconds(5));
  driver->Adopt({"i-1"});
  driver->Terminate("i-1", absl::Seconds(5));
  BOOST_TEST(End() == "was killed by signal 15");
  for (const int fd : others) close(fd);
}

BOOST_AUTO_TEST_CASE(a_socket_that_answers_for_another_is_not_believed) {
  const sockaddr_un address = AddressOf(root + "/run/i-1.sock");
  const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  BOOST_REQUIRE(bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  BOOST_REQUIRE(listen(listener, 8) == 0);
  std::thread other([&] {
    const int fd = accept(listener, nullptr, nullptr);
    const std::string lines = "shim id=i-9\nrunning pid=1 isolated=1 \n";
    (void)!send(fd, lines.data(), lines.size(), MSG_NOSIGNAL);
    close(fd);
  });
  driver->Adopt({"i-1"});
  BOOST_TEST(End() == "is not what its socket answers for: that is i-9");
  other.join();
  close(listener);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_started_says_why_and_never_runs) {
  process::Spec spec = Script("");
  spec.script = "#!/no/such/interpreter\n";
  BOOST_REQUIRE(IsOk(Launch(spec)));
  const std::string end = End();
  BOOST_TEST_INFO(end);
  BOOST_TEST(absl::StrContains(end, "could not be started: cannot run"));
  BOOST_TEST(absl::StrContains(end, "names /no/such/interpreter, which is not there"));
  BOOST_TEST(events.empty());
  driver->Forget("i-1");
  spec.script.clear();
  spec.argv = {"/etc/passwd"};
  BOOST_REQUIRE(IsOk(Launch(spec)));
  BOOST_TEST(absl::StrContains(End(), "cannot run /etc/passwd: Permission denied"));
  BOOST_TEST(events.empty());
}

BOOST_AUTO_TEST_CASE(a_missing_shim_is_named) {
  driver =
      std::make_unique<ProcessDriver>(ProcessDriver::Options{.shim_path = "/no/such/shim", .run_dir = root + "/run"},
                                      [this](const process::Event& event) {
                                        std::lock_guard lock(mutex);
                                        events.push_back(event);
                                        changed.notify_all();
                                      });
  BOOST_REQUIRE(IsOk(driver->Launch(Script("exit 0"))));
  BOOST_TEST(End() == "could not be started: cannot run /no/such/shim: No such file or directory");
  BOOST_TEST(fs::is_empty(root + "/run"));
}

BOOST_AUTO_TEST_CASE(specs_that_cannot_be_passed_on_are_refused) {
  const auto refused = [this](auto change) {
    process::Spec spec = Script("exit 0");
    change(spec);
    return driver->Launch(spec);
  };
  const auto code = absl::StatusCode::kInvalidArgument;
  BOOST_TEST(StatusIs(refused([](process::Spec& spec) { spec.script = "echo hello"; }), code, "#!"));
  BOOST_TEST(StatusIs(refused([](process::Spec& spec) { spec.script = ""; }), code, "either a program or a script"));
  BOOST_TEST(StatusIs(refused([](process::Spec& spec) { spec.argv = {"x"}; }), code, "either a program or a script"));
  for (const char* id : {"", "../i-1", "i/1", ".i", "i 1"}) {
    BOOST_TEST(StatusIs(refused([id](process::Spec& spec) { spec.id = id; }), code, "an id is"));
  }
  BOOST_TEST(StatusIs(refused([](process::Spec& spec) { spec.id = std::string(65, 'i'); }), code, "an id is"));
  BOOST_TEST(StatusIs(refused([](process::Spec& spec) { spec.environment = {{"A", std::string("1\0uid=0", 7)}}; }),
                      code, "NUL"));
  BOOST_TEST(
      StatusIs(refused([](process::Spec& spec) { spec.private_files = {{"../init", ""}}; }), code, "plain name"));
  ProcessDriver deep({.shim_path = ShimPath(), .run_dir = root + "/" + std::string(120, 'd')}, [](const auto&) {});
  BOOST_TEST(StatusIs(deep.Launch(Script("exit 0")), code, "longer than 107 bytes"));
}

BOOST_AUTO_TEST_CASE(a_long_log_is_turned_over) {
  OutputOf("head -c 11000000 /dev/zero; echo the end");
  BOOST_TEST(fs::file_size(root + "/i-1.log") < 10u << 20);
  BOOST_TEST(fs::exists(root + "/i-1.log.1"));
  BOOST_TEST(absl::EndsWith(Slurp(root + "/i-1.log"), "the end\n"));
}

BOOST_AUTO_TEST_CASE(forgetting_removes_every_trace) {
  OutputOf("exit 0");
  driver->Forget("i-1");
  driver.reset();
  BOOST_TEST(fs::is_empty(root + "/run"));
  Restart();
  launched.clear();
}

BOOST_AUTO_TEST_CASE(a_name_can_be_used_again_at_once) {
  for (int i = 0; i < 20; ++i) {
    BOOST_REQUIRE(IsOk(Launch(Script(absl::StrCat("exit ", i)))));
    BOOST_REQUIRE_EQUAL(End(), absl::StrCat("exited with status ", i));
    driver->Forget("i-1");
  }
  // Without being forgotten as well.
  BOOST_REQUIRE(IsOk(Launch(Script("exit 1"))));
  BOOST_TEST(End() == "exited with status 1");
  BOOST_REQUIRE(IsOk(Launch(Script("exit 2"))));
  BOOST_TEST(End() == "exited with status 2");
}

BOOST_AUTO_TEST_CASE(many_start_and_end_at_once) {
  std::set<std::string> ids;
  for (int i = 0; i < 30; ++i) {
    const std::string id = absl::StrCat("i-", i);
    ids.insert(id);
    BOOST_REQUIRE(IsOk(Launch(Script("exec sleep 600", id))));
  }
  for (size_t i = 0; i < ids.size(); ++i) BOOST_REQUIRE(WaitFor(Kind::kRunning).has_value());
  for (const std::string& id : ids) driver->Terminate(id, absl::Seconds(30));
  for (size_t i = ids.size(); i > 0; --i) ids.erase(WaitFor(Kind::kExited)->id);
  BOOST_TEST(ids.empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::drivers
