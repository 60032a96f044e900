// Filters of Describe calls: which resources are meant.
//
// A resource is meant if every filter matches it; a filter matches if one of its values matches one of the words that
// the resource has of its name. Values are case-sensitive patterns: "*" any characters, "?" one, "\" makes the next of
// "*", "?" and "\" literal. Of tags, "tag:KEY" is about the value of that tag, and "tag-key" about the keys there are;
// all other names are of the resource's own.
//
// Rules: Amazon EC2 user guide, "Filter your resources"; API reference, Filter.
//
// Example:
//   const std::vector<Filter> filters = {{"instance-state-name", {"pending", "running"}}, {"tag:Name", {"web-*"}}};
//   NUBO_RETURN_IF_ERROR(ValidateFilters(filters, {"instance-id", "instance-state-name"}));
//   MatchesFilters(filters, {{"Name", "web-1"}}, [](absl::string_view name) -> FilterWords {
//     return name == "instance-state-name" ? FilterWords{"running"} : FilterWords{};
//   });  // true
//
// Thread safety: pure functions.
#ifndef NUBO_EC2_FILTERS_H_
#define NUBO_EC2_FILTERS_H_

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "nubo/ec2/tags.h"

namespace nubo::ec2 {

// Of one request: filters, the values of all of them together, and bytes of one value.
inline constexpr size_t kFiltersMax = 50;
inline constexpr size_t kFilterValuesMax = 200;
inline constexpr size_t kFilterValueBytesMax = 1024;

struct Filter {
  std::string name;
  std::vector<std::string> values;
};

// What a resource has of a filter's name: nothing, one word, or several.
using FilterWords = std::vector<std::string>;

// `names`: what the call knows, beside "tag:KEY" and "tag-key". INVALID_ARGUMENT: a name that it does not, no values, a
// value that is too long (InvalidParameterValue), too many of them (FilterLimitExceeded).
absl::Status ValidateFilters(const std::vector<Filter>& filters, const std::vector<std::string>& names);

// Whether one of the values matches one of the words.
bool MatchesValues(const std::vector<std::string>& values, const FilterWords& words);

// Whether a resource with these tags is meant. `words` is asked for names that are not of tags.
bool MatchesFilters(const std::vector<Filter>& filters, const Tags& tags,
                    const std::function<FilterWords(absl::string_view name)>& words);

}  // namespace nubo::ec2

#endif  // NUBO_EC2_FILTERS_H_
