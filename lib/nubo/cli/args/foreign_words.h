// What the words of neighbouring programs are called here: AWS's command line first, then Terraform's and kubectl's.
//
// They are not accepted, only translated: one thing has one name.
//
// Example:
//   ForeignVerb("delete-stack");  // "nubo down --name STACK"
//
// Thread safety: pure functions.
#ifndef NUBO_CLI_ARGS_FOREIGN_WORDS_H_
#define NUBO_CLI_ARGS_FOREIGN_WORDS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace nubo::cli {

// A command to type instead; "" of a word that says nothing.
std::string ForeignVerb(absl::string_view verb);
// One of the kinds of `nubo get`, or "".
std::string ForeignKind(absl::string_view kind);
// What to do instead of the option `name` ("--stack-name"), of a verb that has the options `ours`, or "".
std::string ForeignOption(absl::string_view name, const std::vector<std::string>& ours);

}  // namespace nubo::cli

#endif  // NUBO_CLI_ARGS_FOREIGN_WORDS_H_
