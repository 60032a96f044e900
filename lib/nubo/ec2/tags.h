// Tags: what a resource may be called, by key and value.
//
// Keys and values are case-sensitive. Those that begin with "aws:" are the region's own: users neither set nor remove
// them, and they do not count. Lengths are in Unicode characters, of UTF-8.
//
// Rules: Amazon EC2 user guide, "Tag restrictions"; API reference, CreateTags, DeleteTags.
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(Tags tags, MakeTags({{"Name", "web"}, {"Stage", "test"}}));
//   NUBO_ASSIGN_OR_RETURN(tags, WithTags(tags, {{"Stage", "live"}}));
//   NUBO_ASSIGN_OR_RETURN(tags, WithoutTags(tags, {{.key = "Stage"}}));  // {{"Name", "web"}}
//
// Thread safety: pure functions over values.
#ifndef NUBO_EC2_TAGS_H_
#define NUBO_EC2_TAGS_H_

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nubo::ec2 {

inline constexpr size_t kTagsMax = 50;
inline constexpr size_t kTagKeyMax = 128;
inline constexpr size_t kTagValueMax = 256;

struct Tag {
  std::string key;
  std::string value;

  friend bool operator==(const Tag&, const Tag&) = default;
};

// Of one resource, by key.
using Tags = std::map<std::string, std::string, std::less<>>;

// Whether the key is the region's own; upper and lower case are one, as at AWS.
bool IsReservedTagKey(absl::string_view key);

// INVALID_ARGUMENT (InvalidParameterValue): no key, a key or a value that is too long or not UTF-8, a reserved key.
absl::Status ValidateTag(const Tag& tag);

// The tags of a new resource. Errors as of ValidateTag(); INVALID_ARGUMENT (InvalidParameterValue): a key twice;
// RESOURCE_EXHAUSTED (TagLimitExceeded): more than kTagsMax.
absl::StatusOr<Tags> MakeTags(const std::vector<Tag>& tags);

// CreateTags: `added` put in, in the place of those of the same key. Errors as of MakeTags().
absl::StatusOr<Tags> WithTags(const Tags& tags, const std::vector<Tag>& added);

// Of DeleteTags: with a value only if it is the tag's.
struct TagToRemove {
  std::string key;
  std::optional<std::string> value = std::nullopt;
};
// DeleteTags: what is not there is removed already. No `removed`: all of the user's. INVALID_ARGUMENT
// (InvalidParameterValue): a reserved key.
absl::StatusOr<Tags> WithoutTags(const Tags& tags, const std::vector<TagToRemove>& removed);

// Whether the key may be part of a path of the instance metadata. INVALID_ARGUMENT (InvalidParameterValue).
absl::Status ValidateMetadataTagKey(absl::string_view key);

}  // namespace nubo::ec2

#endif  // NUBO_EC2_TAGS_H_
