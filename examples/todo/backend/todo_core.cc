#include "examples/todo/backend/todo_core.h"

#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "examples/todo/backend/rules.h"
#include "examples/todo/backend/session_token.h"
#include "nubo/base/status.h"

namespace nubo::examples::todo {
namespace {

constexpr int kIdHexDigits = 32;
constexpr int kDummyPasswordHexDigits = 64;

// What ids_ and TodoIdFor make. Anything else names no todo, and never reaches the store.
absl::Status CheckTodoId(absl::string_view id) {
  if (id.size() == kIdHexDigits && id.find_first_not_of("0123456789abcdef") == absl::string_view::npos) {
    return absl::OkStatus();
  }
  return absl::NotFoundError(absl::StrCat("there is no todo \"", absl::CHexEscape(id.substr(0, kIdHexDigits)), "\""));
}

// Stores keep microseconds, and so do page tokens.
absl::Time ToMicros(absl::Time time) { return absl::FromUnixMicros(absl::ToUnixMicros(time)); }

absl::Status WrongNameOrPassword() { return absl::UnauthenticatedError("wrong user name or password"); }

}  // namespace

absl::StatusOr<std::unique_ptr<TodoCore>> TodoCore::Create(Store& store, PasswordHasher& hasher,
                                                           const base::Clock& clock, base::IdSource& ids,
                                                           TodoLimits limits) {
  NUBO_ASSIGN_OR_RETURN(std::string dummy_hash, hasher.Hash(ids.NewHex(kDummyPasswordHexDigits)));
  return std::unique_ptr<TodoCore>(new TodoCore(store, hasher, clock, ids, limits, std::move(dummy_hash)));
}

TodoCore::TodoCore(Store& store, PasswordHasher& hasher, const base::Clock& clock, base::IdSource& ids,
                   TodoLimits limits, std::string dummy_hash)
    : store_(store), hasher_(hasher), clock_(clock), ids_(ids), limits_(limits), dummy_hash_(std::move(dummy_hash)) {}

absl::Status TodoCore::CheckDeadline(absl::Time deadline) const {
  if (clock_.Now() < deadline) return absl::OkStatus();
  return absl::DeadlineExceededError("the deadline passed before the call was done");
}

Session TodoCore::NewSession(absl::string_view user_id, absl::string_view token) const {
  const absl::Time now = ToMicros(clock_.Now());
  return {.token_hash = HashSessionToken(token),
          .user_id = std::string(user_id),
          .created = now,
          .expires = now + limits_.session_lifetime};
}

absl::StatusOr<std::string> TodoCore::SignUp(absl::string_view username, absl::string_view password,
                                             absl::Time deadline) {
  NUBO_ASSIGN_OR_RETURN(std::string key, UsernameKey(username));
  NUBO_ASSIGN_OR_RETURN(const std::string secret, PasswordKey(password));
  // A taken name is found out before the costly hash; AddUser below still decides between two at once.
  const absl::Status taken = store_.FindUser(key, deadline).status();
  if (taken.ok()) return absl::AlreadyExistsError(absl::StrCat("the user name \"", username, "\" is taken"));
  if (!absl::IsNotFound(taken)) return taken;
  NUBO_RETURN_IF_ERROR(CheckDeadline(deadline));
  NUBO_ASSIGN_OR_RETURN(std::string hash, hasher_.Hash(secret));
  const User user{.id = ids_.NewHex(kIdHexDigits),
                  .name = std::string(username),
                  .name_key = std::move(key),
                  .password_hash = std::move(hash),
                  .created = ToMicros(clock_.Now())};
  std::string token = NewSessionToken(ids_);
  NUBO_RETURN_IF_ERROR(store_.AddUser(user, NewSession(user.id, token), deadline));
  return token;
}

absl::StatusOr<std::string> TodoCore::SignIn(absl::string_view username, absl::string_view password,
                                             absl::Time deadline) {
  // A bound on the work, not a rule about passwords: anything shorter is simply wrong, and takes as long to refuse.
  if (password.size() > kPasswordBytesMax) return PasswordKey(password).status();
  std::optional<User> user;
  if (const absl::StatusOr<std::string> key = UsernameKey(username); key.ok()) {
    absl::StatusOr<User> found = store_.FindUser(*key, deadline);
    if (!found.ok() && !absl::IsNotFound(found.status())) return found.status();
    if (found.ok()) user = *std::move(found);
  }
  NUBO_RETURN_IF_ERROR(CheckDeadline(deadline));
  const std::string& hash = user ? user->password_hash : dummy_hash_;
  // What is no password that could be chosen was perhaps one before there were rules, as is what they change.
  const std::string secret = PasswordKey(password).value_or(std::string(password));
  const bool same = hasher_.Verify(hash, secret) || (secret != password && hasher_.Verify(hash, password));
  if (!user || !same) return WrongNameOrPassword();
  std::string token = NewSessionToken(ids_);
  NUBO_RETURN_IF_ERROR(store_.AddSession(NewSession(user->id, token), limits_.sessions_per_user_max, deadline));
  return token;
}

absl::Status TodoCore::SignOut(absl::string_view token, absl::Time deadline) {
  if (token.empty()) return absl::UnauthenticatedError("there is no session token to sign out");
  return store_.DeleteSession(HashSessionToken(token), deadline);
}

absl::StatusOr<std::string> TodoCore::Authenticate(absl::string_view token, absl::Time deadline) {
  NUBO_RETURN_IF_ERROR(CheckDeadline(deadline));
  if (token.empty()) return absl::UnauthenticatedError("sign in first: the call has no session token");
  absl::StatusOr<std::string> user_id = store_.FindSession(HashSessionToken(token), clock_.Now(), deadline);
  if (absl::IsNotFound(user_id.status())) {
    return absl::UnauthenticatedError("sign in again: the session is unknown, expired or signed out");
  }
  return user_id;
}

absl::StatusOr<TodoPage> TodoCore::List(absl::string_view token, int32_t page_size, absl::string_view page_token,
                                        absl::Time deadline) {
  NUBO_ASSIGN_OR_RETURN(const std::string user_id, Authenticate(token, deadline));
  NUBO_ASSIGN_OR_RETURN(const int size, PageSize(page_size));
  NUBO_ASSIGN_OR_RETURN(const TodoCursor after, DecodePageToken(page_token));
  // One more than asked for tells whether there is a next page.
  NUBO_ASSIGN_OR_RETURN(std::vector<Todo> todos, store_.ListTodos(user_id, after, size + 1, deadline));
  TodoPage page;
  if (todos.size() > static_cast<size_t>(size)) {
    todos.resize(size);
    page.next_page_token = EncodePageToken({.created = todos.back().created, .id = todos.back().id});
  }
  page.todos = std::move(todos);
  return page;
}

absl::StatusOr<Todo> TodoCore::Add(absl::string_view token, absl::string_view title, absl::string_view request_id,
                                   absl::Time deadline) {
  NUBO_ASSIGN_OR_RETURN(const std::string user_id, Authenticate(token, deadline));
  NUBO_RETURN_IF_ERROR(CheckTitle(title));
  NUBO_RETURN_IF_ERROR(CheckRequestId(request_id));
  // The id is chosen before the store is asked, so that the store may repeat an insert whose outcome it lost.
  const Todo todo{.id = request_id.empty() ? ids_.NewHex(kIdHexDigits) : TodoIdFor(user_id, request_id),
                  .title = std::string(title),
                  .created = ToMicros(clock_.Now())};
  return store_.AddTodo(user_id, todo, limits_.todos_per_user_max, deadline);
}

absl::StatusOr<Todo> TodoCore::Change(absl::string_view token, absl::string_view id, const TodoChange& change,
                                      absl::Time deadline) {
  NUBO_ASSIGN_OR_RETURN(const std::string user_id, Authenticate(token, deadline));
  NUBO_RETURN_IF_ERROR(CheckTodoId(id));
  if (change.title) NUBO_RETURN_IF_ERROR(CheckTitle(*change.title));
  return store_.ChangeTodo(user_id, id, change, deadline);
}

absl::Status TodoCore::Delete(absl::string_view token, absl::string_view id, absl::Time deadline) {
  NUBO_ASSIGN_OR_RETURN(const std::string user_id, Authenticate(token, deadline));
  NUBO_RETURN_IF_ERROR(CheckTodoId(id));
  return store_.DeleteTodo(user_id, id, deadline);
}

absl::StatusOr<int64_t> TodoCore::SweepSessions(absl::Time deadline) {
  int64_t swept = 0;
  while (true) {
    NUBO_RETURN_IF_ERROR(CheckDeadline(deadline));
    NUBO_ASSIGN_OR_RETURN(const int64_t deleted,
                          store_.DeleteExpiredSessions(clock_.Now(), limits_.sweep_batch_max, deadline));
    swept += deleted;
    if (deleted < limits_.sweep_batch_max) return swept;
  }
}

}  // namespace nubo::examples::todo
