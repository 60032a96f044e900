#include "nubo/region/events.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "nubo/base/status.h"

namespace nubo::region {
namespace {

constexpr char kPrefix[] = "events/";

std::string Key(int32_t id) { return absl::StrFormat("%s%010d", kPrefix, id); }

}  // namespace

std::string TimeText(absl::Time time) {
  if (time == absl::InfinitePast()) return "";
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone());
}

absl::Status Events::Load(Store& store) {
  NUBO_ASSIGN_OR_RETURN(const std::vector<Entry> entries, store.List(kPrefix));
  std::lock_guard lock(mutex_);
  for (const Entry& entry : entries) {
    v1::Event event;
    if (!event.ParseFromString(entry.value)) {
      return absl::DataLossError(absl::StrCat("the store's record ", entry.key, " cannot be read"));
    }
    last_id_ = event.id();
    events_.push_back(std::move(event));
  }
  return absl::OkStatus();
}

void Events::Add(const NewEvent& added, Batch& batch) {
  {
    std::lock_guard lock(mutex_);
    v1::Event event;
    event.set_id(++last_id_);
    event.set_time(TimeText(clock_.Now()));
    event.set_source(added.source);
    event.set_type(added.type);
    event.set_status(added.status);
    event.set_message(added.message.substr(0, kMessageMax));
    event.set_stack_name(added.stack_name);
    event.set_logical_id(added.logical_id);
    batch.Put(Key(event.id()), event.SerializeAsString());
    if (batch.undoable()) {
      batch.OnUndo([this, id = event.id()] { Drop(id); });
    }
    events_.push_back(std::move(event));
    if (events_.size() > kEventsMax) {
      batch.Erase(Key(events_.front().id()));
      events_.pop_front();
    }
  }
  changed_.notify_all();
}

void Events::Drop(int32_t id) {
  std::lock_guard lock(mutex_);
  const auto it = std::find_if(events_.begin(), events_.end(), [id](const v1::Event& e) { return e.id() == id; });
  if (it != events_.end()) events_.erase(it);
}

std::vector<v1::Event> Events::WaitAfter(int32_t after, absl::Duration timeout) const {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, absl::ToChronoNanoseconds(timeout), [&] { return closed_ || last_id_ > after; });
  const auto first = std::find_if(events_.begin(), events_.end(), [&](const v1::Event& e) { return e.id() > after; });
  return {first, events_.end()};
}

bool Events::closed() const {
  std::lock_guard lock(mutex_);
  return closed_;
}

void Events::Close() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}

}  // namespace nubo::region
