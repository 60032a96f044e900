#include "nubo/store/sqlite_store.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "nubo/base/status.h"

namespace nubo::store {
namespace {

// Raised when the shape of what is stored changes; Prepare() refuses a store of a later version.
// 2: a checksum for each record.
constexpr int kSchemaVersion = 2;
constexpr int kBusyTimeoutMs = 2000;
// Transactions between two looks whether a reserve that was given up can be had again.
constexpr int kReserveEvery = 20;

// FNV-1a, 64 bits: finds any change of a few bits.
int64_t Checksum(absl::string_view key, absl::string_view value) {
  uint64_t sum = 0xcbf29ce484222325;
  for (const absl::string_view text : {key, value}) {
    for (const char c : text) sum = (sum ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    // Where one ends and the other begins.
    sum = (sum ^ 0xff) * 0x100000001b3;
  }
  return static_cast<int64_t>(sum);
}

absl::Status SqlError(sqlite3* db, absl::string_view path) {
  const std::string message = absl::StrCat("store ", path, ": ", sqlite3_errmsg(db));
  switch (sqlite3_errcode(db)) {
    case SQLITE_FULL:
      return absl::ResourceExhaustedError(message);
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return absl::DataLossError(absl::StrCat(message, "; move it away to start anew"));
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
  bool Null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

 private:
  sqlite3_stmt* statement_ = nullptr;
};

absl::Status CheckVersion(sqlite3* db, absl::string_view path, int64_t& version) {
  Statement read(db, "PRAGMA user_version");
  if (read.Step() != SQLITE_ROW) return SqlError(db, path);
  version = read.Number(0);
  if (version <= kSchemaVersion) return absl::OkStatus();
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
  int64_t version = 0;
  NUBO_RETURN_IF_ERROR(CheckVersion(db, path, version));
  Statement check(db, "PRAGMA quick_check(1)");
  if (check.Step() != SQLITE_ROW) return SqlError(db, path);
  if (check.Text(0) == "ok") return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat("store ", path, " is damaged: ", check.Text(0), "; move it away to start anew"));
}

absl::StatusOr<std::unique_ptr<SqliteStore>> SqliteStore::Open(const std::string& path) {
  absl::StatusOr<std::unique_ptr<SqliteStore>> store = OpenOnce(path);
  const bool refused = absl::IsResourceExhausted(store.status()) || absl::IsUnavailable(store.status());
  // Opening takes some room, too.
  if (refused && unlink((path + ".reserve").c_str()) == 0) store = OpenOnce(path);
  if (store.ok()) {
    base::MutexLock lock((*store)->mutex_);
    (*store)->KeepReserve();
  }
  return store;
}

absl::StatusOr<std::unique_ptr<SqliteStore>> SqliteStore::OpenOnce(const std::string& path) {
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
  base::MutexLock lock(mutex_);
  int64_t version = 0;
  NUBO_RETURN_IF_ERROR(CheckVersion(db_, path_, version));
  const char* settings = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL";
  if (sqlite3_exec(db_, settings, nullptr, nullptr, nullptr) != SQLITE_OK) return SqlError(db_, path_);
  const std::string sql = absl::StrCat(
      "BEGIN IMMEDIATE;"
      "CREATE TABLE IF NOT EXISTS entries (key BLOB PRIMARY KEY, value BLOB NOT NULL, revision INTEGER NOT NULL",
      version == 0 ? ", checksum INTEGER" : "", ") WITHOUT ROWID;",
      // Records of the first version have none until they are written again.
      version == 1 ? "ALTER TABLE entries ADD COLUMN checksum INTEGER;" : "",
      "CREATE TABLE IF NOT EXISTS latest (only INTEGER PRIMARY KEY CHECK (only = 1), revision INTEGER NOT NULL);"
      "INSERT OR IGNORE INTO latest VALUES (1, 0);"
      "PRAGMA user_version=",
      kSchemaVersion, "; COMMIT");
  // A full disk would refuse even what changes nothing.
  const bool current = version == kSchemaVersion;
  if (!current && sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) return SqlError(db_, path_);
  Statement read(db_, "SELECT revision FROM latest");
  if (read.Step() != SQLITE_ROW) return SqlError(db_, path_);
  revision_ = read.Number(0);
  return absl::OkStatus();
}

void SqliteStore::KeepReserve() {
  if (has_reserve_ || --reserve_due_ > 0) return;
  reserve_due_ = kReserveEvery;
  struct statvfs disk;
  struct stat info;
  has_reserve_ = stat(Reserve().c_str(), &info) == 0 && info.st_blocks * int64_t{512} >= kReserveBytes;
  if (has_reserve_ || statvfs(path_.c_str(), &disk) != 0) return;
  if (static_cast<int64_t>(disk.f_bavail) * static_cast<int64_t>(disk.f_frsize) < 2 * kReserveBytes) return;
  const int fd = open(Reserve().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return;
  has_reserve_ = posix_fallocate(fd, 0, kReserveBytes) == 0;
  close(fd);
  if (!has_reserve_) unlink(Reserve().c_str());
}

absl::StatusOr<Entry> SqliteStore::Get(absl::string_view key) {
  base::MutexLock lock(mutex_);
  Statement read(db_, "SELECT value, revision, checksum FROM entries WHERE key = ?");
  const int code = read.Bind(1, key).Step();
  if (code == SQLITE_DONE) return absl::NotFoundError(absl::StrCat("the store has no key \"", key, "\""));
  if (code != SQLITE_ROW) return SqlError(db_, path_);
  Entry entry{std::string(key), read.Text(0), read.Number(1)};
  entry.damaged = !read.Null(2) && read.Number(2) != Checksum(entry.key, entry.value);
  return entry;
}

absl::StatusOr<std::vector<Entry>> SqliteStore::List(absl::string_view prefix) {
  base::MutexLock lock(mutex_);
  // Keys are plain ASCII, so every key with the prefix sorts before the prefix followed by 0xff.
  Statement read(db_, "SELECT key, value, revision, checksum FROM entries WHERE key >= ? AND key < ? ORDER BY key");
  read.Bind(1, prefix).Bind(2, absl::StrCat(prefix, "\xff"));
  std::vector<Entry> entries;
  int code;
  while ((code = read.Step()) == SQLITE_ROW) {
    Entry entry{read.Text(0), read.Text(1), read.Number(2)};
    entry.damaged = !read.Null(3) && read.Number(3) != Checksum(entry.key, entry.value);
    entries.push_back(std::move(entry));
  }
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
    Statement write(db_, value ? "INSERT OR REPLACE INTO entries (key, value, revision, checksum) VALUES (?, ?, ?, ?)"
                               : "DELETE FROM entries WHERE key = ?");
    write.Bind(1, key);
    if (value) write.Bind(2, *value).Bind(3, revision_ + 1).Bind(4, Checksum(key, *value));
    if (write.Step() != SQLITE_DONE) return SqlError(db_, path_);
  }
  Statement write(db_, "UPDATE latest SET revision = ?");
  if (write.Bind(1, revision_ + 1).Step() != SQLITE_DONE) return SqlError(db_, path_);
  return absl::OkStatus();
}

absl::Status SqliteStore::Transact(const Batch& batch) {
  if (sqlite3_exec(db_, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) != SQLITE_OK) return SqlError(db_, path_);
  absl::Status status = ApplyLocked(batch);
  if (status.ok() && sqlite3_exec(db_, "COMMIT", nullptr, nullptr, nullptr) != SQLITE_OK) {
    status = SqlError(db_, path_);
  }
  if (!status.ok()) sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
  return status;
}

absl::StatusOr<int64_t> SqliteStore::Apply(const Batch& batch) {
  base::MutexLock lock(mutex_);
  absl::Status status = Transact(batch);
  if (absl::IsResourceExhausted(status) && std::exchange(has_reserve_, false)) {
    unlink(Reserve().c_str());
    status = Transact(batch);
  }
  NUBO_RETURN_IF_ERROR(status);
  KeepReserve();
  return ++revision_;
}

}  // namespace nubo::store
