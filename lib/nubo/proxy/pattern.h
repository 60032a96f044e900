// AWS's patterns for hosts and paths: "*" stands for any characters, also none; "?" for exactly one.
//
// Example:
//   MatchesPattern("*.example.com", "www.example.com", PatternCase::kInsensitive);  // true
//
// Grammar: pattern = *( "*" / "?" / literal ); there is no escape.
//
// Thread safety: pure functions.
#ifndef NUBO_PROXY_PATTERN_H_
#define NUBO_PROXY_PATTERN_H_

#include "absl/strings/string_view.h"

namespace nubo::proxy {

enum class PatternCase { kSensitive, kInsensitive };

// Whether all of `text` matches. At most pattern × text comparisons, without recursion or allocation.
bool MatchesPattern(absl::string_view pattern, absl::string_view text, PatternCase sensitivity);

}  // namespace nubo::proxy

#endif  // NUBO_PROXY_PATTERN_H_
