// The region's events as they happen, read by a thread of its own.
//
// Example:
//   EventFeed feed(client, last_seen);
//   for (const Event& event : feed.Take(absl::Milliseconds(50))) Print(event);
//
// Thread safety: thread-safe.
#ifndef NUBO_CLI_CLIENT_EVENT_FEED_H_
#define NUBO_CLI_CLIENT_EVENT_FEED_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "nubo/base/mutex.h"
#include "nubo/cli/client/client.h"

namespace nubo::cli {

class EventFeed {
 public:
  // So many events wait to be taken; the region holds back the others.
  static constexpr size_t kWaitingMax = 1000;

  // Events with a greater id than `after_id`, first the past ones. `client` must outlive the feed.
  EventFeed(const Client& client, int32_t after_id);
  ~EventFeed();
  EventFeed(const EventFeed&) = delete;
  EventFeed& operator=(const EventFeed&) = delete;

  // What has come since the last call; waits up to `wait` for the first.
  std::vector<region::v1::Event> Take(absl::Duration wait);

  // Why no more will come, once everything has been taken. OK if the region ended the stream.
  std::optional<absl::Status> Ended() const;

 private:
  void Read();

  const Client& client_;
  region::v1::WatchEventsRequest request_;
  grpc::ClientContext context_;
  mutable base::Mutex mutex_;
  base::CondVar changed_;
  std::deque<region::v1::Event> waiting_ NUBO_GUARDED_BY(mutex_);
  std::optional<absl::Status> ended_ NUBO_GUARDED_BY(mutex_);
  bool closed_ NUBO_GUARDED_BY(mutex_) = false;
  // Last: it uses everything above.
  std::thread reader_;
};

}  // namespace nubo::cli

#endif  // NUBO_CLI_CLIENT_EVENT_FEED_H_
