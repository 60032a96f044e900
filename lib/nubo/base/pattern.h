// AWS's patterns: "*" stands for any characters, also none; "?" for exactly one.
//
// Example:
//   MatchesPattern("*.example.com", "www.example.com", PatternCase::kInsensitive);  // true
//
// Grammar: pattern = *( "*" / "?" / literal ). For a load balancer's hosts and paths there is no escape; in those for
// header fields and query strings "\*" and "\?" are literal; in EC2's filters "\\" is too (EC2 user guide, "Filter your
// resources").
//
// Thread safety: pure functions.
#ifndef NUBO_BASE_PATTERN_H_
#define NUBO_BASE_PATTERN_H_

#include "absl/strings/string_view.h"

namespace nubo::base {

enum class PatternCase { kSensitive, kInsensitive };
// kBackslash: before a wildcard. kBackslashToo: also before a backslash.
enum class PatternEscape { kNone, kBackslash, kBackslashToo };

// Whether all of `text` matches. At most pattern × text comparisons, without recursion or allocation.
bool MatchesPattern(absl::string_view pattern, absl::string_view text, PatternCase sensitivity,
                    PatternEscape escape = PatternEscape::kNone);

}  // namespace nubo::base

#endif  // NUBO_BASE_PATTERN_H_
