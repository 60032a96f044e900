// The frontend behind real HTTP, in front of a scripted backend behind real gRPC; both on loopback ports.
#include "examples/todo/frontend/frontend.h"

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/test/unit_test.hpp>
#include <deque>
#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "examples/todo/frontend/backend_client.h"
#include "examples/todo/frontend/static_files.h"
#include "nubo/examples/todo/v1/todo.grpc.pb.h"
#include "nubo/http/fetch.h"
#include "nubo/http/server.h"
#include "nubo/net/loop.h"
#include "nubo/net/stream.h"

namespace nubo::examples::todo {
namespace {

using Json = nlohmann::json;
using Code = grpc::StatusCode;

// A backend that answers what it is told to: per method a queue of statuses, and OK when the queue is empty. It keeps
// the last request of each method and the session it came with.
class ScriptedBackend final : public v1::AccountService::Service, public v1::TodoService::Service {
 public:
  ScriptedBackend() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(static_cast<v1::AccountService::Service*>(this));
    builder.RegisterService(static_cast<v1::TodoService::Service*>(this));
    server_ = builder.BuildAndStart();
  }
  ~ScriptedBackend() override { Stop(); }

  net::SocketAddress address() const { return *net::SocketAddress::Parse(absl::StrCat("127.0.0.1:", port_)); }
  void Stop() { server_->Shutdown(std::chrono::system_clock::now()); }

  void Fail(const std::string& method, Code code, int times = 1) {
    std::lock_guard lock(mutex_);
    for (int i = 0; i < times; ++i) script_[method].push_back(grpc::Status(code, "scripted"));
  }
  int calls(const std::string& method) {
    std::lock_guard lock(mutex_);
    return calls_[method];
  }
  std::string token() {
    std::lock_guard lock(mutex_);
    return token_;
  }

  v1::SignUpRequest sign_up;
  v1::ListTodosRequest list;
  v1::AddTodoRequest add;
  v1::EditTodoRequest edit;
  v1::DeleteTodoRequest erase;
  v1::ListTodosResponse todos;

  grpc::Status SignUp(grpc::ServerContext* context, const v1::SignUpRequest* request,
                      v1::SignUpResponse* response) override {
    sign_up = *request;
    response->set_token("token-of-sign-up");
    return Next("SignUp", *context);
  }
  grpc::Status SignIn(grpc::ServerContext* context, const v1::SignInRequest*, v1::SignInResponse* response) override {
    response->set_token("token-of-sign-in");
    return Next("SignIn", *context);
  }
  grpc::Status SignOut(grpc::ServerContext* context, const v1::SignOutRequest*, v1::SignOutResponse*) override {
    return Next("SignOut", *context);
  }
  grpc::Status ListTodos(grpc::ServerContext* context, const v1::ListTodosRequest* request,
                         v1::ListTodosResponse* response) override {
    list = *request;
    *response = todos;
    return Next("ListTodos", *context);
  }
  grpc::Status AddTodo(grpc::ServerContext* context, const v1::AddTodoRequest* request,
                       v1::AddTodoResponse* response) override {
    add = *request;
    response->mutable_todo()->set_id("7");
    response->mutable_todo()->set_title(request->title());
    return Next("AddTodo", *context);
  }
  grpc::Status EditTodo(grpc::ServerContext* context, const v1::EditTodoRequest* request,
                        v1::EditTodoResponse* response) override {
    edit = *request;
    response->mutable_todo()->set_id(request->id());
    response->mutable_todo()->set_title(request->has_title() ? request->title() : "as it was");
    response->mutable_todo()->set_done(request->done());
    return Next("EditTodo", *context);
  }
  grpc::Status DeleteTodo(grpc::ServerContext* context, const v1::DeleteTodoRequest* request,
                          v1::DeleteTodoResponse*) override {
    erase = *request;
    return Next("DeleteTodo", *context);
  }

 private:
  grpc::Status Next(const std::string& method, const grpc::ServerContext& context) {
    std::lock_guard lock(mutex_);
    ++calls_[method];
    token_.clear();
    const auto it = context.client_metadata().find("authorization");
    if (it != context.client_metadata().end()) token_ = std::string(it->second.data(), it->second.size());
    std::deque<grpc::Status>& statuses = script_[method];
    if (statuses.empty()) return grpc::Status::OK;
    const grpc::Status status = statuses.front();
    statuses.pop_front();
    return status;
  }

  int port_ = 0;
  std::mutex mutex_;
  std::map<std::string, std::deque<grpc::Status>> script_;
  std::map<std::string, int> calls_;
  std::string token_;
  std::unique_ptr<grpc::Server> server_;
};

class TemporaryPage {
 public:
  TemporaryPage() {
    char directory[] = "/tmp/todo-page-XXXXXX";
    BOOST_REQUIRE(mkdtemp(directory) != nullptr);
    path = directory;
    Write("index.html", "<!doctype html><title>todo</title>");
    Write("favicon.svg", "<svg/>");
    std::filesystem::create_directory(path + "/assets");
    Write("assets/index-4f3a.js", "console.log(1)");
    Write("assets/index-4f3a.css", "body{}");
    std::filesystem::create_symlink("/etc/passwd", path + "/passwd.txt");
  }
  ~TemporaryPage() { std::filesystem::remove_all(path); }
  void Write(const std::string& name, const std::string& text) { std::ofstream(path + "/" + name) << text; }

  std::string path;
};

struct Fixture {
  TemporaryPage page;
  StaticFiles files = *StaticFiles::Load(page.path, {});
  ScriptedBackend backend;
  net::Loop loop;
  std::mt19937_64 rng{1};
  BackendClientOptions client_options{.call_timeout = absl::Seconds(2), .attempt_timeout = absl::Seconds(1)};
  std::unique_ptr<BackendClient> client = std::make_unique<BackendClient>(loop, client_options, rng);
  FrontendOptions options{.instance_id = "i-0123456789abcdef0"};
  std::unique_ptr<Frontend> frontend = std::make_unique<Frontend>(*client, files, options);
  std::unique_ptr<http::Server> server = std::make_unique<http::Server>(loop, *frontend, http::ServerOptions());
  net::SocketAddress address = Listen();

  std::thread runner{[this] { loop.Run(); }};

  Fixture() { SetAddresses({backend.address()}); }
  ~Fixture() { Join(); }

  void Join() {
    loop.Stop();
    if (runner.joinable()) runner.join();
  }

  void SetAddresses(const std::vector<net::SocketAddress>& addresses) {
    std::promise<void> done;
    loop.Post([&] {
      client->SetAddresses(addresses);
      done.set_value();
    });
    done.get_future().wait();
  }

  net::SocketAddress Listen() {
    auto listener = *net::ListenTcp(loop, *net::SocketAddress::Parse("127.0.0.1:0"));
    const net::SocketAddress local = listener->local();
    loop.Spawn(server->Serve(std::move(listener)));
    return local;
  }

  net::Task<void> FetchInto(http::RequestHead head, std::string body,
                            std::promise<absl::StatusOr<http::Response>>& out) {
    const http::FetchOptions fetch{.timeout = absl::Seconds(20)};
    out.set_value(co_await http::Fetch(loop, address, std::move(head), std::move(body), fetch));
  }

  http::Response Send(const std::string& method, const std::string& path, const std::string& body = "",
                      http::Headers headers = {{"authorization", "Bearer abc-123_X"},
                                               {"content-type", "application/json"}}) {
    http::RequestHead head{.method = method, .authority = "app.todo.localhost", .path = path};
    head.headers = std::move(headers);
    if (!body.empty()) head.headers.Set("content-length", absl::StrCat(body.size()));
    std::promise<absl::StatusOr<http::Response>> promise;
    loop.Post([&] { loop.Spawn(FetchInto(std::move(head), body, promise)); });
    absl::StatusOr<http::Response> response = promise.get_future().get();
    BOOST_REQUIRE_MESSAGE(response.ok(), response.status().ToString());
    // Whatever it is, it names its instance and keeps the page safe.
    BOOST_TEST(Header(*response, "x-instance-id") == "i-0123456789abcdef0");
    BOOST_TEST(Header(*response, "x-content-type-options") == "nosniff");
    BOOST_TEST(absl::StartsWith(Header(*response, "content-security-policy"), "default-src 'none'; script-src 'self'"));
    return *std::move(response);
  }

  static std::string Header(const http::Response& response, absl::string_view name) {
    return std::string(response.head.headers.Get(name).value_or(""));
  }

  // Sends, and checks that the answer is an error of this status and code; returns its sentence.
  std::string SendWrong(int status, const std::string& code, const std::string& method, const std::string& path,
                        const std::string& body = "",
                        http::Headers headers = {{"authorization", "Bearer abc"},
                                                 {"content-type", "application/json"}}) {
    const http::Response response = Send(method, path, body, std::move(headers));
    BOOST_TEST_CONTEXT(method << " " << path << " " << body << ": " << response.body) {
      BOOST_TEST(response.head.status == status);
      const Json error = Json::parse(response.body, nullptr, false);
      BOOST_REQUIRE((error.is_object() && error.contains("error")));
      BOOST_TEST(error["error"]["code"].get<std::string>() == code);
      BOOST_TEST(!error["error"]["message"].get<std::string>().empty());
      return error["error"]["message"].get<std::string>();
    }
    return "";
  }
};

BOOST_FIXTURE_TEST_SUITE(Api, Fixture)

BOOST_AUTO_TEST_CASE(sign_up_and_sign_in_give_tokens) {
  const std::string body = R"({"username":"ada","password":"correct horse"})";
  const http::Response up = Send("POST", "/auth/signup", body, {{"content-type", "application/json; charset=utf-8"}});
  BOOST_TEST(up.head.status == 201);
  BOOST_TEST(up.body == R"({"token":"token-of-sign-up"})");
  BOOST_TEST(Header(up, "content-type") == "application/json; charset=utf-8");
  BOOST_TEST(Header(up, "cache-control") == "no-store");
  BOOST_TEST(backend.sign_up.username() == "ada");
  BOOST_TEST(backend.sign_up.password() == "correct horse");
  BOOST_TEST(backend.token() == "");
  const http::Response in = Send("POST", "/auth/signin", body, {{"content-type", "application/json"}});
  BOOST_TEST(in.head.status == 200);
  BOOST_TEST(in.body == R"({"token":"token-of-sign-in"})");
}

BOOST_AUTO_TEST_CASE(sign_out_passes_the_session_on) {
  const http::Response response = Send("POST", "/auth/signout");
  BOOST_TEST(response.head.status == 204);
  BOOST_TEST(response.body == "");
  BOOST_TEST(backend.token() == "Bearer abc-123_X");
}

BOOST_AUTO_TEST_CASE(a_list_has_data_and_a_next_page) {
  v1::Todo& todo = *backend.todos.add_todos();
  todo.set_id("1");
  todo.set_title("water <b>the</b> plants \"now\" 🙂");
  todo.set_done(true);
  backend.todos.set_next_page_token("next");
  const http::Response response = Send("GET", "/todo?pageSize=10&pageToken=a%2Db&ignored=1");
  BOOST_TEST(response.head.status == 200);
  const Json json = Json::parse(response.body);
  BOOST_TEST(json["data"].size() == 1u);
  BOOST_TEST(json["data"][0]["id"].get<std::string>() == "1");
  BOOST_TEST(json["data"][0]["title"].get<std::string>() == todo.title());
  BOOST_TEST(json["data"][0]["done"].get<bool>());
  BOOST_TEST(json["nextPageToken"].get<std::string>() == "next");
  BOOST_TEST(backend.list.page_size() == 10);
  BOOST_TEST(backend.list.page_token() == "a-b");
}

BOOST_AUTO_TEST_CASE(an_empty_list_is_an_empty_array) {
  const http::Response response = Send("GET", "/todo");
  BOOST_TEST(response.body == R"({"data":[],"nextPageToken":""})");
  BOOST_TEST(backend.list.page_size() == 0);
}

BOOST_AUTO_TEST_CASE(a_todo_is_added) {
  const http::Response response = Send("POST", "/todo", R"({"title":"water the plants"})");
  BOOST_TEST(response.head.status == 201);
  BOOST_TEST(response.body == R"({"done":false,"id":"7","title":"water the plants"})");
}

BOOST_AUTO_TEST_CASE(an_edit_sends_only_what_the_body_names) {
  const http::Response done = Send("PUT", "/todo/7a", R"({"done":true})");
  BOOST_TEST(done.head.status == 200);
  BOOST_TEST(done.body == R"({"done":true,"id":"7a","title":"as it was"})");
  BOOST_TEST(!backend.edit.has_title());
  Send("PUT", "/todo/7a", R"({"title":"b"})");
  BOOST_TEST(backend.edit.title() == "b");
  BOOST_TEST(!backend.edit.has_done());
}

BOOST_AUTO_TEST_CASE(a_todo_is_deleted) {
  BOOST_TEST(Send("DELETE", "/todo/7").head.status == 204);
  BOOST_TEST(backend.erase.id() == "7");
}

BOOST_AUTO_TEST_CASE(each_status_of_the_backend_becomes_its_http_status) {
  const struct {
    Code code;
    int status;
    const char* name;
  } cases[] = {
      {Code::INVALID_ARGUMENT, 400, "INVALID_ARGUMENT"},
      {Code::UNAUTHENTICATED, 401, "UNAUTHENTICATED"},
      {Code::PERMISSION_DENIED, 403, "PERMISSION_DENIED"},
      {Code::NOT_FOUND, 404, "NOT_FOUND"},
      {Code::ALREADY_EXISTS, 409, "ALREADY_EXISTS"},
      {Code::FAILED_PRECONDITION, 409, "FAILED_PRECONDITION"},
      {Code::RESOURCE_EXHAUSTED, 429, "RESOURCE_EXHAUSTED"},
      {Code::DEADLINE_EXCEEDED, 504, "DEADLINE_EXCEEDED"},
      {Code::INTERNAL, 502, "INTERNAL"},
      {Code::UNIMPLEMENTED, 502, "UNIMPLEMENTED"},
      {Code::UNAVAILABLE, 502, "UNKNOWN"},
  };
  for (const auto& c : cases) {
    backend.Fail("AddTodo", c.code);
    const std::string message = SendWrong(c.status, c.name, "POST", "/todo", R"({"title":"t"})");
    BOOST_TEST((message == "scripted") == (c.status < 500));
  }
}

BOOST_AUTO_TEST_CASE(a_401_carries_its_challenge_and_a_429_says_when_to_come_back) {
  backend.Fail("ListTodos", Code::UNAUTHENTICATED);
  BOOST_TEST(Header(Send("GET", "/todo"), "www-authenticate") == "Bearer");
  backend.Fail("ListTodos", Code::RESOURCE_EXHAUSTED);
  BOOST_TEST(Header(Send("GET", "/todo"), "retry-after") == "1");
}

BOOST_AUTO_TEST_CASE(without_a_session_the_backend_is_not_asked) {
  const std::string too_long = "Bearer " + std::string(129, 'a');
  for (const std::string& authorization :
       {std::string(), std::string("Basic YWRhOng="), std::string("Bearer "), std::string("Bearer a b"), too_long}) {
    http::Headers headers{{"content-type", "application/json"}};
    if (!authorization.empty()) headers.Add("authorization", authorization);
    SendWrong(401, "UNAUTHENTICATED", "GET", "/todo", "", headers);
    SendWrong(401, "UNAUTHENTICATED", "POST", "/todo", R"({"title":"t"})", headers);
    SendWrong(401, "UNAUTHENTICATED", "PUT", "/todo/1", R"({"title":"t"})", headers);
    SendWrong(401, "UNAUTHENTICATED", "DELETE", "/todo/1", "", headers);
    SendWrong(401, "UNAUTHENTICATED", "POST", "/auth/signout", "", headers);
  }
  BOOST_TEST(backend.calls("ListTodos") + backend.calls("AddTodo") + backend.calls("SignOut") == 0);
}

BOOST_AUTO_TEST_CASE(bodies_of_the_wrong_shape_are_refused) {
  for (const char* body : {"", "{", "[]", "null", "1", R"({"title":1})", R"({"title":null})", R"({"name":"t"})",
                           "{\"title\":\"\xff\"}", R"({"title":"\ud800"})"}) {
    SendWrong(400, "INVALID_ARGUMENT", "POST", "/todo", body);
  }
  for (const char* body : {"{}", R"({"title":1})", R"({"done":"yes"})", R"({"done":1,"title":"t"})"}) {
    SendWrong(400, "INVALID_ARGUMENT", "PUT", "/todo/1", body);
  }
  for (const char* body : {"{}", R"({"username":"a"})", R"({"username":"a","password":8})", "[]"}) {
    SendWrong(400, "INVALID_ARGUMENT", "POST", "/auth/signup", body);
    SendWrong(400, "INVALID_ARGUMENT", "POST", "/auth/signin", body);
  }
  BOOST_TEST(backend.calls("AddTodo") + backend.calls("EditTodo") + backend.calls("SignUp") == 0);
}

BOOST_AUTO_TEST_CASE(bad_queries_are_refused) {
  for (const char* query : {"pageSize=0", "pageSize=-1", "pageSize=x", "pageSize=", "pageSize=99999999999",
                            "pageToken=%zz", "pageToken=%0", "pageToken=%00", "pageToken=%FF"}) {
    SendWrong(400, "INVALID_ARGUMENT", "GET", absl::StrCat("/todo?", query));
  }
}

BOOST_AUTO_TEST_CASE(paths_that_are_not_there_are_404) {
  for (const char* path : {"/todo/", "/todo/a/b", "/todo/%2e%2e", "/auth", "/auth/", "/auth/other", "/todo/a%00"}) {
    SendWrong(404, "NOT_FOUND", "PUT", path, R"({"done":true})");
  }
}

BOOST_AUTO_TEST_CASE(other_methods_are_405_and_say_which_there_are) {
  const struct {
    const char* method;
    const char* path;
    const char* allow;
  } cases[] = {
      {"PUT", "/todo", "GET, POST"},      {"DELETE", "/todo", "GET, POST"},  {"PATCH", "/todo/1", "PUT, DELETE"},
      {"POST", "/todo/1", "PUT, DELETE"}, {"GET", "/auth/signup", "POST"},   {"PUT", "/auth/signin", "POST"},
      {"GET", "/auth/signout", "POST"},   {"OPTIONS", "/todo", "GET, POST"},
  };
  for (const auto& c : cases) {
    const http::Response response = Send(c.method, c.path);
    BOOST_TEST(response.head.status == 405);
    BOOST_TEST(Header(response, "allow") == c.allow);
    BOOST_TEST(Json::parse(response.body)["error"]["code"].get<std::string>() == "METHOD_NOT_ALLOWED");
  }
}

BOOST_AUTO_TEST_CASE(a_body_that_is_not_said_to_be_json_is_415) {
  for (const char* type : {"text/plain", "application/x-www-form-urlencoded", "application/jsonx"}) {
    SendWrong(415, "UNSUPPORTED_MEDIA_TYPE", "POST", "/todo", R"({"title":"t"})",
              {{"authorization", "Bearer abc"}, {"content-type", type}});
  }
  SendWrong(415, "UNSUPPORTED_MEDIA_TYPE", "POST", "/auth/signin", "{}", {});
}

BOOST_AUTO_TEST_CASE(a_body_past_its_bound_is_413) {
  const std::string fits = absl::StrCat(R"({"title":")", std::string((64 << 10) - 12, 'a'), R"("})");
  BOOST_TEST(fits.size() == 64u << 10);
  BOOST_TEST(Send("POST", "/todo", fits).head.status == 201);
  const std::string large = absl::StrCat(R"({"title":")", std::string(64 << 10, 'a'), R"("})");
  SendWrong(413, "PAYLOAD_TOO_LARGE", "POST", "/todo", large);
}

BOOST_AUTO_TEST_CASE(calls_that_are_safe_to_repeat_survive_a_dying_backend) {
  for (const Code code : {Code::UNAVAILABLE, Code::INTERNAL, Code::UNKNOWN, Code::CANCELLED}) {
    for (const char* method : {"ListTodos", "EditTodo", "DeleteTodo", "SignOut", "SignIn"})
      backend.Fail(method, code, 2);
    BOOST_TEST(Send("GET", "/todo").head.status == 200);
    BOOST_TEST(Send("PUT", "/todo/1", R"({"done":true})").head.status == 200);
    BOOST_TEST(Send("DELETE", "/todo/1").head.status == 204);
    BOOST_TEST(Send("POST", "/auth/signout").head.status == 204);
    BOOST_TEST(Send("POST", "/auth/signin", R"({"username":"a","password":"b"})").head.status == 200);
  }
  BOOST_TEST(backend.calls("ListTodos") == 12);
}

BOOST_AUTO_TEST_CASE(a_delete_whose_first_answer_was_lost_is_no_404) {
  backend.Fail("DeleteTodo", Code::UNAVAILABLE);
  backend.Fail("DeleteTodo", Code::NOT_FOUND);
  BOOST_TEST(Send("DELETE", "/todo/1").head.status == 204);
  backend.Fail("DeleteTodo", Code::NOT_FOUND);
  SendWrong(404, "NOT_FOUND", "DELETE", "/todo/1");
}

BOOST_AUTO_TEST_CASE(what_may_have_been_done_is_never_sent_twice) {
  backend.Fail("AddTodo", Code::UNAVAILABLE);
  const std::string message = SendWrong(502, "UNKNOWN", "POST", "/todo", R"({"title":"t"})");
  BOOST_TEST(absl::StrContains(message, "may or may not"));
  BOOST_TEST(backend.calls("AddTodo") == 1);
  backend.Fail("SignUp", Code::UNAVAILABLE);
  SendWrong(502, "UNKNOWN", "POST", "/auth/signup", R"({"username":"a","password":"b"})");
  BOOST_TEST(backend.calls("SignUp") == 1);
}

BOOST_AUTO_TEST_CASE(errors_that_repeating_does_not_cure_are_not_repeated) {
  backend.Fail("ListTodos", Code::INVALID_ARGUMENT);
  SendWrong(400, "INVALID_ARGUMENT", "GET", "/todo");
  BOOST_TEST(backend.calls("ListTodos") == 1);
}

BOOST_AUTO_TEST_CASE(without_a_backend_reads_are_503_and_writes_504) {
  backend.Stop();
  SendWrong(503, "UNAVAILABLE", "GET", "/todo");
  SendWrong(504, "DEADLINE_EXCEEDED", "POST", "/todo", R"({"title":"t"})");
}

BOOST_AUTO_TEST_CASE(past_its_bound_of_calls_it_says_so_and_still_serves_the_page) {
  options.calls_max = 0;
  Frontend full(*client, files, options);
  http::Server full_server(loop, full, http::ServerOptions());
  auto listener = *net::ListenTcp(loop, *net::SocketAddress::Parse("127.0.0.1:0"));
  address = listener->local();
  loop.Post([&] { loop.Spawn(full_server.Serve(std::move(listener))); });
  SendWrong(503, "UNAVAILABLE", "GET", "/todo");
  BOOST_TEST(Send("GET", "/").head.status == 200);
  BOOST_TEST(backend.calls("ListTodos") == 0);
  // Before what it refers to is gone.
  Join();
}

BOOST_AUTO_TEST_CASE(a_backend_that_moves_is_followed) {
  ScriptedBackend other;
  SetAddresses({other.address()});
  BOOST_TEST(Send("POST", "/todo", R"({"title":"t"})").head.status == 201);
  BOOST_TEST(other.calls("AddTodo") == 1);
  BOOST_TEST(backend.calls("AddTodo") == 0);
}

BOOST_AUTO_TEST_CASE(calls_wait_for_the_backends_address) {
  SetAddresses({});
  std::thread later([&] { SetAddresses({backend.address()}); });
  BOOST_TEST(Send("GET", "/todo").head.status == 200);
  later.join();
}

BOOST_AUTO_TEST_CASE(two_addresses_share_the_calls_and_one_suffices) {
  ScriptedBackend other;
  SetAddresses({other.address(), backend.address()});
  for (int i = 0; i < 40; ++i) BOOST_TEST(Send("GET", "/todo").head.status == 200);
  BOOST_TEST(backend.calls("ListTodos") > 0);
  BOOST_TEST(other.calls("ListTodos") > 0);
  other.Stop();
  for (int i = 0; i < 20; ++i) BOOST_TEST(Send("GET", "/todo").head.status == 200);
}

BOOST_AUTO_TEST_CASE(a_client_that_ends_first_leaves_nothing_behind) {
  SetAddresses({*net::SocketAddress::Parse("127.0.0.1:1")});
  std::atomic<bool> answered = false;
  const auto call = [&]() -> net::Task<void> {
    (void)co_await client->Call("t", v1::AddTodoRequest());
    answered = true;
  };
  std::promise<void> begun;
  loop.Post([&] {
    loop.Spawn(call());
    loop.Post([&] { begun.set_value(); });
  });
  begun.get_future().wait();
  Join();
  server.reset();
  frontend.reset();
  client.reset();
  BOOST_TEST(!answered);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(Page, Fixture)

BOOST_AUTO_TEST_CASE(health_is_shallow) {
  backend.Stop();
  const http::Response response = Send("GET", "/healthz");
  BOOST_TEST(response.head.status == 200);
  BOOST_TEST(response.body == "ok\n");
}

BOOST_AUTO_TEST_CASE(files_have_their_types_and_caching) {
  const struct {
    const char* path;
    const char* type;
    const char* caching;
  } cases[] = {
      {"/", "text/html; charset=utf-8", "no-cache"},
      {"/index.html?v=1", "text/html; charset=utf-8", "no-cache"},
      {"/favicon.svg", "image/svg+xml", "no-cache"},
      {"/assets/index-4f3a.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
      {"/assets/index-4f3a.css", "text/css; charset=utf-8", "public, max-age=31536000, immutable"},
  };
  for (const auto& c : cases) {
    const http::Response response = Send("GET", c.path, "", {});
    BOOST_TEST(response.head.status == 200);
    BOOST_TEST(Header(response, "content-type") == c.type);
    BOOST_TEST(Header(response, "cache-control") == c.caching);
  }
  BOOST_TEST(Send("GET", "/assets/index-4f3a.js", "", {}).body == "console.log(1)");
}

BOOST_AUTO_TEST_CASE(a_browser_that_has_the_file_gets_304) {
  const std::string etag = Header(Send("GET", "/", "", {}), "etag");
  BOOST_TEST(etag.size() == 34u);
  for (const std::string& tags : {etag, "W/" + etag, "\"other\", " + etag, std::string("*")}) {
    const http::Response response = Send("GET", "/", "", {{"if-none-match", tags}});
    BOOST_TEST(response.head.status == 304);
    BOOST_TEST(response.body == "");
    BOOST_TEST(Header(response, "etag") == etag);
  }
  BOOST_TEST(Send("GET", "/", "", {{"if-none-match", "\"other\""}}).head.status == 200);
}

BOOST_AUTO_TEST_CASE(the_pages_own_routes_lead_to_the_page_and_missing_files_do_not) {
  BOOST_TEST(absl::StartsWith(Send("GET", "/signin", "", {}).body, "<!doctype html>"));
  BOOST_TEST(absl::StartsWith(Send("GET", "/lists/1", "", {}).body, "<!doctype html>"));
  BOOST_TEST(Send("GET", "/assets/old.js", "", {}).head.status == 404);
}

BOOST_AUTO_TEST_CASE(no_path_leads_out_of_the_directory) {
  for (const char* path : {"/../../etc/passwd.txt", "/%2e%2e/%2e%2e/etc/passwd.txt", "/..%2f..%2fetc/passwd.txt",
                           "/assets/../../index.html.bak", "//etc/passwd.txt", "/passwd.txt"}) {
    const http::Response response = Send("GET", path, "", {});
    BOOST_TEST(response.head.status == 404);
    BOOST_TEST(!absl::StrContains(response.body, "root:"));
  }
}

BOOST_AUTO_TEST_CASE(head_answers_as_get_without_its_body) {
  const http::Response response = Send("HEAD", "/", "", {});
  BOOST_TEST(response.head.status == 200);
  BOOST_TEST(response.body == "");
  BOOST_TEST(Header(response, "content-length") == "34");
}

BOOST_AUTO_TEST_CASE(the_page_takes_no_other_methods) {
  const http::Response response = Send("POST", "/index.html", "", {});
  BOOST_TEST(response.head.status == 405);
  BOOST_TEST(Header(response, "allow") == "GET, HEAD");
}

BOOST_AUTO_TEST_CASE(a_page_that_was_not_built_is_an_error) {
  BOOST_TEST((StaticFiles::Load(page.path + "/nowhere", {}).status().code() == absl::StatusCode::kNotFound));
  const absl::Status no_index = StaticFiles::Load(page.path + "/assets", {}).status();
  BOOST_TEST(absl::StrContains(no_index.message(), "has no index.html"));
}

BOOST_AUTO_TEST_CASE(a_directory_past_its_bounds_is_refused) {
  BOOST_TEST((StaticFiles::Load(page.path, {.files_max = 2}).status().code() == absl::StatusCode::kResourceExhausted));
  BOOST_TEST((StaticFiles::Load(page.path, {.bytes_max = 10}).status().code() == absl::StatusCode::kResourceExhausted));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::examples::todo
