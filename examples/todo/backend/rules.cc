#include "examples/todo/backend/rules.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "examples/todo/backend/precis.h"
#include "nubo/base/status.h"

namespace nubo::examples::todo {
namespace {

constexpr size_t kTodoIdHexDigits = 32;
constexpr int kCreatedBytes = 8;

}  // namespace

absl::StatusOr<std::string> UsernameKey(absl::string_view name) {
  // Both the name and its key, which can be longer, have to fit into their columns.
  const auto too_long = [] {
    return absl::InvalidArgumentError(
        absl::StrCat("the user name is longer than ", kUsernameCharactersMax, " characters"));
  };
  if (name.size() > kUsernameBytesMax) return too_long();
  NUBO_ASSIGN_OR_RETURN(std::string key, UsernameCaseMapped(name));
  for (const absl::string_view text : {name, absl::string_view(key)}) {
    NUBO_ASSIGN_OR_RETURN(const TextShape shape, ShapeOf(text));
    if (shape.characters > kUsernameCharactersMax) return too_long();
  }
  return key;
}

absl::StatusOr<std::string> PasswordKey(absl::string_view password) {
  if (password.size() < kPasswordBytesMin || password.size() > kPasswordBytesMax) {
    return absl::InvalidArgumentError(absl::StrCat("the password has ", password.size(), " bytes; it needs ",
                                                   kPasswordBytesMin, " to ", kPasswordBytesMax));
  }
  return OpaqueString(password);
}

absl::Status CheckTitle(absl::string_view title) {
  if (title.size() > kTitleBytesMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("the title has ", title.size(), " bytes; it may have ", kTitleBytesMax));
  }
  const absl::StatusOr<TextShape> shape = ShapeOf(title);
  if (!shape.ok()) return absl::InvalidArgumentError("the title is not UTF-8");
  if (shape->control) {
    return absl::InvalidArgumentError(
        absl::StrFormat("the title has the control character U+%04X", uint32_t{*shape->control}));
  }
  if (!shape->visible) return absl::InvalidArgumentError("a title has at least 1 character that can be seen");
  if (shape->characters <= kTitleCharactersMax) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the title has ", shape->characters, " characters; it may have ", kTitleCharactersMax));
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
