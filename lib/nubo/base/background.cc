#include "nubo/base/background.h"

#include <pthread.h>
#include <signal.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

namespace nubo::base {

struct Background::State {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::function<void()>> jobs;  // guarded by mutex
  bool busy = false;                       // guarded by mutex
  bool ending = false;                     // guarded by mutex

  bool idle() const { return jobs.empty() && !busy; }
};

Background::Background(absl::Duration patience) : patience_(patience), state_(std::make_shared<State>()) {
  // Signals are for the threads that wait for them.
  sigset_t all, former;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &former);
  thread_ = std::thread([state = state_] { Run(state); });
  pthread_sigmask(SIG_SETMASK, &former, nullptr);
}

Background::~Background() {
  const bool idle = WaitIdle(patience_);
  {
    std::lock_guard lock(state_->mutex);
    state_->ending = true;
  }
  state_->changed.notify_all();
  if (idle) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

void Background::Run(const std::shared_ptr<State>& state) {
  std::unique_lock lock(state->mutex);
  while (true) {
    state->changed.wait(lock, [&] { return state->ending || !state->jobs.empty(); });
    if (state->ending) return;
    std::function<void()> job = std::move(state->jobs.front());
    state->jobs.pop_front();
    state->busy = true;
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
    state->busy = false;
    if (state->idle()) state->changed.notify_all();
  }
}

void Background::Post(std::function<void()> job) {
  {
    std::lock_guard lock(state_->mutex);
    state_->jobs.push_back(std::move(job));
  }
  state_->changed.notify_all();
}

bool Background::WaitIdle(absl::Duration patience) const {
  std::unique_lock lock(state_->mutex);
  return state_->changed.wait_for(lock, absl::ToChronoNanoseconds(patience), [&] { return state_->idle(); });
}

}  // namespace nubo::base
