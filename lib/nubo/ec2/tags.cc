#include "nubo/ec2/tags.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"

namespace nubo::ec2 {
namespace {

constexpr absl::string_view kReservedPrefix = "aws:";
constexpr size_t kShownMax = 160;

absl::Status Invalid(absl::string_view message) {
  return base::WithErrorCode(absl::InvalidArgumentError(message), "InvalidParameterValue");
}

// RFC 3629 §4: how many bytes the character at the beginning has, 0 if it is none.
size_t CharacterBytes(absl::string_view text) {
  const auto at = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = at(0);
  if (first < 0x80) return 1;
  const size_t bytes = first >= 0xc2 && first <= 0xdf   ? 2
                       : (first & 0xf0) == 0xe0         ? 3
                       : first >= 0xf0 && first <= 0xf4 ? 4
                                                        : 0;
  if (bytes == 0 || text.size() < bytes) return 0;
  for (size_t i = 1; i < bytes; ++i) {
    if ((at(i) & 0xc0) != 0x80) return 0;
  }
  // Too long a form, a surrogate, or past the last character.
  const bool none = (first == 0xe0 && at(1) < 0xa0) || (first == 0xed && at(1) > 0x9f) ||
                    (first == 0xf0 && at(1) < 0x90) || (first == 0xf4 && at(1) > 0x8f);
  return none ? 0 : bytes;
}

// Characters of UTF-8; nullopt: it is not UTF-8.
std::optional<size_t> CountCharacters(absl::string_view text) {
  size_t count = 0;
  while (!text.empty()) {
    const size_t bytes = CharacterBytes(text);
    if (bytes == 0) return std::nullopt;
    text.remove_prefix(bytes);
    ++count;
  }
  return count;
}

absl::Status CheckLength(absl::string_view what, absl::string_view text, size_t max) {
  const std::optional<size_t> count = CountCharacters(text);
  if (!count.has_value()) return Invalid(absl::StrCat("Tag ", what, " is not UTF-8"));
  if (*count <= max) return absl::OkStatus();
  return Invalid(absl::StrCat("Tag ", what, " exceeds the maximum length of ", max, " characters; it has ", *count));
}

absl::Status CheckNotReserved(absl::string_view key) {
  if (!IsReservedTagKey(key)) return absl::OkStatus();
  return Invalid(
      absl::StrCat("Tag keys starting with 'aws:' are reserved for internal use: ", key.substr(0, kShownMax)));
}

absl::Status CheckCount(const Tags& tags) {
  const auto own =
      std::count_if(tags.begin(), tags.end(), [](const auto& tag) { return !IsReservedTagKey(tag.first); });
  if (static_cast<size_t>(own) <= kTagsMax) return absl::OkStatus();
  return base::WithErrorCode(
      absl::ResourceExhaustedError(
          absl::StrCat("The maximum number of Tags for a resource has been reached: ", own, ", of ", kTagsMax)),
      "TagLimitExceeded");
}

}  // namespace

bool IsReservedTagKey(absl::string_view key) { return absl::StartsWithIgnoreCase(key, kReservedPrefix); }

absl::Status ValidateTag(const Tag& tag) {
  if (tag.key.empty()) return Invalid("Tag key must not be empty");
  NUBO_RETURN_IF_ERROR(CheckLength("key", tag.key, kTagKeyMax));
  NUBO_RETURN_IF_ERROR(CheckNotReserved(tag.key));
  return base::Annotate(CheckLength("value", tag.value, kTagValueMax), tag.key);
}

absl::StatusOr<Tags> MakeTags(const std::vector<Tag>& tags) { return WithTags({}, tags); }

absl::StatusOr<Tags> WithTags(const Tags& tags, const std::vector<Tag>& added) {
  Tags all = tags;
  std::set<absl::string_view> seen;
  for (const Tag& tag : added) {
    NUBO_RETURN_IF_ERROR(ValidateTag(tag));
    if (!seen.insert(tag.key).second) return Invalid(absl::StrCat("Duplicate tag key '", tag.key, "' specified."));
    all.insert_or_assign(tag.key, tag.value);
  }
  NUBO_RETURN_IF_ERROR(CheckCount(all));
  return all;
}

absl::StatusOr<Tags> WithoutTags(const Tags& tags, const std::vector<TagToRemove>& removed) {
  Tags left = tags;
  if (removed.empty()) std::erase_if(left, [](const auto& tag) { return !IsReservedTagKey(tag.first); });
  for (const TagToRemove& tag : removed) {
    NUBO_RETURN_IF_ERROR(CheckNotReserved(tag.key));
    const auto it = left.find(tag.key);
    if (it != left.end() && (!tag.value.has_value() || *tag.value == it->second)) left.erase(it);
  }
  return left;
}

absl::Status ValidateMetadataTagKey(absl::string_view key) {
  constexpr absl::string_view kOthers = "+-=.,_:@";
  const bool shaped =
      !key.empty() && key != "." && key != ".." && key != "_index" && std::all_of(key.begin(), key.end(), [&](char c) {
        return absl::ascii_isalnum(static_cast<unsigned char>(c)) || kOthers.find(c) != kOthers.npos;
      });
  if (shaped) return absl::OkStatus();
  return Invalid(absl::StrCat("The key '", key.substr(0, kShownMax), "' cannot be in instance metadata; use letters, ",
                              "digits and ", kOthers, ", and not only '.', '..' or '_index'"));
}

}  // namespace nubo::ec2
