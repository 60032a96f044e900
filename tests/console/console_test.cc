// The console's API behind real HTTP: who may ask, who may change, and what becomes of wrong words.
#include "nubo/console/console.h"

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
  absl::StatusOr<std::string> Snapshot() override { return std::string("{\"instances\":1}\n"); }
  absl::StatusOr<std::string> Describe(const std::string& id) override {
    if (id == "gone") return absl::NotFoundError("there is no \"gone\"");
    return absl::StrCat("{\"id\":\"", id, "\"}");
  }
  absl::StatusOr<std::string> Log(const std::string& id) override { return "log of " + id; }
  absl::Status Kill(const std::string& id) override { return Did("kill " + id); }
  absl::Status Terminate(const std::string& id) override { return Did("terminate " + id); }
  absl::Status SetDesired(const std::string& group, int desired) override {
    if (desired > 4) return absl::InvalidArgumentError("above max value 4");
    return Did(absl::StrCat("size ", group, " ", desired));
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
  std::mutex mutex_;
  std::string done_;  // guarded by mutex_
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
  Console console{loop, region, files, {.token = kToken, .address = address, .streams_max = 1}};
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
    head.headers.Set("cookie", absl::StrCat("other=1; nubo_console_", address.port, "=", kToken));
    if (method == "POST") {
      head.headers.Set("origin", "http://" + address.ToString());
      head.headers.Set("x-nubo-console", "1");
    }
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

BOOST_AUTO_TEST_CASE(the_token_becomes_a_cookie_that_stays_here) {
  http::RequestHead head = Head("GET", absl::StrCat("/?token=", kToken));
  head.headers.Remove("cookie");
  const http::Response response = Send(head);
  BOOST_TEST(response.head.status == 303);
  BOOST_TEST(response.head.headers.Get("location").value_or("") == "/");
  const std::string cookie(response.head.headers.Get("set-cookie").value_or(""));
  BOOST_TEST(cookie == absl::StrCat("nubo_console_", address.port, "=", kToken, "; Path=/; HttpOnly; SameSite=Strict"));
}

BOOST_AUTO_TEST_CASE(nothing_is_told_without_the_token) {
  for (const std::string& path :
       {std::string("/"), std::string("/api/describe/i-1"), std::string("/api/stream"), std::string("/?token="),
        std::string("/?token=wrong"), absl::StrCat("/?token=", kToken, "x")}) {
    http::RequestHead head = Head("GET", path);
    head.headers.Remove("cookie");
    BOOST_TEST(Status(head) == 403, path);
    head.headers.Set("cookie", absl::StrCat("nubo_console_", address.port, "=0123"));
    BOOST_TEST(Status(head) == 403, path);
  }
  BOOST_TEST(Status(Head("GET", "/")) == 200);
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

BOOST_AUTO_TEST_CASE(another_site_can_neither_ask_nor_change) {
  for (const char* site : {"cross-site", "same-site", "none"}) {
    http::RequestHead head = Head("GET", "/api/describe/i-1");
    head.headers.Set("sec-fetch-site", site);
    BOOST_TEST(Status(head) == 403, site);
  }
  const std::string body = R"({"id":"i-1"})";
  http::RequestHead no_origin = Head("POST", "/api/kill"), other = no_origin, no_header = no_origin;
  no_origin.headers.Remove("origin");
  other.headers.Set("origin", "http://evil.example");
  no_header.headers.Remove("x-nubo-console");
  for (const http::RequestHead& head : {no_origin, other, no_header}) BOOST_TEST(Status(head, body) == 403);
  BOOST_TEST(region.done() == "");
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
