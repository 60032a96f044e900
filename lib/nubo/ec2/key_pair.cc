#include "nubo/ec2/key_pair.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "nubo/base/status.h"
#include "nubo/ec2/hashes.h"

namespace nubo::ec2 {
namespace {

constexpr absl::string_view kRsa = "ssh-rsa";
constexpr absl::string_view kEd25519 = "ssh-ed25519";
constexpr size_t kEd25519Bytes = 32;

absl::Status NoKey(absl::string_view why) {
  return base::WithErrorCode(
      absl::InvalidArgumentError(absl::StrCat("Key is not in valid OpenSSH public key format: ", why)),
      "InvalidKey.Format");
}

// RFC 4251 §5: a length of four bytes, and as many bytes.
std::optional<absl::string_view> TakeString(absl::string_view& blob) {
  if (blob.size() < 4) return std::nullopt;
  size_t length = 0;
  for (size_t i = 0; i < 4; ++i) length = length << 8 | static_cast<unsigned char>(blob[i]);
  if (blob.size() - 4 < length) return std::nullopt;
  const absl::string_view text = blob.substr(4, length);
  blob.remove_prefix(4 + length);
  return text;
}

// X.690: a tag, a length, and what there is.
std::string Der(char tag, absl::string_view content) {
  std::string out(1, tag);
  if (content.size() < 0x80) {
    out.push_back(static_cast<char>(content.size()));
  } else {
    std::string length;
    for (size_t rest = content.size(); rest > 0; rest >>= 8) length.insert(length.begin(), static_cast<char>(rest));
    out.push_back(static_cast<char>(0x80 + length.size()));
    out += length;
  }
  return absl::StrCat(out, content);
}

// Integers are the same bytes in both.
std::string SubjectPublicKeyInfo(absl::string_view exponent, absl::string_view modulus) {
  constexpr char kInteger = 0x02, kBits = 0x03, kSequence = 0x30;
  // rsaEncryption, NULL.
  constexpr absl::string_view kAlgorithm("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00", 13);
  const std::string key = Der(kSequence, absl::StrCat(Der(kInteger, modulus), Der(kInteger, exponent)));
  const std::string bits = Der(kBits, absl::StrCat(absl::string_view("\0", 1), key));
  return Der(kSequence, absl::StrCat(Der(kSequence, kAlgorithm), bits));
}

std::string WithColons(absl::string_view bytes) {
  return absl::StrJoin(bytes, ":", [](std::string* out, char byte) {
    absl::StrAppend(out, absl::Hex(static_cast<unsigned char>(byte), absl::kZeroPad2));
  });
}

absl::StatusOr<PublicKey> RsaKey(absl::string_view rest) {
  const std::optional<absl::string_view> exponent = TakeString(rest);
  const std::optional<absl::string_view> modulus = exponent.has_value() ? TakeString(rest) : std::nullopt;
  if (!modulus.has_value() || modulus->empty() || exponent->empty() || !rest.empty()) {
    return NoKey("its base64 holds no RSA key");
  }
  // A byte of zeros before the highest bit says that it is no negative number.
  const size_t bits = 8 * (modulus->size() - ((*modulus)[0] == '\0' ? 1 : 0));
  if (bits != 1024 && bits != 2048 && bits != 4096) {
    return NoKey(absl::StrCat("an RSA key has 1024, 2048 or 4096 bits, not ", bits));
  }
  return PublicKey{"rsa", WithColons(Md5(SubjectPublicKeyInfo(*exponent, *modulus)))};
}

}  // namespace

absl::Status ValidateKeyPairName(absl::string_view name) {
  const bool ascii =
      std::all_of(name.begin(), name.end(), [](char c) { return absl::ascii_isprint(static_cast<unsigned char>(c)); });
  const bool spaces = absl::StripAsciiWhitespace(name).size() != name.size();
  if (ascii && !spaces && !name.empty() && name.size() <= kKeyPairNameMax) return absl::OkStatus();
  return base::WithErrorCode(absl::InvalidArgumentError(absl::StrCat(
                                 "Value (", name.substr(0, 64), ") for parameter KeyName is invalid. It has 1 to ",
                                 kKeyPairNameMax, " ASCII characters, without spaces around them.")),
                             "InvalidParameterValue");
}

absl::StatusOr<PublicKey> ParsePublicKey(absl::string_view material) {
  const std::vector<absl::string_view> words =
      absl::StrSplit(absl::StripAsciiWhitespace(material), absl::ByAnyChar(" \t\r\n"), absl::SkipEmpty());
  if (words.empty()) return NoKey("it is empty");
  const bool named = words.size() > 1 && (words[0] == kRsa || words[0] == kEd25519);
  std::string blob;
  if (!absl::Base64Unescape(words[named ? 1 : 0], &blob)) {
    return NoKey("it is neither \"ssh-rsa BASE64\" nor \"ssh-ed25519 BASE64\"");
  }
  absl::string_view rest = blob;
  const std::optional<absl::string_view> type = TakeString(rest);
  if (!type.has_value() || (*type != kRsa && *type != kEd25519)) return NoKey("it is neither of RSA nor of ED25519");
  if (named && words[0] != *type) return NoKey(absl::StrCat("it is called ", words[0], ", and is ", *type));
  if (*type == kRsa) return RsaKey(rest);
  const std::optional<absl::string_view> point = TakeString(rest);
  if (!point.has_value() || point->size() != kEd25519Bytes || !rest.empty()) {
    return NoKey("its base64 holds no ED25519 key");
  }
  return PublicKey{"ed25519", absl::Base64Escape(Sha256(blob))};
}

}  // namespace nubo::ec2
