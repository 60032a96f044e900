// A Store in memory, for tests of what is built on Store.
//
// Example:
//   MemoryStore store;
//   store.Fail(absl::UnavailableError("the database is away"));  // every call, until Fail(absl::OkStatus())
//
// Thread safety: thread-safe.
#ifndef EXAMPLES_TODO_BACKEND_MEMORY_STORE_H_
#define EXAMPLES_TODO_BACKEND_MEMORY_STORE_H_

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "examples/todo/backend/store.h"

namespace nubo::examples::todo {

class MemoryStore final : public Store {
 public:
  // From now on every call answers `failure`; OK ends that.
  void Fail(absl::Status failure);
  // Called at the start of every FindSession, so that a test can hold callers up. Set it before there are any.
  void SetHook(std::function<void()> hook);
  int session_count() const;
  // Every password hash and token hash held: what somebody who stole the database would read.
  std::vector<std::string> Secrets() const;

  absl::Status Check(absl::Time deadline) override;
  absl::Status AddUser(const User& user, const Session& session, absl::Time deadline) override;
  absl::StatusOr<User> FindUser(absl::string_view name_key, absl::Time deadline) override;
  absl::Status AddSession(const Session& session, int sessions_max, absl::Time deadline) override;
  absl::StatusOr<std::string> FindSession(absl::string_view token_hash, absl::Time now, absl::Time deadline) override;
  absl::Status DeleteSession(absl::string_view token_hash, absl::Time deadline) override;
  absl::StatusOr<int64_t> DeleteExpiredSessions(absl::Time now, int count_max, absl::Time deadline) override;
  absl::StatusOr<std::vector<Todo>> ListTodos(absl::string_view user_id, const TodoCursor& after, int count_max,
                                              absl::Time deadline) override;
  absl::StatusOr<Todo> AddTodo(absl::string_view user_id, const Todo& todo, int todos_max,
                               absl::Time deadline) override;
  absl::StatusOr<Todo> ChangeTodo(absl::string_view user_id, absl::string_view id, const TodoChange& change,
                                  absl::Time deadline) override;
  absl::Status DeleteTodo(absl::string_view user_id, absl::string_view id, absl::Time deadline) override;

 private:
  mutable std::mutex mutex_;
  absl::Status failure_;
  std::function<void()> hook_;
  std::map<std::string, User> users_;        // by name_key
  std::map<std::string, Session> sessions_;  // by token_hash
  // By user and id.
  std::map<std::string, std::map<std::string, Todo>> todos_;
};

}  // namespace nubo::examples::todo

#endif  // EXAMPLES_TODO_BACKEND_MEMORY_STORE_H_
