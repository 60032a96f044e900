#include "nubo/fabrics/network_filter.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"

namespace nubo::fabrics {
namespace {

constexpr int kAllProtocols = -1;
constexpr int kIcmp = 1;
constexpr int kTcp = 6;
constexpr int kUdp = 17;
constexpr int kIcmpV6 = 58;
constexpr int kPortMax = 65535;
// The mark of what an interface has passed on, after its route has been found; no route table has this number.
constexpr int kPassedOn = 1;
// Likewise of a reply that comes from an interface which has not passed its connection on.
constexpr int kReplyPassedOn = 2;
// Names of chains have 127 characters at most.
constexpr size_t kGroupsTextMax = 100;

std::string Quoted(absl::string_view device) { return absl::StrCat("\"", device, "\""); }

// An id as a part of a name.
std::string Name(absl::string_view kind, absl::string_view id) {
  std::string name = absl::StrCat(kind, ".", id);
  for (char& c : name) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '.') c = '_';
  }
  return name;
}

NftSet Blocks(const std::vector<net::Prefix>& blocks, bool v4) {
  NftSet set{.type = v4 ? "ipv4_addr" : "ipv6_addr", .flags = "interval"};
  for (const net::Prefix& block : Disjoint(blocks, v4)) set.elements[block.ToString()];
  return set;
}

// What a packet is about, as security groups and ACLs say it alike.
struct Traffic {
  int protocol = kAllProtocols;
  int from_port = -1;
  int to_port = -1;
};

// Whether some packet of this family can be meant.
bool IsOf(const Traffic& traffic, bool v4) {
  if (traffic.protocol == kIcmp) return v4;
  if (traffic.protocol == kIcmpV6) return !v4;
  const bool ports = traffic.protocol == kTcp || traffic.protocol == kUdp;
  return !ports || (traffic.from_port <= traffic.to_port && traffic.to_port >= 0);
}

// With a space after it, or "".
std::string TrafficMatch(const Traffic& traffic) {
  switch (traffic.protocol) {
    case kAllProtocols:
      return "";
    case kTcp:
    case kUdp: {
      const int from = std::max(traffic.from_port, 0), to = std::min(traffic.to_port, kPortMax);
      if (from == 0 && to == kPortMax) break;
      const std::string ports = from == to ? absl::StrCat(from) : absl::StrCat(from, "-", to);
      return absl::StrCat(traffic.protocol == kTcp ? "tcp" : "udp", " dport ", ports, " ");
    }
    case kIcmp:
    case kIcmpV6: {
      if (traffic.from_port == -1) break;
      const absl::string_view word = traffic.protocol == kIcmp ? "icmp" : "icmpv6";
      const std::string type = absl::StrCat(word, " type ", traffic.from_port, " ");
      return traffic.to_port == -1 ? type : absl::StrCat(type, word, " code ", traffic.to_port, " ");
    }
  }
  return absl::StrCat("meta l4proto ", traffic.protocol, " ");
}

// `end`: "saddr" or "daddr".
std::string BlockMatch(const net::Prefix& block, absl::string_view end) {
  if (block.length() == 0) return block.is_v4() ? "meta nfproto ipv4 " : "meta nfproto ipv6 ";
  return absl::StrCat(block.is_v4() ? "ip " : "ip6 ", end, " ", block.ToString(), " ");
}

std::string SetMatch(bool v4, absl::string_view end, absl::string_view set) {
  return absl::StrCat(v4 ? "ip " : "ip6 ", end, " @", set, " ");
}

class RouterFilterMaker {
 public:
  RouterFilterMaker(const NetworkLayout& layout, const RouterLayout& router)
      : layout_(layout), router_(router), v6_(router.has_v6()) {
    table_.family = "inet";
  }

  NftTable Make() {
    AddSets();
    for (const Port& port : router_.ports) AddPort(port);
    for (const PeeringEnd& peering : router_.peerings) AddPeering(peering);
    if (router_.has_edge()) AddEdge();
    AddOrigin();
    AddForward();
    AddInput();
    AddGroups();
    return std::move(table_);
  }

 private:
  std::vector<std::string>& Rules(const std::string& chain) { return table_.chains[chain].rules; }
  std::map<std::string, std::string>& Elements(const std::string& set) { return table_.sets[set].elements; }

  void AddSets() {
    const vpc::Vpc& vpc = *router_.vpc;
    table_.sets = {{"origin_of", {.type = "ifname : verdict"}}, {"table_of", {.type = "ifname : mark"}},
                   {"own4", {.type = "ifname . ipv4_addr"}},    {"own6", {.type = "ifname . ipv6_addr"}},
                   {"interfaces", {.type = "ifname"}},          {"checked", {.type = "ifname"}},
                   {"acl_from", {.type = "ifname : verdict"}},  {"acl_to", {.type = "ifname : verdict"}},
                   {"egress_of", {.type = "ifname : verdict"}}, {"ingress_of", {.type = "ifname : verdict"}},
                   {"blocks4", Blocks(vpc.blocks, true)},       {"blocks6", Blocks(vpc.blocks, false)},
                   {"routers", {.type = "ipv4_addr"}}};
    for (const auto& [id, subnet] : router_.subnets) {
      if (const auto block = BlockOf(*subnet, true)) {
        Elements("routers")[net::IpAddress::V4(block->first().v4() + 1).ToString()];
      }
    }
  }

  void AddPort(const Port& port) {
    const std::string device = Quoted(port.device);
    Elements("origin_of")[device] = port.is_nat() ? "accept" : "goto from_interface";
    if (const uint32_t number = router_.MarkOf(port.subnet_id); number != 0) {
      Elements("table_of")[device] = absl::StrCat(number);
    }
    if (!port.subnet->acl.empty()) AddAclOf(port);
    if (port.is_nat()) return;
    Elements("interfaces")[device];
    if (port.checked()) {
      Elements("checked")[device];
    } else {
      AddMiddleBox(port.id, device);
    }
    for (const vpc::InterfaceAddress& own : port.addresses) {
      Elements(own.address.is_v4() ? "own4" : "own6")[absl::StrCat(device, " . ", own.address.ToString())];
    }
    AddGatesOf(port);
  }

  // What passes others' packets on: connections remember by a mark which one did, whose groups let the replies through.
  void AddMiddleBox(const std::string& id, const std::string& device) {
    uint32_t number = 0x811c9dc5;
    for (const char c : id) number = (number ^ static_cast<unsigned char>(c)) * 0x01000193;
    table_.sets["unchecked"].type = "ifname";
    table_.sets["box_of"].type = "ifname : mark";
    table_.sets["remembered"].type = "ifname . mark";
    Elements("unchecked")[device];
    Elements("box_of")[device] = absl::StrCat(number);
    Elements("remembered")[absl::StrCat(device, " . ", number)];
    Rules("reply") = {"oifname @unchecked jump reply_to_box", "iifname @unchecked jump reply_of_box"};
    Rules("reply_to_box") = {"oifname . ip daddr @own4 return", "oifname . ip6 daddr @own6 return",
                             "oifname . ct mark @remembered return", "oifname vmap @ingress_of"};
    Rules("reply_of_box") = {"iifname . ip saddr @own4 return", "iifname . ip6 saddr @own6 return",
                             "iifname . ct mark @remembered return", absl::StrCat("meta mark set ", kReplyPassedOn),
                             "iifname vmap @egress_of"};
  }

  void AddAclOf(const Port& port) {
    const std::string device = Quoted(port.device);
    const std::string inside = Name("if", port.subnet_id);
    const std::string from = Name("from", port.subnet_id), to = Name("to", port.subnet_id);
    table_.sets[inside].type = "ifname";
    Elements(inside)[device];
    Elements("acl_from")[device] = absl::StrCat("jump ", from);
    Elements("acl_to")[device] = absl::StrCat("jump ", to);
    if (table_.chains.contains(from)) return;
    const std::string& acl = port.subnet->acl;
    Rules(from) = {absl::StrCat("oifname @", inside, " return"), absl::StrCat("goto ", Name("acl-egress", acl))};
    Rules(to) = {absl::StrCat("iifname @", inside, " return"), absl::StrCat("goto ", Name("acl-ingress", acl))};
    AddAcl(acl);
  }

  // One that has gone lets nothing through.
  void AddAcl(const std::string& id) {
    const auto acl = layout_.network->acls.find(id);
    for (const bool egress : {true, false}) {
      std::vector<std::string>& rules = Rules(Name(egress ? "acl-egress" : "acl-ingress", id));
      rules.clear();
      if (acl != layout_.network->acls.end()) {
        AddAclEntries(egress ? acl->second.egress : acl->second.ingress, egress ? "daddr" : "saddr", rules);
      }
      rules.push_back("drop");
    }
  }

  static void AddAclEntries(std::vector<vpc::NetworkAclEntry> entries, absl::string_view end,
                            std::vector<std::string>& rules) {
    std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.number < b.number; });
    for (const vpc::NetworkAclEntry& entry : entries) {
      const Traffic traffic{entry.protocol, entry.from_port, entry.to_port};
      if (!IsOf(traffic, entry.block.is_v4())) continue;
      rules.push_back(
          absl::StrCat(BlockMatch(entry.block, end), TrafficMatch(traffic), entry.allow ? "return" : "drop"));
    }
  }

  // The chains that interfaces with these groups share.
  void AddGatesOf(const Port& port) {
    std::set<std::string> groups;
    for (const std::string& id : port.interface->security_groups) {
      if (layout_.network->security_groups.contains(id)) groups.insert(id);
    }
    std::string text = groups.empty() ? "none" : absl::StrJoin(groups, ".");
    if (text.size() > kGroupsTextMax) text = MacOf(text, std::nullopt) + text.substr(0, kGroupsTextMax / 2);
    const std::string out = Name("out", text), in = Name("in", text);
    Elements("egress_of")[Quoted(port.device)] = absl::StrCat("goto ", out);
    Elements("ingress_of")[Quoted(port.device)] = absl::StrCat("goto ", in);
    if (table_.chains.contains(out)) return;
    for (const std::string& id : groups) {
      Rules(out).push_back(absl::StrCat("jump ", Name("egress", id)));
      Rules(in).push_back(absl::StrCat("jump ", Name("ingress", id)));
      groups_.insert(id);
    }
    Rules(out).push_back("drop");
    Rules(in).push_back("drop");
  }

  void AddPeering(const PeeringEnd& peering) {
    const std::string chain = Name("peer", peering.id);
    Elements("origin_of")[Quoted(peering.device)] = absl::StrCat("goto ", chain);
    for (const net::Prefix& block : peering.peer->blocks) {
      Rules(chain).push_back(absl::StrCat(BlockMatch(block, "saddr"), "accept"));
    }
    Rules(chain).push_back("drop");
  }

  void AddEdge() {
    for (const absl::string_view device : {kUplink, kEgressOnlyUplink, kServiceUplink}) {
      Elements("origin_of")[Quoted(device)] = "goto from_edge";
    }
    Rules("from_edge") = {"ip saddr @blocks4 drop", "ip6 saddr @blocks6 drop", "accept"};
  }

  void AddOrigin() {
    table_.chains["origin"] = {.hook = "type filter hook prerouting priority -300; policy drop;",
                               .rules = {"iifname \"lo\" accept", "iifname vmap @origin_of"}};
    Rules("from_interface") = {"iifname . ip saddr @own4 accept", "iifname . ip6 saddr @own6 accept",
                               "iifname @checked drop", "accept"};
    table_.chains["marks"] = {.hook = "type filter hook prerouting priority -150; policy accept;",
                              .rules = {"meta mark set iifname map @table_of"}};
  }

  // What opened from elsewhere is not answered by a way that only opens from inside.
  static std::string ReplyByEgressOnly() {
    return absl::StrCat("oifname ", Quoted(kEgressOnlyUplink), " ct direction reply drop");
  }

  void AddForward() {
    table_.chains["forward"] = {
        .hook = "type filter hook forward priority 0; policy drop;",
        .rules = {"oifname @checked jump own_destination", "iifname vmap @acl_from", "oifname vmap @acl_to",
                  "ct state invalid drop", ReplyByEgressOnly(), "ct state established,related accept", "jump passed_on",
                  "iifname vmap @egress_of", "goto admit"}};
    // Of those that may, who is not its sender has passed it on.
    Rules("passed_on") = {"iifname != @interfaces return", "iifname @checked return", "iifname . ip saddr @own4 return",
                          "iifname . ip6 saddr @own6 return", absl::StrCat("meta mark set ", kPassedOn)};
    Rules("admit") = {};
    if (table_.sets.contains("unchecked")) {
      std::vector<std::string>& forward = Rules("forward");
      forward.insert(std::find(forward.begin(), forward.end(), "ct state established,related accept"),
                     "ct direction reply jump reply");
      Rules("passed_on").push_back("ct mark set iifname map @box_of");
      Rules("admit").push_back(absl::StrCat("meta mark ", kReplyPassedOn, " accept"));
    }
    Rules("own_destination") = {"oifname . ip daddr @own4 return", "oifname . ip6 daddr @own6 return", "drop"};
    Rules("admit").insert(Rules("admit").end(), {"oifname vmap @ingress_of", "accept"});
  }

  // What is for the router itself: neither groups nor ACLs are asked.
  void AddInput() {
    NftChain& input = table_.chains["input"];
    input.hook = "type filter hook input priority 0; policy drop;";
    input.rules = {"ct state established,related accept"};
    const std::string from = "iifname @interfaces ";
    if (router_.vpc->dns_support) {
      std::string resolvers = "169.254.169.253";
      if (const auto& blocks = router_.vpc->blocks; !blocks.empty() && blocks.front().is_v4()) {
        absl::StrAppend(&resolvers, ", ", net::IpAddress::V4(blocks.front().first().v4() + 2).ToString());
      }
      const std::string dns = "meta l4proto { tcp, udp } th dport 53 accept";
      input.rules.push_back(absl::StrCat(from, "ip daddr { ", resolvers, " } ", dns));
      input.rules.push_back(absl::StrCat(from, "ip6 daddr fd00:ec2::253 ", dns));
    }
    input.rules.push_back(absl::StrCat(from, "ip daddr 169.254.169.254 tcp dport 80 accept"));
    input.rules.push_back(absl::StrCat(from, "ip6 daddr fd00:ec2::254 tcp dport 80 accept"));
    input.rules.push_back(absl::StrCat(from, "ip daddr @routers icmp type echo-request accept"));
  }

  void AddGroups() {
    for (const std::string& id : groups_) {
      const vpc::NetworkSecurityGroup& group = layout_.network->security_groups.find(id)->second;
      for (const vpc::SecurityGroupRule& rule : group.egress) {
        AddGroupRule(group, rule, "daddr", "goto admit", Rules(Name("egress", id)));
      }
      AddIngress(group, Rules(Name("ingress", id)));
      Rules(Name("egress", id));
      Rules(Name("ingress", id));
    }
  }

  // What somebody has passed on is not taken for its sender's: rules about groups are not for it. (Amazon VPC user
  // guide, "Security group referencing".)
  void AddIngress(const vpc::NetworkSecurityGroup& group, std::vector<std::string>& rules) {
    std::vector<std::string> about_groups;
    for (const vpc::SecurityGroupRule& rule : group.ingress) {
      AddGroupRule(group, rule, "saddr", "accept", rule.group_id.empty() ? rules : about_groups);
    }
    if (about_groups.empty()) return;
    rules.push_back(absl::StrCat("meta mark ", kPassedOn, " return"));
    rules.insert(rules.end(), about_groups.begin(), about_groups.end());
  }

  void AddGroupRule(const vpc::NetworkSecurityGroup& group, const vpc::SecurityGroupRule& rule, absl::string_view end,
                    absl::string_view verdict, std::vector<std::string>& rules) {
    const Traffic traffic{rule.protocol, rule.from_port, rule.to_port};
    for (const bool v4 : {true, false}) {
      if ((!v4 && !v6_) || !IsOf(traffic, v4) || (rule.block.has_value() && rule.block->is_v4() != v4)) continue;
      std::string peer;
      if (rule.block.has_value()) {
        peer = BlockMatch(*rule.block, end);
      } else if (!rule.group_id.empty()) {
        if (!AddMembers(group, rule.group_id)) continue;
        peer = SetMatch(v4, end, Name(v4 ? "members4" : "members6", rule.group_id));
      } else {
        AddPrefixList(rule.prefix_list_id);
        peer = SetMatch(v4, end, Name(v4 ? "list4" : "list6", rule.prefix_list_id));
      }
      rules.push_back(absl::StrCat(peer, TrafficMatch(traffic), verdict));
    }
  }

  void AddPrefixList(const std::string& id) {
    const std::vector<net::Prefix>& blocks = layout_.PrefixList(id);
    table_.sets.try_emplace(Name("list4", id), Blocks(blocks, true));
    table_.sets.try_emplace(Name("list6", id), Blocks(blocks, false));
  }

  // False: the group has gone, or is of a VPC that no active peering joins.
  bool AddMembers(const vpc::NetworkSecurityGroup& of, const std::string& id) {
    const auto group = layout_.network->security_groups.find(id);
    if (group == layout_.network->security_groups.end() || !Joined(of.vpc, group->second.vpc)) return false;
    const std::string name4 = Name("members4", id), name6 = Name("members6", id);
    if (table_.sets.contains(name4)) return true;
    table_.sets[name4].type = "ipv4_addr";
    table_.sets[name6].type = "ipv6_addr";
    const auto members = layout_.group_members.find(id);
    if (members == layout_.group_members.end()) return true;
    for (const net::IpAddress& address : members->second) Elements(address.is_v4() ? name4 : name6)[address.ToString()];
    return true;
  }

  bool Joined(const std::string& a, const std::string& b) const {
    if (a == b) return true;
    const auto router = layout_.routers.find(a);
    return router != layout_.routers.end() &&
           std::any_of(router->second.peerings.begin(), router->second.peerings.end(),
                       [&](const PeeringEnd& peering) { return peering.peer_id == b; });
  }

  const NetworkLayout& layout_;
  const RouterLayout& router_;
  const bool v6_;
  NftTable table_;
  // Those that have chains.
  std::set<std::string> groups_;
};

}  // namespace

NftTable RouterFilter(const NetworkLayout& layout, const RouterLayout& router) {
  return RouterFilterMaker(layout, router).Make();
}

NftTable EdgeFilter(const RouterLayout& router) {
  NftTable table{.family = "inet"};
  table.sets = {{"blocks4", Blocks(router.vpc->blocks, true)},
                {"blocks6", Blocks(router.vpc->blocks, false)},
                {"private_of", {.type = "ipv4_addr : ipv4_addr"}},
                {"public_of", {.type = "ipv4_addr : ipv4_addr"}},
                {"public", {.type = "ipv4_addr"}}};
  for (const Port& port : router.ports) {
    for (const vpc::InterfaceAddress& own : port.addresses) {
      if (!own.address.is_v4() || !own.public_address.has_value()) continue;
      const std::string address = own.address.ToString(), public_address = own.public_address->ToString();
      table.sets["public_of"].elements[address] = public_address;
      table.sets["public"].elements[address];
      // Nobody opens a connection to a NAT gateway.
      if (!port.is_nat()) table.sets["private_of"].elements[public_address] = address;
    }
  }
  const auto from = [](absl::string_view device) { return absl::StrCat("iifname ", Quoted(device), " "); };
  // An internet gateway remembers nothing of IPv6 connections, whose packets may go another way than they came.
  NftChain& from_world = table.chains["from_world"];
  from_world.rules = {"ip saddr @blocks4 drop", "ip6 saddr @blocks6 drop"};
  if (!router.internet_gateway.empty()) from_world.rules.push_back("ip6 daddr @blocks6 accept");
  from_world.rules.insert(from_world.rules.end(), {"ct state invalid drop", "ct state established,related accept",
                                                   "ct status dnat accept", "drop"});
  table.chains["from_vpc"].rules = {"ip6 saddr @blocks6 accept", "ct state invalid drop", "ip saddr @public accept",
                                    "drop"};
  // What opened from outside is not answered by a way that only opens from inside.
  table.chains["from_inside"].rules = {"ct state invalid drop", "ct direction reply drop", "ip saddr != @blocks4 drop",
                                       "ip6 saddr != @blocks6 drop", "accept"};
  table.chains["forward"] = {
      .hook = "type filter hook forward priority 0; policy drop;",
      .rules = {from(kWorldUplink) + "goto from_world", from(kUplink) + "goto from_vpc",
                from(kEgressOnlyUplink) + "meta nfproto ipv4 drop", from(kEgressOnlyUplink) + "goto from_inside",
                from(kServiceUplink) + "goto from_inside"}};
  table.chains["input"] = {.hook = "type filter hook input priority 0; policy drop;"};
  table.chains["to_private"] = {.hook = "type nat hook prerouting priority -100; policy accept;",
                                .rules = {from(kWorldUplink) + "dnat ip to ip daddr map @private_of"}};
  NftChain& to_public = table.chains["to_public"];
  to_public.hook = "type nat hook postrouting priority 100; policy accept;";
  to_public.rules = {from(kUplink) + "snat ip to ip saddr map @public_of"};
  if (router.service_source.has_value()) {
    to_public.rules.push_back(
        absl::StrCat(from(kServiceUplink), "meta nfproto ipv4 snat ip to ", router.service_source->ToString()));
  }
  return table;
}

NftTable NatGatewayFilter(const Port& port) {
  const std::string own = port.addresses.front().address.ToString();
  NftTable table{.family = "inet"};
  // What it has sent itself comes back where a route leads from it to it.
  table.chains["forward"] = {.hook = "type filter hook forward priority 0; policy drop;",
                             .rules = {absl::StrCat("ip saddr ", own, " drop"), "ct state invalid drop",
                                       "meta nfproto ipv4 meta l4proto { tcp, udp, icmp } accept"}};
  table.chains["input"] = {.hook = "type filter hook input priority 0; policy drop;"};
  table.chains["to_own"] = {.hook = "type nat hook postrouting priority 100; policy accept;",
                            .rules = {absl::StrCat("oifname \"", port.inner_device, "\" snat ip to ", own)}};
  return table;
}

}  // namespace nubo::fabrics
