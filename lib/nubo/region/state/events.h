// What happened, newest last: bounded, numbered, followed by many.
//
// Example:
//   events.Add({.source = "i-1", .type = "AWS::EC2::Instance", .status = "running"});
//   for (const v1::Event& event : events.WaitAfter(last_seen, absl::Seconds(1))) Print(event);
//
// Thread safety: thread-safe.
#ifndef NUBO_REGION_STATE_EVENTS_H_
#define NUBO_REGION_STATE_EVENTS_H_

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "nubo/base/clock.h"
#include "nubo/base/mutex.h"
#include "nubo/region/state/transaction.h"
#include "nubo/region/v1/region.pb.h"
#include "nubo/store/store.h"

namespace nubo::region {

// Times as the region prints them: RFC 3339, UTC, milliseconds. "" for the infinite past.
std::string TimeText(absl::Time time);

struct NewEvent {
  std::string source;
  std::string type;
  std::string status;
  std::string message;
  std::string stack_name;
  std::string logical_id;
};

class Events {
 public:
  // Older ones are forgotten.
  static constexpr size_t kEventsMax = 5000;
  // Bytes of a message; what is longer is cut.
  static constexpr size_t kMessageMax = 2000;

  explicit Events(const base::Clock& clock) : clock_(clock) {}

  // Those that cannot be read are passed over, and forgotten with `transaction`; how many. None of the past is known
  // where the store cannot list them at all.
  size_t Load(store::Store& store, Transaction& transaction);
  // Numbers the event, and puts it into `transaction` so that it is stored with the change it tells of. Nobody sees it
  // before that has been committed, nor after it has been taken back.
  void Add(const NewEvent& event, Transaction& transaction);
  // Those with a greater id than `after`; waits up to `timeout` for the first.
  std::vector<v1::Event> WaitAfter(int32_t after, absl::Duration timeout) const;
  // Of the newest of them; ids count from 1, also those of events that are forgotten.
  int32_t last_id() const;
  // Ends every wait, for good.
  void Close();
  bool closed() const;

 private:
  void Publish();
  void DropNewest();

  const base::Clock& clock_;
  mutable base::Mutex mutex_;
  mutable base::CondVar changed_;
  std::deque<v1::Event> events_ NUBO_GUARDED_BY(mutex_);
  // Not applied yet, numbered on from last_id_.
  std::vector<v1::Event> pending_ NUBO_GUARDED_BY(mutex_);
  // Of events_.
  int32_t last_id_ NUBO_GUARDED_BY(mutex_) = 0;
  bool closed_ NUBO_GUARDED_BY(mutex_) = false;
};

}  // namespace nubo::region

#endif  // NUBO_REGION_STATE_EVENTS_H_
