#include "nubo/dns/resolver/resolver_cache.h"

namespace nubo::dns {

const absl::StatusOr<Resolution>* ResolverCache::Find(const Question& question, absl::Time now) {
  const auto found = by_question_.find(question);
  if (found == by_question_.end()) return nullptr;
  const auto entry = found->second;
  if (entry->expires <= now) {
    by_question_.erase(found);
    entries_.erase(entry);
    return nullptr;
  }
  entries_.splice(entries_.begin(), entries_, entry);
  return &entry->result;
}

void ResolverCache::Put(const Question& question, const absl::StatusOr<Resolution>& result, absl::Time expires,
                        absl::Time now) {
  if (const auto found = by_question_.find(question); found != by_question_.end()) {
    entries_.erase(found->second);
    by_question_.erase(found);
  }
  if (expires <= now || entries_max_ == 0) return;
  while (entries_.size() >= entries_max_) {
    by_question_.erase(entries_.back().question);
    entries_.pop_back();
  }
  entries_.push_front({question, result, expires});
  by_question_[question] = entries_.begin();
}

}  // namespace nubo::dns
