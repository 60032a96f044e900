// A list of things looked at and whether each is well: what `nubo status` and `nubo doctor` print.
//
// Thread safety: values and pure functions.
#ifndef NUBO_CLI_COMMANDS_CHECKS_H_
#define NUBO_CLI_COMMANDS_CHECKS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "nubo/cli/args/options.h"

namespace nubo::cli {

enum class Health { kOk, kWarning, kBad };

struct Check {
  // "group", "ports".
  std::string what;
  // Which one; "" where there is only one.
  std::string name;
  Health health = Health::kOk;
  // What was seen.
  std::string seen;
  // What to do about it; "" when there is nothing to do.
  std::string advice = {};
  // Of the process behind it, where it was asked; 0: none, or not at all.
  int pid = 0;
  int hung_seconds = 0;
  int restarts = 0;
};

// One line a check, its advice on a line of its own below. `color`: the terminal understands colours.
std::string ChecksText(const std::vector<Check>& checks, bool color);

// {"ok": true, "checks": [{"what", "name", "health", "seen", "advice"}]}; of what has a process that was asked, "pid",
// "hung_seconds" and "restarts" as well. INTERNAL: a text is no UTF-8.
absl::StatusOr<std::string> ChecksJson(const std::vector<Check>& checks);

// As a table of text, or as JSON.
absl::StatusOr<std::string> Print(const std::vector<Check>& checks, Format format, bool color);

// FAILED_PRECONDITION with what is kBad, by name: "2 of 7 are not well: group web, dns". OK if none is.
absl::Status Verdict(const std::vector<Check>& checks);

}  // namespace nubo::cli

#endif  // NUBO_CLI_COMMANDS_CHECKS_H_
