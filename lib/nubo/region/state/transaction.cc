#include "nubo/region/state/transaction.h"

#include <algorithm>
#include <utility>

namespace nubo::region {

void Transaction::Put(absl::string_view key, std::string value) { batch_.Put(key, std::move(value)); }

void Transaction::Erase(absl::string_view key) { batch_.Erase(key); }

void Transaction::Do(Effect effect) { effects_.push_back(std::move(effect)); }

void Transaction::OnCommitted(std::function<void()> step) { committed_.push_back(std::move(step)); }

void Transaction::OnUndo(std::function<void()> step) {
  if (undoable_) undo_.push_back(std::move(step));
}

void Transaction::Begin() {
  undoable_ = true;
  batch_before_ = batch_;
  effects_before_ = effects_.size();
  committed_before_ = committed_.size();
}

void Transaction::Undo() {
  for (auto step = undo_.rbegin(); step != undo_.rend(); ++step) (*step)();
  batch_ = std::exchange(batch_before_, {});
  // Fewer, where some were taken since.
  effects_.erase(effects_.begin() + static_cast<std::ptrdiff_t>(std::min(effects_before_, effects_.size())),
                 effects_.end());
  committed_.resize(std::min(committed_before_, committed_.size()));
  Keep();
}

void Transaction::Keep() {
  undo_.clear();
  batch_before_ = {};
  undoable_ = false;
}

void Transaction::Committed() {
  const std::vector<std::function<void()>> steps = std::exchange(committed_, {});
  batch_ = {};
  Keep();
  for (const auto& step : steps) step();
}

std::vector<Effect> Transaction::TakeEffects() { return std::exchange(effects_, {}); }

}  // namespace nubo::region
