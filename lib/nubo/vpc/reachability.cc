#include "nubo/vpc/reachability.h"

#include <utility>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "nubo/vpc/network_index.h"
#include "nubo/vpc/packet_walk.h"
#include "nubo/vpc/traffic.h"

namespace nubo::vpc {
namespace {

constexpr char kInternet[] = "internet";

// Of the blocks for documentation, which are nobody's (RFC 5737, RFC 3849).
const net::IpAddress kSomewhereV4 = net::IpAddress::V4(0xc6336401);                                // 198.51.100.1
const net::IpAddress kSomewhereV6 = net::IpAddress::V6(absl::MakeUint128(0x20010db8ffff0000, 1));  // 2001:db8:ffff::1

// One end: an interface, an address, or both.
struct End {
  const IndexedInterface* interface = nullptr;
  std::optional<net::IpAddress> address;
  bool outside = false;
};

Verdict Stopped(absl::string_view by, std::string why) {
  Verdict verdict;
  verdict.stopped_by = std::string(by);
  verdict.why = std::move(why);
  return verdict;
}

std::optional<net::IpAddress> FirstOf(const NetworkInterface& interface, bool v4) {
  for (const InterfaceAddress& own : interface.addresses) {
    if (own.address.is_v4() == v4) return own.address;
  }
  return std::nullopt;
}

std::optional<net::IpAddress> FirstPublicOf(const NetworkInterface& interface, bool v4) {
  for (const InterfaceAddress& own : interface.addresses) {
    if (own.address.is_v4() != v4) continue;
    if (!v4) return own.address;
    if (own.public_address.has_value()) return own.public_address;
  }
  return std::nullopt;
}

class Question {
 public:
  Question(const NetworkIndex& index, const Connection& connection) : index_(index), connection_(connection) {}

  Verdict Answer() {
    if (!FindSender() || !FindReceiver()) return std::move(refusal_);
    if (from_.interface == nullptr && to_.outside) {
      return Stopped(kInternet, "both ends are outside of every VPC; name an interface for one of them");
    }
    std::optional<Verdict> first;
    for (const bool v4 : {true, false}) {
      const std::optional<Packet> packet = MakePacket(v4);
      if (!packet.has_value()) continue;
      PacketWalk walk(index_);
      Verdict verdict =
          from_.interface != nullptr ? walk.FromInterface(*from_.interface, *packet) : walk.FromOutside(*packet);
      if (verdict.reachable) return verdict;
      if (!first.has_value()) first = std::move(verdict);
    }
    return first.has_value() ? *std::move(first) : NoCommonFamily();
  }

 private:
  bool Refuse(absl::string_view by, std::string why) {
    refusal_ = Stopped(by, std::move(why));
    return false;
  }

  bool FindSender() {
    const std::string& from = connection_.from;
    if (from == kInternet) {
      from_.outside = true;
      return true;
    }
    if ((from_.interface = index_.FindInterface(from)) != nullptr) return true;
    const absl::StatusOr<net::IpAddress> address = net::IpAddress::Parse(from);
    if (!address.ok()) return Refuse(from, "there is no such interface; give an interface, an address or \"internet\"");
    return FindSenderBy(*address);
  }

  bool FindSenderBy(const net::IpAddress& address) {
    from_.address = address;
    const auto holders = index_.FindPrivate(address);
    if (const Holder* holder = ChooseHolder(holders); holder != nullptr) return SendFrom(*holder);
    if (holders.size() > 1) {
      const std::string vpcs = absl::StrJoin(
          holders, ", ", [](std::string* out, const auto& holder) { absl::StrAppend(out, holder.first->id); });
      return Refuse(connection_.from, absl::StrCat("several have this address, in ", vpcs, "; name the interface"));
    }
    if (const Holder* holder = index_.FindPublic(address); holder != nullptr) return SendFrom(*holder);
    if (const IndexedVpc* vpc = index_.FindVpcAround(address); vpc != nullptr) {
      return Refuse(vpc->id, absl::StrCat("no interface has ", connection_.from, "; use one that is there"));
    }
    from_.outside = true;
    return true;
  }

  // Of several VPCs with this address, the receiver's.
  const Holder* ChooseHolder(const std::vector<std::pair<const IndexedVpc*, const Holder*>>& holders) const {
    if (holders.size() == 1) return holders.front().second;
    const IndexedInterface* receiver = index_.FindInterface(connection_.to);
    if (receiver == nullptr || receiver->subnet == nullptr) return nullptr;
    for (const auto& [vpc, holder] : holders) {
      if (vpc == receiver->subnet->vpc) return holder;
    }
    return nullptr;
  }

  bool SendFrom(const Holder& holder) {
    if (holder.nat != nullptr) {
      return Refuse(holder.nat->id, "a NAT gateway opens no connection of its own; name the interface that sends");
    }
    from_.interface = holder.interface;
    from_.address = holder.private_address;
    return true;
  }

  bool FindReceiver() {
    const std::string& to = connection_.to;
    if (to == kInternet) {
      to_.outside = true;
      return true;
    }
    to_.interface = index_.FindInterface(to);
    if (to_.interface != nullptr) {
      if (to_.interface->subnet != nullptr) return true;
      return Refuse(to,
                    absl::StrCat("its subnet ", to_.interface->interface->subnet, " is not there; put it into one"));
    }
    const absl::StatusOr<net::IpAddress> address = net::IpAddress::Parse(to);
    if (!address.ok()) return Refuse(to, "there is no such interface; give an interface, an address or \"internet\"");
    to_.address = *address;
    return true;
  }

  // The first packet, if both ends have an address of this family.
  std::optional<Packet> MakePacket(bool v4) const {
    if (connection_.protocol == (v4 ? kIcmpV6 : kIcmp)) return std::nullopt;
    const std::optional<net::IpAddress> source = Source(v4);
    const std::optional<net::IpAddress> destination = Destination(v4);
    if (!source.has_value() || !destination.has_value()) return std::nullopt;
    return Packet{*source,          *destination,    connection_.protocol, connection_.source_port,
                  connection_.port, connection_.code};
  }

  static std::optional<net::IpAddress> OfFamily(const net::IpAddress& address, bool v4) {
    return address.is_v4() == v4 ? std::optional(address) : std::nullopt;
  }

  std::optional<net::IpAddress> Source(bool v4) const {
    if (connection_.source.has_value()) return OfFamily(*connection_.source, v4);
    if (from_.address.has_value()) return OfFamily(*from_.address, v4);
    if (from_.outside) return v4 ? kSomewhereV4 : kSomewhereV6;
    return FirstOf(*from_.interface->interface, v4);
  }

  std::optional<net::IpAddress> Destination(bool v4) const {
    if (to_.address.has_value()) return OfFamily(*to_.address, v4);
    if (to_.outside) return v4 ? kSomewhereV4 : kSomewhereV6;
    const NetworkInterface& receiver = *to_.interface->interface;
    if (from_.interface == nullptr) return FirstPublicOf(receiver, v4);
    const std::optional<net::IpAddress> own = FirstOf(receiver, v4);
    if (from_.interface->subnet == nullptr) return own;
    const IndexedVpc& here = *from_.interface->subnet->vpc;
    const IndexedVpc& there = *to_.interface->subnet->vpc;
    if (&here == &there || index_.Peered(here, there)) return own;
    const std::optional<net::IpAddress> open = FirstPublicOf(receiver, v4);
    return open.has_value() ? open : own;
  }

  Verdict NoCommonFamily() const {
    if (from_.interface == nullptr && to_.interface != nullptr && !FirstPublicOf(*to_.interface->interface, true)) {
      return Stopped(to_.interface->id,
                     "it has no public address that the sender could use; give it one, or send from within the VPC");
    }
    const std::string& by = from_.interface != nullptr ? from_.interface->id : connection_.from;
    return Stopped(by, absl::StrCat("sender and receiver have no addresses of one family that the protocol is for; "
                                    "give both an IPv4 or both an IPv6 address"));
  }

  const NetworkIndex& index_;
  const Connection& connection_;
  End from_;
  End to_;
  Verdict refusal_;
};

}  // namespace

Reachability::Reachability(const Network& network) : index_(std::make_unique<NetworkIndex>(network)) {}
Reachability::~Reachability() = default;

Verdict Reachability::Evaluate(const Connection& connection) const { return Question(*index_, connection).Answer(); }

}  // namespace nubo::vpc
