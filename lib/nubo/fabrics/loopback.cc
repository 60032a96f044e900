#include "nubo/fabrics/loopback.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace nubo::fabrics {
namespace {

constexpr uint32_t kLoopback = 127u << 24;
constexpr int kLoopbackLength = 8;
// ::ffff:0:0/96 as the kernel prints it.
constexpr absl::string_view kMappedPrefix = "0000000000000000FFFF0000";
constexpr size_t kWordDigits = 8;

absl::StatusOr<net::IpAddress> Translate(const net::IpAddress& address, const net::Prefix& from,
                                         const net::Prefix& to) {
  if (!from.Contains(address)) {
    return absl::InvalidArgumentError(absl::StrCat(address.ToString(), " is not within ", from.ToString()));
  }
  return net::IpAddress::V4(to.first().v4() + (address.v4() - from.first().v4()));
}

}  // namespace

absl::StatusOr<net::IpAddress> LoopbackMap::ToLoopback(const net::IpAddress& address) const {
  return Translate(address, vpc_, loopback_);
}

absl::StatusOr<net::IpAddress> LoopbackMap::ToPrivate(const net::IpAddress& address) const {
  return Translate(address, loopback_, vpc_);
}

absl::StatusOr<net::Prefix> ChooseLoopbackBlock(int length, uint32_t hint, const std::vector<net::Prefix>& taken,
                                                const std::set<net::IpAddress>& busy) {
  if (length < kLoopbackLength || length > 32) {
    return absl::InvalidArgumentError(absl::StrCat("a /", length, " is no part of 127.0.0.0/8"));
  }
  const net::Prefix usual = *net::Prefix::Make(net::IpAddress::V4(kLoopback), 16);
  const uint32_t count = 1u << (length - kLoopbackLength);
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t index = (hint + i) % count;
    const net::IpAddress first = net::IpAddress::V4(kLoopback | (length == 32 ? index : index << (32 - length)));
    const net::Prefix block = *net::Prefix::Make(first, length);
    const auto occupied = busy.lower_bound(block.first());
    if (block.Overlaps(usual) || (occupied != busy.end() && block.Contains(*occupied))) continue;
    if (std::any_of(taken.begin(), taken.end(), [&](const net::Prefix& other) { return other.Overlaps(block); }))
      continue;
    return block;
  }
  return absl::ResourceExhaustedError(absl::StrCat("127.0.0.0/8 has no unused /", length, " left"));
}

std::set<net::IpAddress> ParseProcNet(absl::string_view table) {
  std::set<net::IpAddress> addresses;
  for (const absl::string_view line : absl::StrSplit(table, '\n')) {
    // "  0: 0100007F:1F90 00000000:0000 0A …": words of 32 bits in this machine's byte order, which is little-endian
    // here.
    const std::vector<absl::string_view> columns = absl::StrSplit(line, ' ', absl::SkipWhitespace());
    if (columns.size() < 4) continue;
    absl::string_view local = columns[1].substr(0, columns[1].find(':'));
    // A socket of IPv6 that serves an address of IPv4.
    if (local.size() == kMappedPrefix.size() + kWordDigits && !absl::ConsumePrefix(&local, kMappedPrefix)) continue;
    uint32_t raw = 0;
    if (local.size() != kWordDigits || local.size() == columns[1].size() || !absl::SimpleHexAtoi(local, &raw)) continue;
    const net::IpAddress address = net::IpAddress::V4(__builtin_bswap32(raw));
    if (address.IsLoopback()) addresses.insert(address);
  }
  return addresses;
}

std::set<net::IpAddress> BusyLoopbackAddresses() {
  std::set<net::IpAddress> all;
  for (const char* path : {"/proc/net/tcp", "/proc/net/udp", "/proc/net/tcp6", "/proc/net/udp6"}) {
    std::ifstream file(path);
    const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    all.merge(ParseProcNet(text));
  }
  return all;
}

}  // namespace nubo::fabrics
