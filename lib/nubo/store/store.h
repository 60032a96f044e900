// Where a control plane keeps what it knows: revisioned keys with transactions.
//
// Every change happens in one transaction (Apply) and gives the store a new revision; a reader sees all of it or
// nothing. What Apply has returned stays, as far as the store below promises. Asked for is only what a store over a
// network can do as well (etcd's ranges by prefix, and its transactions over revisions, as large as a batch), so that
// one can take the place of those that are here: sqlite_store.h on a disk, memory_store.h for tests. Whether a store of
// one's own keeps these rules says nubo/testing/store_conformance.h.
//
// Example:
//   store::Batch batch;
//   batch.Put("vpcs/vpc-1", bytes);
//   batch.RequireRevision("vpcs/vpc-1", 0);  // it must be new
//   NUBO_RETURN_IF_ERROR(kept.Apply(batch).status());
//
// Thread safety: a Store is thread-safe; Batch and Entry are values.
#ifndef NUBO_STORE_STORE_H_
#define NUBO_STORE_STORE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nubo::store {

// Changes that are applied together. The last change of a key wins. Keys are ASCII; values any bytes.
class Batch {
 public:
  void Put(absl::string_view key, std::string value) { changes_[std::string(key)] = std::move(value); }
  void Erase(absl::string_view key) { changes_[std::string(key)] = std::nullopt; }
  // The batch is refused with ABORTED unless `key` still has this revision (0: does not exist).
  void RequireRevision(absl::string_view key, int64_t revision) { required_[std::string(key)] = revision; }
  bool empty() const { return changes_.empty(); }
  // nullopt: the key is erased.
  const std::map<std::string, std::optional<std::string>>& changes() const { return changes_; }
  const std::map<std::string, int64_t>& required() const { return required_; }

 private:
  std::map<std::string, std::optional<std::string>> changes_;
  std::map<std::string, int64_t> required_;
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
  virtual ~Store() = default;
  // NOT_FOUND: no such key. UNAVAILABLE: it cannot be read. DATA_LOSS: the store is damaged.
  virtual absl::StatusOr<Entry> Get(absl::string_view key) = 0;
  // Those whose keys begin with `prefix`, in the order of their keys (bytes). UNAVAILABLE: they cannot be read.
  // DATA_LOSS: the store is damaged.
  virtual absl::StatusOr<std::vector<Entry>> List(absl::string_view prefix) = 0;
  // The new revision: that of every key the batch puts, and greater than any that a key has had. A batch that changes
  // nothing may leave it as it was. ABORTED: a required revision did not hold. RESOURCE_EXHAUSTED: there is no room.
  // UNAVAILABLE: it cannot be written. DATA_LOSS: the store is damaged. Nothing is changed by a batch that fails.
  virtual absl::StatusOr<int64_t> Apply(const Batch& batch) = 0;
};

}  // namespace nubo::store

#endif  // NUBO_STORE_STORE_H_
