#include "nubo/store/memory_store.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"

namespace nubo::store {

absl::StatusOr<Entry> MemoryStore::Get(absl::string_view key) {
  base::MutexLock lock(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end()) return absl::NotFoundError(absl::StrCat("the store has no key \"", key, "\""));
  return found->second;
}

absl::StatusOr<std::vector<Entry>> MemoryStore::List(absl::string_view prefix) {
  base::MutexLock lock(mutex_);
  std::vector<Entry> found;
  for (auto it = entries_.lower_bound(prefix); it != entries_.end() && absl::StartsWith(it->first, prefix); ++it) {
    found.push_back(it->second);
  }
  return found;
}

absl::StatusOr<int64_t> MemoryStore::Apply(const Batch& batch) {
  base::MutexLock lock(mutex_);
  NUBO_RETURN_IF_ERROR(failure_);
  for (const auto& [key, revision] : batch.required()) {
    const auto found = entries_.find(key);
    const int64_t actual = found == entries_.end() ? 0 : found->second.revision;
    if (actual == revision) continue;
    return absl::AbortedError(absl::StrCat("key \"", key, "\" has revision ", actual, ", not ", revision));
  }
  ++revision_;
  changes_ += batch.changes().size();
  for (const auto& [key, value] : batch.changes()) {
    if (value.has_value()) {
      entries_[key] = Entry{key, *value, revision_};
    } else {
      entries_.erase(key);
    }
  }
  return revision_;
}

void MemoryStore::FailWith(absl::Status status) {
  base::MutexLock lock(mutex_);
  failure_ = std::move(status);
}

size_t MemoryStore::changes() const {
  base::MutexLock lock(mutex_);
  return changes_;
}

absl::Status MemoryStore::Damage(absl::string_view key, std::string value) {
  base::MutexLock lock(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end()) return absl::NotFoundError(absl::StrCat("the store has no key \"", key, "\""));
  found->second.value = std::move(value);
  found->second.damaged = true;
  return absl::OkStatus();
}

}  // namespace nubo::store
