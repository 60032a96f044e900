// What checks of properties ask of those that may still be functions. Private to the schema target.
//
// Example:
//   if (LiteralText(properties, "Protocol", "HTTP") == "TCP") Add(problems, properties.Get("Protocol"), "no TCP here");
//
// Thread safety: pure functions.
#ifndef NUBO_STACK_SCHEMA_LITERALS_H_
#define NUBO_STACK_SCHEMA_LITERALS_H_

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "nubo/stack/diagnostic.h"
#include "nubo/stack/value.h"

namespace nubo::stack::tables {

using Problems = std::vector<Diagnostic>;
using Names = std::initializer_list<const char*>;

bool IsFunction(const Value& value);

// The whole number that `name` literally is.
std::optional<int64_t> Literal(const Value& object, absl::string_view name);

// The string that `name` literally is, `fallback` if it is absent, nothing if it is a function.
std::optional<std::string> LiteralText(const Value& object, absl::string_view name, absl::string_view fallback);

void Add(Problems& problems, const Value& where, std::string message);
// The status's message behind `what`, unless it is OK.
void AddStatus(Problems& problems, const Value& where, absl::string_view what, const absl::Status& status);

// Those of `names` that are there.
std::vector<std::string> Given(const Value& object, Names names);

// Exactly one of `names` must be there. One that is a function may turn out to be AWS::NoValue, so then nothing is
// said.
void ExactlyOne(const Value& object, absl::string_view whose, Names names, Problems& problems);

// That `name`, if it is literal, has at most `size_max` letters, digits and characters of `others`, at least
// `size_min`.
void CheckName(const Value& object, const char* name, size_t size_min, size_t size_max, absl::string_view others,
               absl::string_view whose, Problems& problems);

}  // namespace nubo::stack::tables

#endif  // NUBO_STACK_SCHEMA_LITERALS_H_
