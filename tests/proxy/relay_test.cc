// Requests and responses on their way through: what is added, passed on, answered by the load balancer itself.
#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/lb/least_cost.h"
#include "nubo/testing/status_matchers.h"
#include "tests/proxy/proxy_fixture.h"

namespace nubo::proxy {
namespace {

using ::nubo::testing::IsOk;

// Answers with the request as it came, one field a line.
net::Task<void> Echo(http::Exchange& exchange) {
  const http::RequestHead& in = exchange.head();
  std::string text = absl::StrCat(in.method, " ", in.path, "\nhost: ", in.authority, "\n");
  for (const http::Field& field : in.headers) absl::StrAppend(&text, field.name, ": ", field.value, "\n");
  auto body = co_await http::ReadWholeBody(exchange, 1 << 20);
  if (body.ok()) absl::StrAppend(&text, "\n", *body);
  http::ResponseHead head;
  head.headers = {{"x-kept", "yes"}, {"connection", "x-dropped"}, {"x-dropped", "yes"}};
  (void)co_await exchange.SendWhole(std::move(head), text);
}

net::Task<void> ForwardsHeads(ProxyFixture& f) {
  co_await f.UntilHealthy();
  Ask ask;
  ask.method = "POST";
  ask.path = "/p?q=1";
  ask.body = "hello";
  ask.headers = {{"x-forwarded-for", "1.2.3.4"},
                 {"x-forwarded-proto", "gopher"},
                 {"x-mine", "1"},
                 {"keep-alive", "9"},
                 {"te", "gzip"},
                 {"upgrade", "websocket"}};
  const Answer answer = co_await f.Send(std::move(ask));
  BOOST_REQUIRE(IsOk(answer.status));
  BOOST_TEST(answer.head.status == 200);
  BOOST_TEST(answer.head.headers.Get("x-kept").value_or("") == "yes");
  BOOST_TEST(!answer.head.headers.Has("x-dropped"));
  BOOST_TEST(!answer.head.headers.Has("via"));
  const std::string port = absl::StrCat(f.proxy_address().port);
  for (const std::string& line :
       {std::string("POST /p?q=1\n"), std::string("\nhost: app.example\n"),
        std::string("\nx-forwarded-for: 1.2.3.4, 127.0.0.1\n"), std::string("\nx-forwarded-proto: http\n"),
        absl::StrCat("\nx-forwarded-port: ", port, "\n"), std::string("\nx-mine: 1\n"),
        std::string("\nx-amzn-trace-id: Root=1-"), std::string("\n\nhello")}) {
    BOOST_TEST(absl::StrContains(answer.body, line), line << " is missing in " << answer.body);
  }
  for (const char* gone : {"keep-alive", "te: gzip", "upgrade", "gopher", "connection:"}) {
    BOOST_TEST(!absl::StrContains(answer.body, gone), gone << " is still in " << answer.body);
  }
}

BOOST_FIXTURE_TEST_CASE(heads_are_rewritten_as_aws_does, ProxyFixture) {
  AddBackend("a").serve = Echo;
  Configure(OneGroup());
  Run(ForwardsHeads(*this));
}

// Remembers when it was asked.
class Timed final : public lb::Cost {
 public:
  explicit Timed(absl::Time* asked) : asked_(asked) {}
  double Of(const lb::Endpoint&, absl::Time now) const override {
    *asked_ = now;
    return 0;
  }

 private:
  absl::Time* const asked_;
};

net::Task<void> TellsTheTime(ProxyFixture& f, const absl::Time& asked) {
  co_await f.UntilHealthy();
  const absl::Time before = f.loop.Now();
  const Ask ask;
  BOOST_TEST((co_await f.Send(ask)).head.status == 200);
  BOOST_TEST((asked >= before && asked <= f.loop.Now()));
}

BOOST_FIXTURE_TEST_CASE(policies_know_what_time_it_is, ProxyFixture) {
  absl::Time asked = absl::InfinitePast();
  policies = lb::PolicyRegistry::Builder()
                 .Add("timed", [&asked] { return lb::MakeLeastCost("timed", std::make_shared<Timed>(&asked)); })
                 .Build();
  AddBackend("a").serve = Echo;
  v1::Configuration configuration = OneGroup();
  configuration.mutable_target_groups(0)->set_policy("timed");
  Configure(configuration);
  Run(TellsTheTime(*this, asked));
}

net::Task<void> ContinuesTrace(ProxyFixture& f) {
  co_await f.UntilHealthy();
  Ask ask;
  ask.headers = {{"X-Amzn-Trace-Id", "Root=1-2-3;CalledFrom=app"}};
  const Answer answer = co_await f.Send(std::move(ask));
  BOOST_TEST(absl::StrContains(answer.body, "\nX-Amzn-Trace-Id: Self=1-"), answer.body);
  BOOST_TEST(absl::StrContains(answer.body, ";Root=1-2-3;CalledFrom=app\n"), answer.body);
}

BOOST_FIXTURE_TEST_CASE(a_trace_that_came_goes_on, ProxyFixture) {
  AddBackend("a").serve = Echo;
  Configure(OneGroup());
  Run(ContinuesTrace(*this));
}

net::Task<void> PassesBodyBehindGrpcStatus(ProxyFixture& f, http::Version version) {
  co_await f.UntilHealthy();
  for (const char* path : {"/chunked", "/length", "/none"}) {
    Ask ask;
    ask.version = version;
    ask.path = path;
    const Answer answer = co_await f.Send(std::move(ask));
    BOOST_TEST(IsOk(answer.status), path);
    BOOST_TEST(answer.head.headers.Get("grpc-status").value_or("") == "0", path);
    BOOST_TEST(answer.body == (absl::string_view(path) == "/none" ? "" : "0123456789"), path);
  }
}

net::Task<void> AnswerAsTranscoder(http::Exchange& exchange) {
  http::ResponseHead head;
  head.headers = {{"content-type", "application/json"}, {"grpc-status", "0"}};
  if (exchange.head().path == "/length") head.headers.Add("content-length", "10");
  if (exchange.head().path == "/none") {
    (void)co_await exchange.SendWhole(std::move(head), "");
    co_return;
  }
  (void)co_await exchange.SendHead(std::move(head), /*end=*/false);
  (void)co_await exchange.SendBody("01234");
  (void)co_await exchange.SendBody("56789");
  http::Headers none;
  (void)co_await exchange.Finish(std::move(none));
}

// As Envoy's transcoder of gRPC to JSON answers.
BOOST_AUTO_TEST_CASE(a_head_with_a_grpc_status_may_have_a_body) {
  for (const v1::ProtocolVersion group : {v1::HTTP1, v1::HTTP2}) {
    for (const http::Version client : {http::Version::kHttp11, http::Version::kHttp2}) {
      if (group == v1::HTTP2 && client == http::Version::kHttp11) continue;
      ProxyFixture f;
      f.AddBackend("a").serve = AnswerAsTranscoder;
      f.Configure(f.OneGroup(group));
      f.Run(PassesBodyBehindGrpcStatus(f, client));
    }
  }
}

net::Task<void> RedirectsToPort(ProxyFixture& f) {
  Ask ask;
  ask.authority = "app.example:8080";
  const Answer forwarded = co_await f.Send(ask);
  BOOST_TEST(forwarded.head.headers.Get("location").value_or("") == "http://app.example:8080/new");
  ask.authority = "app.example";
  const Answer plain = co_await f.Send(ask);
  BOOST_TEST(plain.head.headers.Get("location").value_or("") == "http://app.example:80/new");
}

BOOST_FIXTURE_TEST_CASE(a_redirect_keeps_the_port_that_the_client_sees, ProxyFixture) {
  AddBackend("a");
  v1::Configuration configuration = OneGroup();
  v1::Listener* listener = configuration.mutable_listeners(0);
  listener->set_public_port(8443);
  v1::Redirect* redirect = listener->mutable_default_action()->mutable_redirect();
  redirect->set_status_code(302);
  redirect->set_path("/new");
  Configure(configuration);
  Run(RedirectsToPort(*this));
}

net::Task<void> StallsUpload(ProxyFixture& f) {
  co_await f.UntilHealthy();
  auto stream = co_await net::ConnectTcp(f.loop, f.proxy_address(), f.loop.Now() + ProxyFixture::kTestTimeout);
  BOOST_REQUIRE(IsOk(stream));
  (void)co_await (*stream)->Write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf");
  std::string text;
  char buffer[1024];
  for (;;) {
    const absl::StatusOr<size_t> got = co_await (*stream)->Read(absl::MakeSpan(buffer));
    BOOST_TEST(IsOk(got));
    if (!got.ok() || *got == 0) break;
    text.append(buffer, *got);
  }
  BOOST_TEST(absl::StartsWith(text, "HTTP/1.1 408 "), text);
  BOOST_TEST(absl::StrContains(text, "\r\nconnection: close\r\n"), text);
  const v1::Status status = f.balancer.Describe();
  BOOST_TEST(status.targets(0).errors() == 0u);
  BOOST_TEST(status.counters().responses_4xx() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_stalled_upload_is_408_closes_and_says_nothing_about_the_target, ProxyFixture) {
  AddBackend("a").serve = [this](http::Exchange& exchange) { return UntilGone(loop, exchange); };
  v1::Configuration configuration = OneGroup();
  configuration.mutable_limits()->set_idle_timeout_ms(50);
  Configure(configuration);
  Run(StallsUpload(*this));
}

net::Task<void> ReusesConnections(ProxyFixture& f, Backend& backend) {
  co_await f.UntilHealthy();
  for (int i = 0; i < 5; ++i) {
    Ask ask;
    const Answer answer = co_await f.Send(std::move(ask));
    BOOST_TEST(answer.body == "a");
  }
  BOOST_TEST(backend.requests == 5);
  BOOST_TEST(backend.connections() == 1);
}

BOOST_FIXTURE_TEST_CASE(connections_to_targets_are_kept, ProxyFixture) {
  Backend& backend = AddBackend("a");
  Configure(OneGroup());
  Run(ReusesConnections(*this, backend));
}

net::Task<void> Rules(ProxyFixture& f) {
  co_await f.UntilHealthy();
  Ask fixed;
  fixed.path = "/fixed/x";
  const Answer teapot = co_await f.Send(std::move(fixed));
  BOOST_TEST(teapot.head.status == 418);
  BOOST_TEST(teapot.body == "short and stout");
  Ask old;
  old.authority = "old.example:99";
  old.path = "/a?b=c";
  const Answer moved = co_await f.Send(std::move(old));
  BOOST_TEST(moved.head.status == 301);
  BOOST_TEST(moved.head.headers.Get("location").value_or("") == "http://new.example:99/a?b=c");
  Ask plain;
  const Answer forwarded = co_await f.Send(std::move(plain));
  BOOST_TEST(forwarded.body == "a");
}

BOOST_FIXTURE_TEST_CASE(rules_choose_the_action, ProxyFixture) {
  AddBackend("a");
  v1::Configuration configuration = OneGroup();
  v1::Rule* fixed = configuration.mutable_listeners(0)->add_rules();
  fixed->set_priority(2);
  fixed->add_path_patterns("/fixed/*");
  fixed->mutable_action()->mutable_fixed_response()->set_status_code(418);
  fixed->mutable_action()->mutable_fixed_response()->set_message_body("short and stout");
  v1::Rule* redirect = configuration.mutable_listeners(0)->add_rules();
  redirect->set_priority(1);
  redirect->add_host_patterns("OLD.*");
  redirect->mutable_action()->mutable_redirect()->set_status_code(301);
  redirect->mutable_action()->mutable_redirect()->set_host("new.example");
  Configure(configuration);
  Run(Rules(*this));
}

net::Task<void> NoTargets(ProxyFixture& f) {
  Ask ask;
  const Answer answer = co_await f.Send(std::move(ask));
  BOOST_TEST(answer.head.status == 503);
  BOOST_TEST(absl::StrContains(answer.body, "503 Service Unavailable"));
  Ask call;
  call.method = "POST";
  call.version = http::Version::kHttp2;
  call.headers = {{"content-type", "application/grpc"}};
  f.Configure(f.OneGroup(v1::GRPC));
  const Answer grpc = co_await f.Send(std::move(call));
  BOOST_TEST(grpc.head.status == 200);
  BOOST_TEST(grpc.head.headers.Get("grpc-status").value_or("") == "14");
  BOOST_TEST(grpc.head.headers.Get("content-type").value_or("") == "application/grpc");
  BOOST_TEST(grpc.body == "");
}

BOOST_FIXTURE_TEST_CASE(without_targets_it_is_503_or_status_14, ProxyFixture) {
  Configure(OneGroup());
  Run(NoTargets(*this));
}

net::Task<void> WaitsForFirstCheck(ProxyFixture& f, Backend& backend) {
  co_await backend.Kill();
  f.Configure(f.OneGroup());
  f.loop.Post([&] { backend.Start(); });
  Ask ask;
  const Answer answer = co_await f.Send(std::move(ask));
  BOOST_TEST(answer.head.status == 200);
}

BOOST_FIXTURE_TEST_CASE(a_request_waits_for_a_target_that_is_starting, ProxyFixture) {
  Run(WaitsForFirstCheck(*this, AddBackend("a")));
}

net::Task<void> RestsAnOutlier(ProxyFixture& f, bool detected) {
  co_await f.UntilHealthy();
  int failed = 0;
  for (int i = 0; i < 40; ++i) {
    Ask ask;
    const Answer answer = co_await f.Send(std::move(ask));
    failed += answer.head.status == 500 ? 1 : 0;
  }
  BOOST_TEST(failed == (detected ? 5 : 20));
}

BOOST_AUTO_TEST_CASE(a_target_that_fails_takes_a_rest_if_asked_for) {
  for (const bool detected : {false, true}) {
    ProxyFixture f;
    f.AddBackend("a");
    f.AddBackend("b").serve = [](http::Exchange& exchange) -> net::Task<void> {
      http::ResponseHead head;
      head.status = 500;
      (void)co_await exchange.SendWhole(std::move(head), "");
    };
    v1::Configuration configuration = f.OneGroup();
    configuration.mutable_target_groups(0)->set_outlier_detection(detected);
    f.Configure(configuration);
    f.Run(RestsAnOutlier(f, detected));
    BOOST_TEST(f.StateOf("b") == "healthy");
  }
}

net::Task<void> Silent(ProxyFixture& f) {
  co_await f.UntilHealthy();
  Ask ask;
  const Answer answer = co_await f.Send(std::move(ask));
  BOOST_TEST(answer.head.status == 504);
}

BOOST_FIXTURE_TEST_CASE(a_silent_target_is_504, ProxyFixture) {
  AddBackend("a").serve = [this](http::Exchange& exchange) -> net::Task<void> { co_await UntilGone(loop, exchange); };
  v1::Configuration configuration = OneGroup();
  configuration.mutable_limits()->set_idle_timeout_ms(200);
  Configure(configuration);
  Run(Silent(*this));
}

net::Task<void> Malformed(ProxyFixture& f) {
  auto stream = co_await net::ConnectTcp(f.loop, f.proxy_address(), f.loop.Now() + absl::Seconds(5));
  BOOST_REQUIRE(IsOk(stream));
  const std::string bad = "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n";
  BOOST_TEST(IsOk(co_await (*stream)->Write(bad)));
  std::string answer;
  for (;;) {
    char block[512];
    const auto got = co_await (*stream)->Read(absl::MakeSpan(block));
    if (!got.ok() || *got == 0) break;
    answer.append(block, *got);
  }
  BOOST_TEST(absl::StartsWith(answer, "HTTP/1.1 400 "));
}

BOOST_FIXTURE_TEST_CASE(a_request_that_could_be_read_in_two_ways_is_400_and_closed, ProxyFixture) {
  Configure(OneGroup());
  Run(Malformed(*this));
}

net::Task<void> Incompatible(ProxyFixture& f) {
  Ask plain;
  const Answer h1_to_grpc = co_await f.Send(std::move(plain));
  BOOST_TEST(h1_to_grpc.head.status == 464);
  Ask get;
  get.version = http::Version::kHttp2;
  const Answer get_to_grpc = co_await f.Send(std::move(get));
  BOOST_TEST(get_to_grpc.head.status == 464);
}

BOOST_FIXTURE_TEST_CASE(protocols_that_do_not_go_together_are_464, ProxyFixture) {
  AddBackend("a");
  Configure(OneGroup(v1::GRPC));
  Run(Incompatible(*this));
}

net::Task<void> Http2ToHttp1(ProxyFixture& f) {
  co_await f.UntilHealthy();
  Ask ask;
  ask.version = http::Version::kHttp2;
  ask.method = "PUT";
  ask.body = "across";
  const Answer answer = co_await f.Send(std::move(ask));
  BOOST_TEST(answer.head.status == 200);
  BOOST_TEST(absl::StrContains(answer.body, "\n\nacross"));
}

BOOST_FIXTURE_TEST_CASE(http2_clients_reach_http1_targets, ProxyFixture) {
  AddBackend("a").serve = Echo;
  Configure(OneGroup());
  Run(Http2ToHttp1(*this));
}

net::Task<void> LargeBodies(ProxyFixture& f) {
  co_await f.UntilHealthy();
  Ask ask;
  ask.method = "POST";
  ask.body = std::string(700'000, 'x');
  const Answer answer = co_await f.Send(std::move(ask));
  BOOST_TEST(answer.head.status == 200);
  BOOST_TEST(answer.body.size() > 700'000u);
}

BOOST_FIXTURE_TEST_CASE(bodies_larger_than_every_buffer_pass, ProxyFixture) {
  AddBackend("a").serve = Echo;
  Configure(OneGroup());
  Run(LargeBodies(*this));
}

net::Task<void> ClientLeaves(ProxyFixture& f, const bool& target_saw_it) {
  co_await f.UntilHealthy();
  {
    const auto connection = co_await f.Connect(http::Version::kHttp11);
    auto exchange = connection->Open();
    http::RequestHead head;
    head.authority = "a";
    (void)co_await exchange->SendHead(std::move(head), /*end=*/true);
    co_await f.Until([&] { return f.backends[0]->requests == 1; });
    exchange->Cancel();
  }
  co_await f.Until([&] { return target_saw_it; });
  BOOST_TEST(target_saw_it);
}

BOOST_FIXTURE_TEST_CASE(a_client_that_leaves_cancels_its_request, ProxyFixture) {
  bool target_saw_it = false;
  AddBackend("a").serve = [&](http::Exchange& exchange) -> net::Task<void> {
    co_await UntilGone(loop, exchange);
    target_saw_it = true;
  };
  Configure(OneGroup());
  Run(ClientLeaves(*this, target_saw_it));
}

net::Task<void> PendingBound(ProxyFixture& f) {
  // Nobody listens there, so the first request waits for the group's first healthy target.
  const auto connection = co_await f.Connect(http::Version::kHttp2);
  auto waiting = connection->Open();
  http::RequestHead head;
  head.authority = "a";
  (void)co_await waiting->SendHead(std::move(head), /*end=*/true);
  Ask ask;
  ask.version = http::Version::kHttp2;
  co_await f.Until([&] { return f.balancer.Describe().counters().requests() == 1; });
  const Answer refused = co_await f.Send(std::move(ask));
  BOOST_TEST(refused.head.status == 503);
}

BOOST_FIXTURE_TEST_CASE(requests_that_wait_are_bounded, ProxyFixture) {
  v1::Configuration configuration = OneGroup();
  v1::Target* target = configuration.mutable_target_groups(0)->add_targets();
  target->set_id("nobody");
  target->mutable_address()->set_ip("127.0.0.1");
  target->mutable_address()->set_port(1);
  configuration.mutable_limits()->set_pending_requests_max(1);
  Configure(configuration);
  Run(PendingBound(*this));
}

struct Pair {
  int running = 2;
  int ok = 0;
};

net::Task<void> OneOfTwo(ProxyFixture& f, Pair& pair) {
  Ask ask;
  const Answer answer = co_await f.Send(std::move(ask));
  if (answer.head.status == 200) ++pair.ok;
  --pair.running;
}

net::Task<void> OneConnection(ProxyFixture& f, Gate& gate, const int& at_once_max) {
  co_await f.UntilHealthy();
  Pair pair;
  f.loop.Spawn(OneOfTwo(f, pair));
  f.loop.Spawn(OneOfTwo(f, pair));
  co_await f.Until([&] { return f.balancer.Describe().counters().requests() == 2; });
  gate.Open();
  co_await f.Until([&] { return pair.running == 0; });
  BOOST_TEST(pair.ok == 2);
  BOOST_TEST(at_once_max == 1);
}

BOOST_FIXTURE_TEST_CASE(connections_to_a_target_are_bounded_and_requests_wait_their_turn, ProxyFixture) {
  Gate gate(loop);
  int at_once = 0;
  int at_once_max = 0;
  AddBackend("a").serve = [&](http::Exchange& exchange) -> net::Task<void> {
    at_once_max = std::max(at_once_max, ++at_once);
    co_await gate.Pass();
    --at_once;
    http::ResponseHead head;
    (void)co_await exchange.SendWhole(std::move(head), "a");
  };
  v1::Configuration configuration = OneGroup();
  configuration.mutable_limits()->set_connections_per_target_max(1);
  Configure(configuration);
  Run(OneConnection(*this, gate, at_once_max));
}

// Reads until the peer ends the connection.
net::Task<std::string> ReadToEnd(net::Stream& stream) {
  std::string text;
  char buffer[1024];
  for (;;) {
    const absl::StatusOr<size_t> got = co_await stream.Read(absl::MakeSpan(buffer));
    if (!got.ok() || *got == 0) co_return text;
    text.append(buffer, *got);
  }
}

net::Task<std::unique_ptr<net::Stream>> Dial(ProxyFixture& f) {
  auto stream = co_await net::ConnectTcp(f.loop, f.proxy_address(), f.loop.Now() + ProxyFixture::kTestTimeout);
  BOOST_REQUIRE(IsOk(stream));
  co_return *std::move(stream);
}

net::Task<void> SilentClientsMakeRoom(ProxyFixture& f) {
  co_await f.UntilHealthy();
  const auto open = [&f] { return f.balancer.Describe().counters().connections_open(); };
  // One that says nothing, one amid a head, and one amid HTTP/2's preface: in this order they have to go.
  std::vector<std::unique_ptr<net::Stream>> silent;
  for (const char* said : {"", "GET / HTTP/1.1\r\nHost: a", "PRI * HTTP/2"}) {
    silent.push_back(co_await Dial(f));
    (void)co_await silent.back()->Write(said);
    const int wanted = static_cast<int>(silent.size());
    co_await f.Until([&] { return open() == wanted; });
  }
  std::vector<std::shared_ptr<http::ClientConnection>> served;
  for (const auto& stream : silent) {
    served.push_back(co_await f.Connect(http::Version::kHttp11));
    const auto exchange = served.back()->Open();
    http::RequestHead head;
    head.authority = "a";
    BOOST_REQUIRE(IsOk(co_await exchange->SendHead(std::move(head), /*end=*/true)));
    BOOST_TEST(IsOk(co_await exchange->ReadHead()));
    // All of it, or the connection would make room itself.
    while ((co_await exchange->ReadBody()).value_or(std::nullopt).has_value()) {
    }
    BOOST_TEST((co_await ReadToEnd(*stream)) == "");
  }
}

BOOST_FIXTURE_TEST_CASE(silent_clients_keep_nobody_out, ProxyFixture) {
  AddBackend("a");
  v1::Configuration configuration = OneGroup();
  configuration.mutable_limits()->set_connections_max(3);
  Configure(configuration);
  Run(SilentClientsMakeRoom(*this));
}

net::Task<void> BusyClientsStay(ProxyFixture& f, Gate& gate) {
  co_await f.UntilHealthy();
  Pair pair;
  f.loop.Spawn(OneOfTwo(f, pair));
  f.loop.Spawn(OneOfTwo(f, pair));
  co_await f.Until([&] { return f.balancer.Describe().counters().requests() == 2; });
  Ask ask;
  const Answer third = co_await f.Send(std::move(ask));
  BOOST_TEST(!third.status.ok());
  gate.Open();
  co_await f.Until([&] { return pair.running == 0; });
  BOOST_TEST(pair.ok == 2);
}

BOOST_FIXTURE_TEST_CASE(client_connections_are_bounded_and_those_with_requests_stay, ProxyFixture) {
  Gate gate(loop);
  AddBackend("a").serve = [&](http::Exchange& exchange) -> net::Task<void> {
    co_await gate.Pass();
    http::ResponseHead head;
    (void)co_await exchange.SendWhole(std::move(head), "a");
  };
  v1::Configuration configuration = OneGroup();
  configuration.mutable_limits()->set_connections_max(2);
  Configure(configuration);
  Run(BusyClientsStay(*this, gate));
}

net::Task<void> IdleClientsGo(ProxyFixture& f) {
  const auto silent = co_await Dial(f);
  BOOST_TEST((co_await ReadToEnd(*silent)) == "");
}

BOOST_FIXTURE_TEST_CASE(clients_without_a_request_have_a_timeout_of_their_own, ProxyFixture) {
  AddBackend("a");
  v1::Configuration configuration = OneGroup();
  configuration.mutable_limits()->set_idle_timeout_ms(4'000'000);
  configuration.mutable_limits()->set_client_idle_timeout_ms(20);
  Configure(configuration);
  Run(IdleClientsGo(*this));
}

net::Task<void> HintsPass(ProxyFixture& f, http::Version version) {
  co_await f.UntilHealthy();
  const auto connection = co_await f.Connect(version);
  auto exchange = connection->Open();
  http::RequestHead head;
  head.authority = "a";
  BOOST_REQUIRE(IsOk(co_await exchange->SendHead(std::move(head), /*end=*/true)));
  const auto interim = co_await exchange->ReadNextHead();
  BOOST_REQUIRE(IsOk(interim));
  BOOST_TEST(interim->status == 103);
  BOOST_TEST(interim->headers.Get("link").value_or("") == "</a.css>");
  const auto last = co_await exchange->ReadNextHead();
  BOOST_REQUIRE(IsOk(last));
  BOOST_TEST(last->status == 200);
}

BOOST_AUTO_TEST_CASE(early_hints_are_passed_on) {
  for (const v1::ProtocolVersion group : {v1::HTTP1, v1::HTTP2}) {
    for (const http::Version client : {http::Version::kHttp11, http::Version::kHttp2}) {
      if (group == v1::HTTP2 && client == http::Version::kHttp11) continue;
      ProxyFixture f;
      f.AddBackend("a").serve = [](http::Exchange& exchange) -> net::Task<void> {
        http::ResponseHead hints;
        hints.status = 103;
        hints.headers = {{"link", "</a.css>"}};
        (void)co_await exchange.SendInterim(std::move(hints));
        http::ResponseHead head;
        (void)co_await exchange.SendWhole(std::move(head), "a");
      };
      f.Configure(f.OneGroup(group));
      f.Run(HintsPass(f, client));
    }
  }
}

net::Task<void> HalfClosedClientIsAnswered(ProxyFixture& f, Gate& gate) {
  co_await f.UntilHealthy();
  const auto stream = co_await Dial(f);
  (void)co_await stream->Write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  stream->ShutdownWrite();
  co_await f.Until([&] { return f.backends[0]->requests == 1; });
  gate.Open();
  const std::string text = co_await ReadToEnd(*stream);
  BOOST_TEST(absl::StartsWith(text, "HTTP/1.1 200 OK\r\n"), text);
}

BOOST_FIXTURE_TEST_CASE(a_client_that_only_stops_sending_gets_its_answer, ProxyFixture) {
  Gate gate(loop);
  AddBackend("a").serve = [&](http::Exchange& exchange) -> net::Task<void> {
    co_await gate.Pass();
    http::ResponseHead head;
    (void)co_await exchange.SendWhole(std::move(head), "a");
  };
  Configure(OneGroup());
  Run(HalfClosedClientIsAnswered(*this, gate));
}

net::Task<void> ClientClosesBehindBytes(ProxyFixture& f, const bool& target_saw_it) {
  co_await f.UntilHealthy();
  {
    const auto stream = co_await Dial(f);
    (void)co_await stream->Write("GET / HTTP/1.1\r\nHost: a\r\n\r\n" + std::string(100'000, 'G'));
    co_await f.Until([&] { return f.backends[0]->requests == 1; });
  }
  co_await f.Until([&] { return target_saw_it; });
}

BOOST_FIXTURE_TEST_CASE(a_client_that_leaves_is_noticed_behind_bytes_that_nobody_reads, ProxyFixture) {
  bool target_saw_it = false;
  AddBackend("a").serve = [&](http::Exchange& exchange) -> net::Task<void> {
    co_await UntilGone(loop, exchange);
    target_saw_it = true;
  };
  Configure(OneGroup());
  Run(ClientClosesBehindBytes(*this, target_saw_it));
  BOOST_TEST(target_saw_it);
}

net::Task<void> EarlyAnswer(ProxyFixture& f) {
  co_await f.UntilHealthy();
  const auto connection = co_await f.Connect(http::Version::kHttp11);
  auto exchange = connection->Open();
  http::RequestHead head;
  head.method = "POST";
  head.authority = "a";
  BOOST_REQUIRE(IsOk(co_await exchange->SendHead(std::move(head), /*end=*/false)));
  BOOST_REQUIRE(IsOk(co_await exchange->SendBody("the first of many")));
  // The rest never comes, and the answer does not wait for it.
  const auto answer = co_await exchange->ReadHead();
  BOOST_REQUIRE(IsOk(answer));
  BOOST_TEST(answer->status == 413);
  const auto body = co_await exchange->ReadBody();
  BOOST_REQUIRE(IsOk(body));
  BOOST_TEST(body->value_or("") == "too much");
}

BOOST_FIXTURE_TEST_CASE(an_answer_before_the_end_of_the_request_is_passed_on_at_once, ProxyFixture) {
  AddBackend("a").serve = [](http::Exchange& exchange) -> net::Task<void> {
    http::ResponseHead head;
    head.status = 413;
    (void)co_await exchange.SendWhole(std::move(head), "too much");
  };
  Configure(OneGroup());
  Run(EarlyAnswer(*this));
}

net::Task<void> BrokenUpload(ProxyFixture& f, const bool& saw_whole_body, const bool& ended) {
  co_await f.UntilHealthy();
  {
    const auto connection = co_await f.Connect(http::Version::kHttp11);
    auto exchange = connection->Open();
    http::RequestHead head;
    head.method = "POST";
    head.authority = "a";
    BOOST_REQUIRE(IsOk(co_await exchange->SendHead(std::move(head), /*end=*/false)));
    BOOST_REQUIRE(IsOk(co_await exchange->SendBody("half")));
    co_await f.Until([&] { return f.backends[0]->requests == 1; });
    exchange->Cancel();
  }
  co_await f.Until([&] { return ended; });
  BOOST_TEST(!saw_whole_body);
}

BOOST_FIXTURE_TEST_CASE(half_an_upload_is_never_taken_for_the_whole, ProxyFixture) {
  bool saw_whole_body = false;
  bool ended = false;
  AddBackend("a").serve = [&](http::Exchange& exchange) -> net::Task<void> {
    saw_whole_body = (co_await http::ReadWholeBody(exchange, 1 << 20)).ok();
    ended = true;
  };
  Configure(OneGroup());
  Run(BrokenUpload(*this, saw_whole_body, ended));
}

}  // namespace
}  // namespace nubo::proxy
