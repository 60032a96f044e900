// GrpcPool against real servers on 127.0.0.1. What is waited for is an event, never a length of time; deadlines are
// there to end a test that fails.
#include "nubo/lb_grpc/grpc_pool.h"

#include <boost/test/unit_test.hpp>
#include <map>
#include <random>
#include <thread>

#include "nubo/base/clock.h"
#include "nubo/lb/policies.h"
#include "nubo/testing/status_matchers.h"
#include "tests/lb_grpc/echo_server.h"
#include "tests/lb_grpc/keep_callback_queue.h"

namespace nubo::lb_grpc {
namespace {

using testing::KeepCallbackQueue;
BOOST_TEST_GLOBAL_FIXTURE(KeepCallbackQueue);

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;
using Stub = echo::EchoService::Stub;
using Pool = GrpcPool<Stub>;

constexpr CallOptions kRead = {.idempotent = true};

ChannelPoolOptions Quick() {
  ChannelPoolOptions options;
  options.name = "echo";
  options.group.health_check.interval = absl::Milliseconds(200);
  options.group.health_check.timeout = absl::Milliseconds(200);
  return options;
}

struct Fixture {
  void Open(ChannelPoolOptions options = Quick(), std::unique_ptr<lb::Policy> policy = lb::MakeRoundRobin()) {
    auto made = Pool::Create(std::move(options), std::move(policy), clock, rng);
    BOOST_REQUIRE(IsOk(made.status()));
    pool = *std::move(made);
  }
  void Start(int count) {
    for (int i = 0; i < count; ++i) servers.push_back(std::make_unique<EchoServer>(absl::StrCat("s", i)));
  }
  std::vector<lb::TargetSpec> Specs() {
    std::vector<lb::TargetSpec> specs;
    for (const auto& server : servers) specs.push_back(server->spec());
    return specs;
  }
  void Serve(int count, ChannelPoolOptions options = Quick()) {
    Start(count);
    Open(std::move(options));
    BOOST_REQUIRE(IsOk(pool->SetEndpoints(Specs())));
    WaitFor([this, count] { return Healthy() == count; });
  }
  int Healthy() {
    int healthy = 0;
    for (const auto& status : pool->Describe()) healthy += status.health.state == lb::TargetState::kHealthy ? 1 : 0;
    return healthy;
  }
  std::string StateOf(const std::string& id) {
    for (const auto& status : pool->Describe()) {
      if (status.id == id) return std::string(lb::StateName(status.health.state));
    }
    return "gone";
  }
  template <typename Condition>
  void WaitFor(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition() && std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    BOOST_REQUIRE(condition());
  }
  grpc::Status Echo(std::string* server = nullptr, const CallOptions& options = {}) {
    return pool->Call(
        [server](Stub& stub, grpc::ClientContext& context) {
          echo::EchoRequest request;
          echo::EchoResponse response;
          request.set_text("hello");
          grpc::Status status = stub.Echo(&context, request, &response);
          if (server != nullptr) *server = response.server();
          return status;
        },
        options);
  }
  std::map<std::string, int> Spread(int calls, const CallOptions& options = {}) {
    std::map<std::string, int> spread;
    for (int i = 0; i < calls; ++i) {
      std::string server;
      const grpc::Status status = Echo(&server, options);
      BOOST_TEST(status.ok(), status.error_message());
      ++spread[server];
    }
    return spread;
  }
  grpc::Status EchoHedged(std::string* server, const CallOptions& options = {}) {
    // [hedged]
    echo::EchoRequest request;
    echo::EchoResponse response;
    grpc::Status status = pool->CallHedged<echo::EchoResponse>(
        [&request](Stub& stub, grpc::ClientContext& context, echo::EchoResponse& own,
                   std::function<void(grpc::Status)> done) {
          stub.async()->Echo(&context, &request, &own, std::move(done));
        },
        &response, options);
    // [/hedged]
    *server = response.server();
    return status;
  }

  base::SystemClock clock;
  std::mt19937_64 rng{1};
  std::vector<std::unique_ptr<EchoServer>> servers;
  std::unique_ptr<Pool> pool;
};

BOOST_FIXTURE_TEST_CASE(calls_spread_as_the_policy_says, Fixture) {
  Serve(3);
  const std::map<std::string, int> spread = Spread(30);
  BOOST_TEST((spread == std::map<std::string, int>{{"s0", 10}, {"s1", 10}, {"s2", 10}}));
}

BOOST_FIXTURE_TEST_CASE(a_stream_stays_with_one_endpoint, Fixture) {
  Serve(2);
  std::set<std::string> answered;
  int answers = 0;
  echo::EchoRequest request;
  request.set_repeat(10);
  // [stream]
  const grpc::Status status = pool->Call([&](Stub& stub, grpc::ClientContext& context) {
    auto reader = stub.EchoStream(&context, request);
    echo::EchoResponse response;
    while (reader->Read(&response)) {
      answered.insert(response.server());
      ++answers;
    }
    return reader->Finish();
  });
  // [/stream]
  BOOST_TEST(status.ok(), status.error_message());
  BOOST_TEST(answers == 10);
  BOOST_TEST(answered.size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(outcomes_are_fed_back_to_the_load, Fixture) {
  Serve(1);
  Spread(3);
  servers[0]->AnswerWith({grpc::StatusCode::INTERNAL, "broken"});
  BOOST_TEST(Echo().error_code() == grpc::StatusCode::INTERNAL);
  servers[0]->AnswerWith({grpc::StatusCode::NOT_FOUND, "no such thing"});
  BOOST_TEST(Echo().error_code() == grpc::StatusCode::NOT_FOUND);
  const lb::TargetStatus status = pool->Describe().at(0);
  BOOST_TEST(status.requests == 5u);
  BOOST_TEST(status.errors == 1u);
  BOOST_TEST(status.in_flight == 0);
}

BOOST_FIXTURE_TEST_CASE(a_dead_endpoint_is_avoided, Fixture) {
  Serve(3);
  servers[1]->Kill();
  const std::map<std::string, int> spread = Spread(40, kRead);
  BOOST_TEST(spread.count("s1") == 0u);
  BOOST_TEST(spread.size() == 2u);
  WaitFor([this] { return StateOf("s1") == "unhealthy"; });
}

BOOST_FIXTURE_TEST_CASE(a_dead_endpoint_costs_no_call_once_its_connection_is_gone, Fixture) {
  Serve(2);
  servers[0]->Kill();
  WaitFor([this] { return StateOf("s0") == "unhealthy"; });
  // Not idempotent: each has one attempt.
  BOOST_TEST((Spread(20) == std::map<std::string, int>{{"s1", 20}}));
}

BOOST_FIXTURE_TEST_CASE(an_endpoint_that_is_back_serves_again, Fixture) {
  Serve(2);
  const int port = servers[0]->port();
  servers[0]->Kill();
  WaitFor([this] { return StateOf("s0") == "unhealthy"; });
  servers[0].reset();
  servers[0] = std::make_unique<EchoServer>("s0", port);
  WaitFor([this] { return Healthy() == 2; });
  BOOST_TEST(Spread(10).size() == 2u);
}

BOOST_FIXTURE_TEST_CASE(who_says_not_serving_gets_no_calls, Fixture) {
  Serve(2);
  servers[0]->SetServing(false);
  WaitFor([this] { return StateOf("s0") == "unhealthy"; });
  BOOST_TEST((Spread(10) == std::map<std::string, int>{{"s1", 10}}));
}

BOOST_FIXTURE_TEST_CASE(an_outlier_takes_a_rest, Fixture) {
  Serve(3);
  servers[0]->AnswerWith({grpc::StatusCode::INTERNAL, "broken"});
  int failed = 0;
  for (int i = 0; i < 100; ++i) failed += Echo().ok() ? 0 : 1;
  BOOST_TEST(failed == 5);
  BOOST_TEST(pool->Describe().at(0).ejected);
}

BOOST_FIXTURE_TEST_CASE(a_removed_endpoint_finishes_its_calls, Fixture) {
  Serve(2);
  servers[0]->Hold();
  servers[1]->Hold();
  std::vector<std::string> answered(2);
  std::vector<grpc::Status> statuses(2);
  std::vector<std::thread> callers;
  for (size_t i = 0; i < 2; ++i) {
    callers.emplace_back([this, i, &answered, &statuses] { statuses[i] = Echo(&answered[i]); });
  }
  WaitFor([this] { return servers[0]->calls() == 1 && servers[1]->calls() == 1; });
  BOOST_TEST(IsOk(pool->SetEndpoints({servers[1]->spec()})));
  BOOST_TEST(StateOf("s0") == "draining");
  servers[1]->Release();
  BOOST_TEST((Spread(5) == std::map<std::string, int>{{"s1", 5}}));
  BOOST_TEST(StateOf("s0") == "draining");
  servers[0]->Release();
  for (std::thread& caller : callers) caller.join();
  BOOST_TEST(statuses[0].ok());
  BOOST_TEST(statuses[1].ok());
  BOOST_TEST((std::set<std::string>(answered.begin(), answered.end()) == std::set<std::string>{"s0", "s1"}));
  WaitFor([this] { return StateOf("s0") == "gone"; });
}

BOOST_FIXTURE_TEST_CASE(a_drain_that_takes_too_long_is_cut_off, Fixture) {
  ChannelPoolOptions options = Quick();
  options.group.deregistration_delay = absl::Milliseconds(50);
  Serve(1, options);
  servers[0]->Hold();
  grpc::Status status;
  std::thread caller([this, &status] { status = Echo(); });
  WaitFor([this] { return servers[0]->calls() == 1; });
  BOOST_TEST(IsOk(pool->SetEndpoints({})));
  caller.join();
  BOOST_TEST(status.error_code() == grpc::StatusCode::CANCELLED);
}

BOOST_FIXTURE_TEST_CASE(a_slow_read_is_hedged_and_the_loser_called_off, Fixture) {
  ChannelPoolOptions options = Quick();
  options.hedging.delay_initial = absl::Milliseconds(5);
  Serve(2, options);
  servers[0]->Hold();
  for (int i = 0; i < 4; ++i) {
    std::string server;
    const grpc::Status status = EchoHedged(&server);
    BOOST_TEST(status.ok(), status.error_message());
    BOOST_TEST(server == "s1");
  }
  WaitFor([this] { return servers[0]->cancelled() > 0 && servers[0]->cancelled() == servers[0]->calls(); });
  // Being called off says nothing about an endpoint.
  BOOST_TEST(pool->Describe().at(0).errors == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_quick_read_is_asked_once, Fixture) {
  ChannelPoolOptions options = Quick();
  options.hedging.delay_initial = absl::Seconds(10);
  Serve(2, options);
  std::string server;
  for (int i = 0; i < 10; ++i) BOOST_TEST(EchoHedged(&server).ok());
  BOOST_TEST(servers[0]->calls() + servers[1]->calls() == 10);
}

BOOST_FIXTURE_TEST_CASE(hedges_have_a_budget, Fixture) {
  ChannelPoolOptions options = Quick();
  options.hedging.delay_initial = absl::ZeroDuration();
  options.hedging.samples_min = 1000000;
  options.hedging.budget = {.ratio = 0, .retries_per_second_min = 0};
  Serve(2, options);
  std::string server;
  for (int i = 0; i < 20; ++i) BOOST_TEST(EchoHedged(&server).ok());
  BOOST_TEST(servers[0]->calls() + servers[1]->calls() == 20);
}

BOOST_FIXTURE_TEST_CASE(a_hedged_read_goes_elsewhere_when_its_endpoint_is_dead, Fixture) {
  ChannelPoolOptions options = Quick();
  options.hedging.delay_initial = absl::Seconds(10);
  Serve(2, options);
  servers[0]->Kill();
  for (int i = 0; i < 6; ++i) {
    std::string server;
    const grpc::Status status = EchoHedged(&server);
    BOOST_TEST(status.ok(), status.error_message());
    BOOST_TEST(server == "s1");
  }
}

BOOST_FIXTURE_TEST_CASE(a_pool_with_a_single_endpoint_never_hedges, Fixture) {
  ChannelPoolOptions options = Quick();
  options.hedging.delay_initial = absl::ZeroDuration();
  Serve(1, options);
  std::string server;
  for (int i = 0; i < 10; ++i) BOOST_TEST(EchoHedged(&server).ok());
  BOOST_TEST(servers[0]->calls() == 10);
}

BOOST_FIXTURE_TEST_CASE(when_all_are_dead_the_error_names_them, Fixture) {
  Serve(2);
  for (const auto& server : servers) server->Kill();
  WaitFor([this] { return Healthy() == 0; });
  const grpc::Status status = Echo(nullptr, kRead);
  BOOST_TEST(status.error_code() == grpc::StatusCode::UNAVAILABLE);
  for (const auto& server : servers) {
    const std::string named = absl::StrCat("127.0.0.1:", server->port(), " is unhealthy, Target.FailedHealthChecks");
    BOOST_TEST(absl::StrContains(status.error_message(), named), status.error_message());
  }
  BOOST_TEST(absl::StrContains(status.error_message(), "pool \"echo\" tried 127.0.0.1:"));
}

BOOST_FIXTURE_TEST_CASE(waiting_for_an_endpoint_ends_with_the_deadline, Fixture) {
  Open();
  const grpc::Status unknown = Echo(nullptr, {.timeout = absl::Milliseconds(20)});
  BOOST_TEST(unknown.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED);
  BOOST_TEST(absl::StrContains(unknown.error_message(), "endpoints are not known yet"), unknown.error_message());
}

BOOST_FIXTURE_TEST_CASE(a_call_waits_for_the_first_endpoint_to_be_healthy, Fixture) {
  Start(1);
  Open();
  std::string server;
  grpc::Status status;
  std::thread caller([&] { status = Echo(&server); });
  BOOST_TEST(IsOk(pool->SetEndpoints(Specs())));
  caller.join();
  BOOST_TEST(status.ok(), status.error_message());
  BOOST_TEST(server == "s0");
}

BOOST_FIXTURE_TEST_CASE(a_pool_without_endpoints_fails_at_once, Fixture) {
  Open();
  BOOST_TEST(IsOk(pool->SetEndpoints({})));
  const grpc::Status status = Echo();
  BOOST_TEST(status.error_code() == grpc::StatusCode::UNAVAILABLE);
  BOOST_TEST(status.error_message() == "pool \"echo\": it has no endpoints");
}

BOOST_FIXTURE_TEST_CASE(a_call_that_hangs_ends_with_its_deadline, Fixture) {
  Serve(1);
  servers[0]->Hold();
  BOOST_TEST(Echo(nullptr, {.timeout = absl::Milliseconds(50)}).error_code() == grpc::StatusCode::DEADLINE_EXCEEDED);
}

BOOST_FIXTURE_TEST_CASE(a_call_may_have_no_deadline, Fixture) {
  Serve(1);
  for (const absl::Duration timeout : {absl::InfiniteDuration(), absl::Hours(24 * 365 * 1000)}) {
    const grpc::Status status = Echo(nullptr, {.timeout = timeout});
    BOOST_TEST(status.ok(), status.error_message());
  }
}

// Held against nobody: no endpoint was asked.
BOOST_FIXTURE_TEST_CASE(a_call_without_time_left_asks_nobody, Fixture) {
  Serve(2);
  for (int i = 0; i < 20; ++i) {
    const grpc::Status status = Echo(nullptr, {.timeout = absl::ZeroDuration()});
    BOOST_TEST(status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED);
    BOOST_TEST(status.error_message().find("had no time left to ask 127.0.0.1:") != std::string::npos);
  }
  for (const auto& status : pool->Describe()) {
    BOOST_TEST(status.errors == 0u);
    BOOST_TEST(!status.ejected);
  }
}

// Tells when it was asked.
class Timed final : public lb::Policy {
 public:
  explicit Timed(absl::Time* asked) : asked_(asked) {}
  absl::string_view name() const override { return "timed"; }
  absl::StatusOr<std::shared_ptr<const lb::Picker>> Build(lb::EndpointList endpoints) override {
    struct First final : lb::Picker {
      lb::Picked Pick(const lb::PickRequest& request, absl::BitGenRef) const override {
        *asked = request.now;
        return lb::Picked::Of(endpoints[0]);
      }
      lb::EndpointList endpoints;
      absl::Time* asked = nullptr;
    };
    auto picker = std::make_shared<First>();
    picker->endpoints = std::move(endpoints);
    picker->asked = asked_;
    return picker;
  }

 private:
  absl::Time* const asked_;
};

BOOST_FIXTURE_TEST_CASE(policies_know_what_time_it_is, Fixture) {
  absl::Time asked = absl::InfinitePast();
  Start(1);
  Open(Quick(), std::make_unique<Timed>(&asked));
  BOOST_REQUIRE(IsOk(pool->SetEndpoints(Specs())));
  WaitFor([this] { return Healthy() == 1; });
  const absl::Time before = clock.Now();
  BOOST_TEST(Echo().ok());
  BOOST_TEST((asked >= before && asked <= clock.Now()));
}

BOOST_FIXTURE_TEST_CASE(what_endpoints_say_of_their_load_decides, Fixture) {
  Start(2);
  Open(Quick(), *lb::MakeLoadReports({.blackout = absl::ZeroDuration(), .refresh_interval = absl::Milliseconds(20)}));
  BOOST_REQUIRE(IsOk(pool->SetEndpoints(Specs())));
  WaitFor([this] { return Healthy() == 2; });
  for (int i = 0; i < 2; ++i) {
    pool->ReportLoad("s0", {.qps = 100, .utilization = 0.1});
    pool->ReportLoad("s1", {.qps = 100, .utilization = 0.9});
    pool->ReportLoad("nobody", {.qps = 100, .utilization = 0.9});
  }
  WaitFor([this] { return Spread(10)["s0"] == 9; });
}

BOOST_FIXTURE_TEST_CASE(past_the_bound_of_requests_calls_fail_at_once, Fixture) {
  ChannelPoolOptions options = Quick();
  options.circuit_breaker.requests_max = 1;
  Serve(1, options);
  servers[0]->Hold();
  grpc::Status first;
  std::thread caller([this, &first] { first = Echo(); });
  WaitFor([this] { return servers[0]->calls() == 1; });
  const grpc::Status status = Echo();
  BOOST_TEST(status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  BOOST_TEST(status.error_message() == "pool \"echo\" has all the requests it may have, 1");
  servers[0]->Release();
  caller.join();
  BOOST_TEST(first.ok());
}

BOOST_FIXTURE_TEST_CASE(past_the_bound_of_waiting_calls_fail_at_once, Fixture) {
  ChannelPoolOptions options = Quick();
  options.circuit_breaker.pending_max = 0;
  Open(options);
  BOOST_TEST(Echo().error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
}

BOOST_FIXTURE_TEST_CASE(a_write_is_never_repeated, Fixture) {
  Serve(2);
  for (const auto& server : servers) server->AnswerWith({grpc::StatusCode::UNAVAILABLE, "overloaded"});
  BOOST_TEST(Echo().error_code() == grpc::StatusCode::UNAVAILABLE);
  BOOST_TEST(servers[0]->calls() + servers[1]->calls() == 1);
}

BOOST_FIXTURE_TEST_CASE(retries_have_a_bound_and_a_budget, Fixture) {
  ChannelPoolOptions options = Quick();
  options.retry_budget = {.ratio = 0, .retries_per_second_min = 0.3};
  Serve(2, options);
  for (const auto& server : servers) server->AnswerWith({grpc::StatusCode::UNAVAILABLE, "overloaded"});
  for (int i = 0; i < 4; ++i) BOOST_TEST(!Echo(nullptr, kRead).ok());
  // Four calls, and the three retries that ten seconds allow.
  BOOST_TEST(servers[0]->calls() + servers[1]->calls() == 7);
}

BOOST_FIXTURE_TEST_CASE(many_threads_share_a_pool_while_its_endpoints_change, Fixture) {
  Serve(3);
  std::atomic<int> failed{0};
  std::vector<std::thread> callers;
  for (int t = 0; t < 4; ++t) {
    callers.emplace_back([this, &failed, t] {
      for (int i = 0; i < 200; ++i) {
        std::string server;
        const bool ok = i % 8 == t ? EchoHedged(&server).ok() : Echo(&server, kRead).ok();
        if (!ok) ++failed;
      }
    });
  }
  for (int i = 0; i < 20; ++i) {
    BOOST_TEST(IsOk(pool->SetEndpoints({servers[0]->spec(), servers[static_cast<size_t>(1 + i % 2)]->spec()})));
    std::this_thread::yield();
  }
  for (std::thread& caller : callers) caller.join();
  BOOST_TEST(failed == 0);
}

// Gives its endpoints when it is started.
class ListSource final : public EndpointSource {
 public:
  explicit ListSource(std::vector<lb::TargetSpec> endpoints) : endpoints_(std::move(endpoints)) {}
  absl::Status Start(OnChange on_change) override {
    on_change(endpoints_);
    return absl::OkStatus();
  }

 private:
  const std::vector<lb::TargetSpec> endpoints_;
};

BOOST_FIXTURE_TEST_CASE(endpoints_come_from_a_source, Fixture) {
  Start(2);
  Open();
  BOOST_TEST(IsOk(pool->Watch(std::make_unique<ListSource>(Specs()))));
  WaitFor([this] { return Healthy() == 2; });
  BOOST_TEST(Spread(4).size() == 2u);
}

BOOST_FIXTURE_TEST_CASE(a_bad_set_from_a_source_is_told_and_changes_nothing, Fixture) {
  Serve(1);
  BOOST_TEST(IsOk(pool->Watch(std::make_unique<ListSource>(std::vector<lb::TargetSpec>(1)))));
  BOOST_TEST(StatusIs(pool->endpoints_status(), absl::StatusCode::kInvalidArgument, "no id"));
  BOOST_TEST(Spread(2).size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(bad_options_are_refused, Fixture) {
  const auto create = [this](auto change) {
    ChannelPoolOptions options = Quick();
    change(options);
    return Pool::Create(std::move(options), lb::MakeRoundRobin(), clock, rng).status();
  };
  const auto invalid = absl::StatusCode::kInvalidArgument;
  BOOST_TEST(StatusIs(create([](auto& o) { o.attempts_max = 0; }), invalid, "0 attempts"));
  BOOST_TEST(StatusIs(create([](auto& o) { o.hedging.quantile = 2; }), invalid, "quantile is 2"));
  BOOST_TEST(StatusIs(create([](auto& o) { o.circuit_breaker.requests_max = -1; }), invalid, "requests is -1"));
  BOOST_TEST(StatusIs(create([](auto& o) { o.group.health_check.healthy_threshold = 0; }), invalid, "threshold is 0"));
  BOOST_TEST(StatusIs(create([](auto& o) { o.retry_budget.ratio = -1; }), invalid, "ratio of retries"));
  BOOST_TEST(StatusIs(Pool::Create(Quick(), nullptr, clock, rng).status(), invalid, "no policy"));
}

}  // namespace
}  // namespace nubo::lb_grpc
