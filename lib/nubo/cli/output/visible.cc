#include "nubo/cli/output/visible.h"

#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace nubo::cli {
namespace {

unsigned char At(absl::string_view text, size_t at) { return static_cast<unsigned char>(text[at]); }

// How many bytes the character takes that begins so; 0: none begins so.
size_t LengthOf(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first < 0xe0) return 2;
  if (first >= 0xe0 && first < 0xf0) return 3;
  return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

// The bytes of a well-formed character at the beginning; 0: it is none. `whole` is false if the text is too short.
size_t Character(absl::string_view text, bool& whole) {
  const size_t length = LengthOf(At(text, 0));
  whole = true;
  for (size_t i = 1; i < length; ++i) {
    if (i == text.size()) {
      whole = false;
      return 0;
    }
    if ((At(text, i) & 0xc0) != 0x80) return 0;
  }
  return length;
}

// U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069 (Unicode's UAX #9): after them a line may be shown as another one.
bool TurnsTextAround(absl::string_view character) {
  if (character.size() != 3 || At(character, 0) != 0xe2) return false;
  const unsigned char second = At(character, 1), third = At(character, 2);
  if (second == 0x80) return third == 0x8e || third == 0x8f || (third >= 0xaa && third <= 0xae);
  return second == 0x81 && third >= 0xa6 && third <= 0xa9;
}

std::string Shown(absl::string_view character) {
  const unsigned char first = At(character, 0);
  if (character.size() == 1 && (first < 0x20 || first == 0x7f)) return {'^', static_cast<char>(first ^ 0x40)};
  const bool c1 = character.size() == 2 && first == 0xc2 && At(character, 1) < 0xa0;
  if (c1) return absl::StrFormat("\\x%02x", At(character, 1));
  if (TurnsTextAround(character))
    return absl::StrFormat("\\u20%02x", 0x40 * (At(character, 1) & 3) + (At(character, 2) & 0x3f));
  return std::string(character);
}

}  // namespace

std::string VisibleText::Add(absl::string_view piece) {
  const std::string joined = absl::StrCat(std::exchange(pending_, ""), piece);
  absl::string_view text = joined;
  std::string shown;
  while (!text.empty()) {
    if (text[0] == '\n' || text[0] == '\t') {
      shown += text[0];
      text.remove_prefix(1);
      continue;
    }
    bool whole = true;
    const size_t length = Character(text, whole);
    // The end of a line may be two bytes.
    if (!whole || text == "\r") break;
    if (text[0] == '\r' && text[1] == '\n') {
      text.remove_prefix(1);
      continue;
    }
    absl::StrAppend(&shown, length == 0 ? absl::StrFormat("\\x%02x", At(text, 0)) : Shown(text.substr(0, length)));
    text.remove_prefix(length == 0 ? 1 : length);
  }
  pending_ = std::string(text);
  return shown;
}

std::string VisibleText::End() {
  std::string shown;
  for (const char c : std::exchange(pending_, "")) {
    shown += c == '\r' ? "^M" : absl::StrFormat("\\x%02x", static_cast<unsigned char>(c));
  }
  return shown;
}

std::string Visible(absl::string_view text) {
  VisibleText visible;
  std::string shown = visible.Add(text);
  return shown + visible.End();
}

}  // namespace nubo::cli
