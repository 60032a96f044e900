// The todo list's tables, and how a database gets them.
//
// Any number of backends may start at once: the first takes a named lock, the others find its work done. A migration is
// one statement that may be run again, since a server that dies between the statement and its note in
// schema_migrations leaves it half noted. A schema newer than this program's is left alone: migrations only add, so
// that an older backend serves on while a newer one is rolled out.
//
// Thread safety: pure functions over a connection.
#ifndef EXAMPLES_TODO_BACKEND_MYSQL_SCHEMA_H_
#define EXAMPLES_TODO_BACKEND_MYSQL_SCHEMA_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "examples/todo/backend/mysql_connection.h"

namespace nubo::examples::todo {

// How many migrations this program knows.
int64_t SchemaVersion();

// Brings the connection's database to SchemaVersion(). ABORTED: another backend holds the lock for longer than 3 s.
absl::Status MigrateSchema(MysqlConnection& connection, absl::Time now);

// OK when every migration has been applied. FAILED_PRECONDITION: some are missing.
absl::Status CheckSchema(MysqlConnection& connection);

}  // namespace nubo::examples::todo

#endif  // EXAMPLES_TODO_BACKEND_MYSQL_SCHEMA_H_
