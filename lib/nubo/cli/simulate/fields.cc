#include "nubo/cli/simulate/fields.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nubo/cli/args/suggest.h"

namespace nubo::cli {

using stack::Value;

Fields::Fields(absl::string_view file, const Value& value, absl::string_view what)
    : file_(file), value_(value), what_(what) {
  if (!value.is_object()) Fail(absl::StrCat(what, " must be an object, not ", stack::KindName(value.kind())));
}

void Fields::Fail(const Value& at, absl::string_view message) {
  if (status_.ok()) status_ = stack::ErrorAt(file_, at.location(), message);
}

const Value* Fields::Take(absl::string_view key) {
  asked_.emplace_back(key);
  return value_.Find(key);
}

const Value* Fields::Scalar(absl::string_view key, absl::string_view kind) {
  const Value* value = Take(key);
  if (value == nullptr || value->is_scalar()) return value;
  Fail(*value, absl::StrCat(key, " of ", what_, " must be ", kind, ", not ", stack::KindName(value->kind())));
  return nullptr;
}

void Fields::Wrong(absl::string_view key, const Value& value, absl::string_view right) {
  Fail(value, absl::StrCat(key, " of ", what_, " is '", value.text(), "'; it must be ", right));
}

void Fields::Text(absl::string_view key, std::string* out) {
  const Value* value = Scalar(key, "a text");
  if (value != nullptr) *out = value->text();
}

void Fields::Flag(absl::string_view key, bool* out) {
  const Value* value = Scalar(key, "true or false");
  if (value == nullptr) return;
  const std::optional<bool> flag = value->AsBool();
  if (!flag.has_value()) return Wrong(key, *value, "true or false");
  *out = *flag;
}

void Fields::Number(absl::string_view key, double low, double high, double* out) {
  const Value* value = Scalar(key, "a number");
  if (value == nullptr) return;
  const std::optional<double> number = value->AsDouble();
  if (!number.has_value() || *number < low || *number > high) {
    return Wrong(key, *value, absl::StrCat("a number from ", low, " to ", high));
  }
  *out = *number;
}

void Fields::Count(absl::string_view key, int64_t low, int64_t high, int64_t* out) {
  const Value* value = Scalar(key, "a whole number");
  if (value == nullptr) return;
  const std::optional<int64_t> number = value->AsInteger();
  if (!number.has_value() || *number < low || *number > high) {
    return Wrong(key, *value, absl::StrCat("a whole number from ", low, " to ", high));
  }
  *out = *number;
}

void Fields::Time(absl::string_view key, absl::Duration low, absl::Duration high, absl::Duration* out) {
  const Value* value = Scalar(key, "a time");
  if (value == nullptr) return;
  absl::Duration time;
  if (!absl::ParseDuration(value->text(), &time) || time < low || time > high) {
    return Wrong(key, *value,
                 absl::StrCat("a time with its unit, for example 250ms or 1m30s, from ", absl::FormatDuration(low),
                              " to ", absl::FormatDuration(high)));
  }
  *out = time;
}

void Fields::Choice(absl::string_view key, const std::vector<std::string>& choices, int* out) {
  const Value* value = Scalar(key, "a word");
  if (value == nullptr) return;
  const auto found = std::find(choices.begin(), choices.end(), value->text());
  if (found == choices.end()) {
    return Wrong(key, *value, absl::StrCat(absl::StrJoin(choices, " or "), DidYouMean(value->text(), choices)));
  }
  *out = static_cast<int>(found - choices.begin());
}

const Value* Fields::Object(absl::string_view key) {
  const Value* value = Take(key);
  if (value == nullptr || value->is_object()) return value;
  Fail(*value, absl::StrCat(key, " of ", what_, " must be an object, not ", stack::KindName(value->kind())));
  return nullptr;
}

const Value* Fields::List(absl::string_view key) {
  const Value* value = Take(key);
  if (value == nullptr || value->is_list()) return value;
  Fail(*value, absl::StrCat(key, " of ", what_, " must be a list, not ", stack::KindName(value->kind())));
  return nullptr;
}

absl::Status Fields::Done() {
  for (const stack::Member& member : value_.members()) {
    if (!status_.ok()) break;
    if (std::find(asked_.begin(), asked_.end(), member.key) != asked_.end()) continue;
    status_ = stack::ErrorAt(file_, member.location,
                             absl::StrCat(what_, " has no '", member.key, "'", DidYouMean(member.key, asked_)));
  }
  return status_;
}

}  // namespace nubo::cli
