#include "nubo/cli/args/suggest.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace nubo::cli {
namespace {

// Longer words are never compared: nobody mistypes them, and the table would grow with them.
constexpr size_t kWordMax = 64;
// A beginning of fewer letters fits too much.
constexpr size_t kPrefixMin = 3;

bool BeginsTheOther(const std::string& a, const std::string& b) {
  if (std::min(a.size(), b.size()) < kPrefixMin) return false;
  return absl::StartsWith(a, b) || absl::StartsWith(b, a);
}

}  // namespace

size_t EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> two_up(b.size() + 1), up(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    two_up = up;
    up = row;
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({up[j] + 1, row[j - 1] + 1, up[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], two_up[j - 2] + 1);
    }
  }
  return row[b.size()];
}

std::string Nearest(absl::string_view word, const std::vector<std::string>& candidates) {
  if (word.empty() || word.size() > kWordMax) return "";
  const std::string lower = absl::AsciiStrToLower(word);
  std::string nearest;
  size_t nearest_distance = kWordMax + 1;
  for (const std::string& candidate : candidates) {
    const std::string other = absl::AsciiStrToLower(candidate);
    const size_t distance = EditDistance(lower, other);
    const bool near = distance * 3 <= std::max(lower.size(), other.size()) || BeginsTheOther(lower, other);
    if (near && distance < nearest_distance) {
      nearest = candidate;
      nearest_distance = distance;
    }
  }
  return nearest;
}

std::string DidYouMean(absl::string_view word, const std::vector<std::string>& candidates) {
  const std::string nearest = Nearest(word, candidates);
  return nearest.empty() ? "" : absl::StrCat("; did you mean ", nearest, "?");
}

}  // namespace nubo::cli
