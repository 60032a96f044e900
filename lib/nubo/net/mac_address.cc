#include "nubo/net/mac_address.h"

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace nubo::net {
namespace {

constexpr size_t kTextSize = 17;
// A pair of digits and its colon.
constexpr size_t kPairSize = 3;

int Digit(char c) {
  if (absl::ascii_isdigit(c)) return c - '0';
  return absl::ascii_tolower(c) - 'a' + 10;
}

}  // namespace

absl::StatusOr<MacAddress> MacAddress::Parse(absl::string_view text) {
  MacAddress mac;
  bool good = text.size() == kTextSize;
  for (size_t i = 0; good && i < text.size(); ++i) {
    const bool colon = i % kPairSize == kPairSize - 1;
    good = colon ? text[i] == ':' : absl::ascii_isxdigit(text[i]);
    if (good && !colon) mac.bytes[i / kPairSize] = static_cast<uint8_t>(mac.bytes[i / kPairSize] << 4 | Digit(text[i]));
  }
  if (!good) return absl::InvalidArgumentError(absl::StrCat("not a MAC address: \"", text, "\""));
  return mac;
}

std::string MacAddress::ToString() const {
  return absl::StrFormat("%02x:%02x:%02x:%02x:%02x:%02x", bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5]);
}

}  // namespace nubo::net
