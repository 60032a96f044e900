#include "nubo/vpc/security_group.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"

namespace nubo::vpc {
namespace {

constexpr int kAllProtocols = -1;
constexpr int kIcmp = 1;
constexpr int kTcp = 6;
constexpr int kUdp = 17;
constexpr int kIcmpV6 = 58;
constexpr int kPortMax = 65535;
constexpr int kTypeMax = 255;

bool HasPorts(int protocol) { return protocol == kTcp || protocol == kUdp; }
bool IsIcmp(int protocol) { return protocol == kIcmp || protocol == kIcmpV6; }

absl::Status Malformed(absl::string_view why) {
  return base::WithErrorCode(absl::InvalidArgumentError(why), "InvalidPermission.Malformed");
}

absl::Status BadValue(absl::string_view why) {
  return base::WithErrorCode(absl::InvalidArgumentError(why), "InvalidParameterValue");
}

absl::StatusOr<int> ParseProtocol(absl::string_view text) {
  if (text == "tcp") return kTcp;
  if (text == "udp") return kUdp;
  if (text == "icmp") return kIcmp;
  if (text == "icmpv6") return kIcmpV6;
  int number = 0;
  if (absl::SimpleAtoi(text, &number) && number >= kAllProtocols && number <= kTypeMax) return number;
  return Malformed(absl::StrCat("the protocol \"", text.substr(0, 64),
                                "\" is not tcp, udp, icmp, icmpv6, -1 or a number up to 255"));
}

absl::Status CheckPorts(const SecurityGroupRule& rule) {
  if (IsIcmp(rule.protocol)) {
    const bool valid = rule.from_port >= -1 && rule.from_port <= kTypeMax && rule.to_port >= -1 &&
                       rule.to_port <= kTypeMax && !(rule.from_port == -1 && rule.to_port != -1);
    return valid ? absl::OkStatus()
                 : Malformed(absl::StrCat("ICMP type ", rule.from_port, " and code ", rule.to_port,
                                          " are not both -1 to 255, with no code for all types"));
  }
  if (rule.from_port < 0 || rule.to_port > kPortMax || rule.from_port > rule.to_port) {
    return Malformed(
        absl::StrCat("the ports ", rule.from_port, " to ", rule.to_port, " are not a range within 0 to ", kPortMax));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<SecurityGroupRule> ParsePermission(const RuleText& text) {
  SecurityGroupRule rule;
  NUBO_ASSIGN_OR_RETURN(rule.protocol, ParseProtocol(text.protocol));
  if (HasPorts(rule.protocol) || IsIcmp(rule.protocol)) {
    if (!text.from_port.has_value() || !text.to_port.has_value()) {
      return Malformed(absl::StrCat("a rule for ", text.protocol, " needs FromPort and ToPort"));
    }
    rule.from_port = *text.from_port;
    rule.to_port = *text.to_port;
    NUBO_RETURN_IF_ERROR(CheckPorts(rule));
  }
  return rule;
}

absl::StatusOr<SecurityGroupRule> ParseRule(const RuleText& text) {
  NUBO_ASSIGN_OR_RETURN(SecurityGroupRule rule, ParsePermission(text));
  const int sources =
      (text.cidr.empty() ? 0 : 1) + (text.group_id.empty() ? 0 : 1) + (text.prefix_list_id.empty() ? 0 : 1);
  if (sources != 1) return BadValue("a rule needs one of a CIDR block, a security group and a prefix list");
  if (!text.group_id.empty() && !absl::StartsWith(text.group_id, "sg-")) {
    return BadValue(absl::StrCat("\"", text.group_id.substr(0, 64), "\" is not the id of a security group (sg-…)"));
  }
  rule.group_id = text.group_id;
  rule.prefix_list_id = text.prefix_list_id;
  if (!text.cidr.empty()) {
    const absl::StatusOr<net::Prefix> block = net::Prefix::Parse(text.cidr);
    if (!block.ok()) {
      return BadValue(absl::StrCat("\"", text.cidr.substr(0, 64), "\" is not a CIDR block such as 10.0.0.0/16"));
    }
    rule.block = *block;
  }
  rule.description = text.description;
  return rule;
}

SecurityGroup::SecurityGroup(std::string id) : id_(std::move(id)) {
  SecurityGroupRule everything;
  everything.block = net::Prefix();
  egress_.push_back(everything);
}

absl::Status SecurityGroup::Authorize(Direction direction, const SecurityGroupRule& rule) {
  std::vector<SecurityGroupRule>& rules = mutable_rules(direction);
  if (std::find(rules.begin(), rules.end(), rule) != rules.end()) {
    return base::WithErrorCode(absl::AlreadyExistsError(absl::StrCat("security group ", id_, " has this rule already")),
                               "InvalidPermission.Duplicate");
  }
  if (rules.size() >= kRulesMax) {
    return base::WithErrorCode(absl::ResourceExhaustedError(absl::StrCat("security group ", id_, " has ", kRulesMax,
                                                                         " rules, which is the most")),
                               "RulesPerSecurityGroupLimitExceeded");
  }
  rules.push_back(rule);
  return absl::OkStatus();
}

absl::Status SecurityGroup::Revoke(Direction direction, const SecurityGroupRule& rule) {
  std::vector<SecurityGroupRule>& rules = mutable_rules(direction);
  const auto it = std::find(rules.begin(), rules.end(), rule);
  if (it == rules.end()) {
    return base::WithErrorCode(absl::NotFoundError(absl::StrCat("security group ", id_, " has no such rule")),
                               "InvalidPermission.NotFound");
  }
  rules.erase(it);
  return absl::OkStatus();
}

bool SecurityGroup::Allows(Direction direction, const Flow& flow) const {
  const auto matches = [&](const SecurityGroupRule& rule) {
    if (rule.protocol != kAllProtocols && rule.protocol != flow.protocol) return false;
    if (HasPorts(rule.protocol) && (flow.port < rule.from_port || flow.port > rule.to_port)) return false;
    if (IsIcmp(rule.protocol) && rule.from_port != -1 && rule.from_port != flow.port) return false;
    return rule.block.has_value() ? rule.block->Contains(flow.peer) : flow.peer_groups.count(rule.group_id) > 0;
  };
  return std::any_of(rules(direction).begin(), rules(direction).end(), matches);
}

}  // namespace nubo::vpc
