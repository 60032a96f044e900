// Well-formed UTF-8 (RFC 3629). Private to the stack module and the region.
//
// Example:
//   if (!IsUtf8(text)) return absl::InvalidArgumentError("not UTF-8");
//
// Thread safety: pure functions.
#ifndef NUBO_STACK_UTF8_H_
#define NUBO_STACK_UTF8_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace nubo::stack {

// How many bytes the character at the start of `text`, which is not empty, has; 0 if there is none (RFC 3629 §4).
size_t Utf8Length(absl::string_view text);

bool IsUtf8(absl::string_view text);

// How many characters well-formed `text` has.
size_t Utf8Count(absl::string_view text);

}  // namespace nubo::stack

#endif  // NUBO_STACK_UTF8_H_
