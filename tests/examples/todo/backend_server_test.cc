// The backend behind real gRPC on a loopback port, over a store in memory.
#include "examples/todo/backend/backend_server.h"

#include <grpcpp/generic/generic_stub.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "examples/todo/backend/memory_store.h"
#include "examples/todo/backend/password_hasher.h"
#include "examples/todo/backend/todo_core.h"
#include "nubo/base/clock.h"
#include "nubo/base/id_source.h"
#include "nubo/examples/todo/v1/todo.grpc.pb.h"
#include "nubo/testing/status_matchers.h"
#include "tests/lb_grpc/keep_callback_queue.h"

namespace nubo::examples::todo {
namespace {

using testing::KeepCallbackQueue;
BOOST_TEST_GLOBAL_FIXTURE(KeepCallbackQueue);

using testing::IsOk;
using testing::StatusIs;

constexpr std::chrono::seconds kPatience(20);

// A door that callers wait at until it opens.
class Gate {
 public:
  void Pass() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait_for(lock, kPatience, [this] { return open_; });
  }
  void Open() {
    std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  bool AwaitArrivals(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return waiting_ >= count; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool open_ = false;
};

// grpc.health.v1's messages by hand: HealthCheckResponse{status} is 08 01 when SERVING. gRPC's own stub for it is not
// among the headers that Debian ships.
bool IsServing(const std::shared_ptr<grpc::Channel>& channel) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  context.set_wait_for_ready(true);
  grpc::ByteBuffer request(nullptr, 0);
  grpc::ByteBuffer response;
  std::promise<grpc::Status> answered;
  grpc::GenericStub stub(channel);
  stub.UnaryCall(&context, "/grpc.health.v1.Health/Check", {}, &request, &response,
                 [&](grpc::Status status) { answered.set_value(std::move(status)); });
  const grpc::Status status = answered.get_future().get();
  if (!status.ok()) return false;
  std::vector<grpc::Slice> slices;
  (void)response.Dump(&slices);
  std::string bytes;
  for (const grpc::Slice& slice : slices) bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return bytes == "\x08\x01";
}

struct Fixture {
  MemoryStore store;
  Argon2idHasher hasher{PasswordLimits::Least()};
  base::SystemClock clock;
  base::RandomIdSource ids;
  std::unique_ptr<TodoCore> core = *TodoCore::Create(store, hasher, clock, ids, {});
  std::mutex log_mutex;
  std::string log;
  // Whom a frontend would name; empty: nobody.
  std::string client;
  std::unique_ptr<BackendServer> server;
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::AccountService::Stub> accounts;
  std::unique_ptr<v1::TodoService::Stub> todos;

  void Start(BackendOptions options = {}) {
    options.listen_address = "127.0.0.1:0";
    options.probe_interval = absl::Milliseconds(5);
    server = *BackendServer::Start(
        options, *core, [this](absl::Time deadline) { return store.Check(deadline); }, clock,
        [this](absl::string_view line) {
          std::lock_guard lock(log_mutex);
          absl::StrAppend(&log, line, "\n");
        });
    channel = grpc::CreateChannel(absl::StrCat("127.0.0.1:", server->port()), grpc::InsecureChannelCredentials());
    accounts = v1::AccountService::NewStub(channel);
    todos = v1::TodoService::NewStub(channel);
  }

  bool AwaitServing(bool wanted) {
    const auto give_up = std::chrono::steady_clock::now() + kPatience;
    while (IsServing(channel) != wanted) {
      if (std::chrono::steady_clock::now() > give_up) return false;
    }
    return true;
  }

  void Prepare(grpc::ClientContext& context, absl::string_view token) {
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    if (!client.empty()) context.AddMetadata("x-client-address", client);
    if (!token.empty()) context.AddMetadata("authorization", absl::StrCat("Bearer ", token));
  }
  static absl::Status ToAbsl(const grpc::Status& status) {
    return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  }

  std::string SignUp(absl::string_view name) {
    grpc::ClientContext context;
    Prepare(context, "");
    v1::SignUpRequest request;
    request.set_username(std::string(name));
    request.set_password("correct horse");
    v1::SignUpResponse response;
    BOOST_TEST(IsOk(ToAbsl(accounts->SignUp(&context, request, &response))));
    return response.token();
  }
  absl::Status SignIn(absl::string_view name, absl::string_view password) {
    grpc::ClientContext context;
    Prepare(context, "");
    v1::SignInRequest request;
    request.set_username(std::string(name));
    request.set_password(std::string(password));
    v1::SignInResponse response;
    return ToAbsl(accounts->SignIn(&context, request, &response));
  }
  absl::Status Add(absl::string_view token, absl::string_view title, v1::Todo* todo = nullptr) {
    grpc::ClientContext context;
    Prepare(context, token);
    v1::AddTodoRequest request;
    request.set_title(std::string(title));
    v1::AddTodoResponse response;
    const absl::Status status = ToAbsl(todos->AddTodo(&context, request, &response));
    if (todo != nullptr) *todo = response.todo();
    return status;
  }
  absl::Status List(absl::string_view token, v1::ListTodosResponse* response = nullptr) {
    grpc::ClientContext context;
    Prepare(context, token);
    v1::ListTodosResponse ignored;
    return ToAbsl(todos->ListTodos(&context, {}, response != nullptr ? response : &ignored));
  }
};

BOOST_FIXTURE_TEST_SUITE(Backend, Fixture)

BOOST_AUTO_TEST_CASE(every_call_reaches_the_core) {
  Start();
  BOOST_REQUIRE(AwaitServing(true));
  const std::string token = SignUp("ada");
  v1::Todo todo;
  BOOST_TEST(IsOk(Add(token, "water the plants", &todo)));
  BOOST_TEST(todo.title() == "water the plants");

  grpc::ClientContext edit_context;
  Prepare(edit_context, token);
  v1::EditTodoRequest edit;
  edit.set_id(todo.id());
  edit.set_title("water the cat");
  v1::EditTodoResponse edited;
  BOOST_TEST(IsOk(ToAbsl(todos->EditTodo(&edit_context, edit, &edited))));
  BOOST_TEST(edited.todo().title() == "water the cat");
  BOOST_TEST(!edited.todo().done());

  grpc::ClientContext complete_context;
  Prepare(complete_context, token);
  v1::CompleteTodoRequest complete;
  complete.set_id(todo.id());
  complete.set_done(true);
  v1::CompleteTodoResponse completed;
  BOOST_TEST(IsOk(ToAbsl(todos->CompleteTodo(&complete_context, complete, &completed))));
  BOOST_TEST(completed.todo().done());

  v1::ListTodosResponse list;
  BOOST_TEST(IsOk(List(token, &list)));
  BOOST_REQUIRE(list.todos_size() == 1);
  BOOST_TEST(list.todos(0).title() == "water the cat");

  grpc::ClientContext delete_context;
  Prepare(delete_context, token);
  v1::DeleteTodoRequest erase;
  erase.set_id(todo.id());
  v1::DeleteTodoResponse erased;
  BOOST_TEST(IsOk(ToAbsl(todos->DeleteTodo(&delete_context, erase, &erased))));

  grpc::ClientContext out_context;
  Prepare(out_context, token);
  v1::SignOutResponse out;
  BOOST_TEST(IsOk(ToAbsl(accounts->SignOut(&out_context, {}, &out))));
  BOOST_TEST(StatusIs(List(token), absl::StatusCode::kUnauthenticated));
  BOOST_TEST(IsOk(SignIn("ada", "correct horse")));
}

BOOST_AUTO_TEST_CASE(errors_of_the_core_keep_their_code_and_sentence) {
  Start();
  BOOST_REQUIRE(AwaitServing(true));
  const std::string token = SignUp("ada");
  BOOST_TEST(StatusIs(List(""), absl::StatusCode::kUnauthenticated, "sign in first"));
  BOOST_TEST(StatusIs(SignIn("ada", "wrong horse"), absl::StatusCode::kUnauthenticated, "wrong user name or password"));
  BOOST_TEST(StatusIs(Add(token, std::string(1 << 20, 'a')), absl::StatusCode::kInvalidArgument, "1048576 bytes"));
}

BOOST_AUTO_TEST_CASE(a_message_past_its_bound_is_refused) {
  Start();
  BOOST_REQUIRE(AwaitServing(true));
  BOOST_TEST(StatusIs(Add(SignUp("ada"), std::string(3 << 20, 'a')), absl::StatusCode::kResourceExhausted, "larger"));
}

BOOST_AUTO_TEST_CASE(what_only_the_log_may_know_stays_in_the_log) {
  Start();
  BOOST_REQUIRE(AwaitServing(true));
  const std::string token = SignUp("ada");
  store.Fail(absl::InternalError("table users is gone"));
  const absl::Status status = List(token);
  BOOST_TEST(StatusIs(status, absl::StatusCode::kInternal));
  BOOST_TEST(!absl::StrContains(status.message(), "users"));
  std::lock_guard lock(log_mutex);
  BOOST_TEST(absl::StrContains(log, "a call failed: INTERNAL: table users is gone"));
}

BOOST_AUTO_TEST_CASE(health_follows_the_database) {
  store.Fail(absl::UnavailableError("the database is away"));
  Start();
  BOOST_TEST(!IsServing(channel));
  BOOST_TEST(StatusIs(List("t"), absl::StatusCode::kUnavailable, "not ready yet"));
  store.Fail(absl::OkStatus());
  BOOST_TEST(AwaitServing(true));
  store.Fail(absl::UnavailableError("the database is away"));
  BOOST_TEST(AwaitServing(false));
  store.Fail(absl::OkStatus());
  BOOST_TEST(AwaitServing(true));
}

BOOST_AUTO_TEST_CASE(wrong_passwords_for_one_account_are_refused_before_they_are_hashed_and_nobody_else_notices) {
  Start({.attempts = {.failures_per_account = {3, absl::Hours(1)}}});
  BOOST_REQUIRE(AwaitServing(true));
  SignUp("ada");
  SignUp("bob");
  for (int i = 0; i < 3; ++i) BOOST_TEST(StatusIs(SignIn("ada", "a guess"), absl::StatusCode::kUnauthenticated));
  BOOST_TEST(StatusIs(SignIn("Ada", "a guess"), absl::StatusCode::kResourceExhausted, "try again in"));
  BOOST_TEST(StatusIs(SignIn("ada", "correct horse"), absl::StatusCode::kResourceExhausted, "this account"));
  BOOST_TEST(IsOk(SignIn("bob", "correct horse")));
  // That there is no such account is not told by how often it may be tried.
  for (int i = 0; i < 3; ++i) BOOST_TEST(StatusIs(SignIn("eve", "a guess"), absl::StatusCode::kUnauthenticated));
  BOOST_TEST(StatusIs(SignIn("eve", "a guess"), absl::StatusCode::kResourceExhausted));
}

BOOST_AUTO_TEST_CASE(a_client_that_tries_many_accounts_has_a_limit_of_its_own) {
  Start({.attempts = {.failures_per_client = {3, absl::Hours(1)}, .sign_ups_per_client = {2, absl::Hours(1)}}});
  BOOST_REQUIRE(AwaitServing(true));
  SignUp("ada");
  for (const char* name : {"x", "y", "z"})
    BOOST_TEST(StatusIs(SignIn(name, "a guess"), absl::StatusCode::kUnauthenticated));
  BOOST_TEST(StatusIs(SignIn("ada", "correct horse"), absl::StatusCode::kResourceExhausted));
  client = "192.0.2.7";
  BOOST_TEST(IsOk(SignIn("ada", "correct horse")));
  SignUp("bob");
  SignUp("eve");
  grpc::ClientContext context;
  Prepare(context, "");
  v1::SignUpRequest request;
  request.set_username("mallory");
  request.set_password("correct horse");
  v1::SignUpResponse response;
  BOOST_TEST(StatusIs(ToAbsl(accounts->SignUp(&context, request, &response)), absl::StatusCode::kResourceExhausted));
}

BOOST_AUTO_TEST_CASE(a_full_queue_is_refused_at_once) {
  Gate gate;
  store.SetHook([&] { gate.Pass(); });
  Start({.calls = {.threads = 1, .queue_max = 1}});
  BOOST_REQUIRE(AwaitServing(true));
  const std::string token = SignUp("ada");
  const auto list = [&] { return List(token); };
  std::future<absl::Status> working = std::async(std::launch::async, list);
  BOOST_REQUIRE(gate.AwaitArrivals(1));
  // Of two more one is queued and one refused; which of them, the network decides.
  std::future<absl::Status> second = std::async(std::launch::async, list);
  std::future<absl::Status> third = std::async(std::launch::async, list);
  const auto give_up = std::chrono::steady_clock::now() + kPatience;
  while (second.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready &&
         third.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready &&
         std::chrono::steady_clock::now() < give_up) {
  }
  gate.Open();
  const absl::Status answers[] = {second.get(), third.get()};
  BOOST_TEST(IsOk(working.get()));
  BOOST_TEST((answers[0].ok() != answers[1].ok()));
  BOOST_TEST(StatusIs(answers[answers[0].ok() ? 1 : 0], absl::StatusCode::kResourceExhausted, "queue is full"));
}

BOOST_AUTO_TEST_CASE(a_call_whose_deadline_passes_in_the_queue_is_not_worked) {
  Gate gate;
  std::atomic<int> worked = 0;
  store.SetHook([&] {
    ++worked;
    gate.Pass();
  });
  Start({.calls = {.threads = 1, .queue_max = 10}});
  BOOST_REQUIRE(AwaitServing(true));
  const std::string token = SignUp("ada");
  std::future<absl::Status> working = std::async(std::launch::async, [&] { return List(token); });
  BOOST_REQUIRE(gate.AwaitArrivals(1));
  grpc::ClientContext context;
  Prepare(context, token);
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(20));
  v1::ListTodosResponse response;
  BOOST_TEST(StatusIs(ToAbsl(todos->ListTodos(&context, {}, &response)), absl::StatusCode::kDeadlineExceeded));
  gate.Open();
  BOOST_TEST(IsOk(working.get()));
  server->Shutdown();
  BOOST_TEST(worked == 1);
}

BOOST_AUTO_TEST_CASE(shutdown_finishes_what_is_in_flight_and_takes_no_more) {
  Gate gate;
  store.SetHook([&] { gate.Pass(); });
  Start();
  BOOST_REQUIRE(AwaitServing(true));
  const std::string token = SignUp("ada");
  std::future<absl::Status> in_flight = std::async(std::launch::async, [&] { return List(token); });
  BOOST_REQUIRE(gate.AwaitArrivals(1));
  std::future<void> shutdown = std::async(std::launch::async, [&] { server->Shutdown(); });
  BOOST_TEST((shutdown.wait_for(std::chrono::milliseconds(20)) == std::future_status::timeout));
  gate.Open();
  BOOST_TEST(IsOk(in_flight.get()));
  shutdown.get();
  BOOST_TEST(StatusIs(List(token), absl::StatusCode::kUnavailable));
}

BOOST_AUTO_TEST_CASE(two_thousand_calls_at_once_are_all_answered) {
  constexpr int kCalls = 2000;
  Start();
  BOOST_REQUIRE(AwaitServing(true));
  const std::string token = SignUp("ada");
  struct Call {
    grpc::ClientContext context;
    v1::AddTodoRequest request;
    v1::AddTodoResponse response;
  };
  std::vector<std::unique_ptr<Call>> calls;
  std::atomic<int> ok = 0;
  std::atomic<int> left = kCalls;
  std::promise<void> done;
  for (int i = 0; i < kCalls; ++i) {
    Call& call = *calls.emplace_back(std::make_unique<Call>());
    Prepare(call.context, token);
    call.request.set_title(absl::StrCat("todo ", i));
    todos->async()->AddTodo(&call.context, &call.request, &call.response, [&](grpc::Status status) {
      if (status.ok()) ++ok;
      if (--left == 0) done.set_value();
    });
  }
  done.get_future().wait();
  BOOST_TEST(ok == kCalls);
}

BOOST_AUTO_TEST_CASE(an_address_in_use_is_an_error) {
  Start();
  const absl::Status second = BackendServer::Start(
                                  {.listen_address = absl::StrCat("127.0.0.1:", server->port())}, *core,
                                  [](absl::Time) { return absl::OkStatus(); }, clock, [](absl::string_view) {})
                                  .status();
  BOOST_TEST(StatusIs(second, absl::StatusCode::kUnavailable, absl::StrCat("127.0.0.1:", server->port())));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::examples::todo
