#include "nubo/lb/option_reader.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace nubo::lb {

const std::string* OptionReader::Find(absl::string_view key) {
  known_.emplace_back(key);
  const auto found = options_.find(known_.back());
  return found == options_.end() ? nullptr : &found->second;
}

void OptionReader::Refuse(absl::string_view key, absl::string_view value, absl::string_view right) {
  if (!status_.ok()) return;
  status_ =
      absl::InvalidArgumentError(absl::StrCat("policy ", policy_, ": ", key, " is \"", value, "\"; it is ", right));
}

void OptionReader::Number(absl::string_view key, double min, double max, double* value) {
  const std::string* text = Find(key);
  if (text == nullptr) return;
  double parsed = 0;
  if (absl::SimpleAtod(*text, &parsed) && parsed >= min && parsed <= max) {
    *value = parsed;
  } else {
    Refuse(key, *text, absl::StrCat("a number from ", min, " to ", max));
  }
}

void OptionReader::Whole(absl::string_view key, uint64_t min, uint64_t max, uint64_t* value) {
  const std::string* text = Find(key);
  if (text == nullptr) return;
  uint64_t parsed = 0;
  if (absl::SimpleAtoi(*text, &parsed) && parsed >= min && parsed <= max) {
    *value = parsed;
  } else {
    Refuse(key, *text, absl::StrCat("a whole number from ", min, " to ", max));
  }
}

void OptionReader::Time(absl::string_view key, absl::Duration* value) {
  const std::string* text = Find(key);
  if (text == nullptr) return;
  absl::Duration parsed;
  const bool good =
      absl::ParseDuration(*text, &parsed) && parsed >= absl::ZeroDuration() && parsed < absl::InfiniteDuration();
  if (good) {
    *value = parsed;
  } else {
    Refuse(key, *text, "a time such as 10s or 500ms");
  }
}

void OptionReader::Text(absl::string_view key, std::string* value) {
  if (const std::string* text = Find(key); text != nullptr) *value = *text;
}

absl::Status OptionReader::Finish() const {
  if (!status_.ok()) return status_;
  for (const auto& [key, value] : options_) {
    if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
    if (known_.empty())
      return absl::InvalidArgumentError(absl::StrCat("policy ", policy_, " has no options, and no ", key));
    return absl::InvalidArgumentError(
        absl::StrCat("policy ", policy_, " has no option ", key, "; it has ", absl::StrJoin(known_, ", ")));
  }
  return absl::OkStatus();
}

}  // namespace nubo::lb
