// Hashes that AWS's fingerprints are made of; nothing here protects anything.
//
// Example:
//   const std::string hash = Sha256("abc");  // 32 bytes
//
// Thread safety: pure functions.
#ifndef NUBO_EC2_HASHES_H_
#define NUBO_EC2_HASHES_H_

#include <string>

#include "absl/strings/string_view.h"

namespace nubo::ec2 {

// RFC 1321: 16 bytes.
std::string Md5(absl::string_view text);
// FIPS 180-4: 32 bytes.
std::string Sha256(absl::string_view text);

}  // namespace nubo::ec2

#endif  // NUBO_EC2_HASHES_H_
