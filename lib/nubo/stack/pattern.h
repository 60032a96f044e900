// Regular expressions of AllowedPattern. Matching takes time linear in the text, whatever the expression.
//
// Example:
//   bool ok = *MatchesWhole("[a-z]+", "abc");
//
// Thread safety: pure functions.
#ifndef NUBO_STACK_PATTERN_H_
#define NUBO_STACK_PATTERN_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nubo::stack {

// INVALID_ARGUMENT: not a regular expression, or one with look-around or back-references, which take exponential time.
absl::Status CheckPattern(absl::string_view pattern);

// Whether the whole of `text` matches. INVALID_ARGUMENT as above.
absl::StatusOr<bool> MatchesWhole(absl::string_view pattern, absl::string_view text);

}  // namespace nubo::stack

#endif  // NUBO_STACK_PATTERN_H_
