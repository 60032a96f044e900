// From arguments to what is to be done: the verbs that there are, and the options of one (options.h).
//
// Example:
//   auto command = Parse({"get", "instances"}, surroundings);
//   std::get<GetOptions>(*command).kind;  // Kind::kInstances
//
// Thread safety: pure functions.
#ifndef NUBO_CLI_ARGS_COMMAND_LINE_H_
#define NUBO_CLI_ARGS_COMMAND_LINE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "nubo/cli/args/names.h"
#include "nubo/cli/args/options.h"
#include "nubo/cli/args/usage.h"

namespace nubo::cli {

// The verbs that help lists.
const std::vector<std::string>& Verbs();

// What each of them takes, in the same order.
std::vector<VerbUsage> AllUsages();

// `arguments` without the program's name. INVALID_ARGUMENT: one sentence that says what is wrong and what would be
// right.
absl::StatusOr<Command> Parse(const std::vector<std::string>& arguments, const Surroundings& surroundings);

}  // namespace nubo::cli

#endif  // NUBO_CLI_ARGS_COMMAND_LINE_H_
