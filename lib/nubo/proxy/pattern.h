// AWS's patterns, by the names that rules of listeners know them by; base/pattern.h has the rule.
//
// Thread safety: pure functions.
#ifndef NUBO_PROXY_PATTERN_H_
#define NUBO_PROXY_PATTERN_H_

#include "nubo/base/pattern.h"

namespace nubo::proxy {

using base::MatchesPattern;
using base::PatternCase;
using base::PatternEscape;

}  // namespace nubo::proxy

#endif  // NUBO_PROXY_PATTERN_H_
