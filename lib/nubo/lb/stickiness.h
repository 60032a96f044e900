// Stickiness: the same client gets the same target, as long as that one serves.
//
//   lb_cookie   the load balancer makes a cookie of its own (AWSALB), good for `duration`
//   app_cookie  it makes one (AWSALBAPP) whenever the application sets the cookie that is named, good for `duration`
//   source_ip   the client's address decides; there is no cookie
//
// A cookie says which target and until when, sealed with a key: whoever has no key can neither read the target's id
// from it nor make one up. Load balancers that share the key honour each other's cookies.
//
// Example:
//   StickinessCookie cookie(key);
//   std::string value = cookie.Encode("i-1", now + options.duration);     // Set-Cookie: AWSALB=<value>
//   ...
//   if (auto tag = cookie.Decode(value, now)) Prefer(*tag);               // == cookie.TagOf("i-1")
//
// Source: Elastic Load Balancing, "Sticky sessions"; J.-P. Aumasson, D. J. Bernstein, "SipHash: a fast short-input
// PRF".
//
// Thread safety: values and pure functions.
#ifndef NUBO_LB_STICKINESS_H_
#define NUBO_LB_STICKINESS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nubo/lb/policy.h"
#include "nubo/net/ip_address.h"

namespace nubo::lb {

enum class StickinessType { kNone, kLbCookie, kAppCookie, kSourceIp };

inline constexpr absl::string_view kLbCookieName = "AWSALB";
inline constexpr absl::string_view kAppCookieName = "AWSALBAPP";
inline constexpr int kStickinessSecondsMin = 1;
inline constexpr int kStickinessSecondsMax = 7 * 24 * 60 * 60;
inline constexpr absl::Duration kStickinessMin = absl::Seconds(kStickinessSecondsMin);
inline constexpr absl::Duration kStickinessMax = absl::Seconds(kStickinessSecondsMax);
inline constexpr size_t kAppCookieNameSizeMax = 256;

struct Stickiness {
  StickinessType type = StickinessType::kNone;
  // Of cookies.
  absl::Duration duration = absl::Hours(24);
  // Of type app_cookie: the application's own.
  std::string app_cookie_name;
};

// INVALID_ARGUMENT: a duration outside of 1 s to 7 days; an application cookie that is missing, is no cookie name
// (RFC 6265 §4.1.1) or begins with AWSALB.
absl::Status CheckStickiness(const Stickiness& stickiness);

// 128 bits that nobody outside knows.
struct StickinessKey {
  uint64_t high = 0;
  uint64_t low = 0;
};

// SipHash-2-4: a hash that cannot be steered without the key.
uint64_t KeyedHash(const StickinessKey& key, absl::string_view text);

class StickinessCookie {
 public:
  // 16 hexadecimal digits each: the target's tag, the time it expires, the seal over both.
  static constexpr size_t kSize = 48;

  explicit StickinessCookie(const StickinessKey& key) : key_(key) {}

  // What stands for a target in a cookie.
  uint64_t TagOf(absl::string_view target_id) const;
  // Times are kept to the second.
  std::string Encode(absl::string_view target_id, absl::Time expires) const;
  // The target's tag. Nothing: it was not made with this key, was changed, or has expired.
  std::optional<uint64_t> Decode(absl::string_view value, absl::Time now) const;

 private:
  uint64_t Seal(uint64_t tag, int64_t expires) const;
  StickinessKey key_;
};

// The endpoints that may serve, by their tags and for source addresses. An immutable snapshot, published beside a
// Picker.
//
// Thread safety: thread-safe.
class StickyTargets {
 public:
  StickyTargets(const StickinessKey& key, EndpointList endpoints);

  // Null: that target does not serve (any more).
  std::shared_ptr<const Endpoint> ByTag(uint64_t tag) const;
  // The same endpoint for the same address; when one comes or goes, only its own clients move (rendezvous hashing).
  // Null: there is none.
  std::shared_ptr<const Endpoint> BySourceIp(const net::IpAddress& source) const;

 private:
  struct Tagged {
    uint64_t tag;
    std::shared_ptr<const Endpoint> endpoint;
  };
  const StickinessKey key_;
  std::vector<Tagged> by_tag_;  // ascending
};

}  // namespace nubo::lb

#endif  // NUBO_LB_STICKINESS_H_
