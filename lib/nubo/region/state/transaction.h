// What belongs together: changes of records, of what memory holds beside them (leases of addresses), of what reaches
// outside, and of what is told. All of it happens or nothing.
//
// Records go to the store in one batch. Effects begin, and events are seen, once that batch has been stored: a crash in
// between leaves a record of what was meant, never a process that nobody knows of, and nobody hears of a change that
// may yet be taken back. From Begin() on everything can be: Undo().
//
// Example:
//   transaction.Begin();
//   table.Put("vpc-1", record);                       // a record, and how its table forgets it again
//   transaction.Do(launch);
//   if (absl::Status stored = store.Apply(transaction.batch()).status(); stored.ok()) {
//     transaction.Committed();
//   } else {
//     transaction.Undo();
//   }
//
// Thread safety: thread-compatible; the region's lock guards it.
#ifndef NUBO_REGION_STATE_TRANSACTION_H_
#define NUBO_REGION_STATE_TRANSACTION_H_

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "nubo/region/state/effect.h"
#include "nubo/store/store.h"

namespace nubo::region {

class Transaction {
 public:
  void Put(absl::string_view key, std::string value);
  void Erase(absl::string_view key);
  // Begun once the rest has been stored.
  void Do(Effect effect);
  // Called once the rest has been stored.
  void OnCommitted(std::function<void()> step);
  // Whether what is changed now may be taken back: whoever changes memory says with OnUndo how. Steps are called last
  // first.
  bool undoable() const { return undoable_; }
  void OnUndo(std::function<void()> step);

  // From here on all can be taken back.
  void Begin();
  // Everything since Begin() is as it was.
  void Undo();
  // What was changed since Begin() stays.
  void Keep();

  // Nothing is to be stored.
  bool empty() const { return batch_.empty(); }
  const store::Batch& batch() const { return batch_; }
  // The batch has been stored, and is empty; what waited for it is called. Effects stay until they are taken.
  void Committed();

  const std::vector<Effect>& effects() const { return effects_; }
  std::vector<Effect> TakeEffects();

 private:
  store::Batch batch_;
  std::vector<Effect> effects_;
  std::vector<std::function<void()>> committed_;
  std::vector<std::function<void()>> undo_;
  bool undoable_ = false;
  // What there was at Begin().
  store::Batch batch_before_;
  size_t effects_before_ = 0;
  size_t committed_before_ = 0;
};

}  // namespace nubo::region

#endif  // NUBO_REGION_STATE_TRANSACTION_H_
