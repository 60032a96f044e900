#include "nubo/base/background.h"

#include <pthread.h>
#include <signal.h>

#include <deque>
#include <utility>

#include "nubo/base/mutex.h"

namespace nubo::base {

struct Background::State {
  Mutex mutex;
  CondVar changed;
  std::deque<std::function<void()>> jobs NUBO_GUARDED_BY(mutex);
  bool busy NUBO_GUARDED_BY(mutex) = false;
  bool ending NUBO_GUARDED_BY(mutex) = false;

  bool idle() const NUBO_REQUIRES(mutex) { return jobs.empty() && !busy; }
  bool wanted() const NUBO_REQUIRES(mutex) { return ending || !jobs.empty(); }
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
    MutexLock lock(state_->mutex);
    state_->ending = true;
  }
  state_->changed.NotifyAll();
  if (idle) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

void Background::Run(const std::shared_ptr<State>& state) {
  MutexLock lock(state->mutex);
  while (true) {
    state->changed.Wait(state->mutex, [&]() NUBO_REQUIRES(state->mutex) { return state->wanted(); });
    if (state->ending) return;
    std::function<void()> job = std::move(state->jobs.front());
    state->jobs.pop_front();
    state->busy = true;
    lock.Unlock();
    job();
    job = nullptr;
    lock.Lock();
    state->busy = false;
    if (state->idle()) state->changed.NotifyAll();
  }
}

void Background::Post(std::function<void()> job) {
  {
    MutexLock lock(state_->mutex);
    state_->jobs.push_back(std::move(job));
  }
  state_->changed.NotifyAll();
}

bool Background::WaitIdle(absl::Duration patience) const {
  MutexLock lock(state_->mutex);
  return state_->changed.WaitFor(state_->mutex, patience,
                                 [&]() NUBO_REQUIRES(state_->mutex) { return state_->idle(); });
}

}  // namespace nubo::base
