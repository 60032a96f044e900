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
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "nubo/base/clock.h"
#include "nubo/cli/context.h"
#include "nubo/cli/dispatch.h"
#include "nubo/cli/options.h"
#include "nubo/cli/output.h"
#include "tests/cli/fake_region.h"

namespace nubo::cli {

class Runner {
 public:
  Runner() {
    surroundings.current_directory = region.state_dir();
    surroundings.environment["NUBO_STATE"] = region.state_dir();
  }

  // Words are separated by spaces. Returns the exit code.
  int operator()(const std::string& line) {
    out_.str("");
    err_.str("");
    const std::vector<std::string> words = absl::StrSplit(line, ' ', absl::SkipEmpty());
    const absl::StatusOr<Command> command = Parse(words, surroundings);
    if (!command.ok()) {
      err_ << ErrorText(command.status());
      return kExitUsage;
    }
    Context context{out_, err_, clock_, interrupted, launcher, LineStyle()};
    const absl::Status status = Execute(*command, context);
    if (!status.ok()) err_ << ErrorText(status);
    return ExitCode(status);
  }

  std::string out() const { return out_.str(); }
  std::string err() const { return err_.str(); }

  FakeRegion region;
  FakeLauncher launcher{region};
  Surroundings surroundings;
  std::atomic<bool> interrupted{false};

 private:
  base::SystemClock clock_;
  std::ostringstream out_;
  std::ostringstream err_;
};

}  // namespace nubo::cli

#endif  // NUBO_TESTS_CLI_RUNNER_H_
