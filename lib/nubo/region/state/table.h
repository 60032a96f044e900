// A table of records held in memory and written through to the store.
//
// Reads are of memory. Every change also goes into the transaction that the owner commits once its step is done, so
// what is on disk is always a state that some step ended in. A step that cannot be stored can be taken back:
// Transaction::Undo. What records are found by beside their ids is an Index (index.h), which the table keeps in step.
//
// Thread safety: thread-compatible; the region's lock guards every table.
#ifndef NUBO_REGION_STATE_TABLE_H_
#define NUBO_REGION_STATE_TABLE_H_

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "nubo/base/status.h"
#include "nubo/region/state/index.h"
#include "nubo/region/state/transaction.h"
#include "nubo/store/store.h"

namespace nubo::region {

// Keys of records that are not what was written.
struct Damage {
  // Nothing is known of what they were about.
  std::vector<std::string> lost;
  // They can be read, and are gone by.
  std::vector<std::string> doubtful;
};

// `Record` is a protobuf message.
template <typename Record>
class Table {
 public:
  Table(std::string name, Transaction& transaction) : prefix_(name + "/"), transaction_(transaction) {}
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  // Reads every record. One that is damaged is kept as far as it can be read, named in `damage`, and copied for whoever
  // wants to look at it.
  absl::Status Load(store::Store& store, Damage& damage);

  // nullptr: no such record. Valid until that record is put or erased.
  const Record* Find(absl::string_view id) const {
    const auto it = records_.find(id);
    return it == records_.end() ? nullptr : &it->second;
  }

  void Put(absl::string_view id, Record record);

  // Changes a record that exists; false if it does not.
  bool Update(absl::string_view id, const std::function<void(Record&)>& change);

  void Erase(absl::string_view id);

  // In the order of their ids.
  auto begin() const { return records_.begin(); }
  auto end() const { return records_.end(); }
  // From the first whose id is greater.
  auto After(absl::string_view id) const { return records_.upper_bound(std::string(id)); }
  size_t size() const { return records_.size(); }
  bool empty() const { return records_.empty(); }

 private:
  friend class Index<Record>;
  using Entry = std::pair<const std::string, Record>;

  void KeepFormer(absl::string_view id);
  // In memory alone, with the indexes in step.
  void Set(const std::string& id, Record record);
  bool Drop(absl::string_view id);

  const std::string prefix_;
  Transaction& transaction_;
  std::map<std::string, Record, std::less<>> records_;
  std::vector<Index<Record>*> indexes_;
};

// Not in the class: model.h says that model.cc has them for every record there is, so that no other file compiles them.

template <typename Record>
absl::Status Table<Record>::Load(store::Store& store, Damage& damage) {
  NUBO_ASSIGN_OR_RETURN(const std::vector<store::Entry> entries, store.List(prefix_));
  for (const store::Entry& entry : entries) {
    Record record;
    const bool readable = record.ParseFromString(entry.value);
    if (!readable || entry.damaged) {
      (readable ? damage.doubtful : damage.lost).push_back(entry.key);
      transaction_.Put(absl::StrCat("damaged/", entry.key), entry.value);
      transaction_.Erase(entry.key);
    }
    if (!readable) continue;
    if (entry.damaged) transaction_.Put(entry.key, entry.value);
    Set(entry.key.substr(prefix_.size()), std::move(record));
  }
  return absl::OkStatus();
}

template <typename Record>
void Table<Record>::Put(absl::string_view id, Record record) {
  KeepFormer(id);
  transaction_.Put(absl::StrCat(prefix_, id), record.SerializeAsString());
  Set(std::string(id), std::move(record));
}

template <typename Record>
bool Table<Record>::Update(absl::string_view id, const std::function<void(Record&)>& change) {
  const auto it = records_.find(id);
  if (it == records_.end()) return false;
  KeepFormer(id);
  change(it->second);
  for (Index<Record>* index : indexes_) index->File(*it);
  transaction_.Put(absl::StrCat(prefix_, id), it->second.SerializeAsString());
  return true;
}

template <typename Record>
void Table<Record>::Erase(absl::string_view id) {
  KeepFormer(id);
  if (Drop(id)) transaction_.Erase(absl::StrCat(prefix_, id));
}

template <typename Record>
void Table<Record>::KeepFormer(absl::string_view id) {
  if (!transaction_.undoable()) return;
  const Record* found = Find(id);
  std::optional<Record> former;
  if (found != nullptr) former = *found;
  transaction_.OnUndo([this, key = std::string(id), former = std::move(former)] {
    if (former.has_value()) {
      Set(key, *former);
    } else {
      Drop(key);
    }
  });
}

template <typename Record>
void Table<Record>::Set(const std::string& id, Record record) {
  Entry& entry = *records_.try_emplace(id).first;
  entry.second = std::move(record);
  for (Index<Record>* index : indexes_) index->File(entry);
}

template <typename Record>
bool Table<Record>::Drop(absl::string_view id) {
  const auto it = records_.find(id);
  if (it == records_.end()) return false;
  for (Index<Record>* index : indexes_) index->Forget(*it);
  records_.erase(it);
  return true;
}

template <typename Record>
Index<Record>::Index(Table<Record>& table, std::function<IndexKeys(const Record&)> keys_of)
    : keys_of_(std::move(keys_of)) {
  table.indexes_.push_back(this);
}

}  // namespace nubo::region

#endif  // NUBO_REGION_STATE_TABLE_H_
