#include "nubo/fabrics/netlink.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

#include <algorithm>
#include <map>
#include <optional>
#include <span>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/fabrics/netlink_message.h"

namespace nubo::fabrics {
namespace {

// Each answer takes about a kilobyte of the socket's queue, which by default has room for 200: answers that find none
// are lost.
constexpr size_t kSentTogetherMax = 64;
// What is told of a link takes about four times that.
constexpr size_t kLooksTogetherMax = 16;
// The kernel writes lists in pieces of up to 32 KiB.
constexpr size_t kReadMax = 64 << 10;
// A list that changed while it was read is read again.
constexpr int kListsTriedMax = 10;
constexpr uint16_t kRequest = NLM_F_REQUEST | NLM_F_ACK;

absl::Status NameProblem(absl::string_view name) {
  const bool good = !name.empty() && name.size() < IFNAMSIZ && name != "." && name != ".." &&
                    std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c != '/' && c != ':'; });
  if (good) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("\"", name, "\" cannot name a device"));
}

ifinfomsg Flags(uint32_t flags) {
  ifinfomsg body = {};
  body.ifi_flags = flags;
  // Only these are changed.
  body.ifi_change = flags;
  return body;
}

absl::string_view BytesOf(const net::MacAddress& mac) {
  return absl::string_view(reinterpret_cast<const char*>(mac.bytes.data()), mac.bytes.size());
}

unsigned char FamilyOf(const net::IpAddress& address) { return address.is_v4() ? AF_INET : AF_INET6; }

// An end of a veth: its body and what follows.
void WriteEnd(MessageWriter& writer, const Veth& veth, bool peer) {
  // The first of the two to be made cannot be up yet.
  writer.Body(Flags((veth.noarp ? IFF_NOARP : 0u) | (peer && veth.peer_up ? IFF_UP : 0u)));
  writer.Text(IFLA_IFNAME, peer ? veth.peer_name : veth.name);
  writer.Bytes(IFLA_ADDRESS, BytesOf(peer ? veth.peer_mac : veth.mac));
  if (veth.mtu != 0) writer.Number(IFLA_MTU, veth.mtu);
  if (peer && veth.peer_namespace >= 0) writer.Number(IFLA_NET_NS_FD, static_cast<uint32_t>(veth.peer_namespace));
}

// To the kernel ours is the peer: that one is made first.
std::string VethMessage(const Veth& veth) {
  MessageWriter writer(RTM_NEWLINK, kRequest | NLM_F_CREATE | NLM_F_EXCL);
  WriteEnd(writer, veth, true);
  const size_t information = writer.Begin(IFLA_LINKINFO);
  writer.Bytes(IFLA_INFO_KIND, "veth");
  const size_t data = writer.Begin(IFLA_INFO_DATA);
  const size_t other = writer.Begin(VETH_INFO_PEER);
  WriteEnd(writer, veth, false);
  writer.End(other);
  writer.End(data);
  writer.End(information);
  return std::move(writer).Finish();
}

// Of a link that is named.
std::string LinkMessage(uint16_t type, absl::string_view name, uint32_t flags = 0, int network_namespace = -1) {
  MessageWriter writer(type, kRequest);
  writer.Body(Flags(flags));
  writer.Text(IFLA_IFNAME, name);
  if (network_namespace >= 0) writer.Number(IFLA_NET_NS_FD, static_cast<uint32_t>(network_namespace));
  return std::move(writer).Finish();
}

std::string LookMessage(absl::string_view name) {
  MessageWriter writer(RTM_GETLINK, NLM_F_REQUEST);
  writer.Body(ifinfomsg{});
  writer.Text(IFLA_IFNAME, name);
  writer.Number(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  return std::move(writer).Finish();
}

absl::string_view WordOf(RouteType type) {
  constexpr absl::string_view kWords[] = {"unicast",   "local",       "broadcast", "anycast", "multicast",
                                          "blackhole", "unreachable", "prohibit",  "throw"};
  return kWords[static_cast<size_t>(type) - static_cast<size_t>(RouteType::kUnicast)];
}

RouteScope DefaultScope(const Route& route) {
  switch (route.type) {
    case RouteType::kLocal:
      return RouteScope::kHost;
    case RouteType::kBroadcast:
    case RouteType::kAnycast:
    case RouteType::kMulticast:
      return RouteScope::kLink;
    case RouteType::kUnicast:
      return route.gateway.has_value() ? RouteScope::kUniverse : RouteScope::kLink;
    default:
      return RouteScope::kUniverse;
  }
}

std::string AboutAddress(absl::string_view verb, const InterfaceAddress& address) {
  return absl::StrCat(verb, " address ", address.address.ToString(), "/", address.length, " dev ", address.device);
}

// As ip-route(8) would have it.
std::string AboutRoute(absl::string_view verb, const Route& route) {
  std::string about = absl::StrCat(verb, " route ");
  if (route.type != RouteType::kUnicast) absl::StrAppend(&about, WordOf(route.type), " ");
  absl::StrAppend(&about, route.destination.ToString());
  if (route.gateway.has_value()) absl::StrAppend(&about, " via ", route.gateway->ToString());
  if (!route.device.empty()) absl::StrAppend(&about, " dev ", route.device);
  absl::StrAppend(&about, " table ", route.table);
  return about;
}

std::string AboutRule(absl::string_view verb, const RoutingRule& rule) {
  std::string about = absl::StrCat(verb, " rule ", rule.v6 ? "of IPv6 " : "", "priority ", rule.priority);
  if (rule.from.has_value()) absl::StrAppend(&about, " from ", rule.from->ToString());
  if (rule.to.has_value()) absl::StrAppend(&about, " to ", rule.to->ToString());
  if (!rule.in_device.empty()) absl::StrAppend(&about, " iif ", rule.in_device);
  if (rule.mark_mask != 0) {
    absl::StrAppend(&about, " fwmark 0x", absl::Hex(rule.mark), "/0x", absl::Hex(rule.mark_mask));
  }
  absl::StrAppend(&about, " table ", rule.table);
  return about;
}

absl::Status AddressProblem(const InterfaceAddress& address) {
  if (address.length < 0 || address.length > address.address.bits()) {
    return absl::InvalidArgumentError(absl::StrCat("no block has the length ", address.length));
  }
  return NameProblem(address.device);
}

absl::Status RouteProblem(const Route& route) {
  const bool v4 = route.destination.is_v4();
  if (route.gateway.has_value() && route.gateway->is_v4() != v4) {
    return absl::InvalidArgumentError("the gateway is of another family");
  }
  if (route.source_hint.has_value() && route.source_hint->is_v4() != v4) {
    return absl::InvalidArgumentError("the source is of another family");
  }
  return route.device.empty() ? absl::OkStatus() : NameProblem(route.device);
}

absl::Status RuleProblem(const RoutingRule& rule) {
  const bool foreign =
      (rule.from.has_value() && rule.from->is_v4() == rule.v6) || (rule.to.has_value() && rule.to->is_v4() == rule.v6);
  if (foreign) {
    return absl::InvalidArgumentError("the block is of another family");
  }
  return rule.in_device.empty() ? absl::OkStatus() : NameProblem(rule.in_device);
}

std::string AddressMessage(uint16_t type, uint16_t flags, const InterfaceAddress& address) {
  MessageWriter writer(type, flags);
  ifaddrmsg body = {};
  body.ifa_family = FamilyOf(address.address);
  body.ifa_prefixlen = static_cast<unsigned char>(address.length);
  body.ifa_scope = address.address.is_v4() && address.address.IsLoopback() ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE;
  if (address.link_scope && address.address.is_v4()) body.ifa_scope = RT_SCOPE_LINK;
  writer.Body(body);
  writer.Address(IFA_LOCAL, address.address);
  writer.Address(IFA_ADDRESS, address.address);
  writer.Number(IFA_FLAGS, (address.no_prefix_route ? IFA_F_NOPREFIXROUTE : 0u) |
                               (address.no_duplicate_detection && address.address.is_v6() ? IFA_F_NODAD : 0u));
  return std::move(writer).Finish();
}

constexpr size_t kAddressNumberAt = NLMSG_HDRLEN + offsetof(ifaddrmsg, ifa_index);

// `number_at` becomes where the number of the device goes.
std::string RouteMessage(uint16_t type, uint16_t flags, const Route& route, bool removing, size_t& number_at) {
  MessageWriter writer(type, flags);
  rtmsg body = {};
  body.rtm_family = FamilyOf(route.destination.first());
  body.rtm_dst_len = static_cast<unsigned char>(route.destination.length());
  body.rtm_protocol = RTPROT_STATIC;
  body.rtm_type = static_cast<unsigned char>(route.type);
  body.rtm_scope = static_cast<unsigned char>(route.scope.value_or(DefaultScope(route)));
  if (removing) {
    // Whoever made it; and unicast is what nothing is said of, which blackholes and local routes are found by as well.
    body.rtm_protocol = RTPROT_UNSPEC;
    if (route.type == RouteType::kUnicast) body.rtm_type = RTN_UNSPEC;
    if (!route.scope.has_value()) body.rtm_scope = RT_SCOPE_NOWHERE;
  }
  // 0 asks to look at the attribute, which has room for all numbers.
  body.rtm_table = RT_TABLE_UNSPEC;
  body.rtm_flags = route.onlink ? RTNH_F_ONLINK : 0;
  writer.Body(body);
  writer.Number(RTA_TABLE, route.table);
  writer.Address(RTA_DST, route.destination.first());
  if (route.gateway.has_value()) writer.Address(RTA_GATEWAY, *route.gateway);
  if (route.metric != 0) writer.Number(RTA_PRIORITY, route.metric);
  if (route.source_hint.has_value()) writer.Address(RTA_PREFSRC, *route.source_hint);
  if (!route.device.empty()) {
    number_at = writer.NextValueAt();
    writer.Number(RTA_OIF, 0);
  }
  return std::move(writer).Finish();
}

std::string RuleMessage(uint16_t type, uint16_t flags, const RoutingRule& rule) {
  MessageWriter writer(type, flags);
  fib_rule_hdr body = {};
  body.family = rule.v6 ? AF_INET6 : AF_INET;
  body.src_len = static_cast<uint8_t>(rule.from.has_value() ? rule.from->length() : 0);
  body.dst_len = static_cast<uint8_t>(rule.to.has_value() ? rule.to->length() : 0);
  body.action = FR_ACT_TO_TBL;
  body.table = RT_TABLE_UNSPEC;
  writer.Body(body);
  writer.Number(FRA_PRIORITY, rule.priority);
  writer.Number(FRA_TABLE, rule.table);
  if (rule.from.has_value() && rule.from->length() != 0) writer.Address(FRA_SRC, rule.from->first());
  if (rule.to.has_value() && rule.to->length() != 0) writer.Address(FRA_DST, rule.to->first());
  if (!rule.in_device.empty()) writer.Text(FRA_IIFNAME, rule.in_device);
  if (rule.mark_mask != 0) {
    writer.Number(FRA_FWMARK, rule.mark);
    writer.Number(FRA_FWMASK, rule.mark_mask);
  }
  return std::move(writer).Finish();
}

// Sends `messages`, numbered from `sequence` + 1 on. The kernel has done all of them when this returns.
absl::Status Send(int socket, std::span<const std::string> messages, uint32_t& sequence) {
  std::string bytes;
  for (const std::string& message : messages) {
    const size_t begin = bytes.size();
    bytes += message;
    ++sequence;
    memcpy(&bytes[begin + offsetof(nlmsghdr, nlmsg_seq)], &sequence, sizeof sequence);
  }
  sockaddr_nl kernel = {};
  kernel.nl_family = AF_NETLINK;
  ssize_t sent = -1;
  do {
    sent = sendto(socket, bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&kernel), sizeof kernel);
  } while (sent < 0 && errno == EINTR);
  return ToStatus({sent < 0 ? errno : 0, ""}, "tell the kernel");
}

// Reads what the kernel has answered already into `buffer`. "": there is nothing more. Whatever is not the kernel's is
// passed over.
absl::StatusOr<absl::string_view> Receive(int socket, std::string& buffer) {
  buffer.resize(kReadMax);
  while (true) {
    sockaddr_nl sender = {};
    iovec piece = {buffer.data(), buffer.size()};
    msghdr header = {};
    header.msg_name = &sender;
    header.msg_namelen = sizeof sender;
    header.msg_iov = &piece;
    header.msg_iovlen = 1;
    // Sending has waited for the answers: they are here, or lost.
    const ssize_t got = recvmsg(socket, &header, MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return absl::string_view();
    if (got < 0) return ToStatus({errno, ""}, "hear the kernel");
    if (sender.nl_pid != 0) continue;
    if ((header.msg_flags & MSG_TRUNC) != 0) return absl::InternalError("the kernel's answer is too long");
    return absl::string_view(buffer.data(), static_cast<size_t>(got));
  }
}

// Calls `use(index, message)` with what is answered to `count` requests, the first of them numbered `first`, until
// `wanted` say that they are the last word.
template <typename Use>
absl::Status ReceiveAnswers(int socket, uint32_t first, size_t count, Use use) {
  std::string buffer;
  size_t outstanding = count;
  while (outstanding > 0) {
    NUBO_ASSIGN_OR_RETURN(absl::string_view bytes, Receive(socket, buffer));
    if (bytes.empty()) return absl::ResourceExhaustedError("the kernel's answer was lost");
    while (const std::optional<RawMessage> message = NextMessage(bytes)) {
      // Those of an earlier call that did not wait for them have other numbers.
      const uint32_t index = message->sequence - first;
      if (index < count && use(index, *message)) --outstanding;
    }
  }
  return absl::OkStatus();
}

// Several requests at once; each has one status afterwards.
std::vector<absl::Status> Ask(int socket, std::span<const std::string> messages, std::span<const std::string> about,
                              uint32_t& sequence) {
  std::vector<absl::Status> statuses(messages.size(), absl::UnknownError(""));
  const uint32_t first = sequence + 1;
  absl::Status whole = Send(socket, messages, sequence);
  const auto use = [&](size_t index, const RawMessage& message) {
    const std::optional<Answer> answer = ParseAnswer(message);
    if (!answer.has_value()) return false;
    statuses[index] = ToStatus(*answer, about[index]);
    return true;
  };
  if (whole.ok()) whole = ReceiveAnswers(socket, first, messages.size(), use);
  for (size_t i = 0; i < statuses.size(); ++i) {
    if (absl::IsUnknown(statuses[i])) statuses[i] = base::Annotate(whole, about[i]);
  }
  return statuses;
}

// Looks up the numbers of devices; those that are not there are left out.
absl::Status LookUp(int socket, std::span<const std::string> names, uint32_t& sequence,
                    std::map<std::string, int>& numbers) {
  while (!names.empty()) {
    const auto some = names.first(std::min(names.size(), kLooksTogetherMax));
    names = names.subspan(some.size());
    std::vector<std::string> messages;
    for (const std::string& name : some) messages.push_back(LookMessage(name));
    const uint32_t first = sequence + 1;
    NUBO_RETURN_IF_ERROR(Send(socket, messages, sequence));
    const auto use = [&](size_t index, const RawMessage& message) {
      if (message.type != RTM_NEWLINK) return message.type == NLMSG_ERROR;
      if (const std::optional<Link> link = ParseLink(message.payload)) numbers[some[index]] = link->index;
      return true;
    };
    NUBO_RETURN_IF_ERROR(ReceiveAnswers(socket, first, messages.size(), use));
  }
  return absl::OkStatus();
}

// One reading of a list; `interrupted`: it changed meanwhile.
template <typename Use>
absl::Status ReadList(int socket, const std::string& message, absl::string_view about, uint32_t& sequence, Use use,
                      bool& interrupted) {
  NUBO_RETURN_IF_ERROR(base::Annotate(Send(socket, {&message, 1}, sequence), about));
  absl::Status end;
  const auto read = [&](size_t, const RawMessage& part) {
    interrupted = interrupted || (part.flags & NLM_F_DUMP_INTR) != 0;
    const std::optional<Answer> answer = ParseAnswer(part);
    if (!answer.has_value()) {
      use(part);
      return false;
    }
    // A table that has never had a route is not there.
    if (answer->error != ENOENT) end = ToStatus(*answer, about);
    return true;
  };
  NUBO_RETURN_IF_ERROR(base::Annotate(ReceiveAnswers(socket, sequence, 1, read), about));
  return end;
}

// What `parse` makes of each message of `type` in a list.
template <typename T>
absl::StatusOr<std::vector<T>> ListAll(int socket, const std::string& message, uint16_t type,
                                       std::optional<T> (*parse)(absl::string_view), absl::string_view about,
                                       uint32_t& sequence) {
  for (int tried = 0; tried < kListsTriedMax; ++tried) {
    std::vector<T> all;
    const auto use = [&](const RawMessage& part) {
      if (part.type != type) return;
      if (std::optional<T> parsed = parse(part.payload)) all.push_back(*std::move(parsed));
    };
    bool interrupted = false;
    NUBO_RETURN_IF_ERROR(ReadList(socket, message, about, sequence, use, interrupted));
    if (!interrupted) return all;
  }
  return absl::UnavailableError(absl::StrCat(about, ": it changed whenever it was read"));
}

// What belongs to devices that are there, with their names.
template <typename T>
std::vector<T> WithNames(std::vector<OfDevice<T>> found, const std::vector<Link>& links) {
  std::map<int, absl::string_view> names;
  for (const Link& link : links) names[link.index] = link.name;
  std::vector<T> all;
  for (OfDevice<T>& one : found) {
    const auto name = names.find(one.device);
    // Of one that has gone or come in between.
    if (one.device != 0 && name == names.end()) continue;
    if (one.device != 0) one.value.device = std::string(name->second);
    all.push_back(std::move(one.value));
  }
  return all;
}

}  // namespace

void NetlinkBatch::AddVeth(const Veth& veth) {
  absl::Status problem = NameProblem(veth.name);
  problem.Update(NameProblem(veth.peer_name));
  Add({.bytes = VethMessage(veth),
       .about = absl::StrCat("add veth ", veth.name),
       .problem = problem,
       .renumbers = true});
}

void NetlinkBatch::DeleteLink(absl::string_view name) {
  Add({.bytes = LinkMessage(RTM_DELLINK, name),
       .about = absl::StrCat("delete link ", name),
       .problem = NameProblem(name),
       .renumbers = true});
}

void NetlinkBatch::SetUp(absl::string_view name) {
  Add({.bytes = LinkMessage(RTM_NEWLINK, name, IFF_UP),
       .about = absl::StrCat("set up ", name),
       .problem = NameProblem(name)});
}

void NetlinkBatch::MoveLink(absl::string_view name, int network_namespace) {
  Add({.bytes = LinkMessage(RTM_NEWLINK, name, 0, network_namespace),
       .about = absl::StrCat("move link ", name),
       .problem = NameProblem(name),
       .renumbers = true});
}

void NetlinkBatch::AddAddress(const InterfaceAddress& address) {
  Add({.bytes = AddressMessage(RTM_NEWADDR, kRequest | NLM_F_CREATE | NLM_F_REPLACE, address),
       .about = AboutAddress("add", address),
       .problem = AddressProblem(address),
       .device = address.device,
       .number_at = kAddressNumberAt});
}

void NetlinkBatch::DeleteAddress(const InterfaceAddress& address) {
  Add({.bytes = AddressMessage(RTM_DELADDR, kRequest, address),
       .about = AboutAddress("delete", address),
       .problem = AddressProblem(address),
       .device = address.device,
       .number_at = kAddressNumberAt});
}

void NetlinkBatch::AddRoute(const Route& route) {
  Request request = {.about = AboutRoute("add", route), .problem = RouteProblem(route), .device = route.device};
  request.bytes = RouteMessage(RTM_NEWROUTE, kRequest | NLM_F_CREATE | NLM_F_REPLACE, route, false, request.number_at);
  Add(std::move(request));
}

void NetlinkBatch::DeleteRoute(const Route& route) {
  Request request = {.about = AboutRoute("delete", route), .problem = RouteProblem(route), .device = route.device};
  request.bytes = RouteMessage(RTM_DELROUTE, kRequest, route, true, request.number_at);
  Add(std::move(request));
}

void NetlinkBatch::AddRule(const RoutingRule& rule) {
  Add({.bytes = RuleMessage(RTM_NEWRULE, kRequest | NLM_F_CREATE | NLM_F_EXCL, rule),
       .about = AboutRule("add", rule),
       .problem = RuleProblem(rule),
       .may_exist = true});
}

void NetlinkBatch::DeleteRule(const RoutingRule& rule) {
  Add({.bytes = RuleMessage(RTM_DELRULE, kRequest, rule),
       .about = AboutRule("delete", rule),
       .problem = RuleProblem(rule)});
}

void NetlinkBatch::Add(Request request) {
  request.problem = base::Annotate(request.problem, request.about);
  requests_.push_back(std::move(request));
}

absl::StatusOr<Netlink> Netlink::Open() {
  base::OwnedFd fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!fd.ok()) return ToStatus({errno, ""}, "open a netlink socket");
  const int on = 1;
  for (const int option : {NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK}) {
    if (setsockopt(fd.get(), SOL_NETLINK, option, &on, sizeof on) != 0) {
      return ToStatus({errno, ""}, "set up a netlink socket");
    }
  }
  return Netlink(std::move(fd));
}

std::vector<absl::Status> Netlink::Run(const NetlinkBatch& batch) {
  const std::vector<NetlinkBatch::Request>& requests = batch.requests_;
  std::vector<absl::Status> statuses(requests.size());
  std::map<std::string, int> numbers;
  // Up to here names of devices have been looked up.
  size_t looked_up = 0;
  std::vector<std::string> messages, about;
  std::vector<size_t> positions;
  const auto flush = [&] {
    if (messages.empty()) return;
    const std::vector<absl::Status> answers = Ask(socket_.get(), messages, about, sequence_);
    for (size_t i = 0; i < answers.size(); ++i) {
      const bool fine = requests[positions[i]].may_exist && absl::IsAlreadyExists(answers[i]);
      statuses[positions[i]] = fine ? absl::OkStatus() : answers[i];
    }
    messages.clear();
    about.clear();
    positions.clear();
  };
  for (size_t i = 0; i < requests.size(); ++i) {
    const NetlinkBatch::Request& request = requests[i];
    statuses[i] = request.problem;
    if (!request.problem.ok()) continue;
    std::string bytes = request.bytes;
    if (!request.device.empty()) {
      if (i >= looked_up) {
        flush();
        statuses[i] = base::Annotate(LookUpFrom(requests, i, numbers, looked_up), request.about);
        if (!statuses[i].ok()) continue;
      }
      const auto number = numbers.find(request.device);
      if (number == numbers.end()) {
        statuses[i] = absl::NotFoundError(absl::StrCat(request.about, ": there is no device ", request.device));
        continue;
      }
      memcpy(&bytes[request.number_at], &number->second, sizeof number->second);
    }
    messages.push_back(std::move(bytes));
    about.push_back(request.about);
    positions.push_back(i);
    if (messages.size() == kSentTogetherMax) flush();
  }
  flush();
  return statuses;
}

absl::Status Netlink::LookUpFrom(std::span<const NetlinkBatch::Request> requests, size_t begin,
                                 std::map<std::string, int>& numbers, size_t& end) {
  numbers.clear();
  std::vector<std::string> names;
  for (end = begin; end < requests.size() && !requests[end].renumbers; ++end) {
    if (!requests[end].device.empty()) names.push_back(requests[end].device);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  const absl::Status status = LookUp(socket_.get(), names, sequence_, numbers);
  if (!status.ok()) end = begin;
  return status;
}

absl::StatusOr<std::vector<Link>> Netlink::ListLinks() {
  MessageWriter writer(RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP);
  writer.Body(ifinfomsg{});
  writer.Number(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  return ListAll(socket_.get(), std::move(writer).Finish(), RTM_NEWLINK, ParseLink, "list links", sequence_);
}

absl::StatusOr<std::vector<InterfaceAddress>> Netlink::ListAddresses() {
  MessageWriter writer(RTM_GETADDR, NLM_F_REQUEST | NLM_F_DUMP);
  writer.Body(ifaddrmsg{});
  NUBO_ASSIGN_OR_RETURN(auto found, ListAll(socket_.get(), std::move(writer).Finish(), RTM_NEWADDR,
                                            ParseInterfaceAddress, "list addresses", sequence_));
  NUBO_ASSIGN_OR_RETURN(const std::vector<Link> links, ListLinks());
  return WithNames(std::move(found), links);
}

absl::StatusOr<std::vector<Route>> Netlink::ListRoutes(uint32_t table) {
  std::vector<OfDevice<Route>> all;
  for (const unsigned char family : {AF_INET, AF_INET6}) {
    MessageWriter writer(RTM_GETROUTE, NLM_F_REQUEST | NLM_F_DUMP);
    rtmsg body = {};
    body.rtm_family = family;
    writer.Body(body);
    writer.Number(RTA_TABLE, table);
    NUBO_ASSIGN_OR_RETURN(auto found, ListAll(socket_.get(), std::move(writer).Finish(), RTM_NEWROUTE, ParseRoute,
                                              absl::StrCat("list routes of table ", table), sequence_));
    for (OfDevice<Route>& route : found) {
      if (route.value.table == table) all.push_back(std::move(route));
    }
  }
  NUBO_ASSIGN_OR_RETURN(const std::vector<Link> links, ListLinks());
  return WithNames(std::move(all), links);
}

absl::StatusOr<std::vector<RoutingRule>> Netlink::ListRules() {
  std::vector<RoutingRule> all;
  for (const unsigned char family : {AF_INET, AF_INET6}) {
    MessageWriter writer(RTM_GETRULE, NLM_F_REQUEST | NLM_F_DUMP);
    fib_rule_hdr body = {};
    body.family = family;
    writer.Body(body);
    NUBO_ASSIGN_OR_RETURN(const auto found, ListAll(socket_.get(), std::move(writer).Finish(), RTM_NEWRULE,
                                                    ParseRoutingRule, "list rules", sequence_));
    all.insert(all.end(), found.begin(), found.end());
  }
  return all;
}

}  // namespace nubo::fabrics
