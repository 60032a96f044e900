// A load balancer: takes configurations over, listens, and tells how it is.
//
// Example:
//   LoadBalancer balancer(loop, rng, access_log, policies);
//   NUBO_RETURN_IF_ERROR(balancer.Apply(configuration));
//   v1::Status status = balancer.Describe();
//
// A configuration is taken over as a whole or refused as a whole, with one exception: an address that cannot be bound
// is told in the status and tried again, since what is in the way (another process, a missing address) is not the
// configuration's fault.
//
// A connection from a client keeps the timeouts of the configuration in which it began; how many there may be is as the
// last one says.
//
// Thread safety: belongs to its loop's thread.
#ifndef NUBO_PROXY_LOAD_BALANCER_H_
#define NUBO_PROXY_LOAD_BALANCER_H_

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/random/bit_gen_ref.h"
#include "absl/status/status.h"
#include "nubo/control/messages.h"
#include "nubo/http/server.h"
#include "nubo/lb/policy_registry.h"
#include "nubo/net/loop.h"
#include "nubo/net/socket_keeper.h"
#include "nubo/net/stream.h"
#include "nubo/proxy/access_log.h"
#include "nubo/proxy/forwarder.h"
#include "nubo/proxy/snapshot.h"
#include "nubo/proxy/v1/proxy.pb.h"

namespace nubo::proxy {

class LoadBalancer final : public control::MessageHandler<v1::Configuration, v1::Status> {
 public:
  using MessageHandler::Apply;
  using MessageHandler::Describe;

  // How often idle connections are closed, logs flushed, and listeners tried that could not be bound.
  static constexpr absl::Duration kHousekeepingInterval = absl::Seconds(1);

  // All of them outlive it, and it outlives the loop's run. `keeper`: of its listening sockets; null: nobody.
  LoadBalancer(net::Loop& loop, absl::BitGenRef rng, AccessLog& access_log, const lb::PolicyRegistry& policies,
               net::SocketKeeper* keeper = nullptr);
  ~LoadBalancer() override;

  // Called when Describe() would say something new about health or listeners.
  void OnChange(std::function<void()> on_change) { on_change_ = std::move(on_change); }

  // INVALID_ARGUMENT, NOT_FOUND, RESOURCE_EXHAUSTED: the configuration cannot be; the former stays.
  absl::Status Apply(const v1::Configuration& configuration) override;
  v1::Status Describe() override;

  // Accepts nothing more and lets requests under way finish until `deadline`.
  net::Task<void> Drain(absl::Time deadline);

 private:
  // One address that a listener is to have.
  struct Binding {
    // As configured; port 0 asks for any.
    net::SocketAddress wanted;
    std::string listener_id;
    // Where it listens; nothing while it cannot.
    std::optional<net::SocketAddress> bound;
    std::string error;
  };

  absl::Status CheckGroups(const Configuration& config) const;
  void ApplyGroups(const Configuration& config);
  void ApplyListeners(const Configuration& config);
  void Bind(Binding& binding);
  void Publish();
  void Changed();
  static net::Task<void> KeepHouse(net::Loop& loop, std::weak_ptr<LoadBalancer> balancer);
  void KeepHouseOnce();

  net::Loop& loop_;
  AccessLog& access_log_;
  const lb::PolicyRegistry& policies_;
  net::SocketKeeper* const keeper_;
  std::function<void()> on_change_;
  Forwarder forwarder_;
  std::unique_ptr<http::Server> server_;
  Configuration config_;
  std::map<std::string, std::shared_ptr<ServedGroup>> groups_;
  std::map<std::string, std::shared_ptr<const ListenerRoutes>> routes_;
  std::vector<Binding> bindings_;
  // Owns nothing: what the loop keeps of this object ends with it.
  const std::shared_ptr<LoadBalancer> self_{this, [](LoadBalancer*) {}};
};

}  // namespace nubo::proxy

#endif  // NUBO_PROXY_LOAD_BALANCER_H_
