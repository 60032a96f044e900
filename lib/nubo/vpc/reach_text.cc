#include "nubo/vpc/reach_text.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "nubo/base/strings.h"
#include "nubo/net/ip_address.h"
#include "nubo/vpc/traffic.h"

namespace nubo::vpc {
namespace {

constexpr int kPortMax = 65535;
constexpr int kByteMax = 255;
constexpr int kEcho = 8;
constexpr int kEchoV6 = 128;

bool IsNumber(absl::string_view text, int max, int& number) {
  return absl::SimpleAtoi(text, &number) && number >= 0 && number <= max;
}

bool IsV6(absl::string_view text) {
  const absl::StatusOr<net::IpAddress> address = net::IpAddress::Parse(text);
  return address.ok() && address->is_v6();
}

bool ParsePort(const std::vector<absl::string_view>& parts, Connection& connection) {
  const absl::string_view protocol = parts[0];
  if (parts.size() == 1 && IsNumber(protocol, kPortMax, connection.port)) {
    connection.protocol = kTcp;
    return true;
  }
  if (protocol == "tcp" || protocol == "udp") {
    connection.protocol = protocol == "tcp" ? kTcp : kUdp;
    return parts.size() == 2 && IsNumber(parts[1], kPortMax, connection.port);
  }
  if (protocol == "protocol") {
    return parts.size() == 2 && IsNumber(parts[1], kByteMax, connection.protocol) && !HasPorts(connection.protocol);
  }
  if (protocol != "icmp" && protocol != "icmpv6") return false;
  connection.protocol = protocol == "icmp" ? kIcmp : kIcmpV6;
  connection.port = protocol == "icmp" ? kEcho : kEchoV6;
  if (parts.size() > 3) return false;
  return (parts.size() < 2 || IsNumber(parts[1], kByteMax, connection.port)) &&
         (parts.size() < 3 || IsNumber(parts[2], kByteMax, connection.code));
}

// "sg-1, sg-2" has both named.
std::string NamedIds(const Network& network, absl::string_view ids) {
  std::string named;
  for (const absl::string_view id : absl::StrSplit(ids, ", ")) {
    absl::StrAppend(&named, named.empty() ? "" : ", ", NamedId(network, id));
  }
  return named;
}

std::string Padded(std::string text, size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

}  // namespace

absl::StatusOr<Connection> ParseConnection(absl::string_view from, absl::string_view to, absl::string_view port) {
  Connection connection{.from = std::string(from), .to = std::string(to)};
  const absl::string_view wanted = !port.empty() ? port : IsV6(from) || IsV6(to) ? "icmpv6" : "icmp";
  if (ParsePort(absl::StrSplit(wanted, absl::ByAnyChar("/:")), connection)) return connection;
  return absl::InvalidArgumentError(
      absl::StrCat("\"", port.substr(0, 64), "\" is not a port such as 80, udp/53, icmp, icmp/8 or protocol/47"));
}

std::string ConnectionText(const Connection& connection) {
  if (!IsIcmp(connection.protocol)) return TrafficText({connection.protocol, connection.port, connection.port});
  return TrafficText({connection.protocol, connection.port, connection.code == 0 ? -1 : connection.code});
}

std::string NamedId(const Network& network, absl::string_view id) {
  std::string name;
  if (const auto group = network.security_groups.find(base::ToStd(id)); group != network.security_groups.end()) {
    name = group->second.name;
  } else if (const auto eni = network.interfaces.find(base::ToStd(id)); eni != network.interfaces.end()) {
    name = eni->second.attached_to;
  } else if (const auto endpoint = network.endpoints.find(base::ToStd(id)); endpoint != network.endpoints.end()) {
    name = endpoint->second.service;
  }
  return name.empty() ? std::string(id) : absl::StrCat(id, " (", name, ")");
}

std::vector<std::string> VerdictLines(const Network& network, const Connection& connection, const Verdict& verdict) {
  std::vector<std::string> lines = {absl::StrCat(NamedId(network, connection.from),
                                                 verdict.reachable ? " reaches " : " does not reach ",
                                                 NamedId(network, connection.to), " by ", ConnectionText(connection))};
  const std::string stopper = NamedIds(network, verdict.stopped_by);
  size_t width = stopper.size();
  for (const Hop& hop : verdict.hops) width = std::max(width, NamedIds(network, hop.component).size());
  bool back = false;
  for (const Hop& hop : verdict.hops) {
    if (hop.reply && !back) lines.push_back("and back:");
    back = hop.reply;
    const std::string rule = hop.rule.empty() ? "" : absl::StrCat(" [", hop.rule, "]");
    lines.push_back(absl::StrCat("  ", Padded(NamedIds(network, hop.component), width), "  ", hop.what, rule));
  }
  if (verdict.reachable) return lines;
  if (verdict.reply_stopped && !back) lines.push_back("and back:");
  const std::string rule = verdict.rule.empty() ? "" : absl::StrCat(" [", verdict.rule, "]");
  lines.push_back(absl::StrCat("x ", Padded(stopper, width), "  ", verdict.why, rule));
  return lines;
}

}  // namespace nubo::vpc
