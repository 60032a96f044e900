// Locks that the compiler checks.
//
// What a lock guards, and which functions want it held, is said where they are declared; what is used without its lock
// then does not compile (with Clang and -Wthread-safety; to other compilers the words mean nothing). Underneath are
// std::mutex and std::condition_variable, at the same cost, and visible to TSan.
//
// A function that is called with the lock held says NUBO_REQUIRES; one that takes it, and is called where it might be
// held, NUBO_EXCLUDES. To the compiler a lambda is a function of its own: one that runs under the lock of who calls it,
// as what is waited for does, says NUBO_REQUIRES as well. It does not look into constructors and destructors.
//
// Example:
//   class Queue {
//    public:
//     void Push(int item) {
//       base::MutexLock lock(mutex_);
//       items_.push_back(item);
//       changed_.NotifyOne();
//     }
//     int Pop() {
//       base::MutexLock lock(mutex_);
//       changed_.Wait(mutex_, [this]() NUBO_REQUIRES(mutex_) { return !items_.empty(); });
//       const int item = items_.back();
//       items_.pop_back();
//       return item;
//     }
//    private:
//     base::Mutex mutex_;
//     base::CondVar changed_;
//     std::vector<int> items_ NUBO_GUARDED_BY(mutex_);
//   };
//
// Thread safety: Mutex and CondVar are thread-safe; a MutexLock belongs to one thread.
#ifndef NUBO_BASE_MUTEX_H_
#define NUBO_BASE_MUTEX_H_

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "absl/time/time.h"

#if defined(__clang__)
#define NUBO_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define NUBO_THREAD_ANNOTATION(x)
#endif

// Of data members: used only with this lock held; PT: what they point to is.
#define NUBO_GUARDED_BY(mutex) NUBO_THREAD_ANNOTATION(guarded_by(mutex))
#define NUBO_PT_GUARDED_BY(mutex) NUBO_THREAD_ANNOTATION(pt_guarded_by(mutex))
// Of functions: called only with these locks held, or never with them held.
#define NUBO_REQUIRES(...) NUBO_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define NUBO_EXCLUDES(...) NUBO_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))
// Of functions that take a lock, give it up, take it if they return the first argument, or return it.
#define NUBO_ACQUIRE(...) NUBO_THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define NUBO_RELEASE(...) NUBO_THREAD_ANNOTATION(release_capability(__VA_ARGS__))
#define NUBO_TRY_ACQUIRE(...) NUBO_THREAD_ANNOTATION(try_acquire_capability(__VA_ARGS__))
#define NUBO_RETURN_CAPABILITY(mutex) NUBO_THREAD_ANNOTATION(lock_returned(mutex))
// Of classes that are locks, or hold one from their construction to their destruction.
#define NUBO_CAPABILITY(name) NUBO_THREAD_ANNOTATION(capability(name))
#define NUBO_SCOPED_CAPABILITY NUBO_THREAD_ANNOTATION(scoped_lockable)
// Of functions that are right in a way the compiler cannot follow. A comment says in which.
#define NUBO_NO_THREAD_SAFETY_ANALYSIS NUBO_THREAD_ANNOTATION(no_thread_safety_analysis)

namespace nubo::base {

class NUBO_CAPABILITY("mutex") Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void Lock() NUBO_ACQUIRE() { mutex_.lock(); }
  void Unlock() NUBO_RELEASE() { mutex_.unlock(); }
  bool TryLock() NUBO_TRY_ACQUIRE(true) { return mutex_.try_lock(); }

 private:
  friend class CondVar;
  friend class MutexLock;
  std::mutex mutex_;
};

// Holds a lock for as long as it lives, but where it is told to give it up meanwhile.
class NUBO_SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) NUBO_ACQUIRE(mutex) : lock_(mutex.mutex_) {}
  ~MutexLock() NUBO_RELEASE() = default;
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

  void Unlock() NUBO_RELEASE() { lock_.unlock(); }
  void Lock() NUBO_ACQUIRE() { lock_.lock(); }

 private:
  std::unique_lock<std::mutex> lock_;
};

// Waits for what another thread changes. It is named the lock, rather than what holds it: so waiting without it does
// not compile. The condition is looked at with the lock held, before the first wait and after each, however it came
// about.
class CondVar {
 public:
  // Longer waits, up to the infinite one, end after this: the clock does not go further.
  static constexpr absl::Duration kWaitMax = absl::Hours(24 * 365);

  CondVar() = default;
  CondVar(const CondVar&) = delete;
  CondVar& operator=(const CondVar&) = delete;

  // Until `condition` holds.
  template <typename Condition>
  void Wait(Mutex& mutex, Condition condition) NUBO_REQUIRES(mutex) {
    Held held(mutex);
    changed_.wait(held.lock, std::move(condition));
  }
  // The same, but no longer than `timeout`, or until `deadline`; whether it holds.
  template <typename Condition>
  bool WaitFor(Mutex& mutex, absl::Duration timeout, Condition condition) NUBO_REQUIRES(mutex) {
    Held held(mutex);
    return changed_.wait_for(held.lock, ToChrono(timeout), std::move(condition));
  }
  template <typename Condition>
  bool WaitUntil(Mutex& mutex, std::chrono::steady_clock::time_point deadline, Condition condition)
      NUBO_REQUIRES(mutex) {
    Held held(mutex);
    return changed_.wait_until(held.lock, deadline, std::move(condition));
  }
  // For who looks for itself, and waits again: until told, `timeout` is over, or for no reason at all.
  void WaitFor(Mutex& mutex, absl::Duration timeout) NUBO_REQUIRES(mutex) {
    Held held(mutex);
    changed_.wait_for(held.lock, ToChrono(timeout));
  }

  void NotifyOne() { changed_.notify_one(); }
  void NotifyAll() { changed_.notify_all(); }

 private:
  // A lock that the caller holds, in the form that std takes. It stays held, also where a condition throws.
  struct Held {
    explicit Held(Mutex& mutex) : lock(mutex.mutex_, std::adopt_lock) {}
    ~Held() { (void)lock.release(); }
    std::unique_lock<std::mutex> lock;
  };

  static std::chrono::nanoseconds ToChrono(absl::Duration timeout) {
    return absl::ToChronoNanoseconds(std::min(timeout, kWaitMax));
  }

  std::condition_variable changed_;
};

}  // namespace nubo::base

#endif  // NUBO_BASE_MUTEX_H_
