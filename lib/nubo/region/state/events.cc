#include "nubo/region/state/events.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "nubo/stack/utf8.h"

namespace nubo::region {
namespace {

constexpr char kPrefix[] = "events/";

// At most kMessageMax bytes of whole characters: a record with half of one could not be read again. What is none at
// all, as a program may have printed it, is a question mark.
std::string Kept(absl::string_view message) {
  std::string kept;
  while (!message.empty()) {
    const size_t size = stack::Utf8Length(message);
    if (kept.size() + std::max<size_t>(size, 1) > Events::kMessageMax) break;
    absl::StrAppend(&kept, size == 0 ? "?" : message.substr(0, size));
    message.remove_prefix(std::max<size_t>(size, 1));
  }
  return kept;
}

std::string Key(int32_t id) { return absl::StrFormat("%s%010d", kPrefix, id); }

}  // namespace

std::string TimeText(absl::Time time) {
  if (time == absl::InfinitePast()) return "";
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone());
}

size_t Events::Load(store::Store& store, Transaction& transaction) {
  const absl::StatusOr<std::vector<store::Entry>> entries = store.List(kPrefix);
  if (!entries.ok()) return 1;
  base::MutexLock lock(mutex_);
  size_t lost = 0;
  for (const store::Entry& entry : *entries) {
    v1::Event event;
    int32_t id = 0;
    // The id is in the key, too: whatever the record says, the next event's is greater.
    if (absl::SimpleAtoi(absl::string_view(entry.key).substr(sizeof kPrefix - 1), &id))
      last_id_ = std::max(last_id_, id);
    if (entry.damaged || !event.ParseFromString(entry.value) || event.id() != id) {
      transaction.Erase(entry.key);
      ++lost;
      continue;
    }
    events_.push_back(std::move(event));
  }
  return lost;
}

void Events::Add(const NewEvent& added, Transaction& transaction) {
  base::MutexLock lock(mutex_);
  v1::Event event;
  event.set_id(last_id_ + static_cast<int32_t>(pending_.size()) + 1);
  event.set_time(TimeText(clock_.Now()));
  event.set_source(added.source);
  event.set_type(added.type);
  event.set_status(added.status);
  event.set_message(Kept(added.message));
  event.set_stack_name(added.stack_name);
  event.set_logical_id(added.logical_id);
  transaction.Put(Key(event.id()), event.SerializeAsString());
  pending_.push_back(std::move(event));
  // Each new one past the limit costs the oldest one that is still there.
  const size_t count = events_.size() + pending_.size();
  if (count > kEventsMax) {
    const size_t oldest = count - kEventsMax - 1;
    transaction.Erase(Key(oldest < events_.size() ? events_[oldest].id() : pending_[oldest - events_.size()].id()));
  }
  // The events outlive what is under way.
  transaction.OnUndo([this] { DropNewest(); });
  transaction.OnCommitted([this] { Publish(); });
}

void Events::Publish() {
  {
    base::MutexLock lock(mutex_);
    if (pending_.empty()) return;
    for (v1::Event& event : pending_) events_.push_back(std::move(event));
    pending_.clear();
    last_id_ = events_.back().id();
    while (events_.size() > kEventsMax) events_.pop_front();
  }
  changed_.NotifyAll();
}

void Events::DropNewest() {
  base::MutexLock lock(mutex_);
  if (!pending_.empty()) pending_.pop_back();
}

std::vector<v1::Event> Events::WaitAfter(int32_t after, absl::Duration timeout) const {
  base::MutexLock lock(mutex_);
  changed_.WaitFor(mutex_, timeout, [&]() NUBO_REQUIRES(mutex_) { return closed_ || last_id_ > after; });
  const auto first = std::find_if(events_.begin(), events_.end(), [&](const v1::Event& e) { return e.id() > after; });
  return {first, events_.end()};
}

int32_t Events::last_id() const {
  base::MutexLock lock(mutex_);
  return last_id_;
}

bool Events::closed() const {
  base::MutexLock lock(mutex_);
  return closed_;
}

void Events::Close() {
  {
    base::MutexLock lock(mutex_);
    closed_ = true;
  }
  changed_.NotifyAll();
}

}  // namespace nubo::region
