#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/http/client.h"
#include "nubo/testing/memory_transport.h"
#include "nubo/testing/status_matchers.h"
#include "tests/http/http_fixture.h"

namespace nubo::http {
namespace {

namespace data = boost::unit_test::data;
using ::nubo::testing::IsOk;
using ::nubo::testing::kFragments;
using ::nubo::testing::MemoryStreamOptions;
using ::nubo::testing::StatusIs;

// A client connection whose server is played by the test.
struct Scripted : HttpFixture {
  explicit Scripted(const MemoryStreamOptions& transport = {}) {
    auto [near, far] = testing::MemoryStreamPair(loop, transport);
    connection = StartClient(loop, std::move(near), Version::kHttp11, ClientOptions{});
    peer = std::move(far);
  }
  net::Task<void> Answer(std::string bytes, bool end) {
    (void)co_await ReadUntil(*peer, "\r\n\r\n");
    (void)co_await peer->Write(bytes);
    if (end) peer->ShutdownWrite();
  }
  std::shared_ptr<ClientConnection> connection;
  std::unique_ptr<net::Stream> peer;
};

RequestHead GetHead(const std::string& method = "GET") {
  RequestHead head;
  head.method = method;
  head.authority = "a";
  return head;
}

struct Answer {
  std::string name;
  std::string bytes;
  bool end;
  // "STATUS body trailers", or an error's code; then whether the connection can be used again.
  std::string expected;
  bool reusable;
  std::string method = "GET";
  friend std::ostream& operator<<(std::ostream& out, const Answer& answer) { return out << answer.name; }
};

const std::vector<Answer> kAnswers = {
    {"length", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", false, "200 hi", true},
    {"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nt: 1\r\n\r\n", false,
     "200 hi t=1", true},
    {"close", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi", false, "200 hi", false},
    {"until_the_end", "HTTP/1.1 200 OK\r\n\r\nhi", true, "200 hi", false},
    {"http10", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", false, "200 hi", false},
    {"interim_first", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", false, "204 ",
     true},
    {"to_head", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", false, "200 ", true, "HEAD"},
    {"to_head_after_an_interim", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", false,
     "200 ", true, "HEAD"},
    {"more_than_the_response", "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", false, "204 ", false},
    {"nothing", "", true, "ABORTED", false},
    {"half_a_head", "HTTP/1.1 200 OK\r\nCont", true, "ABORTED", false},
    {"only_an_interim", "HTTP/1.1 100 Continue\r\n\r\n", true, "ABORTED", false},
    {"half_a_body", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi", true, "ABORTED", false},
    {"half_a_chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhi", true, "ABORTED", false},
    {"no_last_chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n", true, "ABORTED", false},
    {"not_http", "220 mail.example ESMTP\r\n\r\n", false, "INTERNAL", false},
    {"two_framings", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n", false, "INTERNAL",
     false},
    {"upgrade", "HTTP/1.1 101 Switching Protocols\r\n\r\n", false, "INTERNAL", false},
};

net::Task<std::string> ReadResponse(ClientExchange& exchange) {
  const absl::StatusOr<ResponseHead> head = co_await exchange.ReadHead();
  if (!head.ok()) co_return absl::StatusCodeToString(head.status().code());
  std::string text = absl::StrCat(head->status, " ");
  while (true) {
    const absl::StatusOr<std::optional<std::string>> piece = co_await exchange.ReadBody();
    if (!piece.ok()) co_return absl::StatusCodeToString(piece.status().code());
    if (!piece->has_value()) break;
    BOOST_TEST(!(*piece)->empty());
    text += **piece;
  }
  for (const Field& field : exchange.trailers()) absl::StrAppend(&text, " ", field.name, "=", field.value);
  co_return text;
}

BOOST_DATA_TEST_CASE(understands_a_response_however_it_is_cut, data::make(kAnswers)) {
  for (const size_t fragment : kFragments) {
    MemoryStreamOptions transport;
    transport.fragments = {fragment};
    Scripted f(transport);
    const auto talk = [&]() -> net::Task<void> {
      f.loop.Spawn(f.Answer(sample.bytes, sample.end));
      std::string text;
      {
        const auto exchange = f.connection->Open();
        RequestHead head = GetHead(sample.method);
        (void)co_await exchange->SendHead(std::move(head), /*end=*/true);
        text = co_await ReadResponse(*exchange);
        BOOST_TEST(exchange->request_bytes_sent());
        BOOST_TEST(exchange->response_bytes_seen() == !sample.bytes.empty());
        BOOST_TEST(!f.connection->Usable());
        BOOST_TEST(f.connection->open_exchanges() == 1);
      }
      // What is left over comes to the peer's next read.
      BOOST_TEST_CONTEXT("fragments of " << fragment) {
        BOOST_TEST(text == sample.expected);
        BOOST_TEST(f.connection->Usable() == sample.reusable);
        BOOST_TEST(f.connection->Finished() == !sample.reusable);
      }
    };
    f.Run(talk());
  }
}

BOOST_AUTO_TEST_CASE(speaks_plain_http) {
  Scripted f;
  const auto talk = [&]() -> net::Task<void> {
    auto exchange = f.connection->Open();
    RequestHead head = GetHead("POST");
    head.path = "/x?y";
    head.headers = {{"X", "1"}, {"Connection", "X"}, {"Transfer-Encoding", "gzip"}};
    (void)co_await exchange->SendHead(std::move(head), /*end=*/false);
    (void)co_await exchange->SendBody("hello");
    Headers trailers = {{"T", "1"}, {"Content-Length", "9"}};
    (void)co_await exchange->Finish(std::move(trailers));
    f.connection->Close();
    const std::string sent = co_await ReadUntil(*f.peer, "");
    BOOST_TEST(sent ==
               "POST /x?y HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nT: 1\r\n\r\n");
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(a_body_of_known_length_is_not_chunked_and_must_have_it) {
  Scripted f;
  const auto talk = [&]() -> net::Task<void> {
    auto exchange = f.connection->Open();
    RequestHead head = GetHead("PUT");
    head.headers = {{"content-length", "4"}};
    (void)co_await exchange->SendHead(std::move(head), /*end=*/false);
    const absl::Status first = co_await exchange->SendBody("abc");
    BOOST_TEST(IsOk(first));
    Headers none;
    const absl::Status short_of = co_await exchange->Finish(none);
    BOOST_TEST(StatusIs(short_of, absl::StatusCode::kInvalidArgument, "shorter"));
    const absl::Status beyond = co_await exchange->SendBody("de");
    BOOST_TEST(StatusIs(beyond, absl::StatusCode::kInvalidArgument, "longer"));
    const absl::Status exact = co_await exchange->SendBody("d");
    BOOST_TEST(IsOk(exact));
    const absl::Status finished = co_await exchange->Finish(none);
    BOOST_TEST(IsOk(finished));
    f.connection->Close();
    const std::string sent = co_await ReadUntil(*f.peer, "");
    BOOST_TEST(sent == "PUT / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nabcd");
  };
  f.Run(talk());
}

struct BadRequest {
  std::string name;
  RequestHead head;
  friend std::ostream& operator<<(std::ostream& out, const BadRequest& bad) { return out << bad.name; }
};

RequestHead With(const std::string& method, const std::string& path, const std::string& authority, Headers headers) {
  RequestHead head;
  head.method = method;
  head.path = path;
  head.authority = authority;
  head.headers = std::move(headers);
  return head;
}

const std::vector<BadRequest> kBadRequests = {
    {"method", With("GET /x HTTP/1.1\r\n", "/", "a", {})},
    {"empty_method", With("", "/", "a", {})},
    {"space_in_path", With("GET", "/ HTTP/1.1\r\nX: y\r\n\r\n", "a", {})},
    {"empty_path", With("GET", "", "a", {})},
    {"relative_path", With("GET", "x", "a", {})},
    {"star", With("GET", "*", "a", {})},
    {"authority", With("GET", "/", "a\r\nX: y", {})},
    {"value", With("GET", "/", "a", {{"x", "y\nz"}})},
    {"name", With("GET", "/", "a", {{"x:", "y"}})},
    {"length", With("GET", "/", "a", {{"content-length", "ten"}})},
};

BOOST_DATA_TEST_CASE(sends_nothing_that_is_no_request, data::make(kBadRequests)) {
  for (const Version version : {Version::kHttp11, Version::kHttp2}) {
    HttpFixture f;
    const auto talk = [&]() -> net::Task<void> {
      const auto connection = f.ConnectClient(version);
      const auto exchange = connection->Open();
      RequestHead head = sample.head;
      const absl::Status status = co_await exchange->SendHead(std::move(head), /*end=*/true);
      BOOST_TEST(StatusIs(status, absl::StatusCode::kInvalidArgument));
      BOOST_TEST(!exchange->request_bytes_sent());
    };
    f.Run(talk());
    BOOST_TEST(f.handled == 0);
  }
}

BOOST_AUTO_TEST_CASE(a_connection_carries_one_exchange_after_another) {
  HttpFixture f;
  const auto talk = [&]() -> net::Task<void> {
    const auto connection = f.ConnectClient(Version::kHttp11);
    int changes = 0;
    connection->OnChange([&changes] { ++changes; });
    for (int i = 1; i <= 3; ++i) {
      const std::string text = co_await Ask(*connection, "POST", absl::StrCat("/", i), "body");
      BOOST_TEST(text == absl::StrCat("200 POST /", i, " @a [body]"));
      BOOST_TEST(changes == i);
    }
    BOOST_TEST(connection->Usable());
    connection->OnChange(nullptr);
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(a_connection_that_the_server_closed_while_idle_is_not_used_again) {
  HttpFixture f;
  f.options.idle_timeout = absl::Milliseconds(5);
  const auto talk = [&]() -> net::Task<void> {
    const auto connection = f.ConnectClient(Version::kHttp11);
    const std::string text = co_await Ask(*connection, "GET", "/");
    BOOST_TEST(text == "200 GET / @a []");
    while (f.server().connections() > 0) co_await f.loop.SleepFor(absl::Milliseconds(1));
    BOOST_TEST(!connection->Usable());
    BOOST_TEST(connection->Finished());
    BOOST_TEST((connection->Open() == nullptr));
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(an_exchange_that_is_given_up_costs_the_connection) {
  HttpFixture f;
  const auto talk = [&]() -> net::Task<void> {
    const auto connection = f.ConnectClient(Version::kHttp11);
    {
      const auto exchange = connection->Open();
      RequestHead head = GetHead();
      (void)co_await exchange->SendHead(std::move(head), /*end=*/true);
    }
    BOOST_TEST(connection->Finished());
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(cancelling_ends_what_waits) {
  Scripted f;
  const auto talk = [&]() -> net::Task<void> {
    const auto exchange = f.connection->Open();
    RequestHead head = GetHead();
    (void)co_await exchange->SendHead(std::move(head), /*end=*/true);
    f.loop.Post([&exchange] { exchange->Cancel(); });
    const auto response = co_await exchange->ReadHead();
    BOOST_TEST(StatusIs(response, absl::StatusCode::kCancelled));
    BOOST_TEST(!exchange->response_bytes_seen());
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(a_deadline_ends_what_waits) {
  for (const Version version : {Version::kHttp11, Version::kHttp2}) {
    HttpFixture f;
    f.handle = [&](Exchange& exchange) -> net::Task<void> { co_await f.UntilGone(exchange); };
    const auto talk = [&]() -> net::Task<void> {
      const auto connection = f.ConnectClient(version);
      const auto exchange = connection->Open();
      RequestHead head = GetHead();
      (void)co_await exchange->SendHead(std::move(head), /*end=*/true);
      const absl::Time start = f.loop.Now();
      exchange->SetDeadline(start + absl::Hours(1));
      f.loop.Post([&] { exchange->SetDeadline(start + absl::Milliseconds(5)); });
      const auto response = co_await exchange->ReadHead();
      BOOST_TEST(StatusIs(response, absl::StatusCode::kDeadlineExceeded));
    };
    f.Run(talk());
  }
}

BOOST_AUTO_TEST_CASE(interim_responses_without_end_are_refused) {
  Scripted f;
  const auto talk = [&]() -> net::Task<void> {
    std::string flood;
    for (int i = 0; i < 1000; ++i) flood += "HTTP/1.1 102 Processing\r\n\r\n";
    f.loop.Spawn(f.Answer(flood, false));
    const auto exchange = f.connection->Open();
    RequestHead head = GetHead();
    (void)co_await exchange->SendHead(std::move(head), /*end=*/true);
    const auto response = co_await exchange->ReadHead();
    BOOST_TEST(StatusIs(response, absl::StatusCode::kInternal, "interim"));
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(interim_responses_can_be_read_one_by_one) {
  Scripted f;
  const auto talk = [&]() -> net::Task<void> {
    const auto exchange = f.connection->Open();
    RequestHead head = GetHead();
    (void)co_await exchange->SendHead(std::move(head), /*end=*/true);
    (void)co_await f.peer->Write(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    const auto interim = co_await exchange->ReadNextHead();
    BOOST_REQUIRE(IsOk(interim));
    BOOST_TEST(interim->status == 103);
    BOOST_TEST(interim->headers.Get("link").value_or("") == "x");
    const auto last = co_await exchange->ReadNextHead();
    BOOST_REQUIRE(IsOk(last));
    BOOST_TEST(last->status == 200);
    BOOST_TEST(exchange->response_ended());
  };
  f.Run(talk());
}

// How a server leaves a connection that the client uses at that moment.
enum class Leaving { kBefore, kAfterReading, kReset };

net::Task<bool> MayHaveRead(net::Loop& loop, Leaving leaving) {
  auto listener = net::ListenTcp(loop, *net::SocketAddress::Parse("127.0.0.1:0"));
  BOOST_REQUIRE(IsOk(listener));
  const net::SocketAddress address = (*listener)->local();
  auto near = co_await net::ConnectTcp(loop, address, loop.Now() + absl::Seconds(5));
  auto far = co_await (*listener)->Accept();
  BOOST_REQUIRE(IsOk(near));
  BOOST_REQUIRE(IsOk(far));
  const auto connection = StartClient(loop, *std::move(near), Version::kHttp11, ClientOptions{});
  const auto exchange = connection->Open();
  BOOST_REQUIRE(exchange != nullptr);
  if (leaving == Leaving::kBefore) (*far)->Close();
  RequestHead head = GetHead("POST");
  (void)co_await exchange->SendHead(std::move(head), /*end=*/true);
  if (leaving == Leaving::kReset) (*far)->Reset();
  if (leaving == Leaving::kAfterReading) {
    (void)co_await ReadUntil(**far, "\r\n\r\n");
    (*far)->Close();
  }
  const auto answer = co_await exchange->ReadHead();
  BOOST_TEST(!answer.ok());
  BOOST_TEST(!exchange->response_bytes_seen());
  co_return exchange->request_bytes_sent();
}

BOOST_AUTO_TEST_CASE(a_server_that_closes_as_it_is_asked_has_read_nothing_if_that_is_certain) {
  HttpFixture f;
  const auto talk = [&]() -> net::Task<void> {
    BOOST_TEST(!co_await MayHaveRead(f.loop, Leaving::kBefore));
    BOOST_TEST(co_await MayHaveRead(f.loop, Leaving::kAfterReading));
    // It may have died of it.
    BOOST_TEST(co_await MayHaveRead(f.loop, Leaving::kReset));
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(an_answer_may_come_before_the_request_has_ended) {
  HttpFixture f;
  f.handle = [](Exchange& exchange) -> net::Task<void> {
    ResponseHead head;
    head.status = 401;
    (void)co_await exchange.SendWhole(std::move(head), "no");
  };
  const auto talk = [&]() -> net::Task<void> {
    const auto connection = f.ConnectClient(Version::kHttp11);
    {
      const auto exchange = connection->Open();
      RequestHead head = GetHead("POST");
      (void)co_await exchange->SendHead(std::move(head), /*end=*/false);
      (void)co_await exchange->SendBody("some");
      const std::string text = co_await ReadResponse(*exchange);
      BOOST_TEST(text == "401 no");
    }
    BOOST_TEST(!connection->Usable());
  };
  f.Run(talk());
}

}  // namespace
}  // namespace nubo::http
