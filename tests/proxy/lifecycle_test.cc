// Configurations that replace each other, targets that come and go, listeners that cannot be bound.
#include <boost/test/unit_test.hpp>

#include "absl/strings/match.h"
#include "nubo/testing/status_matchers.h"
#include "tests/proxy/proxy_fixture.h"

namespace nubo::proxy {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

struct InFlight {
  explicit InFlight(net::Loop& loop) : release(loop) {}
  Gate release;
  bool answered = false;
  Answer answer;
};

net::Task<void> SendInBackground(ProxyFixture& f, InFlight& request) {
  Ask ask;
  request.answer = co_await f.Send(std::move(ask));
  request.answered = true;
}

Backend& AddHolding(ProxyFixture& f, std::string name, InFlight& request) {
  Backend& backend = f.AddBackend(std::move(name));
  backend.serve = [&request](http::Exchange& exchange) -> net::Task<void> {
    exchange.OnGone([&request] { request.release.Open(); });
    co_await request.release.Pass();
    exchange.OnGone(nullptr);
    http::ResponseHead head;
    (void)co_await exchange.SendWhole(std::move(head), "held");
  };
  return backend;
}

net::Task<void> Drains(ProxyFixture& f, InFlight& request) {
  co_await f.UntilHealthy();
  f.loop.Spawn(SendInBackground(f, request));
  co_await f.Until([&] { return f.backends[0]->requests == 1; });
  f.AddBackend("b");
  v1::Configuration configuration = f.OneGroup();
  configuration.mutable_target_groups(0)->mutable_targets(0)->set_draining(true);
  f.Configure(configuration);
  BOOST_TEST(f.StateOf("a") == "draining");
  co_await f.UntilHealthy();
  for (int i = 0; i < 4; ++i) {
    Ask ask;
    const Answer answer = co_await f.Send(std::move(ask));
    BOOST_TEST(answer.body == "b");
  }
  BOOST_TEST(f.StateOf("a") == "draining");
  request.release.Open();
  co_await f.Until([&] { return f.StateOf("a") == "unused"; });
  BOOST_TEST(request.answered);
  BOOST_TEST(request.answer.body == "held");
}

BOOST_FIXTURE_TEST_CASE(a_draining_target_finishes_what_it_has_and_gets_no_more, ProxyFixture) {
  InFlight request(loop);
  AddHolding(*this, "a", request);
  Configure(OneGroup());
  Run(Drains(*this, request));
}

net::Task<void> Removed(ProxyFixture& f, InFlight& request) {
  co_await f.UntilHealthy();
  f.loop.Spawn(SendInBackground(f, request));
  co_await f.Until([&] { return f.backends[0]->requests == 1; });
  v1::Configuration configuration = f.OneGroup();
  configuration.mutable_target_groups(0)->clear_targets();
  f.Configure(configuration);
  BOOST_TEST(f.StateOf("a") == "draining");
  request.release.Open();
  co_await f.Until([&] { return f.StateOf("a") == ""; });
  BOOST_TEST(request.answer.body == "held");
}

BOOST_FIXTURE_TEST_CASE(removing_a_busy_target_drains_it_first, ProxyFixture) {
  InFlight request(loop);
  AddHolding(*this, "a", request);
  Configure(OneGroup());
  Run(Removed(*this, request));
}

net::Task<void> DelayOver(ProxyFixture& f, InFlight& request) {
  co_await f.UntilHealthy();
  f.loop.Spawn(SendInBackground(f, request));
  co_await f.Until([&] { return f.backends[0]->requests == 1; });
  v1::Configuration configuration = f.OneGroup();
  configuration.mutable_target_groups(0)->set_deregistration_delay_ms(50);
  configuration.mutable_target_groups(0)->mutable_targets(0)->set_draining(true);
  f.Configure(configuration);
  co_await f.Until([&] { return request.answered; });
  BOOST_TEST(request.answer.head.status >= 502);
  co_await f.Until([&] { return f.StateOf("a") == "unused"; });
}

BOOST_FIXTURE_TEST_CASE(when_the_delay_is_over_what_is_left_is_cut_off, ProxyFixture) {
  InFlight request(loop);
  AddHolding(*this, "a", request);
  Configure(OneGroup());
  Run(DelayOver(*this, request));
}

net::Task<void> Replaced(ProxyFixture& f) {
  co_await f.UntilHealthy();
  v1::Configuration bad = f.OneGroup();
  bad.set_revision(99);
  bad.mutable_listeners(0)->mutable_default_action()->mutable_fixed_response()->set_status_code(200);
  bad.mutable_target_groups(0)->set_policy("fastest");
  BOOST_TEST(StatusIs(f.balancer.Apply(bad), absl::StatusCode::kNotFound, "target group \"tg\": "));
  Ask before;
  const Answer still = co_await f.Send(std::move(before));
  BOOST_TEST(still.body == "a");
  BOOST_TEST(f.balancer.Describe().revision() == 1u);
  const net::SocketAddress address = f.proxy_address();
  v1::Configuration good = f.OneGroup();
  good.mutable_listeners(0)->mutable_default_action()->mutable_fixed_response()->set_status_code(204);
  f.Configure(good);
  BOOST_TEST((f.proxy_address() == address));
  Ask after;
  const Answer changed = co_await f.Send(std::move(after));
  BOOST_TEST(changed.head.status == 204);
  BOOST_TEST(f.balancer.Describe().targets(0).reason() == "Target.NotInUse");
}

BOOST_FIXTURE_TEST_CASE(a_configuration_is_taken_as_a_whole_or_not_at_all, ProxyFixture) {
  AddBackend("a");
  Configure(OneGroup());
  Run(Replaced(*this));
}

net::Task<void> BindError(ProxyFixture& f) {
  auto taken = net::ListenTcp(f.loop, *net::SocketAddress::Parse("127.0.0.1:0"));
  BOOST_REQUIRE(IsOk(taken));
  v1::Configuration configuration = f.OneGroup();
  v1::Listener* second = configuration.add_listeners();
  second->set_id("second");
  second->mutable_default_action()->mutable_fixed_response()->set_status_code(200);
  second->add_addresses()->set_ip("127.0.0.1");
  second->mutable_addresses(0)->set_port((*taken)->local().port);
  f.Configure(configuration);
  v1::Status status = f.balancer.Describe();
  BOOST_TEST(status.listeners(0).bound_size() == 1);
  BOOST_TEST(status.listeners(1).bound_size() == 0);
  BOOST_TEST(absl::StrContains(status.listeners(1).error(), "in use"), status.listeners(1).error());
  (*taken)->Close();
  f.Configure(configuration);
  status = f.balancer.Describe();
  BOOST_TEST(status.listeners(1).bound_size() == 1);
  BOOST_TEST(status.listeners(1).error() == "");
  co_return;
}

BOOST_FIXTURE_TEST_CASE(a_listener_that_cannot_be_bound_is_told_and_tried_again, ProxyFixture) {
  Run(BindError(*this));
}

net::Task<void> ListenerRemoved(ProxyFixture& f) {
  const net::SocketAddress address = f.proxy_address();
  v1::Configuration configuration = f.OneGroup();
  configuration.clear_listeners();
  f.Configure(configuration);
  const auto stream = co_await net::ConnectTcp(f.loop, address, f.loop.Now() + absl::Seconds(5));
  BOOST_TEST(StatusIs(stream, absl::StatusCode::kUnavailable, ""));
}

BOOST_FIXTURE_TEST_CASE(a_listener_that_is_gone_refuses, ProxyFixture) {
  Configure(OneGroup());
  Run(ListenerRemoved(*this));
}

net::Task<void> StartsLate(ProxyFixture& f, Backend& late) {
  co_await late.Kill();
  f.Configure(f.OneGroup());
  // At least one check has been refused.
  co_await f.Until([&] { return f.balancer.Describe().targets(0).reason() == "Elb.InitialHealthChecking"; });
  const absl::Time listens = f.loop.Now();
  late.Start();
  co_await f.UntilHealthy();
  BOOST_TEST((f.loop.Now() - listens < absl::Seconds(1)));
}

BOOST_FIXTURE_TEST_CASE(a_target_that_starts_late_is_in_service_soon, ProxyFixture) {
  Run(StartsLate(*this, AddBackend("late")));
}

net::Task<void> DiesUnderLoad(ProxyFixture& f) {
  co_await f.UntilHealthy();
  co_await f.backends[0]->Kill();
  const absl::Time died = f.loop.Now();
  // One request that meets the dead target is hint enough; its health checks are 30 s apart.
  for (int i = 0; i < 2; ++i) {
    Ask ask;
    const Answer answer = co_await f.Send(std::move(ask));
    BOOST_TEST(answer.body == "b");
  }
  co_await f.Until([&] { return f.StateOf("a") == "unhealthy"; });
  BOOST_TEST((f.loop.Now() - died < absl::Seconds(2)));
}

BOOST_FIXTURE_TEST_CASE(a_target_that_dies_under_load_is_out_of_service_soon, ProxyFixture) {
  AddBackend("a");
  AddBackend("b");
  Configure(OneGroup());
  Run(DiesUnderLoad(*this));
}

// Until the load balancer has closed a connection on which nothing is asked.
net::Task<absl::Status> UntilClosed(ProxyFixture& f) {
  const absl::Time deadline = f.loop.Now() + ProxyFixture::kTestTimeout / 4;
  auto stream = co_await net::ConnectTcp(f.loop, f.proxy_address(), deadline);
  if (!stream.ok()) co_return stream.status();
  (*stream)->SetDeadline(deadline);
  char byte[1];
  co_return (co_await (*stream)->Read(absl::MakeSpan(byte))).status();
}

net::Task<void> ClosesIdleOnes(ProxyFixture& f) {
  v1::Configuration configuration = f.OneGroup();
  f.Configure(configuration);
  configuration.mutable_limits()->set_client_idle_timeout_ms(20);
  f.Configure(configuration);
  const absl::Status closed = co_await UntilClosed(f);
  BOOST_TEST(IsOk(closed));
}

BOOST_FIXTURE_TEST_CASE(new_connections_have_the_idle_timeout_of_the_last_configuration, ProxyFixture) {
  Run(ClosesIdleOnes(*this));
}

net::Task<void> StallsUnderANewTimeout(ProxyFixture& f) {
  v1::Configuration configuration = f.OneGroup();
  f.Configure(configuration);
  configuration.mutable_limits()->set_idle_timeout_ms(20);
  configuration.mutable_limits()->set_client_idle_timeout_ms(60'000);
  f.Configure(configuration);
  co_await f.UntilHealthy();
  auto stream = co_await net::ConnectTcp(f.loop, f.proxy_address(), f.loop.Now() + ProxyFixture::kTestTimeout);
  BOOST_REQUIRE(IsOk(stream));
  (*stream)->SetDeadline(f.loop.Now() + ProxyFixture::kTestTimeout / 4);
  (void)co_await (*stream)->Write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf");
  std::string text(13, '?');
  const absl::StatusOr<size_t> got = co_await (*stream)->Read(absl::MakeSpan(text));
  BOOST_REQUIRE(IsOk(got));
  BOOST_TEST(text == "HTTP/1.1 408 ");
}

BOOST_FIXTURE_TEST_CASE(a_stalled_upload_has_the_timeout_of_the_last_configuration, ProxyFixture) {
  AddBackend("a").serve = [this](http::Exchange& exchange) { return UntilGone(loop, exchange); };
  Run(StallsUnderANewTimeout(*this));
}

// It is counted a moment after the client has its answer.
net::Task<void> CountsBytes(ProxyFixture& f) {
  co_await f.UntilHealthy();
  Ask ask;
  ask.method = "POST";
  ask.body = std::string(100000, 'b');
  const Answer answer = co_await f.Send(std::move(ask));
  BOOST_TEST(answer.body == std::string(5000, 'a'));
  const auto counters = [&f] { return f.balancer.Describe().counters(); };
  co_await f.Until([&] { return counters().sent_bytes() > 0; });
  // With the heads.
  BOOST_TEST(counters().received_bytes() > 100000u);
  BOOST_TEST(counters().received_bytes() < 101000u);
  BOOST_TEST(counters().sent_bytes() > 5000u);
  BOOST_TEST(counters().sent_bytes() < 6000u);
}

BOOST_FIXTURE_TEST_CASE(bytes_are_counted_also_without_an_access_log, ProxyFixture) {
  AddBackend(std::string(5000, 'a'));
  Configure(OneGroup());
  Run(CountsBytes(*this));
}

net::Task<void> ClosesThoseBeyond(ProxyFixture& f, InFlight& request) {
  co_await f.UntilHealthy();
  f.loop.Spawn(SendInBackground(f, request));
  co_await f.Until([&] { return f.backends[0]->requests == 1; });
  v1::Configuration configuration = f.OneGroup();
  configuration.mutable_limits()->set_connections_max(1);
  f.Configure(configuration);
  // The first one has a request under way, and so does not make room.
  const absl::Status closed = co_await UntilClosed(f);
  BOOST_TEST(IsOk(closed));
  request.release.Open();
  co_await f.Until([&] { return request.answered; });
  BOOST_TEST(request.answer.body == "held");
}

BOOST_FIXTURE_TEST_CASE(connections_are_as_many_as_the_last_configuration_allows, ProxyFixture) {
  InFlight request(loop);
  AddHolding(*this, "a", request);
  Configure(OneGroup());
  Run(ClosesThoseBeyond(*this, request));
}

}  // namespace
}  // namespace nubo::proxy
