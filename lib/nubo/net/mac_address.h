// MAC addresses as values.
//
// Example:
//   const net::MacAddress mac = *net::MacAddress::Parse("02:00:0a:00:01:05");
//
// Thread safety: values.
#ifndef NUBO_NET_MAC_ADDRESS_H_
#define NUBO_NET_MAC_ADDRESS_H_

#include <array>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nubo::net {

struct MacAddress {
  std::array<uint8_t, 6> bytes = {};

  // Six pairs of hexadecimal digits with colons between. INVALID_ARGUMENT: anything else.
  static absl::StatusOr<MacAddress> Parse(absl::string_view text);
  std::string ToString() const;

  friend auto operator<=>(const MacAddress&, const MacAddress&) = default;
};

}  // namespace nubo::net

#endif  // NUBO_NET_MAC_ADDRESS_H_
