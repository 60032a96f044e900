#include "nubo/lb_grpc/dns_endpoints.h"

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <random>
#include <thread>

#include "absl/strings/str_cat.h"
#include "nubo/base/clock.h"
#include "nubo/dns_server/server.h"
#include "nubo/lb/policies.h"
#include "nubo/lb_grpc/grpc_pool.h"
#include "nubo/testing/status_matchers.h"
#include "tests/dns/test_zones.h"
#include "tests/lb_grpc/echo_server.h"
#include "tests/lb_grpc/keep_callback_queue.h"

namespace nubo::lb_grpc {
namespace {

using testing::KeepCallbackQueue;
BOOST_TEST_GLOBAL_FIXTURE(KeepCallbackQueue);

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;
using Stub = echo::EchoService::Stub;

// A DNS server on a thread of its own, which knows one name.
class NameServer {
 public:
  NameServer() {
    server_.SetListeners({*net::SocketAddress::Parse("127.0.0.1:0")});
    address_ = server_.listeners().at(0).bound;
    thread_ = std::thread([this] { loop_.Run(); });
  }
  ~NameServer() {
    loop_.Stop();
    thread_.join();
  }
  void Set(const std::vector<std::string>& ips) {
    std::vector<std::string> lines = {"example.com SOA 900 ns. host. 1 2 3 4 0"};
    for (const std::string& ip : ips) lines.push_back(absl::StrCat("echo.example.com A 0 ", ip));
    loop_.Post([this, zones = dns::MakeZoneSet({{"example.com", lines}})] { server_.SetZones(zones); });
  }
  net::SocketAddress address() const { return address_; }

 private:
  std::mt19937_64 rng_{1};
  net::Loop loop_;
  dns_server::Server server_{loop_, rng_};
  net::SocketAddress address_;
  std::thread thread_;
};

struct Fixture {
  DnsEndpointsOptions Options() {
    DnsEndpointsOptions options;
    options.resolver.servers = {names.address()};
    options.watch.interval_min = absl::Milliseconds(5);
    return options;
  }
  NameServer names;
  base::SystemClock clock;
  std::mt19937_64 rng{1};
};

BOOST_FIXTURE_TEST_CASE(a_pool_follows_what_dns_says_and_loses_no_call, Fixture) {
  const EchoServer before("before");
  const EchoServer after("after", before.port(), "127.0.0.2");
  names.Set({"127.0.0.1"});
  ChannelPoolOptions options;
  options.group.health_check.interval = absl::Seconds(1);
  auto pool = GrpcPool<Stub>::Create(options, lb::MakeRoundRobin(), clock, rng);
  BOOST_REQUIRE(IsOk(pool.status()));
  const auto port = static_cast<uint16_t>(before.port());
  const DnsEndpointsOptions dns = Options();
  // [watch]
  absl::Status status = (*pool)->Watch(std::make_unique<DnsEndpoints>("echo.example.com", port, dns));
  // [/watch]
  BOOST_REQUIRE(IsOk(status));
  std::string answered;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  for (int i = 0; answered != "after" && std::chrono::steady_clock::now() < end; ++i) {
    if (i == 10) names.Set({"127.0.0.2"});
    echo::EchoResponse response;
    const grpc::Status called = (*pool)->Call(
        [&](Stub& stub, grpc::ClientContext& context) { return stub.Echo(&context, echo::EchoRequest(), &response); });
    BOOST_REQUIRE(called.ok());
    answered = response.server();
    if (i == 0) BOOST_TEST(answered == "before");
  }
  BOOST_TEST(answered == "after");
}

BOOST_FIXTURE_TEST_CASE(what_is_no_name_is_refused, Fixture) {
  DnsEndpoints endpoints("a..b", 80, Options());
  BOOST_TEST(StatusIs(endpoints.Start([](const auto&) {}), absl::StatusCode::kInvalidArgument, "a..b"));
}

BOOST_FIXTURE_TEST_CASE(a_source_that_was_never_started_ends_quietly, Fixture) {
  const DnsEndpoints endpoints("echo.example.com", 80, Options());
}

}  // namespace
}  // namespace nubo::lb_grpc
