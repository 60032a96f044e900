#include "nubo/net/loop.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>

#include "nubo/base/clock.h"

namespace nubo::net {
namespace asio = boost::asio;

namespace {

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
// steady_clock's range is 292 years; further deadlines are as good as never.
constexpr absl::Duration kFarthest = absl::Hours(24 * 365 * 50);

std::chrono::steady_clock::time_point ToSteady(absl::Duration from_now) {
  return std::chrono::steady_clock::now() +
         absl::ToChronoNanoseconds(std::clamp(from_now, absl::ZeroDuration(), kFarthest));
}

}  // namespace

struct Loop::Work {
  explicit Work(asio::io_context& context) : guard(context.get_executor()) {}
  base::SystemClock clock;
  asio::executor_work_guard<asio::io_context::executor_type> guard;
};

Loop::Loop() : context_(std::make_unique<asio::io_context>(1)), work_(std::make_unique<Work>(*context_)) {}
Loop::~Loop() = default;

void Loop::Run() { context_->run(); }
void Loop::Stop() { context_->stop(); }
void Loop::Post(std::function<void()> work) { asio::post(*context_, std::move(work)); }
void Loop::Spawn(Task<void> task) { asio::co_spawn(*context_, std::move(task), asio::detached); }
absl::Time Loop::Now() const { return work_->clock.Now(); }

Task<void> Loop::SleepUntil(absl::Time time) { return SleepFor(time - Now()); }

Task<void> Loop::SleepFor(absl::Duration duration) {
  asio::steady_timer timer(*context_, ToSteady(duration));
  co_await timer.async_wait(kNoThrow);
}

struct Event::Waiter {
  Waiter(Loop& loop, absl::Duration timeout) : timer(loop.context(), ToSteady(timeout)) {}
  asio::steady_timer timer;
  bool notified = false;
};

Event::~Event() { Notify(); }

void Event::Notify() {
  for (const std::shared_ptr<Waiter>& waiter : std::exchange(waiters_, {})) {
    waiter->notified = true;
    waiter->timer.cancel();
  }
}

Task<void> Event::Wait() { co_await WaitUntil(absl::InfiniteFuture()); }

Task<bool> Event::WaitUntil(absl::Time deadline) {
  const auto waiter = std::make_shared<Waiter>(loop_, deadline - loop_.Now());
  // Kept by whoever notifies, or by the event.
  const auto place = waiters_.insert(waiters_.end(), waiter);
  co_await waiter->timer.async_wait(kNoThrow);
  // Once notified the event may be gone, and the list no longer holds the waiter.
  if (!waiter->notified) waiters_.erase(place);
  co_return waiter->notified;
}

}  // namespace nubo::net
