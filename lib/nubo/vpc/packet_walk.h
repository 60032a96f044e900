// One packet's walk through an indexed network, and its reply's walk back.
//
// A walk is a state machine: a packet is at the edge of a subnet, or on the internet, and each step takes it through
// ACLs, a route and what the route leads to, until it arrives or is stopped. What the way there leaves behind
// (connections that groups remember, translations of NAT gateways) is what the way back uses.
//
// Thread safety: thread-compatible; for one connection.
#ifndef NUBO_VPC_PACKET_WALK_H_
#define NUBO_VPC_PACKET_WALK_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "nubo/net/ip_address.h"
#include "nubo/vpc/network_index.h"
#include "nubo/vpc/security_group.h"
#include "nubo/vpc/verdict.h"

namespace nubo::vpc {

struct Packet {
  net::IpAddress source;
  net::IpAddress destination;
  int protocol = 6;
  int source_port = 0;
  // TCP, UDP: the destination's. ICMP: the type.
  int port = 0;
  int code = 0;
};

// "tcp 80", "icmp type 8", "protocol 47": what a packet is, without its addresses.
std::string PacketText(const Packet& packet);

class PacketWalk {
 public:
  explicit PacketWalk(const NetworkIndex& index) : index_(index) {}

  // From `sender` to packet.destination and back.
  Verdict FromInterface(const IndexedInterface& sender, const Packet& packet);
  // From an address outside to packet.destination and back.
  Verdict FromOutside(const Packet& packet);

 private:
  enum class Step { kStopped, kOn, kArrived };
  enum class Place { kInterface, kOutside, kService };
  struct Translation {
    const IndexedNat* nat;
    net::IpAddress source;
    net::IpAddress destination;
  };

  // Whether it needs no walk, being for the sender itself or for what every subnet has; then the verdict says more.
  bool StaysWithin(const IndexedInterface& sender);
  bool AsksResolver(const IndexedInterface& sender);
  bool AsksMetadata(const IndexedInterface& sender);

  // From the edge of `at_` until it arrives; false: stopped.
  bool Travel();
  Step LeaveSubnet();
  Step FollowRoute(const IndexedRoute& route);
  Step ThroughInternetGateway(const IndexedRoute& route);
  Step ThroughEgressOnlyGateway(const IndexedRoute& route);
  Step ThroughNat(const IndexedRoute& route);
  Step BackThroughNat(const IndexedNat& nat);
  Step ThroughPeering(const IndexedRoute& route);
  Step ThroughEndpoint(const IndexedRoute& route);
  Step ThroughInterface(const IndexedRoute& route);
  // On the internet, where only public addresses lead on.
  Step CrossInternet(absl::string_view last);
  Step EnterFromInternet(const Holder& holder);
  // To whoever holds the destination in `vpc`; `from`: the subnet it comes from, if it is of this VPC.
  Step Deliver(const IndexedVpc& vpc, const IndexedSubnet* from);
  Step Receive(const IndexedInterface& interface);

  bool PassAcl(const IndexedSubnet& subnet, Direction direction);
  bool PassGroups(const IndexedInterface& interface, Direction direction);
  std::string MissingRuleText(const IndexedInterface& interface, Direction direction) const;

  // Turns round what arrived, and walks back to `sender`; null: to the outside.
  Verdict WalkBack(const IndexedInterface* sender, const Packet& sent);
  bool CheckReturn(const IndexedInterface* sender, const Packet& sent);

  void Pass(absl::string_view component, std::string what, absl::string_view rule = "");
  Step Stop(absl::string_view component, absl::string_view rule, std::string why);

  const NetworkIndex& index_;
  Packet packet_;
  bool reply_ = false;
  const IndexedSubnet* at_ = nullptr;
  // An interface that is no end of it passed it on.
  bool forwarded_ = false;

  // Where it arrived.
  Place place_ = Place::kOutside;
  const IndexedInterface* arrived_ = nullptr;
  const IndexedVpc* service_vpc_ = nullptr;
  std::string service_;

  // Of the way there.
  std::vector<const IndexedInterface*> tracked_;
  std::vector<Translation> translations_;
  std::vector<const IndexedVpc*> left_by_egress_only_;

  Verdict verdict_;
};

}  // namespace nubo::vpc

#endif  // NUBO_VPC_PACKET_WALK_H_
