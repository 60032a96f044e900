#include "nubo/ec2/filters.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "nubo/base/pattern.h"
#include "nubo/base/status.h"

namespace nubo::ec2 {
namespace {

constexpr absl::string_view kTagPrefix = "tag:";
constexpr absl::string_view kTagKey = "tag-key";
constexpr size_t kShownMax = 160;

absl::Status Invalid(absl::string_view message, absl::string_view code = "InvalidParameterValue") {
  return base::WithErrorCode(absl::InvalidArgumentError(message), code);
}

bool IsOfTags(absl::string_view name) {
  return name == kTagKey || (absl::StartsWith(name, kTagPrefix) && name.size() > kTagPrefix.size());
}

absl::Status CheckFilter(const Filter& filter, const std::vector<std::string>& names) {
  const absl::string_view shown = absl::string_view(filter.name).substr(0, kShownMax);
  if (!IsOfTags(filter.name) && std::find(names.begin(), names.end(), filter.name) == names.end()) {
    return Invalid(absl::StrCat("The filter '", shown, "' is invalid; there are ", absl::StrJoin(names, ", "),
                                names.empty() ? "" : ", ", "tag-key and tag:KEY"));
  }
  if (filter.values.empty()) return Invalid(absl::StrCat("The filter '", shown, "' has no values"));
  for (const std::string& value : filter.values) {
    if (value.size() <= kFilterValueBytesMax) continue;
    return Invalid(absl::StrCat("A value of the filter '", shown, "' has ", value.size(), " bytes; at most ",
                                kFilterValueBytesMax));
  }
  return absl::OkStatus();
}

FilterWords WordsOfTags(absl::string_view name, const Tags& tags) {
  FilterWords words;
  if (absl::ConsumePrefix(&name, kTagPrefix)) {
    const auto it = tags.find(name);
    if (it != tags.end()) words.push_back(it->second);
    return words;
  }
  for (const auto& [key, value] : tags) words.push_back(key);
  return words;
}

}  // namespace

absl::Status ValidateFilters(const std::vector<Filter>& filters, const std::vector<std::string>& names) {
  size_t values = 0;
  for (const Filter& filter : filters) values += filter.values.size();
  if (filters.size() > kFiltersMax || values > kFilterValuesMax) {
    return Invalid(absl::StrCat("The request has ", filters.size(), " filters with ", values, " values; at most ",
                                kFiltersMax, " with ", kFilterValuesMax),
                   "FilterLimitExceeded");
  }
  for (const Filter& filter : filters) NUBO_RETURN_IF_ERROR(CheckFilter(filter, names));
  return absl::OkStatus();
}

bool MatchesValues(const std::vector<std::string>& values, const FilterWords& words) {
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    return std::any_of(values.begin(), values.end(), [&](const std::string& value) {
      return base::MatchesPattern(value, word, base::PatternCase::kSensitive, base::PatternEscape::kBackslashToo);
    });
  });
}

bool MatchesFilters(const std::vector<Filter>& filters, const Tags& tags,
                    const std::function<FilterWords(absl::string_view name)>& words) {
  return std::all_of(filters.begin(), filters.end(), [&](const Filter& filter) {
    return MatchesValues(filter.values, IsOfTags(filter.name) ? WordsOfTags(filter.name, tags) : words(filter.name));
  });
}

}  // namespace nubo::ec2
