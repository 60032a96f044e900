// HTTP/2: what the server makes of frames that no proper client sends.
#include <nghttp2/nghttp2.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/http/server.h"
#include "nubo/testing/memory_transport.h"
#include "nubo/testing/status_matchers.h"
#include "tests/http/h2_frames.h"
#include "tests/http/http_fixture.h"

namespace nubo::http {
namespace {

namespace data = boost::unit_test::data;
using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

// The client's end of a connection, frame by frame.
class Wire {
 public:
  explicit Wire(std::unique_ptr<net::Stream> stream) : stream_(std::move(stream)) {
    nghttp2_hd_inflate_new(&inflater_);
  }
  ~Wire() { nghttp2_hd_inflate_del(inflater_); }

  net::Task<void> Open() {
    const std::string bytes = kH2Preface + Frame(kH2Settings, 0, 0, "");
    co_await Send(bytes);
  }
  net::Task<void> Send(std::string bytes) { (void)co_await stream_->Write(bytes); }
  // The next frame; type 255 at the end of the connection.
  net::Task<H2Frame> Next() {
    H2Frame frame;
    char buffer[4096];
    while (!TakeFrame(bytes_, frame)) {
      const auto got = co_await stream_->Read(absl::MakeSpan(buffer));
      if (!got.ok() || *got == 0) {
        frame.type = 255;
        break;
      }
      bytes_.append(buffer, *got);
    }
    co_return frame;
  }
  // The next frame of a stream, or GOAWAY, or the end, as text: "431", "RESET 1", "GOAWAY 11", "END".
  net::Task<std::string> NextOf(uint32_t stream) {
    while (true) {
      const H2Frame frame = co_await Next();
      if (frame.type == 255) co_return "END";
      if (frame.type == kH2GoAway) co_return absl::StrCat("GOAWAY ", Code(frame.payload.substr(4)));
      if (frame.stream != stream || frame.type == kH2WindowUpdate) continue;
      if (frame.type == kH2Reset) co_return absl::StrCat("RESET ", Code(frame.payload));
      if (frame.type == kH2Headers) co_return Status(frame.payload);
      if (frame.type == kH2Data) co_return absl::StrCat("DATA ", frame.payload);
    }
  }
  net::Stream& stream() { return *stream_; }

 private:
  static uint32_t Code(const std::string& payload) {
    uint32_t code = 0;
    for (size_t i = 0; i < 4; ++i) code = code << 8 | static_cast<uint8_t>(payload[i]);
    return code;
  }
  std::string Status(const std::string& block) {
    std::string status;
    const auto* in = reinterpret_cast<const uint8_t*>(block.data());
    size_t left = block.size();
    while (true) {
      nghttp2_nv field;
      int flags = 0;
      const ssize_t used = nghttp2_hd_inflate_hd2(inflater_, &field, &flags, in, left, 1);
      BOOST_REQUIRE(used >= 0);
      in += used;
      left -= static_cast<size_t>(used);
      const bool emitted = (flags & NGHTTP2_HD_INFLATE_EMIT) != 0;
      const std::string name = emitted ? std::string(reinterpret_cast<char*>(field.name), field.namelen) : "";
      if (name == ":status") status.assign(reinterpret_cast<char*>(field.value), field.valuelen);
      if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) break;
    }
    nghttp2_hd_inflate_end_headers(inflater_);
    return status;
  }

  const std::unique_ptr<net::Stream> stream_;
  std::string bytes_;
  nghttp2_hd_inflater* inflater_ = nullptr;
};

H2FieldTable Request(H2FieldTable more = {}) {
  H2FieldTable fields = {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "a"}};
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}
H2FieldTable Pseudo(std::string method, std::string path, std::string authority, std::string scheme = "http") {
  return {{":method", method}, {":scheme", scheme}, {":path", path}, {":authority", authority}};
}
H2FieldTable Many(int count, const std::string& name, const std::string& value) {
  return H2FieldTable(static_cast<size_t>(count), {name, value});
}

struct Case {
  std::string name;
  H2FieldTable fields;
  std::string expected;
  friend std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.name; }
};

const std::vector<Case> kHeads = {
    {"plain", Request(), "200"},
    {"host_for_authority", {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {"host", "a"}}, "200"},
    {"host_like_authority", Request({{"host", "A"}}), "200"},
    {"crumbs", Request({{"cookie", "a=1"}, {"cookie", "b=2"}}), "200"},
    {"te_trailers", Request({{"te", "trailers"}}), "200"},
    {"options_star", Pseudo("OPTIONS", "*", "a"), "200"},
    {"fields_at_the_limit", Request(Many(200, "x", "y")), "200"},
    // Answered without being handled.
    {"host_other_than_authority", Request({{"host", "b"}}), "400"},
    {"user_in_authority", Pseudo("GET", "/", "u@a"), "400"},
    {"bad_port", Pseudo("GET", "/", "a:b"), "400"},
    {"backslash_in_path", Pseudo("GET", "/\\", "a"), "400"},
    {"connect", {{":method", "CONNECT"}, {":authority", "a:1"}}, "501"},
    {"too_many_fields", Request(Many(201, "x", "y")), "431"},
    {"too_long_a_field", Request({{"x", std::string(17 << 10, 'y')}}), "431"},
    {"too_large_a_head", Request(Many(10, "x", std::string(10 << 10, 'y'))), "431"},
    {"too_long_a_path", Pseudo("GET", "/" + std::string(17 << 10, 'y'), "a"), "431"},
    // Reset by nghttp2: PROTOCOL_ERROR.
    {"line_break_in_a_value", Request({{"x", "y\r\nz: 1"}}), "RESET 1"},
    {"nul_in_a_value", Request({{"x", std::string("y\0", 2)}}), "RESET 1"},
    {"line_break_in_the_path", Pseudo("GET", "/ HTTP/1.1\r\nx: y\r\n", "a"), "RESET 1"},
    {"space_in_the_path", Pseudo("GET", "/a b", "a"), "RESET 1"},
    {"line_break_in_the_method", Pseudo("GET / HTTP/1.1\r\n", "/", "a"), "RESET 1"},
    {"line_break_in_the_authority", Pseudo("GET", "/", "a\r\nx: y"), "RESET 1"},
    {"upper_case_name", Request({{"X", "y"}}), "RESET 1"},
    {"colon_in_a_name", Request({{"x:y", "z"}}), "RESET 1"},
    {"connection", Request({{"connection", "close"}}), "RESET 1"},
    {"transfer_encoding", Request({{"transfer-encoding", "chunked"}}), "RESET 1"},
    {"upgrade", Request({{"upgrade", "h2c"}}), "RESET 1"},
    {"te_gzip", Request({{"te", "gzip"}}), "RESET 1"},
    {"two_methods", Request({{":method", "GET"}}), "RESET 1"},
    {"pseudo_after_regular", {{":method", "GET"}, {":scheme", "http"}, {"x", "y"}, {":path", "/"}}, "RESET 1"},
    {"unknown_pseudo", Request({{":x", "y"}}), "RESET 1"},
    {"status_in_a_request", Request({{":status", "200"}}), "RESET 1"},
    {"no_path", {{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}}, "RESET 1"},
    {"no_authority", {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}}, "RESET 1"},
    {"relative_path", Pseudo("GET", "x", "a"), "RESET 1"},
    {"length_without_body", Request({{"content-length", "5"}}), "RESET 1"},
    {"two_lengths", Request({{"content-length", "0"}, {"content-length", "0"}}), "RESET 1"},
    {"signed_length", Request({{"content-length", "+0"}}), "RESET 1"},
};

BOOST_DATA_TEST_CASE(only_a_proper_head_is_handled, data::make(kHeads)) {
  HttpFixture f;
  const auto talk = [&]() -> net::Task<void> {
    Wire wire(f.Connect());
    co_await wire.Open();
    // HEADERS carry 16 KB a frame; the rest is CONTINUATION.
    constexpr size_t kFrameMax = 16 << 10;
    std::string block = HeaderBlock(sample.fields);
    std::string bytes;
    for (bool first = true; first || !block.empty(); first = false) {
      const std::string piece = block.substr(0, kFrameMax);
      block.erase(0, piece.size());
      const int flags = (block.empty() ? kH2EndHeaders : 0) | (first ? kH2EndStream : 0);
      bytes += Frame(first ? kH2Headers : kH2Continuation, static_cast<uint8_t>(flags), 1, piece);
    }
    co_await wire.Send(bytes);
    const std::string answer = co_await wire.NextOf(1);
    BOOST_TEST(answer == sample.expected);
    BOOST_TEST(f.handled == (sample.expected == "200" ? 1 : 0));
    // The connection is none the worse for it.
    const std::string block2 = HeaderBlock(Request());
    co_await wire.Send(Frame(kH2Headers, kH2EndHeaders | kH2EndStream, 3, block2));
    const std::string next = co_await wire.NextOf(3);
    BOOST_TEST(next == "200");
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(trailers_past_the_limit_reset_the_stream) {
  HttpFixture f;
  const auto talk = [&]() -> net::Task<void> {
    Wire wire(f.Connect());
    co_await wire.Open();
    const std::string head = HeaderBlock(Request());
    const std::string trailers = HeaderBlock(Many(300, "x", "y"));
    co_await wire.Send(Frame(kH2Headers, kH2EndHeaders, 1, head) +
                       Frame(kH2Headers, kH2EndHeaders | kH2EndStream, 1, trailers));
    const std::string answer = co_await wire.NextOf(1);
    BOOST_TEST(absl::StartsWith(answer, "RESET "), answer);
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(a_flood_of_pings_that_reads_no_answers_is_cut_off) {
  HttpFixture f;
  const auto talk = [&]() -> net::Task<void> {
    Wire wire(f.Connect());
    co_await wire.Open();
    std::string flood;
    for (int i = 0; i < 1000; ++i) flood += Frame(kH2Ping, 0, 0, std::string(8, 'p'));
    absl::Status status;
    for (int i = 0; i < 200 && status.ok(); ++i) status = co_await wire.stream().Write(flood);
    BOOST_TEST(StatusIs(status, absl::StatusCode::kAborted));
    while (f.server().connections() > 0) co_await f.loop.SleepFor(absl::Milliseconds(1));
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(a_flood_of_settings_that_reads_no_answers_is_cut_off) {
  HttpFixture f;
  const auto talk = [&]() -> net::Task<void> {
    Wire wire(f.Connect());
    co_await wire.Open();
    std::string flood;
    for (int i = 0; i < 1000; ++i) flood += Frame(kH2Settings, 0, 0, "");
    absl::Status status;
    for (int i = 0; i < 200 && status.ok(); ++i) status = co_await wire.stream().Write(flood);
    BOOST_TEST(StatusIs(status, absl::StatusCode::kAborted));
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(streams_that_the_client_makes_fail_count_as_resets) {
  HttpFixture f;
  f.options.resets_per_second_max = 1;
  f.handle = [&](Exchange& exchange) -> net::Task<void> { co_await f.UntilGone(exchange); };
  const auto talk = [&]() -> net::Task<void> {
    Wire wire(f.Connect());
    co_await wire.Open();
    const std::string block = HeaderBlock(Request());
    std::string flood;
    for (uint32_t id = 1; id < 200; id += 2) {
      flood += Frame(kH2Headers, kH2EndHeaders | kH2EndStream, id, block);
      // A window beyond 2^31 - 1 is an error that the server must answer with RST_STREAM.
      flood += Frame(kH2WindowUpdate, 0, id, Number(0x7fffffff, 4));
    }
    co_await wire.Send(flood);
    std::string last;
    while (last != "END" && !absl::StartsWith(last, "GOAWAY")) last = co_await wire.NextOf(0);
    BOOST_TEST(last == absl::StrCat("GOAWAY ", static_cast<int>(NGHTTP2_ENHANCE_YOUR_CALM)));
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(a_flood_of_continuations_is_cut_off) {
  HttpFixture f;
  const auto talk = [&]() -> net::Task<void> {
    Wire wire(f.Connect());
    co_await wire.Open();
    const std::string block = HeaderBlock(Request());
    co_await wire.Send(Frame(kH2Headers, 0, 1, block));
    const std::string more = Frame(kH2Continuation, 0, 1, HeaderBlock({{"x", std::string(1000, 'y')}}));
    absl::Status status;
    for (int i = 0; i < 10000 && status.ok(); ++i) status = co_await wire.stream().Write(more);
    BOOST_TEST(StatusIs(status, absl::StatusCode::kAborted));
    BOOST_TEST(f.handled == 0);
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(large_heads_of_one_connection_are_bounded_together) {
  HttpFixture f;
  f.handle = [&f](Exchange& exchange) { return f.UntilGone(exchange); };
  const auto talk = [&]() -> net::Task<void> {
    Wire wire(f.Connect());
    co_await wire.Open();
    H2FieldTable fields = {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "a"}};
    for (int i = 0; i < 4; ++i) fields.emplace_back("x", std::string(15 << 10, 'x'));
    const std::string block = HeaderBlock(fields);
    // 60 KiB each: the seventeenth is beyond a MiB, and may be sent again elsewhere.
    for (uint32_t i = 0; i < 17; ++i) {
      const uint32_t stream = 2 * i + 1;
      std::string bytes = Frame(kH2Headers, kH2EndStream, stream, block.substr(0, 16 << 10));
      for (size_t at = 16 << 10; at < block.size(); at += 16 << 10) {
        const bool last = at + (16 << 10) >= block.size();
        bytes += Frame(kH2Continuation, last ? kH2EndHeaders : 0, stream, block.substr(at, 16 << 10));
      }
      co_await wire.Send(bytes);
    }
    BOOST_TEST((co_await wire.NextOf(33)) == "RESET 7");
    BOOST_TEST(f.handled == 16);
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(half_a_head_does_not_hold_a_connection) {
  HttpFixture f;
  f.options.idle_timeout = absl::Milliseconds(5);
  const auto talk = [&]() -> net::Task<void> {
    Wire wire(f.Connect());
    co_await wire.Open();
    co_await wire.Send(Frame(kH2Headers, 0, 1, HeaderBlock(Request())));
    std::string last;
    while (last != "END") last = co_await wire.NextOf(1);
    while (f.server().connections() > 0) co_await f.loop.SleepFor(absl::Milliseconds(1));
  };
  f.Run(talk());
  BOOST_TEST(f.handled == 0);
}

BOOST_AUTO_TEST_CASE(a_broken_frame_ends_the_connection_with_a_reason) {
  HttpFixture f;
  const auto talk = [&]() -> net::Task<void> {
    Wire wire(f.Connect());
    co_await wire.Open();
    // DATA on a stream that was never opened.
    co_await wire.Send(Frame(kH2Data, 0, 1, "x"));
    const std::string answer = co_await wire.NextOf(1);
    BOOST_TEST(answer == absl::StrCat("GOAWAY ", static_cast<int>(NGHTTP2_PROTOCOL_ERROR)));
    const std::string end = co_await wire.NextOf(1);
    BOOST_TEST(end == "END");
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(small_frames_come_as_few_pieces) {
  HttpFixture f;
  int pieces = 0;
  size_t bytes = 0;
  bool go_on = false;
  net::Event changed(f.loop);
  f.handle = [&](Exchange& exchange) -> net::Task<void> {
    while (!go_on) co_await changed.Wait();
    while (true) {
      const auto piece = co_await exchange.ReadBody();
      if (!piece.ok() || !piece->has_value()) break;
      ++pieces;
      bytes += (*piece)->size();
    }
    ResponseHead head;
    (void)co_await exchange.SendWhole(std::move(head), "");
  };
  const auto talk = [&]() -> net::Task<void> {
    Wire wire(f.Connect());
    co_await wire.Open();
    const std::string block = HeaderBlock(Request());
    std::string upload = Frame(kH2Headers, kH2EndHeaders, 1, block);
    for (int i = 0; i < 20000; ++i) upload += Frame(kH2Data, 0, 1, "x");
    upload += Frame(kH2Data, kH2EndStream, 1, "");
    co_await wire.Send(upload);
    go_on = true;
    changed.Notify();
    const std::string answer = co_await wire.NextOf(1);
    BOOST_TEST(answer == "200");
    BOOST_TEST(bytes == 20000u);
    BOOST_TEST(pieces <= 8);
  };
  f.Run(talk());
}

BOOST_AUTO_TEST_CASE(a_request_on_its_way_when_draining_begins_is_handled) {
  HttpFixture f;
  const auto talk = [&]() -> net::Task<void> {
    Wire wire(f.Connect());
    co_await wire.Open();
    const std::string block = HeaderBlock(Request());
    co_await wire.Send(Frame(kH2Headers, kH2EndHeaders | kH2EndStream, 1, block));
    const std::string first = co_await wire.NextOf(1);
    BOOST_TEST(first == "200");
    const auto drain = [&]() -> net::Task<void> { co_await f.server().Drain(absl::InfiniteFuture()); };
    f.loop.Spawn(drain());
    const std::string warning = co_await wire.NextOf(3);
    BOOST_TEST(warning == "GOAWAY 0");
    co_await wire.Send(Frame(kH2Headers, kH2EndHeaders | kH2EndStream, 3, block));
    const std::string second = co_await wire.NextOf(3);
    BOOST_TEST(second == "200");
    co_await wire.Send(Frame(kH2Ping, kH2Ack, 0, std::string(8, '\0')));
    std::string last;
    while (last != "END") last = co_await wire.NextOf(0);
  };
  f.Run(talk());
  BOOST_TEST(f.handled == 2);
}

// RFC 9110 §10.1.1: who expects it is told once, as soon as somebody wants the body.
net::Task<void> ExpectContinue(HttpFixture& f) {
  Wire wire(f.Connect());
  co_await wire.Open();
  const H2FieldTable fields = {{":method", "POST"}, {":scheme", "http"},        {":path", "/"},
                               {":authority", "a"}, {"expect", "100-continue"}, {"content-length", "2"}};
  co_await wire.Send(Frame(kH2Headers, kH2EndHeaders, 1, HeaderBlock(fields)));
  BOOST_TEST((co_await wire.NextOf(1)) == "100");
  co_await wire.Send(Frame(kH2Data, kH2EndStream, 1, "hi"));
  BOOST_TEST((co_await wire.NextOf(1)) == "200");
  // Who does not expect it is not told.
  const H2FieldTable plain = {{":method", "POST"}, {":scheme", "http"}, {":path", "/"}, {":authority", "a"}};
  co_await wire.Send(Frame(kH2Headers, kH2EndHeaders, 3, HeaderBlock(plain)));
  co_await wire.Send(Frame(kH2Data, kH2EndStream, 3, "hi"));
  BOOST_TEST((co_await wire.NextOf(3)) == "200");
}

BOOST_AUTO_TEST_CASE(a_client_that_waits_to_be_told_is_told) {
  HttpFixture f;
  f.Run(ExpectContinue(f));
}

}  // namespace
}  // namespace nubo::http
