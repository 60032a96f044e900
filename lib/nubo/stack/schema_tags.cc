// Tags, whatever they are on: the limits are those of nubo/ec2/tags.h, which the other services share; what each of
// them calls a breach of one stands here.
#include "nubo/stack/schema_checks.h"

#include <algorithm>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/ec2/tags.h"
#include "nubo/stack/schema_literals.h"
#include "nubo/stack/utf8.h"

namespace nubo::stack::tables {
namespace {

// What a service answers to tags that cannot be.
struct Codes {
  const char* service;
  const char* invalid;
  const char* twice;
  const char* too_many;
};
constexpr Codes kCodes[] = {
    {"AWS::EC2::", "InvalidParameterValue", "InvalidParameterValue", "TagLimitExceeded"},
    {"AWS::ElasticLoadBalancingV2::", "ValidationError", "DuplicateTagKeys", "TooManyTags"},
    {"AWS::RDS::", "InvalidParameterValue", "InvalidParameterValue", "InvalidParameterValue"},
    {"AWS::Route53::", "InvalidInput", "InvalidInput", "InvalidInput"},
    {"", "ValidationError", "ValidationError", "ValidationError"},
};

const Codes& CodesOf(absl::string_view type) {
  return *std::find_if(std::begin(kCodes), std::end(kCodes),
                       [&](const Codes& codes) { return absl::StartsWith(type, codes.service); });
}

std::string WrongKey(const std::string& key) {
  if (key.empty() || Utf8Count(key) > ec2::kTagKeyMax) {
    return absl::StrCat("the key of a tag has 1 to ", ec2::kTagKeyMax, " characters, not ", Utf8Count(key));
  }
  if (ec2::IsReservedTagKey(key)) return "Tag keys starting with 'aws:' are reserved for internal use";
  return "";
}

void CheckTagList(const Value& tags, const Codes& codes, Problems& problems) {
  if (!tags.is_list()) return;
  const auto tell = [&](const Value& where, absl::string_view what, const char* code) {
    Add(problems, where, absl::StrCat(what, " (", code, ")"));
  };
  if (tags.items().size() > ec2::kTagsMax) {
    tell(tags, absl::StrCat("a resource has at most ", ec2::kTagsMax, " tags, not ", tags.items().size()),
         codes.too_many);
  }
  std::set<std::string> keys;
  for (const Value& tag : tags.items()) {
    const Value& key = tag.Get("Key");
    const Value& value = tag.Get("Value");
    if (value.is_scalar() && Utf8Count(value.text()) > ec2::kTagValueMax) {
      tell(value,
           absl::StrCat("the value of a tag has at most ", ec2::kTagValueMax, " characters, not ",
                        Utf8Count(value.text())),
           codes.invalid);
    }
    if (!key.is_scalar()) continue;
    if (const std::string wrong = WrongKey(key.text()); !wrong.empty()) {
      tell(key, wrong, codes.invalid);
    } else if (!keys.insert(key.text()).second) {
      tell(key, absl::StrCat("Duplicate tag key '", key.text(), "' specified"), codes.twice);
    }
  }
}

bool IsTagList(const PropertySpec& spec) {
  return spec.label && spec.type == PropertyType::kList && FindProperty(spec.fields, "Key") != nullptr;
}

void CheckFields(absl::Span<const PropertySpec> fields, const Value& object, const Codes& codes, Problems& problems) {
  for (const Member& member : object.members()) {
    const PropertySpec* spec = FindProperty(fields, member.key);
    if (spec == nullptr || IsFunction(member.value)) continue;
    if (IsTagList(*spec)) {
      CheckTagList(member.value, codes, problems);
      continue;
    }
    CheckFields(spec->fields, member.value, codes, problems);
    for (const Value& item : member.value.items()) CheckFields(spec->fields, item, codes, problems);
  }
}

}  // namespace

void CheckTags(const Schema& schema, const Value& properties, Problems& problems) {
  CheckFields(schema.properties, properties, CodesOf(schema.type), problems);
}

}  // namespace nubo::stack::tables
