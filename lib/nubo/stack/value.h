// The value tree that templates are read into, with the place in the file of every node.
//
// A Value is null, a boolean, a number, a string, a list or an object. Numbers keep the text they were written
// with ("1.10" stays "1.10"), objects keep the order of their members. Intrinsic functions are objects with one
// member, always in the long form ({"Fn::GetAtt": ["A", "Arn"]}), however the template wrote them.
//
// Example:
//   const Value& listener = ...;
//   int64_t port = listener.Get("Port").AsInteger().value_or(80);
//   for (const Value& subnet : listener.Get("Subnets").items()) Use(subnet.text());
//
// Thread safety: a value.
#ifndef NUBO_STACK_VALUE_H_
#define NUBO_STACK_VALUE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace nubo::stack {

// A place in a template: line and column count from 1; 0 stands for a value that no file holds.
struct Location {
  int line = 0;
  int column = 0;

  friend bool operator==(const Location& a, const Location& b) { return a.line == b.line && a.column == b.column; }
};

struct Member;

class Value {
 public:
  enum class Kind { kNull, kBool, kNumber, kString, kList, kObject };

  // Null.
  Value();
  Value(const Value&);
  Value(Value&&) noexcept;
  Value& operator=(const Value&);
  Value& operator=(Value&&) noexcept;
  ~Value();

  static Value Bool(bool value, Location at = {});
  // `text` is kept as it is.
  static Value Number(absl::string_view text, Location at = {});
  static Value Integer(int64_t value, Location at = {});
  static Value String(absl::string_view text, Location at = {});
  static Value List(std::vector<Value> items = {}, Location at = {});
  static Value Strings(const std::vector<std::string>& items, Location at = {});
  static Value Object();
  static Value Object(std::vector<Member> members, Location at = {});

  Kind kind() const { return kind_; }
  bool is_null() const { return kind_ == Kind::kNull; }
  bool is_string() const { return kind_ == Kind::kString; }
  bool is_list() const { return kind_ == Kind::kList; }
  bool is_object() const { return kind_ == Kind::kObject; }
  // A string, a number or a boolean: what CloudFormation takes where it wants a string.
  bool is_scalar() const { return kind_ == Kind::kBool || kind_ == Kind::kNumber || kind_ == Kind::kString; }
  const Location& location() const { return location_; }
  void set_location(Location at) { location_ = at; }

  // The text of a scalar ("true" and "false" of a boolean); "" of anything else.
  const std::string& text() const { return text_; }
  // A scalar whose text is a whole number in 64 bits, be it quoted or not.
  std::optional<int64_t> AsInteger() const;
  // A scalar whose text is a finite decimal number.
  std::optional<double> AsDouble() const;
  // A boolean, or the strings "true" and "false" in any case.
  std::optional<bool> AsBool() const;

  // Of a list; none of anything else.
  const std::vector<Value>& items() const { return items_; }
  std::vector<Value>& items() { return items_; }
  // The texts of a list's scalars; other items are left out.
  std::vector<std::string> ItemTexts() const;

  // Of an object; none of anything else.
  const std::vector<Member>& members() const { return members_; }
  std::vector<Member>& members() { return members_; }
  // The member called `key`, or nullptr. Valid until the object changes.
  const Value* Find(absl::string_view key) const;
  Value* Find(absl::string_view key);
  // The member called `key`, or null.
  const Value& Get(absl::string_view key) const;
  bool Has(absl::string_view key) const { return Find(key) != nullptr; }
  // Of a list of {Key: …, Value: …} objects: the Value beside `key`, or null.
  const Value& GetPair(absl::string_view key) const;
  // Adds or replaces a member.
  void Set(absl::string_view key, Value value);

  // For tests that look for what nobody reads. From here on every key that Find(), Get(), Has() or GetPair() is asked
  // for is noted, be it there or not: of this value, of all within it, and of their copies.
  void NoteReads();
  // What was noted of this value itself.
  std::set<std::string> Read() const { return read_ == nullptr ? std::set<std::string>() : *read_; }

  // Equal in kind and content; places do not count, the order of an object's members does not either.
  friend bool operator==(const Value& a, const Value& b);
  friend bool operator!=(const Value& a, const Value& b) { return !(a == b); }

 private:
  const Value* Look(absl::string_view key) const;
  void Note(absl::string_view key) const;

  Kind kind_ = Kind::kNull;
  Location location_;
  std::string text_;
  std::vector<Value> items_;
  std::vector<Member> members_;
  // Null unless NoteReads() was called.
  std::shared_ptr<std::set<std::string>> read_;
};

struct Member {
  std::string key;
  Value value;
  // Where the key stands; the value's own place is in `value`.
  Location location;
};

// "a null", "a boolean", "a number", "a string", "a list", "an object": for messages.
absl::string_view KindName(Value::Kind kind);

// One line of JSON. Numbers that JSON would not take as they are written ("0x1F", ".5", "1e999") become strings.
std::string ToJson(const Value& value);

// `at` within `file` as "file:line:column"; only "file" for a place that no file holds.
std::string FormatLocation(absl::string_view file, Location at);

// INVALID_ARGUMENT with "file:line:column: " before `message`.
absl::Status ErrorAt(absl::string_view file, Location at, absl::string_view message);

}  // namespace nubo::stack

#endif  // NUBO_STACK_VALUE_H_
