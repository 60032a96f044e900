// Completion for shells, generated from what the verbs take.
//
// Names of things that exist (instances, groups, stacks) are asked of the running region as the user types.
//
// Thread safety: pure functions.
#ifndef NUBO_CLI_ARGS_COMPLETION_H_
#define NUBO_CLI_ARGS_COMPLETION_H_

#include <string>
#include <vector>

#include "nubo/cli/args/usage.h"

namespace nubo::cli {

// Scripts to be sourced, or put where the shell looks for them. Bash's needs nothing but bash 4.
std::string BashCompletion(const std::vector<VerbUsage>& verbs);
std::string ZshCompletion(const std::vector<VerbUsage>& verbs);
std::string FishCompletion(const std::vector<VerbUsage>& verbs);

}  // namespace nubo::cli

#endif  // NUBO_CLI_ARGS_COMPLETION_H_
