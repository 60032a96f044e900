#include "tests/e2e/load/load.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"

namespace nubo::e2e {
namespace {

using Json = nlohmann::json;

constexpr char kPassword[] = "correct horse battery";
// So many todos of its own a client has at most.
constexpr size_t kTodosMax = 4;
constexpr int kVerifyPageSize = 200;

std::string TodoPath(const std::string& id) { return absl::StrCat("/todo/", id); }

absl::Status Unexpected(const Outcome& outcome) {
  return absl::UnavailableError(absl::StrCat(outcome.method, " ", outcome.path, " was answered ", outcome.status, " ",
                                             outcome.error.empty() ? outcome.body : outcome.error));
}

}  // namespace

struct Load::Client {
  Client(net::Loop& loop, const LoadOptions& options, int index, std::string user_token)
      : number(index), token(std::move(user_token)), connection(loop, options.api) {}

  const int number;
  const std::string token;
  ApiConnection connection;
  std::vector<Todo> todos;
  int added = 0;
  bool answered = false;
};

Load::Load(net::Loop& loop, const LoadOptions& options, uint64_t seed)
    : loop_(loop), options_(options), random_(seed), changed_(loop) {}

net::Task<absl::Status> Load::SignUp() {
  ApiConnection connection(loop_, options_.api);
  for (int user = 0; user < options_.users; ++user) {
    ApiCall call;
    call.method = "POST";
    call.path = "/auth/signup";
    call.body = Json{{"username", absl::StrCat(options_.user_prefix, "-", user)}, {"password", kPassword}}.dump();
    const Outcome outcome = co_await connection.Send(std::move(call));
    if (!outcome.ok()) co_return Unexpected(outcome);
    const Json answer = Json::parse(outcome.body, nullptr, false);
    if (!answer.is_object() || !answer.contains("token")) co_return Unexpected(outcome);
    tokens_.push_back(answer["token"].get<std::string>());
  }
  co_return absl::OkStatus();
}

net::Task<void> Load::Run(std::function<void()> running) {
  clients_left_ = options_.clients;
  for (int number = 0; number < options_.clients; ++number) {
    const std::string& token = tokens_[static_cast<size_t>(number) % tokens_.size()];
    loop_.Spawn(RunClient(std::make_shared<Client>(loop_, options_, number, token)));
  }
  while (clients_answered_ < options_.clients && clients_left_ > 0) co_await changed_.Wait();
  running();
  while (clients_left_ > 0) co_await changed_.Wait();
}

net::Task<void> Load::RunClient(std::shared_ptr<Client> client) {
  while (!stopping_) {
    // Mostly reading, as people do.
    const int dice = absl::Uniform(random_, 0, 100);
    if (dice < 50) {
      co_await List(*client);
    } else if (client->todos.empty() || (dice < 70 && client->todos.size() < kTodosMax)) {
      co_await Add(*client);
    } else if (dice < 88) {
      co_await Edit(*client);
    } else {
      co_await Delete(*client);
    }
    if (!std::exchange(client->answered, true) && ++clients_answered_ == options_.clients) changed_.Notify();
  }
  if (--clients_left_ == 0) changed_.Notify();
}

net::Task<Outcome> Load::Send(Client& client, std::string method, std::string path, std::string body) {
  ApiCall call;
  call.method = std::move(method);
  call.path = std::move(path);
  call.token = client.token;
  call.body = std::move(body);
  tally_.Started();
  Outcome outcome = co_await client.connection.Send(std::move(call));
  tally_.Finished(outcome);
  co_return outcome;
}

net::Task<void> Load::List(Client& client) { co_await Send(client, "GET", "/todo?pageSize=20", ""); }

net::Task<void> Load::Add(Client& client) {
  const TodoState state = {absl::StrCat("todo ", ++client.added, " of client ", client.number), false};
  const std::string body = Json{{"title", state.title}}.dump();
  const Outcome outcome = co_await Send(client, "POST", "/todo", body);
  if (!outcome.ok()) co_return;
  const Json answer = Json::parse(outcome.body, nullptr, false);
  if (!answer.is_object() || !answer.contains("id")) co_return;
  client.todos.push_back({answer["id"].get<std::string>(), state});
  ledger_.Acknowledge(client.todos.back().id, state);
}

net::Task<void> Load::Edit(Client& client) {
  const size_t index = absl::Uniform(random_, size_t{0}, client.todos.size());
  const Todo todo = client.todos[index];
  const TodoState state = {absl::StrCat(todo.state.title, "."), !todo.state.done};
  const std::string body = Json{{"title", state.title}, {"done", state.done}}.dump();
  const Outcome outcome = co_await Send(client, "PUT", TodoPath(todo.id), body);
  if (outcome.ok()) {
    ledger_.Acknowledge(todo.id, state);
    client.todos[index].state = state;
  } else {
    ledger_.Doubt(todo.id, state);
    client.todos.erase(client.todos.begin() + static_cast<ptrdiff_t>(index));
  }
}

net::Task<void> Load::Delete(Client& client) {
  const size_t index = absl::Uniform(random_, size_t{0}, client.todos.size());
  const Todo todo = client.todos[index];
  client.todos.erase(client.todos.begin() + static_cast<ptrdiff_t>(index));
  const Outcome outcome = co_await Send(client, "DELETE", TodoPath(todo.id), "");
  if (outcome.ok()) {
    ledger_.Acknowledge(todo.id, std::nullopt);
  } else {
    ledger_.Doubt(todo.id, std::nullopt);
  }
}

net::Task<absl::StatusOr<Listing>> Load::ListAll(std::string token) {
  ApiConnection connection(loop_, options_.api);
  Listing all;
  std::string page;
  do {
    ApiCall call;
    call.path = absl::StrCat("/todo?pageSize=", kVerifyPageSize, page.empty() ? "" : "&pageToken=", page);
    call.token = token;
    const Outcome outcome = co_await connection.Send(std::move(call));
    const Json answer = Json::parse(outcome.body, nullptr, false);
    if (!outcome.ok() || !answer.is_object()) co_return Unexpected(outcome);
    for (const Json& todo : answer["data"]) {
      all[todo["id"].get<std::string>()] = {todo["title"].get<std::string>(), todo["done"].get<bool>()};
    }
    page = answer.value("nextPageToken", "");
  } while (!page.empty());
  co_return all;
}

net::Task<absl::StatusOr<std::vector<std::string>>> Load::Verify() {
  Listing all;
  for (const std::string& token : tokens_) {
    NUBO_CO_ASSIGN_OR_RETURN(Listing listed, co_await ListAll(token));
    all.merge(listed);
  }
  co_return ledger_.Losses(all);
}

}  // namespace nubo::e2e
