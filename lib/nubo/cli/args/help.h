// The texts of `nubo help`.
//
// Thread safety: pure functions.
#ifndef NUBO_CLI_ARGS_HELP_H_
#define NUBO_CLI_ARGS_HELP_H_

#include "absl/strings/string_view.h"

namespace nubo::cli {

// `nubo help`: every verb by example.
absl::string_view ShortHelp();

// What `verb` does, in a sentence or two; "" of an unknown verb.
absl::string_view VerbSummary(absl::string_view verb);

// "Examples:" and a few command lines; "" of an unknown verb.
absl::string_view VerbExamples(absl::string_view verb);

}  // namespace nubo::cli

#endif  // NUBO_CLI_ARGS_HELP_H_
