// One event loop, run by one thread: coroutines, timers, and work posted from elsewhere.
//
// Everything made for a loop (streams, listeners, events) is used only by coroutines and callbacks that run on it;
// Post, Stop and Promise::Set are the doors for other threads.
//
// Example:
//   net::Loop loop;
//   loop.Spawn(Serve(loop));
//   loop.Run();  // until Stop()
//
// A coroutine outlives its caller's frame: what it uses must be owned by it or outlive the loop. Loops are
// destroyed after Run() has returned; that destroys the coroutines still suspended on them.
//
// Thread safety: Post and Stop are thread-safe; the rest belongs to the loop's thread (before Run: any one thread).
#ifndef NUBO_NET_LOOP_H_
#define NUBO_NET_LOOP_H_

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <utility>

#include "absl/time/time.h"

namespace boost::asio {
class io_context;
}  // namespace boost::asio

namespace nubo::net {

// What every coroutine here returns.
template <typename T = void>
using Task = boost::asio::awaitable<T>;

class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Runs coroutines and callbacks until Stop(), also while there is nothing to do.
  void Run();
  // Makes Run() return soon; what is suspended stays suspended.
  void Stop();
  // Runs `work` on the loop's thread.
  void Post(std::function<void()> work);
  // Starts a coroutine on the loop's thread.
  void Spawn(Task<void> task);

  // Wall time, moved by the monotonic clock.
  absl::Time Now() const;
  Task<void> SleepUntil(absl::Time time);
  Task<void> SleepFor(absl::Duration duration);

  // For implementations of streams.
  boost::asio::io_context& context() { return *context_; }

 private:
  struct Work;
  const std::unique_ptr<boost::asio::io_context> context_;
  const std::unique_ptr<Work> work_;
};

// Wakes coroutines of one loop. Whoever waits looks again at what it waits for, as with a condition variable:
//   while (queue.empty()) co_await changed.Wait();
//
// Thread safety: belongs to its loop's thread.
class Event {
 public:
  explicit Event(Loop& loop) : loop_(loop) {}
  ~Event();
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  // Wakes all that wait now.
  void Notify();
  Task<void> Wait();
  // False if `deadline` came first.
  Task<bool> WaitUntil(absl::Time deadline);

 private:
  struct Waiter;
  Loop& loop_;
  std::list<std::shared_ptr<Waiter>> waiters_;
};

// A value that any thread sets once and one coroutine of the loop awaits. Copies share it, so that a callback may
// hold one after the coroutine has gone.
//
// Thread safety: Set is thread-safe.
template <typename T>
class Promise {
 public:
  explicit Promise(Loop& loop) : loop_(loop), state_(std::make_shared<State>(loop)) {}

  // The first value counts.
  void Set(T value) const {
    loop_.Post([state = state_, value = std::make_shared<T>(std::move(value))] {
      if (state->value) return;
      state->value.emplace(std::move(*value));
      state->set.Notify();
    });
  }

  Task<T> Await() const {
    const std::shared_ptr<State> state = state_;
    while (!state->value) co_await state->set.Wait();
    co_return std::move(*state->value);
  }

 private:
  struct State {
    explicit State(Loop& loop) : set(loop) {}
    Event set;
    std::optional<T> value;
  };
  Loop& loop_;
  std::shared_ptr<State> state_;
};

}  // namespace nubo::net

#endif  // NUBO_NET_LOOP_H_
