#include "examples/todo/backend/rules.h"

#include <locale.h>
#include <wctype.h>

#include <optional>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"

namespace nubo::examples::todo {
namespace {

constexpr size_t kTodoIdHexDigits = 32;
constexpr int kCreatedBytes = 8;

// Takes one code point from the front of `text`; nullopt if it does not begin with well-formed UTF-8 (RFC 3629 §4:
// no overlong forms, no surrogates, nothing above U+10FFFF).
std::optional<char32_t> TakeCodePoint(absl::string_view& text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const size_t length = lead < 0x80 ? 1 : lead >= 0xC2 && lead < 0xE0 ? 2 : (lead & 0xF0) == 0xE0 ? 3 : 4;
  if ((lead >= 0x80 && lead < 0xC2) || lead > 0xF4 || text.size() < length) return std::nullopt;
  char32_t point = length == 1 ? lead : lead & (0x7F >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return std::nullopt;
    point = point << 6 | (byte(i) & 0x3F);
  }
  const bool overlong = (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
  if (overlong || (point >= 0xD800 && point < 0xE000) || point > 0x10FFFF) return std::nullopt;
  text.remove_prefix(length);
  return point;
}

void AppendUtf8(char32_t point, std::string& out) {
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xC0 | point >> 6);
    out += static_cast<char>(0x80 | (point & 0x3F));
  } else {
    if (point < 0x10000) {
      out += static_cast<char>(0xE0 | point >> 12);
    } else {
      out += static_cast<char>(0xF0 | point >> 18);
      out += static_cast<char>(0x80 | (point >> 12 & 0x3F));
    }
    out += static_cast<char>(0x80 | (point >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (point & 0x3F));
  }
}

// Unicode's case and character classes, whatever the process's own locale. Null where the C library lacks it; then
// only ASCII has cases.
locale_t UnicodeLocale() {
  static const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  return locale;
}

char32_t ToLower(char32_t point) {
  if (point < 0x80) return point >= 'A' && point <= 'Z' ? point + ('a' - 'A') : point;
  return UnicodeLocale() ? towlower_l(static_cast<wint_t>(point), UnicodeLocale()) : point;
}

bool IsControl(char32_t point) { return point < 0x20 || (point >= 0x7F && point < 0xA0); }

bool IsSpace(char32_t point) {
  if (point == ' ' || (point >= '\t' && point <= '\r') || point == 0xA0) return true;
  return point >= 0x80 && UnicodeLocale() && iswspace_l(static_cast<wint_t>(point), UnicodeLocale());
}

// Characters that draw nothing (joiners, marks of direction, byte order marks): two names could look the same.
bool IsInvisible(char32_t point) {
  return point == 0xAD || (point >= 0x200B && point <= 0x200F) || (point >= 0x202A && point <= 0x202E) ||
         (point >= 0x2060 && point <= 0x206F) || point == 0xFEFF;
}

}  // namespace

absl::StatusOr<std::string> UsernameKey(absl::string_view name) {
  if (name.empty()) return absl::InvalidArgumentError("a user name has at least 1 character");
  std::string key;
  size_t characters = 0;
  while (!name.empty()) {
    const std::optional<char32_t> point = TakeCodePoint(name);
    if (!point) return absl::InvalidArgumentError("the user name is not UTF-8");
    if (IsControl(*point) || IsSpace(*point) || IsInvisible(*point)) {
      return absl::InvalidArgumentError("a user name has no spaces and no control or invisible characters");
    }
    if (++characters > kUsernameCharactersMax) {
      return absl::InvalidArgumentError(
          absl::StrCat("the user name is longer than ", kUsernameCharactersMax, " characters"));
    }
    AppendUtf8(ToLower(*point), key);
  }
  return key;
}

absl::Status CheckPassword(absl::string_view password) {
  if (password.size() >= kPasswordBytesMin && password.size() <= kPasswordBytesMax) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("the password has ", password.size(), " bytes; it needs ",
                                                 kPasswordBytesMin, " to ", kPasswordBytesMax));
}

absl::Status CheckTitle(absl::string_view title) {
  if (title.size() > kTitleBytesMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("the title has ", title.size(), " bytes; it may have ", kTitleBytesMax));
  }
  size_t characters = 0;
  bool blank = true;
  while (!title.empty()) {
    const std::optional<char32_t> point = TakeCodePoint(title);
    if (!point) return absl::InvalidArgumentError("the title is not UTF-8");
    if (IsControl(*point) && *point != '\t' && *point != '\n') {
      return absl::InvalidArgumentError(
          absl::StrCat("the title has the control character U+", absl::Hex(uint32_t{*point}, absl::kZeroPad4)));
    }
    blank = blank && IsSpace(*point);
    ++characters;
  }
  if (blank) return absl::InvalidArgumentError("a title has at least 1 character that is not a space");
  if (characters <= kTitleCharactersMax) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the title has ", characters, " characters; it may have ", kTitleCharactersMax));
}

absl::Status CheckRequestId(absl::string_view request_id) {
  if (request_id.size() <= kRequestIdBytesMax) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the request id has ", request_id.size(), " bytes; it may have ", kRequestIdBytesMax));
}

absl::StatusOr<int> PageSize(int32_t requested) {
  if (requested == 0) return kPageSizeDefault;
  if (requested > 0 && requested <= kPageSizeMax) return requested;
  return absl::InvalidArgumentError(
      absl::StrCat("the page size is ", requested, "; it may be 1 to ", kPageSizeMax, ", or 0 for the default"));
}

std::string EncodePageToken(const TodoCursor& cursor) {
  const auto created = static_cast<uint64_t>(absl::ToUnixMicros(cursor.created));
  std::string bytes;
  for (int i = kCreatedBytes - 1; i >= 0; --i) bytes += static_cast<char>(created >> (8 * i) & 0xFF);
  return absl::WebSafeBase64Escape(absl::StrCat(bytes, absl::HexStringToBytes(cursor.id)));
}

absl::StatusOr<TodoCursor> DecodePageToken(absl::string_view token) {
  if (token.empty()) return TodoCursor{};
  std::string bytes;
  if (!absl::WebSafeBase64Unescape(token, &bytes) || bytes.size() != kCreatedBytes + kTodoIdHexDigits / 2) {
    return absl::InvalidArgumentError("the page token is not one that a list gave out");
  }
  uint64_t created = 0;
  for (int i = 0; i < kCreatedBytes; ++i) created = created << 8 | static_cast<unsigned char>(bytes[i]);
  return TodoCursor{.created = absl::FromUnixMicros(static_cast<int64_t>(created)),
                    .id = absl::BytesToHexString(bytes.substr(kCreatedBytes))};
}

}  // namespace nubo::examples::todo
