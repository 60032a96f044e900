#include "nubo/lb/code_matcher.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace nubo::lb {
namespace {

bool ParseCode(absl::string_view text, int* code) {
  text = absl::StripAsciiWhitespace(text);
  if (text.empty() || text.size() > 3 || !std::all_of(text.begin(), text.end(), absl::ascii_isdigit)) return false;
  return absl::SimpleAtoi(text, code);
}

bool ParseRange(absl::string_view text, CodeMatcher::Range* range) {
  const std::vector<absl::string_view> ends = absl::StrSplit(text, '-');
  if (ends.size() > 2 || !ParseCode(ends.front(), &range->first)) return false;
  range->last = range->first;
  return ends.size() == 1 || ParseCode(ends.back(), &range->last);
}

}  // namespace

absl::StatusOr<CodeMatcher> CodeMatcher::Parse(absl::string_view text, Range allowed) {
  CodeMatcher matcher;
  for (absl::string_view entry : absl::StrSplit(text, ',')) {
    Range range;
    if (matcher.ranges_.size() >= kEntriesMax || !ParseRange(entry, &range) || range.first > range.last ||
        range.first < allowed.first || range.last > allowed.last) {
      return absl::InvalidArgumentError(absl::StrCat(
          "health check matcher \"", text, "\" is not a list of codes and ranges between ", allowed.first, " and ",
          allowed.last, ", such as \"", allowed.first, "\" or \"", allowed.first, "-", allowed.last, "\""));
    }
    matcher.ranges_.push_back(range);
  }
  return matcher;
}

bool CodeMatcher::Matches(int code) const {
  return std::any_of(ranges_.begin(), ranges_.end(),
                     [code](const Range& range) { return code >= range.first && code <= range.last; });
}

std::string CodeMatcher::ToString() const {
  return absl::StrJoin(ranges_, ",", [](std::string* out, const Range& range) {
    absl::StrAppend(out, range.first);
    if (range.last != range.first) absl::StrAppend(out, "-", range.last);
  });
}

}  // namespace nubo::lb
