// What a verb works with, handed over so that a test can own it.
//
// Thread safety: thread-compatible, apart from `interrupted`.
#ifndef NUBO_CLI_COMMANDS_CONTEXT_H_
#define NUBO_CLI_COMMANDS_CONTEXT_H_

#include <atomic>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "nubo/base/clock.h"
#include "nubo/cli/commands/launcher.h"
#include "nubo/cli/output/progress.h"

namespace nubo::cli {

struct Context {
  std::ostream& out;
  std::ostream& err;
  const base::Clock& clock;
  // Set when the user presses Ctrl-C.
  const std::atomic<bool>& interrupted;
  Launcher& launcher;
  LineStyle style;
  // Goes on as another program, whose path is the first word; fails if it cannot.
  std::function<absl::Status(const std::vector<std::string>& arguments)> become = {};
  // Asks a question that is answered by yes or no; not set where nobody is there to answer.
  std::function<bool(const std::string& question)> ask = {};
  // `out` is one, and obeys what is written to it.
  bool terminal = false;
};

}  // namespace nubo::cli

#endif  // NUBO_CLI_COMMANDS_CONTEXT_H_
