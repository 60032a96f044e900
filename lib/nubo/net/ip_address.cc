#include "nubo/net/ip_address.h"

#include <arpa/inet.h>

#include <cstring>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace nubo::net {
namespace {

// The bits of an address of `bits` bits that a prefix of `length` leaves to the host.
absl::uint128 HostMask(int bits, int length) {
  const int host_bits = bits - length;
  if (host_bits >= 128) return absl::Uint128Max();
  return (absl::uint128(1) << host_bits) - 1;
}

bool IsDecimal(absl::string_view text) {
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return false;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
  }
  return true;
}

}  // namespace

IpAddress IpAddress::V4(uint32_t host_order) { return IpAddress(true, host_order); }
IpAddress IpAddress::V6(absl::uint128 host_order) { return IpAddress(false, host_order); }

absl::StatusOr<IpAddress> IpAddress::FromBytes(absl::string_view bytes) {
  if (bytes.size() != 4 && bytes.size() != 16) {
    return absl::InvalidArgumentError(absl::StrCat("an IP address has 4 or 16 bytes, not ", bytes.size()));
  }
  absl::uint128 value = 0;
  for (const char c : bytes) value = (value << 8) | static_cast<uint8_t>(c);
  return IpAddress(bytes.size() == 4, value);
}

absl::StatusOr<IpAddress> IpAddress::Parse(absl::string_view text) {
  // inet_pton is strict: four decimal parts without leading zeros, or RFC 4291 text without a zone.
  constexpr size_t kTextMax = INET6_ADDRSTRLEN;
  if (text.size() < kTextMax) {
    const std::string terminated(text);
    char bytes[16];
    if (inet_pton(AF_INET, terminated.c_str(), bytes) == 1) return FromBytes(absl::string_view(bytes, 4));
    if (inet_pton(AF_INET6, terminated.c_str(), bytes) == 1) return FromBytes(absl::string_view(bytes, 16));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("\"", text.substr(0, kTextMax), "\" is not an IP address such as 10.0.1.5 or 2001:db8::1"));
}

std::string IpAddress::ToBytes() const {
  const int size = bits() / 8;
  std::string bytes(size, '\0');
  absl::uint128 rest = value();
  for (int i = size - 1; i >= 0; --i) {
    bytes[i] = static_cast<char>(absl::Uint128Low64(rest) & 0xff);
    rest >>= 8;
  }
  return bytes;
}

std::string IpAddress::ToString() const {
  char text[INET6_ADDRSTRLEN];
  const std::string bytes = ToBytes();
  inet_ntop(v4_ ? AF_INET : AF_INET6, bytes.data(), text, sizeof text);
  return text;
}

bool IpAddress::IsLoopback() const { return v4_ ? (v4() >> 24) == 127 : value() == 1; }

absl::StatusOr<Prefix> Prefix::Make(const IpAddress& address, int length) {
  if (length < 0 || length > address.bits()) {
    return absl::InvalidArgumentError(
        absl::StrCat("prefix length /", length, " of ", address.ToString(), " is not between 0 and ", address.bits()));
  }
  const absl::uint128 first = address.value() & ~HostMask(address.bits(), length);
  return Prefix(
      address.is_v4() ? IpAddress::V4(static_cast<uint32_t>(absl::Uint128Low64(first))) : IpAddress::V6(first), length);
}

absl::StatusOr<Prefix> Prefix::Parse(absl::string_view text) {
  const size_t slash = text.find('/');
  const absl::string_view digits = slash == absl::string_view::npos ? "" : text.substr(slash + 1);
  const absl::StatusOr<IpAddress> address = IpAddress::Parse(text.substr(0, slash));
  int length = 0;
  if (!address.ok() || !IsDecimal(digits) || !absl::SimpleAtoi(digits, &length)) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text.substr(0, 64), "\" is not a CIDR block such as 10.0.0.0/16"));
  }
  return Make(*address, length);
}

IpAddress Prefix::last() const {
  const absl::uint128 last = first_.value() | HostMask(first_.bits(), length_);
  return is_v4() ? IpAddress::V4(static_cast<uint32_t>(absl::Uint128Low64(last))) : IpAddress::V6(last);
}

absl::uint128 Prefix::size() const { return HostMask(first_.bits(), length_) + 1; }

bool Prefix::Contains(const IpAddress& address) const {
  if (address.is_v4() != is_v4()) return false;
  return (address.value() & ~HostMask(first_.bits(), length_)) == first_.value();
}

bool Prefix::Contains(const Prefix& other) const { return other.length_ >= length_ && Contains(other.first_); }

std::string Prefix::ToString() const { return absl::StrCat(first_.ToString(), "/", length_); }

absl::StatusOr<SocketAddress> SocketAddress::Parse(absl::string_view text) {
  const auto bad = [&] {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text.substr(0, 64), "\" is not an address and port such as 127.0.0.1:80 or [::1]:80"));
  };
  const size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos) return bad();
  absl::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const absl::StatusOr<IpAddress> ip = IpAddress::Parse(host);
  int port = 0;
  const absl::string_view digits = text.substr(colon + 1);
  if (!ip.ok() || ip->is_v6() != bracketed || !IsDecimal(digits) || !absl::SimpleAtoi(digits, &port) || port > 65535) {
    return bad();
  }
  return SocketAddress{*ip, static_cast<uint16_t>(port)};
}

std::string SocketAddress::ToString() const {
  return ip.is_v4() ? absl::StrCat(ip.ToString(), ":", port) : absl::StrCat("[", ip.ToString(), "]:", port);
}

}  // namespace nubo::net
