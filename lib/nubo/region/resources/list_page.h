// One page of a list: which entries a request asks for, and where the next page begins.
//
// Entries are offered in the order of their keys, and the token of a page holds the last key on it: the next page goes
// on behind it, whatever was added or removed meanwhile. What stays is on exactly one page, and nobody has to remember
// who is in the middle of a list. Filters look at records, so that only what goes on the page is made up for showing.
//
// Example:
//   FilterFields<v1::VpcState> fields = {{"vpc-id", [](const v1::VpcState& vpc) -> Words { return {vpc.id()}; }}};
//   NUBO_ASSIGN_OR_RETURN(auto page, ListPage<v1::VpcState>::Of(request, std::move(fields)));
//   NUBO_ASSIGN_OR_RETURN(const std::set<std::string> ids, ReadIds(request.vpc_ids()));
//   AddFromTable(context.model.vpcs, ids, page,
//                [&](const std::string& id, const v1::VpcState& vpc) { Show(id, vpc, response.add_vpcs()); });
//   page.End(response);
//
// Thread safety: thread-compatible.
#ifndef NUBO_REGION_RESOURCES_LIST_PAGE_H_
#define NUBO_REGION_RESOURCES_LIST_PAGE_H_

#include <google/protobuf/repeated_ptr_field.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "nubo/base/status.h"
#include "nubo/ec2/tags.h"
#include "nubo/region/resources/list_filters.h"
#include "nubo/region/state/table.h"
#include "nubo/region/v1/list.pb.h"
#include "nubo/region/v1/state.pb.h"

namespace nubo::region {

// What an entry has of something: nothing, one word, or several.
using Words = std::vector<std::string>;

// A filter by its name, and what an entry has of that.
// One whose name ends in a colon, "tag:", is of all names that begin so, and is asked by what follows.
template <typename Entry>
struct FilterField {
  std::string name;
  std::function<Words(const Entry&)> words;
  std::function<Words(const Entry&, absl::string_view rest)> words_of = nullptr;
};
template <typename Entry>
using FilterFields = std::vector<FilterField<Entry>>;

// `fields` and those of whatever a stack may have made.
template <typename Record>
FilterFields<Record> WithOwner(FilterFields<Record> fields) {
  fields.push_back({kStackNameFilter, [](const Record& record) -> Words { return {record.owner().stack_name()}; }});
  fields.push_back({kLogicalIdFilter, [](const Record& record) -> Words {
                      const v1::Owner& owner = record.owner();
                      return {owner.logical_id(), absl::StrCat(owner.stack_name(), "/", owner.logical_id())};
                    }});
  return fields;
}

// `fields`, and tags as EC2 has them: the value of "tag:KEY", and the keys there are.
template <typename Record>
FilterFields<Record> WithTags(FilterFields<Record> fields, std::function<ec2::Tags(const Record&)> tags) {
  fields.push_back({kTagKeyFilter, [tags](const Record& record) {
                      Words keys;
                      for (const auto& [key, value] : tags(record)) keys.push_back(key);
                      return keys;
                    }});
  fields.push_back({kTagFilter,
                    [tags](const Record& record) {
                      Words values;
                      for (const auto& [key, value] : tags(record)) values.push_back(value);
                      return values;
                    },
                    [tags](const Record& record, absl::string_view key) -> Words {
                      const ec2::Tags all = tags(record);
                      const auto found = all.find(key);
                      if (found == all.end()) return {};
                      return {found->second};
                    }});
  return fields;
}

// What a request asks for, checked.
struct PageRequest {
  std::vector<v1::Filter> filters;
  size_t entries_max = kPageMax;
  // The last key of the page before; "" of the first page.
  std::string after;
  // Which list, and what of it: a token is of this and of nothing else.
  std::string asked;
};

// The parts of a request as list.proto describes them. `names`: the filters there are. INVALID_ARGUMENT: a filter, a
// value or a number that cannot be (InvalidParameterValue), too many filters (FilterLimitExceeded), a token that was
// not given for what is asked (InvalidNextToken).
absl::StatusOr<PageRequest> ReadPageRequest(std::string asked,
                                            const google::protobuf::RepeatedPtrField<v1::Filter>& filters,
                                            int max_results, absl::string_view next_token,
                                            const std::vector<std::string>& names);

// The token of a page whose last key is `key`, and that key again. INVALID_ARGUMENT (InvalidNextToken).
std::string MakePageToken(absl::string_view asked, absl::string_view key);
absl::StatusOr<std::string> ReadPageToken(absl::string_view asked, absl::string_view token);

// Ids, or names, that a request gives; once each. INVALID_ARGUMENT (InvalidParameterValue): more than kIdsMax.
absl::StatusOr<std::set<std::string>> ReadIds(const google::protobuf::RepeatedPtrField<std::string>& ids);

// Whether `name` begins with `field`, which ends in a colon, and goes on: "tag:Name" with "tag:".
bool IsOfField(absl::string_view name, absl::string_view field);

// Whether one of the words matches one of the values.
bool MatchesFilter(const v1::Filter& filter, const Words& words);

// A key of two parts: in order by the first, then by the second.
std::string PageKey(absl::string_view first, absl::string_view second);

template <typename Entry>
class ListPage {
 public:
  // Errors as of ReadPageRequest.
  template <typename Request>
  static absl::StatusOr<ListPage> Of(Request request, FilterFields<Entry> fields) {
    const google::protobuf::RepeatedPtrField<v1::Filter> filters = request.filters();
    const int max_results = request.max_results();
    const std::string next_token = request.next_token();
    request.clear_max_results();
    request.clear_next_token();
    std::vector<std::string> names;
    for (const FilterField<Entry>& field : fields) names.push_back(field.name);
    const std::string asked = absl::StrCat(Request::descriptor()->full_name(), "\n", request.SerializeAsString());
    NUBO_ASSIGN_OR_RETURN(PageRequest read, ReadPageRequest(asked, filters, max_results, next_token, names));
    return ListPage(std::move(read), std::move(fields));
  }

  // Whether the entry goes on this page. Every entry is offered in the order of the keys, which are not empty; those up
  // to after() may be left out.
  bool Takes(absl::string_view key, const Entry& entry) {
    if (full_ || key <= request_.after || !Passes(entry)) return false;
    if (taken_ == request_.entries_max) {
      full_ = true;
      return false;
    }
    ++taken_;
    last_ = std::string(key);
    return true;
  }

  // The page begins behind this key.
  const std::string& after() const { return request_.after; }
  // It begins behind every key whose first part (PageKey) is `first`.
  bool IsPast(absl::string_view first) const { return request_.after >= absl::StrCat(first, "\x01"); }
  // There is more, and no room for it.
  bool full() const { return full_; }

  template <typename Response>
  void End(Response& response) const {
    if (full_) response.set_next_token(MakePageToken(request_.asked, last_));
  }

 private:
  ListPage(PageRequest request, FilterFields<Entry> fields)
      : request_(std::move(request)), fields_(std::move(fields)) {}

  bool Passes(const Entry& entry) const {
    return std::all_of(request_.filters.begin(), request_.filters.end(), [&](const v1::Filter& filter) {
      return std::any_of(fields_.begin(), fields_.end(), [&](const FilterField<Entry>& field) {
        if (filter.name() == field.name || filter.name() == kAnyFilter) {
          return MatchesFilter(filter, field.words(entry));
        }
        return field.words_of && IsOfField(filter.name(), field.name) &&
               MatchesFilter(filter, field.words_of(entry, absl::string_view(filter.name()).substr(field.name.size())));
      });
    });
  }

  PageRequest request_;
  FilterFields<Entry> fields_;
  size_t taken_ = 0;
  std::string last_;
  bool full_ = false;
};

// Calls `show(id, record)` for what goes on the page: of those called `ids`, or of all if there are none.
template <typename Record, typename Show>
void AddFromTable(const Table<Record>& table, const std::set<std::string>& ids, ListPage<Record>& page, Show show) {
  const auto offer = [&](const std::string& id, const Record& record) {
    if (page.Takes(id, record)) show(id, record);
  };
  if (ids.empty()) {
    for (auto it = table.After(page.after()); it != table.end() && !page.full(); ++it) offer(it->first, it->second);
    return;
  }
  for (auto it = ids.upper_bound(page.after()); it != ids.end() && !page.full(); ++it) {
    if (const Record* record = table.Find(*it)) offer(*it, *record);
  }
}

}  // namespace nubo::region

#endif  // NUBO_REGION_RESOURCES_LIST_PAGE_H_
