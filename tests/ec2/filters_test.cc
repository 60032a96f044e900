#include "nubo/ec2/filters.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "nubo/base/status.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::ec2 {
namespace {

using absl::StatusCode;
using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

struct ValueRow {
  std::string value, word;
  bool matches;
};

const std::vector<ValueRow> kValues = {
    {"web", "web", true},
    {"web", "Web", false},
    {"web", "web1", false},
    {"", "", true},
    {"", "web", false},
    {"*", "", true},
    {"*", "anything", true},
    {"web-*", "web-", true},
    {"web-*", "web-1", true},
    {"*-1", "web-1", true},
    {"w*b*1", "web-db-1", true},
    {"web-?", "web-1", true},
    {"web-?", "web-", false},
    {"web-?", "web-12", false},
    {"?", "", false},
    {"*a*b", "xaxbxb", true},
    // The example of the user guide: the literal string *amazon?\.
    {R"(\*amazon\?\\)", R"(*amazon?\)", true},
    {R"(\*amazon\?\\)", R"(xamazonx\)", false},
    {R"(a\*)", "ab", false},
    {R"(a\*)", "a*", true},
    {R"(a\?)", "ab", false},
    {R"(a\\*)", R"(a\anything)", true},
    {R"(a\\*)", R"(a*)", false},
    // Before anything else, and at the end, it stands for itself.
    {R"(a\b)", R"(a\b)", true},
    {R"(a\)", R"(a\)", true},
    {R"(a\)", "a", false},
};

BOOST_AUTO_TEST_CASE(values_are_patterns) {
  for (const ValueRow& row : kValues) {
    BOOST_TEST_INFO(row.value << " against " << row.word);
    BOOST_TEST(MatchesValues({row.value}, {row.word}) == row.matches);
  }
}

// What is asked of an instance that runs, has two groups and is tagged.
struct Row {
  std::string name;
  std::vector<Filter> filters;
  bool matches;
};

const Tags kTags = {{"Name", "web-1"}, {"Stage", ""}, {"tag:odd", "x"}};

FilterWords Words(absl::string_view name) {
  if (name == "instance-state-name") return {"running"};
  if (name == "group-id") return {"sg-1", "sg-2"};
  return {};
}

const std::vector<Row> kRows = {
    {"no filter", {}, true},
    {"one value", {{"instance-state-name", {"running"}}}, true},
    {"any of the values", {{"instance-state-name", {"stopped", "running"}}}, true},
    {"none of the values", {{"instance-state-name", {"stopped", "pending"}}}, false},
    {"any of the words", {{"group-id", {"sg-2"}}}, true},
    {"all of the names", {{"instance-state-name", {"running"}}, {"group-id", {"sg-1"}}}, true},
    {"not all of the names", {{"instance-state-name", {"running"}}, {"group-id", {"sg-3"}}}, false},
    {"a name twice", {{"group-id", {"sg-1"}}, {"group-id", {"sg-2"}}}, true},
    {"what it has nothing of", {{"platform", {"*"}}}, false},
    {"a tag's value", {{"tag:Name", {"web-*"}}}, true},
    {"a tag's key has its case", {{"tag:name", {"web-*"}}}, false},
    {"a tag's key is no pattern", {{"tag:N*", {"web-1"}}}, false},
    {"a tag without value", {{"tag:Stage", {""}}}, true},
    {"a tag with any value", {{"tag:Stage", {"*"}}}, true},
    {"a tag it has not", {{"tag:Owner", {"*"}}}, false},
    {"a tag's key", {{"tag-key", {"Name"}}}, true},
    {"a pattern of keys", {{"tag-key", {"St?ge"}}}, true},
    {"a key it has not", {{"tag-key", {"Owner"}}}, false},
    {"a key with a colon", {{"tag:tag:odd", {"x"}}}, true},
};

BOOST_AUTO_TEST_CASE(all_filters_and_any_value_of_each) {
  for (const Row& row : kRows) {
    BOOST_TEST_INFO(row.name);
    BOOST_TEST(MatchesFilters(row.filters, kTags, Words) == row.matches);
  }
}

BOOST_AUTO_TEST_CASE(filters_are_checked_before_they_are_used) {
  const std::vector<std::string> names = {"instance-id", "vpc-id"};
  BOOST_TEST(IsOk(ValidateFilters({}, names)));
  BOOST_TEST(IsOk(ValidateFilters({{"vpc-id", {"vpc-1"}}, {"tag:Name", {""}}, {"tag-key", {"*"}}}, names)));
  struct Bad {
    Filter filter;
    std::string why;
  };
  const std::vector<Bad> bad = {
      {{"vpc", {"vpc-1"}}, "The filter 'vpc' is invalid; there are instance-id, vpc-id, tag-key and tag:KEY"},
      {{"VPC-ID", {"vpc-1"}}, "The filter 'VPC-ID' is invalid"},
      {{"tag:", {"x"}}, "The filter 'tag:' is invalid"},
      {{"vpc-id", {}}, "The filter 'vpc-id' has no values"},
      {{"vpc-id", {std::string(1025, 'v')}}, "has 1025 bytes; at most 1024"},
  };
  for (const Bad& row : bad) {
    const absl::Status status = ValidateFilters({row.filter}, names);
    BOOST_TEST(StatusIs(status, StatusCode::kInvalidArgument, row.why));
    BOOST_TEST(base::ErrorCode(status) == "InvalidParameterValue");
  }
}

BOOST_AUTO_TEST_CASE(a_request_has_its_bounds) {
  const std::vector<std::string> names = {"vpc-id"};
  BOOST_TEST(IsOk(ValidateFilters(std::vector<Filter>(50, {"vpc-id", {"a", "b", "c", "d"}}), names)));
  BOOST_TEST(base::ErrorCode(ValidateFilters(std::vector<Filter>(51, {"vpc-id", {"a"}}), names)) ==
             "FilterLimitExceeded");
  BOOST_TEST(base::ErrorCode(ValidateFilters({{"vpc-id", std::vector<std::string>(201, "a")}}, names)) ==
             "FilterLimitExceeded");
}

}  // namespace
}  // namespace nubo::ec2
