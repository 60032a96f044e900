#include "examples/todo/backend/mysql_schema.h"

#include <iterator>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"

namespace nubo::examples::todo {
namespace {

// GET_LOCK's names are the server's, not the database's: two todo lists on one server must not wait for each other.
constexpr char kLock[] = "SELECT COALESCE(GET_LOCK(CONCAT('todo.migrations.', DATABASE()), 3), 0)";
constexpr char kUnlock[] = "SELECT COALESCE(RELEASE_LOCK(CONCAT('todo.migrations.', DATABASE())), 0)";
constexpr char kMigrationsTable[] =
    "CREATE TABLE IF NOT EXISTS schema_migrations ("
    " version BIGINT NOT NULL PRIMARY KEY,"
    " applied_us BIGINT NOT NULL"
    ") ENGINE=InnoDB";
constexpr char kHasMigrationsTable[] =
    "SELECT COUNT(*) FROM information_schema.tables"
    " WHERE table_schema = DATABASE() AND table_name = 'schema_migrations'";
constexpr char kVersion[] = "SELECT COALESCE(MAX(version), 0) FROM schema_migrations";
constexpr char kNote[] = "INSERT INTO schema_migrations (version, applied_us) VALUES (?, ?)";

// Appended to, never edited: version n is the n-th. Ids and hashes are hexadecimal text.
constexpr const char* kMigrations[] = {
    "CREATE TABLE IF NOT EXISTS users ("
    " id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,"
    " name VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,"
    " name_key VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,"
    " password_hash VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,"
    " todo_count INT NOT NULL DEFAULT 0,"
    " created_us BIGINT NOT NULL,"
    " UNIQUE KEY by_name (name_key)"
    ") ENGINE=InnoDB",

    "CREATE TABLE IF NOT EXISTS sessions ("
    " token_hash CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,"
    " user_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,"
    " created_us BIGINT NOT NULL,"
    " expires_us BIGINT NOT NULL,"
    " KEY by_user (user_id, created_us),"
    " KEY by_expiry (expires_us),"
    " FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE"
    ") ENGINE=InnoDB",

    // The primary key is the order of a list, so that a page is one range of one index.
    "CREATE TABLE IF NOT EXISTS todos ("
    " user_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,"
    " created_us BIGINT NOT NULL,"
    " id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,"
    " title VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,"
    " done TINYINT NOT NULL DEFAULT 0,"
    " PRIMARY KEY (user_id, created_us, id),"
    " UNIQUE KEY by_id (user_id, id),"
    " FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE"
    ") ENGINE=InnoDB",
};

absl::Status Migrate(MysqlConnection& connection, absl::Time now) {
  NUBO_RETURN_IF_ERROR(connection.Execute(kMigrationsTable).status());
  NUBO_ASSIGN_OR_RETURN(const MysqlResult found, connection.Execute(kVersion));
  for (int64_t version = found.Integer(0, 0) + 1; version <= SchemaVersion(); ++version) {
    NUBO_RETURN_IF_ERROR(
        base::Annotate(connection.Execute(kMigrations[version - 1]).status(), absl::StrCat("migration ", version)));
    NUBO_RETURN_IF_ERROR(connection.Execute(kNote, {version, absl::ToUnixMicros(now)}).status());
  }
  return absl::OkStatus();
}

}  // namespace

int64_t SchemaVersion() { return static_cast<int64_t>(std::size(kMigrations)); }

absl::Status MigrateSchema(MysqlConnection& connection, absl::Time now) {
  NUBO_ASSIGN_OR_RETURN(const MysqlResult locked, connection.Execute(kLock));
  if (locked.Integer(0, 0) != 1) return absl::AbortedError("another backend is migrating the database");
  const absl::Status migrated = Migrate(connection, now);
  const absl::Status unlocked = connection.Execute(kUnlock).status();
  return migrated.ok() ? unlocked : migrated;
}

absl::Status CheckSchema(MysqlConnection& connection) {
  NUBO_ASSIGN_OR_RETURN(const MysqlResult exists, connection.Execute(kHasMigrationsTable));
  int64_t version = 0;
  if (exists.Integer(0, 0) > 0) {
    NUBO_ASSIGN_OR_RETURN(const MysqlResult found, connection.Execute(kVersion));
    version = found.Integer(0, 0);
  }
  if (version >= SchemaVersion()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("the database's schema is at version ", version, "; this backend needs ", SchemaVersion()));
}

}  // namespace nubo::examples::todo
