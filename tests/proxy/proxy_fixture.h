// A load balancer, its targets and its clients in one loop, over real sockets on 127.0.0.1.
//
// Example:
//   struct Fixture : ProxyFixture {};
//   BOOST_FIXTURE_TEST_CASE(forwards, ProxyFixture) {
//     Backend& a = AddBackend("a");
//     Configure(OneGroup());
//     Run([&]() -> net::Task<void> { ... co_await Get("/") ... }());
//   }
//
// Thread safety: one thread.
#ifndef NUBO_TESTS_PROXY_PROXY_FIXTURE_H_
#define NUBO_TESTS_PROXY_PROXY_FIXTURE_H_

#include <boost/test/unit_test.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "nubo/http/client.h"
#include "nubo/http/server.h"
#include "nubo/lb/policy_registry.h"
#include "nubo/net/loop.h"
#include "nubo/net/stream.h"
#include "nubo/proxy/access_log.h"
#include "nubo/proxy/load_balancer.h"
#include "nubo/proxy/v1/proxy.pb.h"

namespace nubo::proxy {

// A target. What it does with a request is `serve`; it answers with its name unless told otherwise. Health checks ask
// for /healthz and get 200, whatever `serve` does.
class Backend final : public http::Handler {
 public:
  using Serve = std::function<net::Task<void>(http::Exchange& exchange)>;

  Backend(net::Loop& loop, std::string name);
  net::Task<void> Handle(http::Exchange& exchange) override;

  // Listens again at the address it had; the first time at a free port.
  void Start();
  // As kill -9 would: the port refuses, every connection breaks.
  net::Task<void> Kill();

  const std::string name;
  net::SocketAddress address;
  Serve serve;
  // Requests that were not health checks.
  int requests = 0;
  int health_checks = 0;
  int connections() const { return server_ == nullptr ? 0 : server_->connections(); }

 private:
  net::Loop& loop_;
  std::unique_ptr<http::Server> server_;
};

// Until the client of `exchange` has gone.
net::Task<void> UntilGone(net::Loop& loop, http::Exchange& exchange);

// Holds requests until it is opened.
class Gate {
 public:
  explicit Gate(net::Loop& loop) : opened_(loop) {}
  void Open() {
    open_ = true;
    opened_.Notify();
  }
  net::Task<void> Pass() {
    while (!open_) co_await opened_.Wait();
  }
  // Opens by itself after a while: a request that takes its time.
  net::Task<void> PassBy(absl::Time deadline) {
    if (!open_) co_await opened_.WaitUntil(deadline);
  }

 private:
  net::Event opened_;
  bool open_ = false;
};

struct Answer {
  absl::Status status;
  http::ResponseHead head;
  std::string body;
  http::Headers trailers;
};

struct Ask {
  std::string method = "GET";
  std::string path = "/";
  std::string body;
  http::Headers headers;
  http::Version version = http::Version::kHttp11;
  std::string authority = "app.example";
};

class ProxyFixture {
 public:
  // No test takes longer, however broken the thing it tests.
  static constexpr absl::Duration kTestTimeout = absl::Seconds(20);

  ProxyFixture();
  ~ProxyFixture();

  Backend& AddBackend(std::string name);
  // One listener at a free port, whose default action forwards to group "tg" with all backends.
  v1::Configuration OneGroup(v1::ProtocolVersion version = v1::HTTP1);
  void Configure(v1::Configuration configuration);
  net::SocketAddress proxy_address();

  // Runs `task` to its end, or fails after kTestTimeout.
  void Run(net::Task<void> task);
  // Waits until `done` holds, looking whenever the load balancer's status has changed.
  net::Task<void> Until(std::function<bool()> done);
  // Until every target that does not drain is healthy.
  net::Task<void> UntilHealthy();
  int Healthy();
  // "healthy", …; "" if the load balancer knows no such target.
  std::string StateOf(const std::string& target);

  net::Task<Answer> Send(Ask ask);
  net::Task<std::shared_ptr<http::ClientConnection>> Connect(http::Version version);

  net::Loop loop;
  std::mt19937_64 rng{1};
  AccessLog log{-1};
  lb::PolicyRegistry policies = lb::PolicyRegistry::Builder().AddBuiltins().Build();
  LoadBalancer balancer{loop, rng, log, policies};
  net::Event changed{loop};
  std::vector<std::unique_ptr<Backend>> backends;

 private:
  net::Task<void> RunToEnd(net::Task<void> task);
  net::Task<void> Watch();
  uint64_t revision_ = 0;
};

}  // namespace nubo::proxy

#endif  // NUBO_TESTS_PROXY_PROXY_FIXTURE_H_
