#include "nubo/vpc/traffic.h"

#include "absl/strings/str_cat.h"

namespace nubo::vpc {
namespace {

constexpr int kPortMax = 65535;

absl::string_view DirectionText(Direction direction) { return direction == Direction::kIngress ? "ingress" : "egress"; }
absl::string_view PeerWord(Direction direction) { return direction == Direction::kIngress ? " from " : " to "; }

}  // namespace

bool Matches(const Traffic& traffic, int protocol, int port, int code) {
  if (traffic.protocol == kAllProtocols) return true;
  if (traffic.protocol != protocol) return false;
  if (HasPorts(protocol)) return traffic.from_port <= port && port <= traffic.to_port;
  if (!IsIcmp(protocol) || traffic.from_port == -1) return true;
  return traffic.from_port == port && (traffic.to_port == -1 || traffic.to_port == code);
}

bool Covers(const Traffic& a, const Traffic& b) {
  if (a.protocol == kAllProtocols) return true;
  if (a.protocol != b.protocol) return false;
  if (HasPorts(a.protocol)) return a.from_port <= b.from_port && b.to_port <= a.to_port;
  if (!IsIcmp(a.protocol) || a.from_port == -1) return true;
  return a.from_port == b.from_port && (a.to_port == -1 || a.to_port == b.to_port);
}

std::string ProtocolText(int protocol) {
  switch (protocol) {
    case kAllProtocols:
      return "all traffic";
    case kIcmp:
      return "icmp";
    case kTcp:
      return "tcp";
    case kUdp:
      return "udp";
    case kIcmpV6:
      return "icmpv6";
  }
  return absl::StrCat("protocol ", protocol);
}

std::string TrafficText(const Traffic& traffic) {
  const std::string protocol = ProtocolText(traffic.protocol);
  if (HasPorts(traffic.protocol)) {
    if (traffic.from_port == 0 && traffic.to_port == kPortMax) return protocol;
    if (traffic.from_port == traffic.to_port) return absl::StrCat(protocol, " ", traffic.from_port);
    return absl::StrCat(protocol, " ", traffic.from_port, "-", traffic.to_port);
  }
  if (!IsIcmp(traffic.protocol) || traffic.from_port == -1) return protocol;
  if (traffic.to_port == -1) return absl::StrCat(protocol, " type ", traffic.from_port);
  return absl::StrCat(protocol, " type ", traffic.from_port, " code ", traffic.to_port);
}

std::string SecurityGroupRuleText(Direction direction, const SecurityGroupRule& rule) {
  const std::string peer = rule.block.has_value()  ? rule.block->ToString()
                           : rule.group_id.empty() ? rule.prefix_list_id
                                                   : rule.group_id;
  return absl::StrCat(DirectionText(direction), " ", TrafficText(TrafficOf(rule)), PeerWord(direction), peer);
}

std::string AclEntryText(Direction direction, const NetworkAclEntry& entry) {
  return absl::StrCat(DirectionText(direction), " ", entry.number, ": ", entry.allow ? "allow " : "deny ",
                      TrafficText(TrafficOf(entry)), PeerWord(direction), entry.block.ToString());
}

}  // namespace nubo::vpc
