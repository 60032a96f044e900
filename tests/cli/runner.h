// Runs a command line against a FakeRegion as main() would, and keeps what it printed.
//
// Example:
//   Runner run;
//   run.region.Start();
//   BOOST_TEST(run("get instances") == 0);
//   BOOST_TEST(run.out() == "…");
//
// Thread safety: thread-compatible.
#ifndef NUBO_TESTS_CLI_RUNNER_H_
#define NUBO_TESTS_CLI_RUNNER_H_

#include <atomic>
#include <deque>
#include <functional>
#include <ostream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"
#include "nubo/base/clock.h"
#include "nubo/cli/args/command_line.h"
#include "nubo/cli/commands/context.h"
#include "nubo/cli/commands/dispatch.h"
#include "nubo/cli/output/output.h"
#include "tests/cli/fake_region.h"

namespace nubo::cli {

// A string that somebody looks at whenever something is added.
class WatchedOutput final : public std::stringbuf {
 public:
  std::function<void(const std::string& so_far)> on_more;

 private:
  std::streamsize xsputn(const char* text, std::streamsize size) override {
    const std::streamsize put = std::stringbuf::xsputn(text, size);
    if (on_more) on_more(str());
    return put;
  }
};

class Runner {
 public:
  Runner() {
    surroundings.current_directory = region.state_dir();
    surroundings.environment["NUBO_STATE"] = region.state_dir();
  }

  // Words are separated by spaces. Returns the exit code.
  int operator()(const std::string& line) {
    watched_.str("");
    out_.clear();
    err_.str("");
    const std::vector<std::string> words = absl::StrSplit(line, ' ', absl::SkipEmpty());
    const absl::StatusOr<Command> command = Parse(words, surroundings);
    if (!command.ok()) {
      err_ << ErrorText(command.status());
      return kExitUsage;
    }
    Context context{out_, err_, clock_, interrupted, launcher, LineStyle()};
    context.ask = ask;
    const absl::Status status = Execute(*command, context);
    if (!status.ok()) err_ << ErrorText(status);
    return ExitCode(status);
  }

  std::string out() const { return watched_.str(); }
  std::string err() const { return err_.str(); }

  // Calls `act` once, when `text` has been printed: for what happens in the middle of a command.
  void When(const std::string& text, std::function<void()> act) {
    awaited_.emplace_back(text, std::move(act));
    watched_.on_more = [this](const std::string& so_far) {
      while (!awaited_.empty() && so_far.find(awaited_.front().first) != std::string::npos) {
        const std::function<void()> next = std::move(awaited_.front().second);
        awaited_.pop_front();
        next();
      }
    };
  }

  FakeRegion region;
  FakeLauncher launcher{region};
  Surroundings surroundings;
  std::atomic<bool> interrupted{false};
  // Who answers; not set: nobody.
  std::function<bool(const std::string& question)> ask;

 private:
  base::SystemClock clock_;
  WatchedOutput watched_;
  std::ostream out_{&watched_};
  // In their order.
  std::deque<std::pair<std::string, std::function<void()>>> awaited_;
  std::ostringstream err_;
};

}  // namespace nubo::cli

#endif  // NUBO_TESTS_CLI_RUNNER_H_
