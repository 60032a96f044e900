#include "nubo/stack/value.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace nubo::stack {
namespace {

// RFC 8259 §6.
bool IsJsonNumber(absl::string_view text) {
  size_t i = 0;
  const auto digits = [&] {
    const size_t start = i;
    while (i < text.size() && absl::ascii_isdigit(text[i])) ++i;
    return i - start;
  };
  if (i < text.size() && text[i] == '-') ++i;
  const size_t whole = i;
  const size_t whole_digits = digits();
  if (whole_digits == 0 || (whole_digits > 1 && text[whole] == '0')) return false;
  if (i < text.size() && text[i] == '.') {
    ++i;
    if (digits() == 0) return false;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    if (digits() == 0) return false;
  }
  return i == text.size();
}

void AppendJsonString(absl::string_view text, std::string& out) {
  static constexpr char kHex[] = "0123456789abcdef";
  out.push_back('"');
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += "\\u00";
          out.push_back(kHex[(c >> 4) & 15]);
          out.push_back(kHex[c & 15]);
        } else {
          out.push_back(c);
        }
    }
  }
  out.push_back('"');
}

void AppendJson(const Value& value, std::string& out) {
  switch (value.kind()) {
    case Value::Kind::kNull:
      out += "null";
      return;
    case Value::Kind::kBool:
      out += value.text();
      return;
    case Value::Kind::kNumber:
      // Readers of JSON refuse numbers that no double holds.
      if (IsJsonNumber(value.text()) && value.AsDouble().has_value()) {
        out += value.text();
      } else {
        AppendJsonString(value.text(), out);
      }
      return;
    case Value::Kind::kString:
      AppendJsonString(value.text(), out);
      return;
    case Value::Kind::kList: {
      absl::string_view separator = "[";
      for (const Value& item : value.items()) {
        absl::StrAppend(&out, separator);
        AppendJson(item, out);
        separator = ",";
      }
      out += value.items().empty() ? "[]" : "]";
      return;
    }
    case Value::Kind::kObject: {
      absl::string_view separator = "{";
      for (const Member& member : value.members()) {
        absl::StrAppend(&out, separator);
        AppendJsonString(member.key, out);
        out.push_back(':');
        AppendJson(member.value, out);
        separator = ",";
      }
      out += value.members().empty() ? "{}" : "}";
      return;
    }
  }
}

bool LooksNumeric(absl::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789+-.eE") == absl::string_view::npos;
}

}  // namespace

Value::Value() = default;
Value::Value(const Value&) = default;
Value::Value(Value&&) noexcept = default;
Value& Value::operator=(const Value&) = default;
Value& Value::operator=(Value&&) noexcept = default;
Value::~Value() = default;

Value Value::Bool(bool value, Location at) {
  Value result;
  result.kind_ = Kind::kBool;
  result.text_ = value ? "true" : "false";
  result.location_ = at;
  return result;
}

Value Value::Number(absl::string_view text, Location at) {
  Value result;
  result.kind_ = Kind::kNumber;
  result.text_ = std::string(text);
  result.location_ = at;
  return result;
}

Value Value::Integer(int64_t value, Location at) { return Number(absl::StrCat(value), at); }

Value Value::String(absl::string_view text, Location at) {
  Value result;
  result.kind_ = Kind::kString;
  result.text_ = std::string(text);
  result.location_ = at;
  return result;
}

Value Value::List(std::vector<Value> items, Location at) {
  Value result;
  result.kind_ = Kind::kList;
  result.items_ = std::move(items);
  result.location_ = at;
  return result;
}

Value Value::Strings(const std::vector<std::string>& items, Location at) {
  std::vector<Value> values;
  values.reserve(items.size());
  for (const std::string& item : items) values.push_back(String(item, at));
  return List(std::move(values), at);
}

Value Value::Object() { return Object({}); }

Value Value::Object(std::vector<Member> members, Location at) {
  Value result;
  result.kind_ = Kind::kObject;
  result.members_ = std::move(members);
  result.location_ = at;
  return result;
}

std::optional<int64_t> Value::AsInteger() const {
  int64_t number = 0;
  if (!is_scalar() || !LooksNumeric(text_) || !absl::SimpleAtoi(text_, &number)) return std::nullopt;
  return number;
}

std::optional<double> Value::AsDouble() const {
  double number = 0;
  if (!is_scalar() || !LooksNumeric(text_) || !absl::SimpleAtod(text_, &number) || !std::isfinite(number)) {
    return std::nullopt;
  }
  return number;
}

std::optional<bool> Value::AsBool() const {
  if (!is_scalar()) return std::nullopt;
  if (absl::EqualsIgnoreCase(text_, "true")) return true;
  if (absl::EqualsIgnoreCase(text_, "false")) return false;
  return std::nullopt;
}

std::vector<std::string> Value::ItemTexts() const {
  std::vector<std::string> texts;
  for (const Value& item : items_) {
    if (item.is_scalar()) texts.push_back(item.text());
  }
  return texts;
}

const Value* Value::Look(absl::string_view key) const {
  for (const Member& member : members_) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

void Value::Note(absl::string_view key) const {
  if (read_ != nullptr) read_->emplace(key);
}

void Value::NoteReads() {
  read_ = std::make_shared<std::set<std::string>>();
  for (Value& item : items_) item.NoteReads();
  for (Member& member : members_) member.value.NoteReads();
}

const Value* Value::Find(absl::string_view key) const {
  Note(key);
  return Look(key);
}

Value* Value::Find(absl::string_view key) { return const_cast<Value*>(std::as_const(*this).Find(key)); }

const Value& Value::Get(absl::string_view key) const {
  static const Value kNull;
  const Value* found = Find(key);
  return found == nullptr ? kNull : *found;
}

const Value& Value::GetPair(absl::string_view key) const {
  static const Value kNull;
  Note(key);
  for (const Value& pair : items_) {
    const Value* name = pair.Look("Key");
    const Value* value = pair.Look("Value");
    if (name != nullptr && name->text() == key && value != nullptr) return *value;
  }
  return kNull;
}

void Value::Set(absl::string_view key, Value value) {
  if (Value* found = const_cast<Value*>(Look(key))) {
    *found = std::move(value);
    return;
  }
  const Location at = value.location();
  members_.push_back({std::string(key), std::move(value), at});
}

bool operator==(const Value& a, const Value& b) {
  if (a.kind_ != b.kind_ || a.text_ != b.text_ || a.items_ != b.items_) return false;
  if (a.members_.size() != b.members_.size()) return false;
  return std::all_of(a.members_.begin(), a.members_.end(), [&](const Member& member) {
    const Value* other = b.Look(member.key);
    return other != nullptr && *other == member.value;
  });
}

absl::string_view KindName(Value::Kind kind) {
  switch (kind) {
    case Value::Kind::kNull:
      return "a null";
    case Value::Kind::kBool:
      return "a boolean";
    case Value::Kind::kNumber:
      return "a number";
    case Value::Kind::kString:
      return "a string";
    case Value::Kind::kList:
      return "a list";
    case Value::Kind::kObject:
      return "an object";
  }
  return "nothing";
}

std::string ToJson(const Value& value) {
  std::string out;
  AppendJson(value, out);
  return out;
}

std::string FormatLocation(absl::string_view file, Location at) {
  if (at.line == 0) return std::string(file);
  return absl::StrCat(file, ":", at.line, ":", at.column);
}

absl::Status ErrorAt(absl::string_view file, Location at, absl::string_view message) {
  return absl::InvalidArgumentError(absl::StrCat(FormatLocation(file, at), ": ", message));
}

}  // namespace nubo::stack
