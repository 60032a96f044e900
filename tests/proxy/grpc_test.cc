// gRPC through the load balancer: streams both ways, trailers, deadlines, and what may be tried again.
#include <boost/test/unit_test.hpp>

#include "nubo/testing/status_matchers.h"
#include "tests/proxy/proxy_fixture.h"

namespace nubo::proxy {
namespace {

using ::nubo::testing::IsOk;

// Sends every piece back as it comes, and ends with trailers.
net::Task<void> EchoStream(http::Exchange& exchange) {
  http::ResponseHead head;
  head.headers = {{"content-type", "application/grpc"},
                  {"seen-timeout", std::string(exchange.head().headers.Get("grpc-timeout").value_or("none"))},
                  {"seen-te", std::string(exchange.head().headers.Get("te").value_or("none"))}};
  (void)co_await exchange.SendHead(std::move(head), /*end=*/false);
  for (;;) {
    const auto piece = co_await exchange.ReadBody();
    if (!piece.ok() || !piece->has_value()) break;
    (void)co_await exchange.SendBody(**piece);
  }
  http::Headers trailers = {{"grpc-status", "0"}, {"grpc-message", "well done"}};
  (void)co_await exchange.Finish(std::move(trailers));
}

http::RequestHead Call() {
  http::RequestHead head;
  head.method = "POST";
  head.path = "/todo.v1.Todo/List";
  head.authority = "backend";
  head.headers = {{"content-type", "application/grpc"}, {"te", "trailers"}, {"grpc-timeout", "5S"}};
  return head;
}

net::Task<void> Streams(ProxyFixture& f) {
  co_await f.UntilHealthy();
  const auto connection = co_await f.Connect(http::Version::kHttp2);
  auto exchange = connection->Open();
  http::RequestHead call = Call();
  BOOST_REQUIRE(IsOk(co_await exchange->SendHead(std::move(call), /*end=*/false)));
  // The response begins before the request has said anything: neither side may wait for the other.
  const auto head = co_await exchange->ReadHead();
  BOOST_REQUIRE(IsOk(head));
  BOOST_TEST(head->headers.Get("seen-timeout").value_or("") == "5S");
  BOOST_TEST(head->headers.Get("seen-te").value_or("") == "trailers");
  for (const char* message : {"one", "two", "three"}) {
    BOOST_REQUIRE(IsOk(co_await exchange->SendBody(message)));
    const auto piece = co_await exchange->ReadBody();
    BOOST_REQUIRE(IsOk(piece));
    BOOST_TEST(piece->value_or("") == message);
  }
  http::Headers none;
  BOOST_REQUIRE(IsOk(co_await exchange->Finish(std::move(none))));
  const auto end = co_await exchange->ReadBody();
  BOOST_REQUIRE(IsOk(end));
  BOOST_TEST(!end->has_value());
  BOOST_TEST(exchange->trailers().Get("grpc-status").value_or("") == "0");
  BOOST_TEST(exchange->trailers().Get("grpc-message").value_or("") == "well done");
}

BOOST_FIXTURE_TEST_CASE(streams_flow_both_ways_and_trailers_arrive, ProxyFixture) {
  AddBackend("a").serve = EchoStream;
  Configure(OneGroup(v1::GRPC));
  Run(Streams(*this));
}

Ask CallAsk() {
  Ask ask;
  ask.method = "POST";
  ask.version = http::Version::kHttp2;
  ask.body = "message";
  ask.headers = Call().headers;
  return ask;
}

net::Task<void> TrailersOnly(ProxyFixture& f) {
  co_await f.UntilHealthy();
  Ask ask = CallAsk();
  const Answer answer = co_await f.Send(std::move(ask));
  BOOST_TEST(answer.head.headers.Get("grpc-status").value_or("") == "5");
  BOOST_TEST(answer.trailers.empty());
}

BOOST_FIXTURE_TEST_CASE(a_response_of_trailers_only_passes, ProxyFixture) {
  AddBackend("a").serve = [](http::Exchange& exchange) -> net::Task<void> {
    http::ResponseHead head;
    head.headers = {{"content-type", "application/grpc"}, {"grpc-status", "5"}};
    (void)co_await exchange.SendHead(std::move(head), /*end=*/true);
  };
  Configure(OneGroup(v1::GRPC));
  Run(TrailersOnly(*this));
}

net::Task<void> Broken(ProxyFixture& f) {
  co_await f.UntilHealthy();
  Ask ask = CallAsk();
  const Answer answer = co_await f.Send(std::move(ask));
  BOOST_TEST(answer.head.status == 200);
  BOOST_TEST(answer.head.headers.Get("grpc-status").value_or("") == "14");
  BOOST_TEST(f.backends[0]->requests + f.backends[1]->requests == 1);
}

BOOST_FIXTURE_TEST_CASE(a_call_that_was_begun_is_not_repeated, ProxyFixture) {
  for (const char* name : {"a", "b"}) {
    AddBackend(name).serve = [](http::Exchange& exchange) -> net::Task<void> {
      (void)co_await http::ReadWholeBody(exchange, 1000);
      exchange.Abort();
    };
  }
  Configure(OneGroup(v1::GRPC));
  Run(Broken(*this));
}

net::Task<void> Dead(ProxyFixture& f) {
  co_await f.UntilHealthy();
  co_await f.backends[0]->Kill();
  for (int i = 0; i < 10; ++i) {
    Ask ask = CallAsk();
    const Answer answer = co_await f.Send(std::move(ask));
    BOOST_TEST(answer.trailers.Get("grpc-status").value_or("") == "0");
  }
}

BOOST_FIXTURE_TEST_CASE(calls_go_to_the_target_that_lives, ProxyFixture) {
  AddBackend("a").serve = EchoStream;
  AddBackend("b").serve = EchoStream;
  Configure(OneGroup(v1::GRPC));
  Run(Dead(*this));
}

struct Crowd {
  int running = 0;
  int ok = 0;
};

net::Task<void> OneCall(ProxyFixture& f, std::shared_ptr<http::ClientConnection> connection, Crowd& crowd) {
  auto exchange = connection->Open();
  http::RequestHead call = Call();
  BOOST_TEST(IsOk(co_await exchange->SendHead(std::move(call), /*end=*/true)));
  const auto head = co_await exchange->ReadHead();
  BOOST_TEST(IsOk(head));
  const auto body = co_await exchange->ReadBody();
  if (body.ok() && exchange->trailers().Get("grpc-status").value_or("") == "0") ++crowd.ok;
  --crowd.running;
}

net::Task<void> ManyAtOnce(ProxyFixture& f, Gate& gate) {
  co_await f.UntilHealthy();
  Crowd crowd;
  std::vector<std::shared_ptr<http::ClientConnection>> connections;
  for (int i = 0; i < 4; ++i) connections.push_back(co_await f.Connect(http::Version::kHttp2));
  for (int i = 0; i < 360; ++i) {
    ++crowd.running;
    f.loop.Spawn(OneCall(f, connections[static_cast<size_t>(i % 4)], crowd));
  }
  // More than one connection's worth of streams are with the target at once.
  co_await f.Until([&] { return f.backends[0]->requests == 360; });
  BOOST_TEST(f.backends[0]->connections() >= 4);
  BOOST_TEST(f.backends[0]->connections() <= 8);
  gate.Open();
  co_await f.Until([&] { return crowd.running == 0; });
  BOOST_TEST(crowd.ok == 360);
}

BOOST_FIXTURE_TEST_CASE(connections_are_added_when_their_streams_are_used_up, ProxyFixture) {
  Gate gate(loop);
  AddBackend("a").serve = [&](http::Exchange& exchange) -> net::Task<void> {
    co_await gate.Pass();
    co_await EchoStream(exchange);
  };
  Configure(OneGroup(v1::GRPC));
  Run(ManyAtOnce(*this, gate));
}

}  // namespace
}  // namespace nubo::proxy
