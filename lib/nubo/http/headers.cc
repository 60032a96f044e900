#include "nubo/http/headers.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"

namespace nubo::http {

void Headers::Set(absl::string_view name, absl::string_view value) {
  const auto first = std::find_if(fields_.begin(), fields_.end(),
                                  [&](const Field& field) { return absl::EqualsIgnoreCase(field.name, name); });
  if (first == fields_.end()) return Add(name, value);
  first->value = std::string(value);
  fields_.erase(std::remove_if(first + 1, fields_.end(),
                               [&](const Field& field) { return absl::EqualsIgnoreCase(field.name, name); }),
                fields_.end());
}

size_t Headers::Remove(absl::string_view name) {
  const size_t before = fields_.size();
  fields_.erase(std::remove_if(fields_.begin(), fields_.end(),
                               [&](const Field& field) { return absl::EqualsIgnoreCase(field.name, name); }),
                fields_.end());
  return before - fields_.size();
}

std::optional<absl::string_view> Headers::Get(absl::string_view name) const {
  for (const Field& field : fields_) {
    if (absl::EqualsIgnoreCase(field.name, name)) return field.value;
  }
  return std::nullopt;
}

std::vector<absl::string_view> Headers::GetAll(absl::string_view name) const {
  std::vector<absl::string_view> values;
  for (const Field& field : fields_) {
    if (absl::EqualsIgnoreCase(field.name, name)) values.push_back(field.value);
  }
  return values;
}

bool Headers::HasToken(absl::string_view name, absl::string_view token) const {
  for (const Field& field : fields_) {
    if (!absl::EqualsIgnoreCase(field.name, name)) continue;
    for (const absl::string_view member : absl::StrSplit(field.value, ',')) {
      if (absl::EqualsIgnoreCase(absl::StripAsciiWhitespace(member), token)) return true;
    }
  }
  return false;
}

}  // namespace nubo::http
