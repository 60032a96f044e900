// What the guide and the manual page tell beyond help: Markdown.
//
// Thread safety: pure functions.
#ifndef NUBO_CLI_ARGS_VERB_DETAILS_H_
#define NUBO_CLI_ARGS_VERB_DETAILS_H_

#include "absl/strings/string_view.h"

namespace nubo::cli {

// What holds for every verb.
absl::string_view ManualIntroduction();

// Of one verb, ended by a newline; "" where its options say all.
absl::string_view VerbDetails(absl::string_view verb);

}  // namespace nubo::cli

#endif  // NUBO_CLI_ARGS_VERB_DETAILS_H_
