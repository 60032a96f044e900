// What rules say about protocols and ports: whether a packet is meant, whether one rule covers another, and in words.
//
// Security groups and network ACLs say it alike: IANA's protocol or -1, and ports, or ICMP's type and code.
//
// Thread safety: values and pure functions.
#ifndef NUBO_VPC_TRAFFIC_H_
#define NUBO_VPC_TRAFFIC_H_

#include <string>

#include "absl/strings/string_view.h"
#include "nubo/vpc/network.h"
#include "nubo/vpc/security_group.h"

namespace nubo::vpc {

inline constexpr int kAllProtocols = -1;
inline constexpr int kIcmp = 1;
inline constexpr int kTcp = 6;
inline constexpr int kUdp = 17;
inline constexpr int kIcmpV6 = 58;

inline bool HasPorts(int protocol) { return protocol == kTcp || protocol == kUdp; }
inline bool IsIcmp(int protocol) { return protocol == kIcmp || protocol == kIcmpV6; }

struct Traffic {
  int protocol = kAllProtocols;
  // TCP, UDP: ports. ICMP: type and code, -1 for all. Else without meaning.
  int from_port = -1;
  int to_port = -1;
};

inline Traffic TrafficOf(const SecurityGroupRule& rule) { return {rule.protocol, rule.from_port, rule.to_port}; }
inline Traffic TrafficOf(const NetworkAclEntry& entry) { return {entry.protocol, entry.from_port, entry.to_port}; }

// `port`: the destination's, or ICMP's type, with its code.
bool Matches(const Traffic& traffic, int protocol, int port, int code);
// Whether `a` means every packet that `b` means.
bool Covers(const Traffic& a, const Traffic& b);

// "tcp", "udp", "icmp", "icmpv6", "protocol 47", "all traffic".
std::string ProtocolText(int protocol);
// "tcp 80", "udp 8000-8010", "icmp type 8", "all traffic".
std::string TrafficText(const Traffic& traffic);
// "ingress tcp 80 from 0.0.0.0/0", "egress all traffic to sg-1".
std::string SecurityGroupRuleText(Direction direction, const SecurityGroupRule& rule);
// "ingress 100: allow tcp 80 from 0.0.0.0/0".
std::string AclEntryText(Direction direction, const NetworkAclEntry& entry);

}  // namespace nubo::vpc

#endif  // NUBO_VPC_TRAFFIC_H_
