#include "nubo/stack/schema_literals.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nubo/stack/functions.h"
#include "nubo/stack/names.h"

namespace nubo::stack::tables {

bool IsFunction(const Value& value) { return AsFunction(value) != nullptr; }

std::optional<int64_t> Literal(const Value& object, absl::string_view name) { return object.Get(name).AsInteger(); }

std::optional<std::string> LiteralText(const Value& object, absl::string_view name, absl::string_view fallback) {
  const Value& value = object.Get(name);
  if (value.is_scalar()) return value.text();
  return value.is_null() ? std::optional<std::string>(fallback) : std::nullopt;
}

void Add(Problems& problems, const Value& where, std::string message) {
  problems.push_back({where.location(), std::move(message)});
}

void AddStatus(Problems& problems, const Value& where, absl::string_view what, const absl::Status& status) {
  if (!status.ok()) Add(problems, where, absl::StrCat(what, status.message()));
}

std::vector<std::string> Given(const Value& object, Names names) {
  std::vector<std::string> given;
  for (const char* name : names) {
    if (object.Has(name)) given.push_back(name);
  }
  return given;
}

void ExactlyOne(const Value& object, absl::string_view whose, Names names, Problems& problems) {
  const std::vector<std::string> given = Given(object, names);
  for (const std::string& name : given) {
    const Member* call = AsFunction(object.Get(name));
    if (call != nullptr && (call->key == "Fn::If" || call->value.text() == "AWS::NoValue")) return;
  }
  if (given.size() == 1) return;
  Add(problems, object,
      absl::StrCat(whose, " needs exactly one of ", absl::StrJoin(names, ", "), "; it has ",
                   given.empty() ? "none" : absl::StrJoin(given, " and ")));
}

void CheckName(const Value& object, const char* name, size_t size_min, size_t size_max, absl::string_view others,
               absl::string_view whose, Problems& problems) {
  const Value& value = object.Get(name);
  if (!value.is_scalar()) return;
  const std::string& text = value.text();
  if (text.size() >= size_min && text.size() <= size_max && HasOnly(text, others)) return;
  std::string characters = "letters and digits";
  if (!others.empty()) characters = absl::StrCat("letters, digits and ", others);
  Add(problems, value,
      absl::StrCat(whose, " ", name, " must have ", size_min, " to ", size_max, " characters, only ", characters,
                   ", not \"", text.substr(0, 2 * size_max), "\""));
}

}  // namespace nubo::stack::tables
