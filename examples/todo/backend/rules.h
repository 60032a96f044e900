// What a user name, a password, a title, a page size and a page token may be.
//
// Every function names what is wrong and what would be right; INVALID_ARGUMENT is the only error.
//
// Thread safety: pure functions.
#ifndef EXAMPLES_TODO_BACKEND_RULES_H_
#define EXAMPLES_TODO_BACKEND_RULES_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "examples/todo/backend/store.h"

namespace nubo::examples::todo {

inline constexpr size_t kUsernameCharactersMax = 64;
inline constexpr size_t kUsernameBytesMax = 4 * kUsernameCharactersMax;
inline constexpr size_t kPasswordBytesMin = 8;
inline constexpr size_t kPasswordBytesMax = 256;
inline constexpr size_t kTitleCharactersMax = 500;
inline constexpr size_t kTitleBytesMax = 2000;
inline constexpr size_t kRequestIdBytesMax = 64;
inline constexpr int kPageSizeDefault = 50;
inline constexpr int kPageSizeMax = 200;

// What makes two user names the same (UsernameCaseMapped in precis.h), for names of 1 to 64 characters.
absl::StatusOr<std::string> UsernameKey(absl::string_view name);

// What is hashed of a password of 8 to 256 bytes (OpaqueString in precis.h).
absl::StatusOr<std::string> PasswordKey(absl::string_view password);

// 1 to 500 characters, at most 2,000 bytes, UTF-8, something to see among them, no control character but tab and
// newline.
absl::Status CheckTitle(absl::string_view title);

absl::Status CheckRequestId(absl::string_view request_id);

// The size of the page to make: `requested`, or 50 when that is 0.
absl::StatusOr<int> PageSize(int32_t requested);

// Opaque to callers. The cursor is not secret and not trusted: a list only ever reads its own user's rows.
std::string EncodePageToken(const TodoCursor& cursor);
// "" is the first page.
absl::StatusOr<TodoCursor> DecodePageToken(absl::string_view token);

}  // namespace nubo::examples::todo

#endif  // EXAMPLES_TODO_BACKEND_RULES_H_
