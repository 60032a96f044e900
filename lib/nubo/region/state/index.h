// What a table's records are found by beside their ids: instances by their group, listeners by their load balancer.
//
// An index is declared after its table, which keeps it in step with every change, and with changes that are taken back.
// It holds no copies: it points to the records where they are. What it finds comes in the order of ids, whatever came
// first.
//
// Example:
//   Table<v1::ListenerState> listeners{"listeners", transaction};
//   Index<v1::ListenerState> by_balancer{
//       listeners, [](const v1::ListenerState& listener) { return IndexKeys{listener.load_balancer_arn()}; }};
//   for (const auto& [arn, listener] : by_balancer.Find(balancer_arn)) Use(listener);
//
// Thread safety: thread-compatible; the region's lock guards it.
#ifndef NUBO_REGION_STATE_INDEX_H_
#define NUBO_REGION_STATE_INDEX_H_

#include <cstddef>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "absl/strings/string_view.h"

namespace nubo::region {

template <typename Record>
class Table;

// By what one record is found. "" is a key like any other.
using IndexKeys = std::set<std::string>;

// What an index has found: entries as those of the table. Valid until one of them comes, goes, or gets other keys;
// other changes of records do no harm.
template <typename Record>
class IndexRange {
 public:
  using Entry = std::pair<const std::string, Record>;
  struct ById {
    bool operator()(const Entry* a, const Entry* b) const { return a->first < b->first; }
  };
  using Entries = std::set<const Entry*, ById>;

  class Iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = Entry;
    using difference_type = std::ptrdiff_t;
    using pointer = const Entry*;
    using reference = const Entry&;

    Iterator() = default;
    explicit Iterator(typename Entries::const_iterator at) : at_(at) {}

    reference operator*() const { return **at_; }
    pointer operator->() const { return *at_; }
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    Iterator operator++(int) { return Iterator(at_++); }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.at_ == b.at_; }
    friend bool operator!=(const Iterator& a, const Iterator& b) { return !(a == b); }

   private:
    typename Entries::const_iterator at_ = {};
  };

  // None.
  IndexRange() = default;
  // It outlives the range.
  explicit IndexRange(const Entries& entries) : begin_(entries.begin()), end_(entries.end()), size_(entries.size()) {}

  Iterator begin() const { return begin_; }
  Iterator end() const { return end_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // nullptr: none.
  const Record* first() const { return empty() ? nullptr : &begin_->second; }

 private:
  Iterator begin_, end_;
  size_t size_ = 0;
};

template <typename Record>
class Index {
 public:
  // `table` has no records yet, and outlives it.
  Index(Table<Record>& table, std::function<IndexKeys(const Record&)> keys_of);
  Index(const Index&) = delete;
  Index& operator=(const Index&) = delete;

  IndexRange<Record> Find(absl::string_view key) const;

 private:
  friend class Table<Record>;
  using Entry = typename IndexRange<Record>::Entry;

  // It has come, or has been changed.
  void File(const Entry& entry);
  // It is about to go.
  void Forget(const Entry& entry);
  void Move(const Entry& entry, const IndexKeys& from, const IndexKeys& to);

  const std::function<IndexKeys(const Record&)> keys_of_;
  // By key; none of them is empty.
  std::map<std::string, typename IndexRange<Record>::Entries, std::less<>> entries_;
  // By what each entry is found now.
  std::unordered_map<const Entry*, IndexKeys> filed_;
};

template <typename Record>
IndexRange<Record> Index<Record>::Find(absl::string_view key) const {
  const auto found = entries_.find(key);
  return found == entries_.end() ? IndexRange<Record>() : IndexRange<Record>(found->second);
}

template <typename Record>
void Index<Record>::File(const Entry& entry) {
  IndexKeys keys = keys_of_(entry.second);
  IndexKeys& filed = filed_[&entry];
  if (keys == filed) return;
  Move(entry, filed, keys);
  filed = std::move(keys);
}

template <typename Record>
void Index<Record>::Forget(const Entry& entry) {
  const auto found = filed_.find(&entry);
  Move(entry, found->second, {});
  filed_.erase(found);
}

template <typename Record>
void Index<Record>::Move(const Entry& entry, const IndexKeys& from, const IndexKeys& to) {
  for (const std::string& key : from) {
    if (to.count(key) > 0) continue;
    const auto found = entries_.find(key);
    found->second.erase(&entry);
    if (found->second.empty()) entries_.erase(found);
  }
  for (const std::string& key : to) {
    if (from.count(key) == 0) entries_[key].insert(&entry);
  }
}

}  // namespace nubo::region

#endif  // NUBO_REGION_STATE_INDEX_H_
