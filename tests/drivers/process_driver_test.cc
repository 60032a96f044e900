#include "nubo/drivers/process_driver.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::drivers {
namespace {

namespace fs = std::filesystem;
using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;
using Kind = ProcessEvent::Kind;

constexpr auto kPatience = std::chrono::seconds(10);

std::string ShimPath() {
  const char* runfiles = std::getenv("TEST_SRCDIR");
  return absl::StrCat(runfiles, "/nubo/lib/nubo/drivers/nubo-shim");
}

std::string Slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
}

// A driver over a directory of its own, and the events it has told of.
struct Fixture {
  Fixture() {
    char pattern[] = "/tmp/nubo-driver-XXXXXX";
    root = mkdtemp(pattern);
    chmod(root.c_str(), 0711);
    fs::create_directories(root + "/run");
    std::ofstream(root + "/secret") << "the region's own";
    Restart();
  }
  ~Fixture() {
    for (const char* id : {"i-1", "i-2"}) driver->Terminate(id, absl::ZeroDuration());
    for (const char* id : {"i-1", "i-2"}) driver->Forget(id);
    driver.reset();
    fs::remove_all(root);
  }

  void Restart() {
    driver.reset();
    driver = std::make_unique<ProcessDriver>(ProcessDriver::Options{.shim_path = ShimPath(), .run_dir = root + "/run"},
                                             [this](const ProcessEvent& event) {
                                               std::lock_guard lock(mutex);
                                               events.push_back(event);
                                               changed.notify_all();
                                             });
  }

  ProcessSpec Script(const std::string& body, const std::string& id = "i-1") {
    ProcessSpec spec;
    spec.id = id;
    spec.directory = root + "/instances/" + id;
    spec.script = "#!/bin/sh\n" + body + "\n";
    spec.environment = {{"PATH", "/usr/sbin:/usr/bin:/bin"}, {"GREETING", "hello there"}};
    spec.hidden_dirs = {root};
    spec.hostname = "ip-10-0-1-5";
    spec.log_path = root + "/" + id + ".log";
    return spec;
  }

  // The next event of this kind.
  std::optional<ProcessEvent> WaitFor(Kind kind) {
    std::unique_lock lock(mutex);
    std::optional<ProcessEvent> found;
    changed.wait_for(lock, kPatience, [&] {
      for (auto it = events.begin(); it != events.end(); ++it) {
        if (it->kind != kind) continue;
        found = *it;
        events.erase(it);
        return true;
      }
      return false;
    });
    return found;
  }

  // Waits until the log holds `text`.
  bool LogSays(const std::string& text) {
    for (int i = 0; i < 5000; ++i) {
      if (absl::StrContains(Slurp(root + "/i-1.log"), text)) return true;
      usleep(2000);
    }
    return false;
  }

  // Runs the script to its end and gives its output.
  std::string OutputOf(const std::string& body) {
    BOOST_REQUIRE(IsOk(driver->Launch(Script(body))));
    BOOST_REQUIRE(WaitFor(Kind::kExited).has_value());
    return Slurp(root + "/i-1.log");
  }

  std::string root;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<ProcessEvent> events;
  std::unique_ptr<ProcessDriver> driver;
};

BOOST_FIXTURE_TEST_SUITE(process_driver, Fixture)

BOOST_AUTO_TEST_CASE(runs_a_script_and_tells_its_status) {
  BOOST_REQUIRE(IsOk(driver->Launch(Script("echo \"$GREETING from $(pwd)\"; exit 7"))));
  const auto running = WaitFor(Kind::kRunning);
  BOOST_REQUIRE(running.has_value());
  BOOST_TEST(running->pid > 0);
  const auto exited = WaitFor(Kind::kExited);
  BOOST_REQUIRE(exited.has_value());
  BOOST_TEST(exited->message == "exited with status 7");
  BOOST_TEST(Slurp(root + "/i-1.log") == "hello there from " + root + "/instances/i-1\n");
}

BOOST_AUTO_TEST_CASE(a_kill_of_the_reported_pid_is_told_at_once) {
  BOOST_REQUIRE(IsOk(driver->Launch(Script("exec sleep 600"))));
  const auto running = WaitFor(Kind::kRunning);
  BOOST_REQUIRE(running.has_value());
  BOOST_TEST(kill(running->pid, SIGKILL) == 0);
  const auto exited = WaitFor(Kind::kExited);
  BOOST_REQUIRE(exited.has_value());
  BOOST_TEST(exited->message == "was killed by signal 9");
}

BOOST_AUTO_TEST_CASE(terminate_lets_it_finish) {
  BOOST_REQUIRE(IsOk(driver->Launch(Script("trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.01; done"))));
  BOOST_REQUIRE(WaitFor(Kind::kRunning).has_value());
  BOOST_REQUIRE(LogSays("up"));
  driver->Terminate("i-1", absl::Seconds(30));
  BOOST_TEST(WaitFor(Kind::kExited)->message == "exited with status 0");
  BOOST_TEST(absl::StrContains(Slurp(root + "/i-1.log"), "bye"));
}

BOOST_AUTO_TEST_CASE(terminate_kills_what_does_not_listen) {
  BOOST_REQUIRE(IsOk(driver->Launch(Script("trap '' TERM; echo up; while :; do sleep 1; done"))));
  BOOST_REQUIRE(WaitFor(Kind::kRunning).has_value());
  BOOST_REQUIRE(LogSays("up"));
  driver->Terminate("i-1", absl::Milliseconds(20));
  BOOST_TEST(WaitFor(Kind::kExited)->message == "was killed by signal 9");
}

BOOST_AUTO_TEST_CASE(descendants_end_with_it) {
  // The orphan would hold the lock for as long as it lives.
  BOOST_REQUIRE(IsOk(driver->Launch(Script("setsid flock lock sleep 600 & sleep 0.05; exit 3"))));
  BOOST_TEST(WaitFor(Kind::kExited)->message == "exited with status 3");
  BOOST_TEST(std::system(absl::StrCat("flock -w 5 ", root, "/instances/i-1/lock true").c_str()) == 0);
}

BOOST_AUTO_TEST_CASE(cannot_touch_the_host) {
  const std::string seen =
      OutputOf("id -u; cat " + root + "/secret 2>&1; ls " + root +
               "; touch /etc/nubo-was-here 2>&1; touch /usr/nubo 2>&1;"
               "ls -A /root /home /run; touch mine && echo wrote mine; touch /tmp/scratch && echo wrote scratch;"
               "grep -E 'NoNewPrivs|CapEff' /proc/self/status; hostname");
  BOOST_TEST_INFO(seen);
  BOOST_TEST(!absl::StartsWith(seen, "0\n"));
  BOOST_TEST(!absl::StrContains(seen, "the region's own"));
  BOOST_TEST(absl::StrContains(seen, "instances\n"));
  BOOST_TEST(absl::StrContains(seen, "wrote mine"));
  BOOST_TEST(absl::StrContains(seen, "wrote scratch"));
  BOOST_TEST(absl::StrContains(seen, "NoNewPrivs:\t1"));
  BOOST_TEST(absl::StrContains(seen, "CapEff:\t0000000000000000"));
  BOOST_TEST(absl::StrContains(seen, "ip-10-0-1-5"));
  BOOST_TEST(!fs::exists("/etc/nubo-was-here"));
  BOOST_TEST(!fs::exists("/tmp/scratch"));
}

BOOST_AUTO_TEST_CASE(a_new_driver_adopts_what_runs) {
  BOOST_REQUIRE(IsOk(driver->Launch(Script("exec sleep 600"))));
  const auto running = WaitFor(Kind::kRunning);
  BOOST_REQUIRE(running.has_value());
  Restart();
  driver->Adopt({"i-1", "i-2"});
  const auto adopted = WaitFor(Kind::kRunning);
  BOOST_REQUIRE(adopted.has_value());
  BOOST_TEST(adopted->pid == running->pid);
  const auto missing = WaitFor(Kind::kExited);
  BOOST_TEST(missing->id == "i-2");
  BOOST_TEST(missing->message == "ended while nobody was watching");
}

BOOST_AUTO_TEST_CASE(an_end_while_nobody_watched_is_told_later) {
  BOOST_REQUIRE(IsOk(driver->Launch(Script("exec sleep 600"))));
  const auto running = WaitFor(Kind::kRunning);
  driver.reset();
  kill(running->pid, SIGKILL);
  Restart();
  driver->Adopt({"i-1"});
  BOOST_TEST(WaitFor(Kind::kExited)->message == "was killed by signal 9");
}

BOOST_AUTO_TEST_CASE(an_instance_does_not_outlive_its_shim) {
  BOOST_REQUIRE(IsOk(driver->Launch(Script("exec flock lock sleep 600"))));
  const auto running = WaitFor(Kind::kRunning);
  BOOST_REQUIRE(running.has_value());
  // The shim is the parent of the reported process.
  const std::string status = Slurp(absl::StrCat("/proc/", running->pid, "/status"));
  const size_t at = status.find("PPid:\t");
  BOOST_REQUIRE(at != std::string::npos);
  kill(std::atoi(status.c_str() + at + 6), SIGKILL);
  BOOST_TEST(WaitFor(Kind::kExited)->message == "ended because its shim was killed");
  BOOST_TEST(std::system(absl::StrCat("flock -w 5 ", root, "/instances/i-1/lock true").c_str()) == 0);
}

BOOST_AUTO_TEST_CASE(garbage_on_the_socket_is_ignored) {
  BOOST_REQUIRE(IsOk(driver->Launch(Script("exec sleep 600"))));
  const auto running = WaitFor(Kind::kRunning);
  const std::string path = root + "/run/i-1.sock";
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  for (const std::string& garbage : {std::string(100000, 'x'), std::string("\n\0\n quit\nquit\nterminate\n", 24)}) {
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    BOOST_REQUIRE(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    (void)!send(fd, garbage.data(), garbage.size(), MSG_NOSIGNAL);
    close(fd);
  }
  driver->Terminate("i-1", absl::Seconds(5));
  BOOST_TEST(WaitFor(Kind::kExited)->message == "was killed by signal 15");
}

BOOST_AUTO_TEST_CASE(a_script_without_an_interpreter_is_refused) {
  ProcessSpec spec = Script("");
  spec.script = "echo hello";
  BOOST_TEST(StatusIs(driver->Launch(spec), absl::StatusCode::kInvalidArgument, "#!"));
  spec.script = "#!/no/such/interpreter\n";
  BOOST_REQUIRE(IsOk(driver->Launch(spec)));
  const auto exited = WaitFor(Kind::kExited);
  BOOST_TEST(absl::StrContains(exited->message, "could not be started: cannot run"));
}

BOOST_AUTO_TEST_CASE(a_long_log_is_turned_over) {
  OutputOf("head -c 11000000 /dev/zero; echo the end");
  BOOST_TEST(fs::file_size(root + "/i-1.log") < 10u << 20);
  BOOST_TEST(fs::exists(root + "/i-1.log.1"));
}

BOOST_AUTO_TEST_CASE(forgetting_removes_every_trace) {
  OutputOf("exit 0");
  driver->Forget("i-1");
  driver.reset();
  for (int i = 0; i < 1000 && !fs::is_empty(root + "/run"); ++i) usleep(5000);
  BOOST_TEST(fs::is_empty(root + "/run"));
  Restart();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::drivers
