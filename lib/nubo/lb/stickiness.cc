#include "nubo/lb/stickiness.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace nubo::lb {
namespace {

constexpr size_t kField = 16;

// RFC 6265 §4.1.1: a token of RFC 9110 §5.6.2.
bool IsCookieName(absl::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           absl::string_view("!#$%&'*+-.^_`|~").find(c) != absl::string_view::npos;
  });
}

uint64_t LittleEndian(absl::string_view bytes) {
  uint64_t word = 0;
  for (size_t i = 0; i < bytes.size(); ++i) word |= uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  return word;
}

// The state of SipHash: four words and the round that mixes them.
struct Sip {
  explicit Sip(const StickinessKey& key)
      : v{key.low ^ 0x736f6d6570736575, key.high ^ 0x646f72616e646f6d, key.low ^ 0x6c7967656e657261,
          key.high ^ 0x7465646279746573} {}
  void Round() {
    v[0] += v[1];
    v[1] = std::rotl(v[1], 13) ^ v[0];
    v[0] = std::rotl(v[0], 32);
    v[2] += v[3];
    v[3] = std::rotl(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = std::rotl(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = std::rotl(v[1], 17) ^ v[2];
    v[2] = std::rotl(v[2], 32);
  }
  void Absorb(uint64_t word) {
    v[3] ^= word;
    Round();
    Round();
    v[0] ^= word;
  }
  std::array<uint64_t, 4> v;
};

std::string Hex(uint64_t word) { return absl::StrCat(absl::Hex(word, absl::kZeroPad16)); }

bool ParseHex(absl::string_view text, uint64_t* word) {
  // Strict: SimpleHexAtoi also takes signs, spaces and "0x".
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }) &&
         absl::SimpleHexAtoi(text, word);
}

}  // namespace

absl::Status CheckStickiness(const Stickiness& stickiness) {
  if (stickiness.duration < kStickinessMin || stickiness.duration > kStickinessMax) {
    return absl::InvalidArgumentError(absl::StrCat("the stickiness duration is ",
                                                   absl::FormatDuration(stickiness.duration),
                                                   "; it must be between 1 second and 7 days"));
  }
  if (stickiness.type != StickinessType::kAppCookie) return absl::OkStatus();
  const std::string& name = stickiness.app_cookie_name;
  if (!IsCookieName(name) || name.size() > kAppCookieNameSizeMax) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the application cookie \"", name, "\" of the stickiness is no cookie name; it must be a token of 1 to ",
        kAppCookieNameSizeMax, " characters"));
  }
  if (absl::StartsWithIgnoreCase(name, kLbCookieName)) {
    return absl::InvalidArgumentError(absl::StrCat("the application cookie \"", name,
                                                   "\" of the stickiness begins with AWSALB, which is the load "
                                                   "balancer's own; name the cookie that the application sets"));
  }
  return absl::OkStatus();
}

uint64_t KeyedHash(const StickinessKey& key, absl::string_view text) {
  Sip sip(key);
  const uint64_t size = text.size();
  while (text.size() >= 8) {
    sip.Absorb(LittleEndian(text.substr(0, 8)));
    text.remove_prefix(8);
  }
  sip.Absorb(LittleEndian(text) | size << 56);
  sip.v[2] ^= 0xff;
  for (int i = 0; i < 4; ++i) sip.Round();
  return sip.v[0] ^ sip.v[1] ^ sip.v[2] ^ sip.v[3];
}

uint64_t StickinessCookie::TagOf(absl::string_view target_id) const {
  // Each use of the key hashes texts that begin differently, so that none can stand for another.
  return KeyedHash(key_, absl::StrCat("target:", target_id));
}

uint64_t StickinessCookie::Seal(uint64_t tag, int64_t expires) const {
  return KeyedHash(key_, absl::StrCat("cookie:", Hex(tag), Hex(static_cast<uint64_t>(expires))));
}

std::string StickinessCookie::Encode(absl::string_view target_id, absl::Time expires) const {
  const uint64_t tag = TagOf(target_id);
  const int64_t seconds = absl::ToUnixSeconds(expires);
  return absl::StrCat(Hex(tag), Hex(static_cast<uint64_t>(seconds)), Hex(Seal(tag, seconds)));
}

std::optional<uint64_t> StickinessCookie::Decode(absl::string_view value, absl::Time now) const {
  uint64_t tag = 0;
  uint64_t expires = 0;
  uint64_t seal = 0;
  if (value.size() != kSize || !ParseHex(value.substr(0, kField), &tag) ||
      !ParseHex(value.substr(kField, kField), &expires) || !ParseHex(value.substr(2 * kField), &seal)) {
    return std::nullopt;
  }
  const auto seconds = static_cast<int64_t>(expires);
  if (seal != Seal(tag, seconds) || absl::ToUnixSeconds(now) >= seconds) return std::nullopt;
  return tag;
}

StickyTargets::StickyTargets(const StickinessKey& key, EndpointList endpoints) : key_(key) {
  const StickinessCookie cookie(key);
  for (auto& endpoint : endpoints) by_tag_.push_back({cookie.TagOf(endpoint->id), std::move(endpoint)});
  std::sort(by_tag_.begin(), by_tag_.end(), [](const Tagged& a, const Tagged& b) { return a.tag < b.tag; });
}

std::shared_ptr<const Endpoint> StickyTargets::ByTag(uint64_t tag) const {
  const auto found = std::lower_bound(by_tag_.begin(), by_tag_.end(), tag,
                                      [](const Tagged& t, uint64_t wanted) { return t.tag < wanted; });
  return found == by_tag_.end() || found->tag != tag ? nullptr : found->endpoint;
}

std::shared_ptr<const Endpoint> StickyTargets::BySourceIp(const net::IpAddress& source) const {
  const std::string bytes = source.ToBytes();
  std::shared_ptr<const Endpoint> best;
  uint64_t best_score = 0;
  for (const Tagged& target : by_tag_) {
    // One word tells the target: the address is hashed with a key of its own for each.
    const uint64_t score = KeyedHash({key_.high ^ target.tag, key_.low}, bytes);
    if (best != nullptr && score <= best_score) continue;
    best = target.endpoint;
    best_score = score;
  }
  return best;
}

}  // namespace nubo::lb
