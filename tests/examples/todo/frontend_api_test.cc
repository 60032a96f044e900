// The JSON API: every status, every limit, what is repeated and what is not.
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/test/unit_test.hpp>
#include <future>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/examples/todo/frontend_fixture.h"

namespace nubo::examples::todo {
namespace {

using Json = nlohmann::json;
using Code = grpc::StatusCode;

BOOST_FIXTURE_TEST_SUITE(Api, FrontendFixture)

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

BOOST_AUTO_TEST_CASE(the_backend_hears_of_the_client_what_the_last_proxy_says) {
  const std::string body = R"({"username":"ada","password":"correct horse"})";
  const auto client = [&](http::Headers headers) {
    headers.Add("content-type", "application/json");
    (void)Send("POST", "/auth/signin", body, std::move(headers));
    return backend.client();
  };
  BOOST_TEST(client({{"x-forwarded-for", "192.0.2.1"}}) == "192.0.2.1");
  BOOST_TEST(client({{"x-forwarded-for", "203.0.113.9, 192.0.2.2"}}) == "192.0.2.2");
  BOOST_TEST(client({{"x-forwarded-for", "203.0.113.9"}, {"x-forwarded-for", "2001:db8::1"}}) == "2001:db8::1");
  BOOST_TEST(client({{"x-forwarded-for", "203.0.113.9:1, 192.0.2.3:49152"}}) == "192.0.2.3");
  BOOST_TEST(client({{"x-forwarded-for", "[2001:db8::2]:49152"}}) == "2001:db8::2");
  const std::string peer = client({});
  BOOST_TEST(!peer.empty());
  BOOST_TEST(client({{"x-forwarded-for", "192.0.2.1, nonsense"}}) == peer);
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
    http::Headers headers{{"content-type", "application/json"}, {"accept", "application/json"}};
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
  // Nor is one that a load balancer repeated, of which nobody here knows.
  backend.Fail("DeleteTodo", Code::NOT_FOUND);
  BOOST_TEST(Send("DELETE", "/todo/1").head.status == 204);
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
    Caller caller{.token = "t", .client = ""};
    (void)co_await client->Call(std::move(caller), v1::AddTodoRequest());
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

}  // namespace
}  // namespace nubo::examples::todo
