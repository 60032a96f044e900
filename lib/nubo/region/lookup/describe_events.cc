#include "nubo/region/lookup/describe_events.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "nubo/base/status.h"
#include "nubo/region/resources/list_page.h"

namespace nubo::region {
namespace {

// In the order in which they are listed.
std::string KeyOf(const v1::Event& event, bool newest_first) {
  const int32_t place = newest_first ? std::numeric_limits<int32_t>::max() - event.id() : event.id();
  return absl::StrFormat("%010d", place);
}

FilterFields<v1::Event> EventFilters() {
  return {
      {"source", [](const v1::Event& event) -> Words { return {event.source()}; }},
      {"status", [](const v1::Event& event) -> Words { return {event.status()}; }},
      {"type", [](const v1::Event& event) -> Words { return {event.type()}; }},
      {kLogicalIdFilter,
       [](const v1::Event& event) -> Words {
         return {event.logical_id(), absl::StrCat(event.stack_name(), "/", event.logical_id())};
       }},
      {kStackNameFilter, [](const v1::Event& event) -> Words { return {event.stack_name()}; }},
  };
}

}  // namespace

absl::Status Describe(const Events& events, const v1::DescribeEventsRequest& request,
                      v1::DescribeEventsResponse& response) {
  NUBO_ASSIGN_OR_RETURN(ListPage<v1::Event> page, ListPage<v1::Event>::Of(request, EventFilters()));
  std::vector<v1::Event> all = events.WaitAfter(request.after_id(), absl::ZeroDuration());
  if (request.newest_first()) std::reverse(all.begin(), all.end());
  for (v1::Event& event : all) {
    if (page.full()) break;
    if (page.Takes(KeyOf(event, request.newest_first()), event)) *response.add_events() = std::move(event);
  }
  page.End(response);
  return absl::OkStatus();
}

}  // namespace nubo::region
