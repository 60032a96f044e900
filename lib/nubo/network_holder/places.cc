#include "nubo/network_holder/places.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/fabrics/netlink_types.h"
#include "nubo/fabrics/nft_table.h"
#include "nubo/net/mac_address.h"

namespace nubo::network_holder {
namespace {

using fabrics::NetlinkBatch;
using fabrics::NetworkChange;
using fabrics::NetworkPlan;
using fabrics::PlannedLink;

constexpr uint32_t kWholeMark = 0xffffffff;

fabrics::InterfaceAddress ToKernel(const fabrics::DeviceAddress& address) {
  return {.device = address.device,
          .address = address.address,
          .length = address.prefix_length,
          .no_prefix_route = true,
          .no_duplicate_detection = address.address.is_v6(),
          .link_scope = address.scope_link};
}

// The kernel adds it by itself a moment later, and until then takes in nothing.
fabrics::Route LocalRoute(const fabrics::DeviceAddress& address) {
  fabrics::Route out;
  out.table = fabrics::kLocalTable;
  out.destination = *net::Prefix::Make(address.address, address.address.bits());
  out.device = address.device;
  out.type = fabrics::RouteType::kLocal;
  return out;
}

fabrics::Route ToKernel(const fabrics::RouteKey& key, const fabrics::KernelRoute& route) {
  fabrics::Route out;
  out.table = key.table;
  out.destination = key.destination;
  out.device = route.device;
  out.gateway = route.via;
  out.onlink = route.via.has_value();
  if (route.kind == fabrics::KernelRoute::Kind::kBlackhole) out.type = fabrics::RouteType::kBlackhole;
  if (route.kind == fabrics::KernelRoute::Kind::kUnreachable) out.type = fabrics::RouteType::kUnreachable;
  return out;
}

fabrics::RoutingRule ToKernel(const fabrics::PlannedRule& rule) {
  fabrics::RoutingRule out;
  out.v6 = rule.v6;
  out.priority = rule.priority;
  out.mark = rule.mark;
  out.mark_mask = rule.mark == 0 ? 0 : kWholeMark;
  out.from = rule.from;
  out.to = rule.to;
  out.table = rule.table;
  return out;
}

// What is not there any more has been removed as well.
bool IsProblem(const absl::Status& status, bool removing) {
  return !status.ok() && !(removing && absl::IsNotFound(status));
}

void Run(fabrics::Netlink& netlink, const NetlinkBatch& batch, const std::string& name, bool removing,
         std::vector<Problem>& problems) {
  if (batch.empty()) return;
  for (absl::Status& status : netlink.Run(batch)) {
    if (IsProblem(status, removing)) problems.push_back({name, std::nullopt, std::move(status)});
  }
}

}  // namespace

KernelPlaces::KernelPlaces(fabrics::NetworkNamespace internet, std::map<std::string, fabrics::NetworkNamespace> kept,
                           Watcher watcher)
    : watcher_(std::move(watcher)) {
  places_.emplace(std::string(fabrics::kInternet), Place(std::move(internet)));
  for (auto& [name, space] : kept) places_.emplace(name, Place(std::move(space)));
}

int KernelPlaces::Descriptor(const std::string& name) const {
  const auto place = places_.find(name);
  return place == places_.end() ? -1 : place->second.space.fd();
}

absl::StatusOr<fabrics::Netlink*> KernelPlaces::NetlinkOf(const std::string& name) {
  const auto found = places_.find(name);
  if (found == places_.end()) return absl::NotFoundError(absl::StrCat("there is no namespace ", name));
  Place& place = found->second;
  if (!place.netlink.has_value()) {
    NUBO_ASSIGN_OR_RETURN(const auto inside, fabrics::EnteredNamespace::Enter(place.space.fd()));
    NUBO_ASSIGN_OR_RETURN(place.netlink, fabrics::Netlink::Open());
  }
  return &*place.netlink;
}

std::vector<Problem> KernelPlaces::Apply(const NetworkChange& change, const NetworkPlan&) {
  std::vector<Problem> problems;
  Remove(change, problems);
  RemoveLinks(change, problems);
  AddNamespaces(change, problems);
  std::set<std::string> open;
  for (const auto& [name, one] : change.namespaces) {
    if (!SetUp(name, one, problems)) open.insert(name);
  }
  AddLinks(change, open, problems);
  Furnish(change, open, problems);
  return problems;
}

void KernelPlaces::Remove(const NetworkChange& change, std::vector<Problem>& problems) {
  for (const auto& [name, one] : change.namespaces) {
    NetlinkBatch batch;
    for (const fabrics::PlannedRule& rule : one.rules_removed) batch.DeleteRule(ToKernel(rule));
    for (const fabrics::RouteKey& key : one.routes_removed) {
      batch.DeleteRoute({.table = key.table, .destination = key.destination});
    }
    for (const fabrics::DeviceAddress& address : one.addresses_removed) batch.DeleteAddress(ToKernel(address));
    if (batch.empty()) continue;
    const absl::StatusOr<fabrics::Netlink*> netlink = NetlinkOf(name);
    if (netlink.ok()) Run(**netlink, batch, name, true, problems);
  }
}

void KernelPlaces::RemoveLinks(const NetworkChange& change, std::vector<Problem>& problems) {
  std::map<std::string, NetlinkBatch> batches;
  for (const PlannedLink& link : change.links_removed) batches[link.a.name_space].DeleteLink(link.a.device);
  for (const auto& [name, batch] : batches) {
    const absl::StatusOr<fabrics::Netlink*> netlink = NetlinkOf(name);
    if (netlink.ok()) Run(**netlink, batch, name, true, problems);
  }
  for (const std::string& name : change.namespaces_removed) {
    if (name == fabrics::kInternet || places_.erase(name) == 0) continue;
    watcher_(name, -1);
  }
}

void KernelPlaces::AddNamespaces(const NetworkChange& change, std::vector<Problem>& problems) {
  for (const std::string& name : change.namespaces_added) {
    if (places_.count(name) == 0) {
      absl::StatusOr<fabrics::NetworkNamespace> made = fabrics::MakeNetworkNamespace();
      if (!made.ok()) {
        problems.push_back({name, std::nullopt, made.status()});
        continue;
      }
      const auto [place, added] = places_.emplace(name, Place(std::move(*made)));
      watcher_(name, place->second.space.fd());
    }
    const absl::StatusOr<fabrics::Netlink*> netlink = NetlinkOf(name);
    const absl::Status up = netlink.ok() ? (*netlink)->SetUp("lo") : netlink.status();
    if (!up.ok()) problems.push_back({name, std::nullopt, up});
  }
}

absl::Status KernelPlaces::Filter(Place& place, const std::string& text) {
  if (!place.nftables.has_value()) {
    NUBO_ASSIGN_OR_RETURN(place.nftables, fabrics::Nftables::Open());
  }
  for (const absl::string_view transaction : fabrics::Transactions(text)) {
    NUBO_RETURN_IF_ERROR(place.nftables->Apply(transaction));
  }
  return absl::OkStatus();
}

bool KernelPlaces::SetUp(const std::string& name, const fabrics::NamespaceChange& change,
                         std::vector<Problem>& problems) {
  const auto tell = [&](const absl::Status& status, bool removing = false) {
    if (IsProblem(status, removing)) problems.push_back({name, std::nullopt, status});
  };
  if (change.sysctls.empty() && change.local_routes_removed.empty() && change.filter.empty()) return true;
  const absl::StatusOr<fabrics::Netlink*> netlink = NetlinkOf(name);
  if (!netlink.ok()) {
    tell(netlink.status());
    return false;
  }
  Place& place = places_.at(name);
  const auto inside = fabrics::EnteredNamespace::Enter(place.space.fd());
  if (!inside.ok()) {
    tell(inside.status());
    return false;
  }
  for (const auto& [path, value] : change.sysctls) {
    // A kernel without IPv6 has none of its settings.
    const absl::Status written = fabrics::WriteSysctl(path, value);
    tell(written, true);
  }
  for (const net::Prefix& route : change.local_routes_removed) {
    tell((*netlink)->DeleteRoute({.table = fabrics::kLocalTable, .destination = route}), true);
  }
  const absl::Status filtered = change.filter.empty() ? absl::OkStatus() : Filter(place, change.filter);
  tell(filtered);
  return filtered.ok();
}

void KernelPlaces::AddLinks(const NetworkChange& change, const std::set<std::string>& open,
                            std::vector<Problem>& problems) {
  for (const PlannedLink& link : change.links_added) {
    const absl::StatusOr<fabrics::Netlink*> netlink = NetlinkOf(link.a.name_space);
    const absl::StatusOr<net::MacAddress> mac = net::MacAddress::Parse(link.mac);
    absl::Status status = netlink.ok() ? mac.status() : netlink.status();
    if (open.count(link.a.name_space) > 0 || open.count(link.b.name_space) > 0) {
      status = absl::FailedPreconditionError("has no filter yet");
    }
    const int peer = Descriptor(link.b.name_space);
    if (status.ok() && peer < 0) status = absl::NotFoundError(absl::StrCat("no namespace ", link.b.name_space));
    if (status.ok()) {
      status = (*netlink)->AddVeth({.name = link.a.device,
                                    .mac = *mac,
                                    .peer_name = link.b.device,
                                    .peer_namespace = peer,
                                    .peer_mac = *mac,
                                    .noarp = true,
                                    .peer_up = true});
      if (status.ok() || absl::IsAlreadyExists(status)) status = (*netlink)->SetUp(link.a.device);
    }
    if (!status.ok()) problems.push_back({link.a.name_space, link, status});
  }
}

void KernelPlaces::Furnish(const NetworkChange& change, const std::set<std::string>& open,
                           std::vector<Problem>& problems) {
  for (const auto& [name, one] : change.namespaces) {
    if (open.count(name) > 0) continue;
    NetlinkBatch batch;
    for (const fabrics::DeviceAddress& address : one.addresses_added) {
      batch.AddAddress(ToKernel(address));
      if (address.address.is_v6()) batch.AddRoute(LocalRoute(address));
    }
    for (const auto& [key, route] : one.routes_set) batch.AddRoute(ToKernel(key, route));
    for (const fabrics::PlannedRule& rule : one.rules_added) batch.AddRule(ToKernel(rule));
    if (batch.empty()) continue;
    const absl::StatusOr<fabrics::Netlink*> netlink = NetlinkOf(name);
    if (netlink.ok()) {
      Run(**netlink, batch, name, false, problems);
    } else {
      problems.push_back({name, std::nullopt, netlink.status()});
    }
  }
}

// A former holder may have been ended in the middle of a change.
fabrics::NetworkPlan KernelPlaces::Survey(const NetworkPlan& plan) {
  NetworkPlan there;
  for (const auto& [name, place] : places_) {
    const auto planned = plan.namespaces.find(name);
    if (planned != plan.namespaces.end()) there.namespaces[name].kind = planned->second.kind;
  }
  // The one that was there from the beginning has been given as it was made.
  if (const absl::StatusOr<fabrics::Netlink*> world = NetlinkOf(std::string(fabrics::kInternet)); world.ok()) {
    (void)(*world)->SetUp("lo");
  }
  std::vector<std::string> unwanted;
  for (const auto& [name, place] : places_) {
    if (plan.namespaces.count(name) > 0) {
      RemoveUnknown(name, plan);
    } else if (name != fabrics::kInternet) {
      unwanted.push_back(name);
    }
  }
  for (const std::string& name : unwanted) {
    places_.erase(name);
    watcher_(name, -1);
  }
  // Devices that are there: those whose both ends have their namespaces.
  for (const PlannedLink& link : plan.links) {
    const absl::StatusOr<fabrics::Netlink*> netlink = NetlinkOf(link.a.name_space);
    if (!netlink.ok() || Descriptor(link.b.name_space) < 0) continue;
    const auto links = (*netlink)->ListLinks();
    const bool found = links.ok() && std::any_of(links->begin(), links->end(),
                                                 [&](const fabrics::Link& one) { return one.name == link.a.device; });
    if (found) there.links.insert(link);
  }
  return there;
}

void KernelPlaces::RemoveUnknown(const std::string& name, const NetworkPlan& plan) {
  const absl::StatusOr<fabrics::Netlink*> netlink = NetlinkOf(name);
  if (!netlink.ok()) return;
  const fabrics::PlannedNamespace& planned = plan.namespaces.at(name);
  std::set<std::string> devices;
  for (const PlannedLink& link : plan.links) {
    if (link.a.name_space == name) devices.insert(link.a.device);
    if (link.b.name_space == name) devices.insert(link.b.device);
  }
  NetlinkBatch batch;
  if (const auto links = (*netlink)->ListLinks(); links.ok()) {
    for (const fabrics::Link& link : *links) {
      if (link.kind == "veth" && devices.count(link.name) == 0) batch.DeleteLink(link.name);
    }
  }
  std::set<uint32_t> tables;
  if (const auto rules = (*netlink)->ListRules(); rules.ok()) {
    std::vector<fabrics::RoutingRule> wanted;
    for (const fabrics::PlannedRule& rule : planned.rules) wanted.push_back(ToKernel(rule));
    for (const fabrics::RoutingRule& rule : *rules) {
      if (rule.table >= fabrics::kDefaultTable && rule.table <= fabrics::kLocalTable) continue;
      tables.insert(rule.table);
      if (std::find(wanted.begin(), wanted.end(), rule) == wanted.end()) batch.DeleteRule(rule);
    }
  }
  for (const uint32_t table : tables) {
    const auto routes = (*netlink)->ListRoutes(table);
    if (!routes.ok()) continue;
    for (const fabrics::Route& route : *routes) {
      if (planned.routes.count({table, route.destination}) == 0) batch.DeleteRoute(route);
    }
  }
  if (!batch.empty()) (void)(*netlink)->Run(batch);
}

}  // namespace nubo::network_holder
