// IP addresses, prefixes and socket addresses as values.
//
// Example:
//   IpAddress ip = *IpAddress::Parse("10.0.1.5");
//   Prefix vpc = *Prefix::Parse("10.0.0.0/16");
//   bool inside = vpc.Contains(ip);
//   SocketAddress web = *SocketAddress::Parse("[::1]:80");
//
// Text follows RFC 5952 (IPv6) and strict dotted quads (no leading zeros, four parts). No name is ever looked up.
//
// Thread safety: values.
#ifndef NUBO_NET_IP_ADDRESS_H_
#define NUBO_NET_IP_ADDRESS_H_

#include <cstdint>
#include <string>
#include <utility>

#include "absl/numeric/int128.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nubo::net {

class IpAddress {
 public:
  // 0.0.0.0
  IpAddress() = default;
  static IpAddress V4(uint32_t host_order);
  static IpAddress V6(absl::uint128 host_order);
  // Network byte order, as in A (4 bytes) and AAAA (16 bytes) records. INVALID_ARGUMENT: any other length.
  static absl::StatusOr<IpAddress> FromBytes(absl::string_view bytes);
  // INVALID_ARGUMENT: not an IPv4 or IPv6 address.
  static absl::StatusOr<IpAddress> Parse(absl::string_view text);

  bool is_v4() const { return v4_; }
  bool is_v6() const { return !v4_; }
  // 32 or 128.
  int bits() const { return v4_ ? 32 : 128; }
  // The address as a number; of an IPv4 address the low 32 bits.
  absl::uint128 value() const { return absl::MakeUint128(high_, low_); }
  // Only of an IPv4 address.
  uint32_t v4() const { return static_cast<uint32_t>(low_); }
  // 4 or 16 bytes in network order.
  std::string ToBytes() const;
  std::string ToString() const;
  bool IsLoopback() const;
  bool IsUnspecified() const { return high_ == 0 && low_ == 0; }

  friend bool operator==(const IpAddress& a, const IpAddress& b) {
    return a.v4_ == b.v4_ && a.high_ == b.high_ && a.low_ == b.low_;
  }
  friend bool operator!=(const IpAddress& a, const IpAddress& b) { return !(a == b); }
  // IPv4 before IPv6, then by number.
  friend bool operator<(const IpAddress& a, const IpAddress& b) {
    if (a.v4_ != b.v4_) return a.v4_;
    return a.high_ != b.high_ ? a.high_ < b.high_ : a.low_ < b.low_;
  }
  template <typename H>
  friend H AbslHashValue(H h, const IpAddress& a) {
    return H::combine(std::move(h), a.v4_, a.high_, a.low_);
  }

 private:
  IpAddress(bool v4, absl::uint128 value)
      : high_(absl::Uint128High64(value)), low_(absl::Uint128Low64(value)), v4_(v4) {}
  // Two halves rather than a uint128, whose alignment of 16 clang 19 loses for arguments of coroutines.
  uint64_t high_ = 0;
  uint64_t low_ = 0;
  bool v4_ = true;
};

// A CIDR block. Always canonical: host bits are zero.
class Prefix {
 public:
  // 0.0.0.0/0
  Prefix() = default;
  // Clears the host bits, as AWS does (100.68.0.18/18 is 100.68.0.0/18).
  // INVALID_ARGUMENT: `length` below 0 or above the address's bits.
  static absl::StatusOr<Prefix> Make(const IpAddress& address, int length);
  // "10.0.0.0/16". INVALID_ARGUMENT: no such block.
  static absl::StatusOr<Prefix> Parse(absl::string_view text);

  const IpAddress& first() const { return first_; }
  IpAddress last() const;
  int length() const { return length_; }
  bool is_v4() const { return first_.is_v4(); }
  // How many addresses; 0 stands for 2^128.
  absl::uint128 size() const;
  bool Contains(const IpAddress& address) const;
  bool Contains(const Prefix& other) const;
  bool Overlaps(const Prefix& other) const { return Contains(other) || other.Contains(*this); }
  std::string ToString() const;

  friend bool operator==(const Prefix& a, const Prefix& b) { return a.first_ == b.first_ && a.length_ == b.length_; }
  friend bool operator!=(const Prefix& a, const Prefix& b) { return !(a == b); }
  friend bool operator<(const Prefix& a, const Prefix& b) {
    return a.first_ != b.first_ ? a.first_ < b.first_ : a.length_ < b.length_;
  }

 private:
  Prefix(const IpAddress& first, int length) : first_(first), length_(length) {}
  IpAddress first_;
  int length_ = 0;
};

// An address and a port.
struct SocketAddress {
  IpAddress ip;
  uint16_t port = 0;

  // "127.0.0.1:80" or "[::1]:80". INVALID_ARGUMENT: anything else; a port is 0 to 65535.
  static absl::StatusOr<SocketAddress> Parse(absl::string_view text);
  std::string ToString() const;

  friend bool operator==(const SocketAddress& a, const SocketAddress& b) { return a.ip == b.ip && a.port == b.port; }
  friend bool operator!=(const SocketAddress& a, const SocketAddress& b) { return !(a == b); }
  friend bool operator<(const SocketAddress& a, const SocketAddress& b) {
    return a.ip != b.ip ? a.ip < b.ip : a.port < b.port;
  }
  template <typename H>
  friend H AbslHashValue(H h, const SocketAddress& a) {
    return H::combine(std::move(h), a.ip, a.port);
  }
};

}  // namespace nubo::net

#endif  // NUBO_NET_IP_ADDRESS_H_
