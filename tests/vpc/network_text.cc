#include "tests/vpc/network_text.h"

#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "nubo/net/ip_address.h"

namespace nubo::vpc {
namespace {

using Words = std::vector<std::string>;

// Takes the rest of a line apart, remembering whether all of it was understood.
struct Line {
  Words words;
  size_t at = 0;
  bool ok = true;

  bool done() const { return at >= words.size(); }
  std::string Next() {
    if (done()) {
      ok = false;
      return "";
    }
    return words[at++];
  }
  bool Take(const std::string& word) {
    if (done() || words[at] != word) return false;
    ++at;
    return true;
  }
  // "KEY=VALUE": the value.
  bool TakeValue(const std::string& key, std::string& value) {
    if (done() || !absl::StartsWith(words[at], key + "=")) return false;
    value = words[at++].substr(key.size() + 1);
    return true;
  }
  int Number() {
    int number = 0;
    ok &= absl::SimpleAtoi(Next(), &number);
    return number;
  }
  net::Prefix Block() { return Block(Next()); }
  net::Prefix Block(const std::string& text) {
    const auto block = net::Prefix::Parse(text);
    ok &= block.ok();
    return block.ok() ? *block : net::Prefix();
  }
  net::IpAddress Address(absl::string_view text) {
    const auto address = net::IpAddress::Parse(text);
    ok &= address.ok();
    return address.ok() ? *address : net::IpAddress();
  }
  std::vector<net::Prefix> Blocks() {
    std::vector<net::Prefix> blocks;
    while (!done() && absl::StrContains(words[at], '/')) blocks.push_back(Block());
    return blocks;
  }
};

// Protocol, and ports or type and code.
void Traffic(Line& line, int& protocol, int& from, int& to) {
  const std::string name = line.Next();
  const bool more = !line.done() && line.words[line.at].find_first_of(".:") == std::string::npos &&
                    absl::ascii_isdigit(line.words[line.at][0]);
  if (name == "all") return;
  if (name == "proto") {
    protocol = line.Number();
    return;
  }
  const bool ports = name == "tcp" || name == "udp";
  protocol = name == "tcp" ? 6 : name == "udp" ? 17 : name == "icmp" ? 1 : 58;
  line.ok &= ports || name == "icmp" || name == "icmpv6";
  if (ports) std::tie(from, to) = std::pair(0, 65535);
  if (!more) return;
  const Words parts = absl::StrSplit(line.Next(), absl::ByAnyChar("-/"));
  line.ok &= absl::SimpleAtoi(parts[0], &from);
  if (parts.size() > 1) {
    line.ok &= absl::SimpleAtoi(parts[1], &to);
  } else if (ports) {
    to = from;
  }
}

void AddVpc(Line& line, Network& network) {
  Vpc& vpc = network.vpcs[line.Next()] = {};
  vpc.blocks = line.Blocks();
  line.TakeValue("main", vpc.main_route_table);
  vpc.dns_support = !line.Take("nodns");
}

void AddSubnet(Line& line, Network& network) {
  Subnet& subnet = network.subnets[line.Next()] = {};
  subnet.vpc = line.Next();
  subnet.blocks = line.Blocks();
  line.TakeValue("rtb", subnet.route_table);
  line.TakeValue("acl", subnet.acl);
}

void AddRouteTable(Line& line, Network& network) {
  NetworkRouteTable& table = network.route_tables[line.Next()] = {};
  table.vpc = line.Next();
  while (!line.done()) {
    const std::pair<std::string, std::string> route = absl::StrSplit(line.Next(), absl::MaxSplits('=', 1));
    NetworkRoute& made = table.routes.emplace_back();
    made.target = route.second;
    if (absl::StrContains(route.first, '/')) {
      made.destination = line.Block(route.first);
    } else {
      made.prefix_list = route.first;
    }
  }
}

void AddInterface(Line& line, Network& network) {
  const std::string id = line.Next();
  NetworkInterface& interface = network.interfaces[id] = {};
  interface.subnet = line.Next();
  interface.attached_to = absl::StrCat("i-", absl::StripPrefix(id, "eni-"));
  std::string group;
  while (!line.done()) {
    if (line.TakeValue("sg", group)) {
      interface.security_groups.push_back(group);
    } else if (line.TakeValue("at", interface.attached_to)) {
      continue;
    } else if (line.Take("detached")) {
      interface.attached_to = "";
    } else if (line.Take("nocheck")) {
      interface.source_dest_check = false;
    } else {
      const Words pair = absl::StrSplit(line.Next(), '=');
      InterfaceAddress& own = interface.addresses.emplace_back();
      own.address = line.Address(pair[0]);
      if (pair.size() > 1) own.public_address = line.Address(pair[1]);
    }
  }
}

void AddAclEntry(const std::string& direction, NetworkAcl& acl, Line& line) {
  NetworkAclEntry& entry = (direction == "in" ? acl.ingress : acl.egress).emplace_back();
  entry.number = line.Number();
  entry.allow = line.Take("allow");
  line.ok &= entry.allow || line.Take("deny");
  Traffic(line, entry.protocol, entry.from_port, entry.to_port);
  entry.block = line.Block();
}

void AddGroupRule(const std::string& direction, NetworkSecurityGroup& group, Line& line) {
  SecurityGroupRule& rule = (direction == "in" ? group.ingress : group.egress).emplace_back();
  Traffic(line, rule.protocol, rule.from_port, rule.to_port);
  const std::string peer = line.Next();
  if (absl::StartsWith(peer, "sg-")) {
    rule.group_id = peer;
  } else if (absl::StartsWith(peer, "pl-")) {
    rule.prefix_list_id = peer;
  } else {
    rule.block = line.Block(peer);
  }
}

void AddRule(const std::string& direction, Line& line, Network& network) {
  const std::string id = line.Next();
  if (const auto acl = network.acls.find(id); acl != network.acls.end()) {
    AddAclEntry(direction, acl->second, line);
  } else if (const auto group = network.security_groups.find(id); group != network.security_groups.end()) {
    AddGroupRule(direction, group->second, line);
  } else {
    line.ok = false;
  }
}

void Remove(const std::string& id, Network& network) {
  network.vpcs.erase(id);
  network.subnets.erase(id);
  network.route_tables.erase(id);
  network.internet_gateways.erase(id);
  network.nat_gateways.erase(id);
  network.acls.erase(id);
  network.security_groups.erase(id);
  network.prefix_lists.erase(id);
  network.interfaces.erase(id);
  network.peerings.erase(id);
  network.endpoints.erase(id);
}

void AddMore(const std::string& verb, Line& line, Network& network) {
  if (verb == "igw" || verb == "eigw") {
    InternetGateway& gateway = network.internet_gateways[line.Next()] = {};
    gateway.egress_only = verb == "eigw";
    if (!line.done()) gateway.vpc = line.Next();
  } else if (verb == "nat") {
    NatGateway& nat = network.nat_gateways[line.Next()] = {};
    nat.subnet = line.Next();
    nat.private_address = line.Address(line.Next());
    if (!line.done()) nat.public_address = line.Address(line.Next());
  } else if (verb == "acl") {
    NetworkAcl& acl = network.acls[line.Next()] = {};
    acl.vpc = line.Next();
  } else if (verb == "sg") {
    NetworkSecurityGroup& group = network.security_groups[line.Next()] = {};
    group.vpc = line.Next();
    if (!line.done()) group.name = line.Next();
  } else if (verb == "list") {
    std::vector<net::Prefix>& list = network.prefix_lists[line.Next()];
    list = line.Blocks();
  } else if (verb == "peer") {
    PeeringConnection& peering = network.peerings[line.Next()] = {};
    peering.requester = line.Next();
    peering.accepter = line.Next();
    peering.active = !line.Take("pending");
  } else if (verb == "endpoint") {
    VpcEndpoint& endpoint = network.endpoints[line.Next()] = {};
    endpoint.vpc = line.Next();
    endpoint.service = line.Next();
    endpoint.blocks = line.Blocks();
    endpoint.gateway = !endpoint.blocks.empty();
  } else {
    line.ok = false;
  }
}

void Apply(Line& line, Network& network) {
  const std::string verb = line.Next();
  if (verb == "vpc") {
    AddVpc(line, network);
  } else if (verb == "subnet") {
    AddSubnet(line, network);
  } else if (verb == "rtb") {
    AddRouteTable(line, network);
  } else if (verb == "eni") {
    AddInterface(line, network);
  } else if (verb == "in" || verb == "out") {
    AddRule(verb, line, network);
  } else if (verb == "remove") {
    Remove(line.Next(), network);
  } else {
    AddMore(verb, line, network);
  }
}

}  // namespace

absl::Status ApplyNetworkText(absl::string_view text, Network& network) {
  for (const absl::string_view raw : absl::StrSplit(text, '\n')) {
    const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(raw, absl::MaxSplits('#', 1));
    Line line{.words = absl::StrSplit(parts.first, absl::ByAnyChar(" \t"), absl::SkipEmpty())};
    if (line.words.empty()) continue;
    Apply(line, network);
    if (!line.ok || !line.done()) return absl::InvalidArgumentError(absl::StrCat("not understood: ", raw));
  }
  return absl::OkStatus();
}

}  // namespace nubo::vpc
