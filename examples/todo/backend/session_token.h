// Session tokens: 256 random bits, base64url without padding (43 characters), kept only as their BLAKE2b-256 hash.
//
// A fast hash suffices: unlike a password, a token cannot be guessed, so there is nothing to slow down.
//
// Thread safety: pure functions, apart from the IdSource passed in.
#ifndef EXAMPLES_TODO_BACKEND_SESSION_TOKEN_H_
#define EXAMPLES_TODO_BACKEND_SESSION_TOKEN_H_

#include <string>

#include "absl/strings/string_view.h"
#include "nubo/base/id_source.h"

namespace nubo::examples::todo {

std::string NewSessionToken(base::IdSource& ids);

// 64 hexadecimal digits.
std::string HashSessionToken(absl::string_view token);

// 32 hexadecimal digits that depend on both arguments: what a repeated request finds its todo by.
std::string TodoIdFor(absl::string_view user_id, absl::string_view request_id);

}  // namespace nubo::examples::todo

#endif  // EXAMPLES_TODO_BACKEND_SESSION_TOKEN_H_
