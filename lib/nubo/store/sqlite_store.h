// A store in one file, by SQLite.
//
// What Apply has returned is on the disk: neither a kill nor a loss of power takes it back, as far as the disk keeps
// its own promise (fsync). Each record carries a checksum, so that one bad bit costs a record and not the store.
//
// So that a full disk does not keep anything from being ended, the store holds a reserve, a file of kReserveBytes
// beside it, which it gives up for the sake of a transaction, and takes again once there is room.
//
// Example:
//   auto store = store::SqliteStore::Open("/var/lib/nubo/state.db");
//
// Thread safety: thread-safe.
#ifndef NUBO_STORE_SQLITE_STORE_H_
#define NUBO_STORE_SQLITE_STORE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/base/mutex.h"
#include "nubo/store/store.h"

struct sqlite3;

namespace nubo::store {

class SqliteStore final : public Store {
 public:
  // Of the file PATH.reserve.
  static constexpr int64_t kReserveBytes = 4 << 20;

  // Opens or makes the file. FAILED_PRECONDITION: written by a newer version. DATA_LOSS: not a store at all.
  // UNAVAILABLE: it cannot be opened. RESOURCE_EXHAUSTED: the disk is full.
  static absl::StatusOr<std::unique_ptr<SqliteStore>> Open(const std::string& path);
  // Whether Open() would take the file and all of it can be read. Changes nothing; OK where there is none yet.
  // FAILED_PRECONDITION: written by a newer version. DATA_LOSS: damaged, or not a store at all. UNAVAILABLE: it cannot
  // be read.
  static absl::Status Check(const std::string& path);
  ~SqliteStore() override;

  absl::StatusOr<Entry> Get(absl::string_view key) override;
  absl::StatusOr<std::vector<Entry>> List(absl::string_view prefix) override;
  absl::StatusOr<int64_t> Apply(const Batch& batch) override;

 private:
  explicit SqliteStore(sqlite3* db, std::string path) : db_(db), path_(std::move(path)) {}
  static absl::StatusOr<std::unique_ptr<SqliteStore>> OpenOnce(const std::string& path);
  absl::Status Prepare() NUBO_EXCLUDES(mutex_);
  absl::Status Transact(const Batch& batch) NUBO_REQUIRES(mutex_);
  absl::Status ApplyLocked(const Batch& batch) NUBO_REQUIRES(mutex_);
  std::string Reserve() const { return path_ + ".reserve"; }
  // Makes the reserve if it is missing and there is room for more than it.
  void KeepReserve() NUBO_REQUIRES(mutex_);

  base::Mutex mutex_;
  sqlite3* const db_;
  const std::string path_;
  int64_t revision_ NUBO_GUARDED_BY(mutex_) = 0;
  bool has_reserve_ NUBO_GUARDED_BY(mutex_) = false;
  // Transactions until the reserve is looked after again.
  int reserve_due_ NUBO_GUARDED_BY(mutex_) = 0;
};

}  // namespace nubo::store

#endif  // NUBO_STORE_SQLITE_STORE_H_
