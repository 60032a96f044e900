#include "nubo/vpc/packet_walk.h"

#include <algorithm>
#include <utility>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nubo/vpc/traffic.h"

namespace nubo::vpc {
namespace {

using Kind = IndexedRoute::Kind;

// Subnets' edges that one packet may pass: more than any way that ends.
constexpr int kEdgesMax = 32;

constexpr int kDnsPort = 53;
constexpr int kHttpPort = 80;

const net::IpAddress kResolverV4 = net::IpAddress::V4(0xa9fea9fd);                                    // 169.254.169.253
const net::IpAddress kMetadataV4 = net::IpAddress::V4(0xa9fea9fe);                                    // 169.254.169.254
const net::IpAddress kResolverV6 = net::IpAddress::V6(absl::MakeUint128(0xfd000ec200000000, 0x253));  // fd00:ec2::253
const net::IpAddress kMetadataV6 = net::IpAddress::V6(absl::MakeUint128(0xfd000ec200000000, 0x254));  // fd00:ec2::254

// Whom no packet on the internet finds: RFC 1918, RFC 6598, loopback, link-local, multicast and above.
bool IsNowhereOnInternet(const net::IpAddress& address) {
  if (address.is_v6()) return (address.value() >> 120) >= 0xfc || address.value() <= 1;
  const uint32_t v4 = address.v4();
  return v4 >> 24 == 0 || v4 >> 24 == 10 || v4 >> 24 == 127 || v4 >> 20 == 0xac1 || v4 >> 16 == 0xc0a8 ||
         v4 >> 16 == 0xa9fe || v4 >> 22 == 0x191 || v4 >> 28 >= 0xe;
}

template <typename T>
bool Has(const std::vector<T>& all, const T& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

// The type that answers, or -1.
int AnsweringType(int protocol, int type) {
  if (protocol == kIcmpV6) return type == 128 ? 129 : -1;
  switch (type) {
    case 8:
      return 0;
    case 13:
      return 14;
    case 15:
      return 16;
    case 17:
      return 18;
  }
  return -1;
}

bool IsAnswered(const Packet& packet) {
  return !IsIcmp(packet.protocol) || AnsweringType(packet.protocol, packet.port) != -1;
}

Packet Answer(const Packet& packet) {
  Packet answer = packet;
  std::swap(answer.source, answer.destination);
  if (IsIcmp(packet.protocol)) {
    answer.port = AnsweringType(packet.protocol, packet.port);
    answer.code = 0;
  } else {
    std::swap(answer.source_port, answer.port);
  }
  return answer;
}

std::string AddressPair(const Packet& packet) {
  return absl::StrCat("from ", packet.source.ToString(), " to ", packet.destination.ToString());
}

// A subnet without a table of its own or its VPC's has local routes all the same.
const std::string& RoutedBy(const IndexedSubnet& subnet) {
  return subnet.routes->id.empty() ? subnet.id : subnet.routes->id;
}

std::string GroupIds(const IndexedInterface& interface) {
  return absl::StrJoin(interface.groups, ", ",
                       [](std::string* out, const IndexedGroup* group) { absl::StrAppend(out, group->id); });
}

}  // namespace

std::string PacketText(const Packet& packet) {
  if (IsIcmp(packet.protocol)) return absl::StrCat(ProtocolText(packet.protocol), " type ", packet.port);
  if (HasPorts(packet.protocol)) return absl::StrCat(ProtocolText(packet.protocol), " ", packet.port);
  return ProtocolText(packet.protocol);
}

void PacketWalk::Pass(absl::string_view component, std::string what, absl::string_view rule) {
  verdict_.hops.push_back({std::string(component), std::move(what), std::string(rule), reply_});
}

PacketWalk::Step PacketWalk::Stop(absl::string_view component, absl::string_view rule, std::string why) {
  verdict_.stopped_by = std::string(component);
  verdict_.rule = std::string(rule);
  verdict_.why = std::move(why);
  verdict_.reply_stopped = reply_;
  return Step::kStopped;
}

Verdict PacketWalk::FromInterface(const IndexedInterface& sender, const Packet& packet) {
  packet_ = packet;
  if (sender.subnet == nullptr) {
    Stop(sender.id, "", absl::StrCat("its subnet ", sender.interface->subnet, " is not there; put it into one"));
    return std::move(verdict_);
  }
  if (sender.interface->attached_to.empty()) {
    Stop(sender.id, "", "it is attached to nothing, and no packet leaves it; attach it to an instance");
    return std::move(verdict_);
  }
  if (sender.interface->source_dest_check && !sender.Holds(packet_.source)) {
    Stop(sender.id, "source/destination check",
         absl::StrCat("the source ", packet_.source.ToString(),
                      " is not its own; send from its own address, or turn the check off if it passes others' on"));
    return std::move(verdict_);
  }
  Pass(sender.id, absl::StrCat("sends ", PacketText(packet_), " ", AddressPair(packet_)));
  if (StaysWithin(sender)) return std::move(verdict_);
  tracked_.push_back(&sender);
  at_ = sender.subnet;
  if (!PassGroups(sender, Direction::kEgress) || !Travel()) return std::move(verdict_);
  return WalkBack(&sender, packet);
}

Verdict PacketWalk::FromOutside(const Packet& packet) {
  packet_ = packet;
  Pass("internet", absl::StrCat("sends ", PacketText(packet_), " ", AddressPair(packet_)));
  const Step step = CrossInternet("internet");
  if (step == Step::kStopped || (step == Step::kOn && !Travel())) return std::move(verdict_);
  if (place_ == Place::kOutside) {
    Stop("internet", "",
         absl::StrCat(packet.destination.ToString(), " is outside of every VPC too; name an end that is within one"));
    return std::move(verdict_);
  }
  return WalkBack(nullptr, packet);
}

bool PacketWalk::StaysWithin(const IndexedInterface& sender) {
  if (sender.Holds(packet_.destination)) {
    Pass(sender.id, "is its own receiver");
    verdict_.reachable = true;
    return true;
  }
  return AsksResolver(sender) || AsksMetadata(sender);
}

// Neither groups nor ACLs filter these (Amazon VPC user guide, "Security group rules" and "Network ACL basics").
bool PacketWalk::AsksResolver(const IndexedInterface& sender) {
  const IndexedVpc& vpc = *sender.subnet->vpc;
  const bool is_resolver =
      packet_.destination == kResolverV4 || packet_.destination == kResolverV6 || packet_.destination == vpc.resolver;
  if (!is_resolver) return false;
  const std::string resolver = absl::StrCat("the resolver ", packet_.destination.ToString());
  if (!vpc.vpc->dns_support) {
    Stop(vpc.id, "EnableDnsSupport", absl::StrCat(resolver, " does not answer; turn EnableDnsSupport on"));
  } else if (!HasPorts(packet_.protocol) || packet_.port != kDnsPort) {
    Stop(vpc.id, "", absl::StrCat(resolver, " answers udp and tcp 53 only; ask there"));
  } else {
    Pass(vpc.id, absl::StrCat("answers as ", resolver, ", which neither groups nor ACLs filter"));
    verdict_.reachable = true;
  }
  return true;
}

bool PacketWalk::AsksMetadata(const IndexedInterface& sender) {
  if (packet_.destination != kMetadataV4 && packet_.destination != kMetadataV6) return false;
  if (packet_.protocol != kTcp || packet_.port != kHttpPort) {
    Stop(sender.id, "",
         absl::StrCat("the metadata service ", packet_.destination.ToString(), " answers tcp 80 only; ask there"));
  } else {
    Pass(sender.id, "is answered by its host's metadata service, which neither groups nor ACLs filter");
    verdict_.reachable = true;
  }
  return true;
}

bool PacketWalk::Travel() {
  for (int edges = 0; edges < kEdgesMax; ++edges) {
    const Step step = at_->Contains(packet_.destination) ? Deliver(*at_->vpc, at_) : LeaveSubnet();
    if (step != Step::kOn) return step == Step::kArrived;
  }
  Stop(RoutedBy(*at_), "", "the routes lead in a circle; let one of them lead out");
  return false;
}

PacketWalk::Step PacketWalk::LeaveSubnet() {
  if (!PassAcl(*at_, Direction::kEgress)) return Step::kStopped;
  const IndexedRoute* route = at_->routes->Lookup(packet_.destination);
  const std::string& component = RoutedBy(*at_);
  if (route == nullptr) {
    return Stop(component, "",
                absl::StrCat("it has no route to ", packet_.destination.ToString(), " for ", at_->id,
                             "; add one, to a gateway or a peering connection"));
  }
  if (route->kind == Kind::kBlackhole) {
    return Stop(component, route->text, absl::StrCat("the route is a blackhole: ", route->why));
  }
  Pass(component,
       route->kind == Kind::kLocal ? "keeps it within the VPC" : absl::StrCat("routes it to ", route->target),
       route->text);
  return FollowRoute(*route);
}

PacketWalk::Step PacketWalk::FollowRoute(const IndexedRoute& route) {
  switch (route.kind) {
    case Kind::kLocal:
      return Deliver(*at_->vpc, at_);
    case Kind::kInternet:
      return ThroughInternetGateway(route);
    case Kind::kEgressOnly:
      return ThroughEgressOnlyGateway(route);
    case Kind::kNat:
      return ThroughNat(route);
    case Kind::kPeering:
      return ThroughPeering(route);
    case Kind::kEndpoint:
      return ThroughEndpoint(route);
    case Kind::kInterface:
      return ThroughInterface(route);
    case Kind::kBlackhole:
      break;
  }
  return Step::kStopped;
}

PacketWalk::Step PacketWalk::ThroughInternetGateway(const IndexedRoute& route) {
  const auto holder = at_->vpc->holders.find(packet_.source);
  if (holder == at_->vpc->holders.end()) {
    return Stop(route.target, route.text,
                absl::StrCat("the source ", packet_.source.ToString(), " is nobody's in ", at_->vpc->id,
                             "; an internet gateway serves its own VPC only"));
  }
  if (packet_.source.is_v6()) {
    Pass(route.target, "lets it out to the internet");
    return CrossInternet(route.target);
  }
  const std::optional<net::IpAddress>& address = holder->second.public_address;
  if (!address.has_value()) {
    const bool nat = holder->second.nat != nullptr;
    return Stop(route.target, route.text,
                absl::StrCat(packet_.source.ToString(), " of ",
                             nat ? holder->second.nat->id : holder->second.interface->id, " has no public address; ",
                             nat ? "give the NAT gateway one" : "give it one, or route by a NAT gateway"));
  }
  Pass(route.target, absl::StrCat("makes the source ", packet_.source.ToString(), " the public ", address->ToString()));
  packet_.source = *address;
  return CrossInternet(route.target);
}

PacketWalk::Step PacketWalk::ThroughEgressOnlyGateway(const IndexedRoute& route) {
  if (packet_.destination.is_v4()) {
    return Stop(route.target, route.text, "an egress-only gateway passes IPv6 only; route IPv4 by a NAT gateway");
  }
  if (reply_ && !Has(left_by_egress_only_, at_->vpc)) {
    return Stop(
        route.target, route.text,
        "the reply leaves by an egress-only gateway, which knows nothing of a connection from outside; route by "
        "an internet gateway to be reached");
  }
  if (!at_->vpc->holders.contains(packet_.source)) {
    return Stop(route.target, route.text,
                absl::StrCat("the source ", packet_.source.ToString(), " is nobody's in ", at_->vpc->id,
                             "; an egress-only gateway serves its own VPC only"));
  }
  left_by_egress_only_.push_back(at_->vpc);
  Pass(route.target, "lets it out to the internet, and its replies back in");
  return CrossInternet(route.target);
}

PacketWalk::Step PacketWalk::ThroughNat(const IndexedRoute& route) {
  const IndexedNat& nat = *route.nat;
  if (packet_.source.is_v6()) {
    return Stop(nat.id, route.text, "a NAT gateway passes IPv4 here; route IPv6 by an egress-only gateway");
  }
  if (!HasPorts(packet_.protocol) && packet_.protocol != kIcmp) {
    return Stop(nat.id, route.text, "a NAT gateway passes tcp, udp and icmp only; give the sender a public address");
  }
  if (reply_) {
    return Stop(nat.id, route.text,
                absl::StrCat("the reply leads to a NAT gateway, which knows nothing of a connection from ",
                             packet_.destination.ToString(), "; let it go back the way it came"));
  }
  if (nat.subnet != at_ && !PassAcl(*nat.subnet, Direction::kIngress)) return Step::kStopped;
  Pass(nat.id,
       absl::StrCat("makes the source ", packet_.source.ToString(), " its own ", nat.nat->private_address.ToString()));
  translations_.push_back({&nat, packet_.source, packet_.destination});
  packet_.source = nat.nat->private_address;
  at_ = nat.subnet;
  forwarded_ = false;
  return Step::kOn;
}

PacketWalk::Step PacketWalk::BackThroughNat(const IndexedNat& nat) {
  const auto known = std::find_if(translations_.rbegin(), translations_.rend(), [&](const Translation& translation) {
    return translation.nat == &nat && translation.destination == packet_.source;
  });
  if (!reply_ || known == translations_.rend()) {
    return Stop(nat.id, "",
                absl::StrCat("no connection to ", packet_.destination.ToString(),
                             " can be opened: a NAT gateway lets in replies only; give the receiver a public address"));
  }
  packet_.destination = known->source;
  Pass(nat.id, absl::StrCat("makes the destination ", packet_.destination.ToString(), " again"));
  at_ = nat.subnet;
  return Step::kOn;
}

// Not transitive: neither end's gateways nor other peerings can be used over it (Amazon VPC peering guide,
// "Limitations").
PacketWalk::Step PacketWalk::ThroughPeering(const IndexedRoute& route) {
  const IndexedVpc& peer = *route.peer;
  if (!at_->vpc->Contains(packet_.source)) {
    return Stop(route.target, route.text,
                absl::StrCat("the source ", packet_.source.ToString(), " is not of ", at_->vpc->id,
                             ", and peering carries nothing of others; peer the two VPCs themselves"));
  }
  if (!peer.Contains(packet_.destination)) {
    return Stop(route.target, route.text,
                absl::StrCat(packet_.destination.ToString(), " is not within ", peer.id,
                             ", and peering leads no further; peer with the VPC that has it, or use an own gateway"));
  }
  Pass(route.target, absl::StrCat("takes it to ", peer.id));
  return Deliver(peer, nullptr);
}

PacketWalk::Step PacketWalk::ThroughEndpoint(const IndexedRoute& route) {
  const std::vector<net::Prefix>& blocks = route.endpoint->blocks;
  const bool within = std::any_of(blocks.begin(), blocks.end(),
                                  [&](const net::Prefix& block) { return block.Contains(packet_.destination); });
  if (!within || reply_ || !at_->vpc->Contains(packet_.source)) {
    return Stop(route.target, route.text,
                absl::StrCat("the endpoint takes nothing ", AddressPair(packet_), " but what its VPC asks of ",
                             route.endpoint->service, "; route it by a gateway"));
  }
  Pass(route.target, absl::StrCat("takes it to ", route.endpoint->service));
  place_ = Place::kService;
  service_ = route.target;
  service_vpc_ = at_->vpc;
  return Step::kArrived;
}

PacketWalk::Step PacketWalk::ThroughInterface(const IndexedRoute& route) {
  const IndexedInterface& interface = *route.interface;
  if (interface.Holds(packet_.destination)) return Deliver(*at_->vpc, at_);
  if (interface.subnet != at_ && !PassAcl(*interface.subnet, Direction::kIngress)) return Step::kStopped;
  if (interface.interface->source_dest_check) {
    return Stop(interface.id, "source/destination check",
                absl::StrCat("it drops what is not for it, such as this for ", packet_.destination.ToString(),
                             "; turn the check off"));
  }
  if (!PassGroups(interface, Direction::kIngress) || !PassGroups(interface, Direction::kEgress)) return Step::kStopped;
  if (!reply_) tracked_.push_back(&interface);
  Pass(interface.id, absl::StrCat("passes it on, as ", interface.interface->attached_to, " is taken to do"));
  forwarded_ = true;
  at_ = interface.subnet;
  return Step::kOn;
}

PacketWalk::Step PacketWalk::CrossInternet(absl::string_view last) {
  if (const Holder* holder = index_.FindPublic(packet_.destination); holder != nullptr) {
    return EnterFromInternet(*holder);
  }
  const std::string address = packet_.destination.ToString();
  if (packet_.destination.is_v6()) {
    if (const IndexedVpc* vpc = index_.FindVpcAround(packet_.destination); vpc != nullptr) {
      return Stop(vpc->id, "", absl::StrCat("no interface has ", address, "; use one that is there"));
    }
  }
  if (!reply_ && IsNowhereOnInternet(packet_.destination)) {
    return Stop(last, "",
                absl::StrCat(address,
                             " is a private address, which the internet leads nowhere; use a public one, or "
                             "route by a peering connection"));
  }
  place_ = Place::kOutside;
  Pass("internet", absl::StrCat("has ", address));
  return Step::kArrived;
}

PacketWalk::Step PacketWalk::EnterFromInternet(const Holder& holder) {
  const IndexedSubnet& subnet = holder.nat != nullptr ? *holder.nat->subnet : *holder.interface->subnet;
  const IndexedVpc& vpc = *subnet.vpc;
  const std::string& id = holder.nat != nullptr ? holder.nat->id : holder.interface->id;
  const bool v6 = packet_.destination.is_v6();
  const bool by_egress_only = v6 && reply_ && Has(left_by_egress_only_, &vpc);
  if (!by_egress_only && vpc.internet_gateway.empty()) {
    if (v6 && !vpc.egress_only_gateway.empty()) {
      return Stop(vpc.egress_only_gateway, "",
                  "an egress-only gateway lets no connection in; attach an internet gateway to be reached");
    }
    return Stop(vpc.id, "",
                absl::StrCat("it has no internet gateway, and so ", packet_.destination.ToString(), " of ", id,
                             " is not reached; attach one"));
  }
  const std::string& gateway = by_egress_only ? vpc.egress_only_gateway : vpc.internet_gateway;
  if (v6) {
    Pass(gateway, absl::StrCat("lets it in to ", vpc.id));
  } else {
    Pass(gateway, absl::StrCat("makes the destination ", packet_.destination.ToString(), " the private ",
                               holder.private_address.ToString()));
    packet_.destination = holder.private_address;
  }
  return Deliver(vpc, nullptr);
}

PacketWalk::Step PacketWalk::Deliver(const IndexedVpc& vpc, const IndexedSubnet* from) {
  const auto holder = vpc.holders.find(packet_.destination);
  if (holder == vpc.holders.end()) {
    return Stop(vpc.id, "",
                absl::StrCat("no interface has ", packet_.destination.ToString(), "; use one that is there"));
  }
  const IndexedNat* nat = holder->second.nat;
  const IndexedSubnet& subnet = nat != nullptr ? *nat->subnet : *holder->second.interface->subnet;
  if (&subnet != from && !PassAcl(subnet, Direction::kIngress)) return Step::kStopped;
  return nat != nullptr ? BackThroughNat(*nat) : Receive(*holder->second.interface);
}

PacketWalk::Step PacketWalk::Receive(const IndexedInterface& interface) {
  if (interface.interface->attached_to.empty()) {
    return Stop(interface.id, "", "it is attached to nothing, and nobody takes the packet; attach it to an instance");
  }
  if (!PassGroups(interface, Direction::kIngress)) return Step::kStopped;
  if (!reply_) tracked_.push_back(&interface);
  place_ = Place::kInterface;
  arrived_ = &interface;
  Pass(interface.id, absl::StrCat("receives it on ", packet_.destination.ToString()));
  return Step::kArrived;
}

bool PacketWalk::PassAcl(const IndexedSubnet& subnet, Direction direction) {
  if (subnet.subnet->acl.empty()) return true;
  if (subnet.acl == nullptr) {
    Stop(subnet.subnet->acl, "",
         absl::StrCat("the ACL of ", subnet.id, " is not there any more, and nothing passes; give the subnet another"));
    return false;
  }
  const bool in = direction == Direction::kIngress;
  const net::IpAddress& peer = in ? packet_.source : packet_.destination;
  for (const NetworkAclEntry* entry : in ? subnet.acl->ingress : subnet.acl->egress) {
    if (!entry->block.Contains(peer)) continue;
    if (!Matches(TrafficOf(*entry), packet_.protocol, packet_.port, packet_.code)) continue;
    if (entry->allow) {
      Pass(subnet.acl->id, absl::StrCat("lets it ", in ? "into " : "out of ", subnet.id),
           AclEntryText(direction, *entry));
      return true;
    }
    Stop(subnet.acl->id, AclEntryText(direction, *entry),
         absl::StrCat("it denies ", PacketText(packet_), " ", AddressPair(packet_), in ? " into " : " out of ",
                      subnet.id, "; allow it by a number below ", entry->number));
    return false;
  }
  Stop(subnet.acl->id, in ? "ingress *: deny" : "egress *: deny",
       absl::StrCat("no entry allows ", PacketText(packet_), " ", AddressPair(packet_), in ? " into " : " out of ",
                    subnet.id,
                    reply_ ? ", a reply, which ACLs do not remember; allow the ephemeral ports" : "; add one"));
  return false;
}

bool PacketWalk::PassGroups(const IndexedInterface& interface, Direction direction) {
  const bool in = direction == Direction::kIngress;
  if (reply_ && Has(tracked_, &interface)) {
    // Once is enough where a packet comes in and goes on.
    if (in || &interface == arrived_) {
      Pass(GroupIds(interface), absl::StrCat("lets the reply ", in ? "in" : "out", ": it remembers the connection"));
    }
    return true;
  }
  const net::IpAddress& peer = in ? packet_.source : packet_.destination;
  // A packet that an appliance passed on is not taken for its sender's (Amazon VPC user guide, "Security group
  // referencing").
  const bool may_be_member = !(in && forwarded_);
  for (const IndexedGroup* group : interface.groups) {
    for (const IndexedRule& rule : in ? group->ingress : group->egress) {
      if (!Matches(rule.traffic, packet_.protocol, packet_.port, packet_.code)) continue;
      if (!rule.Means(peer, may_be_member)) continue;
      Pass(group->id, absl::StrCat("lets it ", in ? "in to " : "out of ", interface.id),
           SecurityGroupRuleText(direction, *rule.rule));
      return true;
    }
  }
  if (interface.groups.empty()) {
    Stop(interface.id, "", "it has no security group that is there, and nothing passes; give it one");
  } else {
    Stop(GroupIds(interface), "", MissingRuleText(interface, direction));
  }
  return false;
}

std::string PacketWalk::MissingRuleText(const IndexedInterface& interface, Direction direction) const {
  const bool in = direction == Direction::kIngress;
  const net::IpAddress& peer = in ? packet_.source : packet_.destination;
  std::string text = absl::StrCat("no rule lets ", PacketText(packet_), in ? " in from " : " out to ", peer.ToString(),
                                  in ? " to " : " from ", interface.id, "; add one");
  bool names_group = false;
  for (const IndexedGroup* group : interface.groups) {
    for (const IndexedRule& rule : in ? group->ingress : group->egress) {
      names_group |=
          !rule.rule->group_id.empty() && Matches(rule.traffic, packet_.protocol, packet_.port, packet_.code);
    }
  }
  if (!names_group) return text;
  const Holder* holder = peer.is_v4() ? index_.FindPublic(peer) : nullptr;
  if (holder != nullptr) {
    absl::StrAppend(&text,
                    " for the address: one that names a group counts private addresses, and this is the public "
                    "one of ",
                    holder->nat != nullptr ? holder->nat->id : holder->interface->id);
  } else if (in && forwarded_) {
    absl::StrAppend(&text, " for the address: one that names a group does not count what another interface passed on");
  }
  return text;
}

Verdict PacketWalk::WalkBack(const IndexedInterface* sender, const Packet& sent) {
  if (!IsAnswered(packet_)) {
    verdict_.reachable = true;
    return std::move(verdict_);
  }
  packet_ = Answer(packet_);
  reply_ = true;
  forwarded_ = false;
  Step step = Step::kOn;
  switch (place_) {
    case Place::kInterface:
      at_ = arrived_->subnet;
      Pass(arrived_->id, absl::StrCat("replies ", AddressPair(packet_)));
      PassGroups(*arrived_, Direction::kEgress);
      break;
    case Place::kOutside:
      Pass("internet", absl::StrCat("replies ", AddressPair(packet_)));
      step = CrossInternet("internet");
      break;
    case Place::kService:
      Pass(service_, absl::StrCat("replies ", AddressPair(packet_)));
      step = Deliver(*service_vpc_, nullptr);
      break;
  }
  if (step == Step::kStopped || (step == Step::kOn && !Travel())) return std::move(verdict_);
  verdict_.reachable = CheckReturn(sender, sent);
  return std::move(verdict_);
}

bool PacketWalk::CheckReturn(const IndexedInterface* sender, const Packet& sent) {
  const bool to_sender = sender != nullptr ? place_ == Place::kInterface && arrived_ == sender
                                           : place_ == Place::kOutside && packet_.destination == sent.source;
  const std::string expected = sender != nullptr ? sender->id : sent.source.ToString();
  if (!to_sender) {
    if (place_ == Place::kInterface) {
      Stop(arrived_->id, "",
           absl::StrCat("the reply comes here and not to ", expected, "; send from the sender's own address"));
    } else {
      Stop("internet", "",
           absl::StrCat("the reply leaves for the internet and never comes to ", expected,
                        "; route it back the way the packet came"));
    }
    return false;
  }
  if (packet_.source != sent.destination) {
    Stop(expected, "",
         absl::StrCat("the reply comes from ", packet_.source.ToString(), " and not from ", sent.destination.ToString(),
                      ", and is not taken; let it go back the way the packet came"));
    return false;
  }
  return true;
}

}  // namespace nubo::vpc
