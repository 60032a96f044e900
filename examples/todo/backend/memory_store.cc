#include "examples/todo/backend/memory_store.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"

namespace nubo::examples::todo {
namespace {

absl::Status NoSuchTodo(absl::string_view id) {
  return absl::NotFoundError(absl::StrCat("there is no todo \"", id, "\""));
}

}  // namespace

void MemoryStore::Fail(absl::Status failure) {
  std::lock_guard lock(mutex_);
  failure_ = std::move(failure);
}

void MemoryStore::SetHook(std::function<void()> hook) { hook_ = std::move(hook); }

int MemoryStore::session_count() const {
  std::lock_guard lock(mutex_);
  return static_cast<int>(sessions_.size());
}

std::vector<std::string> MemoryStore::Secrets() const {
  std::lock_guard lock(mutex_);
  std::vector<std::string> secrets;
  for (const auto& [key, user] : users_) secrets.push_back(user.password_hash);
  for (const auto& [hash, session] : sessions_) secrets.push_back(hash);
  return secrets;
}

absl::Status MemoryStore::Check(absl::Time) {
  std::lock_guard lock(mutex_);
  return failure_;
}

absl::Status MemoryStore::AddUser(const User& user, const Session& session, absl::Time) {
  std::lock_guard lock(mutex_);
  NUBO_RETURN_IF_ERROR(failure_);
  const auto [it, added] = users_.emplace(user.name_key, user);
  if (!added && it->second.id != user.id) {
    return absl::AlreadyExistsError(absl::StrCat("the user name \"", user.name, "\" is taken"));
  }
  sessions_[session.token_hash] = session;
  return absl::OkStatus();
}

absl::StatusOr<User> MemoryStore::FindUser(absl::string_view name_key, absl::Time) {
  std::lock_guard lock(mutex_);
  NUBO_RETURN_IF_ERROR(failure_);
  const auto it = users_.find(std::string(name_key));
  if (it == users_.end()) return absl::NotFoundError("there is no such user");
  return it->second;
}

absl::Status MemoryStore::AddSession(const Session& session, int sessions_max, absl::Time) {
  std::lock_guard lock(mutex_);
  NUBO_RETURN_IF_ERROR(failure_);
  sessions_[session.token_hash] = session;
  std::vector<std::pair<absl::Time, std::string>> own;
  for (const auto& [hash, other] : sessions_) {
    if (other.user_id == session.user_id) own.emplace_back(other.created, hash);
  }
  std::sort(own.rbegin(), own.rend());
  for (size_t i = sessions_max; i < own.size(); ++i) sessions_.erase(own[i].second);
  return absl::OkStatus();
}

absl::StatusOr<std::string> MemoryStore::FindSession(absl::string_view token_hash, absl::Time now, absl::Time) {
  if (hook_) hook_();
  std::lock_guard lock(mutex_);
  NUBO_RETURN_IF_ERROR(failure_);
  const auto it = sessions_.find(std::string(token_hash));
  if (it == sessions_.end() || it->second.expires <= now) return absl::NotFoundError("there is no such session");
  return it->second.user_id;
}

absl::Status MemoryStore::DeleteSession(absl::string_view token_hash, absl::Time) {
  std::lock_guard lock(mutex_);
  NUBO_RETURN_IF_ERROR(failure_);
  sessions_.erase(std::string(token_hash));
  return absl::OkStatus();
}

absl::StatusOr<int64_t> MemoryStore::DeleteExpiredSessions(absl::Time now, int count_max, absl::Time) {
  std::lock_guard lock(mutex_);
  NUBO_RETURN_IF_ERROR(failure_);
  int64_t deleted = 0;
  for (auto it = sessions_.begin(); it != sessions_.end() && deleted < count_max;) {
    if (it->second.expires <= now) {
      it = sessions_.erase(it);
      ++deleted;
    } else {
      ++it;
    }
  }
  return deleted;
}

absl::StatusOr<std::vector<Todo>> MemoryStore::ListTodos(absl::string_view user_id, const TodoCursor& after,
                                                         int count_max, absl::Time) {
  std::lock_guard lock(mutex_);
  NUBO_RETURN_IF_ERROR(failure_);
  std::vector<Todo> page;
  for (const auto& [id, todo] : todos_[std::string(user_id)]) {
    if (std::tie(todo.created, todo.id) > std::tie(after.created, after.id)) page.push_back(todo);
  }
  std::sort(page.begin(), page.end(),
            [](const Todo& a, const Todo& b) { return std::tie(a.created, a.id) < std::tie(b.created, b.id); });
  if (page.size() > static_cast<size_t>(count_max)) page.resize(count_max);
  return page;
}

absl::StatusOr<Todo> MemoryStore::AddTodo(absl::string_view user_id, const Todo& todo, int todos_max, absl::Time) {
  std::lock_guard lock(mutex_);
  NUBO_RETURN_IF_ERROR(failure_);
  auto& todos = todos_[std::string(user_id)];
  if (const auto it = todos.find(todo.id); it != todos.end()) return it->second;
  if (todos.size() >= static_cast<size_t>(todos_max)) {
    return absl::FailedPreconditionError(absl::StrCat("the list holds ", todos_max, " todos and cannot hold more"));
  }
  return todos[todo.id] = todo;
}

absl::StatusOr<Todo> MemoryStore::ChangeTodo(absl::string_view user_id, absl::string_view id, const TodoChange& change,
                                             absl::Time) {
  std::lock_guard lock(mutex_);
  NUBO_RETURN_IF_ERROR(failure_);
  auto& todos = todos_[std::string(user_id)];
  const auto it = todos.find(std::string(id));
  if (it == todos.end()) return NoSuchTodo(id);
  if (change.title) it->second.title = *change.title;
  if (change.done) it->second.done = *change.done;
  return it->second;
}

absl::Status MemoryStore::DeleteTodo(absl::string_view user_id, absl::string_view id, absl::Time) {
  std::lock_guard lock(mutex_);
  NUBO_RETURN_IF_ERROR(failure_);
  return todos_[std::string(user_id)].erase(std::string(id)) > 0 ? absl::OkStatus() : NoSuchTodo(id);
}

}  // namespace nubo::examples::todo
