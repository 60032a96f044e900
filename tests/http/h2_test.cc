// HTTP/2: our server and our client, over memory.
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nubo/http/client.h"
#include "nubo/http/server.h"
#include "nubo/testing/memory_transport.h"
#include "nubo/testing/status_matchers.h"
#include "tests/http/http_fixture.h"

namespace nubo::http {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::kFragments;
using ::nubo::testing::MemoryStreamOptions;
using ::nubo::testing::StatusIs;

RequestHead Head(const std::string& method, const std::string& path = "/") {
  RequestHead head;
  head.method = method;
  head.path = path;
  head.authority = "a";
  return head;
}

BOOST_AUTO_TEST_CASE(answers_the_same_however_the_connection_is_cut) {
  for (const size_t fragment : kFragments) {
    HttpFixture f;
    MemoryStreamOptions transport;
    transport.fragments = {fragment};
    const auto talk = [&]() -> net::Task<void> {
      const auto connection = f.ConnectClient(Version::kHttp2, transport);
      const std::string got = co_await Ask(*connection, "GET", "/x?y");
      BOOST_TEST(got == "200 GET /x?y @a []");
      const std::string posted = co_await Ask(*connection, "POST", "/p", "hello");
      BOOST_TEST(posted == "200 POST /p @a [hello]");
      const std::string headed = co_await Ask(*connection, "HEAD", "/");
      BOOST_TEST(headed == "200 ");
    };
    f.Run(talk());
  }
}

BOOST_AUTO_TEST_CASE(heads_and_trailers_arrive_as_they_were_sent) {
  HttpFixture f;
  f.handle = [](Exchange& exchange) -> net::Task<void> {
    BOOST_TEST(*exchange.head().headers.Get("x-one") == "1");
    BOOST_TEST(*exchange.head().headers.Get("te") == "trailers");
    BOOST_TEST(!exchange.head().headers.Has("keep-alive"));
    BOOST_TEST((exchange.head().version == Version::kHttp2));
    const auto body = co_await ReadWholeBody(exchange, 100);
    BOOST_TEST(body.value_or("?") == "body");
    BOOST_TEST(*exchange.trailers().Get("sum") == "42");
    ResponseHead head;
    head.headers = {{"X-Two", "2"}, {"Connection", "close"}};
    (void)co_await exchange.SendHead(std::move(head), /*end=*/false);
    Headers trailers = {{"grpc-status", "0"}, {"Content-Length", "1"}};
    (void)co_await exchange.Finish(std::move(trailers));
  };
  const auto talk = [&]() -> net::Task<void> {
    const auto connection = f.ConnectClient(Version::kHttp2);
    const auto exchange = connection->Open();
    RequestHead head = Head("POST");
    head.headers = {{"X-One", "1"}, {"TE", "trailers"}, {"Keep-Alive", "timeout=5"}};
    (void)co_await exchange->SendHead(std::move(head), /*end=*/false);
    (void)co_await exchange->SendBody("body");
    Headers trailers = {{"Sum", "42"}};
    (void)co_await exchange->Finish(std::move(trailers));
    const auto response = co_await exchange->ReadHead();
    BOOST_REQUIRE(IsOk(response));
    BOOST_TEST(*response->headers.Get("x-two") == "2");
    BOOST_TEST(!response->headers.Has("connection"));
    const std::string body = co_await ReadAll(*exchange);
    BOOST_TEST(body == "");
    BOOST_TEST(exchange->trailers().size() == 1u);
    BOOST_TEST(*exchange->trailers().Get("grpc-status") == "0");
  };
  f.Run(talk());
}

// RFC 9113 §8.1: the rest of the request is not wanted, and the reset that says so does not overtake the response.
BOOST_AUTO_TEST_CASE(a_whole_response_reaches_a_client_that_is_still_sending) {
  for (const std::string form : {"head", "trailers", "body"}) {
    HttpFixture f;
    f.handle = [&form](Exchange& exchange) -> net::Task<void> {
      ResponseHead head;
      head.status = 503;
      Headers trailers = {{"grpc-status", "14"}};
      if (form == "body") {
        (void)co_await exchange.SendWhole(std::move(head), "no");
        co_return;
      }
      (void)co_await exchange.SendHead(std::move(head), /*end=*/form == "head");
      if (form == "trailers") (void)co_await exchange.Finish(std::move(trailers));
    };
    const auto talk = [&]() -> net::Task<void> {
      const auto connection = f.ConnectClient(Version::kHttp2);
      const auto exchange = connection->Open();
      RequestHead head = Head("POST");
      (void)co_await exchange->SendHead(std::move(head), /*end=*/false);
      const auto answer = co_await exchange->ReadHead();
      BOOST_REQUIRE(IsOk(answer));
      BOOST_TEST(answer->status == 503);
      const std::string body = co_await ReadAll(*exchange);
      BOOST_TEST(body == (form == "body" ? "no" : ""));
      BOOST_TEST(exchange->trailers().Has("grpc-status") == (form == "trailers"));
    };
    f.Run(talk());
  }
}

BOOST_AUTO_TEST_CASE(bodies_stream_both_ways_at_once) {
  HttpFixture f;
  f.handle = &HttpFixture::Echo;
  const auto talk = [&]() -> net::Task<void> {
    const auto connection = f.ConnectClient(Version::kHttp2);
    const auto exchange = connection->Open();
    RequestHead head = Head("POST");
    (void)co_await exchange->SendHead(std::move(head), /*end=*/false);
    const auto response = co_await exchange->ReadHead();
    BOOST_REQUIRE(IsOk(response));
    for (int i = 0; i < 100; ++i) {
      const std::string sent = absl::StrCat("piece ", i);
      (void)co_await exchange->SendBody(sent);
      const auto piece = co_await exchange->ReadBody();
      BOOST_REQUIRE(IsOk(piece));
      BOOST_TEST(piece->value_or("end") == sent);
    }
    Headers none;
    (void)co_await exchange->Finish(std::move(none));
    const auto end = co_await exchange->ReadBody();
    BOOST_TEST((end.ok() && !end->has_value()));
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(many_exchanges_share_a_connection) {
  HttpFixture f;
  f.handle = [&](Exchange& exchange) -> net::Task<void> {
    // Those that came first answer last.
    co_await f.loop.SleepFor(absl::Microseconds(3000 - 30 * f.handled));
    co_await HttpFixture::Describe(exchange);
  };
  const auto talk = [&]() -> net::Task<void> {
    const auto connection = f.ConnectClient(Version::kHttp2);
    int answered = 0;
    net::Event changed(f.loop);
    const auto ask = [&](int i) -> net::Task<void> {
      const std::string path = absl::StrCat("/", i);
      const std::string text = co_await Ask(*connection, "POST", path, "body");
      BOOST_TEST(text == absl::StrCat("200 POST ", path, " @a [body]"));
      ++answered;
      changed.Notify();
    };
    for (int i = 0; i < 100; ++i) f.loop.Spawn(ask(i));
    while (answered < 100) co_await changed.Wait();
    BOOST_TEST(connection->open_exchanges() == 0);
    BOOST_TEST(connection->Usable());
  };
  f.Run(talk());
}

// Longer than all windows and buffers together, by far.
constexpr size_t kLong = 32 << 20;
// What may be under way each direction: windows, send buffers, and the transport's.
constexpr size_t kUnderWayMax = 1 << 20;

BOOST_AUTO_TEST_CASE(a_handler_waits_for_a_client_that_does_not_read) {
  HttpFixture f;
  size_t sent = 0;
  f.handle = [&](Exchange& exchange) -> net::Task<void> {
    ResponseHead head;
    (void)co_await exchange.SendHead(std::move(head), /*end=*/false);
    const std::string piece(16 << 10, 'x');
    while (sent < kLong && (co_await exchange.SendBody(piece)).ok()) sent += piece.size();
    Headers none;
    (void)co_await exchange.Finish(std::move(none));
  };
  const auto talk = [&]() -> net::Task<void> {
    const auto connection = f.ConnectClient(Version::kHttp2);
    const auto exchange = connection->Open();
    RequestHead head = Head("GET");
    (void)co_await exchange->SendHead(std::move(head), /*end=*/true);
    const auto response = co_await exchange->ReadHead();
    BOOST_REQUIRE(IsOk(response));
    co_await f.loop.SleepFor(absl::Milliseconds(10));
    BOOST_TEST(sent <= kUnderWayMax);
    size_t received = 0;
    while (true) {
      const auto piece = co_await exchange->ReadBody();
      BOOST_REQUIRE(IsOk(piece));
      if (!piece->has_value()) break;
      received += (*piece)->size();
      if (sent - received > kUnderWayMax) BOOST_REQUIRE(sent - received <= kUnderWayMax);
    }
    BOOST_TEST(received == kLong);
  };
  f.Run(talk());
}

// A response of so many bytes, piece by piece as there is room.
net::Task<void> SendLong(Exchange& exchange, size_t bytes) {
  ResponseHead head;
  (void)co_await exchange.SendHead(std::move(head), /*end=*/false);
  while (bytes > 0) {
    const size_t room = co_await exchange.WaitForRoom();
    if (room == 0) co_return;
    const std::string piece(std::min(room, bytes), 'x');
    if (!(co_await exchange.SendBody(piece)).ok()) co_return;
    bytes -= piece.size();
  }
  Headers none;
  (void)co_await exchange.Finish(std::move(none));
}

struct Readers {
  explicit Readers(net::Loop& loop) : changed(loop) {}
  std::vector<std::unique_ptr<ClientExchange>> exchanges;
  size_t received = 0;
  int reading = 0;
  net::Event changed;
};

net::Task<void> ReadOne(ClientExchange& exchange, Readers& readers) {
  BOOST_TEST(IsOk(co_await exchange.ReadHead()));
  readers.received += (co_await ReadAll(exchange)).size();
  --readers.reading;
  readers.changed.Notify();
}

// All at once: one after the other, those that nobody reads yet would use up the connection's window.
net::Task<void> ReadEverything(net::Loop& loop, Readers& readers) {
  for (const auto& exchange : readers.exchanges) {
    ++readers.reading;
    loop.Spawn(ReadOne(*exchange, readers));
  }
  while (readers.reading > 0) co_await readers.changed.Wait();
}

net::Task<void> AskLong(ClientConnection& connection, int streams, Readers& readers) {
  for (int i = 0; i < streams; ++i) {
    auto exchange = connection.Open();
    BOOST_REQUIRE(exchange != nullptr);
    RequestHead head;
    head.authority = "a";
    BOOST_REQUIRE(IsOk(co_await exchange->SendHead(std::move(head), /*end=*/true)));
    readers.exchanges.push_back(std::move(exchange));
  }
}

// Until no more is queued at the server than the last few times it was looked at, and that is something.
net::Task<size_t> QueuedAtLast(HttpFixture& f) {
  constexpr int kTimes = 20;
  size_t queued = 0;
  for (int same = 0; same < kTimes;) {
    co_await f.loop.SleepFor(absl::Milliseconds(1));
    const size_t now = f.server().queued_bytes();
    same = now > 0 && now == queued ? same + 1 : 0;
    queued = now;
  }
  co_return queued;
}

BOOST_AUTO_TEST_CASE(clients_that_do_not_read_cost_little_and_all_get_everything_at_last) {
  constexpr int kStreams = 90;
  constexpr size_t kBytes = 100 << 10;
  for (const size_t queued_max : {64 << 20, 1}) {
    HttpFixture f;
    f.options.queued_bytes_max = queued_max;
    f.handle = [](Exchange& exchange) { return SendLong(exchange, kBytes); };
    const auto talk = [&]() -> net::Task<void> {
      const auto connection = f.ConnectClient(Version::kHttp2);
      Readers readers(f.loop);
      co_await AskLong(*connection, kStreams, readers);
      const size_t queued = co_await QueuedAtLast(f);
      // The client's window takes a MiB. Of the rest there is the connection's own bound, or what one stream may have,
      // and a share each.
      const size_t shares = kStreams * (8 << 10);
      BOOST_TEST(queued > 0u);
      BOOST_TEST(queued <= shares + (queued_max == 1 ? 64 << 10 : 576 << 10));
      co_await ReadEverything(f.loop, readers);
      BOOST_TEST(readers.received == kStreams * kBytes);
      BOOST_TEST(f.server().queued_bytes() == 0u);
    };
    f.Run(talk());
  }
}

BOOST_AUTO_TEST_CASE(a_handler_that_sends_all_at_once_queues_no_more) {
  HttpFixture f;
  f.handle = [](Exchange& exchange) -> net::Task<void> {
    ResponseHead head;
    const std::string body(1 << 20, 'x');
    (void)co_await exchange.SendWhole(std::move(head), body);
  };
  const auto talk = [&]() -> net::Task<void> {
    const auto connection = f.ConnectClient(Version::kHttp2);
    Readers readers(f.loop);
    co_await AskLong(*connection, 8, readers);
    const size_t queued = co_await QueuedAtLast(f);
    BOOST_TEST(queued > 0u);
    BOOST_TEST(queued <= 600u << 10);
    co_await ReadEverything(f.loop, readers);
    BOOST_TEST(readers.received == 8u << 20);
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(interim_responses_come_before_the_final_one) {
  HttpFixture f;
  f.handle = [](Exchange& exchange) -> net::Task<void> {
    ResponseHead hints;
    hints.status = 103;
    hints.headers = {{"link", "</a.css>"}};
    BOOST_TEST(IsOk(co_await exchange.SendInterim(std::move(hints))));
    ResponseHead head;
    (void)co_await exchange.SendWhole(std::move(head), "ok");
  };
  const auto talk = [&]() -> net::Task<void> {
    const auto connection = f.ConnectClient(Version::kHttp2);
    Readers readers(f.loop);
    co_await AskLong(*connection, 1, readers);
    ClientExchange& exchange = *readers.exchanges[0];
    const auto interim = co_await exchange.ReadNextHead();
    BOOST_REQUIRE(IsOk(interim));
    BOOST_TEST(interim->status == 103);
    BOOST_TEST(interim->headers.Get("link").value_or("") == "</a.css>");
    const auto last = co_await exchange.ReadNextHead();
    BOOST_REQUIRE(IsOk(last));
    BOOST_TEST(last->status == 200);
    BOOST_TEST((co_await ReadAll(exchange)) == "ok");
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(a_client_waits_for_a_handler_that_does_not_read_and_others_go_on) {
  HttpFixture f;
  net::Event changed(f.loop);
  bool read = false;
  size_t received = 0;
  f.handle = [&](Exchange& exchange) -> net::Task<void> {
    if (exchange.head().method == "GET") co_return co_await HttpFixture::Describe(exchange);
    while (!read) co_await changed.Wait();
    while (true) {
      const auto piece = co_await exchange.ReadBody();
      if (!piece.ok() || !piece->has_value()) break;
      received += (*piece)->size();
    }
    ResponseHead head;
    (void)co_await exchange.SendWhole(std::move(head), "ok");
  };
  const auto talk = [&]() -> net::Task<void> {
    const auto connection = f.ConnectClient(Version::kHttp2);
    const auto exchange = connection->Open();
    RequestHead head = Head("POST");
    (void)co_await exchange->SendHead(std::move(head), /*end=*/false);
    size_t sent = 0;
    const auto upload = [&]() -> net::Task<void> {
      const std::string piece(16 << 10, 'x');
      while (sent < kLong && (co_await exchange->SendBody(piece)).ok()) sent += piece.size();
      Headers none;
      (void)co_await exchange->Finish(std::move(none));
    };
    f.loop.Spawn(upload());
    co_await f.loop.SleepFor(absl::Milliseconds(10));
    BOOST_TEST(sent <= kUnderWayMax);
    const std::string other = co_await Ask(*connection, "GET", "/other");
    BOOST_TEST(other == "200 GET /other @a []");
    read = true;
    changed.Notify();
    const auto response = co_await exchange->ReadHead();
    BOOST_REQUIRE(IsOk(response));
    const std::string text = co_await ReadAll(*exchange);
    BOOST_TEST(text == "ok");
    BOOST_TEST(received == kLong);
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(bodies_that_nobody_reads_do_not_use_up_the_connection) {
  HttpFixture f;
  f.handle = [](Exchange& exchange) -> net::Task<void> {
    ResponseHead head;
    (void)co_await exchange.SendWhole(std::move(head), "ok");
  };
  const auto talk = [&]() -> net::Task<void> {
    const auto connection = f.ConnectClient(Version::kHttp2);
    const std::string body(200 << 10, 'x');
    for (int i = 0; i < 50; ++i) {
      const auto exchange = connection->Open();
      BOOST_REQUIRE(exchange != nullptr);
      RequestHead head = Head("POST");
      (void)co_await exchange->SendHead(std::move(head), /*end=*/false);
      (void)co_await exchange->SendBody(body);
      const auto response = co_await exchange->ReadHead();
      BOOST_REQUIRE(IsOk(response));
      const std::string text = co_await ReadAll(*exchange);
      BOOST_TEST(text == "ok");
    }
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(cancelling_ends_both_sides_and_leaves_the_connection) {
  HttpFixture f;
  net::Event changed(f.loop);
  bool noticed = false;
  f.handle = [&](Exchange& exchange) -> net::Task<void> {
    if (exchange.head().path == "/other") co_return co_await HttpFixture::Describe(exchange);
    co_await f.UntilGone(exchange);
    const auto piece = co_await exchange.ReadBody();
    BOOST_TEST(StatusIs(piece, absl::StatusCode::kAborted));
    ResponseHead head;
    const absl::Status sent = co_await exchange.SendWhole(std::move(head), "late");
    BOOST_TEST(StatusIs(sent, absl::StatusCode::kAborted));
    noticed = true;
    changed.Notify();
  };
  const auto talk = [&]() -> net::Task<void> {
    const auto connection = f.ConnectClient(Version::kHttp2);
    const auto exchange = connection->Open();
    RequestHead head = Head("POST");
    (void)co_await exchange->SendHead(std::move(head), /*end=*/false);
    f.loop.Post([&exchange] { exchange->Cancel(); });
    const auto response = co_await exchange->ReadHead();
    BOOST_TEST(StatusIs(response, absl::StatusCode::kCancelled));
    const absl::Status sent = co_await exchange->SendBody("x");
    BOOST_TEST(StatusIs(sent, absl::StatusCode::kCancelled));
    BOOST_TEST(!exchange->refused());
    while (!noticed) co_await changed.Wait();
    const std::string other = co_await Ask(*connection, "GET", "/other");
    BOOST_TEST(other == "200 GET /other @a []");
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(a_handler_that_gives_up_resets_its_stream_only) {
  HttpFixture f;
  f.handle = [](Exchange& exchange) -> net::Task<void> {
    if (exchange.head().path == "/other") co_return co_await HttpFixture::Describe(exchange);
    ResponseHead head;
    (void)co_await exchange.SendHead(std::move(head), /*end=*/false);
    (void)co_await exchange.SendBody("half");
  };
  const auto talk = [&]() -> net::Task<void> {
    const auto connection = f.ConnectClient(Version::kHttp2);
    const auto exchange = connection->Open();
    RequestHead head = Head("GET");
    (void)co_await exchange->SendHead(std::move(head), /*end=*/true);
    absl::Status status = (co_await exchange->ReadHead()).status();
    while (status.ok()) {
      const auto piece = co_await exchange->ReadBody();
      status = piece.status();
      BOOST_REQUIRE(!(piece.ok() && !piece->has_value()));
    }
    BOOST_TEST(StatusIs(status, absl::StatusCode::kAborted));
    const std::string other = co_await Ask(*connection, "GET", "/other");
    BOOST_TEST(other == "200 GET /other @a []");
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(a_handler_that_does_not_answer_is_answered_for) {
  HttpFixture f;
  f.handle = [](Exchange&) -> net::Task<void> { co_return; };
  const auto talk = [&]() -> net::Task<void> {
    const auto connection = f.ConnectClient(Version::kHttp2);
    const std::string text = co_await Ask(*connection, "GET", "/");
    BOOST_TEST(text == "500 ");
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(a_response_other_than_its_content_length_is_broken_off) {
  for (const std::string& body : {"12", "1234"}) {
    HttpFixture f;
    absl::Status status;
    f.handle = [&](Exchange& exchange) -> net::Task<void> {
      ResponseHead head;
      head.headers = {{"Content-Length", "3"}};
      (void)co_await exchange.SendHead(std::move(head), /*end=*/false);
      status = co_await exchange.SendBody(body);
      Headers none;
      if (status.ok()) status = co_await exchange.Finish(std::move(none));
    };
    const auto talk = [&]() -> net::Task<void> {
      const auto connection = f.ConnectClient(Version::kHttp2);
      const auto exchange = connection->Open();
      RequestHead head = Head("GET");
      (void)co_await exchange->SendHead(std::move(head), /*end=*/true);
      absl::Status seen = (co_await exchange->ReadHead()).status();
      while (seen.ok()) {
        const auto piece = co_await exchange->ReadBody();
        seen = piece.status();
        BOOST_REQUIRE(!(piece.ok() && !piece->has_value()));
      }
      BOOST_TEST(StatusIs(seen, absl::StatusCode::kAborted));
      BOOST_TEST(StatusIs(status, absl::StatusCode::kInvalidArgument, "Content-Length"));
    };
    f.Run(talk());
  }
}

BOOST_AUTO_TEST_CASE(draining_lets_requests_finish_and_takes_no_more) {
  HttpFixture f;
  net::Event changed(f.loop);
  bool begun = false, go_on = false, drained = false;
  f.handle = [&](Exchange& exchange) -> net::Task<void> {
    begun = true;
    changed.Notify();
    while (!go_on) co_await changed.Wait();
    ResponseHead head;
    (void)co_await exchange.SendWhole(std::move(head), "done");
  };
  const auto talk = [&]() -> net::Task<void> {
    const auto idle = f.ConnectClient(Version::kHttp2);
    const auto connection = f.ConnectClient(Version::kHttp2);
    connection->OnChange([&changed] { changed.Notify(); });
    const auto exchange = connection->Open();
    RequestHead head = Head("GET");
    (void)co_await exchange->SendHead(std::move(head), /*end=*/true);
    while (!begun) co_await changed.Wait();
    const auto drain = [&]() -> net::Task<void> {
      co_await f.server().Drain(absl::InfiniteFuture());
      drained = true;
      changed.Notify();
    };
    f.loop.Spawn(drain());
    while (connection->Usable()) co_await changed.Wait();
    BOOST_TEST(connection->Finished());
    BOOST_TEST((connection->Open() == nullptr));
    BOOST_TEST(!drained);
    go_on = true;
    changed.Notify();
    const auto response = co_await exchange->ReadHead();
    BOOST_REQUIRE(IsOk(response));
    const std::string text = co_await ReadAll(*exchange);
    BOOST_TEST(text == "done");
    while (!drained) co_await changed.Wait();
    BOOST_TEST(f.server().connections() == 0);
    BOOST_TEST(idle->Finished());
    connection->OnChange(nullptr);
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(a_connection_has_so_many_requests_at_most) {
  HttpFixture f;
  f.options.requests_per_connection_max = 2;
  const auto talk = [&]() -> net::Task<void> {
    const auto connection = f.ConnectClient(Version::kHttp2);
    (void)co_await Ask(*connection, "GET", "/1");
    const std::string two = co_await Ask(*connection, "GET", "/2");
    BOOST_TEST(two == "200 GET /2 @a []");
    while (f.server().connections() > 0) co_await f.loop.SleepFor(absl::Milliseconds(1));
    BOOST_TEST(!connection->Usable());
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(an_idle_connection_is_told_to_go) {
  HttpFixture f;
  f.options.idle_timeout = absl::Milliseconds(100);
  const auto talk = [&]() -> net::Task<void> {
    const auto connection = f.ConnectClient(Version::kHttp2);
    const std::string text = co_await Ask(*connection, "GET", "/");
    BOOST_TEST(text == "200 GET / @a []");
    while (f.server().connections() > 0) co_await f.loop.SleepFor(absl::Milliseconds(1));
    BOOST_TEST(connection->Finished());
  };
  f.Run(talk());
}

// The end crosses the request on its way.
BOOST_AUTO_TEST_CASE(a_request_to_an_idle_connection_that_goes_fails) {
  HttpFixture f;
  f.options.idle_timeout = absl::Milliseconds(1);
  const auto talk = [&]() -> net::Task<void> {
    for (int i = 0; i < 200; ++i) {
      const auto connection = f.ConnectClient(Version::kHttp2);
      co_await f.loop.SleepFor(absl::Microseconds(i * 20));
      const auto exchange = connection->Open();
      if (exchange == nullptr) continue;
      RequestHead head = Head("GET");
      if (!(co_await exchange->SendHead(std::move(head), /*end=*/true)).ok()) continue;
      const auto answer = co_await exchange->ReadHead();
      BOOST_TEST((answer.ok() ? answer->status == 200 : !answer.status().message().empty()));
    }
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(a_stream_whose_client_stops_reading_is_reset) {
  HttpFixture f;
  f.options.body_timeout = absl::Milliseconds(10);
  absl::Status status;
  f.handle = [&](Exchange& exchange) -> net::Task<void> {
    if (exchange.head().path == "/other") co_return co_await HttpFixture::Describe(exchange);
    ResponseHead head;
    const std::string body(1 << 20, 'x');
    status = co_await exchange.SendWhole(std::move(head), body);
  };
  const auto talk = [&]() -> net::Task<void> {
    const auto connection = f.ConnectClient(Version::kHttp2);
    const auto exchange = connection->Open();
    RequestHead head = Head("GET");
    (void)co_await exchange->SendHead(std::move(head), /*end=*/true);
    while (status.ok()) co_await f.loop.SleepFor(absl::Milliseconds(1));
    BOOST_TEST(StatusIs(status, absl::StatusCode::kDeadlineExceeded));
    const std::string other = co_await Ask(*connection, "GET", "/other");
    BOOST_TEST(other == "200 GET /other @a []");
    while (connection->open_exchanges() > 0) co_await f.loop.SleepFor(absl::Milliseconds(1));
  };
  f.Run(talk());
}

// Its handler has waited for all of the time that there is.
BOOST_AUTO_TEST_CASE(an_end_that_its_client_does_not_take_is_waited_for_once) {
  HttpFixture f;
  f.options.body_timeout = absl::Milliseconds(200);
  absl::Time given_up = absl::InfiniteFuture();
  f.handle = [&](Exchange& exchange) -> net::Task<void> {
    ResponseHead head;
    (void)co_await exchange.SendHead(std::move(head), /*end=*/false);
    const std::string body(300 << 10, 'x');
    (void)co_await exchange.SendBody(body);
    Headers none;
    const absl::Status finished = co_await exchange.Finish(std::move(none));
    BOOST_TEST(StatusIs(finished, absl::StatusCode::kDeadlineExceeded));
    given_up = f.loop.Now();
  };
  const auto talk = [&]() -> net::Task<void> {
    const auto connection = f.ConnectClient(Version::kHttp2);
    const auto exchange = connection->Open();
    RequestHead head = Head("GET");
    (void)co_await exchange->SendHead(std::move(head), /*end=*/true);
    while (connection->open_exchanges() > 0) co_await f.loop.SleepFor(absl::Milliseconds(1));
    BOOST_TEST(f.loop.Now() - given_up < f.options.body_timeout);
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(a_client_that_resets_stream_after_stream_is_sent_away) {
  HttpFixture f;
  f.options.resets_per_second_max = 1;
  f.handle = [&](Exchange& exchange) -> net::Task<void> { co_await f.UntilGone(exchange); };
  const auto talk = [&]() -> net::Task<void> {
    const auto connection = f.ConnectClient(Version::kHttp2);
    int opened = 0;
    while (!connection->Finished() && opened < 1000) {
      const auto exchange = connection->Open();
      if (exchange == nullptr) break;
      ++opened;
      RequestHead head = Head("GET");
      (void)co_await exchange->SendHead(std::move(head), /*end=*/true);
      co_await f.loop.SleepFor(absl::Microseconds(100));
      exchange->Cancel();
    }
    BOOST_TEST(connection->Finished());
    BOOST_TEST(opened > 10);
    BOOST_TEST(opened < 100);
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(streams_beyond_the_limit_wait_or_are_refused_unprocessed) {
  HttpFixture f;
  f.options.streams_max = 3;
  f.handle = [&](Exchange& exchange) -> net::Task<void> { co_await f.UntilGone(exchange); };
  const auto talk = [&]() -> net::Task<void> {
    const auto connection = f.ConnectClient(Version::kHttp2);
    std::vector<std::unique_ptr<ClientExchange>> exchanges;
    for (int i = 0; i < 3; ++i) {
      exchanges.push_back(connection->Open());
      RequestHead head = Head("GET");
      (void)co_await exchanges.back()->SendHead(std::move(head), /*end=*/true);
    }
    while (f.handled < 3) co_await f.loop.SleepFor(absl::Milliseconds(1));
    BOOST_TEST(!connection->Usable());
    BOOST_TEST((connection->Open() == nullptr));
    exchanges.pop_back();
    while (!connection->Usable()) co_await f.loop.SleepFor(absl::Milliseconds(1));
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(a_server_that_goes_ends_what_is_open) {
  HttpFixture f;
  f.handle = [&](Exchange& exchange) -> net::Task<void> { co_await f.UntilGone(exchange); };
  const auto talk = [&]() -> net::Task<void> {
    const auto connection = f.ConnectClient(Version::kHttp2);
    const auto exchange = connection->Open();
    RequestHead head = Head("GET");
    (void)co_await exchange->SendHead(std::move(head), /*end=*/true);
    while (f.handled == 0) co_await f.loop.SleepFor(absl::Milliseconds(1));
    const absl::Time now = f.loop.Now();
    co_await f.server().Drain(now);
    const auto response = co_await exchange->ReadHead();
    BOOST_TEST(StatusIs(response, absl::StatusCode::kAborted));
    BOOST_TEST(exchange->request_bytes_sent());
    BOOST_TEST(!exchange->response_bytes_seen());
    BOOST_TEST(connection->Finished());
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(a_loop_that_ends_early_takes_its_connections_with_it) {
  HttpFixture f;
  f.handle = [&](Exchange& exchange) -> net::Task<void> {
    f.loop.Stop();
    co_await f.UntilGone(exchange);
  };
  const auto connection = f.ConnectClient(Version::kHttp2);
  const auto exchange = connection->Open();
  const auto talk = [&]() -> net::Task<void> {
    RequestHead head = Head("POST");
    (void)co_await exchange->SendHead(std::move(head), /*end=*/false);
    (void)co_await exchange->ReadHead();
  };
  f.loop.Spawn(talk());
  f.loop.Run();
  BOOST_TEST(f.handled == 1);
}

}  // namespace
}  // namespace nubo::http
