// Where the control plane keeps what it knows: revisioned keys with transactions and watches.
//
// Every change happens in one transaction (Apply) and gives the store a new revision; a reader sees all of it or
// nothing. What Apply has returned is on the disk: neither a kill nor a loss of power takes it back, as far as the disk
// keeps its own promise (fsync). Each record carries a checksum, so that one bad bit costs a record and not the store.
//
// So that a full disk does not keep anything from being ended, the store holds a reserve, a file of kReserveBytes
// beside it, which it gives up for the sake of a transaction, and takes again once there is room.
//
// Example:
//   auto store = SqliteStore::Open("/var/lib/nubo/state.db");
//   Batch batch;
//   batch.Put("vpcs/vpc-1", bytes);
//   (*store)->Apply(batch);
//
// Thread safety: thread-safe.
#ifndef NUBO_REGION_STORE_H_
#define NUBO_REGION_STORE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

struct sqlite3;

namespace nubo::region {

// Changes that are applied together. The last change of a key wins.
class Batch {
 public:
  void Put(absl::string_view key, std::string value) { changes_[std::string(key)] = std::move(value); }
  void Erase(absl::string_view key) { changes_[std::string(key)] = std::nullopt; }
  // The batch is refused with ABORTED unless `key` still has this revision (0: does not exist).
  void RequireRevision(absl::string_view key, int64_t revision) { required_[std::string(key)] = revision; }
  bool empty() const { return changes_.empty(); }
  void clear() {
    changes_.clear();
    required_.clear();
    applied_.clear();
    Keep();
  }
  // From here until it is cleared, whoever changes memory together with the batch also says how that is taken back.
  void BeginUndoable() {
    undoable_ = true;
    before_ = changes_;
    applied_before_ = applied_.size();
  }
  bool undoable() const { return undoable_; }
  // What was changed since BeginUndoable() stays.
  void Keep() {
    undo_.clear();
    before_.clear();
    undoable_ = false;
  }
  void OnUndo(std::function<void()> step) { undo_.push_back(std::move(step)); }
  // Takes everything since then back, last first, and is as it was.
  void Undo() {
    for (auto step = undo_.rbegin(); step != undo_.rend(); ++step) (*step)();
    std::map<std::string, std::optional<std::string>> before = std::move(before_);
    std::vector<std::function<void()>> applied(applied_.begin(), applied_.begin() + applied_before_);
    clear();
    changes_ = std::move(before);
    applied_ = std::move(applied);
  }
  // What is done once the batch has been stored: nobody hears of a change that may yet be taken back.
  void OnApplied(std::function<void()> step) { applied_.push_back(std::move(step)); }
  // The batch has been stored: tells so, and is empty.
  void Applied() {
    const std::vector<std::function<void()>> steps = std::move(applied_);
    clear();
    for (const auto& step : steps) step();
  }
  const std::map<std::string, std::optional<std::string>>& changes() const { return changes_; }
  const std::map<std::string, int64_t>& required() const { return required_; }

 private:
  std::map<std::string, std::optional<std::string>> changes_;
  std::map<std::string, int64_t> required_;
  std::map<std::string, std::optional<std::string>> before_;
  std::vector<std::function<void()>> undo_;
  std::vector<std::function<void()>> applied_;
  size_t applied_before_ = 0;
  bool undoable_ = false;
};

struct Entry {
  std::string key;
  std::string value;
  // Of the transaction that wrote it.
  int64_t revision = 0;
  // It is not what was written: the disk, or somebody else, has changed it.
  bool damaged = false;
};

class Store {
 public:
  using Watcher = std::function<void(int64_t revision, const Batch& batch)>;

  virtual ~Store() = default;
  // NOT_FOUND: no such key.
  virtual absl::StatusOr<Entry> Get(absl::string_view key) = 0;
  // In the order of their keys.
  virtual absl::StatusOr<std::vector<Entry>> List(absl::string_view prefix) = 0;
  // The new revision. ABORTED: a required revision did not hold. RESOURCE_EXHAUSTED: the disk is full.
  // UNAVAILABLE: it cannot be written. Nothing is changed by a batch that fails.
  virtual absl::StatusOr<int64_t> Apply(const Batch& batch) = 0;
  // Calls `watcher` after every transaction, on the thread that applied it, until the store ends.
  virtual void Watch(Watcher watcher) = 0;
};

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
  void Watch(Watcher watcher) override;

 private:
  explicit SqliteStore(sqlite3* db, std::string path) : db_(db), path_(std::move(path)) {}
  static absl::StatusOr<std::unique_ptr<SqliteStore>> OpenOnce(const std::string& path);
  absl::Status Prepare();
  absl::Status Transact(const Batch& batch);
  absl::Status ApplyLocked(const Batch& batch);
  std::string Reserve() const { return path_ + ".reserve"; }
  // Makes the reserve if it is missing and there is room for more than it.
  void KeepReserve();

  std::mutex mutex_;
  sqlite3* const db_;
  const std::string path_;
  int64_t revision_ = 0;
  bool has_reserve_ = false;
  // Transactions until the reserve is looked after again.
  int reserve_due_ = 0;
  std::vector<Watcher> watchers_;
};

}  // namespace nubo::region

#endif  // NUBO_REGION_STORE_H_
