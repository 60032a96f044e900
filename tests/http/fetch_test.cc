// One whole request and response at a time, over real sockets on the loopback.
#include "nubo/http/fetch.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/http/server.h"
#include "nubo/net/stream.h"
#include "nubo/testing/status_matchers.h"
#include "tests/http/http_fixture.h"

namespace nubo::http {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

// A server on a port of its own.
struct Listening : HttpFixture {
  void Listen() {
    auto listener = net::ListenTcp(loop, *net::SocketAddress::Parse("127.0.0.1:0"));
    BOOST_REQUIRE(IsOk(listener));
    address = (*listener)->local();
    loop.Spawn(server().Serve(*std::move(listener)));
  }
  net::Task<absl::StatusOr<Response>> Get(Version version, std::string body = "") {
    RequestHead head;
    head.method = body.empty() ? "GET" : "POST";
    head.path = "/x";
    fetch.version = version;
    co_return co_await Fetch(loop, address, std::move(head), std::move(body), fetch);
  }
  net::SocketAddress address;
  FetchOptions fetch;
};

BOOST_AUTO_TEST_CASE(fetches_over_either_version) {
  for (const Version version : {Version::kHttp11, Version::kHttp2}) {
    Listening f;
    f.Listen();
    const auto talk = [&]() -> net::Task<void> {
      const auto got = co_await f.Get(version);
      BOOST_REQUIRE(IsOk(got));
      BOOST_TEST(got->head.status == 200);
      BOOST_TEST(*got->head.headers.Get("x") == "y");
      BOOST_TEST(got->body == absl::StrCat("GET /x @", f.address.ToString(), " []"));
      const auto posted = co_await f.Get(version, std::string(1 << 19, 'b'));
      BOOST_REQUIRE(IsOk(posted));
      BOOST_TEST(posted->body.size() > 1u << 19);
    };
    f.Run(talk());
  }
}

BOOST_AUTO_TEST_CASE(a_response_longer_than_allowed_is_an_error) {
  for (const Version version : {Version::kHttp11, Version::kHttp2}) {
    Listening f;
    f.handle = [](Exchange& exchange) -> net::Task<void> {
      ResponseHead head;
      const std::string body(10000, 'x');
      (void)co_await exchange.SendWhole(std::move(head), body);
    };
    f.fetch.body_bytes_max = 9999;
    f.Listen();
    const auto talk = [&]() -> net::Task<void> {
      const auto got = co_await f.Get(version);
      BOOST_TEST(StatusIs(got, absl::StatusCode::kResourceExhausted, "9999 bytes"));
    };
    f.Run(talk());
  }
}

BOOST_AUTO_TEST_CASE(a_server_that_does_not_answer_in_time_is_left) {
  for (const Version version : {Version::kHttp11, Version::kHttp2}) {
    Listening f;
    f.handle = [&](Exchange& exchange) -> net::Task<void> { co_await f.UntilGone(exchange); };
    f.fetch.timeout = absl::Milliseconds(20);
    f.Listen();
    const auto talk = [&]() -> net::Task<void> {
      const auto got = co_await f.Get(version);
      BOOST_TEST(StatusIs(got, absl::StatusCode::kDeadlineExceeded));
      while (f.server().connections() > 0) co_await f.loop.SleepFor(absl::Milliseconds(1));
    };
    f.Run(talk());
  }
}

BOOST_AUTO_TEST_CASE(nobody_there_is_unavailable) {
  Listening f;
  f.Listen();
  const auto talk = [&]() -> net::Task<void> {
    f.server().CloseListener(f.address);
    const auto got = co_await f.Get(Version::kHttp11);
    BOOST_TEST(StatusIs(got, absl::StatusCode::kUnavailable, f.address.ToString()));
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(a_connection_beyond_the_limit_takes_the_place_of_the_longest_idle) {
  Listening f;
  f.options.connections_max = 2;
  f.Listen();
  const auto talk = [&]() -> net::Task<void> {
    const absl::Time deadline = f.loop.Now() + absl::Seconds(5);
    const auto first = co_await net::ConnectTcp(f.loop, f.address, deadline);
    while (f.server().connections() < 1) co_await f.loop.SleepFor(absl::Milliseconds(1));
    const auto second = co_await net::ConnectTcp(f.loop, f.address, deadline);
    while (f.server().connections() < 2) co_await f.loop.SleepFor(absl::Milliseconds(1));
    const auto third = co_await f.Get(Version::kHttp11);
    BOOST_TEST(IsOk(third));
    char byte[1];
    const auto got = co_await (*first)->Read(absl::MakeSpan(byte));
    BOOST_TEST(got.value_or(0) == 0u);
    const std::string answer = co_await Converse(**second, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    BOOST_TEST(absl::StartsWith(answer, "HTTP/1.1 200 "), answer);
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(connections_beyond_the_limit_are_closed_at_once_while_all_are_busy) {
  Listening f;
  f.options.connections_max = 2;
  f.handle = [&](Exchange& exchange) -> net::Task<void> {
    if (f.handled <= 2) {
      co_await f.UntilGone(exchange);
    } else {
      co_await HttpFixture::Describe(exchange);
    }
  };
  f.Listen();
  const auto talk = [&]() -> net::Task<void> {
    const absl::Time deadline = f.loop.Now() + absl::Seconds(5);
    const absl::string_view request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    const auto first = co_await net::ConnectTcp(f.loop, f.address, deadline);
    const auto second = co_await net::ConnectTcp(f.loop, f.address, deadline);
    const absl::Status first_asked = co_await (*first)->Write(request);
    const absl::Status second_asked = co_await (*second)->Write(request);
    BOOST_REQUIRE(IsOk(first_asked));
    BOOST_REQUIRE(IsOk(second_asked));
    while (f.handled < 2) co_await f.loop.SleepFor(absl::Milliseconds(1));
    const auto third = co_await net::ConnectTcp(f.loop, f.address, deadline);
    BOOST_REQUIRE(IsOk(third));
    char byte[1];
    const auto got = co_await (*third)->Read(absl::MakeSpan(byte));
    BOOST_TEST(got.value_or(0) == 0u);
    BOOST_TEST(f.server().connections() == 2);
    (*first)->Close();
    while (f.server().connections() > 1) co_await f.loop.SleepFor(absl::Milliseconds(1));
    const auto again = co_await f.Get(Version::kHttp11);
    BOOST_TEST(IsOk(again));
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(several_listeners_are_served_and_one_is_closed_alone) {
  Listening f;
  f.Listen();
  const net::SocketAddress first = f.address;
  f.Listen();
  const auto talk = [&]() -> net::Task<void> {
    const auto second = co_await f.Get(Version::kHttp11);
    BOOST_TEST(IsOk(second));
    f.server().CloseListener(f.address);
    const auto closed = co_await f.Get(Version::kHttp11);
    BOOST_TEST(StatusIs(closed, absl::StatusCode::kUnavailable));
    f.address = first;
    const auto open = co_await f.Get(Version::kHttp11);
    BOOST_TEST(IsOk(open));
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(a_broken_off_response_is_an_error_over_sockets_too) {
  for (const Version version : {Version::kHttp11, Version::kHttp2}) {
    Listening f;
    f.handle = [](Exchange& exchange) -> net::Task<void> {
      ResponseHead head;
      (void)co_await exchange.SendHead(std::move(head), /*end=*/false);
      (void)co_await exchange.SendBody("half");
      exchange.Abort();
    };
    f.Listen();
    const auto talk = [&]() -> net::Task<void> {
      const auto got = co_await f.Get(version);
      BOOST_TEST(StatusIs(got, absl::StatusCode::kAborted));
    };
    f.Run(talk());
  }
}

}  // namespace
}  // namespace nubo::http
