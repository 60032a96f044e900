// AWS's patterns: "*" stands for any characters, also none; "?" for exactly one.
//
// Example:
//   MatchesPattern("*.example.com", "www.example.com", PatternCase::kInsensitive);  // true
//
// Grammar: pattern = *( "*" / "?" / literal ). For hosts and paths there is no escape; in those for header fields and
// query strings "\*" and "\?" are literal.
//
// Thread safety: pure functions.
#ifndef NUBO_PROXY_PATTERN_H_
#define NUBO_PROXY_PATTERN_H_

#include "absl/strings/string_view.h"

namespace nubo::proxy {

enum class PatternCase { kSensitive, kInsensitive };
enum class PatternEscape { kNone, kBackslash };

// Whether all of `text` matches. At most pattern × text comparisons, without recursion or allocation.
bool MatchesPattern(absl::string_view pattern, absl::string_view text, PatternCase sensitivity,
                    PatternEscape escape = PatternEscape::kNone);

}  // namespace nubo::proxy

#endif  // NUBO_PROXY_PATTERN_H_
