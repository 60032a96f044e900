// The namespaces of a plan of networks, as they are on this machine.
//
// Places makes one plan of another: it is told what is to change, and does it by netlink and nftables. What the kernel
// refuses is told and left, so that the rest stands; whoever calls asks for it again.
//
// Thread safety: belongs to one thread, which is in other namespaces while it is in here.
#ifndef NUBO_NETWORK_HOLDER_PLACES_H_
#define NUBO_NETWORK_HOLDER_PLACES_H_

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nubo/fabrics/netlink.h"
#include "nubo/fabrics/network_namespace.h"
#include "nubo/fabrics/network_plan.h"
#include "nubo/fabrics/nftables.h"

namespace nubo::network_holder {

// What the kernel refused.
struct Problem {
  // Of which namespace of the plan.
  std::string name_space;
  // Of this link; nothing: something in the namespace.
  std::optional<fabrics::PlannedLink> link;
  absl::Status status;
};

class Places {
 public:
  virtual ~Places() = default;
  // Makes `plan` of what is there, which differs from it by `change`.
  virtual std::vector<Problem> Apply(const fabrics::NetworkChange& change, const fabrics::NetworkPlan& plan) = 0;
  // Of a namespace that is there; -1: it is not. Stays the owner's.
  virtual int Descriptor(const std::string& name) const = 0;
};

class KernelPlaces final : public Places {
 public:
  // Told of each namespace that is made, with its descriptor, and of each that is given up, with -1.
  using Watcher = std::function<void(const std::string& name, int descriptor)>;

  // `internet`: the namespace of that name, which is there from the beginning. `kept`: those that a former holder made.
  KernelPlaces(fabrics::NetworkNamespace internet, std::map<std::string, fabrics::NetworkNamespace> kept,
               Watcher watcher);

  std::vector<Problem> Apply(const fabrics::NetworkChange& change, const fabrics::NetworkPlan& plan) override;
  int Descriptor(const std::string& name) const override;

  // Removes what `plan` does not have: devices, routes of its tables, rules. What it has and is not there is told as a
  // change that makes it.
  fabrics::NetworkPlan Survey(const fabrics::NetworkPlan& plan);

 private:
  struct Place {
    explicit Place(fabrics::NetworkNamespace made) : space(std::move(made)) {}
    fabrics::NetworkNamespace space;
    // Opened when they are first needed.
    std::optional<fabrics::Netlink> netlink = {};
    std::optional<fabrics::Nftables> nftables = {};
  };

  absl::StatusOr<fabrics::Netlink*> NetlinkOf(const std::string& name);
  void Remove(const fabrics::NetworkChange& change, std::vector<Problem>& problems);
  void RemoveLinks(const fabrics::NetworkChange& change, std::vector<Problem>& problems);
  void AddNamespaces(const fabrics::NetworkChange& change, std::vector<Problem>& problems);
  // False: its filter does not stand.
  bool SetUp(const std::string& name, const fabrics::NamespaceChange& change, std::vector<Problem>& problems);
  // Not into those that are `open`: what has no filter gets neither devices nor routes.
  void AddLinks(const fabrics::NetworkChange& change, const std::set<std::string>& open,
                std::vector<Problem>& problems);
  void Furnish(const fabrics::NetworkChange& change, const std::set<std::string>& open, std::vector<Problem>& problems);
  absl::Status Filter(Place& place, const std::string& text);
  void RemoveUnknown(const std::string& name, const fabrics::NetworkPlan& plan);

  const Watcher watcher_;
  std::map<std::string, Place> places_;
};

}  // namespace nubo::network_holder

#endif  // NUBO_NETWORK_HOLDER_PLACES_H_
