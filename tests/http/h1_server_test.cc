#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/http/server.h"
#include "nubo/testing/status_matchers.h"
#include "tests/http/http_fixture.h"

namespace nubo::http {
namespace {

namespace data = boost::unit_test::data;
using ::nubo::testing::IsOk;
using ::nubo::testing::kFragments;
using ::nubo::testing::MemoryStreamOptions;
using ::nubo::testing::StatusIs;

struct Talk {
  std::string name;
  std::string input;
  std::string expected;
  friend std::ostream& operator<<(std::ostream& out, const Talk& talk) { return out << talk.name; }
};

constexpr char kClose[] = "Connection: close\r\n";

std::string Get(const std::string& fields = "", const std::string& path = "/") {
  return absl::StrCat("GET ", path, " HTTP/1.1\r\nHost: a\r\n", fields, "\r\n");
}
std::string Post(const std::string& fields, const std::string& body) {
  return absl::StrCat("POST /p HTTP/1.1\r\nHost: a\r\n", fields, "\r\n", body);
}
std::string Ok(const std::string& body, const std::string& more = "") {
  return absl::StrCat("HTTP/1.1 200 OK\r\nx: y\r\ncontent-length: ", body.size(), "\r\n", more, "\r\n", body);
}
constexpr char kSaysClose[] = "connection: close\r\n";

const std::vector<Talk> kTalks = {
    {"get", Get(kClose), Ok("GET / @a []", kSaysClose)},
    {"length", Post(absl::StrCat("Content-Length: 5\r\n", kClose), "hello"), Ok("POST /p @a [hello]", kSaysClose)},
    {"chunked", Post(absl::StrCat("Transfer-Encoding: chunked\r\n", kClose), "3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n"),
     Ok("POST /p @a [hello]", kSaysClose)},
    {"three_in_a_row", Get() + Post("Transfer-Encoding: chunked\r\n", "1\r\nx\r\n0\r\n\r\n") + Get(kClose, "/last"),
     Ok("GET / @a []") + Ok("POST /p @a [x]") + Ok("GET /last @a []", kSaysClose)},
    {"trailers_come_back",
     Post(absl::StrCat("Transfer-Encoding: chunked\r\n", kClose), "0\r\nT: 1\r\nContent-Length: 9\r\n\r\n"),
     "HTTP/1.1 200 OK\r\nx: y\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"
     "d\r\nPOST /p @a []\r\n0\r\nT: 1\r\n\r\n"},
    {"head_has_no_body", absl::StrCat("HEAD / HTTP/1.1\r\nHost: a\r\n", kClose, "\r\n"),
     "HTTP/1.1 200 OK\r\nx: y\r\ncontent-length: 12\r\nconnection: close\r\n\r\n"},
    {"http10_ends_the_connection", "GET / HTTP/1.0\r\n\r\n", Ok("GET / @ []", kSaysClose)},
    {"http10_keeps_alive_when_asked", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.0\r\n\r\n",
     Ok("GET / @ []", "connection: keep-alive\r\n") + Ok("GET / @ []", kSaysClose)},
    {"a_bad_one_after_a_good_one", Get() + "GET / HTTP/1.1\r\n\r\n",
     Ok("GET / @a []") + "HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 36\r\n"
                         "connection: close\r\n\r\na request has one Host field, not 0\n"},
};

BOOST_DATA_TEST_CASE(answers_the_same_however_the_request_is_cut, data::make(kTalks)) {
  for (const size_t fragment : kFragments) {
    HttpFixture f;
    MemoryStreamOptions transport;
    transport.fragments = {fragment};
    const auto talk = [&]() -> net::Task<void> {
      const auto stream = f.Connect(transport);
      const std::string text = co_await Converse(*stream, sample.input);
      BOOST_TEST_CONTEXT("fragments of " << fragment) { BOOST_TEST(text == sample.expected); }
    };
    f.Run(talk());
  }
}

BOOST_AUTO_TEST_CASE(a_client_that_waits_for_100_is_told_to_go_on) {
  HttpFixture f;
  const auto talk = [&]() -> net::Task<void> {
    const auto stream = f.Connect();
    (void)co_await stream->Write(Post("Content-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n", ""));
    const std::string interim = co_await ReadUntil(*stream, "\r\n\r\n");
    BOOST_TEST(interim == "HTTP/1.1 100 Continue\r\n\r\n");
    const std::string text = co_await Converse(*stream, "hello");
    BOOST_TEST(absl::EndsWith(text, "[hello]"), text);
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(a_client_that_was_not_asked_for_its_body_is_told_that_the_connection_ends) {
  HttpFixture f;
  f.handle = [](Exchange& exchange) -> net::Task<void> {
    ResponseHead head;
    head.status = 413;
    (void)co_await exchange.SendWhole(std::move(head), "");
  };
  const auto talk = [&]() -> net::Task<void> {
    const auto stream = f.Connect();
    const std::string text = co_await Converse(*stream, Post("Content-Length: 5\r\nExpect: 100-continue\r\n", ""));
    BOOST_TEST(text == "HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(a_body_that_nobody_read_is_read_over_and_the_connection_stays) {
  HttpFixture f;
  f.handle = [](Exchange& exchange) -> net::Task<void> {
    ResponseHead head;
    (void)co_await exchange.SendWhole(std::move(head), "ok");
  };
  const auto talk = [&]() -> net::Task<void> {
    const auto stream = f.Connect();
    const std::string body(100 << 10, 'x');
    const std::string length = absl::StrCat("Content-Length: ", body.size(), "\r\n");
    const std::string text = co_await Converse(*stream, Post(length, body) + Get(kClose));
    BOOST_TEST(f.handled == 2);
    BOOST_TEST(absl::EndsWith(text, "connection: close\r\n\r\nok"), text);
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(a_body_too_long_to_read_over_ends_the_connection) {
  HttpFixture f;
  f.handle = [](Exchange& exchange) -> net::Task<void> {
    ResponseHead head;
    (void)co_await exchange.SendWhole(std::move(head), "ok");
  };
  const auto talk = [&]() -> net::Task<void> {
    const auto stream = f.Connect();
    const std::string body(2 << 20, 'x');
    const std::string length = absl::StrCat("Content-Length: ", body.size(), "\r\n");
    const std::string text = co_await Converse(*stream, Post(length, body) + Get());
    BOOST_TEST(text == "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    BOOST_TEST(f.handled == 1);
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(a_handler_that_does_not_answer_is_answered_for) {
  HttpFixture f;
  f.handle = [](Exchange&) -> net::Task<void> { co_return; };
  const auto talk = [&]() -> net::Task<void> {
    const auto stream = f.Connect();
    const std::string text = co_await Converse(*stream, Get(kClose));
    BOOST_TEST(text == "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(a_broken_body_is_answered_with_400_and_the_connection_ends) {
  HttpFixture f;
  const auto talk = [&]() -> net::Task<void> {
    const auto stream = f.Connect();
    const std::string text =
        co_await Converse(*stream, Post("Transfer-Encoding: chunked\r\n", "zz\r\nhello\r\n") + Get());
    BOOST_TEST(text == "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    BOOST_TEST(f.handled == 1);
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(a_response_that_was_broken_off_never_looks_complete) {
  for (const std::string& request : {Get(), std::string("GET / HTTP/1.0\r\n\r\n")}) {
    HttpFixture f;
    f.handle = [](Exchange& exchange) -> net::Task<void> {
      ResponseHead head;
      (void)co_await exchange.SendHead(std::move(head), /*end=*/false);
      (void)co_await exchange.SendBody("half");
    };
    const auto talk = [&]() -> net::Task<void> {
      const auto stream = f.Connect();
      const std::string text = co_await Converse(*stream, request);
      BOOST_TEST(absl::EndsWith(text, "<ABORTED>"), text);
    };
    f.Run(talk());
  }
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
      const auto stream = f.Connect();
      const std::string text = co_await Converse(*stream, Get());
      BOOST_TEST(absl::EndsWith(text, "<ABORTED>"), text);
      BOOST_TEST(StatusIs(status, absl::StatusCode::kInvalidArgument, "Content-Length"));
    };
    f.Run(talk());
  }
}

struct BadHead {
  std::string name;
  int status;
  Headers headers;
  friend std::ostream& operator<<(std::ostream& out, const BadHead& head) { return out << head.name; }
};

const std::vector<BadHead> kBadHeads = {
    {"line_break_in_a_value", 200, {{"x", "y\r\nset-cookie: stolen"}}},
    {"line_break_in_a_name", 200, {{"x\r\ny", "z"}}},
    {"two_lengths", 200, {{"content-length", "1"}, {"Content-Length", "2"}}},
    {"length_not_a_number", 200, {{"content-length", "1, 1"}}},
    {"interim_status", 103, {}},
    {"no_status", 0, {}},
};

BOOST_DATA_TEST_CASE(a_handler_cannot_send_what_is_no_response, data::make(kBadHeads)) {
  HttpFixture f;
  absl::Status status;
  f.handle = [&](Exchange& exchange) -> net::Task<void> {
    ResponseHead head;
    head.status = sample.status;
    head.headers = sample.headers;
    status = co_await exchange.SendHead(std::move(head), /*end=*/false);
  };
  const auto talk = [&]() -> net::Task<void> {
    const auto stream = f.Connect();
    const std::string text = co_await Converse(*stream, Get(kClose));
    BOOST_TEST(absl::StartsWith(text, "HTTP/1.1 500 "), text);
    BOOST_TEST(StatusIs(status, absl::StatusCode::kInvalidArgument));
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(bodies_stream_both_ways_at_once) {
  HttpFixture f;
  f.handle = &HttpFixture::Echo;
  const auto talk = [&]() -> net::Task<void> {
    const auto stream = f.Connect();
    (void)co_await stream->Write(Post(absl::StrCat("Transfer-Encoding: chunked\r\n", kClose), ""));
    const std::string head = co_await ReadUntil(*stream, "\r\n\r\n");
    BOOST_TEST(absl::StartsWith(head, "HTTP/1.1 200 OK\r\n"), head);
    (void)co_await stream->Write("3\r\none\r\n");
    const std::string one = co_await ReadUntil(*stream, "one\r\n");
    BOOST_TEST(one == "3\r\none\r\n");
    const std::string rest = co_await Converse(*stream, "3\r\ntwo\r\n0\r\nT: 1\r\n\r\n");
    BOOST_TEST(rest == "3\r\ntwo\r\n0\r\nT: 1\r\n\r\n");
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(a_handler_waits_for_a_client_that_does_not_read) {
  HttpFixture f;
  size_t sent = 0;
  f.handle = [&](Exchange& exchange) -> net::Task<void> {
    ResponseHead head;
    (void)co_await exchange.SendHead(std::move(head), /*end=*/false);
    const std::string piece(16 << 10, 'x');
    while (sent < 8 << 20 && (co_await exchange.SendBody(piece)).ok()) sent += piece.size();
    Headers none;
    (void)co_await exchange.Finish(std::move(none));
  };
  const auto talk = [&]() -> net::Task<void> {
    const auto stream = f.Connect();
    (void)co_await stream->Write(Get(kClose));
    (void)co_await ReadUntil(*stream, "\r\n\r\n");
    co_await f.loop.SleepFor(absl::Milliseconds(5));
    BOOST_TEST(sent <= 128u << 10);
    const std::string rest = co_await ReadUntil(*stream, "");
    BOOST_TEST(sent == 8u << 20);
    BOOST_TEST(rest.size() > sent);
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(a_client_waits_for_a_handler_that_does_not_read) {
  HttpFixture f;
  net::Event read(f.loop);
  std::string received;
  f.handle = [&](Exchange& exchange) -> net::Task<void> {
    co_await read.Wait();
    const auto body = co_await ReadWholeBody(exchange, 16 << 20);
    BOOST_TEST(IsOk(body));
    received = body.value_or("");
    ResponseHead head;
    (void)co_await exchange.SendWhole(std::move(head), "ok");
  };
  size_t sent = 0;
  const auto talk = [&]() -> net::Task<void> {
    const auto stream = f.Connect();
    const std::string piece(16 << 10, 'x');
    const size_t all = 8 << 20;
    (void)co_await stream->Write(Post(absl::StrCat("Content-Length: ", all, "\r\n", kClose), ""));
    const auto upload = [&]() -> net::Task<void> {
      while (sent < all && (co_await stream->Write(piece)).ok()) sent += piece.size();
    };
    f.loop.Spawn(upload());
    co_await f.loop.SleepFor(absl::Milliseconds(5));
    BOOST_TEST(sent < 512u << 10);
    read.Notify();
    const std::string text = co_await ReadUntil(*stream, "");
    BOOST_TEST(absl::EndsWith(text, "ok"), text);
    BOOST_TEST(received.size() == all);
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(a_body_larger_than_the_handler_takes_is_an_error_of_its_own) {
  HttpFixture f;
  f.handle = [](Exchange& exchange) -> net::Task<void> {
    const auto body = co_await ReadWholeBody(exchange, 4);
    BOOST_TEST(StatusIs(body, absl::StatusCode::kResourceExhausted, "4 bytes"));
    ResponseHead head;
    head.status = 413;
    (void)co_await exchange.SendWhole(std::move(head), "");
  };
  const auto talk = [&]() -> net::Task<void> {
    const auto stream = f.Connect();
    const std::string text = co_await Converse(*stream, Post(absl::StrCat("Content-Length: 5\r\n", kClose), "hello"));
    BOOST_TEST(absl::StartsWith(text, "HTTP/1.1 413 "), text);
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(too_large_a_head_is_told_so) {
  const std::vector<Talk> heads = {
      {"line", Get("X: " + std::string(20 << 10, 'x') + "\r\n"), "HTTP/1.1 431 "},
      {"target", Get("", "/" + std::string(20 << 10, 'x')), "HTTP/1.1 414 "},
      {"never_ending_line", "GET /" + std::string(20 << 10, 'x'), "HTTP/1.1 414 "},
  };
  for (const Talk& head : heads) {
    HttpFixture f;
    const auto talk = [&]() -> net::Task<void> {
      const auto stream = f.Connect();
      const std::string text = co_await Converse(*stream, head.input);
      BOOST_TEST_CONTEXT(head.name) { BOOST_TEST(absl::StartsWith(text, head.expected), text); }
      BOOST_TEST(f.handled == 0);
    };
    f.Run(talk());
  }
}

BOOST_AUTO_TEST_CASE(a_head_that_does_not_come_in_time_is_answered_with_408) {
  HttpFixture f;
  f.options.head_timeout = absl::Milliseconds(5);
  const auto talk = [&]() -> net::Task<void> {
    const auto stream = f.Connect();
    const std::string text = co_await Converse(*stream, "GET / HTTP/1.1\r\nHost");
    BOOST_TEST(absl::StartsWith(text, "HTTP/1.1 408 Request Timeout\r\n"), text);
    BOOST_TEST(absl::StrContains(text, "connection: close"), text);
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(an_idle_connection_is_closed_without_a_word) {
  HttpFixture f;
  f.options.idle_timeout = absl::Milliseconds(5);
  const auto talk = [&]() -> net::Task<void> {
    const auto fresh = f.Connect();
    const std::string nothing = co_await ReadUntil(*fresh, "");
    BOOST_TEST(nothing == "");
    const auto used = f.Connect();
    const std::string text = co_await Converse(*used, Get());
    BOOST_TEST(text == Ok("GET / @a []"));
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(a_body_that_stops_coming_is_answered_with_408) {
  HttpFixture f;
  f.options.body_timeout = absl::Milliseconds(5);
  const auto talk = [&]() -> net::Task<void> {
    const auto stream = f.Connect();
    const std::string text = co_await Converse(*stream, Post("Content-Length: 5\r\n", "hel"));
    BOOST_TEST(text == "HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(empty_lines_between_requests_begin_none) {
  HttpFixture f;
  f.options.head_timeout = absl::Milliseconds(5);
  f.options.idle_timeout = absl::Milliseconds(50);
  const auto talk = [&]() -> net::Task<void> {
    const auto stream = f.Connect();
    const std::string text = co_await Converse(*stream, Post("Content-Length: 1\r\n", "x") + "\r\n");
    BOOST_TEST(text == Ok("POST /p @a [x]"));
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(a_client_that_stops_reading_loses_its_connection) {
  HttpFixture f;
  f.options.body_timeout = absl::Milliseconds(5);
  absl::Status status;
  net::Event ended(f.loop);
  bool done = false;
  f.handle = [&](Exchange& exchange) -> net::Task<void> {
    ResponseHead head;
    const std::string body(1 << 20, 'x');
    status = co_await exchange.SendWhole(std::move(head), body);
    done = true;
    ended.Notify();
  };
  const auto talk = [&]() -> net::Task<void> {
    const auto stream = f.Connect();
    (void)co_await stream->Write(Get());
    while (!done) co_await ended.Wait();
    BOOST_TEST(StatusIs(status, absl::StatusCode::kDeadlineExceeded));
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(a_handler_is_told_when_its_client_goes) {
  HttpFixture f;
  net::Event ended(f.loop);
  bool begun = false, noticed = false;
  f.handle = [&](Exchange& exchange) -> net::Task<void> {
    begun = true;
    ended.Notify();
    co_await f.UntilGone(exchange);
    noticed = true;
    ended.Notify();
  };
  const auto talk = [&]() -> net::Task<void> {
    const auto stream = f.Connect();
    (void)co_await stream->Write(Get());
    while (!begun) co_await ended.Wait();
    stream->Close();
    while (!noticed) co_await ended.Wait();
  };
  f.Run(talk());
  BOOST_TEST(noticed);
}

BOOST_AUTO_TEST_CASE(a_client_that_only_stops_sending_still_gets_its_answers) {
  HttpFixture f;
  const auto talk = [&]() -> net::Task<void> {
    const auto stream = f.Connect();
    (void)co_await stream->Write(Get() + Get("", "/two"));
    stream->ShutdownWrite();
    const std::string text = co_await ReadUntil(*stream, "");
    BOOST_TEST(text == Ok("GET / @a []") + Ok("GET /two @a []"));
  };
  f.Run(talk());
}

// A handler that answers when it is told to.
struct Held {
  explicit Held(net::Loop& loop) : changed(loop) {}
  void Set(bool& flag) {
    flag = true;
    changed.Notify();
  }
  net::Task<void> Until(const bool& flag) {
    while (!flag) co_await changed.Wait();
  }
  net::Event changed;
  bool begun = false, answer = false, gone = false;
};

BOOST_AUTO_TEST_CASE(a_client_that_only_stops_sending_is_waited_for_and_asked_whether_it_is_there) {
  HttpFixture f;
  Held held(f.loop);
  f.handle = [&](Exchange& exchange) -> net::Task<void> {
    exchange.OnGone([&held] { held.Set(held.gone); });
    co_await held.Until(held.answer);
    BOOST_TEST(!exchange.gone());
    ResponseHead head;
    (void)co_await exchange.SendWhole(std::move(head), "late");
  };
  const auto talk = [&]() -> net::Task<void> {
    const auto stream = f.Connect();
    (void)co_await stream->Write(Get());
    stream->ShutdownWrite();
    // The one byte that it is asked with belongs to the answer.
    const std::string first = co_await ReadUntil(*stream, "H");
    BOOST_TEST(first == "H");
    held.Set(held.answer);
    const std::string rest = co_await ReadUntil(*stream, "");
    BOOST_TEST(rest == "TTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nlate");
    BOOST_TEST(!held.gone);
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(a_client_that_stops_sending_amid_a_response_gets_the_rest_of_it) {
  HttpFixture f;
  Held held(f.loop);
  f.handle = [&](Exchange& exchange) -> net::Task<void> {
    ResponseHead head;
    (void)co_await exchange.SendHead(std::move(head), /*end=*/false);
    (void)co_await exchange.SendBody("one");
    co_await held.Until(held.answer);
    (void)co_await exchange.SendBody("two");
    Headers none;
    (void)co_await exchange.Finish(std::move(none));
  };
  const auto talk = [&]() -> net::Task<void> {
    const auto stream = f.Connect();
    (void)co_await stream->Write(Get());
    (void)co_await ReadUntil(*stream, "one\r\n");
    stream->ShutdownWrite();
    const std::string asked = co_await ReadUntil(*stream, "0");
    BOOST_TEST(asked == "0");
    held.Set(held.answer);
    const std::string rest = co_await ReadUntil(*stream, "");
    BOOST_TEST(rest == "3\r\ntwo\r\n0\r\n\r\n");
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(a_client_that_leaves_is_noticed_whatever_it_left_unread) {
  // Nothing; less than is read ahead; more than that.
  for (const size_t behind : {0, 1000, 300 << 10}) {
    HttpFixture f;
    Held held(f.loop);
    f.handle = [&](Exchange& exchange) -> net::Task<void> {
      held.Set(held.begun);
      co_await f.UntilGone(exchange);
      held.Set(held.gone);
    };
    const auto talk = [&]() -> net::Task<void> {
      const auto stream = f.Connect();
      const auto send = [&]() -> net::Task<void> { (void)co_await stream->Write(Get() + std::string(behind, 'G')); };
      f.loop.Spawn(send());
      co_await held.Until(held.begun);
      co_await f.loop.SleepFor(absl::Milliseconds(2));
      stream->Close();
      co_await held.Until(held.gone);
    };
    BOOST_TEST_CONTEXT(behind << " bytes behind the request") { f.Run(talk()); }
    BOOST_TEST(held.gone);
  }
}

BOOST_AUTO_TEST_CASE(half_a_request_is_answered_with_400_to_a_client_that_still_reads) {
  HttpFixture f;
  const auto talk = [&]() -> net::Task<void> {
    const auto stream = f.Connect();
    (void)co_await stream->Write(Post("Content-Length: 9\r\n", "half"));
    stream->ShutdownWrite();
    const std::string text = co_await ReadUntil(*stream, "");
    BOOST_TEST(text == "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
  };
  f.Run(talk());
}

net::Task<void> HintEarly(Exchange& exchange) {
  ResponseHead hints;
  hints.status = 103;
  hints.headers = {{"link", "</a.css>"}, {"connection", "link2"}, {"link2", "x"}, {"content-length", "9"}};
  BOOST_TEST(IsOk(co_await exchange.SendInterim(std::move(hints))));
  ResponseHead not_ours;
  not_ours.status = 100;
  BOOST_TEST(StatusIs(co_await exchange.SendInterim(std::move(not_ours)), absl::StatusCode::kInvalidArgument, "100"));
  ResponseHead head;
  (void)co_await exchange.SendWhole(std::move(head), "ok");
  ResponseHead late;
  late.status = 103;
  BOOST_TEST(StatusIs(co_await exchange.SendInterim(std::move(late)), absl::StatusCode::kFailedPrecondition));
}

BOOST_AUTO_TEST_CASE(interim_responses_reach_clients_that_know_them) {
  HttpFixture f;
  f.handle = &HintEarly;
  const auto talk = [&]() -> net::Task<void> {
    const auto stream = f.Connect();
    const std::string text = co_await Converse(*stream, Get(kClose));
    BOOST_TEST(text ==
               "HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\n"
               "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok");
    const auto old = f.Connect();
    const std::string plain = co_await Converse(*old, "GET / HTTP/1.0\r\n\r\n");
    BOOST_TEST(plain == "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok");
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(a_connection_has_so_many_requests_at_most) {
  HttpFixture f;
  f.options.requests_per_connection_max = 2;
  const auto talk = [&]() -> net::Task<void> {
    const auto stream = f.Connect();
    const std::string text = co_await Converse(*stream, Get() + Get() + Get());
    BOOST_TEST(text == Ok("GET / @a []") + Ok("GET / @a []", kSaysClose));
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(draining_ends_idle_connections_and_lets_requests_finish) {
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
    const auto idle = f.Connect();
    const auto busy = f.Connect();
    (void)co_await busy->Write(Get());
    while (!begun) co_await changed.Wait();
    const auto drain = [&]() -> net::Task<void> {
      co_await f.server().Drain(absl::InfiniteFuture());
      drained = true;
      changed.Notify();
    };
    f.loop.Spawn(drain());
    const std::string nothing = co_await ReadUntil(*idle, "");
    BOOST_TEST(nothing == "");
    BOOST_TEST(!drained);
    go_on = true;
    changed.Notify();
    const std::string text = co_await ReadUntil(*busy, "");
    BOOST_TEST(absl::EndsWith(text, "connection: close\r\n\r\ndone"), text);
    busy->Close();
    idle->Close();
    while (!drained) co_await changed.Wait();
    BOOST_TEST(f.server().connections() == 0);
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(draining_ends_at_its_deadline) {
  HttpFixture f;
  bool begun = false;
  net::Event changed(f.loop);
  f.handle = [&](Exchange& exchange) -> net::Task<void> {
    begun = true;
    changed.Notify();
    co_await f.UntilGone(exchange);
  };
  const auto talk = [&]() -> net::Task<void> {
    const auto stream = f.Connect();
    (void)co_await stream->Write(Get());
    while (!begun) co_await changed.Wait();
    const absl::Time deadline = f.loop.Now() + absl::Milliseconds(5);
    co_await f.server().Drain(deadline);
    BOOST_TEST(f.server().connections() == 0);
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(a_loop_that_ends_early_takes_its_connections_with_it) {
  HttpFixture f;
  f.handle = [&](Exchange& exchange) -> net::Task<void> {
    f.loop.Stop();
    co_await f.UntilGone(exchange);
  };
  const auto stream = f.Connect();
  const auto talk = [&]() -> net::Task<void> { (void)co_await stream->Write(Get()); };
  f.loop.Spawn(talk());
  f.loop.Run();
  BOOST_TEST(f.handled == 1);
}

}  // namespace
}  // namespace nubo::http
