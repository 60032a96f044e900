#include "nubo/fabrics/network_layout.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace nubo::fabrics {
namespace {

// IFNAMSIZ less its zero and our letter, less one to spare.
constexpr size_t kTailMax = 13;
// Numbers of route tables are from here on; below are the kernel's and our own.
constexpr uint32_t kFirstTable = 1000;
constexpr uint32_t kTables = 1'000'000;
constexpr uint32_t kFirstOwnMark = 10'000'000;
// RFC 2544's block, 198.18.0.0/15: addresses that are nobody's on the internet.
constexpr uint32_t kServiceSources = 0xc6120000;
constexpr uint32_t kServiceSourcesSize = 1U << 17;

template <typename T>
const T* Find(const std::map<std::string, T, std::less<>>& things, const std::string& id) {
  const auto it = things.find(id);
  return it == things.end() ? nullptr : &it->second;
}

// FNV-1a: a number that only the text decides, the same everywhere.
uint64_t HashOf(absl::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

// Numbers by what text they are for, from `first` on: what is added seldom changes another's.
class Numbers {
 public:
  Numbers(uint32_t first, uint32_t size) : first_(first), size_(size) {}

  uint32_t Take(absl::string_view text) {
    uint32_t at = static_cast<uint32_t>(HashOf(text) % size_);
    while (!taken_.insert(at).second) at = (at + 1) % size_;
    return first_ + at;
  }

 private:
  const uint32_t first_, size_;
  std::set<uint32_t> taken_;
};

// Names of devices: a letter and the end of an id, where ids differ most.
class DeviceNames {
 public:
  std::string Take(char letter, absl::string_view id) {
    std::string tail(id.substr(id.size() - std::min(id.size(), kTailMax)));
    for (char& c : tail) {
      if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '-') c = '_';
    }
    std::string name = absl::StrCat(std::string(1, letter), tail);
    for (int n = 0; !taken_.insert(name).second; ++n) {
      name = absl::StrFormat("%c%013x", letter, HashOf(absl::StrCat(id, "#", n)) >> 12);
    }
    return name;
  }

 private:
  std::set<std::string> taken_;
};

class LayoutMaker {
 public:
  LayoutMaker(const vpc::Network& network, const std::set<std::string>& absent, const vpc::ById<int>& device_indexes)
      : network_(network), absent_(absent), device_indexes_(device_indexes) {
    layout_.network = &network;
  }

  NetworkLayout Make() {
    AddRouters();
    AddInterfaces();
    AddNatGateways();
    AddPeerings();
    return std::move(layout_);
  }

 private:
  RouterLayout* FindRouter(const std::string& vpc_id) {
    const auto it = layout_.routers.find(vpc_id);
    return it == layout_.routers.end() ? nullptr : &it->second;
  }

  void AddRouters() {
    DeviceNames world;
    Numbers sources(kServiceSources, kServiceSourcesSize);
    std::set<std::string> with_endpoints;
    for (const auto& [id, endpoint] : network_.endpoints) {
      if (endpoint.gateway) with_endpoints.insert(endpoint.vpc);
    }
    for (const auto& [id, vpc] : network_.vpcs) {
      RouterLayout& router = layout_.routers[id];
      router.id = id;
      router.vpc = &vpc;
      router.world_device = world.Take('u', id);
      const uint32_t source = sources.Take(id);
      if (with_endpoints.contains(id)) router.service_source = net::IpAddress::V4(source);
    }
    for (const auto& [id, gateway] : network_.internet_gateways) {
      RouterLayout* const router = FindRouter(gateway.vpc);
      if (router == nullptr) continue;
      std::string& slot = gateway.egress_only ? router->egress_only_gateway : router->internet_gateway;
      if (slot.empty()) slot = id;
    }
    for (const auto& [id, subnet] : network_.subnets) {
      if (RouterLayout* const router = FindRouter(subnet.vpc); router != nullptr) router->subnets[id] = &subnet;
    }
    AddRouteTables();
  }

  void AddRouteTables() {
    for (auto& [id, router] : layout_.routers) {
      std::set<std::string> tables;
      for (const auto& [subnet_id, subnet] : router.subnets) {
        tables.insert(subnet->route_table.empty() ? router.vpc->main_route_table : subnet->route_table);
      }
      Numbers numbers(kFirstTable, kTables);
      for (const std::string& table : tables) {
        if (network_.route_tables.contains(table)) router.table_numbers[table] = numbers.Take(table);
      }
    }
    for (const auto& [id, table] : network_.route_tables) {
      for (const vpc::NetworkRoute& route : table.routes) {
        const vpc::VpcEndpoint* const endpoint = Find(network_.endpoints, route.target);
        if (endpoint != nullptr && endpoint->gateway && !route.prefix_list.empty()) {
          layout_.endpoint_lists.emplace(route.prefix_list, endpoint);
        }
      }
    }
    for (auto& [id, router] : layout_.routers) {
      Numbers marks(kFirstOwnMark, kTables);
      for (const auto& [subnet_id, subnet] : router.subnets) {
        if (HasMiddleRoute(router, *subnet)) router.own_marks[subnet_id] = marks.Take(subnet_id);
      }
    }
  }

  // Whether a route of the subnet's table, more specific than a local one, holds some of its own addresses.
  bool HasMiddleRoute(const RouterLayout& router, const vpc::Subnet& subnet) const {
    const std::string& id = subnet.route_table.empty() ? router.vpc->main_route_table : subnet.route_table;
    const vpc::NetworkRouteTable* const table = Find(network_.route_tables, id);
    if (table == nullptr) return false;
    const auto is_middle = [&](const net::Prefix& destination) {
      const auto within = [&](const net::Prefix& block) { return block != destination && block.Contains(destination); };
      const auto own = [&](const net::Prefix& block) { return block.Overlaps(destination); };
      return std::any_of(router.vpc->blocks.begin(), router.vpc->blocks.end(), within) &&
             std::any_of(subnet.blocks.begin(), subnet.blocks.end(), own);
    };
    return std::any_of(table->routes.begin(), table->routes.end(), [&](const vpc::NetworkRoute& route) {
      if (route.destination.has_value()) return is_middle(*route.destination);
      const std::vector<net::Prefix>& list = layout_.PrefixList(route.prefix_list);
      return std::any_of(list.begin(), list.end(), is_middle);
    });
  }

  // The numbers of devices at what interfaces are attached to.
  std::map<std::string, int> DeviceIndexes() const {
    std::map<std::string, int> indexes;
    std::map<std::string, std::set<int>> taken;
    for (const bool chosen : {true, false}) {
      for (const auto& [id, interface] : network_.interfaces) {
        const int* const choice = Find(device_indexes_, id);
        if (interface.attached_to.empty() || indexes.contains(id) || (choice != nullptr) != chosen) continue;
        std::set<int>& used = taken[interface.attached_to];
        int index = chosen ? *choice : 0;
        while (!used.insert(index).second) ++index;
        indexes[id] = index;
      }
    }
    return indexes;
  }

  // Those that nobody in this VPC has already.
  std::vector<vpc::InterfaceAddress> Claim(const RouterLayout& router,
                                           const std::vector<vpc::InterfaceAddress>& addresses) {
    std::vector<vpc::InterfaceAddress> claimed;
    for (vpc::InterfaceAddress own : addresses) {
      if (!private_[router.id].insert(own.address).second) continue;
      if (own.public_address.has_value() && !public_.insert(*own.public_address).second) own.public_address.reset();
      claimed.push_back(own);
    }
    return claimed;
  }

  void AddInterfaces() {
    const std::map<std::string, int> indexes = DeviceIndexes();
    for (const auto& [id, interface] : network_.interfaces) {
      const vpc::Subnet* const subnet = Find(network_.subnets, interface.subnet);
      RouterLayout* const router = subnet == nullptr ? nullptr : FindRouter(subnet->vpc);
      if (router == nullptr) continue;
      std::vector<vpc::InterfaceAddress> addresses = Claim(*router, interface.addresses);
      if (interface.attached_to.empty()) continue;
      for (const std::string& group : interface.security_groups) {
        for (const vpc::InterfaceAddress& own : addresses) layout_.group_members[group].insert(own.address);
      }
      // Those that do not run keep their names, too.
      std::string device = devices_[router->id].Take('e', id);
      if (absent_.contains(interface.attached_to)) continue;
      router->ports.push_back({.id = id,
                               .subnet_id = interface.subnet,
                               .subnet = subnet,
                               .device = std::move(device),
                               .inner_space = interface.attached_to,
                               .inner_device = absl::StrCat("eth", indexes.at(id)),
                               .addresses = std::move(addresses),
                               .interface = &interface});
    }
  }

  void AddNatGateways() {
    for (const auto& [id, nat] : network_.nat_gateways) {
      const vpc::Subnet* const subnet = Find(network_.subnets, nat.subnet);
      RouterLayout* const router = subnet == nullptr ? nullptr : FindRouter(subnet->vpc);
      if (router == nullptr) continue;
      std::vector<vpc::InterfaceAddress> addresses = Claim(*router, {{nat.private_address, nat.public_address}});
      if (addresses.empty()) continue;
      router->ports.push_back({.id = id,
                               .subnet_id = nat.subnet,
                               .subnet = subnet,
                               .device = devices_[router->id].Take('n', id),
                               .inner_space = id,
                               .inner_device = "eth0",
                               .addresses = std::move(addresses)});
    }
  }

  void AddPeerings() {
    for (const auto& [id, peering] : network_.peerings) {
      RouterLayout* const a = FindRouter(peering.requester);
      RouterLayout* const b = FindRouter(peering.accepter);
      if (!peering.active || a == nullptr || b == nullptr || a == b) continue;
      a->peerings.push_back({id, devices_[a->id].Take('p', id), b->id, b->vpc});
      b->peerings.push_back({id, devices_[b->id].Take('p', id), a->id, a->vpc});
    }
  }

  const vpc::Network& network_;
  const std::set<std::string>& absent_;
  const vpc::ById<int>& device_indexes_;
  NetworkLayout layout_;
  std::map<std::string, DeviceNames> devices_;
  std::map<std::string, std::set<net::IpAddress>> private_;
  std::set<net::IpAddress> public_;
};

}  // namespace

bool RouterLayout::has_edge() const {
  return !internet_gateway.empty() || !egress_only_gateway.empty() || service_source.has_value();
}

std::string RouterLayout::edge() const { return absl::StrCat(id, ".edge"); }

bool RouterLayout::has_v6() const {
  return std::any_of(vpc->blocks.begin(), vpc->blocks.end(), [](const net::Prefix& block) { return !block.is_v4(); });
}

const Port* RouterLayout::FindPort(absl::string_view port_id) const {
  const auto it = std::find_if(ports.begin(), ports.end(), [&](const Port& port) { return port.id == port_id; });
  return it == ports.end() ? nullptr : &*it;
}

uint32_t RouterLayout::TableNumberOf(const vpc::Subnet& subnet) const {
  const auto it = table_numbers.find(subnet.route_table.empty() ? vpc->main_route_table : subnet.route_table);
  return it == table_numbers.end() ? 0 : it->second;
}

uint32_t RouterLayout::MarkOf(const std::string& subnet_id) const {
  if (const auto own = own_marks.find(subnet_id); own != own_marks.end()) return own->second;
  return TableNumberOf(*subnets.at(subnet_id));
}

const std::vector<net::Prefix>& NetworkLayout::PrefixList(const std::string& id) const {
  static const std::vector<net::Prefix> kNone;
  if (const auto* const list = Find(network->prefix_lists, id); list != nullptr) return *list;
  const auto it = endpoint_lists.find(id);
  return it == endpoint_lists.end() ? kNone : it->second->blocks;
}

NetworkLayout MakeLayout(const vpc::Network& network, const std::set<std::string>& absent,
                         const vpc::ById<int>& device_indexes) {
  return LayoutMaker(network, absent, device_indexes).Make();
}

std::set<net::Prefix> Disjoint(const std::vector<net::Prefix>& blocks, bool v4) {
  std::set<net::Prefix> all;
  for (const net::Prefix& block : blocks) {
    if (block.is_v4() == v4) all.insert(block);
  }
  // In their order what holds another comes before it.
  std::set<net::Prefix> disjoint;
  for (const net::Prefix& block : all) {
    if (disjoint.empty() || !disjoint.rbegin()->Contains(block)) disjoint.insert(block);
  }
  return disjoint;
}

std::optional<net::Prefix> BlockOf(const vpc::Subnet& subnet, bool v4) {
  for (const net::Prefix& block : subnet.blocks) {
    if (block.is_v4() == v4) return block;
  }
  return std::nullopt;
}

std::string MacOf(absl::string_view text, const std::optional<net::IpAddress>& v4) {
  const uint64_t hash = HashOf(text);
  const uint32_t low = v4.has_value() ? v4->v4() : static_cast<uint32_t>(hash);
  return absl::StrFormat("02:%02x:%02x:%02x:%02x:%02x", (hash >> 32) & 0xff, low >> 24, (low >> 16) & 0xff,
                         (low >> 8) & 0xff, low & 0xff);
}

std::string MacOf(const RouterLayout& router, const Port& port) {
  const auto first = std::find_if(port.addresses.begin(), port.addresses.end(),
                                  [](const vpc::InterfaceAddress& own) { return own.address.is_v4(); });
  return MacOf(absl::StrCat(router.id, " ", port.device),
               first == port.addresses.end() ? std::nullopt : std::optional(first->address));
}

}  // namespace nubo::fabrics
