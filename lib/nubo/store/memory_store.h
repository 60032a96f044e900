// A store in memory, for tests and for what need not be kept. It can be made to fail as a full disk does.
//
// Example:
//   store::MemoryStore store;
//   store.FailWith(absl::ResourceExhaustedError("the disk is full"));  // until FailWith(absl::OkStatus())
//
// Thread safety: thread-safe.
#ifndef NUBO_STORE_MEMORY_STORE_H_
#define NUBO_STORE_MEMORY_STORE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/base/mutex.h"
#include "nubo/store/store.h"

namespace nubo::store {

class MemoryStore final : public Store {
 public:
  absl::StatusOr<Entry> Get(absl::string_view key) override;
  absl::StatusOr<std::vector<Entry>> List(absl::string_view prefix) override;
  absl::StatusOr<int64_t> Apply(const Batch& batch) override;

  // What every Apply is refused with from now on; OK: none is any more.
  void FailWith(absl::Status status);
  // How many keys were put or erased so far.
  size_t changes() const;
  // The key's value becomes other bytes, and its entry is damaged until it is put again. NOT_FOUND: no such key.
  absl::Status Damage(absl::string_view key, std::string value);

 private:
  mutable base::Mutex mutex_;
  std::map<std::string, Entry, std::less<>> entries_ NUBO_GUARDED_BY(mutex_);
  int64_t revision_ NUBO_GUARDED_BY(mutex_) = 0;
  size_t changes_ NUBO_GUARDED_BY(mutex_) = 0;
  absl::Status failure_ NUBO_GUARDED_BY(mutex_);
};

}  // namespace nubo::store

#endif  // NUBO_STORE_MEMORY_STORE_H_
