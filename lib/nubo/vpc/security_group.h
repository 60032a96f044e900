// Security groups: what may come in, and what may go out.
//
// A group lists what it allows; all else is refused. A new one lets nothing in and everything out. Rules name a block
// of addresses, or another group for all of its members. Who enforces them is not this module's business.
// (Amazon VPC user guide, "Security group rules"; EC2 API reference, AuthorizeSecurityGroupIngress.)
//
// Example:
//   SecurityGroup web("sg-1");
//   NUBO_ASSIGN_OR_RETURN(SecurityGroupRule rule,
//                         ParseRule({.protocol = "tcp", .from_port = 80, .to_port = 80, .cidr = "0.0.0.0/0"}));
//   NUBO_RETURN_IF_ERROR(web.Authorize(Direction::kIngress, rule));
//   web.Allows(Direction::kIngress, {.protocol = 6, .port = 80, .peer = client});  // true
//
// Thread safety: values; SecurityGroup is thread-compatible.
#ifndef NUBO_VPC_SECURITY_GROUP_H_
#define NUBO_VPC_SECURITY_GROUP_H_

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nubo/net/ip_address.h"

namespace nubo::vpc {

enum class Direction { kIngress, kEgress };

struct SecurityGroupRule {
  // IANA's number; -1: all protocols.
  int protocol = -1;
  // TCP, UDP: ports. ICMP: type and code, -1 for all. Else without meaning.
  int from_port = -1;
  int to_port = -1;
  // One of these: the block, the group, whose members are meant, or the prefix list.
  std::optional<net::Prefix> block;
  std::string group_id;
  std::string prefix_list_id = {};
  std::string description = {};

  // Descriptions do not make rules different.
  friend bool operator==(const SecurityGroupRule& a, const SecurityGroupRule& b) {
    return a.protocol == b.protocol && a.from_port == b.from_port && a.to_port == b.to_port && a.block == b.block &&
           a.group_id == b.group_id && a.prefix_list_id == b.prefix_list_id;
  }
};

// A rule as users write it.
struct RuleText {
  // "tcp", "udp", "icmp", "icmpv6", a number, or "-1".
  std::string protocol;
  std::optional<int> from_port;
  std::optional<int> to_port;
  // One of these.
  std::string cidr;
  std::string group_id;
  std::string prefix_list_id = {};
  std::string description = {};
};

// Protocol and ports alone. INVALID_ARGUMENT (InvalidPermission.Malformed): an unknown protocol, ports that are
// missing, out of range or in the wrong order.
absl::StatusOr<SecurityGroupRule> ParsePermission(const RuleText& text);
// As ParsePermission(); INVALID_ARGUMENT (InvalidParameterValue): not one block, group or prefix list; not a block, not
// an id.
absl::StatusOr<SecurityGroupRule> ParseRule(const RuleText& text);

// A packet's way, seen from the group's member.
struct Flow {
  int protocol = 6;
  // TCP, UDP: the destination's port. ICMP: the type.
  int port = 0;
  net::IpAddress peer;
  // The groups of the peer, if it is in this VPC.
  std::set<std::string> peer_groups;
};

class SecurityGroup {
 public:
  // AWS's default quota, in and out apart.
  static constexpr size_t kRulesMax = 60;

  // Lets nothing in and everything out.
  explicit SecurityGroup(std::string id);

  const std::string& id() const { return id_; }
  const std::vector<SecurityGroupRule>& rules(Direction direction) const {
    return direction == Direction::kIngress ? ingress_ : egress_;
  }

  // ALREADY_EXISTS (InvalidPermission.Duplicate). RESOURCE_EXHAUSTED (RulesPerSecurityGroupLimitExceeded).
  absl::Status Authorize(Direction direction, const SecurityGroupRule& rule);
  // NOT_FOUND (InvalidPermission.NotFound).
  absl::Status Revoke(Direction direction, const SecurityGroupRule& rule);

  // Whether some rule allows the first packet of the flow; the answers to it are always allowed.
  bool Allows(Direction direction, const Flow& flow) const;

 private:
  std::vector<SecurityGroupRule>& mutable_rules(Direction direction) {
    return direction == Direction::kIngress ? ingress_ : egress_;
  }

  std::string id_;
  std::vector<SecurityGroupRule> ingress_, egress_;
};

}  // namespace nubo::vpc

#endif  // NUBO_VPC_SECURITY_GROUP_H_
