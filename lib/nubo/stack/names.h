// Names, and what somebody who misspelt one has meant.
//
// Example:
//   absl::StrCat("there is no zone \"", name, "\"", DidYouMean(name, zones));
//
// Thread safety: pure functions.
#ifndef NUBO_STACK_NAMES_H_
#define NUBO_STACK_NAMES_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace nubo::stack {

// The candidate that `name` was most likely meant to be, or "" if none is near (a third of its letters differ).
std::string Nearest(absl::string_view name, const std::vector<std::string>& candidates);

// `; did you mean "X"?`, or "" if none is near.
std::string DidYouMean(absl::string_view name, const std::vector<std::string>& candidates);

// Letters, digits and characters of `others` only.
bool HasOnly(absl::string_view text, absl::string_view others);

}  // namespace nubo::stack

#endif  // NUBO_STACK_NAMES_H_
