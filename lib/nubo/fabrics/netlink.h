// Links, addresses, routes and routing rules of a network namespace, told to the kernel over a netlink socket.
//
// A socket stays with the namespace in which it was made, wherever its thread goes. Requests go one by one or as a
// batch: those of a batch are sent together, in their order, and answered one by one; one that fails does not keep the
// next from being tried. Addresses and routes name their device, whose number is looked up in between: a batch is
// quickest with all its links first.
//
// What is there already as it is asked for is fine: AddAddress, AddRoute and AddRule may be repeated. An error says
// what it was about and gives the kernel's reason: "add route 10.0.1.0/24 via 10.9.0.1 dev eni-1 table 100:
// Nexthop has invalid gateway (Network is unreachable)".
//   NOT_FOUND: there is no such device, address, route or rule.
//   ALREADY_EXISTS: a device of this name, or another address, is there.
//   INVALID_ARGUMENT: the kernel does not want it so, or a name is not one.
//   PERMISSION_DENIED: this process may not, in this namespace.
//   RESOURCE_EXHAUSTED: the kernel has no more of something.
//   UNIMPLEMENTED: this kernel cannot.
//   FAILED_PRECONDITION: the device is down or in use, or the gateway is not to be reached.
//   UNAVAILABLE: a list that changed whenever it was read.
//   INTERNAL: anything else.
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(Netlink netlink, Netlink::Open());
//   NUBO_RETURN_IF_ERROR(netlink.SetUp("lo"));
//   NetlinkBatch batch;
//   for (const Veth& veth : veths) batch.AddVeth(veth);
//   for (const Route& route : routes) batch.AddRoute(route);
//   for (const absl::Status& status : netlink.Run(batch)) NUBO_RETURN_IF_ERROR(status);
//
// Thread safety: thread-compatible.
#ifndef NUBO_FABRICS_NETLINK_H_
#define NUBO_FABRICS_NETLINK_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/base/owned_fd.h"
#include "nubo/fabrics/netlink_types.h"

namespace nubo::fabrics {

// Requests that are made together.
class NetlinkBatch {
 public:
  void AddVeth(const Veth& veth);
  // With the one end of a veth goes the other.
  void DeleteLink(absl::string_view name);
  void SetUp(absl::string_view name);
  // Into another network namespace, where it is down and without addresses. `network_namespace` stays open until the
  // request has been made.
  void MoveLink(absl::string_view name, int network_namespace);
  // What comes to a new IPv6 address is taken in only when a worker of the kernel has made the local route to it, some
  // milliseconds later. AddRoute of that route (kLocal, in kLocalTable) makes it at once.
  void AddAddress(const InterfaceAddress& address);
  void DeleteAddress(const InterfaceAddress& address);
  // Takes the place of a route of the same table, destination and metric.
  void AddRoute(const Route& route);
  // The first route that has what is said of it; kUnicast stands for routes of every type.
  void DeleteRoute(const Route& route);
  void AddRule(const RoutingRule& rule);
  void DeleteRule(const RoutingRule& rule);

  size_t size() const { return requests_.size(); }
  bool empty() const { return requests_.empty(); }

 private:
  friend class Netlink;

  struct Request {
    // One message, but for its sequence number.
    std::string bytes = {};
    // "add veth eni-1": what an error begins with.
    std::string about = {};
    // What is wrong with it already; then it is not sent.
    absl::Status problem = {};
    // The device whose number is missing at `number_at`; "": none.
    std::string device = {};
    size_t number_at = 0;
    // Devices may have other numbers after it.
    bool renumbers = false;
    // That the kernel has it already is fine.
    bool may_exist = false;
  };

  void Add(Request request);

  std::vector<Request> requests_;
};

class Netlink {
 public:
  // Of the network namespace in which the calling thread is.
  static absl::StatusOr<Netlink> Open();

  // One status for each request, in their order.
  std::vector<absl::Status> Run(const NetlinkBatch& batch);

  absl::Status AddVeth(const Veth& veth) { return One(&NetlinkBatch::AddVeth, veth); }
  absl::Status DeleteLink(absl::string_view name) { return One(&NetlinkBatch::DeleteLink, name); }
  absl::Status SetUp(absl::string_view name) { return One(&NetlinkBatch::SetUp, name); }
  absl::Status MoveLink(absl::string_view name, int network_namespace) {
    return One(&NetlinkBatch::MoveLink, name, network_namespace);
  }
  absl::Status AddAddress(const InterfaceAddress& address) { return One(&NetlinkBatch::AddAddress, address); }
  absl::Status DeleteAddress(const InterfaceAddress& address) { return One(&NetlinkBatch::DeleteAddress, address); }
  absl::Status AddRoute(const Route& route) { return One(&NetlinkBatch::AddRoute, route); }
  absl::Status DeleteRoute(const Route& route) { return One(&NetlinkBatch::DeleteRoute, route); }
  absl::Status AddRule(const RoutingRule& rule) { return One(&NetlinkBatch::AddRule, rule); }
  absl::Status DeleteRule(const RoutingRule& rule) { return One(&NetlinkBatch::DeleteRule, rule); }

  // All there are, of both families, by the kernel's order.
  absl::StatusOr<std::vector<Link>> ListLinks();
  absl::StatusOr<std::vector<InterfaceAddress>> ListAddresses();
  // Of one table; routes that the kernel learned by itself (caches) are left out.
  absl::StatusOr<std::vector<Route>> ListRoutes(uint32_t table);
  absl::StatusOr<std::vector<RoutingRule>> ListRules();

 private:
  explicit Netlink(base::OwnedFd socket) : socket_(std::move(socket)) {}

  template <typename Method, typename... Arguments>
  absl::Status One(Method method, const Arguments&... arguments) {
    NetlinkBatch batch;
    (batch.*method)(arguments...);
    return Run(batch).front();
  }

  // Looks up the numbers of all devices that the requests from `begin` on name, up to one that may change them: `end`.
  absl::Status LookUpFrom(std::span<const NetlinkBatch::Request> requests, size_t begin,
                          std::map<std::string, int>& numbers, size_t& end);

  base::OwnedFd socket_;
  uint32_t sequence_ = 0;
};

}  // namespace nubo::fabrics

#endif  // NUBO_FABRICS_NETLINK_H_
