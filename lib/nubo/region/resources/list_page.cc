#include "nubo/region/resources/list_page.h"

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "nubo/ec2/filters.h"
#include "nubo/region/state/digest.h"

namespace nubo::region {
namespace {

constexpr size_t kDigestDigits = 16;

absl::Status Invalid(const std::string& what, absl::string_view code) {
  return base::WithErrorCode(absl::InvalidArgumentError(what), code);
}

absl::Status CheckFilter(const v1::Filter& filter, const std::vector<std::string>& names) {
  const bool known =
      filter.name() == kAnyFilter || std::any_of(names.begin(), names.end(), [&](const std::string& name) {
        return name == filter.name() ? name.back() != ':' : IsOfField(filter.name(), name);
      });
  if (!known) {
    return Invalid(absl::StrCat("The filter '", filter.name(), "' is invalid; there are ", absl::StrJoin(names, ", "),
                                " and ", kAnyFilter),
                   "InvalidParameterValue");
  }
  if (filter.values().empty()) {
    return Invalid(absl::StrCat("The filter '", filter.name(), "' has no values"), "InvalidParameterValue");
  }
  for (const std::string& value : filter.values()) {
    if (value.size() <= kFilterValueBytesMax) continue;
    return Invalid(absl::StrCat("A value of the filter '", filter.name(), "' has ", value.size(), " bytes; at most ",
                                kFilterValueBytesMax),
                   "InvalidParameterValue");
  }
  return absl::OkStatus();
}

absl::Status CheckFilters(const google::protobuf::RepeatedPtrField<v1::Filter>& filters,
                          const std::vector<std::string>& names) {
  int values = 0;
  for (const v1::Filter& filter : filters) values += filter.values_size();
  if (filters.size() > kFiltersMax || values > kFilterValuesMax) {
    return Invalid(absl::StrCat("The request has ", filters.size(), " filters with ", values, " values; at most ",
                                kFiltersMax, " with ", kFilterValuesMax),
                   "FilterLimitExceeded");
  }
  for (const v1::Filter& filter : filters) NUBO_RETURN_IF_ERROR(CheckFilter(filter, names));
  return absl::OkStatus();
}

// Also tells whether a token has come back as it was given.
std::string TokenDigest(absl::string_view asked, absl::string_view key) {
  return Digest(absl::StrCat(asked.size(), "\n", asked, key));
}

}  // namespace

absl::StatusOr<PageRequest> ReadPageRequest(std::string asked,
                                            const google::protobuf::RepeatedPtrField<v1::Filter>& filters,
                                            int max_results, absl::string_view next_token,
                                            const std::vector<std::string>& names) {
  NUBO_RETURN_IF_ERROR(CheckFilters(filters, names));
  PageRequest request;
  request.filters.assign(filters.begin(), filters.end());
  if (max_results < 0 || max_results > kPageMax) {
    return Invalid(absl::StrCat("Value ( ", max_results,
                                " ) for parameter maxResults is invalid. Expecting a value between 1 and ", kPageMax),
                   "InvalidParameterValue");
  }
  if (max_results > 0) request.entries_max = static_cast<size_t>(max_results);
  if (!next_token.empty()) {
    NUBO_ASSIGN_OR_RETURN(request.after, ReadPageToken(asked, next_token));
  }
  request.asked = std::move(asked);
  return request;
}

std::string MakePageToken(absl::string_view asked, absl::string_view key) {
  return absl::WebSafeBase64Escape(absl::StrCat(TokenDigest(asked, key), key));
}

absl::StatusOr<std::string> ReadPageToken(absl::string_view asked, absl::string_view token) {
  std::string text;
  if (absl::WebSafeBase64Unescape(token, &text) && text.size() > kDigestDigits) {
    const std::string key = text.substr(kDigestDigits);
    if (MakePageToken(asked, key) == token) return key;
  }
  return Invalid("The token is invalid: it is none, or was given by another list or for other filters",
                 "InvalidNextToken");
}

absl::StatusOr<std::set<std::string>> ReadIds(const google::protobuf::RepeatedPtrField<std::string>& ids) {
  if (ids.size() > kIdsMax) {
    return Invalid(absl::StrCat("The request names ", ids.size(), " ids; at most ", kIdsMax), "InvalidParameterValue");
  }
  return std::set<std::string>(ids.begin(), ids.end());
}

bool IsOfField(absl::string_view name, absl::string_view field) {
  return absl::EndsWith(field, ":") && absl::StartsWith(name, field) && name.size() > field.size();
}

bool MatchesFilter(const v1::Filter& filter, const Words& words) {
  return ec2::MatchesValues({filter.values().begin(), filter.values().end()}, words);
}

std::string PageKey(absl::string_view first, absl::string_view second) {
  return absl::StrCat(first, absl::string_view("\0", 1), second);
}

}  // namespace nubo::region
