// How long the kernel takes for what a region's networks are made of: namespaces, veths with their addresses and
// routes, and rules. Everything is in a user namespace of the benchmark's own; as root, of nobody's.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "nubo/fabrics/netlink.h"
#include "nubo/fabrics/network_namespace.h"
#include "nubo/fabrics/nftables.h"
#include "nubo/net/ip_address.h"
#include "nubo/net/mac_address.h"

namespace {

using namespace nubo;
using namespace nubo::fabrics;

constexpr uid_t kNobody = 65534;
constexpr int kNamespaces = 100;
constexpr int kVeths = 1000;
// One by one they are slow to go: the kernel waits for every packet under way. With their namespace they go together.
constexpr int kDeleted = 50;
constexpr int kGroups = 200;
constexpr int kGroupsTogether = 10;
constexpr int kRulesOfGroup = 60;
constexpr int kChanges = 200;

void Must(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::exit(1);
}

template <typename T>
T Must(absl::StatusOr<T> value) {
  Must(value.status());
  return *std::move(value);
}

double MillisecondsOf(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

void Print(const std::string& what, double milliseconds, int count) {
  std::printf("%-58s %9.2f ms  %8.3f ms each\n", what.c_str(), milliseconds, milliseconds / count);
}

// Each timed by itself.
void PrintChanges(const std::string& what, const std::function<void(int)>& change) {
  std::vector<double> times;
  for (int i = 0; i < kChanges; ++i) times.push_back(MillisecondsOf([&] { change(i); }));
  std::sort(times.begin(), times.end());
  std::printf("%-58s %9.2f ms  %8.2f ms at p99\n", what.c_str(), times[kChanges / 2], times[kChanges * 99 / 100]);
}

void EnterOwnNamespaces() {
  const bool root = geteuid() == 0;
  const uid_t uid = root ? kNobody : geteuid();
  const gid_t gid = root ? kNobody : getegid();
  const UserNamespace made = Must(MakeUserNamespace(uid, gid));
  Must(EnterUserNamespace(made.user.get()));
  Must(EnterForGood(made.network.fd()));
  if (setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0) Must(absl::InternalError("cannot become nobody"));
}

Veth MakeVeth(int i) {
  const net::MacAddress mac = {{2, 0, 10, 0, static_cast<uint8_t>(i >> 8), static_cast<uint8_t>(i)}};
  return {.name = absl::StrCat("eni", i),
          .mac = mac,
          .peer_name = absl::StrCat("eth", i),
          .peer_mac = mac,
          .noarp = true,
          .peer_up = true};
}

net::IpAddress AddressOf(int i) { return net::IpAddress::V4(0x0a000000u + static_cast<uint32_t>(i)); }

void RunBatch(Netlink& netlink, const NetlinkBatch& batch) {
  for (const absl::Status& status : netlink.Run(batch)) Must(status);
}

void BenchLinks() {
  Netlink netlink = Must(Netlink::Open());
  const NetworkNamespace other = Must(MakeNetworkNamespace());
  Print(absl::StrCat(kNamespaces, " network namespaces"), MillisecondsOf([] {
          for (int i = 0; i < kNamespaces; ++i) Must(MakeNetworkNamespace());
        }),
        kNamespaces);
  NetlinkBatch links, routes, gone;
  for (int i = 0; i < kVeths; ++i) {
    Veth veth = MakeVeth(i);
    veth.peer_namespace = other.fd();
    links.AddVeth(veth);
    links.SetUp(veth.name);
    routes.AddAddress({.device = veth.name, .address = AddressOf(i), .length = 32, .no_prefix_route = true});
    routes.AddRoute({.destination = *net::Prefix::Make(AddressOf(kVeths + i), 32), .device = veth.name});
    if (i < kDeleted) gone.DeleteLink(veth.name);
  }
  Print(absl::StrCat(kVeths, " veths made and set up"), MillisecondsOf([&] { RunBatch(netlink, links); }), kVeths);
  Print(absl::StrCat(kVeths, " addresses and routes"), MillisecondsOf([&] { RunBatch(netlink, routes); }), kVeths);
  Print("the same again", MillisecondsOf([&] { RunBatch(netlink, routes); }), kVeths);
  Print(absl::StrCat("list of ", kVeths, " links"), MillisecondsOf([&] { Must(netlink.ListLinks()); }), 1);
  Print(absl::StrCat(kDeleted, " veths deleted"), MillisecondsOf([&] { RunBatch(netlink, gone); }), kDeleted);
}

std::string Chain(int group, int first_port) {
  std::string text = absl::StrCat("chain sg", group, " {\n");
  for (int i = 0; i < kRulesOfGroup; ++i) {
    absl::StrAppend(&text, "ip saddr 10.", group, ".", i, ".0/24 tcp dport ", first_port + i, " accept\n");
  }
  return text + "}\n";
}

void BenchRules() {
  Nftables nftables = Must(Nftables::Open());
  // As many chains at once as every host allows.
  std::vector<std::string> parts = {"table inet nubo {\nmap groups { type ifname : verdict; }\n}\n"};
  for (int i = 0; i < kGroups; i += kGroupsTogether) {
    std::string part = "table inet nubo {\n";
    for (int group = i; group < i + kGroupsTogether; ++group) part += Chain(group, 1000);
    parts.push_back(part + "}\n");
  }
  Print(absl::StrCat(kGroups, " chains of ", kRulesOfGroup, " rules, ", kGroupsTogether, " at once"),
        MillisecondsOf([&] {
          for (const std::string& part : parts) Must(nftables.Apply(part));
        }),
        kGroups);
  PrintChanges("one rule added among them", [&](int i) {
    Must(nftables.Apply(absl::StrCat("add rule inet nubo sg7 tcp dport ", 3000 + i, " accept")));
  });
  PrintChanges(absl::StrCat("one chain of ", kRulesOfGroup, " replaced"), [&](int i) {
    Must(nftables.Apply(absl::StrCat("flush chain inet nubo sg9\ntable inet nubo {\n", Chain(9, 1000 + i), "}\n")));
  });
  PrintChanges("an element of a map added", [&](int i) {
    Must(nftables.Apply(absl::StrCat("add element inet nubo groups { \"eni", i, "\" : goto sg7 }")));
  });
}

}  // namespace

int main() {
  EnterOwnNamespaces();
  BenchLinks();
  BenchRules();
}
