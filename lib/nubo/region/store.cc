#include "nubo/region/store.h"

#include <sqlite3.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "nubo/base/status.h"

namespace nubo::region {
namespace {

// Raised when the shape of what is stored changes; Prepare() refuses a store of a later version.
constexpr int kSchemaVersion = 1;
constexpr int kBusyTimeoutMs = 2000;

absl::Status SqlError(sqlite3* db, absl::string_view path) {
  const std::string message = absl::StrCat("store ", path, ": ", sqlite3_errmsg(db));
  switch (sqlite3_errcode(db)) {
    case SQLITE_FULL:
      return absl::ResourceExhaustedError(message);
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return absl::FailedPreconditionError(absl::StrCat(message, "; move it away to start anew"));
    default:
      return absl::UnavailableError(message);
  }
}

// A prepared statement that is finalized with its scope.
class Statement {
 public:
  Statement(sqlite3* db, const char* sql) { sqlite3_prepare_v2(db, sql, -1, &statement_, nullptr); }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& Bind(int at, absl::string_view text) {
    sqlite3_bind_blob(statement_, at, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
    return *this;
  }
  Statement& Bind(int at, int64_t number) {
    sqlite3_bind_int64(statement_, at, number);
    return *this;
  }
  // SQLITE_ROW, SQLITE_DONE or an error.
  int Step() { return statement_ == nullptr ? SQLITE_ERROR : sqlite3_step(statement_); }
  std::string Text(int column) const {
    const void* data = sqlite3_column_blob(statement_, column);
    return std::string(static_cast<const char*>(data), data == nullptr ? 0 : sqlite3_column_bytes(statement_, column));
  }
  int64_t Number(int column) const { return sqlite3_column_int64(statement_, column); }

 private:
  sqlite3_stmt* statement_ = nullptr;
};

absl::Status CheckVersion(sqlite3* db, absl::string_view path) {
  Statement read(db, "PRAGMA user_version");
  if (read.Step() != SQLITE_ROW) return SqlError(db, path);
  if (read.Number(0) <= kSchemaVersion) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("store ", path, " has schema version ", read.Number(0),
                                                    "; this program knows versions up to ", kSchemaVersion));
}

// How SQLite is told to read a file and leave no other beside it. That is possible where no log of changes is.
std::string ReadOnlyUri(const std::string& path) {
  std::error_code ignored;
  const bool has_log = std::filesystem::exists(absl::StrCat(path, "-wal"), ignored);
  const std::string escaped = absl::StrReplaceAll(path, {{"%", "%25"}, {"?", "%3f"}, {"#", "%23"}});
  return absl::StrCat("file:", escaped, has_log ? "" : "?immutable=1");
}

}  // namespace

absl::Status SqliteStore::Check(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return absl::OkStatus();
  sqlite3* db = nullptr;
  const int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_FULLMUTEX;
  const int code = sqlite3_open_v2(ReadOnlyUri(path).c_str(), &db, flags, nullptr);
  const SqliteStore closes(db, path);
  if (code != SQLITE_OK) return SqlError(db, path);
  sqlite3_busy_timeout(db, kBusyTimeoutMs);
  NUBO_RETURN_IF_ERROR(CheckVersion(db, path));
  Statement check(db, "PRAGMA quick_check(1)");
  if (check.Step() != SQLITE_ROW) return SqlError(db, path);
  if (check.Text(0) == "ok") return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("store ", path, " is damaged: ", check.Text(0), "; move it away to start anew"));
}

absl::StatusOr<std::unique_ptr<SqliteStore>> SqliteStore::Open(const std::string& path) {
  sqlite3* db = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX, nullptr);
  std::unique_ptr<SqliteStore> store(new SqliteStore(db, path));
  if (code != SQLITE_OK) return SqlError(db, path);
  sqlite3_busy_timeout(db, kBusyTimeoutMs);
  NUBO_RETURN_IF_ERROR(store->Prepare());
  return store;
}

SqliteStore::~SqliteStore() { sqlite3_close(db_); }

absl::Status SqliteStore::Prepare() {
  NUBO_RETURN_IF_ERROR(CheckVersion(db_, path_));
  const std::string sql = absl::StrCat(
      "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; BEGIN IMMEDIATE;"
      "CREATE TABLE IF NOT EXISTS entries (key BLOB PRIMARY KEY, value BLOB NOT NULL, revision INTEGER NOT NULL)"
      " WITHOUT ROWID;"
      "CREATE TABLE IF NOT EXISTS latest (only INTEGER PRIMARY KEY CHECK (only = 1), revision INTEGER NOT NULL);"
      "INSERT OR IGNORE INTO latest VALUES (1, 0);"
      "PRAGMA user_version=",
      kSchemaVersion, "; COMMIT");
  if (sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) return SqlError(db_, path_);
  Statement read(db_, "SELECT revision FROM latest");
  if (read.Step() != SQLITE_ROW) return SqlError(db_, path_);
  revision_ = read.Number(0);
  return absl::OkStatus();
}

absl::StatusOr<Entry> SqliteStore::Get(absl::string_view key) {
  std::lock_guard lock(mutex_);
  Statement read(db_, "SELECT value, revision FROM entries WHERE key = ?");
  const int code = read.Bind(1, key).Step();
  if (code == SQLITE_DONE) return absl::NotFoundError(absl::StrCat("the store has no key \"", key, "\""));
  if (code != SQLITE_ROW) return SqlError(db_, path_);
  return Entry{std::string(key), read.Text(0), read.Number(1)};
}

absl::StatusOr<std::vector<Entry>> SqliteStore::List(absl::string_view prefix) {
  std::lock_guard lock(mutex_);
  // Keys are plain ASCII, so every key with the prefix sorts before the prefix followed by 0xff.
  Statement read(db_, "SELECT key, value, revision FROM entries WHERE key >= ? AND key < ? ORDER BY key");
  read.Bind(1, prefix).Bind(2, absl::StrCat(prefix, "\xff"));
  std::vector<Entry> entries;
  int code;
  while ((code = read.Step()) == SQLITE_ROW) entries.push_back({read.Text(0), read.Text(1), read.Number(2)});
  if (code != SQLITE_DONE) return SqlError(db_, path_);
  return entries;
}

absl::Status SqliteStore::ApplyLocked(const Batch& batch) {
  for (const auto& [key, revision] : batch.required()) {
    Statement read(db_, "SELECT revision FROM entries WHERE key = ?");
    const int64_t actual = read.Bind(1, key).Step() == SQLITE_ROW ? read.Number(0) : 0;
    if (actual != revision) {
      return absl::AbortedError(absl::StrCat("key \"", key, "\" has revision ", actual, ", not ", revision));
    }
  }
  for (const auto& [key, value] : batch.changes()) {
    Statement write(db_,
                    value ? "INSERT OR REPLACE INTO entries VALUES (?, ?, ?)" : "DELETE FROM entries WHERE key = ?");
    write.Bind(1, key);
    if (value) write.Bind(2, *value).Bind(3, revision_ + 1);
    if (write.Step() != SQLITE_DONE) return SqlError(db_, path_);
  }
  Statement write(db_, "UPDATE latest SET revision = ?");
  if (write.Bind(1, revision_ + 1).Step() != SQLITE_DONE) return SqlError(db_, path_);
  return absl::OkStatus();
}

absl::StatusOr<int64_t> SqliteStore::Apply(const Batch& batch) {
  int64_t revision;
  std::vector<Watcher> watchers;
  {
    std::lock_guard lock(mutex_);
    if (sqlite3_exec(db_, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) != SQLITE_OK) return SqlError(db_, path_);
    absl::Status status = ApplyLocked(batch);
    if (status.ok() && sqlite3_exec(db_, "COMMIT", nullptr, nullptr, nullptr) != SQLITE_OK) {
      status = SqlError(db_, path_);
    }
    if (!status.ok()) {
      sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
      return status;
    }
    revision = ++revision_;
    watchers = watchers_;
  }
  for (const Watcher& watcher : watchers) watcher(revision, batch);
  return revision;
}

void SqliteStore::Watch(Watcher watcher) {
  std::lock_guard lock(mutex_);
  watchers_.push_back(std::move(watcher));
}

}  // namespace nubo::region
