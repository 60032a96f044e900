// A ProcessDriver over a directory of its own, and the events it has told of.
#ifndef NUBO_TESTS_DRIVERS_DRIVER_FIXTURE_H_
#define NUBO_TESTS_DRIVERS_DRIVER_FIXTURE_H_

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nubo/drivers/process_driver.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::drivers {

using Kind = process::Event::Kind;

// How long an event may take before the test has failed.
inline constexpr int kPatienceMs = 20000;

inline std::string ShimPath() { return absl::StrCat(std::getenv("TEST_SRCDIR"), "/nubo/lib/nubo/drivers/nubo-shim"); }

inline std::string Slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
}

// A named pipe through which an instance says that it has come to some point: `echo > PATH`; or is told to go on:
// `read line < PATH`.
class Doorbell {
 public:
  explicit Doorbell(std::string path) : path_(std::move(path)) {
    mkfifo(path_.c_str(), 0666);
    chmod(path_.c_str(), 0666);
    // For writing as well, so that its end is never seen.
    fd_ = open(path_.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
  }
  ~Doorbell() { close(fd_); }
  Doorbell(const Doorbell&) = delete;
  Doorbell& operator=(const Doorbell&) = delete;

  const std::string& path() const { return path_; }
  bool Rung() {
    pollfd ready = {fd_, POLLIN, 0};
    char ignored[64];
    return poll(&ready, 1, kPatienceMs) == 1 && read(fd_, ignored, sizeof ignored) > 0;
  }
  void Ring() { (void)!write(fd_, "\n", 1); }

 private:
  const std::string path_;
  int fd_ = -1;
};

struct DriverFixture {
  DriverFixture() {
    char pattern[] = "/tmp/nubo-driver-XXXXXX";
    root = mkdtemp(pattern);
    chmod(root.c_str(), 0711);
    std::filesystem::create_directories(root + "/run");
    std::filesystem::create_directories(root + "/bells");
    std::ofstream(root + "/secret") << "the region's own";
    Restart();
  }

  ~DriverFixture() {
    Restart();
    driver->Adopt({launched.begin(), launched.end()});
    for (const std::string& id : launched) driver->Terminate(id, absl::ZeroDuration());
    for (size_t i = 0; i < launched.size(); ++i) (void)WaitFor(Kind::kExited);
    for (const std::string& id : launched) driver->Forget(id);
    driver.reset();
    std::error_code ignored;
    std::filesystem::remove_all(root, ignored);
  }

  ProcessDriver::Options Options() const {
    ProcessDriver::Options options{.shim_path = ShimPath(), .run_dir = root + "/run"};
    options.allow_unisolated = allow_unisolated;
    return options;
  }

  void Restart() {
    driver.reset();
    events.clear();
    driver = std::make_unique<ProcessDriver>(Options(), [this](const process::Event& event) {
      std::lock_guard lock(mutex);
      events.push_back(event);
      changed.notify_all();
    });
  }

  process::Spec Script(const std::string& body, const std::string& id = "i-1") {
    process::Spec spec;
    spec.id = id;
    spec.directory = root + "/instances/" + id;
    spec.script = "#!/bin/sh\n" + body + "\n";
    spec.environment = {{"PATH", "/usr/sbin:/usr/bin:/bin"}, {"GREETING", "hello there"}};
    spec.writable_dirs = {};
    spec.read_only_dirs = {root + "/bells"};
    spec.hidden_dirs = {root};
    spec.hostname = "ip-10-0-1-5";
    spec.log_path = root + "/" + id + ".log";
    return spec;
  }

  absl::Status Launch(process::Spec spec) {
    launched.insert(spec.id);
    return driver->Launch(std::move(spec));
  }

  // Starts it and waits until it runs.
  process::Event Run(process::Spec spec) {
    BOOST_REQUIRE(testing::IsOk(Launch(std::move(spec))));
    const auto running = WaitFor(Kind::kRunning);
    BOOST_REQUIRE(running.has_value());
    return *running;
  }

  // The next event of this kind.
  std::optional<process::Event> WaitFor(Kind kind) {
    std::unique_lock lock(mutex);
    std::optional<process::Event> found;
    changed.wait_for(lock, std::chrono::milliseconds(kPatienceMs), [&] {
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

  // What has been told and not been waited for.
  std::string Told() {
    std::lock_guard lock(mutex);
    std::string all;
    for (const process::Event& event : events) {
      absl::StrAppend(&all, event.id, " ", event.kind == Kind::kRunning ? event.message : process::ToString(event.end),
                      "; ");
    }
    return all;
  }

  // How the next one that ends has ended.
  std::string End() {
    const auto exited = WaitFor(Kind::kExited);
    return exited.has_value() ? process::ToString(exited->end) : "(nothing was told)";
  }

  // Runs `nubo-shim --enter` for i-1 with `output` as its standard output and error, `input` or else nothing as its
  // input, and something in the environment; its exit status.
  int Enter(int output, const std::vector<std::string>& command, int input = -1) const {
    const pid_t entering = fork();
    if (entering == 0) {
      setenv("A_SECRET", "of the caller", 1);
      dup2(input >= 0 ? input : open("/dev/null", O_RDONLY), STDIN_FILENO);
      dup2(output, STDOUT_FILENO);
      dup2(output, STDERR_FILENO);
      const std::string shim = ShimPath(), socket = root + "/run/i-1.sock";
      std::vector<const char*> argv = {"nubo-shim", "--enter", socket.c_str(), "--no-terminal", "--"};
      for (const std::string& word : command) argv.push_back(word.c_str());
      argv.push_back(nullptr);
      execv(shim.c_str(), const_cast<char**>(argv.data()));
      _exit(99);
    }
    int status = 0;
    while (waitpid(entering, &status, 0) < 0) {
    }
    return WEXITSTATUS(status);
  }

  // Runs the script to its end and gives its output.
  std::string OutputOf(const std::string& body) {
    BOOST_REQUIRE(testing::IsOk(Launch(Script(body))));
    BOOST_REQUIRE(WaitFor(Kind::kExited).has_value());
    return Slurp(root + "/i-1.log");
  }

  bool allow_unisolated = false;
  std::string root;
  std::set<std::string> launched;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<process::Event> events;
  std::unique_ptr<ProcessDriver> driver;
};

}  // namespace nubo::drivers

#endif  // NUBO_TESTS_DRIVERS_DRIVER_FIXTURE_H_
