// The console's API behind real HTTP: who may ask, who may change, and what becomes of wrong words.
#include "nubo/console/console.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/awaitable.hpp>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/http/fetch.h"
#include "nubo/net/stream.h"

namespace nubo::console {
namespace {

constexpr char kToken[] = "0123456789abcdef0123456789abcdef";

class FakeRegion final : public Region {
 public:
  absl::StatusOr<std::string> Snapshot() override {
    std::lock_guard lock(mutex_);
    if (gone_) return absl::UnavailableError("no region is running in \"/tmp/x\"");
    return absl::StrCat("{\"snapshot\":", ++snapshots_, "}\n");
  }
  absl::StatusOr<std::string> Describe(const std::string& id) override {
    if (id == "gone") return absl::NotFoundError("there is no \"gone\"");
    return absl::StrCat("{\"id\":\"", id, "\"}");
  }
  absl::StatusOr<std::string> Log(const std::string& id) override {
    if (id == "slow") held_.get_future().wait();
    return "log of " + id;
  }
  absl::Status Kill(const std::string& id) override { return Did("kill " + id); }
  absl::Status Terminate(const std::string& id) override { return Did("terminate " + id); }
  absl::Status SetDesired(const std::string& group, int desired) override {
    if (desired > 4) return absl::InvalidArgumentError("above max value 4");
    return Did(absl::StrCat("size ", group, " ", desired));
  }
  // Lets the log of "slow" be read.
  void Release() { held_.set_value(); }
  void End() {
    std::lock_guard lock(mutex_);
    gone_ = true;
  }
  std::string done() {
    std::lock_guard lock(mutex_);
    return done_;
  }

 private:
  absl::Status Did(const std::string& what) {
    std::lock_guard lock(mutex_);
    done_ = what;
    return absl::OkStatus();
  }
  std::promise<void> held_;
  std::mutex mutex_;
  // Guarded by mutex_:
  std::string done_;
  int snapshots_ = 0;
  bool gone_ = false;
};

// A browser's connection that is read as it comes: nothing is waited for but what the console sends.
class Connection {
 public:
  Connection(const net::SocketAddress& to, absl::string_view token) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(to.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    BOOST_REQUIRE(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    const std::string request = absl::StrCat("GET /api/stream HTTP/1.1\r\nhost: ", to.ToString(),
                                             "\r\nauthorization: Bearer ", token, "\r\n\r\n");
    BOOST_REQUIRE(::send(fd_, request.data(), request.size(), 0) == static_cast<ssize_t>(request.size()));
  }
  ~Connection() { ::close(fd_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // All that came, up to the first `text` that was not there before.
  const std::string& ReadUntil(absl::string_view text) {
    while (!absl::StrContains(read_, text)) {
      char block[4096];
      const ssize_t got = ::recv(fd_, block, sizeof block, 0);
      BOOST_REQUIRE_MESSAGE(got > 0, "no " << text << " in " << read_);
      read_.append(block, got);
    }
    return read_;
  }

 private:
  const int fd_;
  std::string read_;
};

struct Page {
  Page() {
    char name[] = "/tmp/nubo-console-XXXXXX";
    BOOST_REQUIRE(mkdtemp(name) != nullptr);
    path = name;
    std::ofstream(path + "/index.html") << "<!doctype html><title>console</title>";
  }
  ~Page() { std::filesystem::remove_all(path); }
  std::string path;
};

struct Fixture {
  Page page;
  FakeRegion region;
  http::StaticFiles files = *http::StaticFiles::Load(page.path, {});
  net::Loop loop;
  std::unique_ptr<net::Listener> listener = *net::ListenTcp(loop, *net::SocketAddress::Parse("127.0.0.1:0"));
  net::SocketAddress address = listener->local();
  Console console{
      loop,
      region,
      files,
      {.token = kToken, .address = address, .streams_max = 1, .calls_max = 1, .interval = absl::Milliseconds(5)}};
  http::Server server{loop, console, {}};
  std::thread runner;

  Fixture() {
    loop.Spawn(server.Serve(std::move(listener)));
    runner = std::thread([this] { loop.Run(); });
  }
  ~Fixture() {
    loop.Stop();
    runner.join();
  }

  net::Task<void> FetchInto(http::RequestHead head, std::string body,
                            std::promise<absl::StatusOr<http::Response>>& out) {
    const http::FetchOptions options{.timeout = absl::Seconds(20)};
    out.set_value(co_await http::Fetch(loop, address, std::move(head), std::move(body), options));
  }

  http::RequestHead Head(const std::string& method, const std::string& path) const {
    http::RequestHead head{.method = method, .authority = address.ToString(), .path = path};
    head.headers.Set("authorization", absl::StrCat("Bearer ", kToken));
    if (method == "POST") head.headers.Set("origin", "http://" + address.ToString());
    return head;
  }

  http::Response Send(http::RequestHead head, const std::string& body = "") {
    if (!body.empty()) head.headers.Set("content-length", absl::StrCat(body.size()));
    std::promise<absl::StatusOr<http::Response>> promise;
    loop.Post([&] { loop.Spawn(FetchInto(std::move(head), body, promise)); });
    absl::StatusOr<http::Response> response = promise.get_future().get();
    BOOST_REQUIRE_MESSAGE(response.ok(), response.status().ToString());
    const http::Headers& headers = response->head.headers;
    BOOST_TEST(headers.Get("x-frame-options").value_or("") == "DENY");
    BOOST_TEST(headers.Get("cache-control").value_or("") == "no-store");
    BOOST_TEST(!headers.Has("access-control-allow-origin"));
    return *std::move(response);
  }
  int Status(http::RequestHead head, const std::string& body = "") { return Send(std::move(head), body).head.status; }
};

BOOST_FIXTURE_TEST_SUITE(console, Fixture)

BOOST_AUTO_TEST_CASE(the_page_is_served_and_keeps_no_secret) {
  http::RequestHead head = Head("GET", "/");
  head.headers.Remove("authorization");
  const http::Response response = Send(head);
  BOOST_TEST(response.head.status == 200);
  BOOST_TEST(!response.head.headers.Has("set-cookie"));
  BOOST_TEST(!absl::StrContains(response.body, kToken));
}

BOOST_AUTO_TEST_CASE(nothing_is_told_or_changed_without_the_token) {
  for (const std::string& path : {std::string("/api/describe/i-1"), std::string("/api/log/i-1"),
                                  std::string("/api/stream"), std::string("/api/nothing"), std::string("/api/")}) {
    http::RequestHead head = Head("GET", path);
    for (const std::string& wrong :
         {std::string(), std::string("Bearer"), std::string("Bearer "), std::string("Bearer 0123"),
          absl::StrCat("Bearer ", kToken, "x"), absl::StrCat("Basic ", kToken), std::string(kToken)}) {
      head.headers.Set("authorization", wrong);
      BOOST_TEST(Status(head) == 401, path << " " << wrong);
    }
    head.headers.Remove("authorization");
    const http::Response response = Send(head);
    BOOST_TEST(response.head.status == 401, path);
    BOOST_TEST(absl::StartsWith(response.head.headers.Get("www-authenticate").value_or(""), "Bearer"));
    // What other servers of this machine could learn or set is no key.
    head.headers.Set("cookie", absl::StrCat("token=", kToken, "; authorization=Bearer ", kToken));
    head.path = absl::StrCat(path, "?token=", kToken);
    BOOST_TEST(Status(head) == 401, path);
  }
  http::RequestHead kill = Head("POST", "/api/kill");
  kill.headers.Remove("authorization");
  BOOST_TEST(Status(kill, R"({"id":"i-1"})") == 401);
  BOOST_TEST(region.done() == "");
}

// A name of somebody else's that leads to 127.0.0.1 (DNS rebinding).
BOOST_AUTO_TEST_CASE(only_its_own_address_is_served) {
  for (const std::string& host : {std::string("evil.example"), absl::StrCat("evil.example:", address.port),
                                  std::string("127.0.0.1"), std::string("127.0.0.1:1")}) {
    http::RequestHead head = Head("GET", "/api/describe/i-1");
    head.authority = host;
    BOOST_TEST(Status(head) == 403, host);
  }
  http::RequestHead head = Head("GET", "/api/describe/i-1");
  head.authority = absl::StrCat("localhost:", address.port);
  BOOST_TEST(Status(head) == 200);
}

// The token alone is not enough for a page of another port of this machine.
BOOST_AUTO_TEST_CASE(another_page_can_neither_ask_nor_change) {
  for (const char* path : {"/api/describe/i-1", "/api/stream"}) {
    for (const char* site : {"cross-site", "same-site", "none"}) {
      http::RequestHead head = Head("GET", path);
      head.headers.Set("sec-fetch-site", site);
      BOOST_TEST(Status(head) == 403, path << " " << site);
    }
  }
  for (const std::string& origin : {std::string("http://evil.example"), std::string("null"),
                                    std::string("http://127.0.0.1:1"), absl::StrCat("https://", address.ToString())}) {
    http::RequestHead head = Head("POST", "/api/kill");
    head.headers.Set("origin", origin);
    BOOST_TEST(Status(head, R"({"id":"i-1"})") == 403, origin);
  }
  BOOST_TEST(region.done() == "");
}

BOOST_AUTO_TEST_CASE(snapshots_come_one_after_the_other) {
  Connection page(address, kToken);
  const std::string& read = page.ReadUntil("data: {\"snapshot\":3}\n\n");
  BOOST_TEST(absl::StrContains(read, "content-type: text/event-stream\r\n"), read);
  BOOST_TEST(absl::StrContains(read, "data: {\"snapshot\":1}\n\n"), read);
  region.End();
  page.ReadUntil("event: problem\ndata: {\"message\":\"no region is running in \\\"/tmp/x\\\"\"}\n\n");
}

BOOST_AUTO_TEST_CASE(as_many_pages_as_allowed_and_then_again) {
  {
    Connection first(address, kToken);
    first.ReadUntil("snapshot");
    const http::Response refused = Send(Head("GET", "/api/stream"));
    BOOST_TEST(refused.head.status == 503);
    BOOST_TEST(refused.body == R"({"error":{"message":"more than 1 pages are open"}})");
  }
  // The console notices that the first has gone when it next sends to it.
  while (Status(Head("GET", "/api/describe/i-1")) == 200) {
    Connection next(address, kToken);
    const std::string& read = next.ReadUntil("\r\n");
    if (absl::StartsWith(read, "HTTP/1.1 200")) return;
    BOOST_TEST(absl::StartsWith(read, "HTTP/1.1 503"), read);
  }
  BOOST_FAIL("the console did not go on");
}

BOOST_AUTO_TEST_CASE(as_many_calls_at_once_as_allowed) {
  std::promise<absl::StatusOr<http::Response>> promise;
  loop.Post([&] { loop.Spawn(FetchInto(Head("GET", "/api/log/slow"), "", promise)); });
  // The call before is under way once one more is refused.
  http::Response refused = Send(Head("GET", "/api/describe/i-1"));
  while (refused.head.status == 200) refused = Send(Head("GET", "/api/describe/i-1"));
  BOOST_TEST(refused.head.status == 503);
  BOOST_TEST(absl::StrContains(refused.body, "too many calls"), refused.body);
  region.Release();
  const absl::StatusOr<http::Response> slow = promise.get_future().get();
  BOOST_REQUIRE(slow.ok());
  BOOST_TEST(slow->body == "log of slow");
  BOOST_TEST(Status(Head("GET", "/api/describe/i-1")) == 200);
}

BOOST_AUTO_TEST_CASE(changes_are_made) {
  BOOST_TEST(Status(Head("POST", "/api/kill"), R"({"id":"i-1"})") == 200);
  BOOST_TEST(region.done() == "kill i-1");
  BOOST_TEST(Status(Head("POST", "/api/terminate"), R"({"id":"i-2"})") == 200);
  BOOST_TEST(region.done() == "terminate i-2");
  BOOST_TEST(Status(Head("POST", "/api/set-desired"), R"({"id":"web","desired":3})") == 200);
  BOOST_TEST(region.done() == "size web 3");
}

BOOST_AUTO_TEST_CASE(wrong_words_change_nothing) {
  struct Case {
    const char *path, *body;
    int status;
  };
  const std::string large = absl::StrCat("{\"id\":\"", std::string(5000, 'a'), "\"}");
  const Case cases[] = {
      {"/api/kill", "", 400},
      {"/api/kill", "[]", 400},
      {"/api/kill", "{", 400},
      {"/api/kill", R"({"id":7})", 400},
      {"/api/kill", R"({"id":"a b"})", 400},
      {"/api/kill", R"({"id":"../../x?y"})", 400},
      {"/api/kill", large.c_str(), 413},
      {"/api/set-desired", R"({"id":"web"})", 400},
      {"/api/set-desired", R"({"id":"web","desired":-1})", 400},
      {"/api/set-desired", R"({"id":"web","desired":1.5})", 400},
      {"/api/set-desired", R"({"id":"web","desired":99999})", 400},
      {"/api/set-desired", R"({"id":"web","desired":5})", 400},
      {"/api/format", R"({"id":"disk"})", 404},
  };
  for (const Case& c : cases) BOOST_TEST(Status(Head("POST", c.path), c.body) == c.status, c.path << " " << c.body);
  BOOST_TEST(region.done() == "");
}

BOOST_AUTO_TEST_CASE(things_are_described_and_their_logs_read) {
  BOOST_TEST(Send(Head("GET", "/api/describe/todo/Database")).body == R"({"id":"todo/Database"})");
  const std::string arn = "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/web/1";
  BOOST_TEST(Send(Head("GET", "/api/describe/" + arn)).body == absl::StrCat("{\"id\":\"", arn, "\"}"));
  BOOST_TEST(Send(Head("GET", "/api/log/i-1")).body == "log of i-1");
  BOOST_TEST(Status(Head("GET", "/api/describe/gone")) == 404);
  BOOST_TEST(absl::StrContains(Send(Head("GET", "/api/describe/gone")).body, "there is no"));
  BOOST_TEST(Status(Head("GET", "/api/describe/a%20b")) == 400);
  BOOST_TEST(Status(Head("GET", "/api/describe/")) == 400);
  BOOST_TEST(Status(Head("GET", "/api/nothing")) == 404);
  BOOST_TEST(Status(Head("DELETE", "/api/describe/i-1")) == 405);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::console
