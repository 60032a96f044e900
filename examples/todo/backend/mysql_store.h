// The Store in MySQL or MariaDB.
//
// Every call is safe to repeat after an attempt of unknown outcome, which is what lets the pool repeat it on a new
// connection when the database dies under it: rows are named by ids that were chosen before the first attempt, so the
// second attempt finds what the first one did. A user's row is locked first in every transaction that counts their
// todos, so that those never deadlock with each other.
//
// Example:
//   MysqlStore store(pool, clock);
//   absl::Status ready = store.Migrate(deadline);
//
// Thread safety: thread-safe. Every call blocks.
#ifndef EXAMPLES_TODO_BACKEND_MYSQL_STORE_H_
#define EXAMPLES_TODO_BACKEND_MYSQL_STORE_H_

#include <string>
#include <vector>

#include "examples/todo/backend/mysql_pool.h"
#include "examples/todo/backend/store.h"
#include "nubo/base/clock.h"

namespace nubo::examples::todo {

class MysqlStore final : public Store {
 public:
  // Both must outlive the store.
  MysqlStore(MysqlPool& pool, const base::Clock& clock) : pool_(pool), clock_(clock) {}

  // Makes or completes the tables; any number of backends may do so at once.
  absl::Status Migrate(absl::Time deadline);

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
  MysqlPool& pool_;
  const base::Clock& clock_;
};

}  // namespace nubo::examples::todo

#endif  // EXAMPLES_TODO_BACKEND_MYSQL_STORE_H_
