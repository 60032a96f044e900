#include "nubo/base/pattern.h"

#include "absl/strings/ascii.h"

namespace nubo::base {

bool MatchesPattern(absl::string_view pattern, absl::string_view text, PatternCase sensitivity, PatternEscape escape) {
  const auto same = [sensitivity](char a, char b) {
    return a == b || (sensitivity == PatternCase::kInsensitive && absl::ascii_tolower(a) == absl::ascii_tolower(b));
  };
  // At `at`: the two characters of an escaped one.
  const auto escaped = [pattern, escape](size_t at) {
    if (escape == PatternEscape::kNone || pattern[at] != '\\' || at + 1 == pattern.size()) return false;
    const char next = pattern[at + 1];
    return next == '*' || next == '?' || (next == '\\' && escape == PatternEscape::kBackslashToo);
  };
  size_t p = 0;
  size_t t = 0;
  // The last star, and where in the text its match ends for now: only the last one ever needs to give way.
  size_t star = absl::string_view::npos;
  size_t star_end = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_end = t;
    } else if (p < pattern.size() && escaped(p) && pattern[p + 1] == text[t]) {
      p += 2;
      ++t;
    } else if (p < pattern.size() && !escaped(p) && (pattern[p] == '?' || same(pattern[p], text[t]))) {
      ++p;
      ++t;
    } else if (star != absl::string_view::npos) {
      p = star + 1;
      t = ++star_end;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace nubo::base
