// Netlink messages as bytes: written, and read without trust.
//
// Grammar (netlink(7), rtnetlink(7)): a message is a header of 16 bytes, a body that its type decides, and attributes
// of a length, a type and a value, each padded to four bytes. Numbers are in the machine's own order.
//
// Example:
//   MessageWriter writer(RTM_GETLINK, 0);
//   writer.Body(ifinfomsg{});
//   writer.Text(IFLA_IFNAME, "lo");
//   const std::string bytes = std::move(writer).Finish();
//
// Thread safety: pure functions; a writer is thread-compatible.
#ifndef NUBO_FABRICS_NETLINK_MESSAGE_H_
#define NUBO_FABRICS_NETLINK_MESSAGE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "nubo/fabrics/netlink_types.h"
#include "nubo/net/ip_address.h"

namespace nubo::fabrics {

class MessageWriter {
 public:
  MessageWriter(uint16_t type, uint16_t flags);

  // A body's structure of the kernel, or one inside a nested attribute.
  template <typename T>
  void Body(const T& body) {
    static_assert(std::is_trivially_copyable_v<T>);
    Append(absl::string_view(reinterpret_cast<const char*>(&body), sizeof body));
  }
  void Bytes(uint16_t type, absl::string_view value);
  void Number(uint16_t type, uint32_t value);
  // With the zero byte at its end.
  void Text(uint16_t type, absl::string_view value);
  void Address(uint16_t type, const net::IpAddress& address) { Bytes(type, address.ToBytes()); }
  // What follows is inside of it until End, which takes what this returns.
  size_t Begin(uint16_t type);
  void End(size_t begun);
  // Where the next attribute's value will be.
  size_t NextValueAt() const;

  std::string Finish() &&;

 private:
  void Append(absl::string_view bytes);

  std::string bytes_;
};

struct RawMessage {
  uint16_t type = 0;
  uint16_t flags = 0;
  uint32_t sequence = 0;
  // Body and attributes, as long as the bytes it was read from.
  absl::string_view payload;
};

// Takes the first message off `bytes`; nothing: there is none, or it is not whole.
std::optional<RawMessage> NextMessage(absl::string_view& bytes);

// What the kernel says of a request, or at the end of a list.
struct Answer {
  // As errno(3); 0: done.
  int error = 0;
  // Its reason; "": it gives none.
  std::string text;
};
// Of an NLMSG_ERROR or NLMSG_DONE; nothing: it is not whole, or of another type.
std::optional<Answer> ParseAnswer(const RawMessage& message);

// As netlink.h says. "add route …: Nexthop has invalid gateway (Network is unreachable)".
absl::Status ToStatus(const Answer& answer, absl::string_view about);

// A link, or what belongs to one, whose device is only a number yet; 0: to none.
template <typename T>
struct OfDevice {
  T value;
  int device = 0;
};

// The payloads of RTM_NEWLINK, RTM_NEWADDR, RTM_NEWROUTE and RTM_NEWRULE. Nothing: it is not whole, or of a kind that
// the types of this library cannot tell: another family, a route the kernel made for a moment, a rule that does
// something else than to name a table.
std::optional<Link> ParseLink(absl::string_view payload);
std::optional<OfDevice<InterfaceAddress>> ParseInterfaceAddress(absl::string_view payload);
// Of a route with several next hops the device and gateway are missing.
std::optional<OfDevice<Route>> ParseRoute(absl::string_view payload);
std::optional<RoutingRule> ParseRoutingRule(absl::string_view payload);

}  // namespace nubo::fabrics

#endif  // NUBO_FABRICS_NETLINK_MESSAGE_H_
