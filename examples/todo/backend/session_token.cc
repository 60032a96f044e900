#include "examples/todo/backend/session_token.h"

#include <sodium.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace nubo::examples::todo {
namespace {

constexpr int kTokenHexDigits = 64;
constexpr size_t kTokenHashBytes = 32;
constexpr size_t kTodoIdBytes = 16;

std::string Blake2b(absl::string_view text, size_t bytes) {
  std::string hash(bytes, '\0');
  crypto_generichash(reinterpret_cast<unsigned char*>(hash.data()), hash.size(),
                     reinterpret_cast<const unsigned char*>(text.data()), text.size(), nullptr, 0);
  return absl::BytesToHexString(hash);
}

}  // namespace

std::string NewSessionToken(base::IdSource& ids) {
  return absl::WebSafeBase64Escape(absl::HexStringToBytes(ids.NewHex(kTokenHexDigits)));
}

std::string HashSessionToken(absl::string_view token) { return Blake2b(token, kTokenHashBytes); }

std::string TodoIdFor(absl::string_view user_id, absl::string_view request_id) {
  // A user id has a fixed length, so no two pairs make the same text.
  return Blake2b(absl::StrCat(user_id, "/", request_id), kTodoIdBytes);
}

}  // namespace nubo::examples::todo
