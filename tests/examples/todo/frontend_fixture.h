// The frontend behind real HTTP, in front of a scripted backend behind real gRPC; both on loopback ports.
//
// Example:
//   BOOST_FIXTURE_TEST_CASE(a_todo_is_deleted, FrontendFixture) {
//     BOOST_TEST(Send("DELETE", "/todo/7").head.status == 204);
//   }
#ifndef TESTS_EXAMPLES_TODO_FRONTEND_FIXTURE_H_
#define TESTS_EXAMPLES_TODO_FRONTEND_FIXTURE_H_

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
#include "examples/todo/frontend/frontend.h"
#include "nubo/examples/todo/v1/todo.grpc.pb.h"
#include "nubo/http/fetch.h"
#include "nubo/http/server.h"
#include "nubo/http/static_files.h"
#include "nubo/net/loop.h"
#include "nubo/net/stream.h"
#include "tests/lb_grpc/keep_callback_queue.h"

namespace nubo::examples::todo {

using testing::KeepCallbackQueue;
BOOST_TEST_GLOBAL_FIXTURE(KeepCallbackQueue);

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

  void Fail(const std::string& method, grpc::StatusCode code, int times = 1) {
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

  std::string client() {
    std::lock_guard lock(mutex_);
    return client_;
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
    const auto client = context.client_metadata().find("x-client-address");
    client_ =
        client == context.client_metadata().end() ? "" : std::string(client->second.data(), client->second.size());
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
  std::string client_;
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

struct FrontendFixture {
  TemporaryPage page;
  http::StaticFiles files = *http::StaticFiles::Load(page.path, {});
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

  FrontendFixture() { SetAddresses({backend.address()}); }
  ~FrontendFixture() { Join(); }

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
      const nlohmann::json error = nlohmann::json::parse(response.body, nullptr, false);
      BOOST_REQUIRE((error.is_object() && error.contains("error")));
      BOOST_TEST(error["error"]["code"].get<std::string>() == code);
      BOOST_TEST(!error["error"]["message"].get<std::string>().empty());
      return error["error"]["message"].get<std::string>();
    }
    return "";
  }
};

}  // namespace nubo::examples::todo

#endif  // TESTS_EXAMPLES_TODO_FRONTEND_FIXTURE_H_
