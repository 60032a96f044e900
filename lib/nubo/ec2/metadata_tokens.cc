#include "nubo/ec2/metadata_tokens.h"

#include <algorithm>
#include <cstdint>

#include "absl/random/distributions.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace nubo::ec2 {
namespace {

constexpr size_t kTimeSize = 8;
constexpr size_t kOpenSize = 24;
constexpr absl::string_view kPadding = "==";

void AppendBigEndian(uint64_t word, std::string* out) {
  for (int shift = 56; shift >= 0; shift -= 8) out->push_back(static_cast<char>(word >> shift));
}

uint64_t BigEndian(absl::string_view bytes) {
  uint64_t word = 0;
  for (const char c : bytes) word = word << 8 | static_cast<unsigned char>(c);
  return word;
}

std::string Encoded(absl::string_view bytes) { return absl::StrCat(absl::WebSafeBase64Escape(bytes), kPadding); }

// In a time that does not tell where they differ.
bool SameSecret(absl::string_view a, absl::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned char difference = 0;
  for (size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned char>(a[i] ^ b[i]);
  return difference == 0;
}

}  // namespace

std::string MetadataTokens::Seal(absl::string_view open, absl::string_view instance_id) const {
  // The key may have other uses; what comes first keeps their texts apart, and what is of one length comes next.
  return seal_(absl::StrCat("metadata-token:", open, instance_id)).substr(0, kSealSize);
}

std::string MetadataTokens::Issue(absl::string_view instance_id, absl::Duration ttl, absl::Time now,
                                  absl::BitGenRef rng) const {
  const absl::Time ends = now + std::clamp(ttl, kTokenTtlMin, kTokenTtlMax);
  std::string bytes;
  AppendBigEndian(static_cast<uint64_t>(absl::ToUnixMicros(ends)), &bytes);
  AppendBigEndian(absl::Uniform<uint64_t>(rng), &bytes);
  AppendBigEndian(absl::Uniform<uint64_t>(rng), &bytes);
  bytes += Seal(bytes, instance_id);
  return Encoded(bytes);
}

std::optional<absl::Duration> MetadataTokens::Check(absl::string_view token, absl::string_view instance_id,
                                                    absl::Time now) const {
  std::string bytes;
  // Decoding is lenient about spaces, padding and bits beyond the last byte; a token is written in one way alone.
  if (token.size() != kSize || !absl::WebSafeBase64Unescape(token, &bytes) || bytes.size() != kOpenSize + kSealSize ||
      Encoded(bytes) != token) {
    return std::nullopt;
  }
  const absl::string_view open = absl::string_view(bytes).substr(0, kOpenSize);
  if (!SameSecret(absl::string_view(bytes).substr(kOpenSize), Seal(open, instance_id))) return std::nullopt;
  const absl::Time ends = absl::FromUnixMicros(static_cast<int64_t>(BigEndian(open.substr(0, kTimeSize))));
  if (ends <= now) return std::nullopt;
  return ends - now;
}

}  // namespace nubo::ec2
