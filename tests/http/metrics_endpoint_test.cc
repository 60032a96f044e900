// What Prometheus asks for and gets, over real sockets on the loopback.
#include "nubo/http/metrics_endpoint.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/http/fetch.h"
#include "nubo/net/stream.h"
#include "nubo/testing/status_matchers.h"
#include "tests/http/http_fixture.h"

namespace nubo::http {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

const net::SocketAddress kAnyPort = *net::SocketAddress::Parse("127.0.0.1:0");

net::Task<Response> Get(net::Loop& loop, net::SocketAddress address, std::string path, std::string method = "GET",
                        Version version = Version::kHttp11) {
  RequestHead head;
  head.method = std::move(method);
  head.path = std::move(path);
  const std::string body = head.method == "POST" ? "x=1" : "";
  FetchOptions options;
  options.version = version;
  auto response = co_await Fetch(loop, address, std::move(head), body, options);
  BOOST_REQUIRE(IsOk(response));
  co_return *std::move(response);
}

struct Fixture : HttpFixture {
  Fixture() { BOOST_REQUIRE(IsOk(endpoint.Listen(kAnyPort))); }
  net::Task<Response> Get(std::string path, std::string method = "GET", Version version = Version::kHttp11) {
    return http::Get(loop, endpoint.address(), std::move(path), std::move(method), version);
  }

  int asked = 0;
  MetricsEndpoint endpoint{loop, [this] { return absl::StrCat("asked_total ", ++asked, "\n"); }};
};

BOOST_AUTO_TEST_CASE(the_text_is_made_anew_for_every_request) {
  Fixture f;
  const auto talk = [&]() -> net::Task<void> {
    const Response first = co_await f.Get("/metrics");
    BOOST_TEST(first.head.status == 200);
    BOOST_TEST(*first.head.headers.Get("content-type") == "text/plain; version=0.0.4; charset=utf-8");
    BOOST_TEST(first.body == "asked_total 1\n");
    const Response second = co_await f.Get("/metrics?collect=all", "GET", Version::kHttp2);
    BOOST_TEST(second.body == "asked_total 2\n");
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(other_paths_are_not_there) {
  Fixture f;
  const auto talk = [&]() -> net::Task<void> {
    for (const char* path : {"/", "/metrics/", "/metricsx", "/?/metrics"}) {
      const Response response = co_await f.Get(path);
      BOOST_TEST(response.head.status == 404, path);
    }
    BOOST_TEST(f.asked == 0);
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(other_methods_are_not_allowed) {
  Fixture f;
  const auto talk = [&]() -> net::Task<void> {
    for (const char* method : {"HEAD", "POST", "DELETE", "BREW"}) {
      const Response response = co_await f.Get("/metrics", method);
      BOOST_TEST(response.head.status == 405, method);
      BOOST_TEST(*response.head.headers.Get("allow") == "GET");
    }
    BOOST_TEST(f.asked == 0);
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(a_port_that_is_taken_is_an_error) {
  Fixture f;
  MetricsEndpoint second(f.loop, [] { return ""; });
  BOOST_TEST(
      StatusIs(second.Listen(f.endpoint.address()), absl::StatusCode::kAlreadyExists, f.endpoint.address().ToString()));
}

BOOST_AUTO_TEST_CASE(silent_clients_keep_nobody_out) {
  Fixture f;
  const auto talk = [&]() -> net::Task<void> {
    std::vector<std::unique_ptr<net::Stream>> silent;
    for (int i = 0; i < 2 * MetricsEndpoint::kConnectionsMax; ++i) {
      auto stream = co_await net::ConnectTcp(f.loop, f.endpoint.address(), f.loop.Now() + absl::Seconds(5));
      BOOST_REQUIRE(IsOk(stream));
      silent.push_back(*std::move(stream));
    }
    const Response response = co_await f.Get("/metrics");
    BOOST_TEST(response.head.status == 200);
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(a_server_of_its_own_answers_once_it_is_started) {
  HttpFixture f;
  MetricsServer server([] { return "up 1\n"; });
  BOOST_REQUIRE(IsOk(server.Listen(kAnyPort)));
  const auto talk = [&]() -> net::Task<void> {
    const auto early = co_await net::ConnectTcp(f.loop, server.address(), f.loop.Now() + absl::Seconds(5));
    BOOST_REQUIRE(IsOk(early));
    server.Start();
    const std::string answer =
        co_await Converse(**early, "GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    BOOST_TEST(absl::EndsWith(answer, "\r\n\r\nup 1\n"), answer);
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(a_server_that_was_never_started_ends) {
  MetricsServer server([] { return ""; });
  BOOST_TEST(IsOk(server.Listen(kAnyPort)));
}

}  // namespace
}  // namespace nubo::http
