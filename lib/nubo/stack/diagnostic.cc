#include "nubo/stack/diagnostic.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/stack/utf8.h"

namespace nubo::stack {

std::string Excerpt(absl::string_view text) {
  constexpr size_t kBytesMax = 300;
  std::string shown;
  while (!text.empty()) {
    const size_t length = Utf8Length(text);
    if (shown.size() + std::max<size_t>(length, 1) > kBytesMax) return absl::StrCat(shown, "…");
    absl::StrAppend(&shown, length == 0 ? "?" : text.substr(0, length));
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return shown;
}

std::vector<Diagnostic> Sorted(std::vector<Diagnostic> problems) {
  const auto key = [](const Diagnostic& problem) {
    return std::tie(problem.location.line, problem.location.column, problem.message);
  };
  std::sort(problems.begin(), problems.end(),
            [&](const Diagnostic& a, const Diagnostic& b) { return key(a) < key(b); });
  problems.erase(std::unique(problems.begin(), problems.end()), problems.end());
  return problems;
}

absl::Status ToStatus(absl::string_view file, const std::vector<Diagnostic>& problems) {
  if (problems.empty()) return absl::OkStatus();
  std::string text;
  size_t shown = 0;
  for (const Diagnostic& problem : Sorted(problems)) {
    if (shown == kProblemsShownMax) {
      absl::StrAppend(&text, "\n", file, ": and more");
      break;
    }
    absl::StrAppend(&text, shown == 0 ? "" : "\n", FormatLocation(file, problem.location), ": ", problem.message);
    ++shown;
  }
  return absl::InvalidArgumentError(text);
}

}  // namespace nubo::stack
