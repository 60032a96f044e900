// Session tokens of the instance metadata service (IMDSv2), which nobody has to remember.
//
// A token says until when it is good, sealed with a key for one instance: whoever has no key can make none up, and one
// that another instance got is worth nothing. All that is known of a token is in it, so any process with the key takes
// it, and a restart ends none.
//
// A token is 56 characters of the URL-safe base64, as AWS's are:
//   8 bytes   microseconds since 1970, big-endian: when it ends
//   16 bytes  random, so that no two are the same
//   16 bytes  the seal over both and the instance's id
//
// Example:
//   MetadataTokens tokens(seal);  // seal(text) is HMAC-SHA256, or any other message authentication code
//   const std::string issued = tokens.Issue("i-1", absl::Hours(6), now, rng);
//   if (tokens.Check(issued, "i-1", now)) Use(issued);
//
// Thread safety: thread-safe if the seal is.
#ifndef NUBO_EC2_METADATA_TOKENS_H_
#define NUBO_EC2_METADATA_TOKENS_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "absl/random/bit_gen_ref.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace nubo::ec2 {

inline constexpr absl::Duration kTokenTtlMin = absl::Seconds(1);
inline constexpr absl::Duration kTokenTtlMax = absl::Seconds(21600);

// A message authentication code under a key of the caller's: at least 16 bytes, of which the first 16 count. With fewer
// no token is ever good.
using TokenSeal = std::function<std::string(absl::string_view text)>;

class MetadataTokens {
 public:
  static constexpr size_t kSize = 56;
  static constexpr size_t kSealSize = 16;

  explicit MetadataTokens(TokenSeal seal) : seal_(std::move(seal)) {}

  // A TTL beyond the bounds is brought within them.
  std::string Issue(absl::string_view instance_id, absl::Duration ttl, absl::Time now, absl::BitGenRef rng) const;
  // How long it is still good. Nothing: it has ended, is of another instance, or was not made with this key.
  std::optional<absl::Duration> Check(absl::string_view token, absl::string_view instance_id, absl::Time now) const;

 private:
  // Of the 24 bytes that come before the seal.
  std::string Seal(absl::string_view open, absl::string_view instance_id) const;

  TokenSeal seal_;
};

}  // namespace nubo::ec2

#endif  // NUBO_EC2_METADATA_TOKENS_H_
