#include "nubo/vpc/explain.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "nubo/base/strings.h"
#include "nubo/net/ip_address.h"
#include "nubo/vpc/reach_text.h"
#include "nubo/vpc/traffic.h"

namespace nubo::vpc {
namespace {

using Lines = std::vector<std::string>;

absl::Status NotFound(absl::string_view what, absl::string_view id) {
  return absl::NotFoundError(absl::StrCat("there is no ", what, " ", id.substr(0, 64)));
}

bool IsAnywhere(const SecurityGroupRule& rule) { return rule.block.has_value() && rule.block->length() == 0; }

// Blocks first, the widest of them first; then groups and prefix lists.
auto PeerKey(const SecurityGroupRule& rule) {
  const net::Prefix block = rule.block.value_or(net::Prefix());
  return std::tuple(!rule.block.has_value(), block.length(), block.first(), rule.group_id, rule.prefix_list_id);
}

bool SamePeer(const SecurityGroupRule& a, const SecurityGroupRule& b) { return PeerKey(a) == PeerKey(b); }

bool PeerCovers(const SecurityGroupRule& a, const SecurityGroupRule& b) {
  if (a.block.has_value() && b.block.has_value()) return a.block->Contains(*b.block);
  return SamePeer(a, b);
}

bool RuleCovers(const SecurityGroupRule& a, const SecurityGroupRule& b) {
  return PeerCovers(a, b) && Covers(TrafficOf(a), TrafficOf(b));
}

auto RuleKey(const SecurityGroupRule& rule) {
  return std::tuple(PeerKey(rule), rule.protocol, rule.from_port, rule.to_port);
}

// In order of RuleKey(), so that what may touch stands side by side.
void JoinRanges(std::vector<SecurityGroupRule>& rules) {
  std::vector<SecurityGroupRule> joined;
  for (SecurityGroupRule& rule : rules) {
    SecurityGroupRule* last = joined.empty() ? nullptr : &joined.back();
    const bool touches = last != nullptr && SamePeer(*last, rule) && last->protocol == rule.protocol &&
                         HasPorts(rule.protocol) && rule.from_port <= last->to_port + 1;
    if (touches) {
      last->to_port = std::max(last->to_port, rule.to_port);
    } else {
      joined.push_back(std::move(rule));
    }
  }
  rules = std::move(joined);
}

class Explainer {
 public:
  // `vpc`: whose rules they are; `self`: the group they are of, if one.
  Explainer(const Network& network, const std::string& vpc, absl::string_view self)
      : network_(network), vpc_(vpc), self_(self) {}

  void AddRules(Direction direction, const std::vector<SecurityGroupRule>& rules, Lines& lines) const {
    const bool in = direction == Direction::kIngress;
    const std::vector<SecurityGroupRule> merged = MergeRules(rules);
    lines.push_back(absl::StrCat("  lets ", in ? "in" : "out", merged.empty() ? " nothing" : ""));
    for (size_t i = 0; i < merged.size(); ++i) {
      std::string traffic = TrafficText(TrafficOf(merged[i]));
      // "tcp 80, 443 from …".
      while (i + 1 < merged.size() && SamePeer(merged[i], merged[i + 1]) && HasPorts(merged[i].protocol) &&
             merged[i].protocol == merged[i + 1].protocol) {
        ++i;
        const std::string next = TrafficText(TrafficOf(merged[i]));
        absl::StrAppend(&traffic, ",", next.substr(next.find(' ')));
      }
      lines.push_back(absl::StrCat("    ", traffic, in ? " from " : " to ", PeerText(merged[i])));
    }
  }

 private:
  std::string PeerText(const SecurityGroupRule& rule) const {
    if (IsAnywhere(rule)) return rule.block->is_v4() ? "anywhere" : "anywhere (IPv6)";
    if (rule.block.has_value()) return BlockText(*rule.block);
    return rule.group_id.empty() ? ListText(rule.prefix_list_id) : GroupText(rule.group_id);
  }

  // With the name of what has just this block.
  std::string BlockText(const net::Prefix& block) const {
    const auto named = [&](const auto& things) {
      for (const auto& [id, thing] : things) {
        if (std::find(thing.blocks.begin(), thing.blocks.end(), block) != thing.blocks.end()) return id;
      }
      return std::string();
    };
    std::string name = named(network_.subnets);
    if (name.empty()) name = named(network_.vpcs);
    if (name.empty() && block.size() == 1) name = HolderOf(block.first());
    return name.empty() ? block.ToString() : absl::StrCat(block.ToString(), " (", name, ")");
  }

  std::string HolderOf(const net::IpAddress& address) const {
    for (const auto& [id, interface] : network_.interfaces) {
      const auto subnet = network_.subnets.find(interface.subnet);
      const bool here = subnet != network_.subnets.end() && subnet->second.vpc == vpc_;
      for (const InterfaceAddress& own : interface.addresses) {
        if ((here && own.address == address) || own.public_address == address) return id;
      }
    }
    return "";
  }

  std::string ListText(const std::string& id) const {
    const auto list = network_.prefix_lists.find(id);
    if (list == network_.prefix_lists.end()) return absl::StrCat("prefix list ", id);
    return absl::StrCat("prefix list ", id, ": ",
                        absl::StrJoin(list->second, ", ", [](std::string* out, const net::Prefix& block) {
                          absl::StrAppend(out, block.ToString());
                        }));
  }

  std::string GroupText(const std::string& id) const {
    const auto group = network_.security_groups.find(id);
    if (group == network_.security_groups.end()) return absl::StrCat(id, ", which is not there: nobody");
    const std::string& other = group->second.vpc;
    if (other != vpc_ && !Joined(other)) {
      return absl::StrCat(NamedId(network_, id), " of ", other, ", which no active peering joins: nobody");
    }
    const auto members = std::count_if(network_.interfaces.begin(), network_.interfaces.end(), [&](const auto& entry) {
      const std::vector<std::string>& groups = entry.second.security_groups;
      return std::find(groups.begin(), groups.end(), id) != groups.end();
    });
    return absl::StrCat(id == self_ ? "its own members" : absl::StrCat("members of ", NamedId(network_, id)),
                        other == vpc_ ? "" : absl::StrCat(" in ", other), ": ", members,
                        members == 1 ? " interface" : " interfaces");
  }

  bool Joined(const std::string& other) const {
    return std::any_of(network_.peerings.begin(), network_.peerings.end(), [&](const auto& entry) {
      const PeeringConnection& peering = entry.second;
      return peering.active && ((peering.requester == vpc_ && peering.accepter == other) ||
                                (peering.requester == other && peering.accepter == vpc_));
    });
  }

  const Network& network_;
  const std::string& vpc_;
  const absl::string_view self_;
};

bool EntryCovers(const NetworkAclEntry& a, const NetworkAclEntry& b) {
  return a.block.Contains(b.block) && Covers(TrafficOf(a), TrafficOf(b));
}

void AddEntries(Direction direction, std::vector<NetworkAclEntry> entries, Lines& lines) {
  const bool in = direction == Direction::kIngress;
  std::sort(entries.begin(), entries.end(),
            [](const NetworkAclEntry& a, const NetworkAclEntry& b) { return a.number < b.number; });
  lines.push_back(in ? "  into the subnet" : "  out of the subnet");
  for (auto entry = entries.begin(); entry != entries.end(); ++entry) {
    const auto covering = std::find_if(entries.begin(), entry,
                                       [&](const NetworkAclEntry& earlier) { return EntryCovers(earlier, *entry); });
    const std::string never =
        covering == entry ? "" : absl::StrCat("; never reached, since ", covering->number, " covers it");
    lines.push_back(absl::StrFormat("    %5d  %-5s  %s %s %s%s", entry->number, entry->allow ? "allow" : "deny",
                                    TrafficText(TrafficOf(*entry)), in ? "from" : "to", entry->block.ToString(),
                                    never));
  }
  lines.push_back(absl::StrFormat("    %5s  %-5s  all else", "*", "deny"));
}

std::string NamedAll(const Network& network, const std::vector<std::string>& ids) {
  return absl::StrJoin(ids, ", ",
                       [&](std::string* out, const std::string& id) { absl::StrAppend(out, NamedId(network, id)); });
}

}  // namespace

std::vector<SecurityGroupRule> MergeRules(const std::vector<SecurityGroupRule>& rules) {
  std::vector<SecurityGroupRule> merged = rules;
  for (SecurityGroupRule& rule : merged) {
    rule.description.clear();
    // Without meaning there.
    if (!HasPorts(rule.protocol) && !IsIcmp(rule.protocol)) rule.from_port = rule.to_port = -1;
  }
  std::sort(merged.begin(), merged.end(),
            [](const SecurityGroupRule& a, const SecurityGroupRule& b) { return RuleKey(a) < RuleKey(b); });
  merged.erase(std::unique(merged.begin(), merged.end()), merged.end());
  JoinRanges(merged);
  std::vector<SecurityGroupRule> kept;
  for (const SecurityGroupRule& rule : merged) {
    const bool covered = std::any_of(merged.begin(), merged.end(), [&](const SecurityGroupRule& other) {
      return !(other == rule) && RuleCovers(other, rule);
    });
    if (!covered) kept.push_back(rule);
  }
  return kept;
}

absl::StatusOr<Lines> ExplainGroup(const Network& network, absl::string_view id) {
  const auto it = network.security_groups.find(base::ToStd(id));
  if (it == network.security_groups.end()) return NotFound("security group", id);
  const NetworkSecurityGroup& group = it->second;
  Lines lines = {absl::StrCat("security group ", NamedId(network, id), " of ", group.vpc)};
  const Explainer explainer(network, group.vpc, id);
  explainer.AddRules(Direction::kIngress, group.ingress, lines);
  explainer.AddRules(Direction::kEgress, group.egress, lines);
  std::vector<std::string> interfaces;
  for (const auto& [interface_id, interface] : network.interfaces) {
    const std::vector<std::string>& groups = interface.security_groups;
    if (std::find(groups.begin(), groups.end(), it->first) != groups.end()) interfaces.push_back(interface_id);
  }
  lines.push_back(interfaces.empty() ? "  no interface has it" : absl::StrCat("  of ", NamedAll(network, interfaces)));
  return lines;
}

absl::StatusOr<Lines> ExplainAcl(const Network& network, absl::string_view id) {
  const auto it = network.acls.find(base::ToStd(id));
  if (it == network.acls.end()) return NotFound("network ACL", id);
  Lines lines = {absl::StrCat("network ACL ", id, " of ", it->second.vpc)};
  AddEntries(Direction::kIngress, it->second.ingress, lines);
  AddEntries(Direction::kEgress, it->second.egress, lines);
  std::vector<std::string> subnets;
  for (const auto& [subnet_id, subnet] : network.subnets) {
    if (subnet.acl == it->first) subnets.push_back(subnet_id);
  }
  lines.push_back(subnets.empty() ? "  no subnet has it" : absl::StrCat("  of ", absl::StrJoin(subnets, ", ")));
  return lines;
}

absl::StatusOr<Lines> ExplainInterface(const Network& network, absl::string_view id) {
  const auto it = network.interfaces.find(base::ToStd(id));
  if (it == network.interfaces.end()) return NotFound("interface", id);
  const NetworkInterface& interface = it->second;
  const auto subnet = network.subnets.find(interface.subnet);
  const std::string vpc = subnet == network.subnets.end() ? "" : subnet->second.vpc;
  Lines lines = {
      absl::StrCat("interface ", NamedId(network, id), " in ", interface.subnet, " of ", vpc.empty() ? "no VPC" : vpc)};
  for (const InterfaceAddress& own : interface.addresses) {
    const std::string open =
        own.public_address.has_value() ? absl::StrCat(", public ", own.public_address->ToString()) : "";
    lines.push_back(absl::StrCat("  ", own.address.ToString(), open));
  }
  std::vector<SecurityGroupRule> ingress, egress;
  for (const std::string& group_id : interface.security_groups) {
    const auto group = network.security_groups.find(group_id);
    if (group == network.security_groups.end()) continue;
    ingress.insert(ingress.end(), group->second.ingress.begin(), group->second.ingress.end());
    egress.insert(egress.end(), group->second.egress.begin(), group->second.egress.end());
  }
  lines.push_back(interface.security_groups.empty()
                      ? "  no security group"
                      : absl::StrCat("  by ", NamedAll(network, interface.security_groups)));
  const Explainer explainer(network, vpc, "");
  explainer.AddRules(Direction::kIngress, ingress, lines);
  explainer.AddRules(Direction::kEgress, egress, lines);
  if (interface.attached_to.empty()) lines.push_back("  attached to nothing: no packet comes or goes");
  if (subnet != network.subnets.end() && !subnet->second.acl.empty()) {
    lines.push_back(absl::StrCat("  between subnets ", subnet->second.acl, " has a say as well"));
  }
  return lines;
}

absl::StatusOr<Lines> Explain(const Network& network, absl::string_view id) {
  if (network.security_groups.count(base::ToStd(id)) > 0) return ExplainGroup(network, id);
  if (network.acls.count(base::ToStd(id)) > 0) return ExplainAcl(network, id);
  if (network.interfaces.count(base::ToStd(id)) > 0) return ExplainInterface(network, id);
  return NotFound("security group, network ACL or interface", id);
}

}  // namespace nubo::vpc
