#include "tests/http/http_fixture.h"

#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::http {

using ::nubo::testing::IsOk;

namespace {

// Far more than any test needs; only a fault makes one wait so long.
constexpr absl::Duration kTestTimeout = absl::Seconds(30);

}  // namespace

HttpFixture::HttpFixture() = default;
HttpFixture::~HttpFixture() = default;

net::Task<void> HttpFixture::Handle(Exchange& exchange) {
  ++handled;
  co_await handle(exchange);
}

Server& HttpFixture::server() {
  if (server_ == nullptr) server_ = std::make_unique<Server>(loop, *this, options);
  return *server_;
}

std::unique_ptr<net::Stream> HttpFixture::Connect(const testing::MemoryStreamOptions& transport) {
  auto [near, far] = testing::MemoryStreamPair(loop, transport);
  loop.Spawn(server().ServeStream(std::move(far)));
  return std::move(near);
}

std::shared_ptr<ClientConnection> HttpFixture::ConnectClient(Version version,
                                                             const testing::MemoryStreamOptions& transport) {
  return StartClient(loop, Connect(transport), version, ClientOptions{});
}

net::Task<void> HttpFixture::RunToEnd(net::Task<void> task) {
  try {
    co_await std::move(task);
  } catch (...) {
    // A BOOST_REQUIRE that failed; it has been reported.
  }
  const absl::Time now = loop.Now();
  co_await server().Drain(now);
  loop.Stop();
}

net::Task<void> HttpFixture::Watch() {
  co_await loop.SleepFor(kTestTimeout);
  BOOST_ERROR("the test did not end in time");
  loop.Stop();
}

void HttpFixture::Run(net::Task<void> task) {
  loop.Spawn(Watch());
  loop.Spawn(RunToEnd(std::move(task)));
  loop.Run();
}

net::Task<void> HttpFixture::Describe(Exchange& exchange) {
  const absl::StatusOr<std::string> body = co_await ReadWholeBody(exchange, 64 << 20);
  if (!body.ok()) co_return;
  const RequestHead& head = exchange.head();
  ResponseHead response;
  response.headers = {{"x", "y"}};
  const std::string text = absl::StrCat(head.method, " ", head.path, " @", head.authority, " [", *body, "]");
  if (exchange.trailers().empty()) {
    (void)co_await exchange.SendWhole(std::move(response), text);
    co_return;
  }
  (void)co_await exchange.SendHead(std::move(response), /*end=*/false);
  (void)co_await exchange.SendBody(text);
  Headers trailers = exchange.trailers();
  (void)co_await exchange.Finish(std::move(trailers));
}

net::Task<void> HttpFixture::Echo(Exchange& exchange) {
  ResponseHead response;
  if (!(co_await exchange.SendHead(std::move(response), /*end=*/false)).ok()) co_return;
  while (true) {
    const absl::StatusOr<std::optional<std::string>> piece = co_await exchange.ReadBody();
    if (!piece.ok()) co_return;
    if (!piece->has_value()) break;
    if (!(co_await exchange.SendBody(**piece)).ok()) co_return;
  }
  Headers trailers = exchange.trailers();
  (void)co_await exchange.Finish(std::move(trailers));
}

net::Task<void> HttpFixture::UntilGone(Exchange& exchange) {
  net::Event gone(loop);
  exchange.OnGone([&gone] { gone.Notify(); });
  while (!exchange.gone()) co_await gone.Wait();
  exchange.OnGone(nullptr);
}

net::Task<std::string> ReadUntil(net::Stream& stream, std::string end) {
  std::string text;
  char buffer[4096];
  while (end.empty() || !absl::StrContains(text, end)) {
    const absl::StatusOr<size_t> got = co_await stream.Read(absl::MakeSpan(buffer));
    if (!got.ok()) co_return absl::StrCat(text, "<", absl::StatusCodeToString(got.status().code()), ">");
    if (*got == 0) break;
    text.append(buffer, *got);
  }
  co_return text;
}

net::Task<std::string> Converse(net::Stream& stream, std::string bytes) {
  const absl::Status written = co_await stream.Write(bytes);
  if (!written.ok()) co_return written.ToString();
  co_return co_await ReadUntil(stream, "");
}

net::Task<std::string> ReadAll(ClientExchange& exchange) {
  std::string body;
  while (true) {
    const absl::StatusOr<std::optional<std::string>> piece = co_await exchange.ReadBody();
    BOOST_REQUIRE(IsOk(piece));
    if (!piece->has_value()) co_return body;
    body += **piece;
  }
}

net::Task<std::string> Ask(ClientConnection& connection, std::string method, std::string path, std::string body) {
  const std::unique_ptr<ClientExchange> exchange = connection.Open();
  BOOST_REQUIRE(exchange != nullptr);
  RequestHead head;
  head.method = method;
  head.path = path;
  head.authority = "a";
  const absl::Status sent = co_await exchange->SendHead(std::move(head), body.empty());
  BOOST_REQUIRE(IsOk(sent));
  if (!body.empty()) {
    const absl::Status status = co_await exchange->SendBody(body);
    BOOST_REQUIRE(IsOk(status));
    Headers none;
    const absl::Status finished = co_await exchange->Finish(std::move(none));
    BOOST_REQUIRE(IsOk(finished));
  }
  const absl::StatusOr<ResponseHead> response = co_await exchange->ReadHead();
  BOOST_REQUIRE(IsOk(response));
  const std::string text = co_await ReadAll(*exchange);
  co_return absl::StrCat(response->status, " ", text);
}

}  // namespace nubo::http
