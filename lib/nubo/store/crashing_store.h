// A store that ends its process at a chosen moment, for tests of what the next control plane makes of the rest.
//
// Moments are numbered: 2n - 1 is right before the n-th write, 2n right after it, before anything was done about it.
// Between them lies all that a control plane ever does.
//
// Example:
//   store::CrashingStore crashing(std::move(below), 7, [] { kill(getpid(), SIGKILL); });
//
// Thread safety: as the store below it.
#ifndef NUBO_STORE_CRASHING_STORE_H_
#define NUBO_STORE_CRASHING_STORE_H_

#include <atomic>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "nubo/store/store.h"

namespace nubo::store {

class CrashingStore final : public Store {
 public:
  CrashingStore(std::unique_ptr<Store> store, int moment, std::function<void()> crash)
      : store_(std::move(store)), moment_(moment), crash_(std::move(crash)) {}

  absl::StatusOr<Entry> Get(absl::string_view key) override { return store_->Get(key); }
  absl::StatusOr<std::vector<Entry>> List(absl::string_view prefix) override { return store_->List(prefix); }
  absl::StatusOr<int64_t> Apply(const Batch& batch) override {
    const int write = ++writes_;
    if (moment_ == 2 * write - 1) crash_();
    absl::StatusOr<int64_t> revision = store_->Apply(batch);
    if (moment_ == 2 * write) crash_();
    return revision;
  }

 private:
  const std::unique_ptr<Store> store_;
  const int moment_;
  const std::function<void()> crash_;
  std::atomic<int> writes_{0};
};

}  // namespace nubo::store

#endif  // NUBO_STORE_CRASHING_STORE_H_
