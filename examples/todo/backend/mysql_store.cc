#include "examples/todo/backend/mysql_store.h"

#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "examples/todo/backend/mysql_schema.h"
#include "nubo/base/status.h"

namespace nubo::examples::todo {
namespace {

constexpr char kInsertUser[] =
    "INSERT INTO users (id, name, name_key, password_hash, created_us) VALUES (?, ?, ?, ?, ?)";
constexpr char kSelectUser[] = "SELECT id, name, password_hash, created_us FROM users WHERE name_key = ?";
constexpr char kInsertSession[] =
    "INSERT INTO sessions (token_hash, user_id, created_us, expires_us) VALUES (?, ?, ?, ?)"
    " ON DUPLICATE KEY UPDATE expires_us = VALUES(expires_us)";
constexpr char kNewestSurplusSession[] =
    "SELECT created_us FROM sessions WHERE user_id = ? ORDER BY created_us DESC LIMIT 1 OFFSET ?";
constexpr char kDeleteOldSessions[] = "DELETE FROM sessions WHERE user_id = ? AND created_us <= ? AND token_hash <> ?";
constexpr char kSelectSession[] = "SELECT user_id FROM sessions WHERE token_hash = ? AND expires_us > ?";
constexpr char kDeleteSession[] = "DELETE FROM sessions WHERE token_hash = ?";
constexpr char kDeleteExpired[] = "DELETE FROM sessions WHERE expires_us <= ? ORDER BY expires_us LIMIT ?";
constexpr char kSelectTodos[] =
    "SELECT id, title, done, created_us FROM todos"
    " WHERE user_id = ? AND created_us >= ? AND (created_us > ? OR id > ?) ORDER BY created_us, id LIMIT ?";
constexpr char kSelectTodo[] = "SELECT id, title, done, created_us FROM todos WHERE user_id = ? AND id = ?";
constexpr char kCountOneMore[] = "UPDATE users SET todo_count = todo_count + 1 WHERE id = ? AND todo_count < ?";
constexpr char kCountOneLess[] = "UPDATE users SET todo_count = todo_count - 1 WHERE id = ?";
constexpr char kInsertTodo[] = "INSERT INTO todos (user_id, created_us, id, title, done) VALUES (?, ?, ?, ?, ?)";
constexpr char kUpdateTodo[] =
    "UPDATE todos SET title = COALESCE(?, title), done = COALESCE(?, done) WHERE user_id = ? AND id = ?";
constexpr char kDeleteTodo[] = "DELETE FROM todos WHERE user_id = ? AND id = ?";

std::string Text(absl::string_view text) { return std::string(text); }

Todo ToTodo(const MysqlResult& result, size_t row) {
  return {.id = result.Text(row, 0),
          .title = result.Text(row, 1),
          .done = result.Integer(row, 2) != 0,
          .created = absl::FromUnixMicros(result.Integer(row, 3))};
}

absl::Status NoSuchTodo(absl::string_view id) {
  return absl::NotFoundError(absl::StrCat("there is no todo \"", id, "\""));
}

absl::StatusOr<Todo> SelectTodo(MysqlConnection& connection, absl::string_view user_id, absl::string_view id) {
  NUBO_ASSIGN_OR_RETURN(const MysqlResult found, connection.Execute(kSelectTodo, {Text(user_id), Text(id)}));
  if (found.rows.empty()) return NoSuchTodo(id);
  return ToTodo(found, 0);
}

// Runs `work` and commits, or rolls back if it fails. `commit_sent` is set once the outcome may be durable.
absl::Status InTransaction(MysqlConnection& connection, absl::FunctionRef<absl::Status()> work,
                           bool* commit_sent = nullptr) {
  NUBO_RETURN_IF_ERROR(connection.Execute("START TRANSACTION").status());
  absl::Status status = work();
  if (!status.ok()) {
    if (!connection.broken()) NUBO_RETURN_IF_ERROR(connection.Execute("ROLLBACK").status());
    return status;
  }
  if (commit_sent != nullptr) *commit_sent = true;
  return connection.Execute("COMMIT").status();
}

absl::Status InsertSession(MysqlConnection& connection, const Session& session) {
  return connection
      .Execute(kInsertSession, {session.token_hash, session.user_id, absl::ToUnixMicros(session.created),
                                absl::ToUnixMicros(session.expires)})
      .status();
}

}  // namespace

absl::Status MysqlStore::Migrate(absl::Time deadline) {
  return pool_.Run(deadline, [&](MysqlConnection& connection) { return MigrateSchema(connection, clock_.Now()); });
}

absl::Status MysqlStore::Check(absl::Time deadline) { return pool_.Run(deadline, &CheckSchema); }

absl::Status MysqlStore::AddUser(const User& user, const Session& session, absl::Time deadline) {
  return pool_.Run(deadline, [&](MysqlConnection& connection) -> absl::Status {
    const absl::Status added = InTransaction(connection, [&]() -> absl::Status {
      NUBO_RETURN_IF_ERROR(connection
                               .Execute(kInsertUser, {user.id, user.name, user.name_key, user.password_hash,
                                                      absl::ToUnixMicros(user.created)})
                               .status());
      return InsertSession(connection, session);
    });
    if (!absl::IsAlreadyExists(added)) return added;
    // Taken by somebody else, or by an earlier attempt of this very call, whose session came with it.
    NUBO_ASSIGN_OR_RETURN(const MysqlResult holder, connection.Execute(kSelectUser, {user.name_key}));
    if (!holder.rows.empty() && holder.Text(0, 0) == user.id) return absl::OkStatus();
    return absl::AlreadyExistsError(absl::StrCat("the user name \"", user.name, "\" is taken"));
  });
}

absl::StatusOr<User> MysqlStore::FindUser(absl::string_view name_key, absl::Time deadline) {
  User user;
  NUBO_RETURN_IF_ERROR(pool_.Run(deadline, [&](MysqlConnection& connection) -> absl::Status {
    NUBO_ASSIGN_OR_RETURN(const MysqlResult found, connection.Execute(kSelectUser, {Text(name_key)}));
    if (found.rows.empty()) return absl::NotFoundError("there is no such user");
    user = {.id = found.Text(0, 0),
            .name = found.Text(0, 1),
            .name_key = Text(name_key),
            .password_hash = found.Text(0, 2),
            .created = absl::FromUnixMicros(found.Integer(0, 3))};
    return absl::OkStatus();
  }));
  return user;
}

absl::Status MysqlStore::AddSession(const Session& session, int sessions_max, absl::Time deadline) {
  return pool_.Run(deadline, [&](MysqlConnection& connection) -> absl::Status {
    NUBO_RETURN_IF_ERROR(InsertSession(connection, session));
    NUBO_ASSIGN_OR_RETURN(const MysqlResult surplus,
                          connection.Execute(kNewestSurplusSession, {session.user_id, int64_t{sessions_max}}));
    if (surplus.rows.empty()) return absl::OkStatus();
    return connection.Execute(kDeleteOldSessions, {session.user_id, surplus.Integer(0, 0), session.token_hash})
        .status();
  });
}

absl::StatusOr<std::string> MysqlStore::FindSession(absl::string_view token_hash, absl::Time now, absl::Time deadline) {
  std::string user_id;
  NUBO_RETURN_IF_ERROR(pool_.Run(deadline, [&](MysqlConnection& connection) -> absl::Status {
    NUBO_ASSIGN_OR_RETURN(const MysqlResult found,
                          connection.Execute(kSelectSession, {Text(token_hash), absl::ToUnixMicros(now)}));
    if (found.rows.empty()) return absl::NotFoundError("there is no such session");
    user_id = found.Text(0, 0);
    return absl::OkStatus();
  }));
  return user_id;
}

absl::Status MysqlStore::DeleteSession(absl::string_view token_hash, absl::Time deadline) {
  return pool_.Run(deadline, [&](MysqlConnection& connection) {
    return connection.Execute(kDeleteSession, {Text(token_hash)}).status();
  });
}

absl::StatusOr<int64_t> MysqlStore::DeleteExpiredSessions(absl::Time now, int count_max, absl::Time deadline) {
  int64_t deleted = 0;
  NUBO_RETURN_IF_ERROR(pool_.Run(deadline, [&](MysqlConnection& connection) -> absl::Status {
    NUBO_ASSIGN_OR_RETURN(const MysqlResult result,
                          connection.Execute(kDeleteExpired, {absl::ToUnixMicros(now), int64_t{count_max}}));
    deleted = result.affected;
    return absl::OkStatus();
  }));
  return deleted;
}

absl::StatusOr<std::vector<Todo>> MysqlStore::ListTodos(absl::string_view user_id, const TodoCursor& after,
                                                        int count_max, absl::Time deadline) {
  std::vector<Todo> todos;
  NUBO_RETURN_IF_ERROR(pool_.Run(deadline, [&](MysqlConnection& connection) -> absl::Status {
    const int64_t created_us = absl::ToUnixMicros(after.created);
    NUBO_ASSIGN_OR_RETURN(
        const MysqlResult found,
        connection.Execute(kSelectTodos, {Text(user_id), created_us, created_us, after.id, int64_t{count_max}}));
    todos.clear();
    for (size_t row = 0; row < found.rows.size(); ++row) todos.push_back(ToTodo(found, row));
    return absl::OkStatus();
  }));
  return todos;
}

absl::StatusOr<Todo> MysqlStore::AddTodo(absl::string_view user_id, const Todo& todo, int todos_max,
                                         absl::Time deadline) {
  Todo kept = todo;
  NUBO_RETURN_IF_ERROR(pool_.Run(deadline, [&](MysqlConnection& connection) -> absl::Status {
    bool full = false;
    const absl::Status added = InTransaction(connection, [&]() -> absl::Status {
      NUBO_ASSIGN_OR_RETURN(const MysqlResult counted,
                            connection.Execute(kCountOneMore, {Text(user_id), int64_t{todos_max}}));
      full = counted.affected == 0;
      if (full) {
        return absl::FailedPreconditionError(absl::StrCat("the list holds ", todos_max, " todos and cannot hold more"));
      }
      return connection
          .Execute(kInsertTodo,
                   {Text(user_id), absl::ToUnixMicros(todo.created), todo.id, todo.title, int64_t{todo.done ? 1 : 0}})
          .status();
    });
    if (!absl::IsAlreadyExists(added) && !full) return added;
    // It is there already: an earlier attempt of this call, or an earlier call with the same request id.
    absl::StatusOr<Todo> there = SelectTodo(connection, user_id, todo.id);
    if (absl::IsNotFound(there.status())) return added;
    NUBO_RETURN_IF_ERROR(there.status());
    kept = *std::move(there);
    return absl::OkStatus();
  }));
  return kept;
}

absl::StatusOr<Todo> MysqlStore::ChangeTodo(absl::string_view user_id, absl::string_view id, const TodoChange& change,
                                            absl::Time deadline) {
  Todo todo;
  NUBO_RETURN_IF_ERROR(pool_.Run(deadline, [&](MysqlConnection& connection) -> absl::Status {
    const MysqlValue title = change.title ? MysqlValue(*change.title) : MysqlValue();
    const MysqlValue done = change.done ? MysqlValue(int64_t{*change.done ? 1 : 0}) : MysqlValue();
    NUBO_RETURN_IF_ERROR(connection.Execute(kUpdateTodo, {title, done, Text(user_id), Text(id)}).status());
    NUBO_ASSIGN_OR_RETURN(todo, SelectTodo(connection, user_id, id));
    return absl::OkStatus();
  }));
  return todo;
}

absl::Status MysqlStore::DeleteTodo(absl::string_view user_id, absl::string_view id, absl::Time deadline) {
  // Once a commit was sent and its answer lost, not finding the todo means that the commit worked.
  bool commit_sent = false;
  return pool_.Run(deadline, [&](MysqlConnection& connection) -> absl::Status {
    const bool repeated = commit_sent;
    const absl::Status deleted = InTransaction(
        connection,
        [&]() -> absl::Status {
          NUBO_RETURN_IF_ERROR(connection.Execute(kCountOneLess, {Text(user_id)}).status());
          NUBO_ASSIGN_OR_RETURN(const MysqlResult result, connection.Execute(kDeleteTodo, {Text(user_id), Text(id)}));
          return result.affected > 0 ? absl::OkStatus() : NoSuchTodo(id);
        },
        &commit_sent);
    return repeated && absl::IsNotFound(deleted) ? absl::OkStatus() : deleted;
  });
}

}  // namespace nubo::examples::todo
