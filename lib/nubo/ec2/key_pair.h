// Key pairs: names, and public keys as they are imported.
//
// A public key is the line of an OpenSSH file, "ssh-rsa AAAA… comment" or "ssh-ed25519 AAAA… comment", or its base64
// alone. Its fingerprint is AWS's: of RSA the MD5 of the key in DER (SubjectPublicKeyInfo), of ED25519 the SHA-256 of
// what the base64 stands for, in base64.
//
// Rules: Amazon EC2 user guide, "Key pairs", "Verify the fingerprint"; API reference, ImportKeyPair, "Error codes"; RFC
// 4253 §6.6, RFC 8709 §4, RFC 8017 §A.1.1.
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(const PublicKey key, ParsePublicKey("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI… me@here"));
//   const std::string shown = key.fingerprint;
//
// Thread safety: pure functions.
#ifndef NUBO_EC2_KEY_PAIR_H_
#define NUBO_EC2_KEY_PAIR_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nubo::ec2 {

inline constexpr size_t kKeyPairNameMax = 255;
inline constexpr size_t kKeyPairsMax = 5000;

// INVALID_ARGUMENT (InvalidParameterValue): not 1 to 255 ASCII characters, or spaces around them.
absl::Status ValidateKeyPairName(absl::string_view name);

struct PublicKey {
  // "rsa" or "ed25519".
  std::string type;
  std::string fingerprint;
};
// INVALID_ARGUMENT: no such key (InvalidKey.Format), or an RSA key that has not 1024, 2048 or 4096 bits
// (InvalidKey.Format).
absl::StatusOr<PublicKey> ParsePublicKey(absl::string_view material);

}  // namespace nubo::ec2

#endif  // NUBO_EC2_KEY_PAIR_H_
