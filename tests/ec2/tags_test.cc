#include "nubo/ec2/tags.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::ec2 {
namespace {

using absl::StatusCode;
using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

std::string Repeat(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

std::vector<Tag> Many(int count) {
  std::vector<Tag> tags;
  for (int i = 0; i < count; ++i) tags.push_back({absl::StrCat("key", i), ""});
  return tags;
}

struct Row {
  Tag tag;
  // "" for one that is fine.
  std::string why;
};

const std::vector<Row> kRows = {
    {{"Name", "web"}, ""},
    {{"Name", ""}, ""},
    {{" a key / with + - = . _ : @ ", "<any>"}, ""},
    {{std::string(128, 'k'), std::string(256, 'v')}, ""},
    // Characters count, not bytes.
    {{Repeat("ü", 128), Repeat("\xf0\x9f\x98\x80", 256)}, ""},
    {{"awsome", ""}, ""},
    {{"xaws:key", ""}, ""},
    {{"", "value"}, "must not be empty"},
    {{std::string(129, 'k'), ""}, "Tag key exceeds the maximum length of 128 characters; it has 129"},
    {{"Name", std::string(257, 'v')}, "Name: Tag value exceeds the maximum length of 256 characters; it has 257"},
    {{Repeat("ü", 129), ""}, "it has 129"},
    {{"aws:key", ""}, "Tag keys starting with 'aws:' are reserved for internal use"},
    {{"AWS:key", ""}, "reserved"},
    {{"aws:", ""}, "reserved"},
    {{"\xff", ""}, "Tag key is not UTF-8"},
    {{"\xc3", ""}, "not UTF-8"},
    {{"\xc0\xaf", ""}, "not UTF-8"},
    {{"\xe0\x80\xaf", ""}, "not UTF-8"},
    {{"\xed\xa0\x80", ""}, "not UTF-8"},
    {{"\xf4\x90\x80\x80", ""}, "not UTF-8"},
    {{"\xf0\x8f\xbf\xbf", ""}, "not UTF-8"},
    {{"\xe2\x82", ""}, "not UTF-8"},
    {{"Name", "\x80"}, "Name: Tag value is not UTF-8"},
};

BOOST_AUTO_TEST_CASE(tags_have_their_lengths_and_keys) {
  for (const Row& row : kRows) {
    BOOST_TEST_INFO(row.tag.key << " " << row.tag.value);
    const absl::Status status = ValidateTag(row.tag);
    if (row.why.empty()) {
      BOOST_TEST(IsOk(status));
    } else {
      BOOST_TEST(StatusIs(status, StatusCode::kInvalidArgument, row.why));
      BOOST_TEST(base::ErrorCode(status) == "InvalidParameterValue");
    }
  }
}

BOOST_AUTO_TEST_CASE(a_resource_has_at_most_fifty) {
  BOOST_TEST(MakeTags(Many(50)).value().size() == 50u);
  const absl::Status many = MakeTags(Many(51)).status();
  BOOST_TEST(StatusIs(many, StatusCode::kResourceExhausted, "The maximum number of Tags for a resource"));
  BOOST_TEST(base::ErrorCode(many) == "TagLimitExceeded");
  // The region's own do not count, and one that is there already takes no place.
  Tags tags = MakeTags(Many(50)).value();
  tags["aws:cloudformation:stack-name"] = "web";
  BOOST_TEST(WithTags(tags, {{"key7", "seven"}}).value().size() == 51u);
  BOOST_TEST(base::ErrorCode(WithTags(tags, {{"new", ""}}).status()) == "TagLimitExceeded");
}

BOOST_AUTO_TEST_CASE(a_key_has_one_value) {
  const absl::Status twice = MakeTags({{"Name", "a"}, {"name", "b"}, {"Name", "a"}}).status();
  BOOST_TEST(StatusIs(twice, StatusCode::kInvalidArgument, "Duplicate tag key 'Name' specified."));
  BOOST_TEST(base::ErrorCode(twice) == "InvalidParameterValue");
  const Tags tags = WithTags({{"Name", "a"}}, {{"Name", "b"}, {"name", "c"}}).value();
  BOOST_TEST((tags == Tags{{"Name", "b"}, {"name", "c"}}));
}

BOOST_AUTO_TEST_CASE(tags_are_removed_by_key_and_by_key_and_value) {
  const Tags tags = {{"Name", "web"}, {"Stage", "test"}, {"aws:own", "1"}};
  BOOST_TEST((WithoutTags(tags, {{.key = "Name"}}).value() == Tags{{"Stage", "test"}, {"aws:own", "1"}}));
  BOOST_TEST((WithoutTags(tags, {{"Name", "web"}}).value() == Tags{{"Stage", "test"}, {"aws:own", "1"}}));
  BOOST_TEST((WithoutTags(tags, {{"Name", "other"}}).value() == tags));
  BOOST_TEST((WithoutTags(tags, {{"Name", ""}}).value() == tags));
  BOOST_TEST((WithoutTags(tags, {{.key = "name"}}).value() == tags));
  BOOST_TEST((WithoutTags(tags, {}).value() == Tags{{"aws:own", "1"}}));
  BOOST_TEST(StatusIs(WithoutTags(tags, {{.key = "aws:own"}}), StatusCode::kInvalidArgument, "reserved"));
}

BOOST_AUTO_TEST_CASE(keys_of_the_instance_metadata_are_parts_of_paths) {
  for (const char* key : {"Name", "a+b-c=d.e,f_g:h@i", "..."}) BOOST_TEST(IsOk(ValidateMetadataTagKey(key)), key);
  for (const char* key : {"", ".", "..", "_index", "a b", "a/b", "ü"}) {
    BOOST_TEST(StatusIs(ValidateMetadataTagKey(key), StatusCode::kInvalidArgument, "cannot be in instance metadata"));
  }
}

}  // namespace
}  // namespace nubo::ec2
