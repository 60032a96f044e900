// Text to Value: YAML as CloudFormation reads it, and JSON.
//
// Short forms become long ones while reading: `!Sub x` is {"Fn::Sub": "x"}, `!GetAtt A.Arn` is
// {"Fn::GetAtt": ["A", "Arn"]}. Plain YAML scalars are booleans (true, false), numbers or strings; everything
// else that YAML 1.1 would guess (yes, no, on, off, dates, sexagesimals) stays a string. Anchors, aliases and merge
// keys are refused, as CloudFormation refuses them, and so are duplicate keys, tags it does not know and a second
// document.
//
// Example:
//   auto value = ReadText("Resources: {}", "template.yaml", {});
//
// Thread safety: pure functions.
#ifndef NUBO_STACK_READER_H_
#define NUBO_STACK_READER_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/stack/read_options.h"
#include "nubo/stack/value.h"

namespace nubo::stack {

// INVALID_ARGUMENT with the place of the first byte that no template may have: what is no UTF-8, or a control
// character.
absl::Status CheckCharacters(absl::string_view text, absl::string_view file);

// Reads YAML or JSON: a text whose first character is `{` is JSON if it reads as JSON, or if `file` ends in ".json".
// INVALID_ARGUMENT, "file:line:column: sentence": not well formed, refused, or past a bound.
absl::StatusOr<Value> ReadText(absl::string_view text, absl::string_view file, const ReadOptions& options = {});

// JSON only: what ToJson() printed.
absl::StatusOr<Value> ReadJson(absl::string_view text, absl::string_view file, const ReadOptions& options = {});

}  // namespace nubo::stack

#endif  // NUBO_STACK_READER_H_
