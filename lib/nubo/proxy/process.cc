#include "nubo/proxy/process.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <thread>

#include "absl/random/random.h"
#include "nubo/base/status.h"
#include "nubo/control/server.h"
#include "nubo/http/metrics_endpoint.h"
#include "nubo/lb/policy_registry.h"
#include "nubo/net/loop.h"
#include "nubo/proxy/access_log.h"
#include "nubo/proxy/load_balancer.h"
#include "nubo/proxy/metrics.h"
#include "nubo/proxy/privileges.h"

namespace nubo::proxy {
namespace {

constexpr uid_t kNobody = 65534;

// The balancer outlives the loop's run.
net::Task<void> DrainAndStop(net::Loop& loop, LoadBalancer& balancer, absl::Duration timeout) {
  co_await balancer.Drain(loop.Now() + timeout);
  loop.Stop();
}

// Waits for SIGTERM or SIGINT on a thread of its own, since a signal handler may do next to nothing.
class SignalWaiter {
 public:
  SignalWaiter() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGTERM);
    sigaddset(&signals_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    signal(SIGPIPE, SIG_IGN);
  }
  ~SignalWaiter() {
    if (!thread_.joinable()) return;
    pthread_kill(thread_.native_handle(), SIGTERM);
    thread_.join();
  }

  void Start(std::function<void()> on_signal) {
    thread_ = std::thread([this, on_signal = std::move(on_signal)] {
      int number = 0;
      sigwait(&signals_, &number);
      on_signal();
    });
  }

 private:
  sigset_t signals_;
  std::thread thread_;
};

}  // namespace

absl::Status RunProxyProcess(const ProxyProcessOptions& options) {
  SignalWaiter signals;
  RaiseOpenFilesLimit();
  absl::BitGen rng;
  AccessLog access_log(options.access_log_fd);
  const lb::PolicyRegistry policies = lb::PolicyRegistry::Builder().AddBuiltins().Build();
  net::Loop loop;
  LoadBalancer balancer(loop, rng, access_log, policies, options.keeper);
  control::Server control(loop, balancer, {.snapshot_path = options.snapshot_path});
  // The socket is made while its folder may still be root's.
  NUBO_RETURN_IF_ERROR(control.Listen(options.control_path));
  http::MetricsEndpoint metrics(loop, [&] {
    v1::Status status;
    (void)status.ParseFromString(balancer.Describe(control.refused()));
    return MetricsText(status);
  });
  if (options.metrics_address) NUBO_RETURN_IF_ERROR(metrics.Listen(*options.metrics_address));
  if (options.drop_privileges) NUBO_RETURN_IF_ERROR(DropPrivileges(kNobody, kNobody));
  // All of these outlive the loop's run, and the waiter has told its signal, or was never started, when they end.
  balancer.OnChange([&control] { control.Changed(); });
  control.ApplySnapshot();
  signals.Start([&] { loop.Post([&] { loop.Spawn(DrainAndStop(loop, balancer, options.drain_timeout)); }); });
  loop.Run();
  control.Close();
  return absl::OkStatus();
}

}  // namespace nubo::proxy
