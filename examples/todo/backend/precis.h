// Names and passwords as people type them, made comparable: PRECIS (RFC 8264, RFC 8265) over Unicode 15 (utf8proc).
//
// One person's "é" is a letter, another's a letter and an accent; a keyboard may write full-width letters, another
// capitals. A profile says what is one and the same, and refuses what nobody could see or tell apart.
//
// Example:
//   std::string key = *UsernameCaseMapped("Ｒenée");       // "renée", composed, as "RENÉE" gives
//   std::string password = *OpaqueString("correct\u00A0horse");  // with an ordinary space
//
// Thread safety: pure functions.
#ifndef EXAMPLES_TODO_BACKEND_PRECIS_H_
#define EXAMPLES_TODO_BACKEND_PRECIS_H_

#include <cstddef>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nubo::examples::todo {

// What makes two names the same: width and case mapped, in normalization form C, only letters, digits and what ASCII
// prints, in an order of directions that reads one way (RFC 8265 §3.3; case by full folding, which holds ß and ss, σ
// and ς for the same). No space is taken. INVALID_ARGUMENT: empty, not UTF-8, or a character that an identifier cannot
// have, which is named.
absl::StatusOr<std::string> UsernameCaseMapped(absl::string_view name);

// A password: any space is the ordinary one, in normalization form C; case and width stay (RFC 8265 §4.2).
// INVALID_ARGUMENT: empty, not UTF-8, or a character that is unassigned, a control or invisible by itself.
absl::StatusOr<std::string> OpaqueString(absl::string_view password);

// What a text is made of.
struct TextShape {
  size_t characters = 0;
  // Something is drawn: a character that is no space, control or filler.
  bool visible = false;
  // The first control character that is neither tab nor newline.
  std::optional<char32_t> control;
};
// INVALID_ARGUMENT: not UTF-8.
absl::StatusOr<TextShape> ShapeOf(absl::string_view text);

}  // namespace nubo::examples::todo

#endif  // EXAMPLES_TODO_BACKEND_PRECIS_H_
