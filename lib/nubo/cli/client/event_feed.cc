#include "nubo/cli/client/event_feed.h"

#include <iterator>
#include <memory>
#include <utility>

namespace nubo::cli {

using region::v1::Event;

EventFeed::EventFeed(const Client& client, int32_t after_id) : client_(client) {
  request_.set_after_id(after_id);
  reader_ = std::thread([this] { Read(); });
}

EventFeed::~EventFeed() {
  {
    base::MutexLock lock(mutex_);
    closed_ = true;
  }
  changed_.NotifyAll();
  context_.TryCancel();
  reader_.join();
}

std::vector<Event> EventFeed::Take(absl::Duration wait) {
  base::MutexLock lock(mutex_);
  changed_.WaitFor(mutex_, wait, [this]() NUBO_REQUIRES(mutex_) { return !waiting_.empty() || ended_.has_value(); });
  std::vector<Event> taken(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(waiting_.end()));
  waiting_.clear();
  lock.Unlock();
  changed_.NotifyAll();
  return taken;
}

std::optional<absl::Status> EventFeed::Ended() const {
  base::MutexLock lock(mutex_);
  return waiting_.empty() ? ended_ : std::nullopt;
}

void EventFeed::Read() {
  const std::unique_ptr<grpc::ClientReaderInterface<Event>> reader = client_.region().WatchEvents(&context_, request_);
  Event event;
  while (reader->Read(&event)) {
    base::MutexLock lock(mutex_);
    changed_.Wait(mutex_, [this]() NUBO_REQUIRES(mutex_) { return waiting_.size() < kWaitingMax || closed_; });
    if (closed_) break;
    waiting_.push_back(std::move(event));
    lock.Unlock();
    changed_.NotifyAll();
  }
  const absl::Status status = ToStatus(reader->Finish(), context_);
  {
    base::MutexLock lock(mutex_);
    ended_ = status.ok() ? status : client_.Explain(status);
  }
  changed_.NotifyAll();
}

}  // namespace nubo::cli
