#include "nubo/fabrics/netlink_message.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

#include <algorithm>
#include <map>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace nubo::fabrics {
namespace {

// The first value of each type; of what is nested the bytes.
using Attributes = std::map<uint16_t, absl::string_view>;

// The body in front of `payload`, which is taken off; false: it is shorter.
template <typename T>
bool TakeBody(absl::string_view& payload, T& body) {
  if (payload.size() < sizeof body) return false;
  memcpy(&body, payload.data(), sizeof body);
  payload.remove_prefix(std::min<size_t>(payload.size(), NLMSG_ALIGN(sizeof body)));
  return true;
}

// Up to the first that is not whole.
Attributes ReadAttributes(absl::string_view bytes) {
  Attributes read;
  nlattr header;
  while (bytes.size() >= sizeof header) {
    memcpy(&header, bytes.data(), sizeof header);
    if (header.nla_len < sizeof header || header.nla_len > bytes.size()) break;
    read.emplace(header.nla_type & NLA_TYPE_MASK, bytes.substr(NLA_HDRLEN, header.nla_len - NLA_HDRLEN));
    bytes.remove_prefix(std::min<size_t>(bytes.size(), NLA_ALIGN(header.nla_len)));
  }
  return read;
}

std::optional<absl::string_view> Find(const Attributes& attributes, uint16_t type) {
  const auto found = attributes.find(type);
  if (found == attributes.end()) return std::nullopt;
  return found->second;
}

std::optional<uint32_t> FindNumber(const Attributes& attributes, uint16_t type) {
  const std::optional<absl::string_view> bytes = Find(attributes, type);
  uint32_t number = 0;
  if (!bytes.has_value() || bytes->size() != sizeof number) return std::nullopt;
  memcpy(&number, bytes->data(), sizeof number);
  return number;
}

// Up to its zero byte; "": there is none.
std::string FindText(const Attributes& attributes, uint16_t type) {
  const absl::string_view bytes = Find(attributes, type).value_or(absl::string_view());
  return std::string(bytes.substr(0, bytes.find('\0')));
}

// Nothing: there is none, or it is of another family.
std::optional<net::IpAddress> FindAddress(const Attributes& attributes, uint16_t type, bool v6) {
  const auto address = net::IpAddress::FromBytes(Find(attributes, type).value_or(absl::string_view()));
  if (!address.ok() || address->is_v6() != v6) return std::nullopt;
  return *address;
}

// That of `length` bits at an attribute which is left out when there are none.
std::optional<net::Prefix> FindPrefix(const Attributes& attributes, uint16_t type, bool v6, int length) {
  const net::IpAddress any = v6 ? net::IpAddress::V6(0) : net::IpAddress::V4(0);
  const std::optional<net::IpAddress> address =
      length == 0 ? std::make_optional(any) : FindAddress(attributes, type, v6);
  const auto prefix = net::Prefix::Make(address.value_or(any), length);
  if (!address.has_value() || !prefix.ok()) return std::nullopt;
  return *prefix;
}

bool IsFamily(int family) { return family == AF_INET || family == AF_INET6; }

absl::StatusCode CodeOf(int error) {
  switch (error) {
    case ENODEV:
    case ENOENT:
    case ESRCH:
    case ENXIO:
    case EADDRNOTAVAIL:
      return absl::StatusCode::kNotFound;
    case EEXIST:
      return absl::StatusCode::kAlreadyExists;
    case EINVAL:
    case ERANGE:
    case EBADF:
      return absl::StatusCode::kInvalidArgument;
    case EPERM:
    case EACCES:
      return absl::StatusCode::kPermissionDenied;
    case ENOMEM:
    case ENOBUFS:
    case ENOSPC:
    case ENFILE:
    case EMFILE:
      return absl::StatusCode::kResourceExhausted;
    case EOPNOTSUPP:
    case EPROTONOSUPPORT:
    case EAFNOSUPPORT:
      return absl::StatusCode::kUnimplemented;
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTUNREACH:
    case EBUSY:
      return absl::StatusCode::kFailedPrecondition;
    default:
      return absl::StatusCode::kInternal;
  }
}

// Where packets end: the kernel names lo there, which means nothing.
bool EndsThere(RouteType type) {
  return type == RouteType::kBlackhole || type == RouteType::kUnreachable || type == RouteType::kProhibit ||
         type == RouteType::kThrow;
}

}  // namespace

MessageWriter::MessageWriter(uint16_t type, uint16_t flags) {
  nlmsghdr header = {};
  header.nlmsg_type = type;
  header.nlmsg_flags = flags;
  Body(header);
}

void MessageWriter::Append(absl::string_view bytes) {
  bytes_.append(bytes.data(), bytes.size());
  bytes_.resize(NLMSG_ALIGN(bytes_.size()), '\0');
}

void MessageWriter::Bytes(uint16_t type, absl::string_view value) {
  nlattr header;
  header.nla_type = type;
  header.nla_len = static_cast<uint16_t>(NLA_HDRLEN + value.size());
  Body(header);
  Append(value);
}

void MessageWriter::Number(uint16_t type, uint32_t value) {
  Bytes(type, absl::string_view(reinterpret_cast<const char*>(&value), sizeof value));
}

void MessageWriter::Text(uint16_t type, absl::string_view value) {
  Bytes(type, absl::StrCat(value, absl::string_view("\0", 1)));
}

size_t MessageWriter::Begin(uint16_t type) {
  const size_t begun = bytes_.size();
  Bytes(type, "");
  return begun;
}

void MessageWriter::End(size_t begun) {
  const auto length = static_cast<uint16_t>(bytes_.size() - begun);
  memcpy(&bytes_[begun], &length, sizeof length);
}

size_t MessageWriter::NextValueAt() const { return bytes_.size() + NLA_HDRLEN; }

std::string MessageWriter::Finish() && {
  const auto length = static_cast<uint32_t>(bytes_.size());
  memcpy(bytes_.data(), &length, sizeof length);
  return std::move(bytes_);
}

std::optional<RawMessage> NextMessage(absl::string_view& bytes) {
  nlmsghdr header;
  if (bytes.size() < sizeof header) return std::nullopt;
  memcpy(&header, bytes.data(), sizeof header);
  if (header.nlmsg_len < sizeof header || header.nlmsg_len > bytes.size()) return std::nullopt;
  const RawMessage message = {header.nlmsg_type, header.nlmsg_flags, header.nlmsg_seq,
                              bytes.substr(sizeof header, header.nlmsg_len - sizeof header)};
  bytes.remove_prefix(std::min<size_t>(bytes.size(), NLMSG_ALIGN(size_t{header.nlmsg_len})));
  return message;
}

std::optional<Answer> ParseAnswer(const RawMessage& message) {
  absl::string_view rest = message.payload;
  int error = 0;
  if (message.type != NLMSG_ERROR && message.type != NLMSG_DONE) return std::nullopt;
  if (!TakeBody(rest, error)) return std::nullopt;
  if (message.type == NLMSG_ERROR) {
    // The request's header is repeated, and its rest unless it was cut off.
    nlmsghdr request;
    if (!TakeBody(rest, request)) return std::nullopt;
    const bool capped = (message.flags & NLM_F_CAPPED) != 0;
    const size_t repeated =
        capped ? 0 : NLMSG_ALIGN(size_t{std::max<uint32_t>(request.nlmsg_len, sizeof request)}) - sizeof request;
    rest.remove_prefix(std::min(rest.size(), repeated));
  }
  // What is negative is an error; what is not is how much there was.
  Answer answer;
  if (error < 0) answer.error = error == INT32_MIN ? EIO : -error;
  if ((message.flags & NLM_F_ACK_TLVS) != 0) answer.text = FindText(ReadAttributes(rest), NLMSGERR_ATTR_MSG);
  return answer;
}

absl::Status ToStatus(const Answer& answer, absl::string_view about) {
  if (answer.error == 0) return absl::OkStatus();
  const std::string meaning = std::generic_category().message(answer.error);
  return absl::Status(CodeOf(answer.error), answer.text.empty()
                                                ? absl::StrCat(about, ": ", meaning)
                                                : absl::StrCat(about, ": ", answer.text, " (", meaning, ")"));
}

std::optional<Link> ParseLink(absl::string_view payload) {
  ifinfomsg body;
  if (!TakeBody(payload, body)) return std::nullopt;
  const Attributes attributes = ReadAttributes(payload);
  Link link;
  link.name = FindText(attributes, IFLA_IFNAME);
  link.index = body.ifi_index;
  link.up = (body.ifi_flags & IFF_UP) != 0;
  link.noarp = (body.ifi_flags & IFF_NOARP) != 0;
  link.mtu = FindNumber(attributes, IFLA_MTU).value_or(0);
  const absl::string_view mac = Find(attributes, IFLA_ADDRESS).value_or(absl::string_view());
  if (mac.size() == link.mac.bytes.size()) memcpy(link.mac.bytes.data(), mac.data(), mac.size());
  const Attributes information = ReadAttributes(Find(attributes, IFLA_LINKINFO).value_or(absl::string_view()));
  link.kind = FindText(information, IFLA_INFO_KIND);
  if (link.name.empty() || link.index <= 0) return std::nullopt;
  return link;
}

std::optional<OfDevice<InterfaceAddress>> ParseInterfaceAddress(absl::string_view payload) {
  ifaddrmsg body;
  if (!TakeBody(payload, body) || !IsFamily(body.ifa_family)) return std::nullopt;
  const Attributes attributes = ReadAttributes(payload);
  const bool v6 = body.ifa_family == AF_INET6;
  // Where both ends of a line are told, the local one is ours.
  std::optional<net::IpAddress> address = FindAddress(attributes, IFA_LOCAL, v6);
  if (!address.has_value()) address = FindAddress(attributes, IFA_ADDRESS, v6);
  if (!address.has_value() || body.ifa_prefixlen > address->bits()) return std::nullopt;
  const uint32_t flags = FindNumber(attributes, IFA_FLAGS).value_or(body.ifa_flags);
  OfDevice<InterfaceAddress> parsed;
  parsed.device = static_cast<int>(body.ifa_index);
  parsed.value.address = *address;
  parsed.value.length = body.ifa_prefixlen;
  parsed.value.no_prefix_route = (flags & IFA_F_NOPREFIXROUTE) != 0;
  parsed.value.no_duplicate_detection = (flags & IFA_F_NODAD) != 0;
  return parsed;
}

std::optional<OfDevice<Route>> ParseRoute(absl::string_view payload) {
  rtmsg body;
  if (!TakeBody(payload, body) || !IsFamily(body.rtm_family)) return std::nullopt;
  if ((body.rtm_flags & RTM_F_CLONED) != 0) return std::nullopt;
  if (body.rtm_type < RTN_UNICAST || body.rtm_type > RTN_THROW) return std::nullopt;
  const Attributes attributes = ReadAttributes(payload);
  const bool v6 = body.rtm_family == AF_INET6;
  const std::optional<net::Prefix> destination = FindPrefix(attributes, RTA_DST, v6, body.rtm_dst_len);
  if (!destination.has_value()) return std::nullopt;
  OfDevice<Route> parsed;
  Route& route = parsed.value;
  route.table = FindNumber(attributes, RTA_TABLE).value_or(body.rtm_table);
  route.destination = *destination;
  route.gateway = FindAddress(attributes, RTA_GATEWAY, v6);
  route.onlink = (body.rtm_flags & RTNH_F_ONLINK) != 0;
  route.type = static_cast<RouteType>(body.rtm_type);
  if (body.rtm_scope == RT_SCOPE_LINK || body.rtm_scope == RT_SCOPE_HOST) {
    route.scope = static_cast<RouteScope>(body.rtm_scope);
  } else {
    route.scope = RouteScope::kUniverse;
  }
  route.metric = FindNumber(attributes, RTA_PRIORITY).value_or(0);
  route.source_hint = FindAddress(attributes, RTA_PREFSRC, v6);
  if (!EndsThere(route.type)) parsed.device = static_cast<int>(FindNumber(attributes, RTA_OIF).value_or(0));
  return parsed;
}

std::optional<RoutingRule> ParseRoutingRule(absl::string_view payload) {
  fib_rule_hdr body;
  if (!TakeBody(payload, body) || !IsFamily(body.family) || body.action != FR_ACT_TO_TBL) return std::nullopt;
  const Attributes attributes = ReadAttributes(payload);
  RoutingRule rule;
  rule.v6 = body.family == AF_INET6;
  rule.priority = FindNumber(attributes, FRA_PRIORITY).value_or(0);
  rule.mark = FindNumber(attributes, FRA_FWMARK).value_or(0);
  rule.mark_mask = FindNumber(attributes, FRA_FWMASK).value_or(0);
  rule.in_device = FindText(attributes, FRA_IIFNAME);
  rule.table = FindNumber(attributes, FRA_TABLE).value_or(body.table);
  if (body.src_len != 0) {
    rule.from = FindPrefix(attributes, FRA_SRC, rule.v6, body.src_len);
    if (!rule.from.has_value()) return std::nullopt;
  }
  if (body.dst_len != 0) {
    rule.to = FindPrefix(attributes, FRA_DST, rule.v6, body.dst_len);
    if (!rule.to.has_value()) return std::nullopt;
  }
  return rule;
}

}  // namespace nubo::fabrics
