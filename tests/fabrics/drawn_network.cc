#include "tests/fabrics/drawn_network.h"

#include "absl/strings/str_cat.h"

namespace nubo::fabrics {
namespace {

std::string Id(const char* kind, char letter, int number) {
  return absl::StrCat(kind, "-", std::string(1, letter), number);
}
std::string Id(const char* kind, char letter) { return absl::StrCat(kind, "-", std::string(1, letter)); }

}  // namespace

DrawnNetwork::DrawnNetwork(uint32_t seed) : random_(seed) {
  const int vpcs = 1 + Below(3);
  // Drawn beforehand, for things name those of other VPCs.
  for (int i = 0; i < vpcs; ++i) {
    const bool overlaps = i == 2 && OneIn(3);
    vpcs_.push_back({.letter = static_cast<char>('a' + i),
                     .octet = overlaps ? 0 : i,
                     .v6 = !OneIn(3),
                     .subnets = 1 + Below(3),
                     .tables = 1 + Below(3),
                     .acls = Below(3),
                     .groups = 1 + Below(3),
                     .v4_only_subnet = Below(6)});
  }
  Add("pl-1", [this] {
    std::string text = "list pl-1";
    for (int i = Below(3); i >= 0; --i) absl::StrAppend(&text, " ", Block(One(vpcs_)));
    return text + "\n";
  });
  for (int i = 0; i < vpcs; ++i) AddVpc(i);
  AddPeerings();
}

void DrawnNetwork::Add(const std::string& id, std::function<std::string()> draw) {
  absl::StrAppend(&text_, draw());
  things_.emplace_back(id, std::move(draw));
}

std::string DrawnNetwork::Change() {
  const auto& [id, draw] = One(things_);
  return OneIn(5) ? absl::StrCat("remove ", id, "\n") : draw();
}

void DrawnNetwork::AddVpc(int number) {
  Vpc& vpc = vpcs_[static_cast<size_t>(number)];
  const std::string id = Id("vpc", vpc.letter);
  const std::string letter(1, vpc.letter);
  absl::StrAppend(&text_, "vpc ", id, " 10.", vpc.octet, ".0.0/16",
                  vpc.v6 ? absl::StrCat(" 2001:db8:", letter, "::/56") : "", " main=", Id("rtb", vpc.letter, 0), "\n");
  for (int i = 0; i < vpc.acls; ++i) {
    Add(Id("acl", vpc.letter, i), [this, number, i] { return Acl(vpcs_[static_cast<size_t>(number)], i); });
  }
  for (int i = 0; i < vpc.subnets; ++i) {
    std::string& text = text_;
    absl::StrAppend(&text, "subnet ", Id("sub", vpc.letter, i), " ", id, " 10.", vpc.octet, ".", i, ".0/24",
                    vpc.v6 && i != vpc.v4_only_subnet ? absl::StrCat(" 2001:db8:", letter, ":", i, "::/64") : "");
    if (!OneIn(3)) absl::StrAppend(&text, " rtb=", Id("rtb", vpc.letter, Below(vpc.tables)));
    if (vpc.acls > 0 && OneIn(2)) absl::StrAppend(&text, " acl=", Id("acl", vpc.letter, Below(vpc.acls)));
    absl::StrAppend(&text, "\n");
  }
  for (int i = 0; i < vpc.groups; ++i) {
    Add(Id("sg", vpc.letter, i), [this, number, i] { return Group(vpcs_[static_cast<size_t>(number)], i); });
  }
  for (int i = 0; i < vpc.subnets; ++i) AddInterfaces(vpc, i);
  if (!OneIn(5)) Add(Id("igw", vpc.letter), [=] { return absl::StrCat("igw ", Id("igw", letter[0]), " ", id, "\n"); });
  if (vpc.v6 && OneIn(2)) {
    Add(Id("eigw", vpc.letter), [=] { return absl::StrCat("eigw ", Id("eigw", letter[0]), " ", id, "\n"); });
  }
  if (OneIn(2)) {
    Add(Id("nat", vpc.letter), [this, number] {
      const Vpc& of = vpcs_[static_cast<size_t>(number)];
      const int subnet = Below(of.subnets);
      return absl::StrCat("nat ", Id("nat", of.letter), " ", Id("sub", of.letter, subnet), " 10.", of.octet, ".",
                          subnet, ".200", OneIn(4) ? "" : absl::StrCat(" 52.0.", number, ".200"), "\n");
    });
  }
  if (OneIn(3)) {
    Add(Id("vpce", vpc.letter),
        [=] { return absl::StrCat("endpoint ", Id("vpce", letter[0]), " ", id, " s3 52.216.0.0/15\n"); });
  }
  for (int i = 0; i < vpc.tables; ++i) {
    Add(Id("rtb", vpc.letter, i), [this, number, i] { return Table(vpcs_[static_cast<size_t>(number)], i); });
  }
}

void DrawnNetwork::AddInterfaces(Vpc& vpc, int subnet) {
  const size_t at = static_cast<size_t>(vpc.letter - 'a');
  for (int i = Below(3); i >= 0; --i) {
    vpc.interfaces.push_back(absl::StrCat("eni-", std::string(1, vpc.letter), subnet, i));
    Add(vpc.interfaces.back(), [this, at, subnet, i] { return Interface(vpcs_[at], subnet, i); });
  }
}

std::string DrawnNetwork::Interface(const Vpc& vpc, int subnet, int number) {
  const std::string letter(1, vpc.letter);
  std::string text = absl::StrCat("eni eni-", letter, subnet, number, " ", Id("sub", vpc.letter, subnet));
  // Secondary ones have odd numbers.
  for (int address = 4 + 2 * number, last = address + (OneIn(4) ? 1 : 0); address <= last; ++address) {
    absl::StrAppend(&text, " 10.", vpc.octet, ".", subnet, ".", address);
    if (OneIn(2)) absl::StrAppend(&text, "=52.0.", vpc.letter - 'a', ".", subnet * 20 + address);
  }
  if (vpc.v6 && subnet != vpc.v4_only_subnet && !OneIn(3)) {
    absl::StrAppend(&text, " 2001:db8:", letter, ":", subnet, "::", 4 + 2 * number);
  }
  absl::StrAppend(&text, " sg=", Id("sg", vpc.letter, Below(vpc.groups)));
  if (OneIn(3)) absl::StrAppend(&text, " sg=", OneIn(6) ? "sg-gone" : Id("sg", vpc.letter, Below(vpc.groups)));
  if (OneIn(10)) return text + " detached\n";
  // The second of a subnet may be the second of an instance, whose first is in another subnet.
  if (number == 1 && OneIn(3)) {
    absl::StrAppend(&text, " at=i-", letter, Below(vpc.subnets), "0");
  } else if (number == 2 && !OneIn(4)) {
    // Others share no instance with one that passes packets on, which knows one way only.
    absl::StrAppend(&text, " nocheck");
  }
  return text + "\n";
}

void DrawnNetwork::AddPeerings() {
  for (const Vpc& a : vpcs_) {
    for (const Vpc& b : vpcs_) {
      if (a.letter >= b.letter || a.octet == b.octet || OneIn(3)) continue;
      const std::string id = absl::StrCat("pcx-", std::string(1, a.letter), std::string(1, b.letter));
      const std::string ends = absl::StrCat(Id("vpc", a.letter), " ", Id("vpc", b.letter));
      Add(id, [this, id, ends] { return absl::StrCat("peer ", id, " ", ends, OneIn(8) ? " pending\n" : "\n"); });
    }
  }
}

std::string DrawnNetwork::Table(const Vpc& vpc, int number) {
  std::string text = absl::StrCat("rtb ", Id("rtb", vpc.letter, number), " ", Id("vpc", vpc.letter));
  if (!OneIn(4)) absl::StrAppend(&text, " 0.0.0.0/0=", Id(OneIn(3) ? "nat" : "igw", vpc.letter));
  if (vpc.v6 && !OneIn(3)) absl::StrAppend(&text, " ::/0=", Id(OneIn(3) ? "eigw" : "igw", vpc.letter));
  for (const Vpc& other : vpcs_) {
    if (other.letter == vpc.letter || other.octet == vpc.octet || OneIn(4)) continue;
    const std::string pair =
        vpc.letter < other.letter ? std::string{vpc.letter, other.letter} : std::string{other.letter, vpc.letter};
    absl::StrAppend(&text, " 10.", other.octet, ".0.0/16=pcx-", pair);
    if (vpc.v6 && other.v6) absl::StrAppend(&text, " 2001:db8:", std::string(1, other.letter), "::/56=pcx-", pair);
  }
  for (int i = Below(4); i > 0; --i) absl::StrAppend(&text, " ", Route(vpc));
  return text + "\n";
}

// Something less usual.
std::string DrawnNetwork::Route(const Vpc& vpc) {
  // Those with this number may pass packets on.
  const std::string appliance =
      OneIn(2) ? One(vpc.interfaces) : absl::StrCat("eni-", std::string(1, vpc.letter), Below(vpc.subnets), 2);
  switch (Below(6)) {
    case 0:
      return absl::StrCat("pl-s3=", Id("vpce", vpc.letter));
    case 1:
      return absl::StrCat("198.51.100.0/24=", OneIn(2) ? appliance : Id("nat", vpc.letter));
    case 2:
      // Within the VPC, by a middle box.
      return absl::StrCat("10.", vpc.octet, ".", Below(vpc.subnets), ".0/24=", appliance);
    case 3:
      return absl::StrCat("pl-1=", OneIn(2) ? Id("igw", vpc.letter) : "pcx-ab");
    case 4:
      if (vpc.v6)
        return absl::StrCat("2001:db8:", std::string(1, vpc.letter), ":", Below(vpc.subnets), "::/64=", appliance);
      return "198.51.100.1/32=gone";
    default:
      return absl::StrCat("10.", Below(3), ".", Below(3), ".0/25=", OneIn(2) ? appliance : "pcx-ab");
  }
}

std::string DrawnNetwork::Traffic() {
  switch (Below(8)) {
    case 0:
      return "all";
    case 1:
      return "icmp";
    case 2:
      return "icmpv6";
    case 3:
      return "tcp 32768-65535";
    case 4:
      return absl::StrCat("udp ", OneIn(2) ? "1024-65535" : absl::StrCat(One(kDrawnPorts)));
    case 5:
      return absl::StrCat("tcp ", 22 + Below(100), "-", 200 + Below(60000));
    default:
      return absl::StrCat(OneIn(3) ? "udp " : "tcp ", One(kDrawnPorts));
  }
}

std::string DrawnNetwork::Block(const Vpc& vpc) {
  const std::string letter(1, vpc.letter);
  switch (Below(8)) {
    case 0:
      return absl::StrCat("10.", vpc.octet, ".0.0/16");
    case 1:
      return absl::StrCat("10.", vpc.octet, ".", Below(3), ".0/24");
    case 2:
      return absl::StrCat("10.", vpc.octet, ".", Below(3), ".", 4 + Below(6), "/32");
    case 3:
      return OneIn(2) ? "198.51.100.0/24" : "52.0.0.0/8";
    case 4:
      return absl::StrCat("2001:db8:", letter, OneIn(2) ? "::/56" : ":0::/64");
    case 5:
      return "::/0";
    default:
      return "0.0.0.0/0";
  }
}

std::string DrawnNetwork::Peer(const Vpc& vpc) {
  const Vpc& other = OneIn(3) ? One(vpcs_) : vpc;
  switch (Below(6)) {
    case 0:
    case 1:
      return Id("sg", other.letter, Below(3));
    case 2:
      return OneIn(5) ? "pl-gone" : OneIn(3) ? "pl-s3" : "pl-1";
    default:
      return Block(other);
  }
}

std::string DrawnNetwork::Acl(const Vpc& vpc, int number) {
  const std::string id = Id("acl", vpc.letter, number);
  std::string text = absl::StrCat("acl ", id, " ", Id("vpc", vpc.letter), "\n");
  for (const char* way : {"in ", "out "}) {
    for (int entry = Below(5); entry > 0; --entry) {
      absl::StrAppend(&text, way, id, " ", 1 + Below(90), OneIn(2) ? " deny " : " allow ", Traffic(), " ",
                      Block(OneIn(3) ? One(vpcs_) : vpc), "\n");
    }
    if (OneIn(4)) continue;
    absl::StrAppend(&text, way, id, " 100 allow all 0.0.0.0/0\n", way, id, " 101 allow all ::/0\n");
  }
  return text;
}

std::string DrawnNetwork::Group(const Vpc& vpc, int number) {
  const std::string id = Id("sg", vpc.letter, number);
  std::string text = absl::StrCat("sg ", id, " ", Id("vpc", vpc.letter), "\n");
  const auto add = [&](const char* way) {
    absl::StrAppend(&text, way, " ", id, " ", OneIn(3) ? "all" : Traffic(), " ", Peer(vpc), "\n");
  };
  for (int rule = Below(5); rule >= 0; --rule) add("in");
  if (OneIn(3)) absl::StrAppend(&text, "in ", id, " all 0.0.0.0/0\n");
  if (OneIn(3)) {
    for (int rule = Below(4); rule >= 0; --rule) add("out");
  } else {
    absl::StrAppend(&text, "out ", id, " all 0.0.0.0/0\nout ", id, " all ::/0\n");
  }
  return text;
}

}  // namespace nubo::fabrics
