#include "examples/todo/backend/password_hasher.h"

#include <sodium.h>

#include <cstdlib>

#include "absl/strings/str_cat.h"

namespace nubo::examples::todo {

PasswordLimits PasswordLimits::Interactive() {
  return {crypto_pwhash_argon2id_OPSLIMIT_INTERACTIVE, crypto_pwhash_argon2id_MEMLIMIT_INTERACTIVE};
}

PasswordLimits PasswordLimits::Least() {
  return {crypto_pwhash_argon2id_OPSLIMIT_MIN, crypto_pwhash_argon2id_MEMLIMIT_MIN};
}

Argon2idHasher::Argon2idHasher(PasswordLimits limits) : limits_(limits) {
  // Fails only where the kernel gives no random bytes; without those nothing here may go on.
  if (sodium_init() < 0) std::abort();
}

absl::StatusOr<std::string> Argon2idHasher::Hash(absl::string_view password) {
  char text[crypto_pwhash_STRBYTES];
  if (crypto_pwhash_str_alg(text, password.data(), password.size(), limits_.operations, limits_.memory_bytes,
                            crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return absl::ResourceExhaustedError(
        absl::StrCat("there is no memory to hash a password: ", limits_.memory_bytes, " bytes are needed"));
  }
  return std::string(text);
}

bool Argon2idHasher::Verify(absl::string_view hash, absl::string_view password) {
  return crypto_pwhash_str_verify(std::string(hash).c_str(), password.data(), password.size()) == 0;
}

}  // namespace nubo::examples::todo
