// The word that was probably meant.
//
// Example:
//   Nearest("instanes", {"instances", "groups"});  // "instances"
//
// Thread safety: pure functions.
#ifndef NUBO_CLI_ARGS_SUGGEST_H_
#define NUBO_CLI_ARGS_SUGGEST_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace nubo::cli {

// How many insertions, deletions, changes and swaps of neighbours lead from `a` to `b`.
size_t EditDistance(absl::string_view a, absl::string_view b);

// The candidate nearest to `word`, or "" if none is near enough to be worth naming: at most a third of the longer one
// differs, or one begins with the other. Case does not count.
std::string Nearest(absl::string_view word, const std::vector<std::string>& candidates);

// "; did you mean X?", or "" when nothing is near.
std::string DidYouMean(absl::string_view word, const std::vector<std::string>& candidates);

}  // namespace nubo::cli

#endif  // NUBO_CLI_ARGS_SUGGEST_H_
