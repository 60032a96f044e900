// Where the todo list keeps its users, sessions and todos.
//
// The core (todo_core.h) holds every rule; a Store only keeps rows, with the few promises named below that several
// backends at once need to be atomic. MysqlStore (mysql_store.h) is the one that runs; MemoryStore (memory_store.h)
// serves unit tests.
//
// Every call takes a deadline after which it no longer begins new work, and may answer
// UNAVAILABLE: the store cannot be reached, or did not answer in time;
// DEADLINE_EXCEEDED: the deadline passed; RESOURCE_EXHAUSTED: too many callers wait for the store.
// Calls that change rows may be repeated with the same arguments: a repeat of a call that had worked works again.
//
// Thread safety: a Store is thread-safe.
#ifndef EXAMPLES_TODO_BACKEND_STORE_H_
#define EXAMPLES_TODO_BACKEND_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace nubo::examples::todo {

struct User {
  std::string id;
  // As the user typed it.
  std::string name;
  // What must be unique: the name without its case.
  std::string name_key;
  std::string password_hash;
  absl::Time created;
};

struct Session {
  // Only the token's hash is kept: whoever reads the database cannot act as anybody.
  std::string token_hash;
  std::string user_id;
  absl::Time created;
  absl::Time expires;
};

struct Todo {
  std::string id;
  std::string title;
  bool done = false;
  absl::Time created;
};

// Where a page begins: after the todo with this time and id.
struct TodoCursor {
  absl::Time created = absl::InfinitePast();
  std::string id;
};

struct TodoChange {
  std::optional<std::string> title;
  std::optional<bool> done;
};

class Store {
 public:
  virtual ~Store() = default;

  // OK when the store is reachable and its schema is in place.
  virtual absl::Status Check(absl::Time deadline) = 0;

  // Both rows or none. ALREADY_EXISTS: another user has this name_key.
  virtual absl::Status AddUser(const User& user, const Session& session, absl::Time deadline) = 0;
  // NOT_FOUND: nobody has this name_key.
  virtual absl::StatusOr<User> FindUser(absl::string_view name_key, absl::Time deadline) = 0;

  // Keeps at most `sessions_max` of the user's sessions: the oldest make room.
  virtual absl::Status AddSession(const Session& session, int sessions_max, absl::Time deadline) = 0;
  // The user whose session this is. NOT_FOUND: no such session, or it expired at or before `now`.
  virtual absl::StatusOr<std::string> FindSession(absl::string_view token_hash, absl::Time now,
                                                  absl::Time deadline) = 0;
  // Deleting what is not there is a success.
  virtual absl::Status DeleteSession(absl::string_view token_hash, absl::Time deadline) = 0;
  // Deletes up to `count_max` sessions that expired at or before `now`; returns how many.
  virtual absl::StatusOr<int64_t> DeleteExpiredSessions(absl::Time now, int count_max, absl::Time deadline) = 0;

  // Up to `count_max` of the user's todos after `after`, by time and then by id.
  virtual absl::StatusOr<std::vector<Todo>> ListTodos(absl::string_view user_id, const TodoCursor& after, int count_max,
                                                      absl::Time deadline) = 0;
  // Adds the todo, unless the user has one of this id: that one is returned. Counting and adding are one step.
  // FAILED_PRECONDITION: the user has `todos_max` todos.
  virtual absl::StatusOr<Todo> AddTodo(absl::string_view user_id, const Todo& todo, int todos_max,
                                       absl::Time deadline) = 0;
  // NOT_FOUND: the user has no todo of this id.
  virtual absl::StatusOr<Todo> ChangeTodo(absl::string_view user_id, absl::string_view id, const TodoChange& change,
                                          absl::Time deadline) = 0;
  // NOT_FOUND: the user has no todo of this id.
  virtual absl::Status DeleteTodo(absl::string_view user_id, absl::string_view id, absl::Time deadline) = 0;
};

}  // namespace nubo::examples::todo

#endif  // EXAMPLES_TODO_BACKEND_STORE_H_
