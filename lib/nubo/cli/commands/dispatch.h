// From a parsed command line to the verb's function.
//
// Thread safety: none; one verb a process.
#ifndef NUBO_CLI_COMMANDS_DISPATCH_H_
#define NUBO_CLI_COMMANDS_DISPATCH_H_

#include "absl/status/status.h"
#include "nubo/cli/args/options.h"
#include "nubo/cli/commands/context.h"

namespace nubo::cli {

// Runs every verb but those that are processes of their own (serve, proxy, dns, metadata): INTERNAL of those.
absl::Status Execute(const Command& command, Context& context);

}  // namespace nubo::cli

#endif  // NUBO_CLI_COMMANDS_DISPATCH_H_
