#include <algorithm>
#include <iterator>

#include "nubo/fabrics/network_plan.h"

namespace nubo::fabrics {
namespace {

template <typename T>
std::set<T> Less(const std::set<T>& a, const std::set<T>& b) {
  std::set<T> less;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::inserter(less, less.end()));
  return less;
}

class Changes {
 public:
  Changes(const NetworkPlan& from, const NetworkPlan& to) : from_(from), to_(to) {}

  NetworkChange Take() {
    for (const auto& [name, space] : from_.namespaces) {
      if (!to_.namespaces.contains(name)) change_.namespaces_removed.insert(name);
    }
    for (const PlannedLink& link : Less(from_.links, to_.links)) {
      gone_.insert(link.a);
      gone_.insert(link.b);
      // The kernel takes a namespace down later, and not while somebody is in it: a pair to what stays goes by itself.
      const bool goes_along = change_.namespaces_removed.contains(link.a.name_space) &&
                              change_.namespaces_removed.contains(link.b.name_space);
      if (!goes_along) change_.links_removed.insert(link);
    }
    change_.links_added = Less(to_.links, from_.links);
    for (const auto& [name, space] : to_.namespaces) {
      const auto it = from_.namespaces.find(name);
      NamespaceChange change = it == from_.namespaces.end() ? New(name, space) : Changed(name, it->second, space);
      if (!change.empty()) change_.namespaces[name] = std::move(change);
    }
    return std::move(change_);
  }

 private:
  NamespaceChange New(const std::string& name, const PlannedNamespace& space) {
    change_.namespaces_added.insert(name);
    return {.sysctls = space.sysctls,
            .addresses_added = space.addresses,
            .routes_set = space.routes,
            .local_routes_removed = space.without_local_routes,
            .rules_added = space.rules,
            .filter = RenderWhole(space.filter)};
  }

  NamespaceChange Changed(const std::string& name, const PlannedNamespace& from, const PlannedNamespace& to) const {
    NamespaceChange change;
    std::copy_if(to.sysctls.begin(), to.sysctls.end(), std::back_inserter(change.sysctls), [&](const auto& sysctl) {
      return std::find(from.sysctls.begin(), from.sysctls.end(), sysctl) == from.sysctls.end();
    });
    change.local_routes_removed = Less(to.without_local_routes, from.without_local_routes);
    change.rules_removed = Less(from.rules, to.rules);
    change.rules_added = Less(to.rules, from.rules);
    change.filter = RenderChange(from.filter, to.filter);
    CompareAddresses(name, from, to, change);
    CompareRoutes(name, from, to, change);
    return change;
  }

  bool IsGone(const std::string& name, const std::string& device) const { return gone_.contains({name, device}); }

  // Addresses and routes of a device that goes have gone with it, also where a device of this name comes again.
  void CompareAddresses(const std::string& name, const PlannedNamespace& from, const PlannedNamespace& to,
                        NamespaceChange& change) const {
    for (const DeviceAddress& address : from.addresses) {
      if (!to.addresses.contains(address) && !IsGone(name, address.device)) change.addresses_removed.insert(address);
    }
    for (const DeviceAddress& address : to.addresses) {
      if (!from.addresses.contains(address) || IsGone(name, address.device)) change.addresses_added.insert(address);
    }
  }

  void CompareRoutes(const std::string& name, const PlannedNamespace& from, const PlannedNamespace& to,
                     NamespaceChange& change) const {
    for (const auto& [key, route] : from.routes) {
      if (!to.routes.contains(key) && !IsGone(name, route.device)) change.routes_removed.insert(key);
    }
    for (const auto& [key, route] : to.routes) {
      const auto it = from.routes.find(key);
      if (it != from.routes.end() && it->second == route && !IsGone(name, route.device)) continue;
      change.routes_set[key] = route;
    }
  }

  const NetworkPlan& from_;
  const NetworkPlan& to_;
  NetworkChange change_;
  // The ends of pairs that go.
  std::set<LinkEnd> gone_;
};

}  // namespace

bool NamespaceChange::empty() const {
  return sysctls.empty() && addresses_removed.empty() && addresses_added.empty() && routes_removed.empty() &&
         routes_set.empty() && local_routes_removed.empty() && rules_removed.empty() && rules_added.empty() &&
         filter.empty();
}

bool NetworkChange::empty() const {
  return namespaces_removed.empty() && links_removed.empty() && namespaces_added.empty() && links_added.empty() &&
         namespaces.empty();
}

NetworkChange Difference(const NetworkPlan& from, const NetworkPlan& to) { return Changes(from, to).Take(); }

}  // namespace nubo::fabrics
