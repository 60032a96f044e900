// Passwords as Argon2id hashes (libsodium's crypto_pwhash_str: salt and limits are inside the text).
//
// A hash costs tens of milliseconds and 64 MiB on purpose. Callers bound how many run at once: the server runs
// sign-ups and sign-ins on a pool of two threads (grpc_service.h).
//
// Example:
//   Argon2idHasher hasher(PasswordLimits::Interactive());
//   std::string hash = *hasher.Hash("correct horse");
//   bool same = hasher.Verify(hash, "correct horse");
//
// Thread safety: thread-safe.
#ifndef EXAMPLES_TODO_BACKEND_PASSWORD_HASHER_H_
#define EXAMPLES_TODO_BACKEND_PASSWORD_HASHER_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nubo::examples::todo {

class PasswordHasher {
 public:
  virtual ~PasswordHasher() = default;
  // Text that holds the salt and the hash. RESOURCE_EXHAUSTED: there is no memory for it.
  virtual absl::StatusOr<std::string> Hash(absl::string_view password) = 0;
  // Whether `hash` was made from `password`; takes as long as Hash whatever the answer.
  virtual bool Verify(absl::string_view hash, absl::string_view password) = 0;
};

struct PasswordLimits {
  unsigned long long operations;
  size_t memory_bytes;

  // What libsodium advises for a login: 2 passes over 64 MiB.
  static PasswordLimits Interactive();
  // The least that Argon2id allows, for tests.
  static PasswordLimits Least();
};

class Argon2idHasher final : public PasswordHasher {
 public:
  explicit Argon2idHasher(PasswordLimits limits);
  absl::StatusOr<std::string> Hash(absl::string_view password) override;
  bool Verify(absl::string_view hash, absl::string_view password) override;

 private:
  const PasswordLimits limits_;
};

}  // namespace nubo::examples::todo

#endif  // EXAMPLES_TODO_BACKEND_PASSWORD_HASHER_H_
